"""The pages of advice first: ask, answer, turn into a referral, without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from portal.pages import advice as pages
from referrals.models import Advice, Referral
from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url

TYPED = {
    "clinic": "apopka", "service": "pain-evaluation", "topic": "medicines",
    "question": "Sertraline and pregabalin: anything to change first?", "pain": "Low back",
    "ptsd_status": "suspected", "patient__given_name": "Marisol",
    "patient__family_name": "Quintrell", "patient__birth_date": "1979-04-12",
}  # fmt: skip


def ask(cast: Cast, part: str = "physician", **typed: Any) -> Any:
    return browser(cast, part).post(reverse("advice:new"), {**TYPED, **typed})


def act(cast: Cast, part: str, one: Advice, name: str, **typed: Any) -> Any:
    return browser(cast, part).post(reverse("advice:act", args=[one.pk, name]), typed)


def shown(cast: Cast, part: str, one: Advice) -> str:
    page = browser(cast, part).get(reverse("advice:detail", args=[one.pk]))
    assert page.status_code == 200
    return page.content.decode()


def test_a_question_goes_there_and_comes_back_answered(cast: Cast) -> None:
    answer = ask(cast)
    one = Advice.objects.get()
    assert answer["Location"] == reverse("advice:detail", args=[one.pk])
    assert "Waiting for you" in browser(cast, "clinician").get("/advice/").content.decode()
    page = shown(cast, "clinician", one)
    assert "Sertraline" in page and "Marisol Quintrell" in page and "Send answer" in page
    assert "Send answer" not in shown(cast, "coordinator", one)
    assert act(cast, "clinician", one, "answer", text="Go on as it is.").status_code == 303
    assert "Go on as it is." in shown(cast, "delegate", one)


def test_a_referral_is_made_with_one_click_and_links_back(cast: Cast) -> None:
    ask(cast)
    one = Advice.objects.get()
    answer = act(cast, "physician", one, "refer")
    draft = Referral.objects.get()
    assert answer["Location"] == reverse("referrals:edit", args=[draft.pk, "patient"])
    page = browser(cast, "physician").get(answer["Location"]).content.decode()
    assert 'value="Quintrell"' in page
    assert one.reference in browser(cast, "physician").get(detail_url(draft)).content.decode()
    assert detail_url(draft) in shown(cast, "physician", one)


@pytest.mark.parametrize(
    "typed", [{"question": ""}, {"clinic": ""}, {"patient__birth_date": "2052-01-01"}]
)
def test_an_error_keeps_what_was_typed(cast: Cast, typed: dict[str, str]) -> None:
    page = ask(cast, **typed)
    assert page.status_code == 400
    assert 'value="Quintrell"' in page.content.decode()
    assert not Advice.objects.exists()


def test_a_delegate_chooses_for_whom(cast: Cast) -> None:
    page = browser(cast, "delegate").get(reverse("advice:new")).content.decode()
    assert 'name="clinician"' in page
    agreed = {"clinician": cast.therapist.pk, "patient_agrees_in_writing": "on"}
    assert ask(cast, "delegate", **agreed).status_code == 303
    assert Advice.objects.get().clinician == cast.therapist


def test_a_therapist_confirms_the_written_agreement_and_nothing_is_ticked(cast: Cast) -> None:
    box = 'name="patient_agrees_in_writing"'
    fresh = browser(cast, "therapist").get(reverse("advice:new")).content.decode()
    assert box in fresh and "checked" not in fresh.split(box)[1].split(">")[0]
    refused = ask(cast, "therapist")
    text = refused.content.decode()
    assert refused.status_code == 400 and not Advice.objects.exists()
    assert "leave out the name and the birth date" in text and 'value="Quintrell"' in text
    assert ask(cast, "therapist", patient_agrees_in_writing="on").status_code == 303
    assert "written agreement" in shown(cast, "clinician", Advice.objects.get())


def test_an_empty_answer_is_refused_and_a_late_one_kept(cast: Cast) -> None:
    ask(cast)
    one = Advice.objects.get()
    assert act(cast, "clinician", one, "answer", text="").status_code == 400
    act(cast, "physician", one, "close")
    late = act(cast, "clinician", one, "answer", text="Too late, but thought through.")
    assert late.status_code == 409
    assert "Too late, but thought through." in late.content.decode()


def test_a_double_click_asks_once(cast: Cast) -> None:
    for _ in range(2):
        assert ask(cast, attempt="w" * 32).status_code == 303
    assert Advice.objects.count() == 1


def test_others_see_nothing(cast: Cast) -> None:
    ask(cast)
    one = Advice.objects.get()
    for part in ("stranger", "other_coordinator", "nobody", "privacy"):
        client = browser(cast, part)
        assert client.get(reverse("advice:detail", args=[one.pk])).status_code == 404
        assert act(cast, part, one, "answer", text="x").status_code == 404
    assert browser(cast, "privacy").get("/advice/").status_code == 403
    assert browser(cast, "coordinator").get(reverse("advice:new")).status_code == 403
    assert act(cast, "clinician", one, "nonsense").status_code == 404


def test_the_list_goes_on_page_by_page_and_open_ones_come_first(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SIZE", 2)
    for _ in range(5):
        ask(cast)
    closed = Advice.objects.order_by("-updated_at").first()
    assert closed is not None
    act(cast, "physician", closed, "close")
    client, url, seen = browser(cast, "physician"), reverse("advice:list"), []
    while url:
        page = client.get(url)
        seen += [row.reference for row in page.context["rows"]]
        url = page.context["next_url"]
    assert len(seen) == len(set(seen)) == 5 and seen[-1] == closed.reference
    back = client.get(page.context["previous_url"])
    assert [row.reference for row in back.context["rows"]] == seen[2:4]
    for broken in ("nonsense", "WzEsMiwzXQ", ""):
        assert client.get(reverse("advice:list"), {"after": broken}).status_code == 200


def test_a_coordinator_reads_that_it_waits_for_a_clinician(cast: Cast) -> None:
    ask(cast)
    for page in (shown(cast, "coordinator", Advice.objects.get()),
                 browser(cast, "coordinator").get("/advice/").content.decode()):  # fmt: skip
        assert "Waiting for a clinician" in page and "Waiting for you" not in page
