"""The one answer that carries a file: to be saved, and nothing a browser could act on."""

from __future__ import annotations

from django.http import StreamingHttpResponse

from referrals.files import names, store
from referrals.models import Document

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def response(document: Document) -> StreamingHttpResponse:
    """The file's bytes, which were checked just before (operations.documents.open_file)."""
    pieces = store.read(document.pk, document.stored_as)
    return StreamingHttpResponse(
        pieces, content_type=document.media_type,
        headers={**HEADERS, "Content-Length": str(document.size),
                 "Content-Disposition": names.disposition(document.name)},
    )  # fmt: skip
