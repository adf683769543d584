"""A private RabbitMQ broker: own node, ports, epmd and folders, no system service."""

import base64
import hashlib
import json
import os
import secrets
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from integrations import topology
from portal.local import apt, processes
from portal.local.paths import stop

ADMIN = "tandem-admin"
APPLICATION = "tandem"
ALL_RIGHTS = {"configure": ".*", "write": ".*", "read": ".*"}


class RabbitMQ:
    """One broker on loopback. `start` returns when it takes connections (about 9 seconds);
    `stop` leaves no process, epmd included. Data lasts in `home` from start to start."""

    name = "rabbitmq"

    def __init__(self, home: Path, *, stomp: bool = False) -> None:
        self.home = home
        self.port = 0
        # For clients that speak STOMP, on this port; 0 without it.
        self.stomp_port = processes.free_ports(1)[0] if stomp else 0
        self.epmd_port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.epmd: subprocess.Popen[bytes] | None = None
        programs = apt.rabbitmq_programs()
        if programs is None:
            raise stop("RabbitMQ is not installed; run:  sudo apt-get install -y rabbitmq-server")
        self.programs = programs

    @property
    def folder(self) -> Path:
        return self.home / "rabbitmq"

    @property
    def log(self) -> Path:
        return self.home / "rabbitmq.log"

    @property
    def url(self) -> str:
        """For the application's account: it may publish and consume, never declare."""
        return self._url(APPLICATION)

    @property
    def admin_url(self) -> str:
        """For the account that may declare, bind and read."""
        return self._url(ADMIN)

    def start(self) -> None:
        if not self.port:
            self.port, self.epmd_port, self.distribution = processes.free_ports(3)
        self._configure()
        self._start_epmd()
        with self.log.open("ab") as log:
            self.process = processes.spawn(
                [str(self.programs / "rabbitmq-server")],
                env=self.environment,
                cwd=self.folder,
                as_user=processes.server_user(),
                output=log,
            )
        processes.wait_until(
            self._answers, process=self.process, seconds=90, what=f"RabbitMQ (see {self.log})"
        )

    def stop(self) -> None:
        """SIGTERM to the broker itself, which flushes and leaves; then its epmd."""
        if self.process is not None:
            processes.signal_group(self.process, signal.SIGTERM)
            processes.end(self.process, patience=30)
            self.process = None
        self._end_epmd()

    def kill(self) -> None:
        """SIGKILL to the whole broker, as a power cut would."""
        if self.process is not None:
            processes.kill_group(self.process)

    def control(self, *arguments: str) -> str:
        """Run rabbitmqctl against this broker; returns what it printed."""
        done = subprocess.run(
            [
                *processes.leash(as_user=processes.server_user()),
                *(str(self.programs / "rabbitmqctl"), "--silent", *arguments),
            ],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def add_account(self, rights: dict[str, Any]) -> str:
        """Make, or renew, a partner's account with these rights (topology.permissions_of);
        returns its address, password included."""
        plain, topic = rights["permissions"], rights["topic_permissions"]
        # Hexadecimal: rabbitmqctl takes what begins with a hyphen for an option.
        user, password = plain["user"], secrets.token_hex(24)
        known = {line.split("\t")[0] for line in self.control("list_users").splitlines()}
        self.control("change_password" if user in known else "add_user", user, password)
        own = (plain["configure"], plain["write"], plain["read"])
        self.control("set_permissions", user, *own)
        told = (topic["exchange"], topic["write"], topic["read"])
        self.control("set_topic_permissions", user, *told)
        return f"amqp://{user}:{password}@127.0.0.1:{self.port}/%2F"

    @property
    def environment(self) -> dict[str, str]:
        folder = str(self.folder)
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": folder,
            "RABBITMQ_NODENAME": "tandem@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_MNESIA_DIR": f"{folder}/data/node",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": f"{folder}/broker.pid",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/rabbitmq-env.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{folder}/advanced.config",
        }

    def _url(self, user: str) -> str:
        return f"amqp://{user}:{self._passwords()[user]}@127.0.0.1:{self.port}/%2F"

    def _passwords(self) -> dict[str, str]:
        kept = self.home / "rabbitmq.passwords"
        if not kept.exists():
            made = {user: secrets.token_urlsafe(24) for user in (ADMIN, APPLICATION)}
            kept.write_text(json.dumps(made))
            kept.chmod(0o600)
        passwords: dict[str, str] = json.loads(kept.read_text())
        return passwords

    def _configure(self) -> None:
        processes.own(self.folder)
        self._write("enabled_plugins", "[rabbitmq_stomp].\n" if self.stomp_port else "[].\n")
        self._write("rabbitmq-env.conf", "")
        self._write("advanced.config", "[].\n")
        self._write("definitions.json", json.dumps(definitions(self._passwords())))
        self._write(
            "rabbitmq.conf",
            f"load_definitions = {self.folder}/definitions.json\n"
            "loopback_users = none\nlog.console = true\nlog.console.level = warning\n"
            "log.file = false\n" + self._stomp(),
        )

    def _stomp(self) -> str:
        port = self.stomp_port
        return f"stomp.listeners.tcp.1 = 127.0.0.1:{port}\n" if port else ""

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        # The folder itself is closed to others.
        path.chmod(0o644)

    def _start_epmd(self) -> None:
        """Ours from the start, so that it is known by its process and not left behind."""
        if self.epmd is not None and self.epmd.poll() is None:
            return
        self.epmd = processes.spawn(
            ["epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1"],
            env=self.environment,
            as_user=processes.server_user(),
        )
        processes.wait_until(
            lambda: processes.is_listening(self.epmd_port),
            process=self.epmd,
            seconds=10,
            what="epmd",
        )

    def _end_epmd(self) -> None:
        if self.epmd is not None:
            processes.end(self.epmd)
            self.epmd = None

    def _answers(self) -> bool:
        import pika
        from pika.exceptions import AMQPError

        if not processes.is_listening(self.port):
            return False
        with suppress(AMQPError, OSError):
            pika.BlockingConnection(pika.URLParameters(self.admin_url)).close()
            return True
        return False


def definitions(passwords: dict[str, str]) -> dict[str, Any]:
    """The accounts, in the form that RabbitMQ loads at every start; no guest among them."""
    rights = {ADMIN: ALL_RIGHTS, APPLICATION: topology.PORTAL_RIGHTS}
    return {
        "vhosts": [{"name": "/"}],
        "users": [
            {
                "name": user,
                "password_hash": password_hash(passwords[user]),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": ["administrator"] if user == ADMIN else [],
            }
            for user in rights
        ],
        "permissions": [{"user": user, "vhost": "/", **each} for user, each in rights.items()],
    }


def password_hash(password: str) -> str:
    """RabbitMQ's own form: base64(salt + SHA-256(salt + password)), salt of 4 bytes."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
