"""The demo's own signing key, made once and kept under var/; production brings its own."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

BITS = 2048


def demo_key(path: Path) -> str:
    """The PEM text at `path`; where several processes start at once, the first one's."""
    if not path.exists():
        _write_once(path, _new_key())
    return path.read_text()


def _new_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_once(path: Path, pem: bytes) -> None:
    """Write aside, then link: nobody ever reads half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(pem)
    try:
        os.link(aside, path)
    except FileExistsError:
        return
    finally:
        aside.unlink()
