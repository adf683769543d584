"""What the gallery shows: invented people and values, nothing from the database."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms

from portal.presenters.navigation import Link
from referrals import clock
from referrals.lifecycle.states import State

HERE = "/gallery/"


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Family name", max_length=80)
    birth_date = forms.DateField(
        label="Birth date",
        help_text="For example 11/23/1981",
        error_messages={
            "invalid": "Birth date must be a day of the calendar, for example 11/23/1981."
        },
    )
    phone = forms.CharField(label="Phone", required=False, help_text="Where the patient answers")
    state = forms.ChoiceField(
        label="State of residence",
        choices=[("", "Choose one"), ("FL", "Florida"), ("GA", "Georgia")],
    )
    urgency = forms.ChoiceField(
        label="How soon",
        widget=forms.RadioSelect,
        choices=[("routine", "Routine"), ("soon", "Soon"), ("urgent", "Urgent")],
        help_text="The clinic may raise it, never lower it without a clinician.",
    )
    sites = forms.MultipleChoiceField(
        label="Where it hurts",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("neck", "Neck"), ("back", "Lower back"), ("leg", "Leg")],
    )
    reason = forms.CharField(
        label="Why now",
        widget=forms.Textarea,
        max_length=600,
        help_text="No account of the trauma itself: the diagnosis is enough.",
    )
    letter = forms.FileField(label="Letter", required=False, help_text="PDF, up to 10 MB")
    agrees = forms.BooleanField(label="The patient knows about this referral and agrees")


class PainForm(forms.Form):
    diagnosis = forms.CharField(label="Pain diagnosis or problem", help_text="ICD-10-CM or words")
    onset = forms.CharField(label="Since when", help_text="Month and year, for example 2021-04")


class TraumaForm(forms.Form):
    status = forms.ChoiceField(
        label="PTSD",
        widget=forms.RadioSelect,
        choices=[
            ("diagnosed", "Diagnosed"),
            ("positive_screen", "Screen positive"),
            ("suspected", "Suspected"),
            ("unknown", "Unknown"),
        ],
    )


def navigation() -> dict[str, Any]:
    organisations = [
        SimpleNamespace(id="1", name="Lake Shore Family Medicine"),
        SimpleNamespace(id="2", name="Apopka Integrated Care"),
    ]
    return {
        "items": [
            Link("Referrals", HERE, True),
            Link("New referral", HERE + "#form", False),
            Link("Worklist", HERE + "#rows", False),
        ],
        "account": [Link("Account", HERE, False), Link("Sign-in and security", HERE, False)],
        "organisations": organisations,
        "current_organisation": organisations[0],
        "switch_url": HERE,
        "sign_out_url": HERE,
        "name": "Amara Okafor, MD",
    }


def rows(now: datetime) -> list[dict[str, Any]]:
    table = (
        ("p0", "TND-7K4M-Q2", "Rosalind Achterberg", State.SUBMITTED, -3, "Sent"),
        ("p1", "TND-9XWF-3H", "Teodoro Villanueva-Castellanos", State.IN_REVIEW, 5, "Claimed"),
        ("p2", "TND-2PJD-8R", "Mei-Ling Haraldsen", State.INFO_REQUESTED, None, "Asked"),
        ("p3", "TND-5VQK-7N", "Jonah Whitcomb", State.SCHEDULED, 96, "Appointment booked"),
        ("p3", "TND-3HTW-4C", "Priya Ramanathan", State.COMPLETED, 24, "Outcome sent"),
    )
    return [
        {
            "id": number,
            "url": HERE,
            "reference": reference,
            "patient": patient,
            "detail": "Amara Okafor, MD · Lake Shore Family Medicine",
            "priority": priority,
            "reason": "",
            "state": state,
            "due": now + timedelta(hours=hours) if hours is not None else None,
            "paused": hours is None,
            "clock_label": "",
            "last_event": event,
            "last_at": now - timedelta(hours=2 + 7 * number),
            "unread": number == 0,
            "doubtful": number == 1,
        }
        for number, (priority, reference, patient, state, hours, event) in enumerate(table)
    ]


def stream(now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "kind": "message", "icon": "message", "title": "Message", "mine": True,
            "who": "Dana Ruiz, coordinator", "at": now - timedelta(hours=2),
            "body": "Thank you. Could you add the current opioid dose?",
        },
        {
            "kind": "document", "icon": "file", "title": "Letter added", "mine": False,
            "who": "Sam Lindqvist for Amara Okafor, MD", "at": now - timedelta(hours=20),
            "url": HERE, "link_label": "Open letter.pdf (PDF, 120 KB)",
        },
        {
            "kind": "note", "icon": "flag", "title": "Priority raised to P1", "mine": False,
            "who": "Ines Bauer, PhD", "at": now - timedelta(days=1), "body": "Screen of item 9.",
        },
        {
            "kind": "move", "icon": "eye", "title": "Claimed for review",
            "who": "Dana Ruiz, coordinator", "at": now - timedelta(days=1, hours=3),
        },
        {
            "kind": "move", "icon": "send", "title": "Sent",
            "who": "Amara Okafor, MD", "at": now - timedelta(days=2),
        },
    ]  # fmt: skip


def steps() -> list[dict[str, str]]:
    return [
        {"label": "Patient and consent", "url": HERE, "state": "done"},
        {"label": "Why now", "url": HERE, "state": "current"},
        {"label": "Safety", "url": "", "state": "todo"},
        {"label": "Check and send", "url": "", "state": "todo"},
    ]


def tasks() -> list[dict[str, str]]:
    return [
        {"title": "Request", "url": HERE, "state": "done"},
        {"title": "Pain", "url": HERE, "state": "started", "hint": "Two of five answered"},
        {"title": "Medical", "url": HERE, "state": "waiting", "hint": "You cannot order tests"},
        {"title": "Care team and plan", "url": HERE, "state": "todo"},
        {"title": "Documents", "url": HERE, "state": "optional"},
    ]


def folders() -> list[dict[str, Any]]:
    names = (
        ("Unclaimed", 7), ("Mine", 4), ("Waiting on the practice", 3), ("To schedule", 5),
        ("Upcoming", 11), ("In care", 28), ("Overdue", 2), ("All", 60),
    )  # fmt: skip
    return [
        {
            "label": label, "url": HERE, "count": count, "current": label == "Mine",
            "tone": "late" if label == "Overdue" else "",
        }
        for label, count in names
    ]  # fmt: skip


def broken_form() -> SampleForm:
    typed = {"name": "", "birth_date": "31/31/1981", "reason": "x" * 610, "state": "FL"}
    form = SampleForm({f"broken-{name}": text for name, text in typed.items()}, prefix="broken")
    form.full_clean()
    return form


def context() -> dict[str, Any]:
    now = clock.now()
    missing = [
        {"label": "Blood pressure", "url": HERE},
        {"label": "Medicines", "url": HERE},
        {"label": "Sleep apnea", "url": HERE},
    ]
    return {
        "navigation": navigation(),
        "states": list(State),
        "priorities": ("p0", "p1", "p2", "p3"),
        "now": now,
        "clocks": [now - timedelta(hours=3), now + timedelta(hours=20), now + timedelta(days=4)],
        "born": date(1981, 11, 23),
        "rows": rows(now),
        "stream": stream(now),
        "steps": steps(),
        "tasks": tasks(),
        "folders": folders(),
        "saved": [{"id": 1, "label": "Accepted, routine", "url": HERE}],
        "missing": missing,
        "form": SampleForm(),
        "broken": broken_form(),
        "pain": PainForm(prefix="pain"),
        "trauma": TraumaForm(prefix="trauma"),
        "crumbs": [{"label": "Worklist", "url": HERE}, {"label": "Mine", "url": HERE}],
        "chips": [
            {"label": "Priority: P1 Urgent", "remove_url": HERE},
            {"label": "Reviewer: me", "remove_url": HERE},
        ],
        "primary": {"label": "Accept", "url": HERE},
        "secondary": [{"label": "Ask for information", "url": HERE}],
        "more": [{"label": "Decline", "url": HERE}, {"label": "Redirect", "url": HERE}],
        "anchors": [
            {"label": label, "url": "#" + label.lower()} for label in ("Form", "Rows", "Stream")
        ],
        "facts": [
            {"label": "Practice", "value": "Lake Shore Family Medicine"},
            {"label": "Service", "value": "Dual-diagnosis evaluation"},
            {"label": "Interpreter", "value": "", "missing": True},
        ],
        "answers": [
            {
                "label": "Pain diagnosis",
                "value": "M54.16 Radiculopathy, lumbar region",
                "url": HERE,
            },
            {"label": "PTSD", "value": "Diagnosed, F43.12", "url": HERE},
            {"label": "Suicide screen", "value": "", "missing": True, "url": HERE},
        ],
        "inputs": [{"label": "Item 9", "value": "1"}, {"label": "Plan or intent", "value": "no"}],
        "start_steps": [
            {"title": "Write", "text": "Four short steps. What you type is kept."},
            {"title": "Send", "text": "The clinic answers in writing; you see whose turn it is."},
            {"title": "Read the outcome", "text": "It comes back here, with the plan for both."},
        ],
        "columns": [{"label": "Clinic"}, {"label": "Sent", "number": True}],
        "cells": [
            [
                {"label": "Clinic", "text": "Apopka Integrated Care", "url": HERE},
                {"label": "Sent", "text": 48, "number": True},
            ],
            [
                {"label": "Clinic", "text": "Winter Park"},
                {"label": "Sent", "text": 7, "number": True},
            ],
        ],
    }
