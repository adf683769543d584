"""The OpenAPI document: what each address takes and answers, problems included."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from referrals.api import (
    actions,
    advice,
    events,
    files,
    parts,
    reference,
    referrals,
    security,
    sent,
    shapes,
    shapes_parts,
    sharing,
)
from referrals.files.limits import TYPES
from referrals.lifecycle import MOVE_FOR, Action, Phase
from referrals.lifecycle.inputs import Nothing, inputs_of
from referrals.models import Priority
from referrals.operations import asking_advice, documents
from referrals.operations import sharing as inviting
from referrals.operations.advice import Words

JSON, PROBLEM = "application/json", "application/problem+json"
READ = (400, 401, 403, 406, 429, 503)
READ_ONE = (*READ, 404)
WRITE = (*READ, 409, 413, 415, 422)
WRITE_ONE = (*WRITE, 404)
MOVE = (*WRITE_ONE, 412, 428)
PROBLEM_WORDS = {
    400: "The fields, the parameters or the JSON need another look",
    401: "No credentials, or not good ones",
    403: "The role or the token's scope does not include this",
    404: "Missing, or not for the caller's eyes: the two look alike",
    406: "Only JSON is answered",
    409: "The state does not allow this, or the first request with this key still runs",
    412: "The version in If-Match is not the current one",
    413: "The body is too large (1 MiB; 60 MiB with files), or a file is, or there is no more room",
    415: "The body is not of the type that this address takes: application/json in UTF-8, "
    "multipart/form-data for files",
    422: "The Idempotency-Key was used with another request",
    428: "If-Match is missing",
    429: "Too many requests in this hour",
    503: "Not available for a moment; nothing was changed",
}
RETRIES = (429, 503)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True,
    description="The ETag of the version that was decided on.",
)  # fmt: skip
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="Repeats with the same key and body get the same answer for 24 hours.",
)  # fmt: skip


def _header(name: str, status: int, words: str, kind: Any = str) -> OpenApiParameter:
    return OpenApiParameter(
        name, kind, OpenApiParameter.HEADER, response=[status], description=words
    )  # fmt: skip


def _etag(status: int) -> OpenApiParameter:
    return _header("ETag", status, "The version, for If-Match.")


RETRY_AFTER = [
    OpenApiParameter("Retry-After", int, OpenApiParameter.HEADER, response=list(RETRIES),
                     description="Seconds to wait.")
]  # fmt: skip
CREATED = [
    _etag(201),
    _header("Location", 201, "The address of what was made.", OpenApiTypes.URI_REF),
]


def _answers(good: dict[int, Any], bad: tuple[int, ...]) -> dict[Any, Any]:
    found: dict[Any, Any] = {(status, JSON): shape for status, shape in good.items()}
    return found | {
        (status, PROBLEM): OpenApiResponse(shapes.Problem, description=PROBLEM_WORDS[status])
        for status in sorted(bad)
    }


def _get(view: Any, name: str, shape: Any, summary: str, *, tag: str, one: bool = False,
         parameters: tuple[OpenApiParameter, ...] = ()) -> None:  # fmt: skip
    extend_schema(
        operation_id=name, summary=summary, tags=[tag],
        parameters=[*parameters, *RETRY_AFTER],
        responses=_answers({200: shape}, READ_ONE if one else READ),
    )(view.get)  # fmt: skip


def _query(name: str, words: str, **more: Any) -> OpenApiParameter:
    kind = more.pop("type", str)
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=words, **more)


def _choices(name: str, values: list[str]) -> OpenApiParameter:
    return _query(name, "One or several of: " + ", ".join(values) + "; with commas between.")


LIST_PARAMETERS = (
    _choices("state", shapes.STATES),
    _choices("phase", [phase.value for phase in Phase]),
    _choices("priority", Priority.values),
    _query("clinic", "The clinic's slug."),
    _query("practice", "The practice's id.", type=OpenApiTypes.UUID),
    _query("reviewer", "The reviewer's id.", type=OpenApiTypes.UUID),
    _query("overdue", "Past its due time, or not.", type=bool),
    _query("updated_since", "From this time on.", type=OpenApiTypes.DATETIME),
    _query("reference", "The reference, with or without its hyphens."),
    _query("cursor", "As it stands in `next` or `previous`."),
    _query("limit", "Rows on a page, 1 to 200; larger is capped.", type=int),
)
FEED_PARAMETERS = (
    _query("after", "The `next_after` of the page before; empty or absent: the beginning."),
    _query("limit", "Events on a page, 1 to 1000; larger is capped.", type=int),
)
PARTS: dict[Any, tuple[str, Any, str]] = {
    parts.Timeline: ("timeline", shapes_parts.TimelineRow, "The timeline"),
    parts.Messages: ("messages", shapes_parts.MessageRow, "The messages"),
    parts.InformationRequests: (
        "information_requests", shapes_parts.InformationRequestRow, "What the clinic asked",
    ),
    parts.InterimNotes: ("notes", shapes_parts.InterimNoteRow, "The clinic's interim notes"),
    parts.FlagReviews: (
        "flag_reviews", shapes_parts.FlagReviewRow,
        "The review notes on safety flags, for the clinic's licensed people and its systems",
    ),
    sharing.Invitations: (
        "invitations", shapes_parts.InvitationRow, "Whom the practice invited, and who takes part",
    ),
    files.Documents: ("documents", shapes_parts.DocumentRow, "What is known of the files"),
    parts.Appointments: ("appointments", shapes_parts.AppointmentRow, "The appointments"),
}  # fmt: skip
REFERENCE: dict[Any, tuple[str, Any, str]] = {
    reference.Reasons: ("reasons", shapes_parts.ReasonRow, "The coded reasons in force"),
    reference.Clinics: ("clinics", shapes_parts.ClinicRow, "The clinics"),
    reference.Services: ("services", shapes_parts.ServiceRow, "The clinics' services"),
    reference.Instruments: (
        "instruments", shapes_parts.InstrumentRow, "The instruments that can be recorded",
    ),
}  # fmt: skip


def annotate() -> None:
    """Say of each view what it takes and answers; called once, with the addresses."""
    _annotate_referrals()
    _annotate_parts()
    _annotate_sharing()
    _annotate_files()
    _annotate_sent()
    _annotate_advice()
    for view, (name, row, words) in REFERENCE.items():
        _get(view, f"{name}_list", shapes_parts.results_of(row), words, tag="reference")
    extend_schema(
        operation_id="codes_search", summary="Look up an ICD-10-CM code", tags=["reference"],
        parameters=RETRY_AFTER, request=reference.CodeSearch,
        responses=_answers({200: shapes_parts.CodesFound}, (*READ, 413, 415)),
    )(reference.Codes.post)  # fmt: skip
    _get(reference.Me, "me", shapes_parts.Myself, "Who I am", tag="reference")
    _get(events.Events, "events_list", shapes_parts.FeedPage, "The feed of events",
         tag="events", parameters=FEED_PARAMETERS)  # fmt: skip


def _annotate_referrals() -> None:
    _get(referrals.ReferralList, "referrals_list", shapes.ReferralPage,
         "Referrals that I may see, newest change first", tag="referrals",
         parameters=LIST_PARAMETERS)  # fmt: skip
    extend_schema(
        operation_id="referrals_create", summary="Create a draft", tags=["referrals"],
        parameters=[KEY, *CREATED, *RETRY_AFTER], request=shapes.ReferralWrite,
        responses=_answers({201: shapes.ReferralRead}, WRITE),
    )(referrals.ReferralList.post)  # fmt: skip
    _get(referrals.ReferralDetail, "referrals_read", shapes.ReferralRead,
         "One referral; the reading is logged", tag="referrals", one=True,
         parameters=(_etag(200),))  # fmt: skip
    extend_schema(
        operation_id="referrals_change", summary="Change a draft, or amend what was sent",
        tags=["referrals"], parameters=[IF_MATCH, KEY, _etag(200), *RETRY_AFTER],
        request=shapes.ReferralPatch, responses=_answers({200: shapes.ReferralRead}, MOVE),
    )(referrals.ReferralDetail.patch)  # fmt: skip
    extend_schema(
        operation_id="referrals_search", summary="Exact patient search", tags=["referrals"],
        parameters=RETRY_AFTER, request=referrals.PatientSearch,
        responses=_answers({200: shapes.SearchResult}, (*READ, 413, 415)),
    )(referrals.ReferralSearch.post)  # fmt: skip
    _get(actions.ReferralActions, "referrals_actions", shapes_parts.ActionOffers,
         "What I may do to this version", tag="actions", one=True)  # fmt: skip


def _annotate_parts() -> None:
    for view, (name, row, words) in PARTS.items():
        shape = shapes_parts.results_of(row)
        _get(view, f"referrals_{name}", shape, words, tag="parts", one=True)
    _get(parts.Plan, "referrals_plan", shapes_parts.Plan, "The shared plan and the outcome",
         tag="parts", one=True)  # fmt: skip
    _get(parts.FhirBundle, "referrals_fhir", shapes_parts.FhirBundle,
         "The referral as a FHIR R4 collection Bundle (application/fhir+json)",
         tag="parts", one=True)  # fmt: skip
    extend_schema(
        operation_id="referrals_post_plan", summary="Add to the plan", tags=["parts"],
        parameters=[KEY, *RETRY_AFTER], request=parts.plan.ContributionInput,
        responses=_answers({201: shapes_parts.Contribution}, WRITE_ONE),
    )(parts.Plan.post)  # fmt: skip
    extend_schema(
        operation_id="referrals_post_message", summary="Write a message", tags=["parts"],
        parameters=[KEY, *RETRY_AFTER], request=parts.conversation.MessageInput,
        responses=_answers({201: shapes_parts.MessageRow}, WRITE_ONE),
    )(parts.Messages.post)  # fmt: skip


def _annotate_sharing() -> None:
    extend_schema(
        operation_id="referrals_invite", summary="Invite the patient's other clinician",
        tags=["parts"], parameters=[KEY, *RETRY_AFTER], request=inviting.InvitationInput,
        responses=_answers({201: shapes_parts.InvitationRow}, WRITE_ONE),
    )(sharing.Invitations.post)  # fmt: skip
    extend_schema(
        operation_id="referrals_take_back_invitation", summary="Take an invitation back",
        tags=["parts"], parameters=RETRY_AFTER,
        responses={204: None} | _answers({}, READ_ONE),
    )(sharing.Invitation.delete)  # fmt: skip


def _annotate_files() -> None:
    extend_schema(
        operation_id="referrals_add_documents", summary="Send files", tags=["parts"],
        parameters=[KEY, *RETRY_AFTER],
        request={"multipart/form-data": shapes_parts.DocumentUpload},
        responses=_answers({201: shapes_parts.results_of(shapes_parts.DocumentRow)}, WRITE_ONE),
    )(files.Documents.post)  # fmt: skip
    extend_schema(
        operation_id="referrals_document", summary="One file, to be saved", tags=["parts"],
        parameters=RETRY_AFTER,
        responses={(200, kind): OpenApiTypes.BINARY for kind in sorted(set(TYPES.values()))}
        | _answers({}, (*READ_ONE, 409)),
    )(files.DocumentBytes.get)  # fmt: skip
    extend_schema(
        operation_id="referrals_remove_document", summary="Take a file off", tags=["parts"],
        parameters=RETRY_AFTER, responses={204: None} | _answers({}, (*READ_ONE, 409)),
    )(files.DocumentBytes.delete)  # fmt: skip
    extend_schema(
        operation_id="referrals_block_document", summary="Close a file to everybody",
        tags=["parts"], parameters=[KEY, *RETRY_AFTER], request=documents.BlockInput,
        responses=_answers({200: shapes_parts.DocumentRow}, WRITE_ONE),
    )(files.BlockDocument.post)  # fmt: skip


def _annotate_sent() -> None:
    _get(sent.Versions, "referrals_versions", shapes_parts.results_of(shapes_parts.VersionRow),
         "What was sent, version by version", tag="parts", one=True)  # fmt: skip
    _get(sent.OneVersion, "referrals_version", shapes_parts.VersionRead,
         "One version as it was sent", tag="parts", one=True)  # fmt: skip
    _get(sent.Duplicates, "referrals_duplicates", shapes_parts.DuplicatesFound,
         "Others that may be for the same person", tag="parts", one=True)  # fmt: skip
    extend_schema(
        operation_id="referrals_versions_read", summary="The clinic has read up to a version",
        tags=["parts"], parameters=[KEY, *RETRY_AFTER], request=sent.ReadInput,
        responses={204: None} | _answers({}, WRITE_ONE),
    )(sent.VersionsRead.post)  # fmt: skip
    extend_schema(
        operation_id="referrals_copy", summary="A new draft from this one", tags=["parts"],
        parameters=[KEY, *CREATED, *RETRY_AFTER], request=sent.CopyInput,
        responses=_answers({201: shapes.ReferralRead}, WRITE_ONE),
    )(sent.Copy.post)  # fmt: skip
    extend_schema(
        operation_id="referrals_duplicate", summary="Link two, or set the suspicion aside",
        tags=["parts"], parameters=[KEY, *RETRY_AFTER], request=sent.VerdictInput,
        responses=_answers({200: shapes_parts.DuplicateRow}, WRITE_ONE),
    )(sent.Duplicate.post)  # fmt: skip


def _annotate_advice() -> None:
    _get(advice.AdviceList, "advice_list", shapes_parts.AdvicePage,
         "Questions without a referral that I may see, newest change first", tag="advice",
         parameters=LIST_PARAMETERS[-2:])  # fmt: skip
    _get(advice.AdviceDetail, "advice_read", shapes_parts.AdviceRead,
         "One question with what was said to it", tag="advice", one=True)  # fmt: skip
    extend_schema(
        operation_id="advice_ask", summary="Ask a clinic", tags=["advice"],
        parameters=[KEY, CREATED[1], *RETRY_AFTER], request=asking_advice.AdviceInput,
        responses=_answers({201: shapes_parts.AdviceRead}, WRITE),
    )(advice.AdviceList.post)  # fmt: skip


class AdviceSchema(AutoSchema):
    """The document of what can be done with a question."""

    def _act(self) -> str:
        return self.view.act  # type: ignore[attr-defined]

    def get_operation_id(self) -> str:
        return f"advice_{self._act().replace('-', '_')}"

    def get_summary(self) -> str:
        return {"answer": "Answer", "follow-up": "Ask on", "close": "Close",
                "refer": "Make a draft of it"}[self._act()]  # fmt: skip

    def get_tags(self) -> list[str]:
        return ["advice"]

    def get_request_serializer(self) -> Any:
        return Words if self._act() in ("answer", "follow-up") else Nothing

    def get_response_serializers(self) -> Any:
        good = 201 if self._act() == "refer" else 200
        return _answers({good: shapes_parts.AdviceRead}, WRITE_ONE)

    def get_override_parameters(self) -> list[Any]:
        made = [CREATED[1]] if self._act() == "refer" else []
        return [KEY, *made, *RETRY_AFTER]


advice.AdviceAct.schema = AdviceSchema()


class ActionSchema(AutoSchema):
    """The document of one action's endpoint, made from the table."""

    def _move_action(self) -> Action:
        return self.view.move_action  # type: ignore[attr-defined]

    def get_operation_id(self) -> str:
        return f"referrals_{self._move_action().value}"

    def get_summary(self) -> str:
        return MOVE_FOR[self._move_action()].label

    def get_tags(self) -> list[str]:
        return ["actions"]

    def get_description(self) -> str:  # type: ignore[override]
        """The consequence, and the table's row in words."""
        move = MOVE_FOR[self._move_action()]
        states = ", ".join(sorted(f"`{state.value}`" for state in move.sources))
        roles = ", ".join(sorted(f"`{role.value}`" for role in move.roles))
        told = f" Event: `tandem.referral.{move.event}.v1`." if move.event else ""
        return f"{move.consequence}\n\nFrom: {states}. Roles: {roles}.{told}"

    def get_request_serializer(self) -> Any:
        return inputs_of(self._move_action())

    def _good(self) -> int:
        return 201 if MOVE_FOR[self._move_action()].allows_successor else 200

    def get_response_serializers(self) -> Any:
        return _answers({self._good(): shapes.ReferralRead}, MOVE)

    def get_override_parameters(self) -> list[Any]:
        answered = CREATED if self._good() == 201 else [_etag(200)]
        return [IF_MATCH, KEY, *answered, *RETRY_AFTER]


actions.PerformAction.schema = ActionSchema()


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook: no operation without its problems, whoever wrote its view."""
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            known = operation["responses"]
            for status in _common(path, method):
                known.setdefault(str(status), _problem(status))
            operation["responses"] = dict(sorted(known.items()))
    result["components"]["schemas"] = dict(sorted(result["components"]["schemas"].items()))
    return result


def _common(path: str, method: str) -> tuple[int, ...]:
    found: tuple[int, ...] = (401, 403, 406, 503)
    if method in ("post", "patch", "put"):
        found += (400, 413, 415)
    return (*found, 404) if "{" in path else found


def _problem(status: int) -> dict[str, Any]:
    shape = {"$ref": "#/components/schemas/Problem"}
    return {"description": PROBLEM_WORDS[status], "content": {PROBLEM: {"schema": shape}}}


# The schemes of `security` make themselves known by being imported.
__all__ = ["annotate", "complete", "security"]
