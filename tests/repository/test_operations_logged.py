"""Every operation leaves an entry in the access log, or says here why it need not.

An operation is a public function of the packages below that says who acts (`by`). Whether it
logs is read from the code: somewhere along its calls stands `access.record`.
"""

from __future__ import annotations

import ast
from pathlib import Path

from tests.repository.files import ROOT, python_files
from tests.repository.syntax import dotted

FOLDERS = ("referrals/operations", "referrals/notifications/reading.py", "portal/accounts")
RECORDS = ("access.record", "access.log.record")
# They change nothing; where content is shown, the operation that opens it writes the entry.
ASKING = """
    advice.authorise advice.available advice.find advice.listed advice.roles_on
    answering.draft_of answering.open_request asking_advice.may_ask canned_answers.find
    canned_answers.listed
    clinic_admin.clinic clinic_settings.history clinic_settings.show conversation.authorise
    conversation.draft_of conversation.listed conversation.read_up_to copies.authorise
    copies.may_copy dead_letters.look documents.authorise documents.authorise_block
    documents.listed documents.may_add documents.may_remove drafts.authorise drafts.may_write
    drafts.refuse_closed duplicates.acknowledged duplicates.authorise duplicates.for_clinic
    half.limited half.may_complete half.scales_open half.sections_open moves.authorise
    own_words.flag_reviews own_words.notes own_words.outcomes own_words.requests parties.changes
    parties.for_new partner_systems.count_replay partner_systems.find partner_systems.find_slug
    partner_systems.visible plan.authorise plan.is_open plan.may_write plan.read
    prefill.last_sent records.find saved_filters.of seats.find sharing.authorise
    sharing.find_open sharing.listed versions.authorise_reading versions.may_mark_read
"""
# They change something, and the entry is another's, or nobody needs one.
UNLOGGED: dict[str, str] = {
    **dict.fromkeys(ASKING.split(), "asks only"),
    "advice.enter": "the question's own row, a part of each act, which is logged",
    "advice.tell": "a part of each act, which is logged",
    "consents.announce_end": "a reminder to the practice, which shows nothing of the referral",
    "appointments.end_open": "a part of the move, which is logged",
    "dead_letters.requeue": "chosen from two ways that log each letter",
    "documents.attest": "a part of the upload, which is logged",
    "documents.carry_over": "a part of resubmit and redirect, which are logged",
    "documents.forget": "a part of a draft's removal, which is logged",
    "duplicates.acknowledge": "a part of sending, which is logged",
    "facts.freeze": "a part of sending and of an amendment, which are logged",
    "facts.remember_assessment": "a part of each change, which is logged",
    "transition.write_entry": "the timeline's own row, a part of each move",
    "conversation.mark_read": "which message somebody has seen; opening the record is logged",
    "conversation.save_draft": "a message that nobody else sees until it is sent",
    "reading.choose": "how somebody is written to: their own matter",
    "reading.mark_read": "their own notices",
    "reading.referral_seen": "their own notices; opening the record is logged",
}

Calls = dict[str, set[str]]


def operations_and_calls(files: list[Path]) -> tuple[set[str], Calls]:
    """`module.function` of every operation, and whom each function calls, by the same names."""
    operations: set[str] = set()
    calls: Calls = {}
    for path in files:
        tree = ast.parse(path.read_text())
        own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                name = f"{path.stem}.{node.name}"
                calls[name] = {_full(c, path.stem, own) for c in _called(node)}
                if not node.name.startswith("_") and "by" in _parameters(node):
                    operations.add(name)
    return operations, calls


def _parameters(node: ast.FunctionDef) -> set[str]:
    return {a.arg for a in (*node.args.args, *node.args.kwonlyargs)}


def _called(node: ast.FunctionDef) -> set[str]:
    return {dotted(inner.func) for inner in ast.walk(node) if isinstance(inner, ast.Call)}


def _full(called: str, module: str, own: set[str]) -> str:
    if called in RECORDS:
        return "access.record"
    return f"{module}.{called}" if called in own else ".".join(called.split(".")[-2:])


def logs(name: str, calls: Calls, seen: frozenset[str] = frozenset()) -> bool:
    if name == "access.record":
        return True
    return any(logs(c, calls, seen | {name}) for c in calls.get(name, ()) if c not in seen)


def everything() -> tuple[set[str], Calls]:
    roots = [ROOT / folder for folder in FOLDERS]
    wanted = [p for p in python_files() if any(p.is_relative_to(root) for root in roots)]
    return operations_and_calls(wanted)


def test_every_operation_is_logged() -> None:
    operations, calls = everything()
    silent = {name for name in operations if not logs(name, calls)}
    assert sorted(silent - UNLOGGED.keys()) == []


def test_the_list_names_nothing_that_logs_or_is_gone() -> None:
    operations, calls = everything()
    assert sorted(n for n in UNLOGGED if n not in operations or logs(n, calls)) == []


def test_a_silent_operation_is_found(tmp_path: Path) -> None:
    source = tmp_path / "rooms.py"
    source.write_text(
        "def paint(room, *, by):\n    _note(room)\n\n"
        "def burn(room, *, by):\n    room.delete()\n\n"
        "def _note(room):\n    access.record(room=room)\n"
    )
    operations, calls = operations_and_calls([source])
    assert operations == {"rooms.paint", "rooms.burn"}
    assert [name for name in sorted(operations) if not logs(name, calls)] == ["rooms.burn"]
