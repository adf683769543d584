"""ETag and If-Match: which version a decision was made on."""

from __future__ import annotations

import re

from rest_framework.request import Request

from referrals.errors import PreconditionRequired, Stale
from referrals.models import Referral

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e]*")')


def etag(referral: Referral) -> str:
    return f'"{referral.version}"'


def required_version(request: Request, current: Referral) -> int:
    """The version in If-Match, with or without `W/`, alone or in a list.

    Missing, or `*` which names no version: 428. Not the current one, or no entity tag at
    all: 412.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        raise PreconditionRequired()
    tags = [_TAG.fullmatch(part.strip()) for part in header.split(",")]
    if etag(current) not in [tag[1] for tag in tags if tag]:
        raise Stale(current_version=current.version)
    return current.version
