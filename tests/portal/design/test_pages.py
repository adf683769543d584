"""The gallery, the error pages and the header's links."""

import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import override_settings

from portal.presenters.navigation import main_links
from referrals.actors import Actor, ActorKind, Role, Seat

ERROR_PAGES = (
    "400.html", "403.html", "403_csrf.html", "404.html", "405.html", "500.html", "503.html",
)  # fmt: skip
INLINE = re.compile(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", re.IGNORECASE)


def person(*roles: Role) -> Actor:
    return Actor(
        kind=ActorKind.PERSON, name="A", seats=frozenset(Seat(None, role) for role in roles)
    )


def test_the_gallery_shows_itself_in_the_demo(client):
    page = client.get("/gallery/")
    assert page.status_code == 200
    assert not INLINE.search(page.content.decode())


@override_settings(DEMO=False, DEBUG=False)
@pytest.mark.parametrize("address", ["/gallery/", "/gallery/print/"])
def test_the_gallery_does_not_exist_elsewhere(client, address):
    assert client.get(address).status_code == 404


def test_the_gallery_is_read_only(client):
    assert client.post("/gallery/").status_code == 405


def test_every_component_stands_in_the_gallery():
    """A component that nobody looks at rots: each template is reached from the gallery's page."""
    folder = settings.ROOT / "templates"
    tags = (settings.ROOT / "portal/templatetags/tandem.py").read_text(encoding="utf-8")
    reached, waiting = set(), {"pages/gallery/gallery.html"}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        text = (folder / name).read_text(encoding="utf-8")
        named = set(re.findall(r'"([a-z_/]+\.html)"', text))
        for tag, part in re.findall(r'PART \+ "(\w+\.html)"\)\ndef (\w+)', tags):
            if f"% {part} " in text or f'"{tag}"' in text:
                named.add(f"components/{tag}")
        named |= {"layouts/base.html", "django/forms/div.html"} if "form" in name else set()
        waiting |= {n for n in named if (folder / n).exists()} - reached
    components = {f"components/{path.name}" for path in (folder / "components").glob("*.html")}
    assert components - reached == set()


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_an_error_page_needs_no_context_and_has_the_crisis_line(name):
    html = render_to_string(name)
    assert "This portal is not monitored in real time. Do not use it for emergencies." in html
    for number in ('href="tel:911"', 'href="tel:988"', 'href="sms:838255"', "AYUDA"):
        assert number in html
    assert 'href="/"' in html
    assert not INLINE.search(html)


def test_the_privacy_officer_is_not_offered_referrals():
    labels = {link.label for link in main_links(person(Role.PO), "/")}
    assert labels.isdisjoint({"Referrals", "New referral", "Worklist", "People"})


def test_a_clinic_is_not_offered_what_a_practice_writes():
    labels = {link.label for link in main_links(person(Role.CL, Role.CA), "/")}
    assert labels.isdisjoint({"Referrals", "New referral"})


def test_a_coordinator_types_in_what_came_on_paper():
    labels = {link.label for link in main_links(person(Role.CO), "/")}
    assert "New referral" in labels and "Referrals" not in labels


def test_nobody_is_offered_nothing():
    assert main_links(person(), "/") == []


def test_the_words_stay_plain():
    """No word that design.md bans, and no exclamation mark, in what we write for people."""
    banned = re.compile(r"\b(submit|invalid|please|click here|eligible)\b|!", re.IGNORECASE)
    for path in (settings.ROOT / "templates").rglob("*.html"):
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", "", path.read_text("utf-8"))
        assert not banned.search(text), path
