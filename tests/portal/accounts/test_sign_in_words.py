"""Signing in says nothing that the page does not show, and never an id."""

from __future__ import annotations

from django.test import Client

from tests.cast import PASSWORD, Cast


def test_signing_in_shows_no_id_and_no_needless_message(cast: Cast) -> None:
    client = Client()
    done = client.post(
        "/accounts/login/", {"login": cast.physician.email, "password": PASSWORD}, follow=True
    )
    page = done.content.decode()
    assert done.context["user"] == cast.physician
    assert str(cast.physician.pk) not in page
    assert "Successfully" not in page


def test_signing_out_says_so(cast: Cast, client: Client) -> None:
    client.force_login(cast.physician)
    assert "You are signed out." in client.post("/accounts/logout/", follow=True).content.decode()
