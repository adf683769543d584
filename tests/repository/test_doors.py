"""The API does what the pages do: an operation that only a page calls says here why.

Read from the code: an operation (tests/repository/test_operations_logged.py) is behind the
pages where a page calls it, behind the API where a view of the API does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from tests.repository.files import ROOT, python_files
from tests.repository.syntax import dotted
from tests.repository.test_operations_logged import everything, logs

PAGES = ("portal/pages", "portal/accounts/views")
API = ("referrals/api", "portal/accounts/partner_api.py", "portal/accounts/token_api.py")

ADMINISTRATION = "administration is done by people at a page; the contract has no address for it"
OWN = "belongs to the person at the screen, not to a referral"
MESSAGES = "a clinic's administrator mends its partner's messages at the page or by a command"
KEYS = "two people compare a partner's key before it counts, at the page or by a command"
INVITED = "goes by mail to one person, who accepts it at a page"
CLINIC = """
    clinic_admin.add_holiday clinic_admin.add_reason clinic_admin.end_reason
    clinic_admin.hide_reason clinic_admin.prefill_holidays clinic_admin.remove_holiday
    canned_answers.add canned_answers.change canned_answers.retire clinic_admin.save_service
    clinic_settings.change clock_settings.change invitations.revoke invitations.send
    practices.record reading.set_team_address seats.change seats.leave seats.let_back
"""
PARTNERS = """
    partner_systems.cancel partner_systems.discard_command partner_systems.replay
    partner_systems.restart_command partner_systems.retry partner_systems.retry_all
    partner_systems.skip
"""
SIGNING = """
    partner_systems.accept_unsigned partner_systems.add_command_keys
    partner_systems.require_signatures partner_systems.retire_command_key
"""
PAGE_ONLY: dict[str, str] = {
    **dict.fromkeys(CLINIC.split(), ADMINISTRATION),
    **dict.fromkeys(PARTNERS.split(), MESSAGES),
    **dict.fromkeys(SIGNING.split(), KEYS),
    "sharing.accept": INVITED,
    "answering.answer": "the page's form around provide_info, which the API has",
    "answering.save_draft": OWN,
    "prefill.latest": OWN,
    "records.exported": "the worklist as a file; the API's list has the same filters",
    "saved_filters.remove": OWN,
    "saved_filters.save": OWN,
}


def called_in(places: Iterable[str]) -> set[str]:
    roots = [ROOT / place for place in places]
    files = [p for p in python_files() if any(p.is_relative_to(root) for root in roots)]
    return {name for path in files for name in names_in(path)}


def names_in(path: Path) -> set[str]:
    """Whatever is named as `module.function`, called or handed on."""
    tree = ast.parse(path.read_text())
    found = {dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {".".join(name.split(".")[-2:]) for name in found}


def operations() -> set[str]:
    """What changes or opens something: what only asks is a part of these."""
    found, calls = everything()
    return {name for name in found if logs(name, calls)}


def only_pages() -> set[str]:
    return (operations() & called_in(PAGES)) - called_in(API)


def test_what_a_page_does_the_api_does_too() -> None:
    assert sorted(only_pages() - PAGE_ONLY.keys()) == []


def test_the_list_of_exceptions_is_no_longer_than_it_has_to_be() -> None:
    assert sorted(PAGE_ONLY.keys() - only_pages()) == []
    assert all(PAGE_ONLY.values())
