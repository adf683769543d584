"""A referral's whole life, with 37 planted values, and none of them where it should not be."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from django.test import Client

from integrations.models import Delivery, Event, Partner
from referrals import clock
from referrals.access.models import AccessEntry
from referrals.lifecycle import Action, State
from referrals.models import Organisation, Referral, TimelineEntry
from referrals.operations import conversation, drafts, records
from tests.cast import Cast
from tests.faults.canaries import CANARIES, disguises, found_in, mail_bytes
from tests.walks import act, appointment, draft, inputs


def answers() -> dict[str, Any]:
    """The content of the referral: a canary in each place that takes words."""
    c = CANARIES
    return {
        "patient": {
            "given_name": c["given_name"], "family_name": c["family_name"],
            "birth_date": c["birth_date"], "phone": "+1" + c["phone"],
            "pronouns": c["pronouns"],
            "insurance": {"payer": c["payer"], "member_id": c["member_id"]},
            "address": {"line": c["street"], "city": c["city"], "state": "FL"},
            "emergency_contact": {
                "name": c["contact_name"], "relationship": "sister",
                "phone": "+1" + c["contact_phone"],
            },
        },
        "consent": {
            "written": {"signed_on": "2026-01-05", "signed_by": c["signed_by"],
                        "evidence": "on_paper"},
            "family": [{"name": c["contact_name"], "may_be_told": c["family_told"],
                        "permission_on": "2026-01-05"}],
        },
        "request": {"reason": c["reason"], "goals": c["goals"], "direct_line": c["direct_line"]},
        "pain": {"problem": c["pain_problem"], "imaging": c["imaging"]},
        "trauma": {"complex_ptsd_note": c["trauma_note"],
                   "therapies": [{"therapy": "emdr", "therapist": c["therapist"]}]},
        "mental_health": {"antidepressants": [{"name": c["antidepressant"]}]},
        "safety": {"action_taken": c["action_taken"]},
        "medical": {"escort": "no", "allergies": [c["allergy"]], "labs": c["labs"],
                    "medications": [{"name": c["medication"]}]},
    }  # fmt: skip


def walk(cast: Cast) -> Referral:
    """From the first word to the close, with something said at each step."""
    c = CANARIES
    doctor, coordinator = cast.actor("physician"), cast.actor("coordinator")
    clinician = cast.actor("clinician")
    referral = draft(cast, **answers())
    act(referral, Action.SUBMIT, doctor)
    act(referral, Action.CLAIM, coordinator)
    act(referral, Action.CHANGE_PRIORITY, coordinator,
        {"priority": "p1", "comment": c["priority_comment"]})  # fmt: skip
    act(referral, Action.REVIEW_FLAG, clinician,
        {"rule": "K-23", "note": c["flag_note"]})  # fmt: skip
    asked = {**inputs(Action.REQUEST_INFO, cast), "message": c["info_message"]}
    asked["items"] = [{"code": "medications", "note": c["info_note"]}]
    act(referral, Action.REQUEST_INFO, coordinator, asked)
    conversation.post(referral.pk, by=doctor, data={"body": c["message_body"]}, door="portal")
    act(referral, Action.PROVIDE_INFO, doctor,
        {"answers": [{"item": "medications", "answer": c["info_answer"]}]})  # fmt: skip
    drafts.change(
        referral.pk, by=doctor, data={"medical": {"labs": c["labs"] + "."}},
        version=Referral.objects.get(pk=referral.pk).version,
        amendment_reason=c["amendment_reason"], door="portal",
    )  # fmt: skip
    act(referral, Action.ACCEPT, coordinator, inputs(Action.ACCEPT, cast))
    act(referral, Action.SCHEDULE, coordinator, {**appointment(), "place": c["place"]})
    act(referral, Action.START_CARE, clinician)
    act(referral, Action.ADD_INTERIM_NOTE, clinician, {"note": c["interim_note"]})
    act(referral, Action.COMPLETE, clinician, {
        "disposition": "treated_back_to_referrer", "report": c["report"],
        "plan": {"pain": c["plan_pain"], "trauma": c["plan_trauma"], "daily_life": None},
    })  # fmt: skip
    records.open_record(referral.pk, by=doctor, door="portal")
    return act(referral, Action.CLOSE, doctor)


def knock(cast: Cast, referral: Referral) -> None:
    """The same through the site's doors, with refusals that must not quote what was sent."""
    client = Client(raise_request_exception=False)
    client.force_login(cast.physician)
    base = f"/api/v1/referrals/{referral.pk}/"
    assert CANARIES["given_name"] in client.get(base).content.decode()
    client.get("/api/v1/referrals/")
    client.get(base + "timeline/", {"q": "nothing"})
    for body in (
        {"patient": {"given_name": CANARIES["given_name"] * 40}},
        {CANARIES["payer"]: 1},
        {"patient": CANARIES["family_name"]},
    ):
        client.post("/api/v1/referrals/", json.dumps(body), content_type="application/json")
        client.patch(base, json.dumps(body), content_type="application/json",
                     headers={"If-Match": '"1"'})  # fmt: skip
    client.post("/api/v1/referrals/", CANARIES["reason"], content_type="application/json")


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """Everything that anybody logs, at DEBUG, SQL with its parameters included."""
    written = io.StringIO()

    class Everything(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.write(record.getMessage() + "\n")
            written.write(repr({k: v for k, v in vars(record).items() if k != "exc_info"}) + "\n")
            if record.exc_info:
                written.write(logging.Formatter().formatException(record.exc_info) + "\n")

    handler = Everything(level=logging.DEBUG)
    loggers = [logging.root, *map(logging.getLogger, logging.root.manager.loggerDict)]
    before = [(log.level, log.disabled) for log in loggers]
    for log in loggers:
        log.setLevel(logging.DEBUG)
        log.disabled = False
        if not log.propagate or log is logging.root:
            log.addHandler(handler)
    connection.force_debug_cursor = True
    yield written
    connection.force_debug_cursor = False
    for log, (level, disabled) in zip(loggers, before, strict=True):
        log.setLevel(level)
        log.disabled = disabled
        log.removeHandler(handler)


@pytest.fixture
def lived(cast: Cast, partner: Partner, logs: io.StringIO) -> Referral:
    referral = walk(cast)
    knock(cast, referral)
    return referral


def database() -> bytes:
    """The database's file, and its rows as SQL: a row may lie across two pages of the file."""
    raw = connection.connection
    return raw.serialize() + "\n".join(raw.iterdump()).encode()


def events() -> bytes:
    rows: list[bytes] = []
    for event in Event.objects.all():
        rows += [bytes(event.body), json.dumps(event.data).encode(), repr(vars(event)).encode()]
    for delivery in Delivery.objects.all():
        rows += [bytes(delivery.body), repr(vars(delivery)).encode()]
    return b"\n".join(rows)


def mails() -> bytes:
    return b"\n".join(mail_bytes(message.message()) for message in mail.outbox)


def names_of_rows() -> bytes:
    """Every row of ours as str() and repr() show it."""
    models = [m for m in apps.get_models() if m._meta.app_label in ("referrals", "integrations")]
    return "\n".join(f"{row} {row!r}" for m in models for row in m.objects.all()).encode()


def test_the_whole_life_leaves_no_canary_in_any_sink(lived: Referral, logs) -> None:
    assert lived.state == State.CLOSED
    assert len(CANARIES) >= 30
    assert Delivery.objects.count() >= 10
    assert found_in(database()) == set()
    assert found_in(events()) == set()
    assert found_in(mails()) == set()
    assert found_in(names_of_rows()) == set()
    assert "INSERT INTO" in logs.getvalue()
    assert found_in(logs.getvalue().encode()) == set()


def test_every_canary_was_really_typed(lived: Referral) -> None:
    """The control of the walk: opened, the record holds every one of them."""
    opened: list[bytes] = []
    for model in apps.get_models():
        names = [n for n in getattr(model, "sensitive_fields", ()) if n != "body" or
                 model._meta.app_label == "referrals"]  # fmt: skip
        if model._meta.app_label == "referrals" and names:
            for row in model.objects.all():
                opened += [json.dumps(getattr(row, name), default=str).encode() for name in names]
    assert found_in(b"\n".join(opened)) == set(CANARIES)


def test_what_waits_in_a_draft_is_sealed_too(cast: Cast) -> None:
    draft(cast, **answers())
    assert found_in(database()) == set()


@pytest.mark.parametrize("name", sorted(CANARIES))
def test_a_canary_is_found_in_every_disguise(name: str) -> None:
    for shape in disguises(CANARIES[name]):
        assert name in found_in(b"\x00before" + shape + b"after\xff")
    assert found_in(b"nothing of the kind" * 50) == set()


def test_a_leak_into_the_database_is_found(lived: Referral) -> None:
    Organisation.objects.filter(slug="lakeside").update(name=CANARIES["family_name"])
    AccessEntry.objects.create(verb="read", door="api", actor_kind="person",
                               detail=CANARIES["payer"])  # fmt: skip
    TimelineEntry.objects.create(
        referral=lived, number=999, action="x", to_state="closed", version=1, actor_kind="person",
        actor_name=CANARIES["therapist"][::-1], actor_role="rc", occurred_at=clock.now(),
    )  # fmt: skip
    assert found_in(database()) == {"family_name", "payer", "therapist"}


def test_a_leak_into_a_log_is_found(logs) -> None:
    logging.getLogger("referrals").debug("opened %s", CANARIES["given_name"])
    logging.getLogger("django.request").error("failed", extra={"body": CANARIES["labs"]})
    try:
        raise ValueError(CANARIES["report"])
    except ValueError:
        logging.getLogger("portal").exception("failed")
    assert found_in(logs.getvalue().encode()) == {"given_name", "labs", "report"}


def test_a_leak_into_a_log_through_sql_is_found(cast: Cast, logs) -> None:
    Organisation.objects.filter(slug=CANARIES["place"]).exists()
    assert found_in(logs.getvalue().encode()) == {"place"}


def test_a_leak_into_a_mail_is_found() -> None:
    padding = "Ein Brief für Grüße. " * 9  # makes the body base64, in lines
    mail.send_mail(CANARIES["goals"], padding + CANARIES["message_body"] + padding,
                   "a@tests.example", ["b@tests.example"])  # fmt: skip
    assert found_in(mails()) == {"goals", "message_body"}


def test_a_leak_into_an_event_is_found(lived: Referral) -> None:
    delivery = Delivery.objects.order_by("pk").first()
    assert delivery is not None
    delivery.body = bytes(delivery.body) + CANARIES["city"].encode()
    delivery.save()
    first = Event.objects.order_by("pk").first()
    assert first is not None
    first.pk, first.event_id, first.sequence = None, delivery.event.event_id, 9999
    from integrations.identifiers import uuid7

    first.event_id = uuid7()
    first.body = json.dumps({"data": CANARIES["street"]}).encode()
    first.position = None
    first.save(force_insert=True)
    assert found_in(events()) == {"city", "street"}


def test_a_leak_by_a_row_s_name_is_found(lived: Referral, monkeypatch) -> None:
    monkeypatch.setattr(Referral, "__str__", lambda row: row.content.patient["given_name"])
    assert found_in(names_of_rows()) == {"given_name"}


def test_without_the_seal_the_database_would_show_them(cast: Cast, monkeypatch) -> None:
    """The control of the encryption itself: the same record with a seal that seals nothing."""
    from referrals.encryption import sealing

    monkeypatch.setattr(sealing, "seal_text", lambda place, data: data.decode())
    draft(cast, **answers())
    assert {"given_name", "family_name", "reason", "labs"} <= found_in(database())
