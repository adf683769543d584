"""A person's open sessions: where they are signed in, and ending any one of them."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from portal.http import SignedInRequest, posts_only


@login_required
@posts_only
def end_session(request: SignedInRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=pk, user_id=request.user.pk)
    session.end()
    messages.success(request, "That session has ended.")
    return HttpResponseRedirect(reverse("usersessions_list"))
