"""People of the cast, each in a browser of their own, and the look that axe takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client

from tests.cast import Cast, assemble

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = {
    "physician": "Amara Okafor", "delegate": "Sam Petrakis", "coordinator": "Dana Ruiz",
    "second_coordinator": "Ines Bauer", "clinician": "Noor Haddad",
}  # fmt: skip


@pytest.fixture
def cast(django_db_serialized_rollback: None, live_server: Any) -> Cast:
    found = assemble()
    for part, name in NAMES.items():
        user = getattr(found, part)
        user.full_name = name
        user.save()
    return found


@pytest.fixture
def as_person(open_page: Callable[..., Page], cast: Cast, live_server: Any) -> Callable[..., Page]:
    """`as_person("coordinator", width=390)`: a page in which this person is signed in."""

    def open_as(part: str, **options: object) -> Page:
        page = open_page(**options)
        client = Client()
        client.force_login(getattr(cast, part))
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "url": live_server.url,
              "value": client.cookies[settings.SESSION_COOKIE_NAME].value}]
        )  # fmt: skip
        return page

    return open_as


@pytest.fixture
def look() -> Callable[[Page], None]:
    """Axe finds nothing, and nothing is wider than the window."""

    def check(page: Page) -> None:
        page.wait_for_load_state()
        found = Axe().run(page).response["violations"]
        assert [(v["id"], v["nodes"][0]["target"]) for v in found] == [], page.url
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, page.url

    return check
