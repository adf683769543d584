"""The last step: what is missing is said, danger and duplicates are asked about, sent once."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from referrals.lifecycle import State
from referrals.models import Referral, TimelineEntry
from referrals.operations import drafts
from tests.cast import Cast
from tests.portal.pages.doors import browser, hidden
from tests.portal.pages.referrer.typing import PATIENT, WHY, begin, content, edit_url, save, written
from tests.walks import draft, referral_at


def send(client: Client, one: Referral, **typed: Any) -> Any:
    page = client.get(edit_url(one, "check"))
    return client.post(edit_url(one, "check"), {**hidden(page), **typed})


def state(one: Referral) -> str:
    return Referral.objects.get(pk=one.pk).state


def test_a_complete_draft_is_sent_and_the_page_says_what_is_next(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = written(client)
    page = send(client, one)
    assert page["Location"] == reverse("referrals:sent", args=[one.pk])
    sent = client.get(page["Location"]).content.decode()
    one.refresh_from_db()
    assert one.state == State.SUBMITTED and one.submitted_by == cast.physician
    for words in (one.reference, "What happens next", "Apopka Integrated Care reads", "To do"):
        assert words in sent


def test_a_second_press_sends_nothing_twice(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = written(client)
    form = hidden(client.get(edit_url(one, "check")))
    first = client.post(edit_url(one, "check"), form)
    second = client.post(edit_url(one, "check"), form)
    assert first["Location"] == second["Location"]
    assert TimelineEntry.objects.filter(referral=one, action="submit").count() == 1


def test_what_is_missing_leads_to_its_field(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = draft(cast, pain=None, safety=None)
    page = client.get(edit_url(one, "check")).content.decode()
    assert "Not ready to send yet" in page
    refused = send(client, one)
    text = refused.content.decode()
    assert refused.status_code == 400 and state(one) == State.DRAFT
    assert f'href="{edit_url(one, "safety")}#id_safety-danger_now"' in text
    assert f'href="{edit_url(one, "why")}#id_pain-onset"' in text


def test_every_link_of_the_meter_leads_to_something_on_its_page(cast: Cast) -> None:
    import re

    client = browser(cast, "physician")
    for one in (draft(cast), draft(cast, patient=None, pain=None, consent=None, instruments=[])):
        page = client.get(edit_url(one, "check")).content.decode()
        links = re.findall(r'href="(/referrals/[^"#]+)#([^"]+)"', page)
        assert len(links) > 10
        pages = {url: client.get(url).content.decode() for url, _ in links}
        lost = [(url[-8:], i) for url, i in links if f'id="{i}"' not in pages[url]]
        assert [one for one in lost if one[1] != "id_referrer"] == []


def test_the_meter_says_what_the_clinic_will_ask(cast: Cast) -> None:
    page = browser(cast, "physician").get(edit_url(draft(cast), "check")).content.decode()
    assert "Ready to send" in page and "The clinic will also ask for:" in page


def test_a_draft_that_changed_is_looked_at_again(cast: Cast) -> None:
    client = browser(cast, "physician")
    one = written(client)
    form = hidden(client.get(edit_url(one, "check")))
    save(client, one, "why", **{"request-reason": "Changed in another window."})
    page = client.post(edit_url(one, "check"), form)
    assert page.status_code == 409 and state(one) == State.DRAFT
    assert "changed since you opened this page" in page.content.decode()


def test_immediate_danger_stands_first_and_asks_what_was_done(cast: Cast) -> None:
    client = browser(cast, "physician")
    begin(client, **PATIENT)
    one = Referral.objects.get()
    save(client, one, "why", **WHY)
    save(client, one, "safety", **{"safety-danger_now": "true"})
    first = reverse("referrals:danger", args=[one.pk])
    assert client.get(edit_url(one, "check"))["Location"] == first
    # Nor does a page that was open before get round it.
    assert client.post(edit_url(one, "check"), {"version": "2"})["Location"] == first
    page = client.get(first).content.decode()
    for said in ('href="tel:911"', 'href="tel:988"', "press 1", "sms:838255", "AYUDA", "S-01"):
        assert said in page
    unsaid = client.post(first, {"action_taken": "", "action_by": ""})
    assert unsaid.status_code == 400 and state(one) == State.DRAFT
    assert "Say what was done, in a few words." in unsaid.content.decode()
    typed = {"action_taken": "Called 911.", "action_by": "Dr. Rivers"}
    unconfirmed = client.post(first, typed)
    assert unconfirmed.status_code == 400 and "Dr. Rivers" in unconfirmed.content.decode()
    assert client.post(first, {**typed, "danger_acknowledged": "on"}).status_code == 302
    assert send(client, one).status_code == 302
    one.refresh_from_db()
    assert one.state == State.SUBMITTED and one.priority == "p0"
    safety = content(one)["safety"]
    assert (safety["action_taken"], safety["action_by"]) == ("Called 911.", "Dr. Rivers")
    assert safety["action_at"]


def test_danger_first_even_where_answers_are_missing(cast: Cast) -> None:
    client = browser(cast, "physician")
    begin(client, **PATIENT)
    one = Referral.objects.get()
    save(client, one, "safety", **{"safety-danger_now": "true"})
    acted = {"action_taken": "Called 911.", "action_by": "Me", "danger_acknowledged": "on"}
    client.post(reverse("referrals:danger", args=[one.pk]), acted)
    assert send(client, one).status_code == 302 and state(one) == State.SUBMITTED


def test_who_confirms_it_has_acted_unless_somebody_is_named(cast: Cast) -> None:
    client = browser(cast, "physician")
    begin(client, **PATIENT)
    one = Referral.objects.get()
    save(client, one, "safety", **{"safety-danger_now": "true"})
    acted = {"action_taken": "Called 911.", "action_by": "", "danger_acknowledged": "on"}
    assert client.post(reverse("referrals:danger", args=[one.pk]), acted).status_code == 302
    assert content(one)["safety"]["action_by"] == cast.physician.full_name


def test_what_was_done_and_taken_away_again_is_asked_at_the_sending(cast: Cast) -> None:
    client = browser(cast, "physician")
    begin(client, **PATIENT)
    one = Referral.objects.get()
    save(client, one, "safety", **{"safety-danger_now": "true"})
    acted = {"action_taken": "Called 911.", "action_by": "Me", "danger_acknowledged": "on"}
    client.post(reverse("referrals:danger", args=[one.pk]), acted)
    drafts.change(one.pk, by=cast.actor("physician"), data={"safety": {"action_taken": None}},
                  version=None, door="portal")  # fmt: skip
    answer = send(client, one)
    assert answer.status_code == 400 and state(one) == State.DRAFT
    assert edit_url(one, "safety") + "#id_safety-action_taken" in answer.content.decode()


def test_the_page_of_danger_is_not_shown_without_danger(cast: Cast) -> None:
    one = draft(cast)
    address = reverse("referrals:danger", args=[one.pk])
    client = browser(cast, "physician")
    assert client.get(address)["Location"] == edit_url(one, "check")
    assert client.get(edit_url(one, "check")).status_code == 200
    assert browser(cast, "coordinator").get(address).status_code == 404
    assert browser(cast, "stranger").get(address).status_code == 404


def test_an_open_duplicate_is_shown_and_needs_a_reason(cast: Cast) -> None:
    other = referral_at(State.SUBMITTED, cast)
    one = draft(cast)
    client = browser(cast, "physician")
    assert other.reference in client.get(edit_url(one, "why")).content.decode()
    page = send(client, one)
    assert page.status_code == 400 and state(one) == State.DRAFT
    assert other.reference in page.content.decode()
    assert send(client, one, duplicate_reason="Another pain problem.").status_code == 302
    assert Referral.objects.get(pk=one.pk).duplicate_reason == "Another pain problem."


def test_a_duplicate_of_another_practice_stays_unknown(cast: Cast) -> None:
    other = draft(cast, by="stranger")
    one = draft(cast)
    page = browser(cast, "physician").get(edit_url(one, "check")).content.decode()
    assert other.reference not in page and "Possible duplicate" not in page


def test_a_therapist_needs_written_consent(cast: Cast) -> None:
    client = browser(cast, "therapist")
    one = written(client)
    page = send(client, one)
    assert page.status_code == 400 and state(one) == State.DRAFT
    assert "ritten consent" in page.content.decode()


def test_a_delegate_sends_in_the_clinicians_name(cast: Cast) -> None:
    client = browser(cast, "delegate")
    begin(client, **PATIENT, referrer=f"{cast.practice.pk}:{cast.physician.pk}")
    one = Referral.objects.get()
    save(client, one, "why", **WHY)
    save(client, one, "safety", **{"safety-danger_now": "false", "safety-suicide_screen": "on"})
    assert send(client, one).status_code == 302
    entry = TimelineEntry.objects.get(referral=one, action="submit")
    assert (entry.actor_user, entry.on_behalf_of) == (cast.delegate, cast.physician)


def test_a_coordinator_sends_a_faxed_referral(cast: Cast) -> None:
    client = browser(cast, "coordinator")
    named = f"{cast.practice.pk}:{cast.physician.pk}"
    begin(client, **PATIENT, referrer=named, origin="fax")
    one = Referral.objects.get()
    save(client, one, "why", **WHY)
    save(client, one, "safety", **{"safety-danger_now": "false", "safety-suicide_screen": "on"})
    page = send(client, one)
    assert page.status_code == 302
    assert client.get(page["Location"]).status_code == 200


# --- What was sent is changed with a reason ----------------------------------------------------


@pytest.mark.parametrize("step", ["patient", "why", "safety"])
def test_what_was_sent_can_be_amended(cast: Cast, step: str) -> None:
    sent = referral_at(State.IN_REVIEW, cast)
    assert (
        "Change what was sent"
        in browser(cast, "physician").get(edit_url(sent, step)).content.decode()
    )


def test_an_amendment_needs_its_reason_and_keeps_what_was_typed(cast: Cast) -> None:
    sent = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "delegate")
    typed = {"request-goals": "Walk the dog again."}
    page = save(client, sent, "why", **typed)
    assert page.status_code == 400 and "Walk the dog again." in page.content.decode()
    assert sent.versions.count() == 1
    page = save(client, sent, "why", **typed, amendment_reason="She told us today.")
    assert page.status_code == 302
    assert content(sent)["request"]["goals"] == "Walk the dog again."
    assert sent.versions.get(number=2).reason == "She told us today."


def test_an_amendment_with_an_error_keeps_nothing(cast: Cast) -> None:
    sent = referral_at(State.IN_REVIEW, cast)
    page = save(browser(cast, "physician"), sent, "why", amendment_reason="New facts.", **{
        "request-goals": "Walk again.", "pain-onset": "sometime",
    })  # fmt: skip
    assert page.status_code == 400 and sent.versions.count() == 1
    assert "goals" not in content(sent)["request"]


def test_the_header_of_what_was_sent_stays(cast: Cast) -> None:
    sent = referral_at(State.IN_REVIEW, cast)
    page = save(browser(cast, "physician"), sent, "patient", amendment_reason="Wrong clinic.",
                clinic="winter-park", **{"patient-pronouns": "she/her"})  # fmt: skip
    assert page.status_code == 302
    assert Referral.objects.get(pk=sent.pk).clinic == cast.clinic
