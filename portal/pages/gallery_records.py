"""What the gallery shows of a record's own parts: files, plan, care team, findings, results."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from portal.presenters.content_words import Fact
from portal.presenters.documents import Row
from portal.presenters.findings import Both, Finding, Findings
from portal.presenters.plan import Group
from portal.presenters.trends import Point, Trend
from portal.presenters.trends import Row as TrendRow
from referrals.care_team import Member

HERE = "/gallery/"


def context(now: datetime) -> dict[str, Any]:
    return {
        "files": files(now),
        "groups": groups(now),
        "team": [
            Member("Amara Okafor, MD", "Referring clinician", "Lake Shore Family Medicine"),
            Member("Ines Bauer, PhD", "Reviewer", "Apopka Integrated Care"),
            Member("Noor Haraldsen", "Sister", may_be_told="Appointment times only"),
        ],
        "found": findings(),
        "mme": mme(),
        "trend": trend(),
        "drawing": bars(),
        "notices": [{"code": "42CFRPart2", "scope": "Pain, mental health and medical history.",
                     "text": "42 CFR part 2 prohibits unauthorized use or disclosure of these "
                             "records."}],
        "upload_url": HERE,
        "upload_hint": "PDF, PNG, JPEG, TIFF or DOCX, up to 10 MB each.",
        "accept": ".pdf,.png",
        "message_url": HERE,
        "draft_url": "",
        "body": "Thank you. The letter follows.",
        "reader": SimpleNamespace(side=SimpleNamespace(value="practice")),
        "open_questions": [("1", "Current medicines")],
    }  # fmt: skip


def files(now: datetime) -> list[Row]:
    table = (
        ("letter.pdf", HERE, "Checked", "done", "check", ""),
        (
            "ecg.png",
            "",
            "Being checked",
            "soon",
            "clock",
            "It opens once the scanner answers.",
        ),
        ("notes.docx", "", "Blocked", "late", "alert", "It holds a macro."),
    )
    return [
        Row(name=name, url=url, state=state, tone=tone, icon=icon, size="120 KB",
            who="Sam Lindqvist", at=now - timedelta(hours=5), because=because, block_url="",
            remove_url="")
        for name, url, state, tone, icon, because in table
    ]  # fmt: skip


def groups(now: datetime) -> list[Group]:
    written: Any = SimpleNamespace(
        topic="sleep", get_topic_display="Sleep", text="Same hour to bed, screens off before.",
        author_name="Ines Bauer, PhD", get_author_side_display="Clinic", with_outcome=True,
        written_at=now - timedelta(days=2),
    )  # fmt: skip
    return [
        Group("pain", "Plan for pain", "Nothing is written yet.", []),
        Group("trauma", "Plan for trauma", "Nothing is written yet.", []),
        Group("daily_life", "Plan for daily life", "Nothing is written yet.", [written],
              asked="To sleep through the night."),
    ]  # fmt: skip


def findings() -> Findings:
    inputs = [Fact("Item 9", "1")]
    basis = Finding("S-05", "Item 9 of the PHQ-9 is positive.", "Clinical reference 10.3", inputs)
    flag = Finding("K-10", "Daily benzodiazepine.", "Clinical reference 6.1", inputs,
                   level="Caution", tone="soon")  # fmt: skip
    both = Both(
        "Dual diagnosis documented", "Pain: documented. Trauma: diagnosed.", ["Blood pressure"],
        [("Treatment tried, with limited result", True), ("A faster option sought", False)],
        "D-1, D-2, D-3, D-4", "1", "Clinical reference 10.2",
    )  # fmt: skip
    return Findings(
        as_of="Mon, Nov 23, 2026", priority="p1", basis=[basis], both=both,
        flags=[flag], coding=[], review=True, settings=0,
    )  # fmt: skip


def mme() -> dict[str, Any]:
    return {
        "total": "60", "partial": True, "at_or_above_50": True, "at_or_above_90_historical": False,
        "basis": [{"drug": "oxycodone", "dose": "40", "factor": "1.5", "mme": "60"}],
        "not_computed": [{"position": 1, "reason": "dose_missing"}], "excluded": ["buprenorphine"],
        "rule": "A-12", "version": "1", "source": "CDC 2022",
    }  # fmt: skip


def trend() -> Trend:
    return Trend(
        key="peg", title="PEG", summary="From 8.0 to 5.3 in three months.",
        points=[Point(34, 26.4, "8.0"), Point(306, 45.8, "5.3")],
        rows=[TrendRow("Nov 20, 2026", "5.3", "34 % lower"), TrendRow("Aug 20, 2026", "8.0", "")],
        low="0", high="10", first="Aug 2026", last="Nov 2026", cut=None, cut_label="",
    )  # fmt: skip


def bars() -> dict[str, Any]:
    shares = (("Sent", "100%", "48"), ("Accepted", "75%", "36"))
    return {
        "name": "sample", "title": "Referrals", "told": "48 sent, 36 accepted.",
        "height": 112, "bar": 18, "legend": [],
        "bars": [
            {"label": label, "text": text, "width": width, "words": 18 + 56 * n,
             "top": 24 + 56 * n, "parts": []}
            for n, (label, width, text) in enumerate(shares)
        ],
    }  # fmt: skip
