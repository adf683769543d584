"""The gallery in a real browser: axe finds nothing, nothing is cut off, the page is light."""

from __future__ import annotations

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

COLD, WARM = 250_000, 30_000  # bytes transferred, compressed (design.md, "Every page")
SMALL_TARGETS = """() => {
    const exempt = ".usa-radio, .usa-checkbox, .usa-skipnav, p:not(.td-crisis p)";
    return [...document.querySelectorAll("a, button, summary, select")]
        .filter((e) => !e.closest(exempt))
        .map((e) => [e.textContent.trim() || e.name, e.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.width < 24 || box.height < 24))
        .map(([name]) => name);
}"""


def transferred(body: bytes, address: str) -> int:
    """What the web server sends: fonts are compressed already, the rest is compressed by it."""
    return len(body) if address.endswith(".woff2") else len(gzip.compress(body))


def test_the_page_is_light(open_page):
    page = open_page()
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/gallery/")
    page.wait_for_load_state("networkidle")
    sizes = {answer.url: transferred(answer.body(), answer.url) for answer in answers}
    assert len(sizes) > 5
    assert sum(sizes.values()) <= COLD
    assert next(size for url, size in sizes.items() if url.endswith("/gallery/")) <= WARM


@pytest.mark.parametrize("address", ["/gallery/", "/gallery/print/"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(open_page, address, width):
    page = open_page(width=width)
    page.goto(address)
    found = Axe().run(page).response["violations"]
    assert [violation["id"] for violation in found] == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_nothing_is_wider_than_the_window(open_page, width):
    page = open_page(width=width)
    page.goto("/gallery/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_text_of_twice_the_size_stays_inside(open_page):
    page = open_page(width=640)
    page.goto("/gallery/")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_the_error_summary_takes_focus_and_leads_to_its_field(open_page):
    page = open_page()
    page.goto("/gallery/")
    assert page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    page.locator("[data-error-summary] a").first.click()
    assert page.evaluate("document.activeElement.name") == "broken-name"


def test_focus_is_never_under_the_header_that_stays(open_page):
    page = open_page()
    page.goto("/gallery/")
    page.locator("#id_name").focus()
    page.keyboard.press("Tab")
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        hidden = page.evaluate(
            """() => {
                const header = document.querySelector(".td-refhead");
                const focused = document.activeElement;
                if (header.contains(focused)) return false;
                const bar = header.getBoundingClientRect(), box = focused.getBoundingClientRect();
                return bar.top <= 0 && box.top < bar.bottom && box.bottom > bar.top;
            }"""
        )
        assert not hidden


def test_menus_close_with_escape_and_give_focus_back(open_page):
    page = open_page()
    page.goto("/gallery/")
    page.locator(".td-menu--account > summary").click()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not page.locator(".td-menu--account").evaluate("menu => menu.open")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_targets_are_large_enough(open_page):
    """24 by 24 pixels (WCAG 2.2, 2.5.8), links in a sentence left out as the criterion says."""
    page = open_page(width=390)
    page.goto("/gallery/")
    assert page.evaluate(SMALL_TARGETS) == []
