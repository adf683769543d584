"""The form in which an entry is hashed, the same on both engines.

A link is SHA-256 over number, batch, hash of the link before, time of sealing and the
entry's columns, as text, joined by the unit separator. No column written by the log holds
that character, so no two different entries share a text. The hash takes no key: whoever
audits can check it without a secret, and what a holder of the database could recompute is
held by the anchor.
"""

from __future__ import annotations

import hashlib

from django.db.backends.base.base import BaseDatabaseWrapper

SEPARATOR = "\x1f"
GENESIS = "0" * 64

ENTRY_TABLE = "referrals_accessentry"
SEAL_TABLE = "referrals_accessseal"
MOMENTS = frozenset({"at", "sealed_at"})
IDENTIFIERS = frozenset({"referral_id", "organisation_id"})
ENTRY_COLUMNS = (
    "id",
    "at",
    "actor_kind",
    "user_id",
    "partner_slug",
    "roles",
    "verb",
    "door",
    "referral_id",
    "organisation_id",
    "request_id",
    "address",
    "detail",
)


def link_hash(number: int, batch: int, previous: str, sealed_at: str, entry: str) -> str:
    """The hash of one link, as 64 hex digits."""
    place = f"{number}{SEPARATOR}{batch}{SEPARATOR}{previous}{SEPARATOR}{sealed_at}{SEPARATOR}"
    return hashlib.sha256((place + entry).encode()).hexdigest()


def entry_sql(connection: BaseDatabaseWrapper, alias: str) -> str:
    """An SQL expression for an entry's text, NULL where the entry is missing.

    The database joins the text, since a Python object for each column would make verifying
    several times slower.
    """
    texts = (text_sql(connection, alias, column) for column in ENTRY_COLUMNS)
    joined = f" || '{SEPARATOR}' || ".join(texts)
    return f"CASE WHEN {alias}.id IS NULL THEN NULL ELSE {joined} END"


def text_sql(connection: BaseDatabaseWrapper, alias: str, column: str) -> str:
    """An SQL expression for a column as text: UTC with microseconds, UUIDs as 32 hex digits."""
    name = f"{alias}.{column}"
    postgres = connection.vendor == "postgresql"
    if column in MOMENTS and postgres:
        return f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    if column in MOMENTS:
        # A whole second is stored without its fraction.
        return f"CASE WHEN length({name}) = 19 THEN {name} || '.000000' ELSE {name} || '' END"
    text = f"CAST({name} AS text)"
    if column in IDENTIFIERS and postgres:
        text = f"replace({text}, '-', '')"
    return f"COALESCE({text}, '')"
