"""`make stack`: the production topology on this machine: PostgreSQL, RabbitMQ, several workers."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from integrations import topology
from portal.local import apt, environment, prepare, processes, run
from portal.local.paths import ROOT, VAR, say, stop
from portal.local.postgres import PostgreSQL
from portal.local.rabbitmq import RabbitMQ
from portal.local.supervise import Program, Supervisor

ADDRESSES = VAR / "stack.env"
# Who may send commands and read its own queue, as a real partner would.
DEMO_PARTNER = "ehr-demo"
# A busy machine can keep a broker from answering in time.
DECLARE_TRIES = 3
WORKERS = 3
THREADS = 4


def main() -> None:
    port = environment.port()
    run.refuse_taken(port)
    apt.require(apt.POSTGRESQL, apt.RABBITMQ)
    home = processes.server_home("stack")
    postgres, broker = PostgreSQL(home), RabbitMQ(home)
    # An init system would start again what dies; so that a fault can be tried here, so do we.
    with Supervisor(revive=True) as supervisor:
        try:
            say("Starting PostgreSQL and RabbitMQ")
            supervisor.start(postgres)
            supervisor.start(broker)
            env = environment.demo(
                port=port, home=VAR / "stack", database=postgres.url, broker=broker.url
            )
            prepare.everything(env)
            declare_topology(env, broker.admin_url)
            admitted = broker.add_account(topology.permissions_of(DEMO_PARTNER))
            write_addresses(env, admin=broker.admin_url, partner=admitted)
            web = serve(supervisor, env)
            run.announce(web, env["BASE_URL"])
            say(f"Addresses of the parts: {ADDRESSES}")
            supervisor.watch()
        finally:
            ADDRESSES.unlink(missing_ok=True)


def declare_topology(env: Mapping[str, str], admin_url: str) -> None:
    """Exchanges and queues, with the account that may; the application's own may not."""
    for _ in range(DECLARE_TRIES):
        done = subprocess.run(
            environment.manage("topology", "declare"),
            cwd=ROOT,
            env={**env, "AMQP_ADMIN_URL": admin_url},
            check=False,
        )
        if done.returncode == 0:
            return
    raise stop("the topology could not be declared; the message is above")


def write_addresses(env: Mapping[str, str], *, admin: str, partner: str) -> None:
    """`var/stack.env`, readable by its owner alone, complete before the web answers."""
    values = {name: env[name] for name in ("BASE_URL", "DATABASE_URL", "AMQP_URL")}
    values |= {"AMQP_ADMIN_URL": admin, "PARTNER_AMQP_URL": partner}
    text = "".join(f"{key}={value}\n" for key, value in values.items())
    fresh = Path(f"{ADDRESSES}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.rename(ADDRESSES)


def serve(supervisor: Supervisor, env: Mapping[str, str]) -> Program:
    web = environment.web(env, workers=WORKERS, threads=THREADS)
    supervisor.start(web)
    for name, command in (
        ("relay", "relay_events"),
        ("consumer", "consume_commands"),
        ("timers", "run_timers"),
    ):
        supervisor.start(Program(name, environment.manage(command), env))
    return web


if __name__ == "__main__":
    main()
