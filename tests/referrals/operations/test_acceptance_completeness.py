"""What the clinic itself owes before it accepts (Q-2) stands in the assessment, once it is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from referrals import disclosure
from referrals.errors import Invalid
from referrals.lifecycle import Action, State
from referrals.models import Referral
from referrals.operations import conversation, facts
from tests.cast import Cast
from tests.walks import act, draft, inputs, referral_at

CLASSES = ["identity", "pain", "mental_health", "substance", "medical", "documents"]
HEART = {"medical": {"k01": "yes"}}


def accept_of(referral: Referral) -> dict[str, Any]:
    return facts.assess(Referral.objects.get(pk=referral.pk))["completeness"]["accept"]


def own(referral: Referral) -> dict[str, bool]:
    """The gaps that only the clinic can close: code and whether it blocks."""
    missing = accept_of(referral)["missing"]
    return {g["code"]: g["blocking"] for g in missing
            if g["code"].startswith(("flag.", "licensed"))}  # fmt: skip


def test_a_draft_owes_no_review(cast: Cast) -> None:
    assert own(draft(cast, **HEART)) == {}


def test_an_unreviewed_flag_blocks_until_a_clinician_has_noted_it(cast: Cast) -> None:
    row = referral_at(State.IN_REVIEW, cast, **HEART)
    assert own(row) == {"licensed_reviewer": True, "flag.K-01": True}
    assert accept_of(row)["blocked"] is True
    act(row, Action.REVIEW_FLAG, cast.actor("clinician"), inputs(Action.REVIEW_FLAG, cast))
    assert own(row) == {"licensed_reviewer": True}


def test_an_acceptance_leaves_nothing_that_blocks(cast: Cast) -> None:
    row = referral_at(State.IN_REVIEW, cast, **HEART)
    act(row, Action.REVIEW_FLAG, cast.actor("clinician"), inputs(Action.REVIEW_FLAG, cast))
    act(row, Action.ACCEPT, cast.actor("coordinator"), inputs(Action.ACCEPT, cast))
    assert own(row) == {}
    assert accept_of(row)["blocked"] is False


@pytest.mark.parametrize("code", ["flag.K-01", "licensed_reviewer"])
def test_the_practice_is_not_asked_for_what_the_clinic_owes(cast: Cast, code: str) -> None:
    row = referral_at(State.IN_REVIEW, cast, **HEART)
    asked = {**inputs(Action.REQUEST_INFO, cast), "items": [{"code": code}]}
    with pytest.raises(Invalid):
        act(row, Action.REQUEST_INFO, cast.actor("coordinator"), asked)
    with pytest.raises(Invalid):
        conversation.post(
            row.pk, by=cast.actor("coordinator"), data={"body": "?", "item": code}, door="portal"
        )


def shown(row: Referral, cast: Cast, part: str) -> str:
    return json.dumps(disclosure.assessment_for(row, cast.actor(part)))


def test_a_flag_on_closed_content_is_not_named(cast: Cast) -> None:
    written = {"signed_on": "2026-01-05", "signed_by": "Patient", "evidence": "on_paper"}
    open_to = [one for one in CLASSES if one != "substance"]
    row = referral_at(
        State.IN_REVIEW, cast, medical={"k01": "yes", "k06": "yes"},
        consent={"written": {**written, "content_classes": open_to}},
    )  # fmt: skip
    assert {"flag.K-01", "flag.K-06"} <= set(own(row))
    assert "flag.K-01" in shown(row, cast, "clinician")
    assert "K-06" not in shown(row, cast, "clinician")
    assert "K-06" not in shown(row, cast, "coordinator")
    assert "flag.K-06" in shown(row, cast, "physician")
