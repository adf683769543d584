"""`make check`: every static check; all of them run, and one that fails fails the command."""

import argparse
import base64
import os
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.local.environment import manage
from portal.local.paths import PYTHON, ROOT, say

TEMPLATES = ROOT / "templates"
# The version of Django that templates are written for; pyproject.toml pins the same.
DJANGO = "5.2"
GENERATE_DOCS = "generate_docs"


@dataclass(frozen=True)
class Check:
    """One command; it passes when its status is 0."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fix-templates", action="store_true", help="format the templates")
    parser.add_argument("--write-docs", action="store_true", help="write the generated documents")
    chosen = parser.parse_args()
    if chosen.fix_templates:
        run([Check("templates", djade(), os.environ)])
    elif chosen.write_docs:
        run([Check("documents", manage(GENERATE_DOCS), test_environment())])
    else:
        run(every_check())


def every_check() -> list[Check]:
    tests = test_environment()
    tool = [str(PYTHON), "-m"]
    return [
        Check("format", [*tool, "ruff", "format", "--check", "."], os.environ),
        Check("lint", [*tool, "ruff", "check", "."], os.environ),
        Check("types", [*tool, "mypy"], tests),
        Check("migrations", manage("makemigrations", "--check", "--dry-run"), tests),
        Check(
            "deployment",
            manage("check", "--deploy", "--fail-level", "WARNING"),
            production_environment(),
        ),
        Check("templates", djade("--check"), os.environ),
        Check("documents", manage(GENERATE_DOCS, "--check"), tests),
    ]


def run(checks: Sequence[Check]) -> None:
    failed = [check.name for check in checks if not passes(check)]
    if failed:
        raise SystemExit(f"\ntandem: failed: {', '.join(failed)}")
    say("\nall checks passed")


def passes(check: Check) -> bool:
    say(f"== {check.name}")
    return subprocess.run(check.argv, cwd=ROOT, env=dict(check.env), check=False).returncode == 0


def djade(*options: str) -> list[str]:
    files = [str(path) for path in template_files()]
    return [str(PYTHON.with_name("djade")), *options, "--target-version", DJANGO, *files]


def template_files() -> list[Path]:
    folders = [TEMPLATES, *(ROOT / name for name in ("portal", "referrals", "integrations"))]
    return sorted(file for folder in folders for file in folder.rglob("*.html"))


def test_environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}


def production_environment() -> dict[str, str]:
    """What a production process would be given, with keys made for this one check."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DEMO": "false",
        "DEBUG": "false",
        "REQUIRE_MFA": "true",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_ENCRYPTION_KEYS": f"check1:{key}",
        "BLIND_INDEX_KEY": secrets.token_urlsafe(48),
        "BASE_URL": "https://tandem.example",
        "ALLOWED_HOSTS": "tandem.example",
        "DATABASE_URL": "postgres://tandem:check@db.example/tandem?sslmode=verify-full",
        "AMQP_URL": "amqps://tandem:check@broker.example/",
        "EMAIL_URL": "smtp+tls://tandem:check@mail.example:587",
        "METRICS_TOKEN": secrets.token_urlsafe(32),
        "IDP_OIDC_PRIVATE_KEY": rsa_key(),
    }


def rsa_key() -> str:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


if __name__ == "__main__":
    main()
