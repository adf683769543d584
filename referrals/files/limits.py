"""What a file may be: types, sizes, counts. docs/documents.md states the same figures."""

from __future__ import annotations

MIB = 1024 * 1024

# --- One file -----------------------------------------------------------------------------------
MOST_BYTES = 15 * MIB
TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
ACCEPT = ",".join(f".{ending}" for ending in TYPES)
LONGEST_NAME = 150

# --- One upload, one referral, one organisation --------------------------------------------------
MOST_FILES = 10
# All files of one upload with their form around them; of a larger body only what was typed is kept.
MOST_REQUEST_BYTES = 60 * MIB
# A body that is larger still is not read at all.
UNREAD = 4 * MOST_REQUEST_BYTES
MOST_FILES_OF_REFERRAL = 60
MOST_BYTES_OF_REFERRAL = 150 * MIB

# --- PDF ----------------------------------------------------------------------------------------
PDF_PAGES = 500
PDF_OBJECTS = 100_000
PDF_NODES = 1_000_000

# --- Pictures -----------------------------------------------------------------------------------
PIXELS = 60_000_000
SIDE = 30_000
TIFF_PAGES = 100
TIFF_PIXELS = 1_000_000_000  # of all pages together; a fax page has 8 million of one bit
METADATA_BYTES = 4 * MIB

# --- DOCX ---------------------------------------------------------------------------------------
ZIP_ENTRIES = 1_000
ZIP_BYTES = 100 * MIB
ZIP_RATIO = 200  # asked of entries beyond ZIP_RATIO_FROM: short texts squeeze well
ZIP_RATIO_FROM = MIB
XML_DEPTH = 200

# --- The process that looks at a file ---------------------------------------------------------
CHECK_MEMORY = 768 * MIB
CHECK_CPU_SECONDS = 4
CHECK_SECONDS = 15
