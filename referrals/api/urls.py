"""The addresses of API v1; the actions' endpoints come from the table."""

from django.urls import path

from referrals.api import (
    actions,
    advice,
    events,
    files,
    parts,
    reference,
    referrals,
    schema,
    sent,
    sharing,
)
from referrals.lifecycle import MOVE_FOR

app_name = "api"
schema.annotate()

ONE = "referrals/<uuid:referral_id>/"

urlpatterns = [
    path("me/", reference.Me.as_view(), name="me"),
    path("referrals/", referrals.ReferralList.as_view(), name="referrals"),
    path("referrals/search/", referrals.ReferralSearch.as_view(), name="search"),
    path(ONE, referrals.ReferralDetail.as_view(), name="referral"),
    path(ONE + "actions/", actions.ReferralActions.as_view(), name="actions"),
    path(ONE + "timeline/", parts.Timeline.as_view(), name="timeline"),
    path(ONE + "messages/", parts.Messages.as_view(), name="messages"),
    path(ONE + "information-requests/", parts.InformationRequests.as_view(), name="information"),
    path(ONE + "notes/", parts.InterimNotes.as_view(), name="notes"),
    path(ONE + "flag-reviews/", parts.FlagReviews.as_view(), name="flag-reviews"),
    path(ONE + "invitations/", sharing.Invitations.as_view(), name="invitations"),
    path(ONE + "invitations/<uuid:shared_id>/", sharing.Invitation.as_view(), name="invitation"),
    path(ONE + "documents/", files.Documents.as_view(), name="documents"),
    path(ONE + "documents/<uuid:document_id>/", files.DocumentBytes.as_view(), name="document"),
    path(
        ONE + "documents/<uuid:document_id>/block/",
        files.BlockDocument.as_view(),
        name="document-block",
    ),
    path(ONE + "appointments/", parts.Appointments.as_view(), name="appointments"),
    path(ONE + "plan/", parts.Plan.as_view(), name="plan"),
    path(ONE + "versions/", sent.Versions.as_view(), name="versions"),
    path(ONE + "versions/read/", sent.VersionsRead.as_view(), name="versions-read"),
    path(ONE + "versions/<int:number>/", sent.OneVersion.as_view(), name="version"),
    path(ONE + "copy/", sent.Copy.as_view(), name="copy"),
    path(ONE + "duplicates/", sent.Duplicates.as_view(), name="duplicates"),
    path(ONE + "duplicates/<uuid:other_id>/", sent.Duplicate.as_view(), name="duplicate"),
    path(ONE + "fhir/", parts.FhirBundle.as_view(), name="fhir"),
    *(
        path(
            f"{ONE}{action.slug}/",
            actions.PerformAction.as_view(move_action=action),
            name=f"act-{action.slug}",
        )
        for action in MOVE_FOR
    ),
    path("advice/", advice.AdviceList.as_view(), name="advice-list"),
    path("advice/<uuid:advice_id>/", advice.AdviceDetail.as_view(), name="advice"),
    *(
        path(
            f"advice/<uuid:advice_id>/{act}/",
            advice.AdviceAct.as_view(act=act),
            name=f"advice-{act}",
        )
        for act in ("answer", "follow-up", "close", "refer")
    ),
    path("events/", events.Events.as_view(), name="events"),
    path("reasons/", reference.Reasons.as_view(), name="reasons"),
    path("services/", reference.Services.as_view(), name="services"),
    path("clinics/", reference.Clinics.as_view(), name="clinics"),
    path("codes/", reference.Codes.as_view(), name="codes"),
    path("instruments/", reference.Instruments.as_view(), name="instruments"),
]
