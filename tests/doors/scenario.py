"""One story, told through each door: sent, accepted, missed once, seen, answered, closed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.inbox import service, storing
from integrations.inbox.parsing import CONTENT_TYPE, Arrival
from integrations.models import Delivery, Event, InboxMessage, Partner
from referrals import clock
from referrals.lifecycle import Action
from referrals.models import Referral, TimelineEntry
from tests.cast import Cast
from tests.portal.pages import doors as pages
from tests.referrals.api.calls import Caller, match, one, partner_caller
from tests.walks import draft, inputs

ZONE = ZoneInfo("America/New_York")
STEPS: tuple[tuple[Action, str], ...] = (
    (Action.SUBMIT, "physician"), (Action.CLAIM, "coordinator"), (Action.ACCEPT, "coordinator"),
    (Action.SCHEDULE, "coordinator"), (Action.RECORD_NO_SHOW, "coordinator"),
    (Action.SCHEDULE, "coordinator"), (Action.START_CARE, "clinician"),
    (Action.COMPLETE, "clinician"), (Action.CLOSE, "physician"),
)  # fmt: skip
PARTNERS_MOVES = frozenset(
    {Action.SCHEDULE, Action.RECORD_NO_SHOW, Action.START_CARE, Action.COMPLETE}
)
Door = Callable[[Cast, Referral, Action, str, dict[str, Any]], None]


def _appointment() -> dict[str, Any]:
    day = (clock.now().astimezone(ZONE) + timedelta(days=3)).date()
    start = datetime(day.year, day.month, day.day, 10, tzinfo=ZONE)
    return {
        "start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat(),
        "time_zone": ZONE.key, "mode": "in_person", "place": "Main Street 1",
    }  # fmt: skip


def given(action: Action, cast: Cast) -> dict[str, Any]:
    return _appointment() if action is Action.SCHEDULE else inputs(action, cast)


def typed(data: dict[str, Any]) -> dict[str, str]:
    """The same input as a person types it into the form."""
    found: dict[str, str] = {}
    for name, value in data.items():
        if name in ("start", "end"):
            instant = datetime.fromisoformat(value)
            found |= {"day": f"{instant:%Y-%m-%d}", f"{name}_time": f"{instant:%H:%M}"}
        elif isinstance(value, dict):
            found |= {f"{name}__{inner}": text for inner, text in value.items()}
        else:
            found[name] = value
    return found


def by_page(cast: Cast, row: Referral, action: Action, part: str, data: dict[str, Any]) -> None:
    answer = pages.send(pages.browser(cast, part), row, action, **typed(data))
    assert answer.status_code == 303, (action, answer.status_code)


def by_api(cast: Cast, row: Referral, action: Action, part: str, data: dict[str, Any]) -> None:
    caller = Caller(getattr(cast, part))
    answer = caller.post(one(row, f"{action.slug}/"), data, If_Match=match(row))
    assert answer.status_code == 200, (action, answer.content)


def by_partners_api(
    cast: Cast, row: Referral, action: Action, part: str, data: dict[str, Any]
) -> None:
    if action not in PARTNERS_MOVES:
        return by_api(cast, row, action, part, data)
    caller = partner_caller(cast)
    answer = caller.post(one(row, f"{action.slug}/"), data, If_Match=match(row))
    assert answer.status_code == 200, (action, answer.content)


def by_message(cast: Cast, row: Referral, action: Action, part: str, data: dict[str, Any]) -> None:
    """As the broker hands it over: stored in the inbox, then applied."""
    if action not in PARTNERS_MOVES:
        return by_api(cast, row, action, part, data)
    partner = Partner.objects.get(slug="ehr-tests")
    version = int(match(row).strip('"'))
    command = {
        "specversion": "1.0", "id": f"command-{version}", "source": "urn:ehr",
        "type": f"tandem.command.{action}.v1", "subject": str(row.pk),
        "data": {"expected_version": version, **data},
    }  # fmt: skip
    arrival = Arrival(json.dumps(command).encode(), CONTENT_TYPE, partner.slug,
                      f"{partner.slug}.{action}")  # fmt: skip
    storing.store(arrival, partner=partner)
    assert service.process_all() == 1
    kept = InboxMessage.objects.get(message_id=command["id"])
    assert kept.accepted is True, (action, kept.problem_type)


@dataclass(frozen=True)
class Trace:
    """What a story left, without what differs from one telling to the next: ids and times."""

    timeline: list[dict[str, Any]]
    events: list[tuple[str, str, dict[str, Any]]]
    deliveries: list[tuple[str, int]]


def tell(cast: Cast, door: Door) -> Trace:
    row = draft(cast)
    for action, part in STEPS:
        door(cast, row, action, part, given(action, cast))
    return Trace(_timeline(row), _events(row), _deliveries(row))


def _timeline(row: Referral) -> list[dict[str, Any]]:
    rows = TimelineEntry.objects.filter(referral=row).order_by("number")
    return [
        {
            "number": e.number, "action": e.action, "from": e.from_state, "to": e.to_state,
            "version": e.version, "kind": e.actor_kind, "who": e.actor_name,
            "role": e.actor_role, "class": e.reason_class, "detail": e.detail,
            "automatic": e.automatic, "late": e.late, "again": e.again,
            "told": e.event_id is not None,
        }
        for e in rows
    ]  # fmt: skip


def _events(row: Referral) -> list[tuple[str, str, dict[str, Any]]]:
    found = Event.objects.filter(subject=row.pk, private_to__isnull=True).order_by("ordinal")
    bodies = [json.loads(bytes(event.body)) for event in found]
    return [(body["type"], body["sequence"], _plain(body["data"])) for body in bodies]


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    referral = {k: v for k, v in data["referral"].items() if k not in ("id", "reference")}
    kept = {k: v for k, v in data.items() if k not in ("occurred_at", "links")}
    return {**kept, "referral": referral}


def _deliveries(row: Referral) -> list[tuple[str, int]]:
    found = Delivery.objects.filter(event__subject=row.pk, event__private_to__isnull=True)
    return list(found.order_by("key_seq").values_list("routing_key", "key_seq"))
