"""An application that does no more than the portal's `/livez`, and starts in no time.

For what the worker does before it asks any application.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from portal.web import worker

worker.MOST_HELD = 1_000_000  # so that a test can fill it


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    environ["wsgi.input"].read()
    good = environ["REQUEST_METHOD"] == "GET"
    start("200 OK" if good else "405 Method Not Allowed", [("Content-Type", "text/plain")])
    return [bytes(20_000_000) if environ["PATH_INFO"] == "/large" else b"plain"]
