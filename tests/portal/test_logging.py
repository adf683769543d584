"""What may be logged is a list; everything else stays out, and is counted."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from django.test import Client

from portal import logging as portal_logging

CANARY = "Quintrell-1979-04-12"


@pytest.fixture
def written() -> Iterator[Callable[[], list[dict]]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(portal_logging.formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


def test_a_line_is_json_with_the_listed_keys(written) -> None:
    structlog.get_logger("portal.test").info("moved", referral_id="r1", patient=CANARY, note=CANARY)
    (line,) = written()
    assert (line["event"], line["referral_id"], line["dropped"]) == ("moved", "r1", 2)
    assert set(line) <= portal_logging.ALLOWED
    assert CANARY not in json.dumps(line)


@pytest.mark.parametrize("value", ["a\nb", "a\r\nb", "a\x1b[31mb", "a\x00b", "a\u2028b", "a\x85b"])
def test_one_event_is_one_line(written, value: str) -> None:
    structlog.get_logger("portal.test").info(value, reason=value)
    (line,) = written()
    assert (line["event"], line["reason"]) == ("a" + line["event"][1:-1] + "b", line["reason"])
    assert value not in line["event"]


def test_values_are_cut_and_objects_never_printed(written) -> None:
    class Patient:
        def __str__(self) -> str:
            return CANARY

    structlog.get_logger("portal.test").info("x" * 5000, reason="y" * 5000, action=Patient())
    (line,) = written()
    assert (len(line["event"]), len(line["reason"]), line["action"]) == (120, 200, "Patient")


def test_an_exception_is_its_class_and_place(written) -> None:
    secret = CANARY
    try:
        raise ValueError(f"no such patient {secret}")
    except ValueError:
        structlog.get_logger("portal.test").exception("failed")
        logging.getLogger("django.request").error(
            "Internal Server Error: %s", secret, exc_info=True
        )
    for line in written():
        assert line["exception"] == "builtins.ValueError"
        assert "test_an_exception_is_its_class_and_place" in line["where"]
        assert CANARY not in json.dumps(line)


def test_libraries_log_their_words_not_their_values(written) -> None:
    logging.getLogger("django.security").warning("Invalid HTTP_HOST header: %r.", CANARY)
    (line,) = written()
    assert line["event"] == "Invalid HTTP_HOST header: %r."
    assert CANARY not in json.dumps(line)


@pytest.mark.django_db
@pytest.mark.urls("tests.portal.site")
def test_requests_and_crashes_of_the_site(written) -> None:
    client = Client(raise_request_exception=False)
    structlog.get_logger("portal").info("begin")
    client.get(f"/no-such-page/{CANARY}?name={CANARY}")
    client.get("/crash/")
    client.post("/accounts/login/", {"login": f"{CANARY}@x.example", "password": CANARY})
    lines = written()
    assert {"request", "begin"} <= {line["event"] for line in lines}
    assert any(line.get("exception") == "builtins.ValueError" for line in lines)
    assert any(line.get("view") == "account_login" for line in lines)
    assert all(line.get("request_id") for line in lines if line["event"] == "request")
    assert CANARY not in json.dumps(lines)
    assert "Marisol" not in json.dumps(lines)


def test_the_scan_finds_a_planted_leak(written) -> None:
    """The control: a listed key with a name in it is found by the same search."""
    structlog.get_logger("portal.test").info("leak", reason=CANARY)
    assert CANARY in json.dumps(written())


def test_sql_with_its_values_is_never_logged() -> None:
    assert logging.getLogger("django.db.backends").getEffectiveLevel() >= logging.WARNING
