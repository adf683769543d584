"""How the web process takes requests in: wholly, before a thread works on them."""
