"""The files of one referral: the list, sending, opening, blocking, taking off."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from portal.http import posts_only
from portal.pages import once, returned
from portal.pages.doorway import actor_of, person_page
from portal.presenters import documents as words_of
from portal.presenters import referral_page, words
from referrals import errors
from referrals.files import serving, uploads
from referrals.models import Referral
from referrals.operations import documents, records

ATTEST = "no_psychotherapy_notes"
NO_FILE = "Choose a file first."
Refusal = tuple[str, str]  # the file's name ("" for the upload as a whole), and why


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def show(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """The list with the form; POST takes files in."""
    if request.method == "POST":
        return _post(request, referral_id)
    referral = records.open_record(referral_id, by=actor_of(request), door="portal")
    return _page(request, referral)


def _post(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    documents.authorise(referral_id, by=actor_of(request))
    added, refused, status = take(request, referral_id)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(
            {"added": added, "refused": [{"name": n, "why": w} for n, w in refused]},
            status=status if refused else 200,
        )
    if not refused:
        messages.success(request, f"{words.count(added, 'file')} added.")
        return HttpResponseRedirect(_back(request, referral_id), status=303)
    referral = records.open_record(referral_id, by=actor_of(request), door="portal")
    return _page(request, referral, refused=refused, added=added, status=status)


def take(request: HttpRequest, referral_id: UUID) -> tuple[int, list[Refusal], int]:
    """Put the request's good files on the referral: how many, which not, and the status."""
    refused: list[Refusal] = list(uploads.passed_over(request))
    status = 413 if refused else 400
    said = {ATTEST: request.POST.get(ATTEST) == "on"}
    try:
        documents.attest(said, by=actor_of(request))
        with ExitStack() as stack:
            files = good_files(request, stack, refused)
            if not files and not refused:
                refused.append(("", NO_FILE))
            if files:
                once.act(
                    request,
                    lambda: documents.add(
                        referral_id, by=actor_of(request), files=files, data=said, door="portal"
                    ),
                )
            return len(files), refused, status
    except once.AlreadyDone:
        return 0, refused, status
    except errors.Invalid as problem:
        return 0, [*refused, ("", problem.errors[0].detail)], status
    except (errors.QuotaReached, errors.Conflict) as problem:
        return 0, [*refused, ("", problem.detail)], problem.status


def good_files(
    request: HttpRequest, stack: ExitStack, refused: list[Refusal], field: str = "files"
) -> list[uploads.Incoming]:
    """The files that are in order, checked and stored; the others go to `refused`."""
    found: list[uploads.Incoming] = []
    for file in request.FILES.getlist(field):
        try:
            found += stack.enter_context(uploads.stored([file]))
        except errors.Invalid as problem:
            refused.append((file.name or "", problem.errors[0].detail))
    return found


def _back(request: HttpRequest, referral_id: UUID) -> str:
    if request.POST.get("next") == "check":
        return reverse("referrals:edit", args=[referral_id, "check"])
    return reverse("referrals:documents", args=[referral_id])


def _page(
    request: HttpRequest, referral: Referral, *, refused: list[Refusal] | None = None,
    added: int = 0, status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {**frame(request, referral), "refused": refused or [], "added": added}
    return render(request, "pages/referral/documents.html", context, status=status)


def frame(request: HttpRequest, referral: Referral) -> dict[str, Any]:
    actor = actor_of(request)
    reader = referral_page.Reader.of(referral, actor)
    return {
        "referral": referral,
        "header": referral_page.header(referral, reader),
        "documents": words_of.rows(documents.listed(referral, by=actor), referral, actor),
        "closed": reader.closed,
        "attempt": once.new_word(),
        **upload_form(referral, request),
    }


def upload_form(referral: Referral, request: HttpRequest) -> dict[str, Any]:
    """What components/upload.html needs."""
    return {
        "may_add": documents.may_add(referral, by=actor_of(request)),
        "upload_url": reverse("referrals:documents", args=[referral.pk]),
        "accept": words_of.ACCEPT,
        "upload_hint": words_of.HINT,
    }


@require_safe
@person_page
def download(request: HttpRequest, referral_id: UUID, document_id: UUID) -> HttpResponseBase:
    """The bytes of one file, to be saved; why not, where it does not open."""
    try:
        document = documents.open_file(
            referral_id, document_id, by=actor_of(request), door="portal"
        )
    except errors.Conflict as problem:
        referral = records.open_record(referral_id, by=actor_of(request), door="portal")
        return _page(request, referral, refused=[("", problem.detail)], status=409)
    return serving.response(document)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def block(request: HttpRequest, referral_id: UUID, document_id: UUID) -> HttpResponse:
    """Closing one file to everybody, with the reason."""
    actor = actor_of(request)
    documents.authorise_block(referral_id, by=actor)
    typed = returned.typed(request)
    error, reason = "", typed.get("reason", "") if typed is not None else ""
    if request.method == "POST":
        try:
            documents.block(
                referral_id, document_id, by=actor, data={"reason": reason}, door="portal"
            )
        except errors.Conflict as problem:
            messages.info(request, problem.detail)
            return _to_list(referral_id)
        except errors.Invalid:
            error = "Say in a few words why the file is blocked, up to 500 characters."
        else:
            messages.success(request, "Blocked. It opens for nobody now.")
            return _to_list(referral_id)
    referral = records.open_record(referral_id, by=actor, door="portal")
    listed = documents.listed(referral, by=actor)
    document = next((d for d in listed if d.pk == document_id), None)
    if document is None:
        raise errors.NotFound()
    context = {**frame(request, referral), "document": document, "reason": reason, "error": error}
    return render(
        request, "pages/referral/block_document.html", context, status=400 if error else 200
    )


@posts_only
@person_page
def remove(request: HttpRequest, referral_id: UUID, document_id: UUID) -> HttpResponse:
    try:
        documents.remove(referral_id, document_id, by=actor_of(request), door="portal")
    except errors.Conflict as problem:
        messages.info(request, problem.detail)
    else:
        messages.success(request, "Taken off.")
    return HttpResponseRedirect(_back(request, referral_id), status=303)


def _to_list(referral_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("referrals:documents", args=[referral_id]), status=303)
