"""`make stack` as a stranger uses it: started as a process, spoken to over HTTP and AMQP."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import amqp
import requests

from portal.local import processes
from portal.local.paths import ASSETS, PYTHON, ROOT

PASSWORD = "tandem-demo"
PARTNER, SECRET = "ehr-demo", "tandem-demo-secret"


class Stack:
    """The running stack; `addresses` are the lines of stack.env."""

    def __init__(self, home: Path) -> None:
        self.home = home
        shutil.copytree(ASSETS, home / "assets")
        self.lines: list[str] = []
        self.process = self._start()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _start(self) -> subprocess.Popen[str]:
        port = processes.free_ports(1)[0]
        env = {**os.environ, "TANDEM_VAR": str(self.home), "PORT": str(port)}
        return subprocess.Popen(
            [str(PYTHON), "-m", "portal.local.stack"],
            cwd=ROOT, env=env, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def wait_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not any("Tandem is ready" in line for line in self.lines):
            assert self.process.poll() is None, "".join(self.lines[-30:])
            assert time.monotonic() < deadline, "".join(self.lines[-30:])
            time.sleep(0.2)

    @property
    def addresses(self) -> dict[str, str]:
        text = (self.home / "stack.env").read_text()
        return dict(line.split("=", 1) for line in text.splitlines())

    def children(self) -> list[int]:
        listing = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listing.split()]

    def end(self) -> int:
        """SIGTERM to the one process; its status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._reader.join(5)
            assert self.process.stdout is not None
            self.process.stdout.close()


class Person(requests.Session):
    """Somebody signed in by the form, who writes to the API with the CSRF token."""

    def __init__(self, base: str, login: str) -> None:
        super().__init__()
        self.base = base
        page = self.get(f"{base}/accounts/login/", timeout=30)
        page.raise_for_status()
        answer = self.post(
            f"{base}/accounts/login/",
            data={
                "login": f"{login}@demo.example",
                "password": PASSWORD,
                "csrfmiddlewaretoken": self.cookies["csrftoken"],
            },
            allow_redirects=False,
            timeout=30,
        )
        assert answer.status_code == 302, answer.status_code

    def read(self, path: str) -> dict[str, Any]:
        answer = self.get(f"{self.base}/api/v1{path}", timeout=30)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def write(self, path: str, data: object, *, version: int | None = None) -> dict[str, Any]:
        headers = {"X-CSRFToken": self.cookies["csrftoken"]}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        answer = self.post(f"{self.base}/api/v1{path}", json=data, headers=headers, timeout=30)
        assert answer.status_code in (200, 201), (path, answer.text)
        return answer.json()

    def act(self, referral: dict[str, Any], action: str, data: object = None) -> dict[str, Any]:
        """One action on the referral's present version; the referral as it is then."""
        version = self.read(f"/referrals/{referral['id']}/")["version"]
        return self.write(f"/referrals/{referral['id']}/{action}/", data or {}, version=version)


def partner_feed(base: str) -> Iterator[bytes]:
    """The pages of the partner's own feed, as they came over the wire."""
    discovered = requests.get(f"{base}/.well-known/openid-configuration", timeout=30).json()
    token = requests.post(
        discovered["token_endpoint"],
        auth=(PARTNER, SECRET),
        data={"grant_type": "client_credentials", "scope": "referrals:read events:read"},
        timeout=30,
    ).json()["access_token"]
    after = ""
    while True:
        page = requests.get(
            f"{base}/api/v1/events/",
            params={"after": after, "limit": "1000"},
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        assert page.status_code == 200, page.text
        if not page.json()["results"]:
            return
        yield page.content
        after = page.json()["next_after"]


class Consumer:
    """A listener with py-amqp, which shares no code with the portal's client, on its own queue."""

    def __init__(self, url: str, binding: str) -> None:
        self.bodies: list[bytes] = []
        self.connection = connect(url)
        channel = self.connection.channel()
        queue = channel.queue_declare("", exclusive=True).queue
        channel.queue_bind(queue, "tandem.events", binding)
        channel.basic_consume(queue, no_ack=True, callback=self._take)

    def close(self) -> None:
        self.connection.close()

    def _take(self, message: amqp.Message) -> None:
        body = message.body
        self.bodies.append(body.encode() if isinstance(body, str) else bytes(body))

    def about(self, subject: str) -> list[bytes]:
        """The bodies so far whose CloudEvents subject is this one, in the order of arrival."""
        return [body for body in self.bodies if json.loads(body)["subject"] == subject]

    def wait(self, enough: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not enough() and time.monotonic() < deadline:
            try:
                self.connection.drain_events(timeout=1)
            except TimeoutError:
                continue


def connect(url: str) -> amqp.Connection:
    parts = urlsplit(url)
    connection = amqp.Connection(
        host=f"{parts.hostname}:{parts.port}",
        userid=parts.username,
        password=unquote(parts.password or ""),
        virtual_host="/",
        confirm_publish=True,
    )
    connection.connect()
    return connection


def send_command(url: str, command: dict[str, Any]) -> None:
    """Publish a partner's command, confirmed by the broker."""
    action = command["type"].split(".")[2]
    connection = connect(url)
    try:
        message = amqp.Message(
            json.dumps(command),
            content_type="application/cloudevents+json",
            delivery_mode=2,
            message_id=command["id"],
            user_id=PARTNER,
        )
        connection.channel().basic_publish(
            message, exchange="tandem.commands", routing_key=f"{PARTNER}.{action}"
        )
    finally:
        connection.close()
