"""Results over time: one more beside the old ones, drawn as a chart with its table."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portal.presenters import trends
from referrals.assessment import computed_instruments
from tests.cast import Cast
from tests.portal.pages.doors import browser, detail_url
from tests.portal.pages.referrer.typing import content, edit_url, fields, save
from tests.referrals.rules import TODAY, entry
from tests.walks import draft

PEG = {"instrument": "peg", "administered_on": "2026-01-02", "items": [7, 7, 7]}


def another(client: Any, one: Any, **typed: str) -> Any:
    """Press "Add another result" and fill in the blank one."""
    page = save(client, one, "safety", another="peg")
    assert page["Location"].endswith("?another=peg#scale-peg")
    blank = client.get(page["Location"])
    held = fields(blank)
    assert held["peg-kept"] == "1" and "peg-0" not in held
    return client.post(edit_url(one, "safety"), {**held, **typed, "go": "next"})


def test_one_more_result_stands_beside_the_old_one(cast: Cast) -> None:
    client, one = browser(cast, "physician"), draft(cast, instruments=[PEG])
    new = {"peg-0": "5", "peg-1": "5", "peg-2": "4", "peg-on": "02/03/2026", "peg-mode": "self",
           "peg-administered_by": "practice_staff"}  # fmt: skip
    assert another(client, one, **new).status_code == 302
    first, second = content(one)["instruments"]
    assert (first["items"], second["items"]) == ([7, 7, 7], [5, 5, 4])
    assert (second["mode"], second["administered_by"]) == ("self", "practice_staff")
    # Saved again, the newest is on the page and nothing is doubled.
    save(client, one, "safety", **{"peg-2": "3"})
    assert [e["items"] for e in content(one)["instruments"]] == [[7, 7, 7], [5, 5, 3]]


def test_pressed_and_left_blank_it_changes_nothing(cast: Cast) -> None:
    client, one = browser(cast, "physician"), draft(cast, instruments=[PEG])
    assert another(client, one).status_code == 302
    assert len(content(one)["instruments"]) == 1


def test_the_chart_has_its_words_and_its_table(cast: Cast) -> None:
    later = {**PEG, "administered_on": "2026-02-03", "items": [5, 5, 4]}
    one = draft(cast, instruments=[PEG, later])
    text = browser(cast, "physician").get(detail_url(one)).content.decode()
    assert '<title id="trend-peg-title">PEG over time</title>' in text
    assert "Fri, Jan 2, 2026: 7.0; Tue, Feb 3, 2026: 4.7." in text
    assert "2.33 less than before (33.3 %), a meaningful fall" in text
    assert "style=" not in text


def test_a_trend_is_drawn_from_left_to_right_in_the_order_of_time() -> None:
    given = [
        entry("phq-9", total=8, days=10, item9=0), entry("phq-9", total=20, days=50, item9=0),
        entry("phq-9", items=[1, None, 1, 1, 1, 1, 1, 1, 0], days=5),
    ]  # fmt: skip
    found = trends.of(computed_instruments({"instruments": given}, TODAY))["phq-9"]
    assert [point.label for point in found.points] == ["20", "8"]
    assert found.points[0].x < found.points[1].x and found.points[0].y < found.points[1].y
    assert [row.result for row in found.rows] == ["incomplete, no total", "8, mild", "20, severe"]
    assert found.cut_label == "cut 10"


def test_a_single_result_is_no_trend() -> None:
    assert trends.of(computed_instruments({"instruments": [entry("isi", total=9)]}, TODAY)) == {}


def test_the_api_reads_the_change(cast: Cast) -> None:
    later = {**PEG, "administered_on": "2026-02-03", "items": [5, 5, 4]}
    one = draft(cast, instruments=[later, PEG])
    url = reverse("api:referral", args=[one.pk])
    newest, first = browser(cast, "physician").get(url).json()["instruments"]
    assert first["change"] is None
    assert newest["change"] == {"since": "2026-01-02", "base": 7, "points": -2.33,
                                "percent": 33.3, "meaningful": True}  # fmt: skip


def test_every_instrument_can_be_entered(cast: Cast) -> None:
    text = browser(cast, "physician").get(edit_url(draft(cast), "safety")).content.decode()
    for name in ("c-ssrs", "phq-9", "peg", "pc-ptsd-5", "pcl-5", "gad-7", "audit-c", "nrs"):
        assert f'id="id_{name}-0"' in text, name
    for name in ("isi", "dast-10", "ort", "ort-oud"):
        assert f'name="{name}-total"' in text and f'id="id_{name}-0"' not in text, name
