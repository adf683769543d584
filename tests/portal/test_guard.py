"""Production refuses each insecure setting with one line; good settings start clean."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from portal import guard

ROOT = Path(__file__).resolve().parents[2]
DEMO_KEY = "demo-only-key-demo-only-key-demo-only-key-demo-only-key"
DEMO_FIELD_KEY = "demo1:ZGVtby1vbmx5LWZpZWxkLWtleS0zMi1ieXRlcy1sb24="
DEMO_EVENT_KEY = "demo1:ZGVtby1vbmx5LWV2ZW50LWtleS0zMi1ieXRlcy1sb24="
FIELD_KEY = "k1:" + base64.b64encode(bytes(range(32))).decode()


def pem(key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


RSA_KEY = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
EC_KEY = pem(ec.generate_private_key(ec.SECP256R1()))
GOOD = {
    "SECRET_KEY": "s3cret-" + "abcdefghij0123456789" * 3,
    "BLIND_INDEX_KEY": "bl1nd-" + "klmnopqrst0123456789" * 3,
    "FIELD_ENCRYPTION_KEYS": FIELD_KEY,
    "ALLOWED_HOSTS": "portal.tests.example",
    "BASE_URL": "https://portal.tests.example",
    "DATABASE_URL": "postgres://tandem:x@db.tests.example/tandem?sslmode=verify-full",
    "AMQP_URL": "amqps://tandem:x@mq.tests.example/tandem",
    "EMAIL_URL": "smtp+tls://tandem:x@mail.tests.example:587",
    "IDP_OIDC_PRIVATE_KEY": RSA_KEY,
}
BAD = [
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", DEMO_KEY),
    ("SECRET_KEY", "a" * 60),
    ("SECRET_KEY_FALLBACKS", "short"),
    ("BLIND_INDEX_KEY", ""),
    ("BLIND_INDEX_KEY", DEMO_KEY),
    ("BLIND_INDEX_KEY", GOOD["SECRET_KEY"]),
    ("FIELD_ENCRYPTION_KEYS", ""),
    ("FIELD_ENCRYPTION_KEYS", DEMO_FIELD_KEY),
    ("FIELD_ENCRYPTION_KEYS", "k1:c2hvcnQ="),
    ("FIELD_ENCRYPTION_KEYS", "no-colon"),
    ("EVENT_SIGNING_KEYS", "no-colon"),
    ("EVENT_SIGNING_KEYS", "k1:c2hvcnQ="),
    ("EVENT_SIGNING_KEYS", f"{FIELD_KEY},{FIELD_KEY}"),
    ("EVENT_SIGNING_KEYS", DEMO_EVENT_KEY),
    ("DEBUG", "true"),
    ("ALLOWED_HOSTS", ""),
    ("ALLOWED_HOSTS", "*"),
    ("ALLOWED_HOSTS", "another.tests.example"),
    ("BASE_URL", "http://portal.tests.example"),
    ("REQUIRE_MFA", "false"),
    ("SESSION_IDLE_SECONDS", "7200"),
    ("SESSION_MAX_SECONDS", "999999"),
    ("TRUSTED_PROXY_COUNT", "-1"),
    ("METRICS_TOKEN", "short"),
    ("LOG_LEVEL", "DEBUG"),
    ("AMQP_URL", "amqps://guest:guest@mq.tests.example/tandem"),
    ("AMQP_URL", "amqp://tandem:x@mq.tests.example/tandem"),
    ("AMQP_URL", "amqps://tandem:x@mq.tests.example/t?ssl_options={'cert_reqs':'CERT_NONE'}"),
    ("DATABASE_URL", "postgres://tandem:x@db.tests.example/tandem"),
    ("DATABASE_URL", "postgres://tandem:x@db.tests.example/tandem?sslmode=require"),
    ("EMAIL_URL", "smtp://mail.tests.example:25"),
    ("EMAIL_URL", "consolemail://"),
    ("EMAIL_URL", None),
    ("IDP_OIDC_PRIVATE_KEY", ""),
    ("IDP_OIDC_PRIVATE_KEY", "no key"),
    ("IDP_OIDC_PRIVATE_KEY", EC_KEY),
]


def environment(tmp_path: Path, **changes: str | None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}}
    wanted = {**kept, **GOOD, "TANDEM_VAR": str(tmp_path), **changes}
    return {name: value for name, value in wanted.items() if value is not None}


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environ, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


# One interpreter reads the settings anew for each bad value: a process each takes a minute.
READ_ALL = """
import importlib, json, os, sys
import portal.settings as settings
from portal import guard
good = dict(os.environ)
found = []
for name, value in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(good)
    os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    for old in [n for n in vars(settings) if n.isupper()]:
        delattr(settings, old)
    importlib.reload(settings)
    found.append(guard.problems(guard.values_of(settings)))
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[list[list[str]]]:
    """The problems that the guard found, for each entry of BAD."""
    ended = subprocess.run(
        [sys.executable, "-c", READ_ALL], cwd=ROOT, input=json.dumps(BAD), text=True,
        env=environment(tmp_path_factory.mktemp("var")), capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize("number", range(len(BAD)), ids=[f"{n}={v}"[:50] for n, v in BAD])
def test_one_problem_for_each_bad_setting(judged: list[list[list[str]]], number: int) -> None:
    assert [name for name, _ in judged[number]] == [BAD[number][0]]


@pytest.mark.parametrize(
    ("name", "value"),
    [("SECRET_KEY", ""), ("FIELD_ENCRYPTION_KEYS", DEMO_FIELD_KEY), ("BLIND_INDEX_KEY", ""),
     ("DEBUG", "true"), ("ALLOWED_HOSTS", "*"), ("BASE_URL", "http://portal.tests.example"),
     ("REQUIRE_MFA", "false"), ("AMQP_URL", "amqp://guest:guest@mq.tests.example/"),
     ("DATABASE_URL", "postgres://t:x@db.tests.example/t"), ("EMAIL_URL", None),
     ("IDP_OIDC_PRIVATE_KEY", ""), ("METRICS_TOKEN", "short"), ("LOG_LEVEL", "DEBUG")],
)  # fmt: skip
def test_a_process_exits_with_exactly_one_line(
    tmp_path: Path, name: str, value: str | None
) -> None:
    ended = run(environment(tmp_path, **{name: value}), "-c", "import portal.wsgi")
    assert ended.returncode == guard.EXIT_CONFIG
    lines = ended.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"Refusing to start: {name} ")


def test_commands_that_open_a_door_are_guarded(tmp_path: Path) -> None:
    for command in ("relay_events", "consume_commands", "run_timers", "migrate", "runserver"):
        ended = run(environment(tmp_path, DEBUG="true"), "manage.py", command)
        assert (ended.returncode, len(ended.stderr.splitlines())) == (guard.EXIT_CONFIG, 1)


def test_several_bad_settings_are_several_lines(tmp_path: Path) -> None:
    ended = run(environment(tmp_path, DEBUG="true", EMAIL_URL=None), "-c", "import portal.wsgi")
    assert len(ended.stderr.splitlines()) == 2


def test_no_line_repeats_a_secret(tmp_path: Path) -> None:
    changes = {"SECRET_KEY": "short-but-secret", "AMQP_URL": "amqp://guest:hidden@mq.x/"}
    ended = run(environment(tmp_path, **changes), "-c", "import portal.wsgi")
    assert "short-but-secret" not in ended.stderr
    assert "hidden" not in ended.stderr


def test_good_settings_start(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    ended = run(environment(tmp_path), "-W", "error", "-c", "import portal.wsgi")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("tag", [["--tag", "security"], []])
def test_good_settings_pass_check_deploy(tmp_path: Path, tag: list[str]) -> None:
    (tmp_path / "assets" / "uswds").mkdir(parents=True)
    ended = run(
        environment(tmp_path), "manage.py", "check", "--deploy", "--fail-level", "WARNING", *tag
    )
    assert ended.returncode == 0, ended.stderr


def test_check_deploy_says_what_the_guard_says(tmp_path: Path) -> None:
    ended = run(environment(tmp_path, REQUIRE_MFA="false"), "manage.py", "check", "--deploy")
    assert ended.returncode == 1
    assert "REQUIRE_MFA is off" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "environ", "expected"),
    [
        (["--bind", "0.0.0.0:8000"], {}, ["0.0.0.0:8000"]),
        (["-b", ":8000"], {}, [":8000"]),
        (["--bind=127.0.0.1:1"], {}, ["127.0.0.1:1"]),
        (["runserver", "0.0.0.0:8000"], {}, ["0.0.0.0:8000"]),
        (["runserver", "--noreload"], {}, []),
        ([], {"TANDEM_BIND": "192.0.2.1:80"}, ["192.0.2.1:80"]),
        ([], {"GUNICORN_CMD_ARGS": "--bind 0.0.0.0:80"}, ["0.0.0.0:80"]),
    ],
)
def test_the_address_to_listen_on_is_found(
    arguments: list[str], environ: dict[str, str], expected: list[str]
) -> None:
    assert guard.binds_of(arguments, environ) == expected


@pytest.mark.parametrize(
    ("bind", "fine"),
    [("127.0.0.1:8000", True), ("localhost:1", True), ("[::1]:8000", True),
     ("unix:/run/web.sock", True), ("0.0.0.0:8000", False), (":8000", False),
     ("[::]:8000", False), ("192.0.2.1:80", False)],
)  # fmt: skip
def test_the_demo_listens_on_this_machine_alone(bind: str, fine: bool) -> None:
    demo = {"DEMO": True, "REQUIRE_MFA": False, "BASE_URL": "http://127.0.0.1:8000"}
    assert (guard.problems(demo, binds=[bind]) == []) is fine


def test_a_demo_process_refuses_another_address(tmp_path: Path) -> None:
    environ = environment(tmp_path, DEMO="true", TANDEM_BIND="0.0.0.0:8000", BASE_URL=None)
    ended = run(environ, "-c", "import portal.wsgi")
    assert ended.returncode == guard.EXIT_CONFIG
    assert ended.stderr.startswith("Refusing to start: DEMO ")
