"""Logs as JSON, one event a line, with the keys that are listed here and no others.

A key that is not listed is dropped and counted, so that no name, note or diagnosis can reach
a log by a careless call. Of an exception the class and the place are written, never its
message and never a local variable: both may hold what a patient said.
"""

from __future__ import annotations

import json
import logging
import logging.config
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

import structlog

ROOT = Path(__file__).resolve().parent.parent
LONGEST_VALUE = 200
LONGEST_EVENT = 120
DEEPEST_TRACE = 12
ALLOWED = frozenset(
    {
        # what every line has
        "timestamp", "level", "logger", "event", "request_id", "dropped",
        # who and which, by id
        "user_id", "organisation_id", "referral_id", "partner", "client_id", "token_prefix",
        "event_id", "command_id", "message_id", "delivery_id", "invitation_id", "document_id",
        # what happened
        "method", "view", "status", "duration_ms", "action", "verb", "outcome", "reason",
        "state", "door", "exception", "where", "problem", "field_names", "event_type",
        # how much, how old
        "count", "total", "attempt", "waiting", "oldest_seconds", "sequence", "bytes",
        "queue", "exchange", "routing_key", "worker", "pid", "port", "version", "setting",
        "sqlstate", "delay_seconds", "lag_seconds", "head", "entries", "key_id",
    }
)  # fmt: skip
# The loggers of libraries write prose with values in it; only these words are their own.
OURS = ("portal", "referrals", "integrations")

Event = MutableMapping[str, Any]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def _plain(value: object) -> object:
    """A value as one short line: control characters become spaces, the rest is cut."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(v) for v in sorted(map(str, value))][:20]
    text = str(value) if isinstance(value, (str, UUID)) else type(value).__name__
    return "".join(c if c.isprintable() else " " for c in text)[:LONGEST_VALUE]


def allow(logger: object, method: str, event: Event) -> Event:
    """structlog processor: the listed keys in plain form, and how many were dropped."""
    kept = {k: _plain(v) for k, v in event.items() if k in ALLOWED and v is not None}
    unlisted = len([k for k in event if k not in ALLOWED and not k.startswith("_")])
    if unlisted:
        kept["dropped"] = unlisted
    kept["event"] = str(_plain(event.get("event", "")))[:LONGEST_EVENT]
    return kept


def outline(logger: object, method: str, event: Event) -> Event:
    """structlog processor: an exception as its class and where it happened in our code."""
    found = _exception(event.pop("exc_info", None))
    event.pop("stack_info", None)
    if found is not None:
        event["exception"] = _class_names(found)
        event["where"] = _places(found)
    return event


def _exception(info: object) -> BaseException | None:
    if isinstance(info, BaseException):
        return info
    if isinstance(info, tuple):
        return info[1] if len(info) > 1 else None
    if info:
        import sys

        return sys.exc_info()[1]
    return None


def _class_names(error: BaseException) -> str:
    """`A from B`: the chain of causes, by class."""
    names: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(names) < 5:
        names.append(f"{type(seen).__module__}.{type(seen).__qualname__}")
        seen = seen.__cause__ or seen.__context__
    return " from ".join(names)


def _places(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-DEEPEST_TRACE:]
    return " > ".join(f"{Path(f.filename).stem}:{f.lineno}:{f.name}" for f in frames[-5:])


def stamp(logger: object, method: str, event: Event) -> Event:
    event["timestamp"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    return event


def render(logger: object, method: str, event: Mapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=True, separators=(",", ":"), default=str)


def from_library(logger: object, method: str, event: Event) -> Event:
    """A record of the standard library's logging: its template, not its arguments.

    `Not Found: %s` says what happened; what stood in for %s is a path or a value.
    """
    record: logging.LogRecord | None = event.get("_record")
    if record is None or event.get("_from_structlog"):
        return event
    event["event"] = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
    event["logger"] = record.name
    event["level"] = record.levelname.lower()
    status = getattr(record, "status_code", None)
    if isinstance(status, int):
        event["status"] = status
    return event


SHARED: list[Any] = [structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level,
          structlog.stdlib.add_logger_name, stamp]  # fmt: skip


def formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[from_library, outline, allow, render],
    )


def configure(options: Mapping[str, Any]) -> None:
    """Django's LOGGING_CONFIG: `options` is `{"level": "INFO"}`."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logging.config.dictConfig(_standard(str(options.get("level", "INFO")).upper()))


def _standard(level: str) -> dict[str, Any]:
    quiet = {"level": "WARNING", "handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "portal.logging.formatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level, "handlers": ["stderr"]},
        # SQL with its parameters, and every AMQP frame, would carry what must not be logged.
        "loggers": {
            name: quiet
            for name in ("django.db.backends", "pika", "django.server", "django.template",
                         "fontTools", "asyncio", "urllib3", "oauthlib")
        },
    }  # fmt: skip
