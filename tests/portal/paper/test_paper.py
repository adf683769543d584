"""A referral on paper, read back: tagged, titled, in its language, with its notices, nameless."""

from __future__ import annotations

import io
import logging
import re
from typing import Any

import pikepdf
import pytest
from django.urls import reverse

from portal.paper import pdf
from portal.presenters import next_steps
from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from referrals.models import Referral
from tests.cast import Cast
from tests.portal.pages.doors import browser
from tests.referrals.consent.test_windows import PART_2
from tests.walks import act, referral_at

pytestmark = pytest.mark.django_db
# What a sheet that somebody finds at home must not say.
TELLING = (
    "ptsd", "trauma", "pain", "ketamine", "suicid", "mental", "psych", "substance", "diagnos",
    "depress", "m54.16", "dual", "42 cfr", "therap", "medication", "both conditions",
)  # fmt: skip


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("fontTools").setLevel(logging.ERROR)


def fetch(cast: Cast, row: Referral, name: str, part: str = "clinician") -> Any:
    return browser(cast, part).get(reverse(f"referrals:{name}", args=[row.pk]))


def opened(answer: Any) -> pikepdf.Pdf:
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return pikepdf.Pdf.open(io.BytesIO(answer.content))


def text_of(answer: Any) -> str:
    """The words of a PDF: its glyphs through each font's ToUnicode table."""
    found = []
    with opened(answer) as document:
        for page in document.pages:
            fonts = {str(n): _unicode(f) for n, f in page.Resources.Font.items()}
            found.append(_page_text(page, fonts))
    return re.sub(r"\s+", " ", " ".join(found))


def _unicode(font: Any) -> dict[int, str]:
    table: dict[int, str] = {}
    source = font.ToUnicode.read_bytes().decode("latin-1")
    for code, value in re.findall(r"<([0-9a-fA-F]+)> <([0-9a-fA-F]+)>", source):
        table[int(code, 16)] = bytes.fromhex(value).decode("utf-16-be")
    return table


def _page_text(page: Any, fonts: dict[str, dict[int, str]]) -> str:
    current: dict[int, str] = {}
    words: list[str] = []
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            current = fonts.get(str(operands[0]), {})
        elif str(operator) in ("TJ", "Tj"):
            parts = operands[0] if str(operator) == "TJ" else [operands[0]]
            for part in parts:
                if isinstance(part, pikepdf.String):
                    raw = bytes(part)
                    codes = (int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2))
                    words.append("".join(current.get(code, "") for code in codes))
            words.append(" ")
    return "".join(words)


@pytest.mark.parametrize(
    ("name", "title"),
    [("chart-pdf", "Referral {}"), ("patient-pdf", "Your next steps, {}")],
)
def test_a_pdf_is_tagged_titled_and_nameless_outside(name: str, title: str, cast: Cast) -> None:
    row = referral_at(State.SCHEDULED, cast)
    answer = fetch(cast, row, name)
    with opened(answer) as document:
        assert document.Root.MarkInfo.Marked
        assert document.Root.StructTreeRoot
        assert str(document.Root.Lang) == "en-US"
        assert str(document.docinfo["/Title"]) == title.format(row.reference)
        assert document.Root.ViewerPreferences.DisplayDocTitle
        with document.open_metadata() as metadata:
            said = f"{metadata} {dict(document.docinfo)}"
            assert metadata["pdfuaid:part"] == "1"
    for word in ("Quintrell", "Marisol", "1979"):
        assert word not in said and word not in answer["Content-Disposition"]
    assert row.reference in answer["Content-Disposition"]
    assert AccessEntry.objects.latest("pk").verb == "print"


def test_the_chart_holds_the_referral_and_its_reference_on_each_page(cast: Cast) -> None:
    row = referral_at(State.COMPLETED, cast)
    answer = fetch(cast, row, "chart-pdf")
    text = text_of(answer)
    for words in ("Marisol Quintrell", "M54.16", "Paced movement.", "Outcome sent"):
        assert words in text
    with opened(answer) as document:
        assert text.count(f"Referral {row.reference}") >= len(document.pages)


@pytest.mark.parametrize("name", ["chart-pdf", "print"])
def test_part_2_content_is_printed_with_its_notice(name: str, cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast, consent=PART_2)
    answer = fetch(cast, row, name)
    text = text_of(answer) if name == "chart-pdf" else answer.content.decode()
    assert "42 CFR part 2 prohibits unauthorized use or disclosure of these records" in text
    assert "Dates of treatment" in text


@pytest.mark.parametrize("state", [s for s in State if s is not State.ENTERED_IN_ERROR])
def test_the_patients_words_hold_nothing_clinical(state: State, cast: Cast) -> None:
    row = referral_at(state, cast, consent=PART_2)
    said = str(next_steps.build(row, cast.actor("physician"))).lower()
    assert [word for word in TELLING if word in said.replace("medical", "")] == []
    assert row.reference.lower() in said


def test_the_sheet_says_when_and_where_and_whom_to_call(cast: Cast) -> None:
    row = referral_at(State.SCHEDULED, cast, consent=PART_2)
    text = text_of(fetch(cast, row, "patient-pdf", "physician"))
    for words in ("Marisol Quintrell", "Main Street 1", "(407) 555-0100", "988", "911"):
        assert words in text
    assert [word for word in TELLING if word in text.lower()] == []
    page = fetch(cast, row, "patient-sheet").content.decode()
    assert "Main Street 1" in page


def test_once_revoked_the_clinic_prints_no_content(cast: Cast) -> None:
    row = referral_at(State.SCHEDULED, cast)
    act(row, Action.REVOKE_CONSENT, cast.actor("physician"))
    text = text_of(fetch(cast, row, "chart-pdf"))
    assert "Quintrell" not in text and "M54.16" not in text
    assert "consent was revoked" in text
    assert fetch(cast, row, "patient-pdf").status_code == 403
    assert fetch(cast, row, "patient-sheet").status_code == 403
    assert "Quintrell" in text_of(fetch(cast, row, "chart-pdf", "physician"))


def test_a_stranger_prints_nothing(cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast)
    for name in ("chart-pdf", "patient-pdf", "patient-sheet"):
        assert fetch(cast, row, name, "stranger").status_code == 404


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="file:///etc/passwd" alt="">',
        '<img src="http://127.0.0.1:9/" alt="">',
        '<link rel="stylesheet" href="file:///etc/hostname">',
        '<a rel="attachment" href="file:///etc/hosts">x</a>',
    ],
)
def test_the_renderer_reads_no_file_and_no_address(
    markup: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    refuse = pdf.refuse

    def watched(url: str) -> None:
        asked.append(url)
        refuse(url)

    monkeypatch.setattr(pdf, "refuse", watched)
    made = pdf.pdf_of(f'<html lang="en"><title>x</title>{markup}<p>Words</p></html>')
    assert made.startswith(b"%PDF")
    assert asked
    assert b"root:" not in made


def test_what_somebody_typed_stays_text(cast: Cast) -> None:
    typed = '<img src="file:///etc/passwd"> <script>x</script>'
    row = referral_at(State.SUBMITTED, cast, request={"goals": typed, "reason": typed})
    assert "<script>x</script>" in text_of(fetch(cast, row, "chart-pdf"))


def test_without_its_libraries_the_page_says_so(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(html: str) -> bytes:
        raise pdf.NoRenderer

    monkeypatch.setattr(pdf, "pdf_of", missing)
    answer = fetch(cast, referral_at(State.SUBMITTED, cast), "chart-pdf")
    assert answer.status_code == 503 and "libpangoft2" in answer.content.decode()
