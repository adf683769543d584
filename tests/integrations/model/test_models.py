"""Every state of the protocol is sound, and each rule that is broken shows at once."""

import pytest

from tests.integrations.model import applying, choosing, relaying
from tests.integrations.model.explore import Violation, explore
from tests.integrations.model.relaying import Rules

PROTOCOL = Rules()
MUTANTS = {
    "mark before confirm": (Rules(marks_before_confirm=True), "lost"),
    "continue a key after a nack": (Rules(continues_after_nack=True), "out of order"),
    "two in flight for a key": (Rules(in_flight=2), "out of order"),
}


def explored(rules):
    return explore(relaying.START, relaying.moves(rules), relaying.wrong)


def test_the_protocol_keeps_order_and_loses_nothing(record_testsuite_property):
    states = explored(PROTOCOL)
    record_testsuite_property("states of the relay's protocol", states)
    assert states > 5_000


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_relay_that_breaks_a_rule_is_found(mutant):
    rules, fault = MUTANTS[mutant]
    with pytest.raises(Violation, match=fault):
        explored(rules)


def test_choosing_by_status_sends_everything():
    assert explore(choosing.Table(), choosing.moves(by_cursor=False), never, stuck=choosing.stuck)


def test_choosing_by_a_cursor_skips_whoever_commits_late():
    with pytest.raises(Violation, match="never sent"):
        explore(choosing.Table(), choosing.moves(by_cursor=True), never, stuck=choosing.stuck)


def test_a_message_is_applied_once_whatever_is_delivered_again():
    moves = applying.moves(dedupes_after_effect=False)
    assert explore(applying.Inbox(), moves, applying.wrong, stuck=applying.stuck) > 50


def test_remembering_after_the_effect_applies_twice():
    moves = applying.moves(dedupes_after_effect=True)
    with pytest.raises(Violation, match="2 effects"):
        explore(applying.Inbox(), moves, applying.wrong, stuck=applying.stuck)


def never(state):
    return ""
