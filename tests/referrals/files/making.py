"""Files of every kind, made in memory: good ones first, from which the hostile ones are bent."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pikepdf
from PIL import Image, PngImagePlugin

from referrals.files.docx import MAIN_TYPE

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/package/2006"


def eicar() -> bytes:
    """The test signature, put together here so that no file of ours holds it."""
    return b"".join(
        [b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!$H+H*"]
    )


# --- Pictures -----------------------------------------------------------------------------------


def picture(
    kind: str, *, size: tuple[int, int] = (24, 16), mode: str = "RGB", **save: Any
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 1 if mode in ("1", "P") else None).save(out, kind, **save)
    return out.getvalue()


def tiff(*sizes: tuple[int, int], **save: Any) -> bytes:
    pages = [Image.new("1", size) for size in sizes or [(32, 16)]]
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], **save)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


def png_with(*extra: bytes, **how: Any) -> bytes:
    """A good PNG with chunks put in before its end."""
    good = picture("PNG", **how)
    return good[:-12] + b"".join(extra) + good[-12:]


def png_of(width: int, height: int) -> bytes:
    """A small file that says it is this large."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def png_notes(**texts: str) -> bytes:
    notes = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        notes.add_text(key, text)
    return picture("PNG", pnginfo=notes)


def jpeg_with(segment: bytes, marker: int = 0xFE) -> bytes:
    """A good JPEG with one more segment at its beginning (a comment by default)."""
    good = picture("JPEG")
    return (
        good[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(segment) + 2) + segment + good[2:]
    )


def jpeg_of(width: int, height: int) -> bytes:
    good = bytearray(picture("JPEG"))
    frame = good.index(b"\xff\xc0") + 5
    good[frame : frame + 4] = struct.pack(">HH", height, width)
    return bytes(good)


def tiff_row(tag: int, kind: int, count: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, kind, count, value)


def tiff_raw(*rows: bytes, following: int = 0) -> bytes:
    """One directory by hand at byte 8."""
    rest = struct.pack("<H", len(rows)) + b"".join(rows) + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", 8) + rest


# --- PDF ----------------------------------------------------------------------------------------


@cache
def pdf(pages: int = 1) -> bytes:
    return pdf_with(pages=pages)


def pdf_with(
    change: Callable[[pikepdf.Pdf], None] | None = None, *, pages: int = 1, **save: Any
) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page(page_size=(200, 200))
        if change:
            change(made)
        made.save(out, **save)
    return out.getvalue()


def pdf_root(key: str, value: Any) -> bytes:
    def change(made: pikepdf.Pdf) -> None:
        made.Root[key] = made.make_indirect(_pdf(value)) if isinstance(value, dict) else _pdf(value)

    return pdf_with(change)


def pdf_annotation(**entries: Any) -> bytes:
    def change(made: pikepdf.Pdf) -> None:
        made.pages[0].Annots = pikepdf.Array([made.make_indirect(_pdf(entries))])

    return pdf_with(change)


def _pdf(value: Any) -> Any:
    """Python to PDF: texts with a slash are names."""
    if isinstance(value, dict):
        named = {k if k.startswith("/") else f"/{k}": _pdf(v) for k, v in value.items()}
        return pikepdf.Dictionary(named)
    if isinstance(value, list):
        return pikepdf.Array([_pdf(one) for one in value])
    if isinstance(value, str):
        return pikepdf.Name(value) if value.startswith("/") else pikepdf.String(value)
    return value


def pdf_protected(**passwords: str) -> bytes:
    return pdf_with(encryption=pikepdf.Encryption(**passwords))


# --- DOCX ---------------------------------------------------------------------------------------


def relations(*rows: str) -> str:
    return f'<Relationships xmlns="{P}/relationships">{"".join(rows)}</Relationships>'


def relation(kind: str, target: str, *, external: bool = False) -> str:
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="r1" Type="{R}/{kind}" Target="{target}"{mode}/>'


def body(inner: str = "<w:p><w:r><w:t>A letter.</w:t></w:r></w:p>") -> str:
    return f'<w:document xmlns:w="{W}"><w:body>{inner}</w:body></w:document>'


def content_types(main: str = MAIN_TYPE, more: str = "") -> str:
    return (
        f'<Types xmlns="{P}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/>{more}</Types>'
    )


def parts(**changes: str | bytes | None) -> dict[str, str | bytes]:
    """The parts of a small document; `document`, `types` and `links` by their short names."""
    found: dict[str, str | bytes | None] = {
        "[Content_Types].xml": changes.pop("types", content_types()),
        "_rels/.rels": relations(relation("officeDocument", "word/document.xml")),
        "word/document.xml": changes.pop("document", body()),
        "word/_rels/document.xml.rels": changes.pop("links", None),
    }
    return {name: part for name, part in found.items() if part is not None}


def docx(more: Mapping[str, str | bytes] | None = None, *, method: int = zipfile.ZIP_DEFLATED,
         **changes: str | bytes | None) -> bytes:  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, part in (parts(**changes) | dict(more or {})).items():
            archive.writestr(name, part)
    return out.getvalue()


def zipped(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def raw_docx(name: bytes, data: bytes, *, claim: int | None = None, flags: int = 0) -> bytes:
    """A good document with one entry more, written by hand: its name and sizes as they come."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    squeezed = packed.compress(data) + packed.flush()
    size = len(data) if claim is None else claim
    fixed = struct.pack("<HHHHHIII", 20, flags, 8, 0, 0, zlib.crc32(data), len(squeezed), size)
    local = b"PK\x03\x04" + fixed + struct.pack("<HH", len(name), 0) + name + squeezed
    good = docx()
    end = good.rindex(b"PK\x05\x06")
    count, _, start = struct.unpack("<HII", good[end + 10 : end + 20])
    central = (
        b"PK\x01\x02\x14\x00" + fixed + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, start)
        + name
    )  # fmt: skip
    directory = good[start:end] + central
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count + 1, count + 1, len(directory),
                       start + len(local), 0)  # fmt: skip
    return good[:start] + local + directory + tail


def overlapping(copies: int) -> bytes:
    """Many entries of the directory that all point to one squeezed piece."""
    good = docx({"word/media/a.png": b"\0" * 500_000})
    end = good.rindex(b"PK\x05\x06")
    length, start = struct.unpack("<II", good[end + 12 : end + 20])
    directory = good[start:end]
    last = directory[directory.rindex(b"PK\x01\x02") :]
    rows = b"".join(
        last.replace(b"media/a.png", b"media/%c.png" % (97 + n)) for n in range(1, copies)
    )
    count = directory.count(b"PK\x01\x02") + copies - 1
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, length + len(rows), start, 0)
    return good[:start] + directory + rows + tail
