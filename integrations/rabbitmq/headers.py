"""What stands in the headers of a message."""

from __future__ import annotations

import pika

from integrations.signing import HEADER


def signature_of(properties: pika.BasicProperties) -> str | None:
    """The signature, None where there is no such header; what is no text is a bad one."""
    headers = properties.headers or {}
    if HEADER not in headers:
        return None
    value = headers[HEADER]
    return value if isinstance(value, str) else ""
