"""The content of a referral as the sections of its page, each with how complete it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.presenters import content_words as cw
from portal.presenters import scale_words, trends
from portal.presenters import words as phrases
from portal.presenters.content_words import Fact, Group
from portal.presenters.trends import Trend
from referrals.content import SECTIONS
from referrals.content.codes import CONTENT_CLASSES
from referrals.disclosure import PRACTICE, Reading
from referrals.instruments import INSTRUMENTS

CLOSED_NOTICES = {
    "consent_revoked": "Closed to the clinic, because the patient's consent was revoked.",
    "consent_expired": "Closed to the clinic, because the patient's consent has expired.",
    "consent_missing": "Closed to the clinic, because no consent that covers it is on record.",
    "not_for_role": "Not shown to your role.",
}
NOT_COVERED = "Closed to the clinic: the patient's consent does not cover this part now."
TAKEN_BACK = (
    "Taken back by the patient, and closed to the clinic until a new written consent names it"
)
WORDS_CLOSED = (
    "While part of the content is closed, so is what the practice wrote in its own words: "
    "the reason, messages, answers, notes and files may tell of it."
)


def words_closed(reading: Reading) -> str:
    """What stands in the place of words that are closed while part of the content is open."""
    return "" if reading.closed or reading.hears(PRACTICE) else WORDS_CLOSED


@dataclass(frozen=True, slots=True)
class Part:
    """Some fields of one section of the content; `only` empty means all but `skip`."""

    section: str
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    title: str = ""

    def skipped(self) -> tuple[str, ...]:
        if not self.only:
            return self.skip
        known = list(cw.section_serializer(self.section).fields.keys())
        return tuple(name for name in known if name not in self.only)


@dataclass(frozen=True, slots=True)
class Layout:
    """One section of the page: parts of the content, and the instruments that belong there."""

    key: str
    title: str
    parts: tuple[Part, ...]
    instruments: tuple[str, ...] = ()


LAYOUTS = (
    Layout("request", "Request", (
        Part("patient", title="Patient"), Part("request", title="Reason"),
    )),
    Layout("pain", "Pain", (Part("pain"),), ("peg", "nrs")),
    Layout("trauma", "Trauma", (Part("trauma"),), ("pc-ptsd-5", "pcl-5")),
    Layout("mental-health", "Mental health", (Part("mental_health"),),
           ("phq-9", "gad-7", "isi")),
    Layout("safety", "Safety", (Part("safety"),), ("c-ssrs",)),
    Layout("medical", "Medical", (Part("medical", skip=("medications",)),)),
    Layout("medicines", "Medicines and opioids", (
        Part("medical", only=("medications",)), Part("substance", title="Substance use"),
    ), ("audit-c", "dast-10", "ort", "ort-oud")),
    Layout("consent", "Consent", (Part("consent"),)),
    Layout("care-team", "Care team and plan", (Part("care_team"),)),
)  # fmt: skip
_HOME: dict[str, str] = {
    **{part.section: layout.key for layout in LAYOUTS for part in layout.parts if not part.only},
    **{name: layout.key for layout in LAYOUTS for name in layout.instruments},
}
PLACE_OF_FIELD = {("medical", "medications"): "medicines"}
# Not of the content: the reviewer's own work, shown elsewhere on the page.
ELSEWHERE = ("licensed_reviewer", "assessment")


@dataclass(frozen=True, slots=True)
class Score:
    """One instrument's result: number, band, date, and why."""

    title: str
    result: str
    on: str
    stale: bool
    positive: bool | None
    rule: str
    source: str
    version: str
    inputs: list[Fact]


@dataclass(slots=True)
class SectionView:
    key: str
    title: str
    facts: list[Fact] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    trends: list[Trend] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    obtain: list[str] = field(default_factory=list)
    notice: str = ""
    closed: bool = False

    @property
    def missing_words(self) -> str:
        return f"{phrases.count(len(self.missing), 'answer')} missing"

    @property
    def empty(self) -> bool:
        return not (self.facts or self.groups or self.scores)


def build(
    content: Mapping[str, Any],
    *,
    gaps: Iterable[Mapping[str, Any]],
    instruments: Iterable[Mapping[str, Any]],
    obtain: Iterable[Mapping[str, Any]] = (),
    reading: Reading,
    taken_back: Iterable[str] = (),
) -> list[SectionView]:
    """`gaps` and `instruments` are those that the reader may see; `reading` closes the rest.

    `obtain` is what the clinic gets itself, `taken_back` the classes that the patient revoked.
    """
    listed = list(instruments)
    views = [_view(layout, content, listed, reading) for layout in LAYOUTS]
    by_key = {view.key: view for view in views}
    if closed := [label for name, label in CONTENT_CLASSES if name in frozenset(taken_back)]:
        by_key["consent"].notice = f"{TAKEN_BACK}: {', '.join(closed).lower()}."
    for gap in gaps:
        place = place_of(gap["pointer"], gap.get("code", ""))
        if place and gap["label"] not in by_key[place].missing:
            by_key[place].missing.append(gap["label"])
    for gap in obtain:
        if place := place_of(gap["pointer"], gap["code"]):
            by_key[place].obtain.append(gap["label"].removesuffix(": yes, no or unknown"))
    return views


def place_of(pointer: str, code: str = "") -> str | None:
    """The section of the page that a gap's pointer belongs to."""
    steps = pointer.strip("/").split("/")
    if steps[0] in ELSEWHERE:
        return None
    if steps[0] == "instruments":
        return _HOME.get(code.removeprefix("instruments."), "mental-health")
    return PLACE_OF_FIELD.get((steps[0], steps[-1])) or _HOME.get(steps[0], "request")


def _view(
    layout: Layout, content: Mapping[str, Any], instruments: list[Mapping[str, Any]],
    reading: Reading,
) -> SectionView:  # fmt: skip
    view = SectionView(layout.key, layout.title)
    held = [reading.allows_paths(part.section) for part in layout.parts]
    if reading.closed or not any(held):
        view.closed = True
        view.notice = CLOSED_NOTICES.get(reading.closed_because, NOT_COVERED)
        return view
    for part in layout.parts:
        _add_part(view, part, content.get(part.section))
    mine = [one for one in instruments if one["instrument"] in layout.instruments]
    view.trends = list(trends.of(mine).values())
    view.scores = [score(one) for one in trends.newest(mine)]
    if not all(held):
        closed = [part.title for part, seen in zip(layout.parts, held, strict=True) if not seen]
        view.notice = f"{', '.join(filter(None, closed)) or 'A part'}: {NOT_COVERED.lower()}"
    elif layout.key == "request":
        view.notice = words_closed(reading)
    elif layout.key == "medicines" and reading.notices:
        view.notice = reading.notices[0]["text"]
    return view


def _add_part(view: SectionView, part: Part, answers: Any) -> None:
    if isinstance(answers, list):
        serializer = SECTIONS[part.section]()
        lines = [cw.entry_line(serializer, entry) for entry in answers]
        view.groups.append(Group("", lines=lines))
        return
    facts = cw.facts_of(part.section, answers, skip=part.skipped())
    if part.title and facts:
        view.groups.append(Group(part.title, facts=facts))
    else:
        view.facts += facts
    view.groups += cw.groups_of(part.section, answers, skip=part.skipped())


def score(one: Mapping[str, Any]) -> Score:
    instrument = INSTRUMENTS[one["instrument"]]
    return Score(
        title=instrument.title,
        result=_result(one, instrument),
        on=cw.day_words(one["administered_on"]) if one.get("administered_on") else "",
        stale=bool(one.get("stale")),
        positive=one.get("positive"),
        rule=str(one.get("rule") or instrument.rule),
        source=str(one.get("source") or instrument.source),
        inputs=[*_items(one, instrument), *scale_words.clusters(one)],
        version=str(one.get("version") or instrument.version),
    )


def _result(one: Mapping[str, Any], instrument: Any) -> str:
    """`14 of 27, moderate`; an incomplete entry says so and gives no number."""
    code = one.get("band") or one.get("level")
    band = next((b.label for b in instrument.bands if b.code == code), code)
    number = one.get("score")
    most = instrument.total_range[1] if instrument.total_range else None
    if instrument.name == "peg" and number is not None:
        number = f"{number:.1f}"
    words = [] if number is None else [f"{number} of {most}" if most else str(number)]
    # Without a total, as for the C-SSRS, the band is all there is.
    words += [str(band).lower() if most else f"Level {str(band).lower()}"] if band else []
    if not words and not one.get("complete"):
        words.append("incomplete, no total")
    cut = "" if band else scale_words.cut_words(one)
    return ", ".join(filter(None, [*words, cut, *scale_words.beside(one)])) or "recorded"


def _items(one: Mapping[str, Any], instrument: Any) -> list[Fact]:
    return [
        Fact(str(topic), "blank" if answer is None else str(answer), missing=answer is None)
        for topic, answer in zip(instrument.topics, one.get("items") or [], strict=False)
    ]
