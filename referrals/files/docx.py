"""DOCX: a zip whose counts are counted, whose parts are listed, and whose links are harmless."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from referrals.files.limits import XML_DEPTH, ZIP_BYTES, ZIP_ENTRIES, ZIP_RATIO, ZIP_RATIO_FROM
from referrals.files.markup import begins_as_another
from referrals.files.refusal import Refused

TYPES_PART, MAIN_PART = "[Content_Types].xml", "word/document.xml"
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
XML_ENDINGS = ("xml", "rels")
ENDINGS = frozenset(
    {
        *XML_ENDINGS, "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "emf", "wmf", "svg",
        "odttf",
    }
)  # fmt: skip
PRINTER = re.compile(r"word/printerSettings/[A-Za-z0-9]+\.bin")
UNSAFE_NAME = re.compile(r"^[/\\]|(^|[/\\])\.\.([/\\]|$)|[\\\0:]|[\x00-\x1f]")
# Kinds of relationships that act or bring another file along.
REFUSED_LINKS = re.compile(
    r"/(oleObject|package|attachedTemplate|frame|subDocument|control|vbaProject|aFChunk|"
    r"activeXControlBinary|keyMapCustomizations|wordVbaData|externalLink|mailMergeSource)$",
    re.IGNORECASE,
)
SCHEMES = ("http://", "https://", "mailto:", "tel:", "#")
FIELD_CODES = re.compile(r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|MACROBUTTON)\b")
CHUNK = 64 * 1024
END_BYTES = 22


def check(file: BinaryIO) -> None:
    if file.read(4) != b"PK\x03\x04":
        raise Refused("content")
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        _refuse_shape(archive, entries)
        names = {entry.filename for entry in entries}
        if not {TYPES_PART, MAIN_PART} <= names:
            raise Refused("content")
        counted = 0
        for entry in entries:
            counted += _look_at(archive, entry, counted)


# --- The archive ------------------------------------------------------------------------------


def _refuse_shape(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Before anything is unpacked: names, kinds, places and declared sizes."""
    if len(entries) > ZIP_ENTRIES:
        raise Refused("unpacked")
    if archive.comment or _ends_before_the_file(archive):
        raise Refused("mixed")
    if len({entry.filename.lower() for entry in entries}) != len(entries):
        raise Refused("damaged")
    for entry in entries:
        _refuse_entry(entry)
    total, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if total > ZIP_BYTES or _squeezed(total, packed):
        raise Refused("unpacked")
    _refuse_places(archive, entries)


def _ends_before_the_file(archive: zipfile.ZipFile) -> bool:
    """Whether anything stands behind the directory's own end, which is 22 bytes long."""
    assert archive.fp is not None  # open, since its directory was just read
    size = archive.fp.seek(0, io.SEEK_END)
    archive.fp.seek(max(0, size - END_BYTES))
    return archive.fp.read(4) != b"PK\x05\x06"


def _refuse_places(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Entries stand one behind the other from the first byte on; none lies over another."""
    end = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        if entry.header_offset < end or (end == 0 and entry.header_offset):
            raise Refused("mixed" if end == 0 else "unpacked")
        end = entry.header_offset + 30 + len(entry.orig_filename) + entry.compress_size
    if end > archive.start_dir:
        raise Refused("unpacked")


def _refuse_entry(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise Refused("encrypted")
    if UNSAFE_NAME.search(entry.orig_filename) or stat.S_ISLNK(entry.external_attr >> 16):
        raise Refused("damaged")
    if entry.compress_type not in METHODS:
        raise Refused("damaged")
    ending = entry.filename.rpartition(".")[2].lower()
    listed = ending in ENDINGS or PRINTER.fullmatch(entry.filename)
    if not entry.is_dir() and not listed:
        raise Refused("active")


def _look_at(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, before: int) -> int:
    """Unpack one entry, counting; the number of its bytes."""
    part = _part_of(entry.filename)
    size = 0
    for chunk in _unpacked(archive, entry):
        if not size and begins_as_another(chunk):
            raise Refused("active")
        size += len(chunk)
        if before + size > ZIP_BYTES or _squeezed(size, entry.compress_size):
            raise Refused("unpacked")
        part.feed(chunk)
    if size != entry.file_size:
        raise Refused("damaged")
    part.close()
    return size


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as source:
        while chunk := source.read(CHUNK):
            yield chunk


def _squeezed(size: int, packed: int) -> bool:
    return size > ZIP_RATIO_FROM and size > ZIP_RATIO * max(packed, 1)


# --- The parts --------------------------------------------------------------------------------


class Part:
    """A part that is no XML: a picture, a font. A drawing is text and may not hold a script."""

    def __init__(self, *, drawing: bool = False) -> None:
        self.drawing, self.tail = drawing, b""

    def feed(self, chunk: bytes) -> None:
        if self.drawing and re.search(rb"<\s*script|javascript:|on\w+\s*=", self.tail + chunk):
            raise Refused("active")
        self.tail = chunk[-64:]

    def close(self) -> None:
        pass


class XmlPart(Part):
    """XML read as it comes: no document type, no entities, no depths; fields and links listed."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.depth = name, 0
        self.in_field, self.codes = False, ""
        self.main_type = False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def feed(self, chunk: bytes) -> None:
        try:
            self.parser.Parse(chunk, False)
        except expat.ExpatError:
            raise Refused("damaged") from None

    def close(self) -> None:
        try:
            self.parser.Parse(b"", True)
        except expat.ExpatError:
            raise Refused("damaged") from None
        if FIELD_CODES.search(self.codes.upper()):
            raise Refused("active")
        if self.name == TYPES_PART and not self.main_type:
            raise Refused("active")  # a template, or one with macros

    def _refuse(self, *_: object) -> None:
        raise Refused("damaged")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > XML_DEPTH:
            raise Refused("complex")
        local = name.rpartition(" ")[2]
        if local == "instrText":
            self.in_field = True
        elif local == "fldSimple":
            self.codes += " " + next(
                (v for k, v in attributes.items() if k.rpartition(" ")[2] == "instr"), ""
            )
        elif local == "fldChar":
            self.codes += " "
        elif local == "Relationship":
            _refuse_link(attributes)
        elif local == "altChunk":
            raise Refused("active")
        elif local in ("Default", "Override"):
            self._type(attributes)

    def _end(self, name: str) -> None:
        self.depth -= 1
        self.in_field = False

    def _text(self, text: str) -> None:
        if self.in_field:
            self.codes += text

    def _type(self, attributes: dict[str, str]) -> None:
        kind = attributes.get("ContentType", "")
        if "macroEnabled" in kind or "vbaProject" in kind or "activeX" in kind:
            raise Refused("active")
        if attributes.get("PartName") == f"/{MAIN_PART}":
            self.main_type = kind == MAIN_TYPE


def _part_of(name: str) -> Part:
    ending = name.rpartition(".")[2].lower()
    return XmlPart(name) if ending in XML_ENDINGS else Part(drawing=ending == "svg")


def _refuse_link(attributes: dict[str, str]) -> None:
    kind, target = attributes.get("Type", ""), attributes.get("Target", "").strip().lower()
    if REFUSED_LINKS.search(kind):
        raise Refused("active")
    if attributes.get("TargetMode", "").lower() != "external":
        return
    if not kind.endswith("/hyperlink") or not target.startswith(SCHEMES):
        raise Refused("external")
