"""The way out: every mail goes once in effect, whatever the server does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction

from referrals import clock, notifications
from referrals.models import Mail, MailStatus
from referrals.notifications import sending
from tests.cast import Cast

Trouble = Callable[[str], None]


@pytest.fixture
def mails(cast: Cast) -> list[Mail]:
    """Five mails that wait, to five people."""
    people = [cast.physician, cast.therapist, cast.delegate, cast.coordinator, cast.clinician]
    with transaction.atomic():
        notifications.notify(
            "advice_answered", None, key="q", named=[p.pk for p in people], link="/advice/1/"
        )
    return list(Mail.objects.order_by("pk"))


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch) -> dict[str, Trouble]:
    """`trouble["with"]` is asked before each mail with its address, and may raise."""
    how: dict[str, Trouble] = {"with": lambda address: None}
    send = EmailBackend.send_messages

    def troubled(self: Any, messages: Any) -> Any:
        for message in messages:
            how["with"](message.to[0])
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", troubled)
    return how


def away(address: str) -> None:
    raise SMTPServerDisconnected("gone")


def waiting() -> int:
    return Mail.objects.filter(status=MailStatus.WAITING).count()


def test_what_waits_is_sent_once(mails: list[Mail]) -> None:
    assert sending.send_waiting() == 5
    assert sending.send_waiting() == 0
    assert len(django_mail.outbox) == 5
    assert not waiting()


def test_an_hour_without_a_server_loses_and_doubles_nothing(
    mails: list[Mail], trouble: dict[str, Trouble]
) -> None:
    start = clock.now()
    trouble["with"] = away
    for minute in range(60):
        with clock.at(start + timedelta(minutes=minute)):
            assert sending.send_waiting() == 0
    assert waiting() == 5
    trouble["with"] = lambda address: None
    for minute in range(60, 95):
        with clock.at(start + timedelta(minutes=minute)):
            sending.send_waiting()
    assert sorted(m.to[0] for m in django_mail.outbox) == sorted(m.user.email for m in mails)  # type: ignore[union-attr]
    assert not waiting()


def test_a_server_that_is_away_is_asked_once_in_a_run(
    mails: list[Mail], trouble: dict[str, Trouble]
) -> None:
    asked: list[str] = []

    def counted(address: str) -> None:
        asked.append(address)
        away(address)

    trouble["with"] = counted
    sending.send_waiting()
    assert len(asked) == 1


def test_one_refused_address_holds_up_nobody(
    mails: list[Mail], trouble: dict[str, Trouble], cast: Cast
) -> None:
    def refuse(address: str) -> None:
        if address == cast.physician.email:
            raise SMTPRecipientsRefused({address: (450, b"later")})

    trouble["with"] = refuse
    assert sending.send_waiting() == 4
    assert waiting() == 1
    with clock.at(clock.now() + timedelta(days=4)):
        sending.send_waiting()
    assert Mail.objects.get(user=cast.physician).status == MailStatus.REFUSED


def test_the_wait_grows_and_ends_at_half_an_hour(
    mails: list[Mail], trouble: dict[str, Trouble]
) -> None:
    trouble["with"] = away
    Mail.objects.exclude(pk=mails[0].pk).delete()
    now, waits = clock.now(), []
    for _ in range(9):
        with clock.at(now):
            sending.send_waiting()
        then: datetime = Mail.objects.get().next_try_at
        waits.append((then - now).total_seconds())
        now = then
    assert waits == [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]


def test_a_crash_after_sending_sends_the_same_mail_again_once(mails: list[Mail]) -> None:
    Mail.objects.exclude(pk=mails[0].pk).delete()
    claimed = sending.claim()
    assert claimed is not None
    assert sending.claim() is None  # leased: no second host takes it
    with clock.at(clock.now() + sending.LEASE):
        sending.send_waiting()
        sending.send_waiting()
    (sent,) = django_mail.outbox
    assert sent.message()["Message-ID"].startswith(f"<{claimed.pk}@")


def test_a_lease_that_ran_out_settles_nothing(mails: list[Mail]) -> None:
    Mail.objects.exclude(pk=mails[0].pk).delete()
    slow = sending.claim()
    assert slow is not None
    with clock.at(clock.now() + sending.LEASE):
        assert sending.claim() is not None
        sending._settle(slow, status=MailStatus.DROPPED)
    assert waiting() == 1


def test_the_address_is_the_present_one(mails: list[Mail], cast: Cast) -> None:
    cast.physician.email = "new@tests.example"
    cast.physician.save()
    cast.therapist.is_active = False
    cast.therapist.save()
    assert sending.send_waiting() == 4
    assert Mail.objects.get(user=cast.therapist).status == MailStatus.DROPPED
    assert "new@tests.example" in {m.to[0] for m in django_mail.outbox}


def test_the_urgent_one_goes_first(mails: list[Mail]) -> None:
    Mail.objects.filter(pk=mails[4].pk).update(urgent=True)
    first = sending.claim()
    assert first is not None and first.pk == mails[4].pk


def test_somebody_without_a_sign_in_is_written_to(cast: Cast) -> None:
    with transaction.atomic():
        notifications.write_to("p@tests.example", what="usual", link="/p/secret/", key="p1")
        notifications.write_to("p@tests.example", what="usual", link="/p/secret/", key="p1")
    assert sending.send_waiting() == 1
    (sent,) = django_mail.outbox
    assert sent.to == ["p@tests.example"] and "/p/secret/" in sent.body
