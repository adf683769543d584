"""HTML to a tagged PDF, by a renderer that reads nothing: no network, no files, system fonts."""

from __future__ import annotations

from typing import NoReturn

from django.template.loader import render_to_string

VARIANT = "pdf/ua-1"


class NoRenderer(Exception):
    """The system libraries that draw the text are not on this machine."""


class FetchRefused(ValueError):
    """Something in the page asked for a file or an address."""


def refuse(url: str) -> NoReturn:
    """Whatever a page asks for, it gets nothing: all that it shows is in its own text."""
    raise FetchRefused("The renderer fetches nothing.")


def render(template: str, context: dict[str, object]) -> bytes:
    """The template as PDF/UA-1; title and language are those of its HTML."""
    return pdf_of(render_to_string(template, context))


def pdf_of(html: str) -> bytes:
    try:
        import weasyprint
    except OSError as missing:
        raise NoRenderer from missing

    class Nothing(weasyprint.urls.URLFetcher):
        def fetch(self, url: str, headers: object = None) -> NoReturn:
            refuse(url)

    page = weasyprint.HTML(string=html, url_fetcher=Nothing())
    return bytes(page.write_pdf(pdf_variant=VARIANT) or b"")
