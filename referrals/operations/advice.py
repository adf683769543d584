"""Advice first: a practice asks a clinic, a clinician answers, a referral may come of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import models, transaction
from rest_framework import serializers

from referrals import access, clinic_rules, clock, content, notifications
from referrals.actors import Actor, ActorKind, Role
from referrals.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from referrals.models import (
    Advice,
    AdviceEntry,
    AdviceStage,
    ClinicianProfile,
    Organisation,
    Referral,
    Service,
)
from referrals.operations import drafts, parties
from referrals.permissions import LOUDNESS
from referrals.queries import AdviceQuerySet
from referrals.rules.consent import written_consent_needed
from referrals.strict import StrictSerializer, Text, checked

TOPICS = (
    ("is_it_for_you", "Whether this is for your clinic"),
    ("which_service", "Which service fits"),
    ("medicines", "Medicines"),
    ("preparation", "What to do before a referral"),
    ("both_conditions", "Pain and trauma together"),
    ("other", "Something else"),
)
ASKERS = frozenset({Role.RC, Role.RD})
MOST = 1500  # as long as the reason for a referral, which it may become
STATUSES = (
    ("diagnosed", "Diagnosed"), ("positive_screen", "Positive screen"),
    ("suspected", "Suspected"), ("not_suspected", "Not suspected"), ("unknown", "Unknown"),
)  # fmt: skip
NOT_OPEN = "This question is closed."
IDENTITY = ("given_name", "family_name", "birth_date")


class AboutPatient(StrictSerializer):
    """As little of the patient as the question needs; nothing is needed to ask."""

    given_name = Text(max_length=80, required=False, allow_null=True, label="First name")
    family_name = Text(max_length=80, required=False, allow_null=True, label="Last name")
    birth_date = serializers.DateField(required=False, allow_null=True, label="Birth date")
    sex_for_clinical_use = serializers.ChoiceField(
        choices=[("female", "Female"), ("male", "Male"), ("other", "Other"),
                 ("unknown", "Unknown")],
        required=False, allow_null=True, label="Sex for clinical use",
    )  # fmt: skip


class AdviceInput(StrictSerializer):
    clinic = serializers.SlugField(max_length=50, label="Clinic")
    service = serializers.SlugField(
        max_length=50, required=False, allow_null=True, label="Service in mind"
    )
    practice = serializers.UUIDField(required=False, allow_null=True, label="Practice")
    clinician = serializers.UUIDField(required=False, allow_null=True, label="Asked for")
    topic = serializers.ChoiceField(choices=TOPICS, label="What it is about")
    question = Text(max_length=MOST, label="Your question")
    pain = Text(max_length=200, required=False, allow_null=True, label="The pain, in short")
    ptsd_status = serializers.ChoiceField(
        choices=STATUSES, required=False, allow_null=True, label="PTSD"
    )
    patient = AboutPatient(required=False, allow_null=True, label="The patient")
    patient_agrees_in_writing = serializers.BooleanField(
        required=False, allow_null=True,
        label="The patient has agreed in writing that this clinic may know who they are",
    )  # fmt: skip


class Words(StrictSerializer):
    text = Text(max_length=4000, label="Text")


# --- Reading ------------------------------------------------------------------------------------


def listed(*, by: Actor) -> AdviceQuerySet:
    """What this person's practice asked, or what the clinic was asked: open ones first.

    `rank` is the first column of that order, for whoever reads it page by page.
    """
    rows = Advice.objects.visible_to(by).select_related("practice", "clinic", "clinician")
    rank = models.Case(
        models.When(stage=AdviceStage.ASKED, then=models.Value("1")),
        models.When(stage=AdviceStage.ANSWERED, then=models.Value("2")),
        default=models.Value("3"), output_field=models.CharField(),
    )  # fmt: skip
    return rows.annotate(rank=rank).order_by("rank", "-updated_at", "pk")


def find(advice_id: UUID, *, by: Actor) -> Advice:
    found = (
        Advice.objects.visible_to(by)
        .select_related("practice", "clinic", "clinician", "service", "referral")
        .filter(pk=advice_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def open_record(advice_id: UUID, *, by: Actor, door: str) -> Advice:
    """One question for reading; the reading is logged."""
    with transaction.atomic():
        found = find(advice_id, by=by)
        _log(found, by, door, "read")
    return found


def _log(advice: Advice, by: Actor, door: str, verb: str) -> None:
    access.record(
        by=by, verb=verb, referral_id=None, door=door, detail={"advice_id": advice.pk},
        organisation_id=_side(advice, by)[1],
    )  # fmt: skip


def _side(advice: Advice, by: Actor) -> tuple[str, UUID]:
    asks = by.roles_at(advice.practice_id) & ASKERS
    return ("practice", advice.practice_id) if asks else ("clinic", advice.clinic_id)


def roles_on(advice: Advice, *, by: Actor) -> frozenset[Role]:
    """Like on a referral: nobody answers for the clinic what they asked themselves."""
    roles = by.roles_at(advice.practice_id) & ASKERS
    if by.user_id not in (advice.asked_by_id, advice.clinician_id):
        roles |= by.roles_at(advice.clinic_id) & {Role.CO, Role.CL}
    return roles


def available(advice: Advice, *, by: Actor) -> list[str]:
    """What this person may do with the question now."""
    roles = roles_on(advice, by=by)
    return [name for name, (who, stages) in ACTS.items() if roles & who and advice.stage in stages]


OPEN = frozenset({AdviceStage.ASKED, AdviceStage.ANSWERED})
ACTS: dict[str, tuple[frozenset[Role], frozenset[AdviceStage]]] = {
    "answer": (frozenset({Role.CL}), OPEN),
    "follow-up": (ASKERS, OPEN),
    "refer": (ASKERS, OPEN),
    "close": (ASKERS, OPEN),
}


def authorise(act: str, advice_id: UUID, *, by: Actor) -> Advice:
    """404 for a stranger, 403 for a role that may not."""
    advice = find(advice_id, by=by)
    if not roles_on(advice, by=by) & ACTS[act][0]:
        raise Forbidden()
    return advice


# --- Asking -------------------------------------------------------------------------------------


def may_ask(*, by: Actor) -> bool:
    return by.kind is ActorKind.PERSON and bool(by.organisations(*ASKERS))


def ask(*, by: Actor, data: Any, door: str) -> Advice:
    """Ask a clinic. The patient's part is optional, and sealed like the question."""
    if not may_ask(by=by):
        raise Forbidden()
    typed = checked(AdviceInput(data=data))
    practice, clinician = _asker(typed, by)
    clinic = _clinic(typed["clinic"])
    _refuse_unconsented(typed, practice, clinician, clinic)
    with transaction.atomic():
        advice = Advice.objects.create(
            practice_id=practice, clinic=clinic, service=_service(clinic, typed.get("service")),
            clinician_id=clinician, topic=typed["topic"], body=_body(typed), asked_by_id=by.person,
            asked_at=clock.now(), updated_at=clock.now(),
            agreed_in_writing=_names_patient(typed) and _agreed(typed),
        )  # fmt: skip
        _enter(advice, "asked", by, typed["question"])
        _log(advice, by, door, "create")
        _tell("advice_asked", advice, by=by)
    return advice


def _asker(typed: dict[str, Any], by: Actor) -> tuple[UUID, UUID]:
    mine = by.organisations(*ASKERS)
    practice = typed.get("practice") or (next(iter(mine)) if len(mine) == 1 else None)
    if practice not in mine:
        raise _refused("/practice", "unknown_practice", "Choose one of your practices.")
    clinician = typed.get("clinician")
    if clinician is None and Role.RC in by.roles_at(practice):
        clinician = by.person
    if clinician is None or not parties.clinician_seat(clinician, practice):
        raise _refused("/clinician", "unknown_clinician", "Choose the clinician for whom you ask.")
    return practice, clinician


def _refuse_unconsented(
    typed: dict[str, Any], practice: UUID, clinician: UUID, clinic: Organisation
) -> None:
    """Whoever could not refer without a written consent does not name a patient without one."""
    if _agreed(typed) or not _names_patient(typed):
        return
    kind = ClinicianProfile.objects.filter(user_id=clinician).values_list("kind", flat=True)
    state = Organisation.objects.values_list("state", flat=True).get(pk=practice)
    if written_consent_needed(kind.first(), state, rules=clinic_rules.of_clinic(clinic)):
        raise _refused(
            "/patient_agrees_in_writing", "written_consent_needed",
            "A therapist needs the patient's written agreement to name them. Confirm that you "
            "have it, or leave out the name and the birth date.",
        )  # fmt: skip


def _names_patient(typed: dict[str, Any]) -> bool:
    patient = typed.get("patient") or {}
    return any(patient.get(name) for name in IDENTITY)


def _agreed(typed: dict[str, Any]) -> bool:
    return typed.get("patient_agrees_in_writing") is True


def _clinic(slug: str) -> Organisation:
    found = Organisation.objects.filter(kind="clinic", slug=slug, active=True).first()
    if found is None:
        raise _refused("/clinic", "unknown_clinic", "Choose a clinic from the list.")
    return found


def _service(clinic: Organisation, code: str | None) -> Service | None:
    if not code:
        return None
    found = clinic.services.filter(code=code, active=True).first()
    if found is None:
        raise _refused("/service", "unknown_service", "Choose one of the clinic's services.")
    return found


def _body(typed: dict[str, Any]) -> dict[str, Any]:
    """What was said, in the sections and shapes of a referral; checked as a referral's."""
    patient = {k: v for k, v in (typed.get("patient") or {}).items() if v is not None}
    if "birth_date" in patient:
        patient["birth_date"] = patient["birth_date"].isoformat()
    sections: dict[str, Any] = {"request": {"reason": typed["question"]}, "patient": patient}
    if typed.get("pain"):
        sections["pain"] = {"problem": typed["pain"]}
    if typed.get("ptsd_status"):
        sections["trauma"] = {"ptsd_status": typed["ptsd_status"]}
    whole = content.apply(content.empty(), {k: v for k, v in sections.items() if v})
    return {name: section for name, section in whole.items() if section}


def _refused(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(errors=[FieldError(pointer, code, detail)])


# --- What follows -------------------------------------------------------------------------------


def answer(advice_id: UUID, *, by: Actor, data: Any, door: str) -> Advice:
    """A clinician of the clinic answers; the practice is told that there is an answer."""
    with transaction.atomic():
        advice = _begin("answer", advice_id, by)
        text = checked(Words(data=data))["text"]
        _move(advice, AdviceStage.ANSWERED, answered_at=clock.now())
        _enter(advice, "answered", by, text)
        _log(advice, by, door, "message")
        _tell("advice_answered", advice, by=by, named={advice.clinician_id, advice.asked_by_id})
    return advice


def follow_up(advice_id: UUID, *, by: Actor, data: Any, door: str) -> Advice:
    """The practice asks on; it is the clinic's turn again."""
    with transaction.atomic():
        advice = _begin("follow-up", advice_id, by)
        text = checked(Words(data=data))["text"]
        _move(advice, AdviceStage.ASKED)
        _enter(advice, "asked_on", by, text)
        _log(advice, by, door, "message")
        _tell("advice_asked", advice, by=by)
    return advice


def close(advice_id: UUID, *, by: Actor, door: str) -> Advice:
    with transaction.atomic():
        advice = _begin("close", advice_id, by)
        _move(advice, AdviceStage.CLOSED)
        _enter(advice, "closed", by, None)
        _log(advice, by, door, "change")
    return advice


def refer(advice_id: UUID, *, by: Actor, door: str) -> Referral:
    """A draft with everything that was said in the question; nothing is typed twice."""
    with transaction.atomic():
        advice = _begin("refer", advice_id, by)
        draft = drafts.create(by=by, data=_write_shape(advice), door=door)
        _move(advice, AdviceStage.REFERRED, referral_id=draft.pk)
        _enter(advice, "referred", by, None)
        _log(advice, by, door, "change")
    return draft


def _write_shape(advice: Advice) -> dict[str, Any]:
    header: dict[str, Any] = {
        "clinic": advice.clinic.slug, "practice": str(advice.practice_id),
        "referring_clinician": {"id": str(advice.clinician_id)},
    }  # fmt: skip
    if advice.service is not None and advice.service.active:
        header["service"] = advice.service.code
    return {**header, **advice.body, "request": {"reason": _asked_in_all(advice)}}


def _asked_in_all(advice: Advice) -> str:
    """The question with what the practice asked on, as far as the reason has room for it."""
    words = str(advice.body["request"]["reason"])
    for entry in advice.entries.filter(act="asked_on"):
        longer = f"{words}\n\n{entry.text}"
        if len(longer) > MOST:
            break
        words = longer
    return words


def _begin(act: str, advice_id: UUID, by: Actor) -> Advice:
    authorise(act, advice_id, by=by)
    Advice.objects.select_for_update().only("pk").get(pk=advice_id)
    advice = find(advice_id, by=by)
    if advice.stage not in ACTS[act][1]:
        raise Conflict(NOT_OPEN)
    return advice


def _move(advice: Advice, stage: AdviceStage, **columns: Any) -> None:
    """Compare and set: of two people who press at once, one wins."""
    touched = Advice.objects.filter(pk=advice.pk, stage=advice.stage).update(
        stage=stage, updated_at=clock.now(), **columns
    )
    if touched != 1:
        raise Conflict(NOT_OPEN)
    advice.refresh_from_db(fields=["stage", "updated_at", *columns])


def _enter(advice: Advice, act: str, by: Actor, text: str | None) -> None:
    last = advice.entries.aggregate(last=models.Max("number"))["last"] or 0
    roles = roles_on(advice, by=by) or by.roles_at(advice.practice_id)
    AdviceEntry.objects.create(
        advice=advice, number=last + 1, act=act, side=_side(advice, by)[0], author_id=by.person,
        author_name=by.name, author_role=min(roles & set(LOUDNESS), key=LOUDNESS.index),
        text=text, at=clock.now(),
    )  # fmt: skip


def _tell(what: str, advice: Advice, *, by: Actor, named: Iterable[UUID] = ()) -> None:
    notifications.notify(
        what, None, key=f"{what}:{advice.pk}:{advice.entries.count()}", by=by, named=named,
        clinic_id=advice.clinic_id, link=f"/advice/{advice.pk}/",
    )  # fmt: skip
