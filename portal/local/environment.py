"""The environment that the local commands give to the portal: the demo's, and nothing by chance.

Every name that could reach outside the machine is set here, so that neither the shell nor a
.env file can point a demo at a real database, broker or mail server.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from portal.local.paths import PYTHON, stop
from portal.local.supervise import Program

DEFAULT_PORT = 8000
LOOPBACK = "127.0.0.1"


def port() -> int:
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise stop(f"PORT is {text!r}; a number from 1 to 65535 is needed")
    return int(text)


def demo(*, port: int, home: Path, database: str, broker: str) -> dict[str, str]:
    """Variables for a demo on this port whose files, beside the database, lie in `home`."""
    base = f"http://{LOOPBACK}:{port}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PYTHONUNBUFFERED": "1",
        "DEMO": "true",
        "DEBUG": "false",
        "REQUIRE_MFA": "false",
        "BASE_URL": base,
        "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
        "INSTALLATION": "demo",
        "TRUSTED_PROXY_COUNT": "0",
        "DATABASE_URL": database,
        "AMQP_URL": broker,
        "EMAIL_URL": f"filemail:///{home / 'mail'}",
        "MEDIA_ROOT": str(home / "media"),
        "AUDIT_ANCHOR": str(home / "audit-anchor.jsonl"),
        "CLAMD_SOCKET": "",
        "ICD10CM_FILE": "",
        "PROMETHEUS_MULTIPROC_DIR": str(home / "metrics"),
    }


def manage(*arguments: str) -> list[str]:
    return [str(PYTHON), "manage.py", *arguments]


def web(env: Mapping[str, str], *, workers: int, threads: int) -> Program:
    """gunicorn with the site's own settings for it; the guard checks the address once more."""
    port = env["BASE_URL"].rpartition(":")[2]
    return Program(
        "web",
        [
            str(PYTHON),
            "-m",
            "gunicorn",
            "-c",
            "python:portal.gunicorn",
            "--no-control-socket",
            "portal.wsgi",
        ],
        {
            **env,
            "TANDEM_BIND": f"{LOOPBACK}:{port}",
            "WEB_CONCURRENCY": str(workers),
            "WEB_THREADS": str(threads),
        },
    )
