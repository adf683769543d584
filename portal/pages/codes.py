"""Looking a diagnosis code up while it is typed. The words travel in a body and are not logged.

Without JavaScript the form itself answers: words that are no code come back with the codes
that they may mean.
"""

from __future__ import annotations

import dataclasses

from django.http import HttpRequest, JsonResponse

from portal.http import posts_only
from portal.pages.doorway import person_page
from referrals import coding, loaded_codes

MOST_TYPED = 80


@posts_only
@person_page
def search(request: HttpRequest) -> JsonResponse:
    """JSON: {release, results: [{code, billable, name}]}."""
    release = loaded_codes.current()
    found = coding.find(release, request.POST.get("q", "")[:MOST_TYPED])
    return JsonResponse(
        {"release": release.name, "results": [dataclasses.asdict(one) for one in found]}
    )
