"""When `seed_demo` refuses, and that it tells the same stories each time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from portal.accounts.models import User
from portal.accounts.partners import register_client
from referrals import clock
from referrals.demo import days, plan, seed
from referrals.models import Referral

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_anchor(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_ANCHOR = str(tmp_path / "heads.jsonl")


def test_it_refuses_without_the_demo_setting(db: None, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="passwords are public"):
        call_command("seed_demo")
    assert not User.objects.exists()


def test_force_overrides_the_refusal(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEMO = False
    monkeypatch.setattr(plan, "PLAN", ())
    call_command("seed_demo", "--force", verbosity=0)
    assert User.objects.filter(email="physician@demo.example").exists()


def test_it_tells_the_same_stories_each_time(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [kind for kind in plan.PLAN if kind.count == 1][:14]
    monkeypatch.setattr(plan, "PLAN", tuple(chosen))
    assert _told() == _told()


def _told() -> list[Any]:
    """The stories without ids and references, seeded as of one moment, then undone."""
    with clock.at(NOON):
        point = transaction.savepoint()
        seed.seed(register_client=register_client)
        told = [_story(referral) for referral in Referral.objects.select_related("content")]
        transaction.savepoint_rollback(point)
    assert len(told) >= 14
    return sorted(told, key=repr)


def _story(referral: Referral) -> list[Any]:
    return [
        referral.state, referral.priority, referral.due_at, referral.content.as_dict(),
        [(e.action, e.occurred_at, e.actor_name) for e in referral.timeline.all()],
        [(m.created_at, m.body) for m in referral.messages.all()],
        [(a.start, a.status) for a in referral.appointments.all()],
    ]  # fmt: skip


def test_a_seed_that_breaks_off_leaves_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    monkeypatch.setattr(plan, "PLAN", plan.PLAN[:6])
    with pytest.raises(KeyboardInterrupt):
        seed.seed(register_client=register_client, report=interrupted)
    assert not seed.is_there()
    assert not Referral.objects.exists()


def test_seeding_sends_no_mail(
    db: None, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[Any]
) -> None:
    asking = tuple(k for k in plan.PLAN if k.tell.__name__ == "expired")[:1]
    monkeypatch.setattr(plan, "PLAN", asking)
    seed.seed(register_client=register_client)
    assert Referral.objects.filter(state="expired").exists()
    assert mailoutbox == []


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2026-11-26", "Thanksgiving Day"),
        ("2027-01-18", "Martin Luther King Jr. Day"),
        ("2027-05-31", "Memorial Day"),
        ("2027-07-05", "Independence Day"),
        ("2027-12-24", "Christmas Day"),
    ],
)
def test_holidays_follow_the_federal_rule(day: str, name: str) -> None:
    year = int(day[:4])
    assert {d.isoformat(): n for d, n in days.holidays(year).items()}[day] == name


def test_working_days_skip_weekends_and_holidays() -> None:
    calendar = days.Calendar(datetime(2026, 11, 30, 15, 0, tzinfo=UTC))
    assert [calendar.ago(n).isoformat() for n in range(4)] == [
        "2026-11-27", "2026-11-25", "2026-11-24", "2026-11-23",
    ]  # fmt: skip
    assert calendar.after(calendar.ago(1), 1).isoformat() == "2026-11-27"
