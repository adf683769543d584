"""No door reads a referral's content by itself: `referrals.disclosure` decides what is open.

The check reads the syntax tree of everything that answers a request, and has a control that
it has to find.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from referrals.models import SECTION_NAMES
from tests.repository.files import shown
from tests.repository.syntax import Fault, dotted, files_under

DOORS = ("portal/pages", "portal/presenters", "portal/forms", "portal/templatetags",
         "referrals/api", "referrals/fhir")  # fmt: skip
READS = frozenset({*SECTION_NAMES, "as_dict"})
# Who writes the content reads it to go on writing: the pages of a draft and of an amendment,
# which open for the practice's own people alone.
WRITING = frozenset(
    {
        "portal/forms/steps_form.py", "portal/pages/saving.py", "portal/pages/sending.py",
        "portal/pages/danger.py", "portal/pages/amending.py", "portal/presenters/beside.py",
        "portal/presenters/acceptance.py", "portal/presenters/completeness.py",
        "portal/presenters/summary.py", "portal/presenters/referrer_home.py",
        "portal/presenters/trends.py",
    }
)  # fmt: skip
# What a frozen version is called.
FROZEN = frozenset({"version", "old", "new", "before", "after", "since", "newest"})
# What stands under no class: words of one's own, and files.
OWN_WORDS = frozenset({"messages", "information_requests", "interim_notes", "outcomes", "plan"})
REFERRALS = ("referral", "row", "case.referral", "self.referral")
RULES = frozenset({"facts.assess", "assessment.assess", "facts.remember_assessment"})
# Shown to the writer before the sending: what the rules make of the answers.
ASSESSING = frozenset(
    {
        "portal/presenters/beside.py", "portal/pages/danger.py", "portal/pages/sending.py",
        "portal/pages/sent.py", "portal/presenters/acceptance.py",
        "portal/presenters/completeness.py",
    }
)  # fmt: skip


def reads(source: str) -> Iterator[Fault]:
    """`x.content.patient`, `x.content.as_dict()`, `getattr(x.content, …)`, frozen versions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in READS and _is_content(node.value):
            yield node.lineno, dotted(node)
        elif _is_content(node) and dotted(node.value) in FROZEN:  # type: ignore[attr-defined]
            yield node.lineno, dotted(node)  # type: ignore[attr-defined]
        elif isinstance(node, ast.Call) and dotted(node.func) == "getattr":
            yield from ((node.lineno, "getattr") for one in node.args[:1] if _is_content(one))


def overhears(source: str) -> Iterator[Fault]:
    """`referral.messages`, `row.outcomes`, `case.referral.plan`, and what an entry says."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute):
            continue
        if (node.attr in OWN_WORDS and dotted(node.value) in REFERRALS) or (
            node.attr == "detail" and dotted(node.value) in ("entry", "row", "said")
        ):
            yield node.lineno, dotted(node)


def _is_content(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "content"


def assesses(source: str) -> Iterator[Fault]:
    """Runs of the rules over all of the content."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and dotted(node.func) in RULES:
            yield node.lineno, dotted(node.func)


def found(check: object, reviewed: frozenset[str]) -> dict[str, list[Fault]]:
    files = {shown(p): list(check(p.read_text())) for p in files_under(*DOORS)}  # type: ignore[operator]
    return {name: faults for name, faults in files.items() if faults and name not in reviewed}


def test_no_door_reads_content_past_the_disclosure() -> None:
    assert len(files_under(*DOORS)) > 40
    assert found(reads, WRITING) == {}


def test_no_door_runs_the_rules_over_what_may_be_closed() -> None:
    assert found(assesses, ASSESSING) == {}


def test_no_door_reads_own_words_past_the_disclosure() -> None:
    assert found(overhears, frozenset()) == {}
    for source in ("x = referral.messages.all()", "y = row.outcomes.last()", "z = entry.detail"):
        assert list(overhears(source))
    assert not list(overhears("found = conversation.listed(referral, by=actor)"))


@pytest.mark.parametrize(
    "source",
    [
        "name = referral.content.patient['given_name']",
        "body = row.content.as_dict()",
        "x = getattr(case.referral.content, section)",
        "body = version.content",
    ],
)
def test_a_reading_past_it_is_found(source: str) -> None:
    assert list(reads(source))


def test_the_way_through_it_is_left_alone() -> None:
    assert not list(reads("body = disclosure.content_for(referral, actor)"))
    assert list(assesses("found = facts.assess(referral)"))
    assert not list(assesses("found = disclosure.assessment_for(referral, actor)"))
