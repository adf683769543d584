"""Production refuses to start with an insecure setting: one line for each, exit status 78.

The demo (DEMO=true) may be insecure, because it listens on this machine alone: there the
address to listen on is what is checked.
"""

from __future__ import annotations

import base64
import binascii
import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

EXIT_CONFIG = 78  # sysexits.h EX_CONFIG
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
SHORTEST_KEY = 50
SHORTEST_TOKEN = 32
NETWORK_FILESYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p"})
# Commands of the build and of developers: they open no door and touch no data.
HARMLESS_COMMANDS = frozenset(
    {
        "check", "makemigrations", "collectstatic", "help", "version", "--version", "--help",
        "spectacular", "diffsettings", "test", "startapp", "sqlmigrate", "topology",
    }
)  # fmt: skip

Values = Mapping[str, Any]
Problem = tuple[str, str]  # the setting's name, what is wrong and how to mend it
Check = Callable[[Values], Iterator[Problem]]


def problems(values: Values, *, binds: Sequence[str] = ()) -> list[Problem]:
    """What keeps a process with these settings from starting, in the order of the checks.

    At most one problem for each setting, so that each is one line.
    """
    checks = [_demo(values, binds)] if values["DEMO"] else [check(values) for check in PRODUCTION]
    found: dict[str, str] = {}
    for check in checks:
        for name, reason in check:
            found.setdefault(name, reason)
    return list(found.items())


def _demo(values: Values, binds: Sequence[str]) -> Iterator[Problem]:
    for bind in binds:
        if not _on_loopback(bind):
            yield "DEMO", "the demo listens on 127.0.0.1 alone; unset DEMO or the bind address"
    if values["REQUIRE_MFA"] is False and urlsplit(values["BASE_URL"]).hostname not in LOOPBACK:
        yield "BASE_URL", "the demo's links must lead to this machine; use http://127.0.0.1:<port>"


def _on_loopback(bind: str) -> bool:
    if bind.startswith(("unix:", "fd://")):
        return True
    host = bind.rpartition(":")[0] if ":" in bind else bind
    return (host.strip("[]") or "0.0.0.0") in LOOPBACK  # noqa: S104  gunicorn's meaning of ""


def _secret_key(values: Values) -> Iterator[Problem]:
    for name in ("SECRET_KEY", "BLIND_INDEX_KEY"):
        yield from _key(name, values[name], values["DEMO_KEY"])
    for key in values["SECRET_KEY_FALLBACKS"]:
        yield from _key("SECRET_KEY_FALLBACKS", key, values["DEMO_KEY"])
    if values["SECRET_KEY"] and values["SECRET_KEY"] == values["BLIND_INDEX_KEY"]:
        yield "BLIND_INDEX_KEY", "is the same as SECRET_KEY; use a key of its own"


def _key(name: str, key: str, demo_key: str) -> Iterator[Problem]:
    if not key:
        yield name, f"is missing; set {SHORTEST_KEY} or more random characters"
    elif key == demo_key or key.startswith(("demo", "django-insecure")):
        yield name, "is the demo's, which everybody knows; set random characters"
    elif len(key) < SHORTEST_KEY or len(set(key)) < 5:
        yield name, f"is too short; set {SHORTEST_KEY} or more random characters"


def _field_keys(values: Values) -> Iterator[Problem]:
    name = "FIELD_ENCRYPTION_KEYS"
    if not values[name]:
        yield name, "is missing; set id:key with a base64 key of 32 random bytes"
    for entry in values[name]:
        key_id, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not key_id or len(key) != 32:
            yield name, "has an entry that is not id:key with a base64 key of 32 bytes"
        elif key.startswith(b"demo") or len(set(key)) < 5:
            yield name, "has the demo's key, which everybody knows; set 32 random bytes"


def _event_keys(values: Values) -> Iterator[Problem]:
    from integrations.signing_keys import SigningKeysError, parse

    name = "EVENT_SIGNING_KEYS"
    try:
        parse(tuple(values[name]))
    except SigningKeysError as error:
        yield name, str(error)
        return
    for entry in values[name]:
        key = base64.b64decode(entry.partition(":")[2])
        if key.startswith(b"demo") or len(set(key)) < 5:
            yield name, "has the demo's key, which everybody knows; set 32 random bytes"


def _switches(values: Values) -> Iterator[Problem]:
    if values["DEBUG"]:
        yield "DEBUG", "is on, so error pages would show patients' data; turn it off"
    if not values["REQUIRE_MFA"]:
        yield "REQUIRE_MFA", "is off; people must sign in with a second step"
    if not 60 <= values["SESSION_IDLE_SECONDS"] <= 1800:
        yield "SESSION_IDLE_SECONDS", "must be from 60 to 1800"
    if not 60 <= values["SESSION_MAX_SECONDS"] <= 43200:
        yield "SESSION_MAX_SECONDS", "must be from 60 to 43200"
    if values["TRUSTED_PROXY_COUNT"] < 0:
        yield "TRUSTED_PROXY_COUNT", "must be 0 or the number of proxies in front"
    if values["METRICS_TOKEN"] and len(values["METRICS_TOKEN"]) < SHORTEST_TOKEN:
        yield "METRICS_TOKEN", f"is too short; set {SHORTEST_TOKEN} or more random characters"
    if str(values["LOG_LEVEL"]).upper() == "DEBUG":
        yield "LOG_LEVEL", "is DEBUG, which writes more than a log may hold; use INFO"


def _addresses(values: Values) -> Iterator[Problem]:
    hosts = values["ALLOWED_HOSTS"]
    base = urlsplit(values["BASE_URL"])
    if not hosts:
        yield "ALLOWED_HOSTS", "is empty; name the host of BASE_URL"
    elif any("*" in host for host in hosts):
        yield "ALLOWED_HOSTS", "has a wildcard; name each host"
    elif base.hostname not in hosts and not _subdomain(base.hostname or "", hosts):
        yield "ALLOWED_HOSTS", "lacks the host of BASE_URL"
    if base.scheme != "https" or not base.hostname:
        yield "BASE_URL", "must begin with https:// and name the host that people type"


def _subdomain(host: str, patterns: Sequence[str]) -> bool:
    return any(p.startswith(".") and host.endswith(p) for p in patterns)


def _broker(values: Values) -> Iterator[Problem]:
    if not values["AMQP_URL"]:
        return
    url = urlsplit(values["AMQP_URL"])
    if url.scheme not in {"amqp", "amqps"} or not url.hostname:
        yield "AMQP_URL", "must be amqps://user:password@host/vhost"
    elif url.username in {None, "", "guest"}:
        yield "AMQP_URL", "uses the account guest; give the portal an account of its own"
    elif url.scheme != "amqps" and url.hostname not in LOOPBACK:
        yield "AMQP_URL", "leaves this machine without TLS; use amqps://"
    elif "CERT_NONE" in url.query.upper():
        yield "AMQP_URL", "does not verify the broker's certificate; remove verify=CERT_NONE"


def _database(values: Values) -> Iterator[Problem]:
    database = values["DATABASES"]["default"]
    if database["ENGINE"].endswith("sqlite3"):
        if _filesystem(Path(database["NAME"])) in NETWORK_FILESYSTEMS:
            yield "DATABASE_URL", "is an SQLite file on a network file system, which loses data"
        return
    host = database.get("HOST") or "localhost"
    mode = (database.get("OPTIONS") or {}).get("sslmode", "")
    if host not in LOOPBACK and not host.startswith("/") and mode not in {
        "verify-full", "verify-ca"
    }:  # fmt: skip
        yield "DATABASE_URL", "leaves this machine without verified TLS; add ?sslmode=verify-full"


def _filesystem(path: Path) -> str:
    """The kind of file system that holds `path`, as the kernel names it; "" where unknown."""
    try:
        mounts = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return ""
    fields = [line.split() for line in mounts]
    fitting = [f for f in fields if path.resolve().is_relative_to(f[1])]
    return max(fitting, key=lambda f: len(f[1]))[2] if fitting else ""


def _mail(values: Values) -> Iterator[Problem]:
    if not values["EMAIL_BACKEND"].endswith("smtp.EmailBackend"):
        yield "EMAIL_URL", "sends no mail; set smtp+tls://user:password@host:587"
        return
    encrypted = values.get("EMAIL_USE_TLS") or values.get("EMAIL_USE_SSL")
    if not encrypted and values["EMAIL_HOST"] not in LOOPBACK:
        yield "EMAIL_URL", "leaves this machine without TLS; use smtp+tls:// or smtp+ssl://"


def _scanner(values: Values) -> Iterator[Problem]:
    place = values.get("CLAMD_SOCKET", "")
    if place.startswith("tcp://") and urlsplit(place).hostname not in LOOPBACK:
        yield "CLAMD_SOCKET", "leaves this machine in the clear; use a socket's path"
    elif place and not place.startswith(("tcp://", "unix:///", "/")):
        yield "CLAMD_SOCKET", "must be a socket's path or tcp://127.0.0.1:3310"
    if values.get("STORAGE_PER_PRACTICE_MB", 1) < 1:
        yield "STORAGE_PER_PRACTICE_MB", "must be 1 or more"


def _partner_key(values: Values) -> Iterator[Problem]:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    name = "IDP_OIDC_PRIVATE_KEY"
    if not values[name]:
        yield name, "is missing; set an RSA key of 2048 bits or more in PEM form"
        return
    try:
        key = load_pem_private_key(values[name].encode(), password=None)
    except (ValueError, TypeError):
        yield name, "is not a private key in PEM form"
        return
    if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
        yield name, "must be an RSA key of 2048 bits or more"


PRODUCTION: tuple[Check, ...] = (
    _secret_key, _field_keys, _event_keys, _switches, _addresses, _broker, _database, _mail,
    _scanner, _partner_key,
)  # fmt: skip


def binds_of(arguments: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """The addresses that this process was told to listen on, by argument or environment."""
    words = [*arguments, *environ.get("GUNICORN_CMD_ARGS", "").split()]
    found = [environ["TANDEM_BIND"]] if environ.get("TANDEM_BIND") else []
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word in {"-b", "--bind"}:
            found.append(following)
        elif word.startswith(("--bind=", "-b=")):
            found.append(word.partition("=")[2])
    if "runserver" in words:
        place = words.index("runserver") + 1
        named = [w for w in words[place:] if not w.startswith("-")]
        found += [w for w in named if ":" in w]
    return found


def enforce(*, stream: Any = None) -> None:
    """Print one line for each insecure setting and end the process, if there is any."""
    module = importlib.import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    found = problems(values_of(module), binds=binds_of(sys.argv[1:], os.environ))
    for name, reason in found:
        print(f"Refusing to start: {name} {reason}.", file=stream or sys.stderr)
    if found:
        raise SystemExit(EXIT_CONFIG)


def values_of(module: ModuleType) -> dict[str, Any]:
    """The settings with Django's defaults for what the mail address does not name."""
    return {"EMAIL_BACKEND": "", "EMAIL_HOST": "localhost", **vars(module)}


def guards(command: str) -> bool:
    """Whether this management command opens a door or touches data."""
    return command not in HARMLESS_COMMANDS
