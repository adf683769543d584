"""Mails on their way: claimed, sent outside of any transaction, marked.

A mail is claimed by a conditional update with a lease, so that two hosts never send the same
one at once. Whoever dies between sending and marking leaves a lease that runs out, and the
mail goes again under its own Message-ID. A server that is away holds everything up and loses
nothing; a mail that the server refuses by itself is tried for three days.
"""

from __future__ import annotations

import time
from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused

import structlog
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Q

from referrals import clock
from referrals.models import Mail, MailStatus
from referrals.notifications import wording

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)  # longer than one try can take: see EMAIL_TIMEOUT
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)
REFUSED_FOR = timedelta(days=3)
MOST, SECONDS = 200, 20  # in one run; the timers have other work too
# The server answered, and refused this one mail; everything else is trouble with the server.
REFUSALS = (SMTPRecipientsRefused, SMTPDataError)


class ServerAway(Exception):
    """The mail server took nothing: no use in trying the next mail now."""


def send_waiting() -> int:
    """Send what is due, the urgent ones first; returns how many the server took."""
    until, sent = time.monotonic() + SECONDS, 0
    connection = get_connection()
    try:
        for _ in range(MOST):
            mail = claim()
            if mail is None or time.monotonic() > until:
                break
            sent += _send(mail, connection)
    except ServerAway as away:
        log.warning("mail_server_away", problem=str(away))
    finally:
        _close(connection)
    return sent


def claim() -> Mail | None:
    """The next mail that is due, leased to this process alone."""
    now = clock.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    due = Mail.objects.filter(free, status=MailStatus.WAITING, next_try_at__lte=now)
    for mail in due.order_by("-urgent", "next_try_at", "id")[:20]:
        if due.filter(pk=mail.pk).update(leased_until=now + LEASE, tries=F("tries") + 1):
            mail.tries, mail.leased_until = mail.tries + 1, now + LEASE
            return mail
    return None


def _send(mail: Mail, connection: BaseEmailBackend) -> bool:
    address = _address(mail)
    if address is None:
        _settle(mail, status=MailStatus.DROPPED)
        return False
    try:
        # Opened by hand: a connection that send_messages opens is closed by it, and an error
        # in closing would look like one in sending.
        connection.open()
        connection.send_messages([wording.message(mail, address, connection)])
    except REFUSALS as problem:
        _close(connection)
        _refused(mail, problem)
        return False
    except Exception as problem:
        # Whatever it was, it was not this mail's fault: it waits, and so do the others.
        _close(connection)
        _again(mail, problem)
        raise ServerAway(type(problem).__name__) from None
    _settle(mail, status=MailStatus.SENT, sent_at=clock.now(), problem="")
    return True


def _address(mail: Mail) -> str | None:
    """Where it goes today; None where there is nobody any more."""
    if mail.user is not None:
        return mail.user.email if mail.user.is_active else None
    if mail.organisation is not None:
        return mail.organisation.team_email or None
    return mail.address


def _settle(mail: Mail, **columns: object) -> None:
    """Write the end of a try, if the lease is still ours."""
    Mail.objects.filter(
        pk=mail.pk, leased_until=mail.leased_until, status=MailStatus.WAITING
    ).update(leased_until=None, **columns)


def _again(mail: Mail, problem: Exception) -> None:
    wait = min(FIRST_WAIT * 2 ** min(mail.tries - 1, 10), LONGEST_WAIT)
    _settle(mail, next_try_at=clock.now() + wait, problem=type(problem).__name__[:60])


def _refused(mail: Mail, problem: Exception) -> None:
    if clock.now() - mail.created_at < REFUSED_FOR:
        _again(mail, problem)
        return
    _settle(mail, status=MailStatus.REFUSED, problem=type(problem).__name__[:60])
    log.error("mail_refused", problem=type(problem).__name__)


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except Exception as problem:
        # A connection that is gone already has nothing left to close.
        log.info("mail_connection_lost", problem=type(problem).__name__)
