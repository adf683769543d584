"""Documents say what the code says; words on screen are those of the house."""

import ast
import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from integrations.inbox.answers import REGISTRY as ANSWERS
from referrals.events import REGISTRY
from referrals.lifecycle import ALL_MOVES
from referrals.lifecycle.states import STATES
from tests.repository.files import PACKAGES, ROOT, python_files, repository_files, shown
from tests.repository.test_settings_documented import every_name, settings_names

README = ROOT / "README.md"
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
PICTURES = {".png", ".svg", ".jpg"}

# --- What must be listed -----------------------------------------------------------------------


def commands() -> set[str]:
    """Our management commands, by the files that define them."""
    return {
        path.stem
        for package in PACKAGES
        for path in python_files(package)
        if path.parent.parts[-2:] == ("management", "commands") and path.stem != "__init__"
    }


def event_names() -> set[str]:
    return set(REGISTRY) | set(ANSWERS)


def unlisted(names: Iterable[str], text: str) -> list[str]:
    """The names that do not stand in the text as code, in backticks."""
    quoted = set(re.findall(r"`([^`\n]+)`", text))
    return sorted(set(names) - quoted)


def test_every_setting_is_in_the_operators_guide() -> None:
    assert settings_names()
    assert unlisted(every_name(), (DOCS / "running.md").read_text()) == []


def test_every_command_is_in_the_operators_guide() -> None:
    assert {"relay_events", "verify_audit", "create_partner"} <= commands()
    assert unlisted(commands(), (DOCS / "running.md").read_text()) == []


def test_every_event_is_in_the_privacy_notes() -> None:
    assert unlisted(event_names(), (DOCS / "privacy.md").read_text()) == []


def test_the_operators_guide_names_no_command_that_is_not_there() -> None:
    table = (DOCS / "running.md").read_text().partition("## Management commands")[2]
    named = set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE))
    assert named == commands()


def test_the_operators_guide_names_no_setting_that_is_not_there() -> None:
    table = (DOCS / "running.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE))
    assert named
    assert named <= every_name()


def test_what_is_not_listed_is_found() -> None:
    assert unlisted({"A_SETTING", "ANOTHER"}, "`A_SETTING` and ANOTHER in prose") == ["ANOTHER"]


# --- Links -------------------------------------------------------------------------------------


def documents() -> list[Path]:
    return [path for path in repository_files() if path.suffix == ".md"]


def links(text: str) -> list[str]:
    """Targets of links and pictures outside of code, without those to other hosts."""
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"!?\[[^\]]*\]\(([^)\s]+)\)", prose)
    return [target for target in found if "://" not in target]


def headings(text: str) -> set[str]:
    """Anchors as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken(document: Path, text: str) -> list[str]:
    found = []
    for target in links(text):
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.exists() or (anchor and anchor not in headings(path.read_text())):
            found.append(target)
    return found


@pytest.mark.parametrize("document", documents(), ids=shown)
def test_links_lead_somewhere(document: Path) -> None:
    assert broken(document, document.read_text()) == []


def test_the_readme_shows_the_portal_with_words_for_who_cannot_see_it() -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README.read_text())
    assert pictures
    assert all(len(words) > 20 and Path(target).suffix in PICTURES for words, target in pictures)


def test_a_broken_link_is_found() -> None:
    text = "[a](docs/nowhere.md) [b](https://example.org/x) [c](#no-such-part) `[d](e.md)`"
    assert broken(README, text) == ["docs/nowhere.md", "#no-such-part"]


# --- Decisions ---------------------------------------------------------------------------------

PARTS = ("## Context", "## Decision", "## Consequences")
MOST_WORDS = 450  # under a page


def decisions() -> list[Path]:
    return sorted(DECISIONS.glob("*.md"))


def faults_of(name: str, text: str) -> list[str]:
    """What is wrong with one record: its number, its parts, its length."""
    number = re.match(r"(\d{4})-[a-z0-9-]+\.md$", name)
    if number is None:
        return ["name"]
    found = [] if text.startswith(f"# {number[1]}. ") else ["number"]
    places = [text.find(f"\n{part}\n") for part in PARTS]
    if -1 in places or places != sorted(places):
        found.append("parts")
    if len(text.split()) > MOST_WORDS:
        found.append("length")
    return found


@pytest.mark.parametrize("record", decisions(), ids=lambda path: path.stem)
def test_a_decision_is_numbered_whole_and_short(record: Path) -> None:
    assert faults_of(record.name, record.read_text()) == []


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(record.name[:4]) for record in decisions()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 10


def test_a_faulty_decision_is_found() -> None:
    good = "# 0001. A\n\n## Context\n\nx\n\n## Decision\n\ny\n\n## Consequences\n\nz\n"
    assert faults_of("0001-a.md", good) == []
    assert faults_of("0002-a.md", good) == ["number"]
    assert faults_of("first.md", good) == ["name"]
    assert faults_of("0001-a.md", good.replace("## Decision", "## Plan")) == ["parts"]
    assert faults_of("0001-a.md", good + "word " * MOST_WORDS) == ["length"]


# --- Words -------------------------------------------------------------------------------------

# What no page, mail or label says, and why: blame, jargon, shouting, or a promise that only
# a clinician can make.
UNSAID = {
    "please": r"\bplease\b",
    "invalid": r"\binvalid\b",
    "click here": r"\bclick here\b",
    "submit": r"\bsubmit\b",
    "exclamation mark": r"\w!(?!=)",
    "eligible": r"\b(?:in)?eligib\w+",
    "approved": r"\bapprov(?:ed|al)\b",
    "contraindicated": r"\bcontraindicat\w+",
}
# Read one by one: where the word is right. (file, word): the reason.
REVIEWED: dict[tuple[str, str], str] = {}
# Claims about ourselves that we do not make, in no document and on no page.
CLAIMS = (
    r"\bhipaa[- ](?:compliant|certified|ready|approved)",
    r"\b(?:is|are|fully|we are) (?:compliant|certified)\b",
    r"\bfda[- ](?:cleared|approved)\b",
    r"\b(?:military|bank)[- ]grade\b",
    r"\b(?:un|100 ?% )(?:hackable|breakable)\b",
)


def templates() -> list[Path]:
    return [
        p for p in repository_files() if "templates" in p.parts and p.suffix in {".html", ".txt"}
    ]


def shown_text(template: str) -> str:
    """What people read of a template: text, and the attributes that are read out or shown."""
    source = re.sub(r"\{#.*?#\}|<!--.*?-->|<!doctype[^>]*>", " ", template, flags=re.DOTALL | re.I)
    source = re.sub(r"\{%\s*comment.*?endcomment\s*%\}", " ", source, flags=re.DOTALL)
    spoken = re.findall(r"\b(?:alt|title|placeholder|aria-label|value)=\"([^\"{]*)\"", source, re.I)
    quoted = [
        text
        for tag in re.findall(r"\{%\s*(?:include|translate|blocktranslate|button)\b.*?%\}", source)
        for text in re.findall(r"\"([^\"]*)\"", tag)
        if " " in text or text[:1].isupper()
    ]
    visible = re.sub(r"\{[%{].*?[%}]\}|<[^>]*>", " ", source, flags=re.DOTALL)
    return html.unescape(" \n".join([visible, *spoken, *quoted]))


def unsaid_in(text: str) -> set[str]:
    return {word for word, pattern in UNSAID.items() if re.search(pattern, text, re.IGNORECASE)}


def labels() -> Iterator[str]:
    """Words of buttons, consequences and states, from the tables that pages draw on."""
    for move in ALL_MOVES:
        yield from (move.label, move.consequence)
    for info in STATES.values():
        yield from (info.label, info.practice_label, info.meaning)


# Modules whose strings people read: labels, help, errors, flags.
SPOKEN = ("forms", "presenters", "pages", "content", "rules", "instruments", "operations")


WORDS = re.compile(r"[A-Za-z]{2} [A-Za-z]|^[A-Z][a-z]+[.!]?$")


def sentences(source: str) -> Iterator[str]:
    """The string literals of a module that read as words; no docstrings, no patterns."""
    tree = ast.parse(source)
    skipped = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in skipped:
            continue
        if isinstance(node.value, str) and WORDS.search(node.value):
            yield node.value


def spoken_modules() -> list[Path]:
    return [p for package in ("portal", "referrals") for p in python_files(package)
            if set(SPOKEN) & set(p.relative_to(ROOT).parts[:-1])]  # fmt: skip


def test_templates_keep_to_the_words_of_the_house() -> None:
    found = {
        (shown(path), word)
        for path in templates()
        for word in unsaid_in(shown_text(path.read_text()))
    }
    assert found - set(REVIEWED) == set()


def test_modules_keep_to_the_words_of_the_house() -> None:
    found = {
        (shown(path), word)
        for path in spoken_modules()
        for text in sentences(path.read_text())
        for word in unsaid_in(text)
    }
    assert found - set(REVIEWED) == set()


def test_labels_keep_to_the_words_of_the_house() -> None:
    assert {text: words for text in labels() if (words := unsaid_in(text))} == {}


def test_what_was_reviewed_is_still_there() -> None:
    for name, word in REVIEWED:
        path = ROOT / name
        texts = (
            [shown_text(path.read_text())] if path.suffix != ".py" else sentences(path.read_text())
        )
        assert any(word in unsaid_in(text) for text in texts), (name, word)


def claims_in(text: str) -> list[str]:
    return [m[0] for pattern in CLAIMS for m in re.finditer(pattern, text, re.IGNORECASE)]


def test_nothing_claims_what_only_others_could_grant() -> None:
    texts = {**{p: p.read_text() for p in documents()},
             **{p: shown_text(p.read_text()) for p in templates()}}  # fmt: skip
    assert {shown(path): found for path, text in texts.items() if (found := claims_in(text))} == {}


def test_unsaid_words_are_found() -> None:
    page = """{# please #}<button title="Invalid date">Submit</button><p>You are eligible!</p>
    {% include "components/alert.html" with text="Click here to go on" %}
    {% if a != b %}<input type="submit" name="submit">{% endif %}"""
    assert unsaid_in(shown_text(page)) == {
        "invalid", "submit", "eligible", "exclamation mark", "click here",
    }  # fmt: skip
    assert unsaid_in(shown_text('{% if a != b %}<input type="submit">{% endif %}')) == set()
    module = '"""Please."""\nA = "please_wait"\nB = "This is not approved."\n'
    assert [unsaid_in(text) for text in sentences(module)] == [{"approved"}]


@pytest.mark.parametrize(
    "claim",
    ["Tandem is HIPAA compliant.", "We are certified.", "FDA-cleared", "military-grade encryption"],
)
def test_a_claim_is_found(claim: str) -> None:
    assert claims_in(claim)


def test_a_plain_word_is_no_claim() -> None:
    assert claims_in("A certified interpreter; the rules do not make anybody compliant.") == []


# --- Docstrings --------------------------------------------------------------------------------

# Whose functions and classes others call: interfaces, by module.
INTERFACES = (
    "integrations/outbox.py", "integrations/envelope.py", "integrations/registry.py",
    "integrations/feed/reader.py", "referrals/actors.py", "referrals/permissions.py",
    "referrals/operations/moves.py", "referrals/operations/drafts.py",
    "referrals/operations/records.py", "referrals/encryption/sealing.py",
    "referrals/encryption/blind.py", "referrals/access/log.py", "referrals/access/sealer.py",
)  # fmt: skip


def undocumented_module(source: str) -> bool:
    """Whether a module says something and not what it is for."""
    tree = ast.parse(source)
    return bool(tree.body) and ast.get_docstring(tree) is None


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is_for(package: str) -> None:
    found = [shown(p) for p in python_files(package) if undocumented_module(p.read_text())]
    assert found == []


def bare_functions(source: str) -> list[str]:
    """Public functions of a module that take a keyword-only argument and explain nothing."""
    return [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and node.args.kwonlyargs
        and ast.get_docstring(node) is None
    ]


@pytest.mark.parametrize("name", INTERFACES)
def test_interfaces_state_their_contract(name: str) -> None:
    allowed = {"may_write"}  # the name says it all
    assert set(bare_functions((ROOT / name).read_text())) - allowed == set()


def test_a_silent_module_is_found() -> None:
    assert undocumented_module("import os\n")
    assert not undocumented_module('"""What for."""\nimport os\n')
    assert not undocumented_module("")
    assert bare_functions("def f(*, by):\n    return by\n") == ["f"]
