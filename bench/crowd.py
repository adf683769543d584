"""A clinic with very many referrals, made quickly: rows, timeline, clocks, figures, notices.

Copies of one real referral. What is sealed is sealed anew for each row, as it must be; what
is plain is copied by the database itself.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta

from django.db import connection

from referrals import clock, references
from referrals.lifecycle import State
from referrals.models import Referral, ReferralContent

STATES = (
    [State.CLOSED] * 12 + [State.DECLINED] * 2 + [State.SUBMITTED, State.IN_REVIEW] * 2
    + [State.INFO_REQUESTED, State.ACCEPTED, State.SCHEDULED, State.IN_CARE, State.COMPLETED]
)  # fmt: skip
AT_ONCE = 5000


def make(model: Referral, count: int) -> None:
    """Bring the number of referrals to `count`, spread over two years."""
    dice = random.Random(count)
    content = ReferralContent.objects.get(referral=model)
    missing = count - Referral.objects.count()
    for first in range(0, missing, AT_ONCE):
        rows = [_copy(model, dice) for _ in range(min(AT_ONCE, missing - first))]
        Referral.objects.bulk_create(rows)
        ReferralContent.objects.bulk_create(
            ReferralContent(referral=row, patient=content.patient) for row in rows
        )
    _follow(model)


def _copy(model: Referral, dice: random.Random) -> Referral:
    fields = {f.attname: getattr(model, f.attname) for f in Referral._meta.concrete_fields}
    sent = clock.now() - timedelta(minutes=dice.randrange(60, 730 * 1440))
    changed = sent + timedelta(minutes=dice.randrange(1, 60))
    return Referral(**fields | {
        "id": uuid.UUID(int=dice.getrandbits(128), version=4),
        "reference": references.draw(),
        "state": dice.choice(STATES),
        "priority": dice.choice(["p1", "p2", "p3", "p3", "p3"]),
        "submitted_at": sent, "state_since": changed, "updated_at": changed,
        # One of twenty is the same person's, as where twenty share the work.
        "reviewer_id": model.reviewer_id if dice.random() < 0.05 else None,
        "due_at": _due(dice), "patient_index": f"{dice.getrandbits(256):064x}",
    })  # fmt: skip


def _due(dice: random.Random) -> datetime:
    return clock.now() + timedelta(minutes=dice.randrange(-5000, 50000))


# Milestones, stays, timeline and clocks of every copy, from the row itself; `%s` is the model.
FOLLOWERS = (
    """
    INSERT INTO referrals_milestones (referral_id, clinic_id, practice_id, sent_at, looked_at,
        decided_at, booked_at, outcome_at, closed_at, answered_at, out_at, decision, declined,
        reason_class, void, to_look, to_decision, to_booking, to_outcome, to_closed)
    SELECT id, clinic_id, practice_id, submitted_at, submitted_at + h * interval '1 hour',
        submitted_at + 2 * h * interval '1 hour', submitted_at + 3 * h * interval '1 hour',
        submitted_at + 9 * h * interval '1 hour', submitted_at + 9 * h * interval '1 hour',
        submitted_at + 9 * h * interval '1 hour', submitted_at + 9 * h * interval '1 hour',
        CASE WHEN state = 'declined' THEN 'decline' ELSE 'accept' END, state = 'declined',
        CASE WHEN state = 'declined' THEN 'capacity' ELSE '' END, false,
        h * 3600, h * 7200, h * 10800, h * 32400, h * 3600
    FROM (SELECT *, 1 + mod(abs(hashtext(id::text)), 60) AS h FROM referrals_referral) AS r
    WHERE submitted_at IS NOT NULL AND id <> %s
        AND NOT EXISTS (SELECT 1 FROM referrals_milestones m WHERE m.referral_id = r.id)
    """,
    """
    INSERT INTO referrals_statespan (id, referral_id, clinic_id, practice_id, state, entered_at,
        left_at, seconds)
    SELECT gen_random_uuid(), m.referral_id, m.clinic_id, m.practice_id, s.state, m.sent_at,
        m.sent_at + s.n * interval '7 hours', s.n * 25200
    FROM referrals_milestones m CROSS JOIN
        (VALUES ('submitted', 1), ('in_review', 2), ('accepted', 3), ('scheduled', 4),
                ('in_care', 5)) AS s (state, n)
    WHERE m.referral_id <> %s
        AND NOT EXISTS (SELECT 1 FROM referrals_statespan x WHERE x.referral_id = m.referral_id)
    """,
    """
    INSERT INTO referrals_timelineentry (id, referral_id, number, action, from_state, to_state,
        version, actor_kind, actor_partner, actor_name, actor_role, reason_class, automatic,
        late, again, occurred_at)
    SELECT gen_random_uuid(), r.id, s.n, s.action, s.a, s.b, 1, 'person', '', 'Crowd', 'co', '',
        false, false, false, r.submitted_at + s.n * interval '7 hours'
    FROM referrals_referral r CROSS JOIN
        (VALUES (1, 'submit', 'draft', 'submitted'), (2, 'claim', 'submitted', 'in_review'),
                (3, 'accept', 'in_review', 'accepted')) AS s (n, action, a, b)
    WHERE r.id <> %s
        AND NOT EXISTS (SELECT 1 FROM referrals_timelineentry t WHERE t.referral_id = r.id)
    """,
    """
    INSERT INTO referrals_referralclock (id, referral_id, clinic_id, kind, started_at, due_at,
        warn_at, escalate_at, met, warned_at, breached_at)
    SELECT gen_random_uuid(), id, clinic_id, 'decision', submitted_at, due_at,
        due_at - interval '1 day', due_at + interval '1 day', false,
        CASE WHEN due_at < now() THEN due_at END, CASE WHEN due_at < now() THEN due_at END
    FROM referrals_referral r
    WHERE state IN ('submitted', 'in_review') AND id <> %s
        AND NOT EXISTS (SELECT 1 FROM referrals_referralclock c WHERE c.referral_id = r.id)
    """,
)


def _follow(model: Referral) -> None:
    with connection.cursor() as cursor:
        for statement in FOLLOWERS:
            cursor.execute(statement, [model.pk])
        # As autovacuum leaves the tables, where no transaction is open around it.
        cursor.execute("ANALYZE" if connection.in_atomic_block else "VACUUM ANALYZE")
