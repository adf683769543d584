"""What the form of each action offers: choices open to this person, first values, items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from portal.forms.action_forms import Ask
from portal.presenters import appointments, asked, contacts, referral_page, waiting, words
from referrals import assessment, capacity, clock, clocks, disclosure, reasons
from referrals.actors import Actor, Role
from referrals.lifecycle import Action, Move
from referrals.lifecycle.inputs import inputs_of
from referrals.models import (
    Membership,
    Organisation,
    Priority,
    Referral,
)
from referrals.operations import answering
from referrals.operations import appointments as booking

ANSWER_DAYS = 7  # business days; first proposal for a request's due date


@dataclass(frozen=True)
class Case:
    """One person about to make one move on one referral."""

    referral: Referral
    move: Move
    actor: Actor
    role: Role
    query: Mapping[str, str] = field(default_factory=QueryDict)
    arriving: frozenset[str] = frozenset()  # the items for which this request brings files


def for_case(case: Case) -> Ask:
    special = ASKS.get(case.move.action)
    ask = special(case) if special else Ask()
    if not case.move.reasons:
        return ask
    name = "disposition" if case.move.reasons == "disposition" else "reason"
    # An appointment's reasons have no comment beside them: none is asked for there.
    commented = "comment" in inputs_of(case.move.action)().fields
    coded = [
        (r.code, f"{r.label} (say more in the comment)"
         if r.comment_mandatory and commented else r.label)
        for r in reasons.open_to(case.move.reasons, case.role, clinic=case.referral.clinic)
    ]  # fmt: skip
    return Ask({**ask.choices, name: coded}, ask.initial, ask.help_texts, ask.items, ask.zone)


def people(referral: Referral, *roles: Role) -> list[tuple[str, str]]:
    """The clinic's people who hold one of these roles now, by name, each once."""
    seats = (
        Membership.objects.in_force()
        .filter(organisation=referral.clinic, role__in=roles, user__is_active=True)
        .order_by("user__full_name", "user_id")
        .values_list("user_id", "user__full_name")
    )
    return list({str(pk): (str(pk), name) for pk, name in seats}.values())


def _accept(case: Case) -> Ask:
    own = str(case.actor.user_id) if case.role is Role.CL else ""
    known = str(case.referral.licensed_reviewer_id or "")
    return Ask(
        choices={"licensed_reviewer": people(case.referral, Role.CL)},
        initial={"licensed_reviewer": own or known},
        help_texts={"licensed_reviewer": "The licensed clinician of your clinic who has reviewed "
                    "this referral. The name is recorded."},
    )  # fmt: skip


def _assign(case: Case) -> Ask:
    return Ask(
        choices={"reviewer": people(case.referral, Role.CO, Role.CL)},
        initial={"reviewer": str(case.referral.reviewer_id or "")},
    )


def _redirect(case: Case) -> Ask:
    others = Organisation.objects.filter(kind="clinic", active=True)
    others = others.exclude(received_referrals=case.referral).order_by("name")
    return Ask(
        choices={"clinic": list(others.values_list("slug", "name"))},
        help_texts={"consent__basis": "Needed where the recorded consent names this clinic alone."},
    )


def _change_priority(case: Case) -> Ask:
    listed = [
        (p.value, f"{p.label} {words.priority_words(p).text}: "
         f"{words.priority_words(p).detail.lower()}")
        for p in Priority
        if case.role is Role.CL or p.value <= case.referral.priority
    ]  # fmt: skip
    lowering = "" if case.role is Role.CL else "Lowering it needs a licensed clinician."
    return Ask(
        choices={"priority": listed}, initial={"priority": case.referral.priority},
        help_texts={"priority": lowering},
    )  # fmt: skip


def _assessed(case: Case) -> dict[str, Any]:
    """What the rules find, for a person who may still read what they read."""
    return disclosure.assessment_for(case.referral, case.actor) or referral_page.CLOSED_ASSESSMENT


def _review_flag(case: Case) -> Ask:
    flags = _assessed(case)["flags"]
    listed = [(flag["rule"], f"{flag['rule']}: {flag['message']}") for flag in flags]
    chosen = case.query.get("rule", "")
    return Ask(
        choices={"rule": listed},
        initial={"rule": chosen if chosen in dict(listed) else ""},
        help_texts={"note": "Decision support raised the flag. What you decide stands here."},
    )


def _request_info(case: Case) -> Ask:
    """First what the referral lacks, then the coded items; nothing is ticked beforehand."""
    gaps = assessment.of_practice(_assessed(case)["completeness"]["accept"]["missing"])
    missing = {gap["code"]: gap["label"] for gap in gaps}
    listed = reasons.open_to("info_item", case.role, clinic=case.referral.clinic)
    coded = [(r.code, r.label) for r in listed]
    groups = [("Not in this referral yet", list(missing.items()))] if missing else []
    clinic = case.referral.clinic
    assert clinic is not None  # only a draft has none
    today = clocks.local_day(clinic, clock.now())
    due = clocks.add_business_days(today, ANSWER_DAYS, clocks.holidays_of(clinic))
    return Ask(
        choices={"items": [*groups, ("Something else", coded)]},
        initial={"due_on": due},
        help_texts={"message": "The practice reads this above the items.",
                    "due_on": "The practice is reminded twice before it runs out."},
    )  # fmt: skip


def _provide_info(case: Case) -> Ask:
    labels = asked.item_labels(referral_page.reason_labels())
    request = answering.open_request(case.referral, by=case.actor)
    items = list(request.items.all()) if request else []
    return Ask(
        items=[(str(i.pk), labels.get(i.code, i.code), i.note or "") for i in items],
        referral=case.referral, actor=case.actor, codes={str(i.pk): i.code for i in items},
        files={str(i.pk): [d.name for d in i.documents.all() if d.removed_at is None]
               for i in items},
        arriving=case.arriving,
    )  # fmt: skip


def _waitlist(case: Case) -> Ask:
    """The usual wait is said beside the estimate, and is what stands in it at first."""
    usual = waiting.usual(case.referral.service)
    wait = capacity.usual_wait(case.referral.service) if case.referral.service else None
    return Ask(
        initial={"estimate": waiting.length(wait.days).capitalize() if wait else ""},
        help_texts={"estimate": usual},
    )


def _mark_unable(case: Case) -> Ask:
    return Ask(help_texts={"clinical_reason": contacts.summary(case.referral)})


def _schedule(case: Case) -> Ask:
    zone = case.referral.clinic.time_zone if case.referral.clinic else "America/New_York"
    return Ask(
        initial={"time_zone": zone}, zone=zone,
        help_texts={"day": waiting.weeks(case.referral.service)},
    )  # fmt: skip


def _cancel_appointment(case: Case) -> Ask:
    booked = booking.booked(case.referral)
    return Ask(help_texts={"by": f"Booked: {appointments.when(booked)}." if booked else ""})


def _record_no_show(case: Case) -> Ask:
    """Which one, and a word to whoever mistakes a coming one for a missed one."""
    booked = booking.booked(case.referral)
    if booked is None:
        return Ask()
    told = f"Booked: {appointments.when(booked)}."
    if booked.start > clock.now():
        told += " It has not begun. If it will not take place, cancel or move it instead."
    return Ask(help_texts={"reason": told})


def _reschedule(case: Case) -> Ask:
    booked = booking.booked(case.referral)
    if booked is None:
        return Ask(zone="America/New_York")
    zone = words.zone(booked.time_zone)
    initial: dict[str, Any] = {
        "day": booked.start.astimezone(zone).date(),
        "start_time": booked.start.astimezone(zone).time(),
        "end_time": booked.end.astimezone(zone).time(),
    }
    now = f"Booked now: {appointments.when(booked)}."
    taken = waiting.weeks(case.referral.service)
    return Ask(initial=initial, zone=booked.time_zone, help_texts={"day": f"{now} {taken}".strip()})


ASKS: dict[Action, Callable[[Case], Ask]] = {
    Action.ACCEPT: _accept,
    Action.ASSIGN: _assign,
    Action.REDIRECT: _redirect,
    Action.CHANGE_PRIORITY: _change_priority,
    Action.REVIEW_FLAG: _review_flag,
    Action.REQUEST_INFO: _request_info,
    Action.PROVIDE_INFO: _provide_info,
    Action.WAITLIST: _waitlist,
    Action.MARK_UNABLE: _mark_unable,
    Action.SCHEDULE: _schedule,
    Action.RESCHEDULE: _reschedule,
    Action.CANCEL_APPOINTMENT: _cancel_appointment,
    Action.RECORD_NO_SHOW: _record_no_show,
}
