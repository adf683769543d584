"""What partners send: stored first, acknowledged, applied once in effect, and answered."""
