"""The half of a referral that an invited clinician completes: pain, medical, substances.

Hers are the answers that the first clinician often cannot give. The rest of the referral she
reads as far as the patient's consent opens it, and leaves as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from referrals import content_classes as classes
from referrals import disclosure, permissions
from referrals.actors import Actor, Role
from referrals.content_classes import ContentClass
from referrals.errors import FieldError, Invalid
from referrals.lifecycle import Phase, State
from referrals.models import Origin, Referral

SECTIONS = frozenset({"pain", "medical", "substance"})
SCALES = frozenset({"peg", "nrs", "audit-c", "dast-10", "ort", "ort-oud"})
OPEN = frozenset({Phase.DECIDING, Phase.ACTIVE})


def may_complete(referral: Referral, *, by: Actor) -> bool:
    """True for an invited clinician while the referral is a draft, or open to amendments."""
    roles = permissions.roles_on(referral, by)
    if Role.IC not in roles or roles & permissions.PRACTICE_SIDE:
        return False
    draft = referral.state == State.DRAFT and referral.origin in (Origin.PORTAL, Origin.API)
    return draft or referral.phase in OPEN


def sections_open(referral: Referral, *, by: Actor) -> list[str]:
    """The sections of the half that the consent opens to her now."""
    reading = disclosure.reading_of(referral, by)
    return sorted(name for name in SECTIONS if classes.SECTIONS[name] in reading.classes)


def scales_open(referral: Referral, *, by: Actor) -> frozenset[str]:
    """The scales of the half that the consent opens to her now."""
    return _mine(disclosure.reading_of(referral, by))


def limited(referral: Referral, data: Mapping[str, Any], *, by: Actor) -> dict[str, Any]:
    """The body with her scales beside those of others; `Invalid` for what is not hers."""
    allowed = {*sections_open(referral, by=by), "instruments"}
    foreign = sorted(set(data) - allowed)
    errors = [
        FieldError(f"/{name}", "not_your_half",
                   "You complete the pain and medical half. This part is the practice's.")
        for name in foreign
    ]  # fmt: skip
    if errors:
        raise Invalid(errors=errors)
    body = dict(data)
    if "instruments" in body:
        body["instruments"] = _scales(referral, body["instruments"], by=by)
    return body


def _scales(referral: Referral, sent: Any, *, by: Actor) -> list[Any]:
    reading = disclosure.reading_of(referral, by)
    listed = sent if isinstance(sent, list) else [sent]
    names = [one.get("instrument") if isinstance(one, Mapping) else None for one in listed]
    for n, name in enumerate(names):
        if name not in SCALES or classes.INSTRUMENTS[name] not in reading.classes:
            raise Invalid(
                errors=[FieldError(f"/instruments/{n}/instrument", "not_your_half",
                                   "Of the scales, those of pain and substances are yours.")]
            )  # fmt: skip
    mine = _mine(reading)
    kept = [one for one in referral.content.instruments or [] if one["instrument"] not in mine]
    return [*kept, *listed]


def _mine(reading: disclosure.Reading) -> frozenset[str]:
    closed = frozenset(ContentClass) - reading.classes
    return frozenset(name for name in SCALES if classes.INSTRUMENTS[name] not in closed)
