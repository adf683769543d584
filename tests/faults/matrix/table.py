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
    "superuser": "", "deactivated": "", "anonymous": "", "invited": "ic",
}  # fmt: skip
ACTORS = tuple(ROLES)
SIGNED_OUT = frozenset({"anonymous", "deactivated"})
PARTNERS = frozenset({"partner", "other_partner"})
# Of the referrals, those that each of the many actions is tried on.
RELATIONS = ("own", "colleague", "stranger", "elsewhere", "missing")
# One of each kind of credential and role, for what is decided before anybody is looked at:
# HEAD beside its GET, and the methods that an address does not have.
SAMPLE = (
    "anonymous", "physician", "delegate", "coordinator", "clinic_admin", "privacy", "partner",
    "superuser",
)  # fmt: skip
# Addresses of the API that are for people, which is asked before the method.
PEOPLES_OWN = frozenset({"token", "tokens", "api-partner", "api-partners", "api-partner-secret"})
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
    return list(_walk(get_resolver(), Route("", "", ())))


def _walk(resolver: URLResolver, above: Route) -> Iterator[Route]:
    """`above` is what the resolvers on the way here add: namespaces, prefix, parameters."""
    for one in resolver.url_patterns:
        pattern = above.pattern + str(one.pattern)
        parameters = above.parameters + tuple(one.pattern.regex.groupindex)
        if isinstance(one, URLResolver):
            namespace = f"{above.name}{one.namespace}:" if one.namespace else above.name
            yield from _walk(one, Route(namespace, pattern, parameters))
        elif isinstance(one, URLPattern):
            name = f"{above.name}{one.name}" if one.name else str(one.pattern)
            yield Route(name, pattern, parameters)


def rows_of(route: Route) -> list[dict[str, Any]]:
    """The row, or rows, that declare this route; none for a route that nobody declared."""
    if route.name.startswith("api:act-"):
        row = {"POST": _move_policy(route.action, 428), "objects": RELATIONS}
        return [row] if route.action in MOVES else []
    if route.name == "referrals:act":
        pages = [_page_of(action) for action in MOVES]
        return pages[:1] + [page | {"again": True} for page in pages[1:]]
    return [ROWS[route.name]] if route.name in ROWS else []


def _move_policy(action: str, let_through: int | list[int]) -> dict[str, Any]:
    passed = let_through if isinstance(let_through, list) else [let_through]
    out = [401] if let_through == 428 else [302]
    return {"out": out, "unseen": [404], "seen": [403],
            "roles": {role: passed for role in MOVES[action]}}  # fmt: skip


def _page_of(action: str) -> dict[str, Any]:
    return {
        "GET": _move_policy(action, [200, 409]) | {"only": ["own", "missing"]},
        "POST": _move_policy(action, [400, 409, 412]),
        "with": {"action": action.replace("_", "-")},
        "objects": RELATIONS,
    }


def cells(route: Route, row: dict[str, Any]) -> Iterator[Cell]:
    """Each method of the row for all actors and objects, the others once for each actor."""
    family = next((_family(p, row) for p in route.parameters if _family(p, row)), None)
    found = OBJECTS[family] if family else {NONE: list(ACTORS)}
    found = {name: found[name] for name in row.get("objects", found)}
    for method in METHODS:
        policy = row.get("GET" if method == "HEAD" else method)
        if policy is None:
            yield from _unlisted(route, method, found) if not row.get("again") else ()
            continue
        rules = POLICIES[policy] if isinstance(policy, str) else policy
        for name, known_to in list(found.items())[: 1 if method == "HEAD" else None]:
            if name not in rules.get("only", found):
                continue
            for actor in SAMPLE if method == "HEAD" else ACTORS:
                status = _expected(route, rules, actor, name, known_to)
                if method == "HEAD" and not route.is_api:
                    status = [*status, 405]  # a page may leave HEAD out
                lists = str(row.get("lists", "")) if method != "HEAD" and status == [200] else ""
                yield Cell(route.name, method, actor, name, frozenset(status), lists,
                           row.get("body", {}))  # fmt: skip


def _family(parameter: str, row: dict[str, Any]) -> str | None:
    name = row.get("ids", {}).get(parameter, parameter)
    return name if name in OBJECTS else None


def _unlisted(route: Route, method: str, objects: dict[str, Any]) -> Iterator[Cell]:
    first = next(iter(objects))
    for actor in SAMPLE:
        if method == "OPTIONS":
            expected = {200, 204, 302, 401, 403, 404, 405}
        elif route.is_api and "v1" in route.pattern and actor in SIGNED_OUT:
            expected = {401}
        else:
            allauth = route.name.startswith(("account_", "mfa_", "usersessions_"))
            expected = {405} if route.is_api else {302, 405}
            expected |= {403} if route.name in PEOPLES_OWN and actor in PARTNERS else set()
            expected |= {200, 400, 403, 404} if allauth else set()  # PUT counts as POST there
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
    if rules.get("role_first") and role not in rules["roles"]:
        return rules["seen"]
    if "unseen" in rules and not {actor, "anyone"} & set(known_to):
        return rules["unseen"]
    special = rules.get("objects", {}).get(name, {})
    return special.get(role) or rules.get("roles", {}).get(role) or rules["seen"]
