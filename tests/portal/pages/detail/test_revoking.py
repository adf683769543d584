"""The page that records a revocation: what is revoked is said, never assumed."""

from __future__ import annotations

from referrals.lifecycle import Action, State
from tests.cast import Cast
from tests.portal.pages.doors import act_url, browser, send
from tests.walks import referral_at


def test_what_is_revoked_is_chosen_and_nothing_is_ticked(cast: Cast) -> None:
    """Left out, everything would close: nobody means that by saying nothing."""
    referral = referral_at(State.IN_REVIEW, cast)
    client = browser(cast, "physician")
    page = client.get(act_url(referral, Action.REVOKE_CONSENT)).content.decode()
    assert "None of these" not in page and " checked" not in page
    answer = send(client, referral, Action.REVOKE_CONSENT, reason="Said so on the phone.")
    assert answer.status_code == 400 and answer.context["form"].errors["scope"]
    assert "Said so on the phone." in answer.content.decode()
    referral.refresh_from_db()
    assert referral.consent_revoked_at is None
