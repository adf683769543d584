"""The person's notices, their choices, and the count in the header."""

from __future__ import annotations

import pytest
from django.urls import reverse

from referrals.lifecycle import State
from referrals.models import How, Notice, NotificationChoice, Organisation
from referrals.notifications import reading
from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url
from tests.walks import referral_at

LIST, CHOICES = "/notifications/", "/notifications/choices/"


def test_the_list_says_what_there_is_to_see_and_no_patient(cast: Cast) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    page = browser(cast, "physician").get(LIST).content.decode()
    assert "The clinic has accepted." in page
    assert referral.reference in page and detail_url(referral) in page
    assert "Marisol" not in page and "Quintrell" not in page


def test_the_header_counts_what_is_unread_and_reading_lowers_it(cast: Cast) -> None:
    referral = referral_at(State.ACCEPTED, cast)
    client = browser(cast, "physician")
    assert '<span class="td-bell__count">2<' in client.get("/").content.decode()
    client.get(detail_url(referral))
    assert "td-bell__count" not in client.get("/").content.decode()


def test_one_and_all_are_marked_as_read(cast: Cast) -> None:
    referral_at(State.COMPLETED, cast)
    client, actor = browser(cast, "physician"), cast.actor("physician")
    before = reading.unread(actor)
    first = Notice.objects.filter(user=cast.physician).first()
    assert first is not None
    client.post(reverse("notifications-read"), {"notice": str(first.pk)})
    assert reading.unread(actor) == before - 1
    client.post(reverse("notifications-read"), {"notice": "nonsense"})
    assert reading.unread(actor) == before - 1
    client.post(reverse("notifications-read"))
    assert reading.unread(actor) == 0
    assert "Nothing unread" in client.get(LIST, {"show": "unread"}).content.decode()


def test_nobody_sees_or_marks_another_persons_notices(cast: Cast) -> None:
    referral_at(State.ACCEPTED, cast)
    client = browser(cast, "stranger")
    assert "Nothing yet" in client.get(LIST).content.decode()
    client.post(reverse("notifications-read"))
    assert reading.unread(cast.actor("physician")) == 2


def test_the_pages_turn_by_key_and_cost_the_same(cast: Cast, django_assert_max_num_queries) -> None:
    referral = referral_at(State.SUBMITTED, cast)
    Notice.objects.bulk_create(
        Notice(user=cast.coordinator, referral=referral, what="message_posted", link="/x/",
               key=str(number), how=How.NONE)
        for number in range(60)
    )  # fmt: skip
    client = browser(cast, "coordinator")
    seen: list[str] = []
    address: str | None = LIST
    with django_assert_max_num_queries(60):
        while address:
            response = client.get(address)
            seen += [str(row["id"]) for row in response.context["rows"]]
            address = response.context["next_url"]
    assert len(seen) == len(set(seen)) == 61
    assert response.context["previous_url"]


def test_choices_are_kept_and_shown_again(cast: Cast) -> None:
    client = browser(cast, "coordinator")
    chosen = {str(k): v for k, v in reading.choices_of(cast.actor("coordinator")).items()
              if k != "danger"}  # fmt: skip
    answer = client.post(CHOICES, {**chosen, "sent": "digest"})
    assert answer.status_code == 303
    assert NotificationChoice.objects.get(user=cast.coordinator, kind="sent").how == "digest"
    cast.coordinator.refresh_from_db()
    assert cast.coordinator.shortcuts is False  # the box was not ticked
    page = client.get(CHOICES).content.decode()
    assert 'value="digest" id="id_sent_1" checked' in page
    assert "At once, always" in page and 'name="danger"' not in page


@pytest.mark.parametrize("wrong", [{"sent": "loudly"}, {"sent": ""}])
def test_a_wrong_choice_is_named_and_the_rest_stays(cast: Cast, wrong: dict[str, str]) -> None:
    client = browser(cast, "coordinator")
    chosen = {str(k): "none" for k in reading.choices_of(cast.actor("coordinator"))
              if k != "danger"}  # fmt: skip
    answer = client.post(CHOICES, {**chosen, **wrong})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="none" id="id_message_2" checked' in page
    assert "Choose" in page and not NotificationChoice.objects.exists()


def test_shortcuts_are_loaded_only_where_they_are_wanted(cast: Cast) -> None:
    client = browser(cast, "coordinator")
    assert "keys.js" in client.get(LIST).content.decode()
    assert 'id="keys-help"' in client.get(LIST).content.decode()
    type(cast.coordinator).objects.filter(pk=cast.coordinator.pk).update(shortcuts=False)
    page = client.get(LIST).content.decode()
    assert "keys.js" not in page and "keys-help" not in page


def test_an_administrator_sets_the_teams_address(cast: Cast) -> None:
    client, team = browser(cast, "clinic_admin"), reverse("notification-team")
    body = {"organisation": str(cast.clinic.pk), "team_email": "team@clinic.example"}
    assert client.post(team, body).status_code == 303
    assert "team@clinic.example" in client.get(CHOICES).content.decode()
    client.post(team, {**body, "team_email": "nonsense"})
    assert Organisation.objects.get(pk=cast.clinic.pk).team_email == "team@clinic.example"
    other = {**body, "organisation": str(cast.other_clinic.pk)}
    assert client.post(team, other).status_code == 403
    assert browser(cast, "coordinator").post(team, body).status_code == 403
