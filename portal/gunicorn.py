"""gunicorn's settings: `gunicorn -c python:portal.gunicorn portal.wsgi:application`.

No access log here: the portal writes one line for each request itself, with the route's name
and never with a path or a query.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from portal import guard

bind = os.environ.get("TANDEM_BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 30
max_requests = 10_000
max_requests_jitter = 1_000
limit_request_line = 4094
limit_request_fields = 60
accesslog = None
errorlog = "-"
loglevel = "warning"
forwarded_allow_ips = ""  # portal.middleware.requests decides by TRUSTED_PROXY_COUNT
secure_scheme_headers: dict[str, str] = {}
proc_name = "tandem-web"

METRICS = Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR", "var/metrics")).resolve()


def on_starting(server: Any) -> None:
    """Before the first worker: refuse insecure settings, and begin the counters anew."""
    os.environ["TANDEM_BIND"] = str(server.cfg.bind[0])
    guard.enforce()


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def _fresh_metrics() -> None:
    shutil.rmtree(METRICS, ignore_errors=True)
    METRICS.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS)


_fresh_metrics()
