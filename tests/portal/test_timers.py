"""The clockwork: each job when it is due, a job that fails is named, and none stops another."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from allauth.idp.oidc.models import Client, Token
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone
from structlog.testing import capture_logs

from portal import timers
from portal.management.commands import run_timers


def job(monkeypatch: pytest.MonkeyPatch, **jobs) -> None:
    monkeypatch.setattr(run_timers, "JOBS", {name: (work, 60) for name, work in jobs.items()})


@pytest.mark.django_db
def test_what_fails_is_named_and_the_next_still_runs(monkeypatch) -> None:
    ran = []

    def broken() -> int:
        raise OperationalError("could not reach db.internal")

    job(monkeypatch, broken=broken, sound=lambda: ran.append(1) or 0)
    due = {"broken": 0.0, "sound": 0.0}
    with capture_logs() as lines:
        run_timers.run_due(due)
        run_timers.run_due(due)
    assert ran == [1]
    assert [(line["event"], line["worker"]) for line in lines] == [("timer_failed", "broken")]


@pytest.mark.django_db
def test_a_partners_token_is_forgotten_when_it_opens_nothing_any_more() -> None:
    client = Client.objects.create(id="one", name="one")
    for name, hours in (("old", -1), ("live", 1)):
        Token.objects.create(
            type=Token.Type.ACCESS_TOKEN, hash=name, client=client,
            expires_at=timezone.now() + timedelta(hours=hours),
        )  # fmt: skip
    assert timers.forget_partner_tokens() == 1
    assert [token.hash for token in Token.objects.all()] == ["live"]


@pytest.mark.django_db(transaction=True)
def test_once_runs_every_job() -> None:
    out = StringIO()
    call_command("run_timers", "--once", stdout=out)
    named = {line.split(":")[0] for line in out.getvalue().splitlines()}
    assert named == set(timers.JOBS)
    assert {"seal_access_log", "clear_sessions", "forget_interrupted_posts"} <= named
