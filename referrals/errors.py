"""What can go wrong with an operation, once, for every door.

`type` is the stable name that the API publishes as a problem type (RFC 9457); `detail` is
for people and says how to mend it. No value that was typed is ever part of an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """`pointer` is a JSON pointer into what was sent, e.g. `/patient/birth_date`."""

    pointer: str
    code: str
    detail: str


class DomainError(Exception):
    status = 500
    type = "error"
    title = "Something went wrong"

    def __init__(self, detail: str = "", *, errors: Sequence[FieldError] = ()) -> None:
        self.detail = detail or self.title
        self.errors = list(errors)
        # Pointers and codes only, so that a traceback says where and nobody's answer.
        super().__init__("; ".join([self.detail, *(f"{e.pointer} {e.code}" for e in errors)]))


class NotFound(DomainError):
    """Missing, or not for this person's eyes: the two look alike."""

    status, type, title = 404, "not-found", "Not found"


class Forbidden(DomainError):
    status, type, title = 403, "forbidden", "Your role does not include this"


class PreconditionRequired(DomainError):
    status, type = 428, "precondition-required"
    title = "Say which version you decided on with If-Match"


class Stale(DomainError):
    status, type = 412, "stale-version"
    title = "Someone changed this referral in the meantime. Look at it again, then decide"

    def __init__(self, *, current_version: int) -> None:
        super().__init__()
        self.current_version = current_version


class Conflict(DomainError):
    status, type, title = 409, "state-conflict", "The referral's state does not allow this"

    def __init__(self, detail: str = "", *, available_actions: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.available_actions = list(available_actions)


class Invalid(DomainError):
    status, type, title = 400, "validation", "Some answers need another look"


class TooLarge(DomainError):
    status, type, title = 413, "too-large", "This is too large"


class QuotaReached(DomainError):
    """The room for files is used up; what was there stays as it is."""

    status, type, title = 413, "quota-reached", "There is no room for more files"


class IdempotencyMismatch(DomainError):
    status, type = 422, "idempotency-mismatch"
    title = "This Idempotency-Key was used with another request"


class InFlight(DomainError):
    status, type = 409, "request-in-flight"
    title = "The first request with this Idempotency-Key still runs"


class Unavailable(DomainError):
    """The database or another needed part cannot serve now; nothing was changed."""

    status, type, title = 503, "unavailable", "Not available for a moment. Try again shortly"
