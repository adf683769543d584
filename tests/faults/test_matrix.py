"""The authorization matrix: every route × method × actor × object, from one table.

A route without a row fails. What is refused changes nothing, and neither does looking. What a
person may not see answers exactly as what does not exist.
"""

from __future__ import annotations

import logging
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from referrals import clock
from referrals.errors import NotFound
from referrals.lifecycle import MOVE_FOR
from referrals.models import Referral
from referrals.operations import drafts, records
from referrals.queries import ReferralQuerySet
from tests.faults.matrix.table import MOVES, OBJECTS, ROWS, Cell, Route, cells, routes, rows_of
from tests.faults.matrix.world import World, checksum

pytestmark = pytest.mark.django_db
SAFE = ("GET", "HEAD", "OPTIONS")
UNSTABLE = re.compile(
    rb'csrfmiddlewaretoken" value="[^"]+"|name="attempt" value="[^"]*"|[0-9a-f]{32,64}|'
    rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|/\d{1,9}/"
)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The objects of the matrix, made once and taken away with one rollback."""
    # On a slow machine the cells take longer than a person may sit idle.
    patient = override_settings(SESSION_IDLE_SECONDS=86400, SESSION_MAX_SECONDS=86400)
    with patient, django_db_blocker.unblock(), transaction.atomic():
        logging.disable(logging.CRITICAL)  # ten thousand lines, and none of them is read here
        yield World()
        logging.disable(logging.NOTSET)
        transaction.set_rollback(True)


def judge(world: World, route: Route, row: dict[str, Any], cell: Cell) -> tuple[list[str], bytes]:
    """What is wrong with the answer to one cell, and the body where it was a 404."""
    response, written = world.send(route, cell, row)
    wrong = []
    if response.status_code not in cell.expected:
        wrong.append(f"{cell}: {response.status_code}, expected {sorted(cell.expected)}")
    if written and (cell.refused or cell.method in SAFE):
        wrong.append(f"{cell}: wrote to {sorted(written)}")
    if cell.lists:
        wrong += _listed(world, cell, response.content)
    return wrong, UNSTABLE.sub(b"", response.content) if response.status_code == 404 else b""


def _listed(world: World, cell: Cell, content: bytes) -> list[str]:
    """Exactly the referrals that this actor may know of are named in the answer."""
    ids = world.objects["referral_id"]
    named = {name for name, pk in ids.items() if str(pk).encode() in content}
    known = {name for name, actors in OBJECTS["referral_id"].items() if cell.actor in actors}
    if cell.lists == "sent":
        known.discard("draft")
    if cell.lists == "found" and cell.actor == "privacy":
        known.clear()  # no content is open to her, and a hit by name would say who it is
    return [] if named == known else [f"{cell}: lists {sorted(named)}, knows {sorted(known)}"]


def run(world: World, only: Any = None) -> tuple[int, list[str]]:
    """Run all cells (or those that `only` picks); how many, and what was wrong."""
    count, wrong = 0, []
    for route in routes():
        for row in rows_of(route):
            hidden: dict[tuple[str, str], set[bytes]] = defaultdict(set)
            for cell in cells(route, row):
                if only and not only(cell):
                    continue
                count += 1
                found, body = judge(world, route, row, cell)
                wrong += found
                if body:
                    hidden[cell.actor, cell.method].add(body)
            wrong += [f"{who} {method} {route.name}: foreign and missing differ"
                      for (who, method), bodies in hidden.items() if len(bodies) > 1]  # fmt: skip
    return count, wrong


def wrong_cells(world: World, only: Callable[[Cell], bool]) -> Iterator[str]:
    """What is wrong with the picked cells, one after the other, for who needs only the first."""
    for route in routes():
        for row in rows_of(route):
            for cell in filter(only, cells(route, row)):
                yield from judge(world, route, row, cell)[0]


def test_every_route_has_its_row() -> None:
    assert [route.name for route in routes() if not rows_of(route)] == []


def test_a_route_without_a_row_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ROWS, "api:timeline")
    assert [route.name for route in routes() if not rows_of(route)] == ["api:timeline"]


def test_every_row_has_its_route() -> None:
    assert set(ROWS) <= {route.name for route in routes()}
    assert set(MOVES) == {action.value for action in MOVE_FOR}


AREAS: dict[str, Callable[[Cell], bool]] = {
    "api-actions": lambda cell: cell.route.startswith("api:act-"),
    "api": lambda cell: cell.route.startswith("api:") and not AREAS["api-actions"](cell),
    "pages-of-actions": lambda cell: cell.route == "referrals:act",
    "pages": lambda cell: cell.route.startswith("referrals:") and cell.route != "referrals:act",
    "sign-in": lambda cell: cell.route.startswith(("account_", "mfa_", "usersessions_")),
}
REST = "everything-else"
LEAST_CELLS = {"api-actions": 3500, "api": 1500, "pages-of-actions": 3000, "pages": 900,
               "sign-in": 1500, REST: 900}  # fmt: skip


def of_area(area: str) -> Callable[[Cell], bool]:
    if area != REST:
        return AREAS[area]
    return lambda cell: not any(picks(cell) for picks in AREAS.values())


@pytest.mark.parametrize("area", [*AREAS, REST])
def test_all_cells(world: World, area: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = checksum()
    count, wrong = run(world, only=of_area(area))
    with capsys.disabled():
        sys.stdout.write(f"\n  {area}: {count} cells, {len(wrong)} unexpected\n")
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    # A loop that runs over nothing must not pass.
    assert count >= LEAST_CELLS[area]
    assert checksum() == before


# Where `visible_to` is asked: (file, function), and the routes that stand on it.
FILTERS = {
    ("operations/records.py", "find"): ("api:referral", "api:timeline", "api:messages",
                                        "api:actions", "api:plan", "referrals:detail"),
    ("api/listing.py", "page"): ("api:referrals",),
    ("api/referrals.py", "post"): ("api:search",),
    ("referrals/queries.py", "related_to_visible"): ("api:events",),
    ("pages/referral_list.py", "_filtered"): ("referrals:list",),
}  # fmt: skip


def _open(place: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Take the filter away in one place; the list counts how often it was asked for there."""
    filtered, asked = ReferralQuerySet.visible_to, []

    def leaking(rows: ReferralQuerySet, actor: Any) -> ReferralQuerySet:
        frame = sys._getframe(1)
        for _ in range(2):  # through the manager's own method
            code = frame.f_code
            if code.co_filename.endswith(place[0]) and code.co_name == place[1]:
                asked.append(1)
                return rows.all()
            assert frame.f_back is not None
            frame = frame.f_back
        return filtered(rows, actor)

    monkeypatch.setattr(ReferralQuerySet, "visible_to", leaking)
    return asked


@pytest.mark.parametrize("place", FILTERS, ids=lambda place: "::".join(place))
def test_a_missing_filter_turns_it_red(
    world: World, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _open(place, monkeypatch)
    for name in FILTERS[place]:
        assert any(wrong_cells(world, lambda cell, name=name: cell.route == name)), name
    assert asked


def test_a_missing_role_check_turns_it_red(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "may_write", lambda referral, by: True)
    only = {"api:referral": "PATCH"}
    assert any(wrong_cells(world, lambda cell: only.get(cell.route) == cell.method))


def test_a_refusal_that_writes_turns_it_red(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    find = records.find

    def touching(referral_id: Any, *, by: Any) -> Referral:
        Referral.objects.filter(pk=referral_id).update(updated_at=clock.now())
        return find(referral_id, by=by)

    monkeypatch.setattr(records, "find", touching)
    found = wrong_cells(world, lambda cell: cell.route == "api:actions")
    assert any("wrote to ['referrals_referral']" in line for line in found)


def test_a_404_that_tells_foreign_from_missing_turns_it_red(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def telling(referral_id: Any, *, by: Any) -> Referral:
        seen = Referral.objects.visible_to(by).filter(pk=referral_id).first()
        if seen is None:
            there = Referral.objects.filter(pk=referral_id).exists()
            raise NotFound("It is another clinic's." if there else "There is none.")
        return seen

    monkeypatch.setattr(records, "find", telling)
    _, wrong = run(world, only=lambda cell: cell.route == "api:actions")
    assert any(line.endswith("foreign and missing differ") for line in wrong)
