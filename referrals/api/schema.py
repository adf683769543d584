"""The OpenAPI document: what each address takes and answers, problems included."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from referrals.api import actions, events, parts, reference, referrals, shapes
from referrals.api.listing import FILTERS, PAGING
from referrals.lifecycle import MOVE_FOR, Action
from referrals.lifecycle.inputs import inputs_of

JSON, PROBLEM = "application/json", "application/problem+json"
READ = (401, 403, 404, 406, 429)
WRITE = (400, 401, 403, 404, 406, 409, 413, 415, 422, 429)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True,
    description="The ETag of the version that was decided on.",
)  # fmt: skip
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="Repeats with the same key and body get the same answer for 24 hours.",
)  # fmt: skip


def _answers(good: dict[int, Any], bad: tuple[int, ...]) -> dict[Any, Any]:
    found: dict[Any, Any] = {(status, JSON): shape for status, shape in good.items()}
    problem = OpenApiResponse(shapes.Problem)
    return found | {(status, PROBLEM): problem for status in bad}


def _get(shape: Any, summary: str, **more: Any) -> Any:
    bad = (*READ, 400) if more.get("parameters") else READ
    return extend_schema(summary=summary, responses=_answers({200: shape}, bad), **more)


def _query(names: tuple[str, ...]) -> list[OpenApiParameter]:
    return [OpenApiParameter(n, str, OpenApiParameter.QUERY) for n in names]


def annotate() -> None:
    """Say of each view what it takes and answers; called once, with the addresses."""
    _get(shapes.ReferralPage, "Referrals that I may see, newest change first",
         parameters=_query((*FILTERS, *sorted(PAGING))))(referrals.ReferralList.get)
    extend_schema(
        summary="Create a draft", parameters=[KEY], request=shapes.ReferralWrite,
        responses=_answers({201: shapes.ReferralRead}, WRITE),
    )(referrals.ReferralList.post)
    _get(shapes.ReferralRead, "One referral; the reading is logged")(
        referrals.ReferralDetail.get
    )
    extend_schema(
        summary="Change a draft, or amend what was sent", parameters=[IF_MATCH, KEY],
        request=shapes.ReferralPatch,
        responses=_answers({200: shapes.ReferralRead}, (*WRITE, 412, 428)),
    )(referrals.ReferralDetail.patch)
    extend_schema(
        summary="Exact patient search", request=referrals.PatientSearch,
        responses=_answers({200: shapes.SearchResult}, (400, *READ, 413, 415)),
    )(referrals.ReferralSearch.post)
    _get(shapes.ActionOffers, "What I may do to this version")(actions.ReferralActions.get)
    for view, words in PARTS.items():
        _get(shapes.AnyObject if view is parts.Plan else shapes.PartList, words)(view.get)
    extend_schema(
        summary="Write a message", parameters=[KEY], request=parts.conversation.MessageInput,
        responses=_answers({201: shapes.AnyObject}, WRITE),
    )(parts.Messages.post)
    for reader, words in REFERENCE.items():
        _get(shapes.PartList, words)(reader.get)
    _get(shapes.AnyObject, "Who I am")(reference.Me.get)
    _get(shapes.FeedPage, "The feed of events",
         parameters=_query(("after", "limit")))(events.Events.get)


PARTS: dict[Any, str] = {
    parts.Timeline: "The timeline",
    parts.Messages: "The messages",
    parts.InformationRequests: "What the clinic asked",
    parts.Documents: "What is known of the files",
    parts.Appointments: "The appointments",
    parts.Plan: "The shared plan and the outcome",
}
REFERENCE: dict[Any, str] = {
    reference.Reasons: "The coded reasons in force",
    reference.Clinics: "The clinics",
    reference.Services: "The clinics' services",
    reference.Instruments: "The instruments that can be recorded",
}


class ActionSchema(AutoSchema):
    """The document of one action's endpoint, made from the table."""

    def _move_action(self) -> Action:
        return self.view.move_action

    def get_operation_id(self) -> str:
        return f"referrals_{self._move_action().value}"

    def get_summary(self) -> str:
        return MOVE_FOR[self._move_action()].label

    def get_description(self) -> str:
        return MOVE_FOR[self._move_action()].consequence

    def get_request_serializer(self) -> Any:
        return inputs_of(self._move_action())

    def get_response_serializers(self) -> Any:
        good = 201 if MOVE_FOR[self._move_action()].allows_successor else 200
        return _answers({good: shapes.ReferralRead}, (*WRITE, 412, 428))

    def get_override_parameters(self) -> list[OpenApiParameter]:
        return [IF_MATCH, KEY]


actions.PerformAction.schema = ActionSchema()


class PersonalTokenScheme(OpenApiAuthenticationExtension):
    target_class = "portal.accounts.api_auth.PersonalTokenAuthentication"
    name = "personalToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A personal token"}


class PartnerTokenScheme(OpenApiAuthenticationExtension):
    target_class = "portal.accounts.api_auth.PartnerTokenAuthentication"
    name = "partnerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "oauth2",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "/identity/o/api/token",
                    "scopes": {
                        "referrals:read": "Read referrals",
                        "referrals:write": "Act on referrals",
                        "events:read": "Read the feed",
                    },
                }
            },
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "portal.accounts.api_auth.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


