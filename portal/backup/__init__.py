"""Backups of the whole record: one sealed file with the database and the stored documents.

Sealed like everything else of a patient, under the first of FIELD_ENCRYPTION_KEYS, and it
holds no key. What is not in it: sessions, counters, the anchor of the access log, the broker.
"""

from portal.backup.archive import Damaged
from portal.backup.making import check, make
from portal.backup.restoring import restore

__all__ = ["Damaged", "check", "make", "restore"]
