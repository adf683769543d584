"""Diagnoses are found by code or by words, in the form and through the API."""

from __future__ import annotations

import json
import logging

import pytest
from django.urls import reverse

from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url
from tests.portal.pages.referrer.typing import content, fields, save
from tests.walks import draft


def test_words_come_back_with_the_codes_they_may_mean(cast: Cast) -> None:
    one = draft(cast)
    page = save(
        browser(cast, "physician"), one, "why", **{"pain-diagnoses": "low back pain, G89.4"}
    )
    text = page.content.decode()
    assert page.status_code == 400
    assert (
        "Write the code in place of “low back pain”. It may be: M54.59 Other low back pain" in text
    )
    assert fields(page)["pain-diagnoses"] == "low back pain, G89.4", "nothing typed is lost"


def test_words_that_mean_nothing_are_told_how_to_write_a_code(cast: Cast) -> None:
    page = save(browser(cast, "physician"), draft(cast), "why", **{"pain-diagnoses": "xyzzy plugh"})
    assert "Write an ICD-10-CM code" in page.content.decode()


@pytest.mark.parametrize("typed", ["m54.16, G89.4", "m5416 G89.4", "M54.16;g894", "M54.16\nG89.4"])
def test_codes_are_taken_however_they_are_divided(cast: Cast, typed: str) -> None:
    one = draft(cast)
    assert (
        save(browser(cast, "physician"), one, "why", **{"pain-diagnoses": typed}).status_code == 302
    )
    assert content(one)["pain"]["diagnoses"] == ["M54.16", "G89.4"]


def test_the_look_up_answers_with_names(cast: Cast) -> None:
    answer = browser(cast, "delegate").post(
        reverse("referrals:codes"), {"q": "radiculopathy lumbar"}
    )
    found = answer.json()["results"]
    assert {"code": "M54.16", "billable": True, "name": "Radiculopathy, lumbar region"} in found


def test_what_is_looked_up_is_in_no_address_and_no_log(cast: Cast, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    client = browser(cast, "physician")
    client.post(reverse("referrals:codes"), {"q": "canarychronic"})
    client.post(
        "/api/v1/codes/", json.dumps({"q": "canarychronic"}), content_type="application/json"
    )
    assert client.get(reverse("referrals:codes"), {"q": "x"}).status_code == 405
    assert client.get("/api/v1/codes/").status_code == 405
    assert "canarychronic" not in caplog.text


def test_the_api_looks_up_too(cast: Cast) -> None:
    client = browser(cast, "physician")
    answer = client.post(
        "/api/v1/codes/", json.dumps({"q": "F431"}), content_type="application/json"
    )
    assert answer.status_code == 200
    assert [one["code"] for one in answer.json()["results"]][:3] == ["F43.1", "F43.10", "F43.11"]
    assert answer.json()["part_of_release"] is True


@pytest.mark.parametrize("body", [{}, {"q": "x"}, {"q": 7}, {"q": "x" * 81}, {"q": "ab", "z": 1}])
def test_the_api_says_what_is_wrong(cast: Cast, body: dict) -> None:
    answer = browser(cast, "physician").post(
        "/api/v1/codes/", json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_a_code_stands_with_its_name_on_the_page(cast: Cast) -> None:
    one = draft(cast)
    page = browser(cast, "physician").get(detail_url(one)).content.decode()
    assert "M54.16 Radiculopathy, lumbar region" in page
