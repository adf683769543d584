"""What of a referral's content this actor may read now: one question, asked by every door.

The practice that wrote it reads all of it. The receiving side (clinic and partner) reads the
classes that the patient's consent covers today, and nothing once it is revoked or expired: it
keeps the header, the moves and the fact that it is closed. What somebody wrote in words of
their own, or put into a file, has no class and may tell of each: it closes to the other side
with the first class that does. Whoever has no clinical part, like the privacy officer, reads
no content at all. Asked anew at each request and never kept, so a revocation closes the next
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from referrals import assessment, consent, permissions
from referrals import content_classes as classes
from referrals.actors import Actor, ActorKind, Role
from referrals.content_classes import ContentClass
from referrals.lifecycle import MOVE_FOR, Action, State, Turn
from referrals.models import Referral, TimelineEntry
from referrals.operations import facts
from referrals.rules import part2_withheld

PRACTICE, CLINIC, INVITED = "practice", "clinic", "invited"
NOT_FOR_ROLE = "not_for_role"
PART_2 = "42CFRPart2"
UNREAD = "Needs clinician review"
# Answers of the request in the practice's own words: they stand under no class.
OWN_WORDS = ("reason", "goals", "faster_option_reason", "lifestyle")
# Roles of the care team that tell of treatment for the mind.
MINDS = ("therapist", "psychiatrist")
# What was given of an instrument, and the sums. All else that stands with it is a verdict.
SUMS = frozenset(
    {"instrument", "administered_on", "administered_by", "administered_by_name", "mode",
     "language", "items", "total", "level", "item9", "period", "functional_difficulty", "score",
     "complete", "subscales", "stale", "rule", "version", "source", "change"}
)  # fmt: skip
# What a timeline entry says in codes and names; all else that it says is somebody's words.
CODED_DETAIL = frozenset({"scope", "fields", "items", "answers", "priority", "clock"})
PART_2_STATEMENT = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


@dataclass(frozen=True, slots=True)
class Reading:
    """The classes that are open, why nothing is where that is so, and the notices due."""

    classes: frozenset[ContentClass]
    closed_because: str = ""
    part2_scope: str | None = None  # what the Part 2 consent covers, in words
    side: str = ""  # whose own words stay open to the reader: practice, clinic or invited
    words_open: bool = False  # whether those of the others are open too

    @property
    def closed(self) -> bool:
        return not self.classes

    @property
    def partial(self) -> bool:
        return not self.closed and self.classes != classes.ALL

    def allows(self, *needed: ContentClass) -> bool:
        return self.classes.issuperset(needed)

    def hears(self, side: str) -> bool:
        """Whether what `side` wrote in words of its own, or as a file, may be read."""
        return not self.closed and (self.words_open or side == self.side)

    def allows_paths(self, *paths: str) -> bool:
        """Whether every answer that these names stand for is open."""
        return self.classes >= classes.classes_of(paths)

    @property
    def notices(self) -> list[dict[str, str]]:
        """The notice that goes with each disclosure of Part 2 content (42 CFR 2.32)."""
        if self.part2_scope is None:
            return []
        return [{"code": PART_2, "text": PART_2_STATEMENT, "scope": self.part2_scope}]


def reading_of(referral: Referral, actor: Actor) -> Reading:
    """The one decision behind pages, API, FHIR, documents, prints, exports and lists."""
    content = referral.content.as_dict()
    side = permissions.side_of(referral, actor)
    if side is Turn.NOBODY and not _is_system(actor):
        return Reading(classes.NONE, _why_nobody(referral, actor))
    roles = permissions.roles_on(referral, actor)
    scope = _part2_scope(content)
    writes = bool(roles & permissions.PRACTICE_SIDE) or _is_system(actor)
    if writes or (referral.state == State.DRAFT and Role.IC not in roles):
        own = PRACTICE if writes else CLINIC
        return Reading(classes.ALL, part2_scope=scope, side=own, words_open=True)
    if referral.state == State.DRAFT:
        return _reading_of_draft(referral, content, scope)
    found, why = consent.open_classes(referral, content)
    return Reading(
        found, why, scope if ContentClass.SUBSTANCE in found else None,
        side=CLINIC if side is Turn.CLINIC else INVITED,
        words_open=bool(found) and consent.opens_words(referral, content, found),
    )  # fmt: skip


def _reading_of_draft(
    referral: Referral, content: Mapping[str, Any], scope: str | None
) -> Reading:  # fmt: skip
    """An invited clinician, before anything was sent: the half that is hers to complete."""
    found = {ContentClass.IDENTITY, ContentClass.PAIN, ContentClass.MEDICAL}
    if part2_withheld(content, consent.today_at(referral.practice)):
        return Reading(frozenset(found), side=INVITED)
    return Reading(frozenset(found | {ContentClass.SUBSTANCE}), part2_scope=scope, side=INVITED)


def _is_system(actor: Actor) -> bool:
    return actor.kind is ActorKind.SYSTEM


def _why_nobody(referral: Referral, actor: Actor) -> str:
    revoked = referral.consent_revoked_at is not None and not actor.has(Role.PO)
    return consent.REVOKED if revoked else NOT_FOR_ROLE


def _part2_scope(content: Mapping[str, Any]) -> str | None:
    """A clear explanation of the consent's scope, or None where nothing is of a Part 2 source."""
    record = content.get("consent") or {}
    if record.get("part2_source") != "yes":
        return None
    held = record.get("part2_consent") or {}
    words = [
        held.get("information"),
        held.get("purpose") and f"purpose: {held['purpose']}",
        held.get("recipients") and f"recipients: {', '.join(held['recipients'])}",
        held.get("expires_on") and f"until {held['expires_on']}",
        held.get("expires_event") and f"until: {held['expires_event']}",
    ]
    return "; ".join(str(word) for word in words if word) or "No Part 2 consent is recorded."


def is_closed_to(referral: Referral, actor: Actor) -> bool:
    """True where the actor reads none of the content now."""
    return reading_of(referral, actor).closed


def opens_file(reading: Reading, side: str) -> bool:
    """Whether a file that `side` put on the referral may be known of, previewed and fetched."""
    return reading.allows(ContentClass.DOCUMENTS) and reading.hears(side)


def detail_of(entry: TimelineEntry, reading: Reading) -> dict[str, Any] | None:
    """What was said with a move, as far as the reader may know of it."""
    if reading.closed or not entry.detail or reading.hears(_side_of_entry(entry)):
        return None if reading.closed else entry.detail
    coded = MOVE_FOR[Action(entry.action)].reasons if entry.action in MOVE_FOR else ""
    kept = CODED_DETAIL | ({"reason"} if coded else set())
    return {name: value for name, value in entry.detail.items() if name in kept} or None


def _side_of_entry(entry: TimelineEntry) -> str:
    if entry.actor_role in permissions.PRACTICE_SIDE:
        return PRACTICE
    return INVITED if entry.actor_role == Role.IC else CLINIC


def content_for(referral: Referral, actor: Actor) -> dict[str, Any]:
    """The content that the actor may read: the sections and entries of the open classes."""
    return opened(referral.content.as_dict(), reading_of(referral, actor), referral, actor)


def opened(
    content: Mapping[str, Any], reading: Reading, referral: Referral, actor: Actor
) -> dict[str, Any]:
    """`content` (today's or an older version's) without what is closed."""
    if reading.closed:
        return {}
    found = {
        name: body for name, body in content.items()
        if name not in classes.SECTIONS or classes.SECTIONS[name] in reading.classes
    }  # fmt: skip
    if "instruments" in found:
        found["instruments"] = [
            one for one in found["instruments"]
            if classes.class_of(f"instruments.{one.get('instrument')}") in reading.classes
        ]  # fmt: skip
    _without_answers(found, [p for p in classes.ANSWERS if not reading.allows_paths(p)])
    if ContentClass.MENTAL_HEALTH not in reading.classes and "care_team" in found:
        found["care_team"] = [one for one in found["care_team"] if one.get("role") not in MINDS]
    if ContentClass.SUBSTANCE not in reading.classes:
        _without_part2_source(found)
    if not reading.hears(PRACTICE):
        _without_answers(found, [f"request.{name}" for name in OWN_WORDS])
    if not permissions.roles_on(referral, actor) & permissions.PRACTICE_SIDE:
        _without_unpermitted_family(found)
    return {name: body for name, body in found.items() if body}


def _without_answers(found: dict[str, Any], paths: Iterable[str]) -> None:
    for path in paths:
        section, name = path.split(".")
        if section in found:
            found[section] = {k: v for k, v in found[section].items() if k != name}


def _without_part2_source(found: dict[str, Any]) -> None:
    """That there is such a source says by itself that the patient was treated there."""
    if (found.get("consent") or {}).get("part2_source") == "yes":
        _without_answers(found, ["consent.part2_source"])


def _without_unpermitted_family(found: dict[str, Any]) -> None:
    """Family is known to the other side only with the patient's recorded permission."""
    record = found.get("consent") or {}
    permitted = [one for one in record.get("family") or [] if one.get("permission_on")]
    if record.get("family"):
        found["consent"] = {**record, "family": permitted}
    names = {str(one.get("name", "")).casefold() for one in permitted}
    if found.get("care_team"):
        found["care_team"] = [
            one for one in found["care_team"]
            if one.get("role") != "family" or str(one.get("name", "")).casefold() in names
        ]  # fmt: skip


def assessment_for(
    referral: Referral, actor: Actor, found: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """What of the rules' findings (`found`, or today's) this actor may read; None: none of it.

    Nothing that tells of closed content. And support of decisions is for professionals:
    without a licence there is the priority, how far the referral is documented, and how much
    waits for a clinician.
    """
    reading = reading_of(referral, actor)
    if reading.closed:
        return None
    whole = dict(facts.assess(referral) if found is None else found)
    if reading.classes != classes.ALL:
        whole = _redacted(whole, referral, actor, reading)
    return whole if permissions.reads_findings(referral, actor) else _without_findings(whole)


def _without_findings(found: dict[str, Any]) -> dict[str, Any]:
    return {
        **found,
        "dual_diagnosis": {**found["dual_diagnosis"], "profile": None},
        "priority": {**found["priority"], "basis": []},
        "flags": [_unread(flag) for flag in found["flags"] if flag["level"] == "R"],
        "mme": None,
    }


def _unread(flag: Mapping[str, Any]) -> dict[str, Any]:
    return {**flag, "message": UNREAD, "source": "", "inputs": []}


def _redacted(
    found: dict[str, Any], referral: Referral, actor: Actor, reading: Reading
) -> dict[str, Any]:
    basis = [one for one in found["priority"]["basis"] if reading.allows_paths(*one["inputs"])]
    dual = assessment.assess(
        content_for(referral, actor), as_of=facts.as_of(referral), **facts.referrer_facts(referral)
    )["dual_diagnosis"]
    flags = [one for one in found["flags"] if reading.allows_paths(*one["inputs"])]
    closed = _flags_of(found["flags"]) - _flags_of(flags)
    return {
        **found,
        "dual_diagnosis": dual,
        "needs_clinician_review": assessment.needs_clinician(
            found["priority"]["value"], (flag["level"] for flag in flags)
        ),
        "priority": {
            **found["priority"],
            "basis": basis,
            "rules": [one["rule"] for one in basis],
        },
        "flags": flags,
        "mme": found["mme"] if reading.allows(ContentClass.SUBSTANCE) else None,
        **_redacted_details(found, reading),
        "completeness": {
            stage: {name: _open_gaps(part, reading, closed) for name, part in gaps.items()}
            for stage, gaps in found["completeness"].items()
        },
    }


def _flags_of(flags: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The codes of the gaps that these flags leave while nobody has reviewed them."""
    return frozenset(f"{assessment.FLAG_GAP}{flag['rule']}" for flag in flags)


def _open_gaps(part: Any, reading: Reading, closed: frozenset[str]) -> Any:
    """Lists of gaps without those that tell of closed content; anything else as it is."""
    if not isinstance(part, list):
        return part
    return [
        gap for gap in part
        if gap["code"] not in closed and reading.allows_paths(gap["pointer"])
    ]  # fmt: skip


def _redacted_details(found: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """The answers that rules read, and what is said of codes that stand in several sections."""
    details: dict[str, Any] = {}
    if "answers" in found:
        details["answers"] = {
            name: value for name, value in (found["answers"] or {}).items()
            if reading.allows_paths(name)
        }  # fmt: skip
    if "coding" in found and not reading.allows_paths(classes.EVERYWHERE):
        details["coding"] = {**found["coding"], "warnings": []}
    return details


def instruments_for(
    referral: Referral, actor: Actor, body: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:  # fmt: skip
    """The instruments that the actor may read (today's, or those of an opened `body`).

    Each comes with what follows from it, the bands and cut points for clinicians alone.
    """
    body = content_for(referral, actor) if body is None else body
    computed = facts.computed_instruments(referral, body)
    return computed if _reads_verdicts(referral, actor) else [_unjudged(one) for one in computed]


def _reads_verdicts(referral: Referral, actor: Actor) -> bool:
    """The practice's people typed what they follow from, whether licensed or not."""
    reads = permissions.reads_findings(referral, actor)
    return reads or permissions.side_of(referral, actor) is not Turn.CLINIC


def _unjudged(one: Mapping[str, Any]) -> dict[str, Any]:
    """The answers and their sum, without a band, a cut point or whether a change matters."""
    kept = {name: value if name in SUMS else None for name, value in one.items()}
    if "notes" in one:
        kept["notes"] = []
    if one.get("items"):
        kept["level"] = None  # follows from the items; one that was given alone is an answer
    if one.get("change"):
        kept["change"] = {**one["change"], "meaningful": None}
    return kept


def summary_of(reading: Reading) -> dict[str, Any]:
    """How the API says what is open: codes and notices."""
    return {
        "open": sorted(one.value for one in reading.classes),
        "closed_because": reading.closed_because or None,
        "words_open": reading.words_open,
        "notices": reading.notices,
    }
