"""Reading a request's body in the contract's order: type, size, and only then the JSON."""

from __future__ import annotations

import io
from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework import exceptions
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

MAX_BYTES = 1_048_576


def check_type_and_size(request: Request) -> None:
    """415 and 413 come before any question of rights. An empty body needs no type."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > MAX_BYTES:
        raise RequestDataTooBig()
    if raw(request) and _media_type(request) != "application/json":
        raise exceptions.UnsupportedMediaType(_media_type(request))


def _media_type(request: Request) -> str:
    full = request.META.get("CONTENT_TYPE", "")
    kind, _, parameters = full.partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    return kind.strip().lower() if charset in ("", "utf-8") else full


def raw(request: Request) -> bytes:
    """The body's bytes; at most MAX_BYTES, whatever the client said of its length."""
    body: bytes = request._request.body
    if len(body) > MAX_BYTES:
        raise RequestDataTooBig()
    return body


def parsed(request: Request) -> Any:
    """The JSON that was sent; nothing sent reads as an empty object."""
    body = raw(request)
    if not body.strip():
        return {}
    try:
        return JSONParser().parse(io.BytesIO(body), parser_context={"encoding": "utf-8"})
    except RecursionError:
        raise exceptions.ParseError() from None
