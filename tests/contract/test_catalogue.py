"""The pages of the catalogue: every message, for whoever asks, without a script."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from integrations.contract.messages import every_message
from portal.catalogue.presenting import in_html
from tests.cast import Cast
from tests.repository.files import ROOT

pytestmark = pytest.mark.django_db
PAGE = "/api/events/"


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_the_catalogue_names_every_message_and_leads_to_it(client: Client) -> None:
    page = text_of(client, PAGE)
    for message in every_message():
        assert f'href="{PAGE}{message.key}/"' in page
        assert message.routing_key in page
    for target in ("/api/asyncapi.yaml", "/.well-known/tandem-event-keys.json", "/api/docs/"):
        assert f'href="{target}"' in page


@pytest.mark.parametrize("message", every_message(), ids=lambda m: m.key)
def test_a_message_shows_its_fields_an_example_and_its_schema(client: Client, message) -> None:
    page = text_of(client, f"{PAGE}{message.key}/")
    assert message.type in page
    for name in message.data_schema["properties"]:
        assert f"<code>{name}</code>" in page
    (address,) = re.findall(r'href="(/api/events/schemas/[^"]+)"', page)
    schema = client.get(address)
    assert schema["Content-Type"] == "application/schema+json"
    assert schema.json() == json.loads(json.dumps(message.schema))
    on_file = ROOT / "docs" / "events" / "schemas" / message.file_name
    assert schema.content == on_file.read_bytes()


@pytest.mark.parametrize("path", ["nothing/", "schemas/nothing.json", "referral.accepted"])
def test_what_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert client.get(PAGE + path).status_code == 404


def test_the_catalogue_is_the_same_for_who_is_signed_in(client: Client, cast: Cast) -> None:
    client.force_login(cast.coordinator)
    assert "Messages for partner systems" in text_of(client, PAGE)
    assert client.post(PAGE).status_code == 405


def test_what_is_code_is_shown_as_code_and_nothing_else_is_markup() -> None:
    assert in_html("after `a<b` or <b>") == "after <code>a&lt;b</code> or &lt;b&gt;"
    assert in_html("plain") == "plain"


def test_the_pages_ask_the_database_nothing(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        client.get(PAGE)


def test_the_api_leads_to_the_messages() -> None:
    assert "(/api/events/)" in (ROOT / "docs" / "openapi.yaml").read_text()
    assert "`/api/events/`" in (ROOT / "docs" / "partner-guide.md").read_text()


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", ["", "referral.declined/", "command.complete/"])
def test_the_pages_hold_in_a_browser_without_scripts(open_page, width: int, path: str) -> None:
    """`open_page` fails where the browser logs an error: a refused style, a missing file."""
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(width=width)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(PAGE + path)
    home = page.evaluate("location.origin")
    assert [url for url in asked if not url.startswith(home)] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert Axe().run(page).response["violations"] == []
