"""What the referral's pages say of its actions, its clocks and its past."""

from datetime import timedelta

from portal.presenters import consequences, stream
from referrals import clock
from referrals.clocks import watch
from referrals.lifecycle import MOVE_FOR, Action, State
from referrals.operations import drafts
from referrals.operations.consents import EXPIRED_ENTRY
from tests.cast import Cast
from tests.portal.pages.doors import act_url, browser, detail_url
from tests.walks import act, referral_at


def test_every_button_has_its_words_and_every_happening_its_title() -> None:
    assert set(consequences.DONE) == set(MOVE_FOR) - {Action.EXPIRE}
    assert set(stream.HAPPENED) == {
        *Action, "amend", "clock_at_risk", "clock_breached", EXPIRED_ENTRY,
    }  # fmt: skip


def test_an_urgent_clock_is_not_said_to_stop_for_a_question(cast: Cast) -> None:
    row = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "coordinator")
    page = client.get(act_url(row, Action.REQUEST_INFO)).content.decode()
    assert "The routine clock stops" in page
    raised = {"priority": "p1", "comment": "Called."}
    act(row, Action.CHANGE_PRIORITY, cast.actor("clinician"), raised)
    page = client.get(act_url(row, Action.REQUEST_INFO)).content.decode()
    assert "The clocks of P0 and P1 run on" in page and "clock stops" not in page


def test_the_timeline_says_which_clock_and_which_answers(cast: Cast) -> None:
    row = referral_at(State.SUBMITTED, cast)
    drafts.change(
        row.pk, by=cast.actor("physician"), data={"pain": {"sites": ["low back"]}},
        version=row.version, amendment_reason="Told today.", door="portal",
    )  # fmt: skip
    with clock.at(clock.now() + timedelta(days=9)):
        watch.ring()
        page = browser(cast, "coordinator").get(detail_url(row)).content.decode()
    assert "Pain: Where is the pain?" in page and "pain.sites" not in page
    told = [after[:900] for after in page.split("A clock has run out")[1:]]
    for clock_words in ("First look", "Decision"):
        assert any(clock_words in words for words in told)
