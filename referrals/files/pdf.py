"""PDF: one document from the first byte to the last, without anything that acts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import pikepdf

from referrals.files.limits import PDF_NODES, PDF_OBJECTS, PDF_PAGES
from referrals.files.markup import holds_markup
from referrals.files.pictures import refuse_pixels
from referrals.files.refusal import Refused

HEAD, TAIL = 1024, 1024
# Names of keys under which something acts, loads or hides.
ACTS = frozenset(
    {
        "/JS", "/JavaScript", "/AA", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent",
        "/RichMediaSettings", "/Launch", "/Collection", "/AF",
    }
)  # fmt: skip
ACTIONS = frozenset(
    {
        "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition",
        "/Movie", "/Sound", "/GoTo3DView", "/RichMediaExecute", "/ResetForm", "/Hide",
        "/SetOCGState", "/Trans",
    }
)  # fmt: skip
KINDS = frozenset({"/EmbeddedFile", "/Filespec", "/3D", "/RichMedia", "/Movie", "/Sound", "/Screen",
                   "/FileAttachment"})  # fmt: skip
CONTAINERS = (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)
SCHEMES = (b"http:", b"https:", b"mailto:", b"tel:", b"#")


def check(file: BinaryIO) -> None:
    _refuse_ends(file)
    file.seek(0)
    try:
        with pikepdf.open(file, attempt_recovery=False, suppress_warnings=True) as document:
            _look_at(document)
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    except pikepdf.PdfError:
        # The original message may quote the content.
        raise Refused("table") from None


def _refuse_ends(file: BinaryIO) -> None:
    """The mark at the very beginning, the end at the very end, no markup between mark and body."""
    head = file.read(HEAD)
    if not head.startswith((b"%PDF-1.", b"%PDF-2.")):
        raise Refused("mixed" if b"%PDF-" in head else "content")
    if holds_markup(head.partition(b" obj")[0]):
        raise Refused("mixed")
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - TAIL))
    _, end, rest = file.read(TAIL).rpartition(b"%%EOF")
    if not end:
        raise Refused("damaged")
    if rest.strip(b"\0\r\n\t "):
        raise Refused("mixed")


def _look_at(document: pikepdf.Pdf) -> None:
    if document.is_encrypted:
        raise Refused("encrypted")
    if len(document.objects) > PDF_OBJECTS:
        raise Refused("complex")
    pages = len(document.pages)
    if not pages:
        raise Refused("damaged")
    if pages > PDF_PAGES:
        raise Refused("pages")
    left = PDF_NODES
    for one in document.objects:
        for node in _containers(one):
            left -= 1 + len(node.keys() if not isinstance(node, pikepdf.Array) else node)
            if left < 0:
                raise Refused("complex")
            if not isinstance(node, pikepdf.Array):
                _refuse_acting(node)


def _containers(top: Any) -> Iterator[Any]:
    """An object and what stands directly in it; what it points to is looked at in its turn."""
    waiting = [top] if isinstance(top, CONTAINERS) else []
    while waiting:
        node = waiting.pop()
        yield node
        inner = node if isinstance(node, pikepdf.Array) else node.values()
        waiting += [one for one in inner if isinstance(one, CONTAINERS) and not one.is_indirect]


def _refuse_acting(node: Any) -> None:
    names = set(node.keys())
    if names & ACTS or _name(node, "/S") in ACTIONS:
        raise Refused("active")
    if _name(node, "/Subtype") in KINDS or _name(node, "/Type") in KINDS:
        raise Refused("active")
    if "/URI" in names and not _is_link(node):
        raise Refused("active")
    if "/F" in names and isinstance(node, pikepdf.Stream):
        raise Refused("external")  # a stream whose bytes are in another file
    if _name(node, "/Subtype") == "/Image" and isinstance(node, pikepdf.Stream):
        refuse_pixels(int(node.get("/Width", 0)), int(node.get("/Height", 0)))


def _is_link(node: Any) -> bool:
    target = node["/URI"]
    if isinstance(target, pikepdf.Dictionary):
        return True  # the document's base address
    return bytes(target).strip().lower().startswith(SCHEMES) or b":" not in bytes(target)


def _name(node: Any, key: str) -> str:
    value = node.get(key)
    return str(value) if isinstance(value, pikepdf.Name) else ""
