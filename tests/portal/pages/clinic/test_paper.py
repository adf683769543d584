"""Paper, fax and phone: typed by the coordinator, marked as such, from any practice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from referrals import clock, ladder
from referrals.access.models import AccessEntry
from referrals.errors import Forbidden, Invalid
from referrals.lifecycle import Action, State
from referrals.models import Membership, Organisation, Referral
from referrals.operations import drafts, practices
from tests.cast import Cast, complete_answers
from tests.portal.pages.doors import browser, detail_url
from tests.walks import act, inputs

GIVEN = {
    "practice_name": "Orange Grove Pain Associates", "practice_phone": "407-555-0199",
    "state": "FL", "clinician_name": "Dr. Leontyne Ashcombe", "kind": "physician",
    "npi": "1245319599", "after_hours_phone": "407-555-0198",
}  # fmt: skip


def recorded(cast: Cast, **changes: Any) -> Membership:
    return practices.record(
        clinic_id=cast.clinic.pk, by=cast.actor("coordinator"), data=GIVEN | changes, door="portal"
    )


def paper(cast: Cast, seat: Membership | None = None, **header: Any) -> Referral:
    practice = seat.organisation_id if seat else cast.practice.pk
    person = seat.user_id if seat else cast.physician.pk
    data = complete_answers(
        origin="fax", practice=str(practice), referring_clinician={"id": str(person)}
    )
    return drafts.create(by=cast.actor("coordinator"), data=data | header, door="portal")


def typed(**changes: str) -> dict[str, str]:
    return {name: value for name, value in (GIVEN | changes).items() if value}


def test_the_page_writes_down_a_practice_and_goes_on_with_it_chosen(cast: Cast) -> None:
    client = browser(cast, "coordinator")
    assert client.get(reverse("record-practice")).status_code == 200
    done = client.post(reverse("record-practice"), typed())
    assert done.status_code == 303
    practice = Organisation.objects.get(recorded_by=cast.clinic)
    assert (practice.name, practice.phone) == (GIVEN["practice_name"], "+14075550199")
    page = client.get(done["Location"]).content.decode()
    assert "Dr. Leontyne Ashcombe" in page
    assert f'value="{practice.pk}:{practice.memberships.get().user_id}" selected' in page
    entry = AccessEntry.objects.get(verb="record_practice")
    assert str(practice.pk) in entry.detail


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("practice_name", "", "Write the practice&#x27;s name."),
        ("practice_phone", "", "Write the practice&#x27;s phone number."),
        ("practice_phone", "12", "phone"),
        ("clinician_name", "", "Write the clinician&#x27;s name."),
        ("npi", "1245319590", "last digit does not fit"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_stays(
    cast: Cast, name: str, value: str, words: str
) -> None:
    page = browser(cast, "coordinator").post(reverse("record-practice"), typed(**{name: value}))
    assert page.status_code == 400
    assert words in page.content.decode()
    kept = "Dr. Leontyne Ashcombe" if name != "clinician_name" else "Orange Grove"
    assert kept in page.content.decode()
    assert not Organisation.objects.filter(recorded_by__isnull=False).exists()


def test_a_second_clinician_of_the_same_practice(cast: Cast) -> None:
    first = recorded(cast)
    second = practices.record(
        clinic_id=cast.clinic.pk, by=cast.actor("coordinator"), door="portal",
        data={"practice": str(first.organisation_id), "clinician_name": "Ruth Fennimore, NP",
              "kind": "np"},
    )  # fmt: skip
    assert second.organisation_id == first.organisation_id
    assert Organisation.objects.filter(recorded_by=cast.clinic).count() == 1


@pytest.mark.parametrize("part", ["physician", "clinician", "clinic_admin", "other_coordinator"])
def test_only_a_coordinator_of_the_clinic_writes_down(cast: Cast, part: str) -> None:
    with pytest.raises(Forbidden):
        practices.record(clinic_id=cast.clinic.pk, by=cast.actor(part), data=GIVEN, door="portal")


def test_who_is_written_down_cannot_sign_in(cast: Cast) -> None:
    person = get_user_model().objects.get(pk=recorded(cast).user_id)
    assert not person.is_active
    assert not person.has_usable_password()
    assert person.email.endswith("@external.invalid")
    assert person.as_actor().seats == frozenset()


def test_another_clinic_neither_sees_nor_uses_it(cast: Cast) -> None:
    seat = recorded(cast)
    page = browser(cast, "other_coordinator").get(reverse("referrals:new")).content.decode()
    assert "Ashcombe" not in page
    data = complete_answers(
        clinic="winter-park", origin="fax", practice=str(seat.organisation_id),
        referring_clinician={"id": str(seat.user_id)},
    )  # fmt: skip
    with pytest.raises(Invalid):
        drafts.create(by=cast.actor("other_coordinator"), data=data, door="portal")


def test_a_practice_of_the_portal_is_offered_no_written_down_clinician(cast: Cast) -> None:
    recorded(cast)
    page = browser(cast, "delegate").get(reverse("referrals:new")).content.decode()
    assert "Ashcombe" not in page


def test_paper_of_an_external_practice_goes_through_the_same_queue(cast: Cast) -> None:
    today = clock.now().date()
    referral = paper(cast, recorded(cast), received_on=(today - timedelta(days=3)).isoformat())
    referral = act(referral, Action.SUBMIT, cast.actor("coordinator"))
    assert referral.submitted_at is not None
    assert referral.due_at is not None and referral.due_at > referral.submitted_at
    client = browser(cast, "coordinator")
    page = client.get(detail_url(referral)).content.decode()
    assert "By fax, " in page
    assert "typed in by the clinic" in page
    assert "by fax" in client.get(reverse("worklist")).content.decode()
    assert act(referral, Action.CLAIM, cast.actor("clinician")).state == State.IN_REVIEW


def test_the_clinic_adds_what_came_later_for_a_practice_that_nobody_signs_in_for(
    cast: Cast,
) -> None:
    referral = act(paper(cast, recorded(cast)), Action.SUBMIT, cast.actor("coordinator"))
    changed = drafts.change(
        referral.pk, by=cast.actor("coordinator"), data={"request": {"goals": "Sleep"}},
        version=referral.version, amendment_reason="A second page came by fax.", door="portal",
    )  # fmt: skip
    assert (changed.content_version, changed.clinic_read_version) == (2, 2)


def test_what_a_practice_of_the_portal_sent_on_paper_it_changes_itself(cast: Cast) -> None:
    referral = act(paper(cast), Action.SUBMIT, cast.actor("coordinator"))
    with pytest.raises(Forbidden):
        drafts.change(
            referral.pk, by=cast.actor("coordinator"), data={"request": {"goals": "Sleep"}},
            version=referral.version, amendment_reason="No.", door="portal",
        )  # fmt: skip


@pytest.mark.parametrize(("days", "code"), [(-3, "in_the_future"), (400, "too_old")])
def test_the_day_of_receipt_is_a_day_that_was(cast: Cast, days: int, code: str) -> None:
    day = (clock.now().date() - timedelta(days=days)).isoformat()
    with pytest.raises(Invalid) as refused:
        paper(cast, received_on=day)
    assert [(e.pointer, e.code) for e in refused.value.errors] == [("/received_on", code)]


def test_what_was_written_in_the_portal_has_no_day_of_receipt(cast: Cast) -> None:
    data = complete_answers(received_on="2026-01-05")
    with pytest.raises(Invalid) as refused:
        drafts.create(by=cast.actor("physician"), data=data, door="portal")
    assert refused.value.errors[0].pointer == "/received_on"


def test_the_day_of_receipt_can_be_mended_while_it_is_a_draft(cast: Cast) -> None:
    referral = paper(cast)
    day = clock.now().date() - timedelta(days=2)
    changed = drafts.change(
        referral.pk, by=cast.actor("coordinator"), data={"received_on": day.isoformat()},
        version=referral.version, door="portal",
    )  # fmt: skip
    assert changed.received_on == day
    step = reverse("referrals:edit", args=[referral.pk, "patient"])
    page = browser(cast, "coordinator").get(step).content.decode()
    assert f'value="{day.isoformat()}"' in page


@pytest.mark.parametrize("external", [True, False])
def test_what_was_declined_closes_itself_only_where_nobody_could_acknowledge_it(
    cast: Cast, external: bool
) -> None:
    referral = act(
        paper(cast, recorded(cast) if external else None), Action.SUBMIT, cast.actor("coordinator")
    )
    act(referral, Action.CLAIM, cast.actor("clinician"))
    act(referral, Action.DECLINE, cast.actor("clinician"), inputs(Action.DECLINE, cast))
    with clock.at(clock.now() + timedelta(days=31)):
        assert ladder.close_answered() == external
    referral.refresh_from_db()
    assert referral.state == (State.CLOSED if external else State.DECLINED)


@pytest.mark.parametrize(("day", "good"), [("2026-11-10", True), ("2026-11-11", False)])
def test_the_day_of_receipt_is_the_clinics(cast: Cast, day: str, good: bool) -> None:
    """At eight in the evening in Florida it is tomorrow in UTC, and not at the clinic."""
    with clock.at(datetime(2026, 11, 11, 1, tzinfo=UTC)):
        if good:
            assert paper(cast, received_on=day).received_on.isoformat() == day
            return
        with pytest.raises(Invalid) as refused:
            paper(cast, received_on=day)
    assert refused.value.errors[0].code == "in_the_future"
