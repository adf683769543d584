"""Planted values that no sink may hold, and a search for them in every usual disguise."""

import base64
import email.message
from collections.abc import Iterable, Mapping
from urllib.parse import quote

# Where the value is typed: content by section, then what is said on the way.
CANARIES: dict[str, str] = {
    "given_name": "Zebulonia",
    "family_name": "Quarrymanson",
    "birth_date": "1931-02-17",
    "phone": "4075550187",
    "pronouns": "xanthe-xanthem",
    "member_id": "MBR-77Q-VELLUM",
    "payer": "Obsidian Mutualis",
    "street": "4418 Wyvernhollow Rd",
    "city": "Tumbrelville",
    "contact_name": "Ingeborgia Falkner",
    "contact_phone": "4075550193",
    "family_told": "appointments-onlyish",
    "signed_by": "Zebulonias Guardianus",
    "reason": "collapsed beam at the granary",
    "goals": "walk to the lighthouse again",
    "direct_line": "ext-90210-frobnitz",
    "pain_problem": "burning left scapulette",
    "imaging": "herniation at L4 mirabilis",
    "therapist": "Dr. Plumewater",
    "trauma_note": "no detail besides ullage",
    "antidepressant": "fluvoxatrine",
    "action_taken": "lethal means councilled twicely",
    "allergy": "penicillumbra",
    "medication": "gabapentorio",
    "labs": "creatinine one-point-yonder",
    "info_message": "which cardiologue saw her",
    "info_note": "letter of the month of brumaire",
    "info_answer": "seen by the cardiology of Elsewherium",
    "message_body": "please phone the neighbourette",
    "place": "second floor of the gazebarium",
    "interim_note": "slept seven hours for oncely",
    "report": "responded at the third visitation",
    "plan_pain": "paced movementation daily",
    "plan_trauma": "continue the narratology therapy",
    "priority_comment": "sounded distraughtly by phone",
    "flag_note": "cardiogram viewed and filedly",
    "amendment_reason": "she recalled another dosette",
}


def disguises(value: str) -> set[bytes]:
    """A value as it may stand in a file: encoded, reversed, or in another case."""
    shapes: set[bytes] = set()
    for text in (value, value.lower(), value.upper(), value[::-1], value[::-1].lower()):
        raw = text.encode()
        shapes |= {
            raw,
            raw.hex().encode(),
            raw.hex().upper().encode(),
            text.encode("utf-16-le"),
            text.encode("utf-16-be"),
            quote(text).encode(),
            text.replace(" ", "+").encode(),
            *_base64(raw),
        }
    return shapes


def _base64(raw: bytes) -> Iterable[bytes]:
    """The middle of the value's base64 at each of the three places it can begin."""
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw)
        middle = coded[-(-offset * 8 // 6) : len(coded) - (4 if (offset + len(raw)) % 3 else 0)]
        yield middle
        yield middle.replace(b"+", b"-").replace(b"/", b"_")


def _by_start(values: Mapping[str, str]) -> dict[bytes, list[tuple[str, bytes]]]:
    starts: dict[bytes, list[tuple[str, bytes]]] = {}
    for name, value in values.items():
        for shape in disguises(value):
            starts.setdefault(shape[:GRAM], []).append((name, shape))
    return starts


# One pass over a sink, whatever the number of shapes: each starts with one of these.
GRAM = 8
STARTS = _by_start(CANARIES)


def found_in(sink: bytes) -> set[str]:
    """The names of the canaries that a sink holds."""
    found: set[str] = set()
    for place in range(len(sink)):
        for name, shape in STARTS.get(sink[place : place + GRAM], ()):
            if sink.startswith(shape, place):
                found.add(name)
    return found


def mail_bytes(message: email.message.Message) -> bytes:
    """A mail as sent, and each part of it decoded: base64 lines would hide a value."""
    parts = [part.get_payload(decode=True) or b"" for part in message.walk()]
    headers = [f"{name}: {value}".encode() for name, value in message.items()]
    return b"\n".join([message.as_bytes(), *parts, *headers])
