"""Two referrals for one person: the clinic links or sets aside, and no practice learns of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.models import Event
from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from referrals.models import DuplicateDecision, Organisation, Referral
from referrals.operations import duplicates
from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url
from tests.walks import act, draft, referral_at


def pair(cast: Cast) -> tuple[Referral, Referral]:
    """The same person from two practices, both sent."""
    first = act(draft(cast, by="stranger"), Action.SUBMIT, cast.actor("stranger"))
    return referral_at(State.SUBMITTED, cast), first


def url(referral: Referral, other: Referral) -> str:
    return reverse("referrals:duplicate", args=[referral.pk, other.pk])


def decide(cast: Cast, part: str, referral: Referral, other: Referral, **typed: str) -> Any:
    return browser(cast, part).post(url(referral, other), typed)


@pytest.mark.parametrize("part", ["coordinator", "clinician"])
def test_the_clinic_sees_the_other_practices_referral(cast: Cast, part: str) -> None:
    mine, theirs = pair(cast)
    for one, other in ((mine, theirs), (theirs, mine)):
        page = browser(cast, part).get(detail_url(one)).content.decode()
        assert "Possibly the same person" in page
        assert other.reference in page
        assert "Link or set aside" in page


@pytest.mark.parametrize("verdict", ["linked", "set_aside"])
def test_a_decision_is_kept_with_its_note_and_shown_on_both(cast: Cast, verdict: str) -> None:
    mine, theirs = pair(cast)
    note = "Twins with the same name, called both."
    assert decide(cast, "coordinator", mine, theirs, verdict=verdict, note=note).status_code == 303
    for one in (mine, theirs):
        page = browser(cast, "clinician").get(detail_url(one)).content.decode()
        assert note in page
        assert {"linked": "Linked", "set_aside": "Set aside"}[verdict] in page
        assert "Not decided" not in page
    entry = AccessEntry.objects.filter(verb="duplicate").get()
    assert str(theirs.pk) in entry.detail
    assert note not in entry.detail


def test_the_newest_word_counts_and_the_older_stays(cast: Cast) -> None:
    mine, theirs = pair(cast)
    decide(cast, "coordinator", mine, theirs, verdict="linked")
    decide(cast, "clinician", theirs, mine, verdict="set_aside", note="Another person.")
    (found,) = duplicates.for_clinic(mine, by=cast.actor("coordinator"))
    assert found.verdict is not None and found.verdict.verdict == "set_aside"
    assert DuplicateDecision.objects.count() == 2


def test_setting_aside_needs_a_note_and_loses_nothing(cast: Cast) -> None:
    mine, theirs = pair(cast)
    page = decide(cast, "coordinator", mine, theirs, verdict="set_aside")
    assert page.status_code == 400
    assert "Say why these are not the same matter." in page.content.decode()
    page = decide(cast, "coordinator", mine, theirs, note="Typed already")
    assert page.status_code == 400
    assert "Typed already" in page.content.decode()
    assert not DuplicateDecision.objects.exists()


@pytest.mark.parametrize(
    ("part", "status"),
    [("physician", 403), ("clinic_admin", 403), ("stranger", 404), ("other_coordinator", 404)],
)
def test_nobody_else_decides(cast: Cast, part: str, status: int) -> None:
    mine, theirs = pair(cast)
    assert decide(cast, part, mine, theirs, verdict="linked").status_code == status


def test_what_is_no_candidate_cannot_be_linked(cast: Cast) -> None:
    mine, _ = pair(cast)
    someone = referral_at(State.SUBMITTED, cast, patient={"family_name": "Okonkwo"})
    assert decide(cast, "coordinator", mine, someone, verdict="linked").status_code == 404


def test_the_practice_names_its_own_and_both_sides_see_it(cast: Cast) -> None:
    first = referral_at(State.SUBMITTED, cast)
    second = act(
        draft(cast), Action.SUBMIT, cast.actor("physician"), {"duplicate_reason": "A new pain."}
    )
    for part in ("physician", "coordinator"):
        for one, other in ((first, second), (second, first)):
            page = browser(cast, part).get(detail_url(one)).content.decode()
            assert "A new pain." in page
            assert other.reference in page


# --- What a practice can find out: nothing --------------------------------------------------------


def looks(cast: Cast, referral: Referral) -> list[tuple[int, str, int]]:
    """Everything that the practice can look at: status, body without what is random, queries."""
    client = browser(cast, "physician")
    addresses = [
        detail_url(referral),
        reverse("referrals:versions", args=[referral.pk]),
        reverse("api:referral", args=[referral.pk]),
        reverse("api:timeline", args=[referral.pk]),
        reverse("api:actions", args=[referral.pk]),
        reverse("api:events"),
    ]
    found = []
    for address in addresses:
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(address)
        found.append((answer.status_code, answer.content.decode(), len(queries)))
    return found


def test_a_decision_leaves_no_trace_for_either_practice(cast: Cast) -> None:
    mine, theirs = pair(cast)
    before = Referral.objects.values().get(pk=mine.pk)
    rows, events = mine.timeline.count(), Event.objects.count()
    decide(cast, "coordinator", mine, theirs, verdict="linked", note="Twin record.")
    assert Referral.objects.values().get(pk=mine.pk) == before
    assert (mine.timeline.count(), Event.objects.count()) == (rows, events)
    for _, body, _ in looks(cast, mine):
        assert theirs.reference not in body
        assert "Twin record." not in body
        assert "Possibly the same person" not in body


def version_of(referral: Referral) -> dict[str, str]:
    referral.refresh_from_db()
    return {"If-Match": f'"{referral.version}"'}


def typed(cast: Cast) -> list[tuple[int, str, int]]:
    """A physician types the person: on the page, while typing, by the API, and sends."""
    referral = draft(cast)
    client = browser(cast, "physician")
    step = reverse("referrals:edit", args=[referral.pk, "patient"])
    form = {"step": "patient", "base": "", "patient-given_name": "Marisol"}
    api = reverse("api:act-submit", args=[referral.pk])
    calls = (
        lambda: client.get(step),
        lambda: client.post(reverse("referrals:autosave", args=[referral.pk]), form),
        lambda: client.get(reverse("referrals:edit", args=[referral.pk, "check"])),
        lambda: client.post(api, {}, content_type="application/json", headers=version_of(referral)),
    )
    seen = []
    for call in calls:
        with CaptureQueriesContext(connection) as queries:
            answer = call()
        body = answer.content.decode()
        words = "duplicate" in body.lower(), "open referral for this person" in body
        seen.append((answer.status_code, str(words), len(queries)))
    return seen


def test_typing_a_person_whom_another_practice_refers_looks_the_same(cast: Cast) -> None:
    """Same statuses, same words, same number of questions to the database."""
    typed(cast)
    Referral.objects.update(patient_index="")  # what the warm-up sent is no duplicate any more
    unknown = typed(cast)
    Referral.objects.update(patient_index="")
    act(draft(cast, by="stranger"), Action.SUBMIT, cast.actor("stranger"))
    assert Organisation.objects.filter(sent_referrals__patient_index__gt="").count() == 1
    assert typed(cast) == unknown


# --- In the worklist ----------------------------------------------------------------------------


def doubtful(cast: Cast, part: str = "coordinator", **query: str) -> set[str]:
    page = browser(cast, part).get("/worklist/", {"folder": "all", **query})
    found = {row["reference"] for row in page.context["rows"] if row["doubtful"]}
    assert ("Possible duplicate</span>" in page.content.decode()) == bool(found)
    return found


def test_the_worklist_marks_and_filters_what_nobody_decided(cast: Cast) -> None:
    mine, theirs = pair(cast)
    referral_at(State.SUBMITTED, cast, patient={"family_name": "Alone"})
    both = {mine.reference, theirs.reference}
    assert doubtful(cast) == doubtful(cast, doubtful="yes") == both
    page = browser(cast, "coordinator").get("/worklist/?folder=all&doubtful=yes")
    assert {row["reference"] for row in page.context["rows"]} == both
    assert [chip["label"] for chip in page.context["chips"]] == ["Possible duplicates"]
    # Who decides nothing about them is not told either.
    assert doubtful(cast, "clinic_admin") == set()
    decide(cast, "coordinator", theirs, mine, verdict="linked")
    assert doubtful(cast) == doubtful(cast, doubtful="yes") == set()


@pytest.mark.parametrize("ended", ["consent", "cancelled", "replaced", "another clinic"])
def test_the_mark_is_there_where_the_page_has_somebody_to_decide_on(cast: Cast, ended: str) -> None:
    mine, theirs = pair(cast)
    change = {
        "consent": {"consent_revoked_at": mine.submitted_at}, "cancelled": {"state": "cancelled"},
        "replaced": {"replaces": theirs}, "another clinic": {"clinic": cast.other_clinic},
    }[ended]  # fmt: skip
    Referral.objects.filter(pk=mine.pk).update(**change)
    assert doubtful(cast) == doubtful(cast, doubtful="yes") == set()
    for one in Referral.objects.all():
        candidates = duplicates.for_clinic(one, by=cast.actor("coordinator"))
        assert candidates == [] or one.state == "cancelled"
