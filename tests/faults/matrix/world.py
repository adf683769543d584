"""The objects and actors of the matrix, made once, and requests that leave no trace."""

from __future__ import annotations

import hashlib
import io
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Token
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Partner
from portal.accounts import invitations, partners, tokens
from portal.accounts.models import Invitation, User
from referrals.files import store
from referrals.lifecycle import Action, State
from referrals.models import ClinicianInvitation, Document, Membership, Referral, ScanState
from referrals.operations import asking_advice, sharing
from tests.cast import Cast, assemble
from tests.faults.matrix.table import NONE, Cell, Route
from tests.walks import act, draft, inputs

# What looking at things may write: who looked and has read it, who is signed in, how often
# somebody asked.
TRACES = (
    "referrals_accessentry", "django_session", "usersessions_usersession", "tandem_cache",
    "referrals_messageread", "referrals_notice",
)  # fmt: skip
WRITES = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM) "(\w+)"')
MISSING = {"referral_id": uuid.UUID(int=7), "token_id": uuid.UUID(int=7),
           "partner_id": uuid.UUID(int=7), "invitation_id": uuid.UUID(int=7),
           "membership_id": 10**8, "session_pk": 10**8,
           "shared_id": uuid.UUID(int=7), "shared_secret": "nothing",
           "key_pk": 10**8, "secret": "nothing", "confirm_key": "nothing",
           "reset_link": "nothing-at-all", "message_key": "nothing",
           "schema_file": "nothing.json", "document_id": uuid.UUID(int=7),
           "advice_id": uuid.UUID(int=7)}  # fmt: skip


class World:
    def __init__(self) -> None:
        self.cast: Cast = assemble()
        self.objects: dict[str, dict[str, Any]] = {
            name: {"missing": value} for name, value in MISSING.items()
        }
        # Before the referrals: a partner is told of what happens from its first day on.
        self.bearers = {
            "partner": self._partner("ehr-tests", self.cast.clinic.pk),
            "other_partner": self._partner("ehr-other", self.cast.other_clinic.pk),
        }
        self._referrals()
        self._others()
        self._shared()
        self.clients = {part: self._signed_in(part) for part in PEOPLE}
        self.clients["anonymous"] = Client(raise_request_exception=False)
        self._deactivate()

    def _referrals(self) -> None:
        cast = self.cast
        made = {
            "own": draft(cast),
            "colleague": draft(cast, by="therapist"),
            "stranger": draft(cast, by="stranger"),
            "elsewhere": draft(cast, clinic="winter-park"),
            "draft": draft(cast),
            "asked_in_error": draft(cast),
        }
        authors = {"colleague": "therapist", "stranger": "stranger"}
        for name, referral in made.items():
            self.objects["referral_id"][name] = referral.pk
            if name != "draft":
                by = cast.actor(authors.get(name, "physician"))
                act(referral, Action.SUBMIT, by, {"duplicate_reason": "Another question."})
        for name, referral in made.items():
            self.objects["document_id"][name] = self._document(referral)
        asked = Referral.objects.get(pk=made["asked_in_error"].pk)
        act(asked, Action.MARK_ERROR, cast.actor("clinic_admin"), inputs(Action.MARK_ERROR, cast))
        assert asked.state == State.SUBMITTED

    def _document(self, referral: Referral) -> uuid.UUID:
        """A small file on this referral, stored as any other."""
        pk, data = uuid.uuid4(), b"%PDF-1.7 of the matrix"
        kept = store.write(pk, io.BytesIO(data))
        Document.objects.create(
            id=pk, referral=referral, name="letter.pdf", media_type="application/pdf",
            size=kept.size, sha256=kept.sha256, stored_as=kept.name, side="practice",
            scan_state=ScanState.NOT_SCANNED,
        )  # fmt: skip
        return pk

    def _others(self) -> None:
        cast = self.cast
        asked = {"own": ("physician", "apopka"), "stranger": ("stranger", "apopka"),
                 "elsewhere": ("physician", "winter-park")}  # fmt: skip
        for name, (part, clinic) in asked.items():
            question = {"clinic": clinic, "topic": "other", "question": "Is this for you?"}
            self.objects["advice_id"][name] = asking_advice.ask(
                by=cast.actor(part), data=question, door="portal"
            ).pk
        mine, _ = tokens.make(user=cast.physician, name="Mine", days=9)
        theirs, _ = tokens.make(user=cast.stranger, name="Theirs", days=9)
        self.objects["token_id"] |= {"own": mine.pk, "stranger": theirs.pk}
        sent, elsewhere = (
            self._invitation(cast.clinic.pk), self._invitation(cast.other_practice.pk),
        )  # fmt: skip
        self.objects["invitation_id"] |= {"own": sent.pk, "stranger": elsewhere.pk}
        self.objects["message_key"]["known"] = "referral.accepted"
        self.objects["schema_file"]["known"] = "referral.accepted.1.0.json"
        self.objects["partner_id"] |= {
            name: Partner.objects.get(slug=slug).pk
            for name, slug in (("own", "ehr-tests"), ("elsewhere", "ehr-other"))
        }
        self.objects["secret"]["good"] = "a-good-secret"
        Invitation.objects.filter(pk=elsewhere.pk).update(
            token_hash=invitations.digest("a-good-secret")
        )
        seats = Membership.objects.values_list("user_id", "pk")
        by_user = dict(seats)
        self.objects["membership_id"] |= {
            "own": by_user[cast.second_coordinator.pk], "stranger": by_user[cast.stranger.pk],
        }  # fmt: skip
        for name, user in (("own", cast.physician), ("stranger", cast.stranger)):
            session = UserSession.objects.create(
                user=user, ip="127.0.0.1", session_key=f"another-browser-{name}", user_agent=""
            )
            self.objects["session_pk"][name] = session.pk

    def _shared(self) -> None:
        """A clinician without any seat, invited to one referral, and an open invitation."""
        user = User.objects.create_user("invited@people.example", full_name="Invited")
        for number, by in (("own", user), ("open", None)):
            made = ClinicianInvitation.objects.create(
                referral_id=self.objects["referral_id"]["own"], email="invited@people.example",
                token_hash=sharing.digest(f"shared-{number}"), invited_by=self.cast.physician,
                invited_by_name="Physician", expires_at=timezone.now() + timedelta(days=7),
                accepted_at=timezone.now() if by else None, accepted_by=by,
            )  # fmt: skip
            self.objects["shared_id"][number] = made.pk
        self.objects["shared_secret"]["open"] = "shared-open"

    def _invitation(self, organisation_id: uuid.UUID) -> Invitation:
        return Invitation.objects.create(
            email="new@people.example", organisation_id=organisation_id, roles=["pa"],
            invited_by=self.cast.clinic_admin, token_hash=uuid.uuid4().hex,
            expires_at=timezone.now() + timedelta(days=7),
        )  # fmt: skip

    def _signed_in(self, part: str) -> Client:
        user = getattr(self.cast, part, None) or User.objects.filter(
            email=f"{part}@people.example"
        ).first() or User.objects.create_user(
            f"{part}@people.example", full_name=part.title(), is_superuser=part == "superuser",
            is_staff=part == "superuser",
        )  # fmt: skip
        client = Client(raise_request_exception=False)
        client.force_login(user)
        client.get(reverse("session-state"))  # its row in the list of sessions
        return client

    def _deactivate(self) -> None:
        """Signed in as a clinician of the practice a moment ago, and then not any more."""
        user = User.objects.get(email="deactivated@people.example")
        Membership.objects.create(user=user, organisation=self.cast.practice, role="rc")
        User.objects.filter(pk=user.pk).update(is_active=False)

    def _partner(self, slug: str, clinic_id: uuid.UUID) -> dict[str, str]:
        partner = Partner.objects.create(
            slug=slug, name=slug, scope_key=clinic_id, client_id=slug
        )  # fmt: skip
        client = partners.register_client(partner, "a synthetic partner secret")
        token = Token(type=Token.Type.ACCESS_TOKEN, client=client, user=None,
                      hash=get_adapter().hash_token(slug),
                      expires_at=timezone.now() + timedelta(hours=1))  # fmt: skip
        token.set_scopes(list(partners.SCOPES))
        token.save()
        return {"Authorization": f"Bearer {slug}"}

    def address(self, route: Route, cell: Cell, row: dict[str, Any]) -> str:
        if route.pattern == "^api/":
            return "/api/v9/nothing/"
        kwargs = dict(row.get("with", {}))
        for name in route.parameters:
            family = row.get("ids", {}).get(name, name)
            if family in self.objects and cell.object != NONE:
                kwargs[name] = self.objects[family][cell.object]
        return reverse(route.name, kwargs=kwargs)

    def send(self, route: Route, cell: Cell, row: dict[str, Any]) -> tuple[HttpResponse, set[str]]:
        """The answer, and the tables that were written; everything is put back afterwards."""
        client = self.clients.get(cell.actor) or self.clients["anonymous"]
        cookies = client.cookies.copy()
        written: set[str] = set()
        with transaction.atomic(), recording(written):
            response = client.generic(
                cell.method, self.address(route, cell, row), **self._content(route, cell)
            )
            transaction.set_rollback(True)
        client.cookies = cookies
        return response, written

    def _content(self, route: Route, cell: Cell) -> dict[str, Any]:
        headers = self.bearers.get(cell.actor, {})
        if cell.method not in ("POST", "PUT", "PATCH"):
            return {"headers": headers}
        if route.is_api:
            return {"headers": headers, "content_type": "application/json",
                    "data": json.dumps(cell.body)}  # fmt: skip
        return {"headers": headers, "content_type": "application/x-www-form-urlencoded"}


PEOPLE = (
    "physician", "therapist", "delegate", "practice_admin", "stranger", "coordinator",
    "clinician", "clinic_admin", "other_coordinator", "privacy", "superuser", "deactivated",
    "invited",
)  # fmt: skip


@contextmanager
def recording(written: set[str]) -> Iterator[None]:
    """Name each table that a statement writes to, but for the traces that looking leaves."""

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        match = WRITES.match(sql)
        if match and match[1] not in TRACES and context["cursor"].rowcount:
            written.add(match[1])
        return result

    with connection.execute_wrapper(watch):
        yield


def checksum() -> str:
    """One figure over every row of every table of ours, traces aside."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        for model in sorted(apps.get_models(), key=lambda m: m._meta.db_table):
            table = model._meta.db_table
            if table in TRACES:
                continue
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  (a name of ours)
            rows = sorted(map(repr, cursor.fetchall()))
            digest.update(f"{table}:{rows}".encode())
    return digest.hexdigest()
