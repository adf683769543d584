"""A person's own account: name, sign-in, second step, sessions, tokens."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from portal.accounts import tokens
from portal.accounts.forms import ProfileForm, TokenForm
from portal.accounts.models import PersonalToken
from portal.http import SignedInRequest, posts_only


@login_required
@require_http_methods(["GET", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    """The menu of the account, with the one field that needs no page of its own."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your name is saved.")
        return HttpResponseRedirect(reverse("account"))
    steps = set(
        Authenticator.objects.filter(user_id=request.user.pk).values_list("type", flat=True)
    )
    return render(request, "account/menu.html", {"form": form, "second_steps": steps})


@login_required
@require_http_methods(["GET", "POST"])
def token_list(request: SignedInRequest) -> HttpResponse:
    """My tokens; a new one shows its secret once, on the answer that made it."""
    if request.method == "POST":
        return _make_token(request)
    return _tokens_page(request, TokenForm(), secret=None)


@reauthentication_required(allow_get=True)
def _make_token(request: SignedInRequest) -> HttpResponse:
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _tokens_page(request, form, secret=None, status=400)
    _, secret = tokens.make(user=request.user, **form.cleaned_data)
    return _tokens_page(request, TokenForm(), secret=secret, status=201)


def _tokens_page(
    request: SignedInRequest, form: TokenForm, *, secret: str | None, status: int = 200
) -> HttpResponse:
    mine = PersonalToken.objects.usable(at=timezone.now()).filter(user_id=request.user.pk)
    context = {"form": form, "tokens": mine.order_by("-created_at"), "secret": secret}
    return render(request, "account/tokens.html", context, status=status)


@login_required
@posts_only
def token_end(request: SignedInRequest, token_id: object) -> HttpResponse:
    token = get_object_or_404(PersonalToken, pk=token_id, user_id=request.user.pk)
    tokens.end(token)
    messages.success(request, "The token has ended.")
    return HttpResponseRedirect(reverse("account-tokens"))
