"""Writing a message on a referral; the stream on the referral's page shows it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.accounts import interrupted
from portal.http import posts_only
from portal.pages import documents, once
from portal.pages.doorway import actor_of, person_page
from portal.presenters import asked, message_box, referral_page
from referrals import errors
from referrals.files import uploads
from referrals.operations import canned_answers, conversation, records

SENT = "Message sent. The other side has been told that there is one."
KEPT = "Saved for later. Only you see it, in the message box of this referral."
FILES_WAIT = "The message was not sent, because a file was not taken."


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def post(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """POST writes. GET is where a message comes back to that a signed-out person had sent."""
    if request.method != "POST":
        kept = interrupted.take(request)
        return _again(request, referral_id, typed=kept)
    if request.POST.get("go") in ("keep", "insert"):
        return _keep(request, referral_id)
    conversation.authorise(referral_id, by=actor_of(request))
    refused: list[documents.Refusal] = list(uploads.passed_over(request))
    with ExitStack() as stack:
        files = documents.good_files(request, stack, refused)
        if refused:
            status = 413 if uploads.passed_over(request) else 400
            return _refuse(request, referral_id, FILES_WAIT, status, refused)
        return _send(request, referral_id, files)


def _send(request: HttpRequest, referral_id: UUID, files: list[uploads.Incoming]) -> HttpResponse:
    try:
        once.act(
            request,
            lambda: conversation.post(
                referral_id, by=actor_of(request), data=_data(request.POST), door="portal",
                files=files, attested=request.POST.get(documents.ATTEST) == "on",
            ),
        )  # fmt: skip
    except once.AlreadyDone:
        pass
    except errors.Invalid as refused:
        return _refuse(request, referral_id, _words(refused), 400)
    except (errors.Conflict, errors.QuotaReached) as refused:
        return _refuse(request, referral_id, refused.detail, refused.status)
    messages.success(request, SENT)
    return _to_stream(referral_id)


def _data(typed: QueryDict) -> dict[str, Any]:
    named = {name: typed[name] for name in ("item", "answers") if typed.get(name)}
    return {"body": typed.get("body", ""), **named}


def _to_stream(referral_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(
        reverse("referrals:detail", args=[referral_id]) + "#stream", status=303
    )


# --- Drafts -------------------------------------------------------------------------------------


def _keep(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Save for later, or put a ready-made text below what is typed."""
    body = request.POST.get("body", "")
    insert = request.POST.get("go") == "insert"
    try:
        if insert:
            body = f"{body.rstrip()}\n\n{_ready_made(request)}".strip()
        conversation.save_draft(referral_id, by=actor_of(request), data={"body": body})
    except errors.Invalid as refused:
        return _refuse(request, referral_id, _words(refused), 400)
    if not insert:
        messages.success(request, KEPT)
        return _to_stream(referral_id)
    return HttpResponseRedirect(
        reverse("referrals:detail", args=[referral_id]) + "#message-body", status=303
    )


def _ready_made(request: HttpRequest) -> str:
    try:
        return canned_answers.find(UUID(request.POST.get("canned", "")), by=actor_of(request)).text
    except ValueError:
        raise errors.NotFound() from None


@posts_only
@person_page
def keep(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """The draft as it is typed; JSON for the page's own script."""
    try:
        conversation.save_draft(
            referral_id, by=actor_of(request), data={"body": request.POST.get("body", "")}
        )
    except errors.Invalid:
        return JsonResponse({"saved": False}, status=400)
    return JsonResponse({"saved": True})


# --- Once more ----------------------------------------------------------------------------------


def _words(refused: errors.Invalid) -> str:
    if any(error.code == "max_length" for error in refused.errors):
        return "Shorten the message to 4,000 characters."
    if any(error.code in ("blank", "required") for error in refused.errors):
        return "Write something first."
    return refused.errors[0].detail if refused.errors else refused.detail


def _refuse(
    request: HttpRequest, referral_id: UUID, error: str, status: int,
    refused: list[documents.Refusal] | None = None,
) -> HttpResponse:  # fmt: skip
    return _again(
        request, referral_id, typed=request.POST, error=error, status=status, refused=refused
    )


def _again(
    request: HttpRequest, referral_id: UUID, *, typed: QueryDict | None, error: str = "",
    status: int = 200, refused: list[documents.Refusal] | None = None,
) -> HttpResponse:  # fmt: skip
    """The message box alone, with what was typed in it."""
    actor = actor_of(request)
    referral = records.open_record(referral_id, by=actor, door="portal")
    reader = referral_page.Reader.of(referral, actor)
    if not referral_page.may_write(referral, actor) and not error:
        raise errors.Forbidden()
    labels = asked.item_labels(referral_page.reason_labels())
    found = conversation.listed(referral, by=actor)
    box = message_box.build(referral, reader, labels, found)
    context = {
        **box,
        "referral": referral,
        "reader": reader,
        "header": referral_page.header(referral, reader),
        "body": typed.get("body", "") if typed is not None else box["message_draft"],
        "typed": _typed(typed),
        "error": error,
        "refused": refused or [],
        "attempt": once.new_word(),
    }
    return render(request, "pages/referral/message.html", context, status=status)


def _typed(typed: QueryDict | None) -> dict[str, Any]:
    if typed is None:
        return {}
    names = {name: typed.get(name, "") for name in ("item", "answers")}
    attested = typed.get(documents.ATTEST) == "on"
    return {**names, "attested": attested, "open": bool(names["item"] or attested)}
