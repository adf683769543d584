"""Taking files in from a request: counted as they come, kept in a nameless file, never in memory.

A file that is too large is passed over while the rest of the form is read, so that what was
typed beside it is not lost. Files for addresses that take none are passed over too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from referrals.errors import FieldError, Invalid, TooLarge
from referrals.files import names, sandbox, store
from referrals.files.limits import MOST_BYTES, MOST_FILES, MOST_REQUEST_BYTES, UNREAD
from referrals.files.refusal import Refused

PASSED_OVER = "tandem_files_passed_over"
TOO_MANY = f"Send up to {MOST_FILES} files at once."
TOO_MUCH = f"Send up to {MOST_REQUEST_BYTES // 1024**2} MB at once."


class BoundedHandler(FileUploadHandler):
    """Django's upload handler for the whole site (settings.FILE_UPLOAD_HANDLERS)."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.taken, self.too_much, self.size = 0, False, 0

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        if content_length > UNREAD:
            raise RequestDataTooBig()
        self.too_much = content_length > MOST_REQUEST_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if not takes_files(cast(HttpRequest, self.request)):
            raise SkipFile
        if self.too_much:
            self._pass_over(TOO_MUCH)
        if self.taken == MOST_FILES:
            self._pass_over(TOO_MANY)
        self.taken += 1
        self.size = 0
        self.file: IO[bytes] = tempfile.TemporaryFile(dir=store.incoming())  # noqa: SIM115

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.size += len(raw_data)
        if self.size > MOST_BYTES:
            self.file.close()
            self._pass_over(Refused("too_large").words)
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        file = self.file
        del self.file  # whatever becomes of the next file, this one is done
        file.seek(0)
        return UploadedFile(file, self.file_name, self.content_type, file_size, self.charset)

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()

    def _pass_over(self, why: str) -> None:
        _noted(cast(HttpRequest, self.request)).append((self.file_name or "", why))
        raise SkipFile


def takes_files(request: HttpRequest) -> bool:
    """Whether this address takes files, from somebody who is signed in or has the API's token."""
    try:
        named = resolve(request.path_info).view_name
    except Resolver404:
        return False
    if named not in settings.UPLOAD_ROUTES:
        return False
    user = getattr(request, "user", None)
    return named.startswith("api:") or bool(user and user.is_authenticated)


def passed_over(request: HttpRequest) -> list[tuple[str, str]]:
    """The files of this request that were not taken for their size or number, with the reason."""
    len(request.FILES)  # read to its end
    return _noted(request)


def _noted(request: HttpRequest) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = vars(request).setdefault(PASSED_OVER, [])
    return found


# --- From the request to the store --------------------------------------------------------------


@dataclass(slots=True)
class Incoming:
    """A file that was checked and stored and is not on a referral yet."""

    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    stored_as: str
    kept: bool = False


@contextmanager
def received(request: HttpRequest, field: str = "files") -> Iterator[list[Incoming]]:
    """Every file of the request, checked and stored; `Invalid` or `TooLarge` if one is not.

    What nobody has put on a referral at the end is taken out of the store again.
    """
    over = passed_over(request)
    if over:
        raise TooLarge(errors=[FieldError("/files", "too_large", why) for _, why in over])
    with stored(request.FILES.getlist(field)) as files:
        yield files


@contextmanager
def stored(files: Sequence[UploadedFile]) -> Iterator[list[Incoming]]:
    found: list[Incoming] = []
    errors: list[FieldError] = []
    try:
        for number, file in enumerate(files):
            try:
                found.append(_take(file))
            except Refused as refused:
                errors.append(FieldError(f"/files/{number}", refused.code, refused.words))
        if errors:
            raise Invalid("A file was not taken.", errors=errors)
        yield found
    finally:
        for one in found:
            if not one.kept:
                store.remove(one.stored_as)


def _take(file: UploadedFile) -> Incoming:
    name = names.clean(file.name or "")
    media_type = names.media_type_of(name)
    if not file.size:
        raise Refused("empty")
    source = cast(Any, file.file)
    sandbox.check(source, media_type)
    document_id = uuid4()
    kept = store.write(document_id, source)
    return Incoming(document_id, name, media_type, kept.size, kept.sha256, kept.name)
