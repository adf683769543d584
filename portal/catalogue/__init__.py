"""The event contract for whoever builds against it: a page, schemas, AsyncAPI, public keys."""
