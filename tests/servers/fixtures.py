"""Fixtures for tests that need a server: the broker of this run, one to kill, and a browser."""

import atexit
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portal.local import apt
from portal.local.postgres import PostgreSQL
from portal.local.rabbitmq import RabbitMQ

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel
    from playwright.sync_api import Browser, Page


# A page that refuses a form says so by its status, which Chromium logs as an error.
REFUSED_FORM = re.compile(r"responded with a status of (400|409|412)")


@dataclass(frozen=True)
class BrokerAddress:
    """Two ways in: the application's account, and one that may declare, bind and read."""

    url: str
    admin_url: str


@pytest.fixture(scope="session")
def broker() -> BrokerAddress:
    """The broker that `make test PART=broker` started."""
    return BrokerAddress(os.environ["AMQP_URL"], os.environ["AMQP_ADMIN_URL"])


@pytest.fixture
def admin_channel(broker: BrokerAddress) -> "Iterator[BlockingChannel]":
    """A channel that may declare, bind and read."""
    import pika

    connection = pika.BlockingConnection(pika.URLParameters(broker.admin_url))
    yield connection.channel()
    if connection.is_open:
        connection.close()


@pytest.fixture(scope="session")
def mortal_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A broker of the tests' own, to `kill()` and `start()` again; data lasts between.

    One for all, because its start takes ten seconds: leave it running, and count on nothing
    that another test may have left in its queues.
    """
    server = RabbitMQ(open_to_servers(tmp_path_factory, "broker"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def mortal_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    """A PostgreSQL of this module's own, which flushes to disk and may be killed."""
    server = PostgreSQL(open_to_servers(tmp_path_factory, "postgres"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


def open_to_servers(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that the servers, run by another user, may enter; removed when the run ends.

    Not below pytest's own folder: each new pytest run closes that one to other users again.
    """
    home = Path(tempfile.mkdtemp(prefix=f"tandem-{name}-"))
    home.chmod(0o711)
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """The machine's Chromium, driven without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=apt.chromium(), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()


def let_the_server_finish() -> None:
    """Wait for requests of pages that are closed: the flush would lock against their queries."""
    until = time.monotonic() + 10
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(max(0.0, until - time.monotonic()))


@pytest.fixture
def open_page(
    chromium: "Browser", django_db_serialized_rollback: None, live_server
) -> "Iterator[Callable[..., Page]]":
    """`open_page(width=390)`: a page in a browser of its own, with the live server as its base.

    The reference data comes back before each test. With every one of them, in any order: the
    flush after a test that does without numbers the content types anew, and then the kept
    copy no longer fits.
    The test fails at its end when a page logged an error: a blocked script, a missing file.
    """
    contexts, errors = [], []

    def open_one(*, width: int = 1280, height: int = 900, **options: object) -> "Page":
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            **options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                errors.append(message.text)
                if message.type == "error" and not REFUSED_FORM.search(message.text)
                else None
            ),
        )
        return page

    yield open_one
    for context in contexts:
        context.close()
    let_the_server_finish()
    assert errors == []
