"""What typed text becomes: clean characters, and the standard forms of phone, language, code."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.core.validators import ProhibitNullCharactersValidator
from rest_framework.validators import ProhibitSurrogateCharactersValidator

# Marks that turn the reading order of what follows; ZWJ and ZWNJ are part of real names.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_BREAKS = frozenset("\u2028\u2029")
_PHONE_PUNCTUATION = str.maketrans("", "", " \t\u00a0()-.\u2010\u2011\u2012\u2013/")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_NANP = re.compile(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", re.ASCII)
_ICD10 = re.compile(r"([A-Z][0-9][0-9AB])\.?([0-9A-Z]{0,4})", re.ASCII)
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?"
    r"(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[a-wyz0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.ASCII,
)


def is_character_validator(validator: Any) -> bool:
    return isinstance(
        validator, ProhibitNullCharactersValidator | ProhibitSurrogateCharactersValidator
    )


def clean(value: str, *, multiline: bool) -> str | None:
    """NFC text without outer space; None where it holds characters nobody can see."""
    if multiline:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = value.strip(" \t\n\u00a0") if multiline else value.strip(" \t\u00a0")
    kept = "\n\t" if multiline else ""
    if any(_is_hidden(character, kept, multiline) for character in value):
        return None
    return unicodedata.normalize("NFC", value)


def _is_hidden(character: str, kept: str, multiline: bool) -> bool:
    if character in kept and character:
        return False
    if character in _BIDI or (character in _LINE_BREAKS and not multiline):
        return True
    return unicodedata.category(character) in ("Cc", "Cs")


def e164(value: str) -> str | None:
    """`(407) 555-0123`, `1-407-555-0123` or `+44 20 7946 0123` as E.164, else None."""
    digits = value.translate(_PHONE_PUNCTUATION)
    if not digits.startswith("+"):
        digits = f"+{digits}" if len(digits) == 11 and digits[0] == "1" else f"+1{digits}"
    form = _NANP if digits.startswith("+1") else _E164
    return digits if form.fullmatch(digits) else None


def icd10(value: str) -> str | None:
    """`m5416` or `M54.16` as `M54.16`, else None."""
    match = _ICD10.fullmatch(value.strip().upper())
    if not match:
        return None
    category, rest = match.groups()
    return f"{category}.{rest}" if rest else category


def language_tag(value: str) -> str | None:
    """A well-formed BCP 47 tag in its usual case (`es-US`, `zh-Hant`), else None."""
    tag = value.lower()
    if not _LANGUAGE.fullmatch(tag):
        return None
    head, *rest = tag.split("-")
    return "-".join([head, *_cased(rest)])


def _cased(subtags: list[str]) -> list[str]:
    cased: list[str] = []
    for position, subtag in enumerate(subtags):
        if len(subtag) == 1:
            return cased + subtags[position:]
        if subtag.isalpha() and len(subtag) == 4:
            subtag = subtag.title()
        elif subtag.isalpha() and len(subtag) == 2:
            subtag = subtag.upper()
        cased.append(subtag)
    return cased
