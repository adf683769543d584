"""A real mail server that is away, slow, unwilling or unsafe; and no patient in any mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import override_settings

from portal.local.processes import free_ports
from referrals import clock, notifications
from referrals.lifecycle import State
from referrals.models import Mail, MailStatus, Referral
from referrals.notifications import digests, sending
from referrals.notifications.table import TOLD
from tests.cast import Cast
from tests.faults import test_canaries
from tests.faults.canaries import CANARIES, found_in
from tests.referrals.notifications.trap import Trap, pointed_at, running
from tests.walks import referral_at


def waiting() -> int:
    return Mail.objects.filter(status=MailStatus.WAITING).count()


def test_no_mail_of_any_kind_says_a_word_about_the_patient(cast: Cast) -> None:
    referral, trap = test_canaries.walk(cast), Trap()
    with transaction.atomic():
        for what in TOLD:
            notifications.notify(what, referral, key=what, named=[cast.physician.pk])
    with clock.at(clock.now() + timedelta(days=1)), running(trap):
        digests.gather()
        owed = Mail.objects.count()
        assert sending.send_waiting() == owed == len(trap.seen) > 40
    assert found_in(b"\n".join(trap.seen)) == set()
    assert len(set(trap.message_ids())) == owed


def test_the_search_would_find_a_name() -> None:
    assert found_in(b"Subject: " + CANARIES["given_name"].encode()) == {"given_name"}


def test_an_hour_without_a_server_fails_no_referral_and_loses_no_mail(cast: Cast) -> None:
    (port,) = free_ports(1)
    start, trap = clock.now(), Trap()
    with pointed_at(port):
        for minute in range(0, 60, 5):
            with clock.at(start + timedelta(minutes=minute)):
                name = {"given_name": f"Marisol {minute}"}
                assert referral_at(State.SUBMITTED, cast, patient=name).state == State.SUBMITTED
                assert sending.send_waiting() == 0
    owed = Mail.objects.count()
    assert Referral.objects.count() == 12 and owed == waiting() == 24
    with running(trap):
        for minute in range(60, 95):
            with clock.at(start + timedelta(minutes=minute)):
                sending.send_waiting()
    assert not waiting()
    assert len(trap.seen) == len(set(trap.message_ids())) == owed


@pytest.mark.parametrize("answer", ["451 try later", "550 unknown", "421 closing"])
def test_a_mail_that_is_not_taken_waits(cast: Cast, answer: str) -> None:
    referral_at(State.SUBMITTED, cast)
    trap = Trap(answer=answer)
    with running(trap):
        assert sending.send_waiting() == 0
        trap.answer = "250 taken"
        with clock.at(clock.now() + timedelta(minutes=2)):
            assert sending.send_waiting() == 2
    assert len(trap.seen) == 2


def test_a_server_without_starttls_gets_no_byte_of_a_mail(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast)
    trap = Trap()
    with running(trap, tls=True):
        assert sending.send_waiting() == 0
    assert trap.seen == []
    assert waiting() == 2
    assert set(Mail.objects.exclude(problem="").values_list("problem", flat=True)) == {
        "SMTPNotSupportedError"
    }


def test_a_slow_server_ends_the_run_and_the_mail_waits(cast: Cast) -> None:
    referral_at(State.SUBMITTED, cast)
    trap = Trap(delay=30)
    with running(trap), override_settings(EMAIL_TIMEOUT=0.2):
        assert sending.send_waiting() == 0
    assert waiting() == 2
