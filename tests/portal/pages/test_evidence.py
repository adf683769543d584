"""The notes on the evidence say where it is weak, and attribute what is only claimed."""

from __future__ import annotations

import re
from pathlib import Path

from django.urls import reverse

from portal.presenters.evidence import BY_KEY, NOTES
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.portal.pages.referrer.typing import edit_url
from tests.repository.files import ROOT
from tests.walks import draft


def test_the_fifty_percent_are_the_articles_and_stand_beside_what_was_found() -> None:
    note = BY_KEY["both"]
    assert "The founding article says" in note.claim
    assert "9.7 %" in " ".join(note.finding) and "not a typical one" in note.finding[0]


def test_ketamine_for_ptsd_carries_the_position_of_va_and_dod() -> None:
    assert "VA/DoD 2023 suggests against ketamine for PTSD" in BY_KEY["ketamine_ptsd"].finding[0]
    assert "off label" in BY_KEY["off_label"].finding[0]


def test_every_note_names_a_source() -> None:
    assert all(note.finding and note.sources for note in NOTES)


def test_the_page_and_the_links_to_it(cast: Cast) -> None:
    client, url = browser(cast, "physician"), reverse("evidence")
    text = client.get(url).content.decode()
    for note in NOTES:
        assert f'id="{note.key}"' in text
    assert "Research Foundation for Mental Hygiene" in text and "LOINC" in text
    assert (
        f'href="{url}#ketamine_ptsd"' in client.get(edit_url(draft(cast), "why")).content.decode()
    )


def test_every_link_to_a_note_finds_it() -> None:
    linked = {
        key
        for path in Path(ROOT / "templates").rglob("*.html")
        for key in re.findall(r"{% url 'evidence' %}#(\w+)", path.read_text())
    }
    assert linked and linked <= set(BY_KEY)
