"""What the access log knows of the request: its id and the true network address.

The middleware, the API and the consumer bind it once; nothing below them passes it on.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{0,64}")


@dataclass(frozen=True, slots=True)
class RequestContext:
    request_id: str = ""
    address: str = ""


NOTHING = RequestContext()
_context: ContextVar[RequestContext] = ContextVar("access_context", default=NOTHING)


def current() -> RequestContext:
    return _context.get()


@contextmanager
def bind(*, request_id: str = "", address: str = "") -> Iterator[RequestContext]:
    """Name the request for all entries recorded within.

    `request_id` is at most 64 of A-Z a-z 0-9 . _ : - and `address` an IP address, already
    freed from what a client may claim of itself; either may be empty. ValueError otherwise.
    """
    if not REQUEST_ID.fullmatch(request_id):
        raise ValueError("The request id has another form than the access log keeps.")
    if address:
        address = str(ipaddress.ip_address(address))
    context = RequestContext(request_id=request_id, address=address)
    token = _context.set(context)
    try:
        yield context
    finally:
        _context.reset(token)
