"""Verify an event's signature: the header `jws`, over the exact bytes of the body.

Needs joserfc. `keys` is the JSON of /.well-known/tandem-event-keys.json; read it again when an
event names a key that you do not know.
"""

from joserfc import jws
from joserfc.jwk import KeySet


def verify(signature: str, body: bytes, keys: dict) -> None:
    """Return if the signature is good; raise otherwise."""
    ring = KeySet.import_key_set(keys)
    jws.deserialize_compact(signature, ring, algorithms=["EdDSA"], payload=body)
