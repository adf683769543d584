"""Writing a message on a referral; the stream on the referral's page shows it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portal.accounts import interrupted
from portal.pages import once
from portal.pages.doorway import actor_of, person_page
from portal.presenters import referral_page
from referrals import errors
from referrals.operations import conversation, records


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def post(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """POST writes. GET is where a message comes back to that a signed-out person had sent."""
    if request.method != "POST":
        kept = interrupted.take(request)
        return _again(request, referral_id, body=kept.get("body", "") if kept else "")
    body = request.POST.get("body", "")
    try:
        once.act(
            request,
            lambda: conversation.post(
                referral_id, by=actor_of(request), data={"body": body}, door="portal"
            ),
        )
    except once.AlreadyDone:
        pass
    except errors.Invalid as refused:
        return _again(request, referral_id, body=body, error=_words(refused), status=400)
    except errors.Conflict as refused:
        return _again(request, referral_id, body=body, error=refused.detail, status=409)
    messages.success(request, "Message sent. The other side has been told that there is one.")
    return HttpResponseRedirect(
        reverse("referrals:detail", args=[referral_id]) + "#stream", status=303
    )


def _words(refused: errors.Invalid) -> str:
    if any(error.code == "max_length" for error in refused.errors):
        return "Shorten the message to 4,000 characters."
    if any(error.code in ("blank", "required") for error in refused.errors):
        return "Write something first."
    return refused.errors[0].detail if refused.errors else refused.detail


def _again(
    request: HttpRequest, referral_id: UUID, *, body: str, error: str = "", status: int = 200
) -> HttpResponse:
    """The message box alone, with what was typed in it."""
    referral = records.open_record(referral_id, by=actor_of(request), door="portal")
    reader = referral_page.Reader.of(referral, actor_of(request))
    if not referral_page.may_write(referral, actor_of(request)) and not error:
        raise errors.Forbidden()
    context = {
        "referral": referral,
        "header": referral_page.header(referral, reader),
        "body": body,
        "error": error,
        "attempt": once.new_word(),
        "message_url": request.path,
    }
    return render(request, "pages/referral/message.html", context, status=status)
