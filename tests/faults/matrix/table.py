"""The table of the matrix: every route, method, actor and object, with what must be answered."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

HERE = Path(__file__).parent
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
ROLES: dict[str, str] = {
    "physician": "rc", "therapist": "rc", "delegate": "rd", "practice_admin": "pa",
    "stranger": "rc", "coordinator": "co", "clinician": "cl", "clinic_admin": "ca",
    "other_coordinator": "co", "privacy": "po", "partner": "ps", "other_partner": "ps",
    "superuser": "", "deactivated": "", "anonymous": "",
}  # fmt: skip
ACTORS = tuple(ROLES)
SIGNED_OUT = frozenset({"anonymous", "deactivated"})
PARTNERS = frozenset({"partner", "other_partner"})
NONE = "-"  # the object of a route that takes none


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))


OBJECTS, POLICIES, ROWS, MOVES = map(_read, ("objects", "policies", "routes", "actions"))


@dataclass(frozen=True)
class Route:
    """One address: `name` is its URL name, or its pattern where it has none."""

    name: str
    pattern: str
    parameters: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith(("api/", "^api/"))

    @property
    def action(self) -> str:
        return self.name.removeprefix("api:act-").replace("-", "_")


@dataclass(frozen=True)
class Cell:
    """One request and the statuses that it may be answered with."""

    route: str
    method: str
    actor: str
    object: str
    expected: frozenset[int]
    lists: str = ""
    body: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def refused(self) -> bool:
        return min(self.expected) >= 400

    def __str__(self) -> str:
        return f"{self.actor} {self.method} {self.route} [{self.object}]"


def routes() -> list[Route]:
    """Every route that the URLconf has now."""
    return list(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns: Any, prefix: str, namespace: str) -> Iterator[Route]:
    for one in patterns:
        if isinstance(one, URLResolver):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _walk(one.url_patterns, prefix + str(one.pattern), inner)
        elif isinstance(one, URLPattern):
            name = f"{namespace}{one.name}" if one.name else str(one.pattern)
            yield Route(name, prefix + str(one.pattern), tuple(one.pattern.regex.groupindex))


def rows_of(route: Route) -> list[dict[str, Any]]:
    """The row, or rows, that declare this route; none for a route that nobody declared."""
    if route.name.startswith("api:act-"):
        return [{"POST": _move_policy(route.action, 428)}] if route.action in MOVES else []
    if route.name == "referrals:act":
        return [_page_of(action) for action in MOVES]
    return [ROWS[route.name]] if route.name in ROWS else []


def _move_policy(action: str, let_through: int | list[int]) -> dict[str, Any]:
    passed = let_through if isinstance(let_through, list) else [let_through]
    out = [401] if let_through == 428 else [302]
    return {"out": out, "unseen": [404], "seen": [403],
            "roles": {role: passed for role in MOVES[action]}}  # fmt: skip


def _page_of(action: str) -> dict[str, Any]:
    return {
        "GET": _move_policy(action, [200, 409]),
        "POST": _move_policy(action, [400, 409, 412]),
        "with": {"action": action.replace("_", "-")},
    }


def cells(route: Route, row: dict[str, Any]) -> Iterator[Cell]:
    """Each method of the row for all actors and objects, the others once for each actor."""
    family = next((_family(p, row) for p in route.parameters if _family(p, row)), None)
    found = OBJECTS[family] if family else {NONE: list(ACTORS)}
    for method in METHODS:
        policy = row.get("GET" if method == "HEAD" else method)
        if policy is None:
            yield from _unlisted(route, method, found)
            continue
        rules = POLICIES[policy] if isinstance(policy, str) else policy
        for name, known_to in found.items():
            for actor in ACTORS:
                status = _expected(route, rules, actor, name, known_to)
                lists = str(row.get("lists", "")) if method != "HEAD" and status == [200] else ""
                yield Cell(route.name, method, actor, name, frozenset(status), lists,
                           row.get("body", {}))  # fmt: skip


def _family(parameter: str, row: dict[str, Any]) -> str | None:
    name = row.get("ids", {}).get(parameter, parameter)
    return name if name in OBJECTS else None


def _unlisted(route: Route, method: str, objects: dict[str, Any]) -> Iterator[Cell]:
    first = next(iter(objects))
    for actor in ACTORS:
        if method == "OPTIONS":
            expected = {200, 204, 302, 401, 404, 405}
        elif route.is_api and "v1" in route.pattern and actor in SIGNED_OUT:
            expected = {401}
        else:
            expected = {405} if route.is_api else {302, 405}
        yield Cell(route.name, method, actor, first, frozenset(expected))


def _expected(
    route: Route, rules: dict[str, Any], actor: str, name: str, known_to: list[str]
) -> list[int]:
    if actor in SIGNED_OUT or (actor in PARTNERS and not route.is_api):
        unseen = name == "missing" and "unseen" in rules and "secret" in route.parameters
        return rules["unseen"] if unseen else rules["out"]
    role = ROLES[actor]
    if actor in rules.get("actors", {}):
        return rules["actors"][actor]
    if "unseen" in rules and not {actor, "anyone"} & set(known_to):
        return rules["unseen"]
    special = rules.get("objects", {}).get(name, {})
    return special.get(role) or rules.get("roles", {}).get(role) or rules["seen"]
