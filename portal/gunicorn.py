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
preload_app = True  # the site is read once, for all workers
worker_class = "portal.web.worker.ReceivingWorker"  # no thread waits for a slow client
threads = int(os.environ.get("WEB_THREADS", "4"))
# Each may need two files while it arrives; a process may open 1,024 on many a system.
worker_connections = 400
timeout = 60
graceful_timeout = 30
max_requests = 10_000
max_requests_jitter = 1_000
limit_request_line = 4094
limit_request_fields = 60
accesslog = None
errorlog = "-"
loglevel = "error"  # a warning of gunicorn's quotes the request that it could not read
# Its errors in the form of the portal's own lines: no path, no message of an exception.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "portal.logging.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {
        "gunicorn.error": {"level": "ERROR", "handlers": ["stderr"], "propagate": False},
    },
    "root": {"level": "INFO", "handlers": ["stderr"]},
}
forwarded_allow_ips = ""  # portal.middleware.requests decides by TRUSTED_PROXY_COUNT
secure_scheme_headers: dict[str, str] = {}
proc_name = "tandem-web"

GIVEN = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
METRICS = Path(GIVEN or "var/metrics").resolve()


def on_starting(server: Any) -> None:
    """Before the first worker: refuse insecure settings."""
    os.environ["TANDEM_BIND"] = str(server.cfg.bind[0])
    guard.enforce()


def post_fork(server: Any, worker: Any) -> None:
    """A worker opens its own connections; what the parent may have opened is not for sharing."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.connection = None


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def _begin_metrics() -> None:
    """Begin the counters anew, unless the folder was given: then others count there too."""
    if not GIVEN:
        shutil.rmtree(METRICS, ignore_errors=True)
    METRICS.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS)


_begin_metrics()
