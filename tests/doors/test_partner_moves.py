"""Every move that the table gives to a partner system can be made by message."""

from __future__ import annotations

import json

import pytest

from integrations.inbox import batches, service
from integrations.inbox.parsing import CONTENT_TYPE, Arrival
from integrations.models import Delivery, InboxMessage, Partner
from referrals import inbound
from referrals.actors import Role
from referrals.lifecycle import MOVES, Action, State
from referrals.models import Referral
from tests.cast import Cast
from tests.walks import PATHS, inputs, referral_at

# Every row of the table with a partner among its roles, from each state that it starts in.
ROWS = sorted(
    {(move.action, source) for move in MOVES if Role.PS in move.roles for source in move.sources}
)


def send(partner: Partner, action: Action, subject: str, data: dict[str, object]) -> InboxMessage:
    command = {
        "specversion": "1.0", "id": f"{action}-{InboxMessage.objects.count()}",
        "source": "urn:ehr", "type": f"tandem.command.{action}.v1", "subject": subject,
        "data": data,
    }  # fmt: skip
    key = f"{partner.slug}.{action}"
    arrival = Arrival(json.dumps(command).encode(), CONTENT_TYPE, partner.slug, key)
    batches.store_batch([arrival], partner=partner)
    assert service.process_all() == 1
    return InboxMessage.objects.get(message_id=command["id"])


def test_the_rows_are_those_of_the_table() -> None:
    assert {action for action, _ in ROWS} == {Action(name) for name in inbound.ACTIONS}
    assert len({action for action, _ in ROWS}) == 7 and {state for _, state in ROWS} <= set(PATHS)


@pytest.mark.parametrize(("action", "state"), ROWS, ids=lambda value: str(value))
def test_a_partners_move_by_message_is_accepted(
    action: Action, state: State, cast: Cast, partner: Partner
) -> None:
    referral = referral_at(state, cast)
    data = {**inputs(action, cast), "expected_version": referral.version}
    row = send(partner, action, str(referral.pk), data)
    assert (row.status, row.accepted) == ("done", True), row.problem_type
    moved = Referral.objects.get(pk=referral.pk)
    assert moved.version == referral.version + 1
    answer = Delivery.objects.get(ordering_key=f"{partner.slug}:commands")
    told = json.loads(bytes(answer.body))
    assert told["type"] == "tandem.command.accepted.v1"
    assert told["correlationid"] == row.message_id


def test_what_a_partner_may_not_do_is_answered_with_its_problem(
    cast: Cast, partner: Partner
) -> None:
    referral = referral_at(State.SUBMITTED, cast, patient={"given_name": "Another"})
    elsewhere = referral_at(State.SUBMITTED, cast, clinic="winter-park")
    schedule = inputs(Action.SCHEDULE, cast)
    accepted = referral_at(State.ACCEPTED, cast)
    cases = [
        (Action.SCHEDULE, str(referral.pk), schedule, "state-conflict"),
        (Action.SCHEDULE, str(accepted.pk), {**schedule, "expected_version": 1}, "stale-version"),
        (Action.SCHEDULE, str(accepted.pk), {"start": "soon"}, "validation"),
        (Action.SCHEDULE, str(elsewhere.pk), schedule, "not-found"),
        (Action.SCHEDULE, "00000000-0000-4000-8000-000000000000", schedule, "not-found"),
        (Action.ACCEPT, str(referral.pk), {}, "validation"),
    ]
    for action, subject, data, problem in cases:
        row = send(partner, action, subject, data)
        assert (row.accepted, row.problem_type) == (False, problem), (action, problem)
    answers = Delivery.objects.filter(ordering_key=f"{partner.slug}:commands").order_by("key_seq")
    bodies = [json.loads(bytes(answer.body)) for answer in answers]
    assert [body["data"]["problem"] for body in bodies] == [{"type": case[3]} for case in cases]
    # An unknown referral and a foreign one read alike.
    assert bodies[3]["data"].keys() == bodies[4]["data"].keys()
