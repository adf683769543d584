"""ETag and If-Match: which version a decision was made on."""

from __future__ import annotations

import re

from rest_framework.request import Request

from referrals.errors import PreconditionRequired, Stale
from referrals.models import Referral

_TAG = re.compile(r'(?:W/)?"(\d{1,9})"')


def etag(referral: Referral) -> str:
    return f'"{referral.version}"'


def required_version(request: Request, current: Referral) -> int:
    """The version in If-Match. Missing or `*`: 428; not the current one: 412."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        raise PreconditionRequired()
    if str(current.version) not in _TAG.findall(header):
        raise Stale(current_version=current.version)
    return current.version
