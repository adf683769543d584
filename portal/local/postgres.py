"""A private PostgreSQL server: own data folder, free port, no system service."""

import secrets
import signal
import subprocess
from pathlib import Path

from portal.local import apt, processes
from portal.local.paths import stop

SUPERUSER = "tandem_owner"


class PostgreSQL:
    """One server on loopback. `start` returns when it answers; `stop` leaves no process.

    With `durable=False` it does not flush to disk: for tests, whose data may go.
    """

    name = "postgresql"

    def __init__(self, home: Path, *, database: str = "tandem", durable: bool = True) -> None:
        self.home = home
        self.database = database
        self.durable = durable
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        programs = apt.postgresql_programs()
        if programs is None:
            raise stop("PostgreSQL is not installed; run:  sudo apt-get install -y postgresql")
        self.programs = programs

    @property
    def data(self) -> Path:
        return self.home / "postgresql"

    @property
    def log(self) -> Path:
        return self.home / "postgresql.log"

    @property
    def password(self) -> str:
        return (self.home / "postgresql.password").read_text()

    @property
    def url(self) -> str:
        return f"postgres://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{self.database}"

    def start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self.port = self.port or processes.free_ports(1)[0]
        with self.log.open("ab") as log:
            self.process = processes.spawn(
                [str(self.programs / "postgres"), "-D", str(self.data), *self._options()],
                cwd=self.data,
                as_user=processes.server_user(),
                output=log,
            )
        self._wait()
        self._create_database()

    def stop(self) -> None:
        """SIGINT to the postmaster: PostgreSQL's fast shutdown."""
        if self.process is not None:
            processes.end(self.process, first=signal.SIGINT, patience=20)
            self.process = None

    def kill(self) -> None:
        """The postmaster and its children at once, as a power cut would.

        Each child leads a group of its own, and holds the shared memory without which the
        next start refuses: so they are ended by name, and waited for.
        """
        if self.process is not None:
            children = processes.children_of(self.process.pid)
            processes.kill_group(self.process)
            processes.kill_all(children, seconds=20)

    def _create(self) -> None:
        processes.own(self.data)
        password = self.home / "postgresql.password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        processes.give(password)
        command = [
            *(str(self.programs / "initdb"), "-D", str(self.data), "-U", SUPERUSER),
            *("-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8"),
            "--no-sync",
        ]
        done = subprocess.run(
            [*processes.leash(as_user=processes.server_user()), *command],
            capture_output=True,
            cwd=self.data,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr.decode().strip()}")

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "150",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]

    def _wait(self) -> None:
        assert self.process is not None
        probe = [str(self.programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        processes.wait_until(
            lambda: subprocess.run(probe, check=False).returncode == 0,
            process=self.process,
            seconds=60,
            what=f"PostgreSQL (see {self.log})",
        )

    def _create_database(self) -> None:
        import psycopg
        from psycopg import sql

        server = f"postgres://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(server, autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [self.database]
            ).fetchone()
            if not known:
                name = sql.Identifier(self.database)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
