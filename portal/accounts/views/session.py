"""How long the session still lives, for the warning before it ends."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_http_methods

from portal.middleware.sessions import is_background, seconds_left


@require_http_methods(["GET", "POST"])
def session_state(request: HttpRequest) -> JsonResponse:
    """`{"signed_in": bool, "seconds_left": int}`.

    GET with the background header only looks; POST without it is the person's own act of
    staying and starts the idle clock again (the middleware does that for every such request).
    """
    signed_in = request.user.is_authenticated
    body = {"signed_in": signed_in, "seconds_left": seconds_left(request)}
    return JsonResponse(body, status=200 if signed_in or is_background(request) else 401)
