"""Compare what `rabbitmqctl export_definitions` wrote with the topology: all of it, no account.

The export shows what no AMQP account can see: bindings, policies and rights.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from integrations import topology
from integrations.rabbitmq.findings import (
    Finding,
    exchange_missing,
    queue_missing,
    recreate,
    swallowed,
    unbound,
)

Rows = Mapping[str, Mapping[str, Any]]


def compare(
    exported: Mapping[str, Any], slugs: Iterable[str], *, vhost: str = "/"
) -> list[Finding]:
    """What the export lacks or has otherwise. ValueError if it is no export of definitions."""
    if not isinstance(exported, Mapping) or "exchanges" not in exported:
        raise ValueError("This is not what rabbitmqctl export_definitions writes.")
    wanted = topology.definitions(slugs, vhost=vhost)
    return [
        *_exchanges(wanted, exported, vhost),
        *_queues(wanted, exported, vhost),
        *_bindings(wanted, exported, vhost),
        *_policies(wanted, exported, vhost),
        *_rights(wanted, exported, vhost),
    ]


def _named(exported: Mapping[str, Any], kind: str, vhost: str) -> Rows:
    return {row["name"]: row for row in exported.get(kind, []) if row.get("vhost", "/") == vhost}


def _exchanges(
    wanted: Mapping[str, Any], exported: Mapping[str, Any], vhost: str
) -> Iterator[Finding]:
    there = _named(exported, "exchanges", vhost)
    for row in wanted["exchanges"]:
        name = row["name"]
        if name not in there:
            yield exchange_missing(name, stops=name == topology.EVENTS)
            continue
        for part in ("type", "durable"):
            if there[name].get(part) != row[part]:
                yield recreate("exchange", name, f"has another {part} than it must", stops=True)
        if "alternate-exchange" in there[name].get("arguments", {}) or _by_policy(
            exported, name, "alternate-exchange", vhost
        ):
            yield swallowed(name, "has an alternate exchange")


def _by_policy(exported: Mapping[str, Any], name: str, key: str, vhost: str) -> bool:
    rows = _named(exported, "policies", vhost).values()
    return any(
        key in row["definition"]
        and row.get("apply-to", "all") in ("all", "exchanges")
        and re.search(row["pattern"], name)
        for row in rows
    )


def _queues(
    wanted: Mapping[str, Any], exported: Mapping[str, Any], vhost: str
) -> Iterator[Finding]:
    there = _named(exported, "queues", vhost)
    for row in wanted["queues"]:
        name = row["name"]
        if name not in there:
            yield queue_missing(name)
            continue
        if not there[name].get("durable"):
            yield recreate("queue", name, "is not durable", stops=True)
        has = there[name].get("arguments", {})
        for key, value in row["arguments"].items():
            if has.get(key, "classic" if key == "x-queue-type" else None) != value:
                yield recreate("queue", name, f"has another {key} than it must")


def _bindings(
    wanted: Mapping[str, Any], exported: Mapping[str, Any], vhost: str
) -> Iterator[Finding]:
    there = {_ends(row) for row in exported.get("bindings", []) if row.get("vhost", "/") == vhost}
    queues = _named(exported, "queues", vhost)
    for row in wanted["bindings"]:
        if row["destination"] in queues and _ends(row) not in there:
            yield unbound(row["destination"], row["source"], row["routing_key"])
    for source, name, key in sorted(there):
        if source == topology.EVENTS and key == "#":
            yield swallowed(name, f"takes in everything of {source}")


def _ends(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["source"], row["destination"], row["routing_key"]


def _policies(
    wanted: Mapping[str, Any], exported: Mapping[str, Any], vhost: str
) -> Iterator[Finding]:
    """A tighter limit is the operator's; a policy that is not there has no limit at all."""
    there = _named(exported, "policies", vhost)
    for row in wanted["policies"]:
        if row["name"] not in there:
            yield Finding(f"The policy {row['name']}", "is missing")


def _rights(
    wanted: Mapping[str, Any], exported: Mapping[str, Any], vhost: str
) -> Iterator[Finding]:
    for kind in ("permissions", "topic_permissions"):
        there = {
            row["user"]: row for row in exported.get(kind, []) if row.get("vhost", "/") == vhost
        }
        for row in wanted[kind]:
            name = f"The account {row['user']}"
            if row["user"] not in there:
                yield Finding(name, f"has no {kind.replace('_', ' ')}")
            elif any(there[row["user"]].get(key) != value for key, value in row.items()):
                yield Finding(name, f"has other {kind.replace('_', ' ')} than the least")
