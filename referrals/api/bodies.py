"""Reading a request's body in the contract's order: type, size, and only then the JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework import exceptions
from rest_framework.request import Request

from integrations import strict_json
from referrals.errors import FieldError, Invalid

MAX_BYTES = 1_048_576
MULTIPART = "multipart/form-data"


def check_type_and_size(request: Request) -> None:
    """413 and 415 come before any question of rights. An empty body needs no type.

    Told from the headers, without reading: the CSRF check may have read a form already.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    size = int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0
    if size > MAX_BYTES:
        raise RequestDataTooBig()
    if size and _media_type(request) != "application/json":
        raise exceptions.UnsupportedMediaType("")


def check_upload(request: Request, most: int) -> None:
    """413 and 415 for a body that should be a form with files."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and len(length) < 20) or int(length) > most:
        raise RequestDataTooBig()
    if request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != MULTIPART:
        raise exceptions.UnsupportedMediaType("")


def fingerprint(request: Request) -> str:
    """What the body holds, for a later request with the same key to be compared with."""
    if request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != MULTIPART:
        return raw(request).decode("latin-1")
    sent = request._request
    digest = hashlib.sha256(repr(sorted(sent.POST.lists())).encode())
    for name, files in sorted(sent.FILES.lists()):
        for file in files:
            digest.update(f"\0{name}\0{file.name}\0{file.size}\0".encode())
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.hexdigest()


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


class Body(Mapping[str, Any]):
    """The JSON object that was sent, read when somebody first looks into it.

    So a stale version (412) and a state that does not allow the move (409) are told before
    what is wrong with the fields (400). Nothing sent reads as an empty object.
    """

    def __init__(self, request: Request) -> None:
        self._request = request

    @cached_property
    def _object(self) -> dict[str, Any]:
        found = parsed(raw(self._request))
        if not isinstance(found, dict):
            raise Invalid(errors=[FieldError("", "invalid", "Send a JSON object.")])
        return found

    def __getitem__(self, key: str) -> Any:
        return self._object[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._object)

    def __len__(self) -> int:
        return len(self._object)


def parsed(body: bytes) -> Any:
    """RFC 8259 and no more: no NaN, no name twice, no half of a surrogate pair, no BOM."""
    if not body.strip():
        return {}
    try:
        return strict_json.loads(body)
    except (ValueError, RecursionError):
        raise exceptions.ParseError() from None
