"""Sign a command: the header `jws`, over the exact bytes of the body that you publish.

Needs cryptography. The private key stays with you; the clinic gets its public half.
"""

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def sign(body: bytes, private: Ed25519PrivateKey, kid: str) -> str:
    """The value of the header; `kid` is the id that the clinic knows the key by."""
    told = {"alg": "EdDSA", "kid": kid, "b64": False, "crit": ["b64"]}
    header = encode(json.dumps(told).encode())
    return f"{header}..{encode(private.sign(header.encode() + b'.' + body))}"


def public_jwk(private: Ed25519PrivateKey, kid: str) -> dict:
    """What you give to the clinic."""
    x = encode(private.public_key().public_bytes_raw())
    return {"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x}


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
