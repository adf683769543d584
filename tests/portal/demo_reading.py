"""Everything that the portal writes about the demo's referrals, as each reader gets it."""

from __future__ import annotations

from collections.abc import Iterator

from django.test import Client

from integrations.models import Event
from portal.accounts.models import User
from referrals.models import Referral

READERS = ("physician", "coordinator", "clinician")
PAGES = ("", "print/")
EDITS = ("patient", "why", "safety", "check", "section-medical")
ELSEWHERE = (
    "/", "/referrals/", "/worklist/", "/evidence/", "/referrals/new/", "/referrals/known/",
)  # fmt: skip
DATA = (
    "instruments/",
    "reasons/",
    "services/",
    "clinics/",
    "me/",
    "referrals/",
    "events/?limit=50",
)


def texts() -> Iterator[tuple[str, str]]:
    """(where, what it says): pages, prints, answers of the API, events."""
    rows = list(one_of_each_state())
    for reader in READERS:
        client = Client()
        client.force_login(User.objects.get(email=f"{reader}@demo.example"))
        for address in addresses(rows, reader):
            answer = client.get(address)
            if answer.status_code == 200:
                yield f"{reader} {address}", answer.content.decode()
    yield "openapi", Client().get("/api/schema/").content.decode()
    yield (
        "events",
        " ".join(str(body) for body in Event.objects.values_list("data", flat=True)[:400]),
    )


def one_of_each_state() -> Iterator[Referral]:
    """One referral of the clinic for each state, and one more of each priority."""
    seen: set[str] = set()
    for row in Referral.objects.filter(clinic__slug="apopka").order_by("reference"):
        for trait in (row.state, row.priority):
            if trait not in seen:
                seen.add(trait)
                yield row


def addresses(rows: list[Referral], reader: str) -> Iterator[str]:
    yield from ELSEWHERE
    yield from (f"/api/v1/{name}" for name in DATA)
    for row in rows:
        yield from (f"/referrals/{row.pk}/{page}" for page in PAGES)
        yield f"/api/v1/referrals/{row.pk}/"
        if reader == "clinician":
            yield f"/referrals/{row.pk}/assessments/"
        if reader == "physician" and row.state == "draft":
            yield from (f"/referrals/{row.pk}/edit/{step}/" for step in EDITS)
