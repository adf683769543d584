"""Why a file is not taken, in words that say how to mend it."""

from __future__ import annotations

REASONS = {
    "empty": "This file is empty. Choose it again, or save it anew first.",
    "too_large": "A file may have up to 15 MB. Save it with a lower resolution, or in parts.",
    "type": "Files of the types PDF, PNG, JPEG, TIFF and DOCX can be sent. Save it as one of them.",
    "content": "What is in this file is not what its name says. Save it anew as a PDF.",
    "mixed": "This file holds a second kind of file within. Save or print it anew as a PDF.",
    "damaged": "This file cannot be read: it may be damaged. Save or print it anew as a PDF.",
    "table": "This PDF is damaged inside, though it may open for you. Open it, choose Print, then "
    "Save as PDF, and send the new file.",
    "encrypted": "This file is protected by a password. Save it without one.",
    "active": "This file holds macros, scripts or attachments. Print it to a new PDF instead.",
    "external": "This file loads parts from elsewhere. Print it to a new PDF instead.",
    "pages": "This file has too many pages: up to 500 in a PDF, 100 in a TIFF. Send it in parts.",
    "pixels": "This picture is too large: up to 60 megapixels. Save it with a lower resolution.",
    "unpacked": "Unpacked, this file is far too large. Print it to a new PDF instead.",
    "complex": "This file is built in too complicated a way. Print it to a new PDF instead.",
}


class Refused(Exception):
    """A file that is not taken; `code` is one of REASONS. Says nothing of the content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def words(self) -> str:
        return REASONS[self.code]
