"""Files as practices and clinics send them, made at run time; each must be taken."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

import pikepdf
from PIL import Image

from tests.referrals.files import making as m
from tests.referrals.files.hostile import Sample


def benign() -> list[Sample]:
    found = [*pdfs(), *pngs(), *jpegs(), *tiffs(), *word_files()]
    names = [name for name, _, _ in found]
    assert len(set(names)) == len(names)
    return found


def pdfs() -> Iterator[Sample]:
    yield "pdf of a page", "letter.pdf", m.pdf()
    yield "pdf of 300 pages", "chart.pdf", m.pdf(300)
    yield "pdf with line ends behind", "letter.pdf", m.pdf() + b"\r\n\r\n"
    yield "pdf with zeros behind", "letter.pdf", m.pdf() + b"\0" * 40
    yield "pdf with capitals in its ending", "LETTER.PDF", m.pdf()
    for version in ("1.4", "1.7", "2.0"):
        yield f"pdf {version}", "letter.pdf", m.pdf_with(min_version=version)
    yield (
        "pdf with object streams",
        "letter.pdf",
        m.pdf_with(object_stream_mode=pikepdf.ObjectStreamMode.generate),
    )
    yield "pdf for the web", "letter.pdf", m.pdf_with(linearize=True)
    yield (
        "pdf with a link",
        "letter.pdf",
        m.pdf_annotation(
            Type="/Annot", Subtype="/Link", A={"S": "/URI", "URI": "https://clinic.example/"}
        ),
    )
    yield (
        "pdf with a jump",
        "letter.pdf",
        m.pdf_annotation(Type="/Annot", Subtype="/Link", A={"S": "/GoTo", "D": "first"}),
    )
    yield "pdf that opens on its page", "letter.pdf", m.pdf_with(_opens_on_page)
    yield "pdf with a form", "letter.pdf", m.pdf_root("/AcroForm", {"Fields": []})
    yield "pdf of a scan", "scan.pdf", _scan()


def _opens_on_page(made: pikepdf.Pdf) -> None:
    made.Root.OpenAction = pikepdf.Array([made.pages[0].obj, pikepdf.Name("/Fit")])


def _scan() -> bytes:
    out = io.BytesIO()
    Image.new("L", (800, 1000), 240).save(out, "PDF")
    return out.getvalue()


def pngs() -> Iterator[Sample]:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"png {mode}", "scan.png", m.picture("PNG", mode=mode)
    yield "png with notes", "scan.png", m.png_notes(Software="Scanner 3 < 4", Title="Letter")
    yield (
        "png with a packed note",
        "scan.png",
        m.png_with(m.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"Scanned at the front desk."))),
    )
    yield "png of 2000 squared", "scan.png", m.picture("PNG", size=(2000, 2000), mode="1")


def jpegs() -> Iterator[Sample]:
    exif = Image.Exif()
    exif[271], exif[274] = "Phone", 6
    yield "jpeg", "photo.jpg", m.picture("JPEG")
    yield "jpeg by its long ending", "photo.jpeg", m.picture("JPEG")
    yield "grey jpeg", "photo.jpg", m.picture("JPEG", mode="L")
    yield "jpeg for print", "photo.jpg", m.picture("JPEG", mode="CMYK")
    yield "progressive jpeg", "photo.jpg", m.picture("JPEG", size=(300, 200), progressive=True)
    yield "jpeg with exif", "photo.jpg", m.picture("JPEG", exif=exif)
    yield "jpeg with a comment", "photo.jpg", m.jpeg_with(b"Front desk, a < b")
    yield "jpeg with a preview behind", "photo.jpg", m.picture("JPEG") + m.picture("JPEG")
    yield "jpeg with zeros behind", "photo.jpg", m.picture("JPEG") + b"\0" * 64


def tiffs() -> Iterator[Sample]:
    yield "tiff", "fax.tif", m.tiff()
    yield "tiff by its long ending", "fax.tiff", m.tiff()
    yield "fax of 20 pages", "fax.tif", m.tiff(*[(1728, 2200)] * 20, compression="group4")
    yield "tiff lzw", "fax.tif", m.picture("TIFF", compression="tiff_lzw")
    yield "tiff of bytes in the other order", "fax.tif", m.picture("TIFF", mode="I;16B")
    yield "tiff with a description", "fax.tif", m.tiff(tiffinfo={270: "Fax of a letter"})


def word_files() -> Iterator[Sample]:
    picture = m.picture("PNG")
    yield "docx", "letter.docx", m.docx()
    yield "docx unpacked", "letter.docx", m.docx(method=0)
    yield "docx with a picture", "letter.docx", m.docx({"word/media/image1.png": picture})
    yield (
        "docx with a drawing",
        "letter.docx",
        m.docx({"word/media/image1.svg": '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>'}),
    )
    yield (
        "docx with a web link",
        "letter.docx",
        m.docx(
            links=m.relations(m.relation("hyperlink", "https://clinic.example/", external=True))
        ),
    )
    yield (
        "docx with styles",
        "letter.docx",
        m.docx(
            {"word/styles.xml": f'<w:styles xmlns:w="{m.W}"/>'},
            links=m.relations(m.relation("styles", "styles.xml")),
        ),
    )
    field = '<w:p><w:r><w:instrText>HYPERLINK "https://a.example"</w:instrText></w:r></w:p>'
    yield "docx with a link as a field", "letter.docx", m.docx(document=m.body(field))
    long = "".join(
        f"<w:p><w:r><w:t>Line {n}: {n * n} steps.</w:t></w:r></w:p>" for n in range(20_000)
    )
    yield "docx with a long text", "letter.docx", m.docx(document=m.body(long))
    yield (
        "docx with printer settings",
        "letter.docx",
        m.docx({"word/printerSettings/printerSettings1.bin": b"\0\1"}),
    )
    yield "docx with a font", "letter.docx", m.docx({"word/fonts/font1.odttf": b"\5" * 99})
