"""The API's page in a real browser: it draws itself offline, under the portal's own policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_the_page_draws_every_operation_and_breaks_no_policy(
    open_page: Callable[..., Any],
) -> None:
    """`open_page` fails where the browser logs an error: a refused style, a missing file."""
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/docs/")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() > 50
    page.locator(".opblock-summary").first.click()
    page.wait_for_selector(".responses-wrapper")
    home = page.evaluate("location.origin")
    assert [url for url in asked if not url.startswith((home, "blob:"))] == []
