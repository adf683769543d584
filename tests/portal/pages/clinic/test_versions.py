"""What was sent: each version with its differences, its sum, its print; read by the clinic."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.urls import reverse

from referrals.access.models import AccessEntry
from referrals.errors import Forbidden
from referrals.lifecycle import Action, State
from referrals.models import Referral
from referrals.operations import drafts, versions
from tests.append_only import without_triggers
from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url
from tests.walks import act, referral_at

REASON = "The patient moved and remembers the onset better."


def amended(cast: Cast, **changes: object) -> Referral:
    referral = referral_at(State.IN_REVIEW, cast)
    data = changes or {"pain": {"onset": "2020-02", "diagnoses": ["M54.16", "G89.4"]}}
    return drafts.change(
        referral.pk, by=cast.actor("delegate"), data=data, version=referral.version,
        amendment_reason=REASON, door="portal",
    )  # fmt: skip


def versions_url(referral: Referral) -> str:
    return reverse("referrals:versions", args=[referral.pk])


def print_url(referral: Referral, number: int) -> str:
    return reverse("referrals:version", args=[referral.pk, number])


def read(cast: Cast, part: str, referral: Referral, number: int = 2) -> int:
    address = reverse("referrals:versions-read", args=[referral.pk])
    return browser(cast, part).post(address, {"number": number}).status_code


@pytest.mark.parametrize("part", ["physician", "delegate", "coordinator", "clinician"])
def test_old_new_and_reason_stand_beside_each_other(cast: Cast, part: str) -> None:
    page = browser(cast, part).get(versions_url(amended(cast))).content.decode()
    for words in (
        REASON,
        "February 2020",
        "March 2021",
        "G89.4",
        "Delegate",
        "Version 2",
        "Unaltered",
    ):
        assert words in page, words


def test_what_stayed_is_not_shown_as_a_change(cast: Cast) -> None:
    page = browser(cast, "clinician").get(versions_url(amended(cast))).content.decode()
    assert "PTSD status" not in page
    assert "Quintrell" not in page.split("Version 2")[1]


def test_a_change_of_a_list_names_the_entries_that_differ(cast: Cast) -> None:
    team = [{"name": "Dr. Imani Abernathy", "role": "therapist"}]
    page = browser(cast, "clinician").get(versions_url(amended(cast, care_team=team)))
    assert "Dr. Imani Abernathy" in page.content.decode()
    assert "Nothing given" in page.content.decode()


def test_an_instrument_is_told_by_its_result(cast: Cast) -> None:
    referral = referral_at(State.IN_REVIEW, cast)
    kept = [dict(e) for e in referral.content.instruments]
    kept[0]["items"] = [3] * 9
    drafts.change(
        referral.pk, by=cast.actor("physician"), data={"instruments": kept},
        version=referral.version, amendment_reason=REASON, door="portal",
    )  # fmt: skip
    page = browser(cast, "clinician").get(versions_url(referral)).content.decode()
    assert "27 of 27, severe" in page
    assert "8 of 27, mild" in page
    assert "C-SSRS" not in page


def test_the_clinic_is_told_of_what_it_has_not_read(cast: Cast) -> None:
    referral = amended(cast)
    clinic = browser(cast, "coordinator")
    assert "The practice changed what it sent" in clinic.get(detail_url(referral)).content.decode()
    worklist = clinic.get(reverse("worklist") + "?folder=all").content.decode()
    assert "Changes to read" in worklist
    assert read(cast, "coordinator", referral) == 303
    assert "The practice changed" not in clinic.get(detail_url(referral)).content.decode()
    worklist = clinic.get(reverse("worklist") + "?folder=all").content.decode()
    assert "Changes to read" not in worklist


def test_a_referral_as_first_sent_has_nothing_unread(cast: Cast) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    assert (referral.content_version, referral.clinic_read_version) == (1, 1)


def test_an_amendment_that_came_meanwhile_stays_unread(cast: Cast) -> None:
    referral = amended(cast)
    drafts.change(
        referral.pk, by=cast.actor("physician"), data={"request": {"goals": "Sleep"}},
        version=referral.version, amendment_reason="One more", door="portal",
    )  # fmt: skip
    read(cast, "clinician", referral, number=2)
    referral.refresh_from_db()
    assert (referral.content_version, referral.clinic_read_version) == (3, 2)
    read(cast, "clinician", referral, number=1)
    referral.refresh_from_db()
    assert referral.clinic_read_version == 2


@pytest.mark.parametrize(
    ("part", "status"),
    [("physician", 403), ("clinic_admin", 403), ("stranger", 404), ("other_coordinator", 404)],
)
def test_only_a_reviewer_of_the_clinic_marks_as_read(cast: Cast, part: str, status: int) -> None:
    referral = amended(cast)
    assert read(cast, part, referral) == status
    referral.refresh_from_db()
    assert referral.clinic_read_version == 1


def test_a_version_that_is_not_there_cannot_be_read(cast: Cast) -> None:
    assert read(cast, "clinician", amended(cast), number=3) == 404


def test_a_version_prints_as_it_was(cast: Cast) -> None:
    referral = amended(cast)
    page = browser(cast, "physician").get(print_url(referral, 1)).content.decode()
    first = referral.versions.get(number=1)
    for words in ("Version 1 of 2", "not the newest version", "March 2021", first.sha256):
        assert words in page, words
    assert "G89.4" not in page
    entry = AccessEntry.objects.latest("pk")
    assert (entry.verb, entry.detail) == ("print", '{"version":1}')


def test_a_version_that_does_not_exist_is_not_found(cast: Cast) -> None:
    assert browser(cast, "physician").get(print_url(amended(cast), 9)).status_code == 404


def test_revoked_consent_closes_the_versions_to_the_clinic(cast: Cast) -> None:
    referral = amended(cast)
    act(referral, Action.REVOKE_CONSENT, cast.actor("physician"), {"reason": "Changed her mind"})
    for address in (versions_url(referral), print_url(referral, 1)):
        page = browser(cast, "clinician").get(address).content.decode()
        assert "consent was revoked" in page
        assert "March 2021" not in page
        assert "Quintrell" not in page
    with pytest.raises(Forbidden):
        versions.mark_read(referral.pk, number=2, by=cast.actor("clinician"), door="portal")
    assert "March 2021" in browser(cast, "physician").get(versions_url(referral)).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_versions(
    cast: Cast, django_assert_max_num_queries: object
) -> None:
    referral = amended(cast)
    for n in range(4):
        referral.refresh_from_db()
        drafts.change(
            referral.pk, by=cast.actor("physician"), data={"request": {"goals": f"Goal {n}"}},
            version=referral.version, amendment_reason="More", door="portal",
        )  # fmt: skip
    client = browser(cast, "clinician")
    client.get(versions_url(referral))
    with django_assert_max_num_queries(32):  # type: ignore[operator]
        assert client.get(versions_url(referral)).status_code == 200


def test_the_command_counts_what_is_unaltered(cast: Cast) -> None:
    referral = amended(cast)
    out = StringIO()
    call_command("verify_versions", "--reference", referral.reference, stdout=out)
    assert "2 versions unchanged" in out.getvalue()


def test_the_command_names_a_version_that_was_altered(cast: Cast) -> None:
    referral = amended(cast)
    version = referral.versions.get(number=1)
    version.content = {**version.content, "request": {"reason": "Something else"}}
    with transaction.atomic(), without_triggers(connection):
        version.save(update_fields=["content"])
    with pytest.raises(CommandError, match=f"Version 1 of {referral.reference} was altered"):
        call_command("verify_versions", stdout=StringIO())
    page = browser(cast, "physician").get(versions_url(referral)).content.decode()
    assert "Does not match its sum" in page
