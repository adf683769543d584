"""What docker-compose.yml's one-shot `setup` service makes: certificates, keys and accounts.

    python -m portal.local.containers /run/tandem

Everything is made once, in a volume; a second start changes nothing. Whoever loses the volume
loses the keys of the data, so it belongs into the backup.
"""

import base64
import json
import os
import secrets
import shutil
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

from integrations import topology
from portal.local.certificates import Authority
from portal.local.checks import rsa_key
from portal.local.paths import say
from portal.local.rabbitmq import ADMIN, APPLICATION, definitions

# The user of our own image, and the one that the images of PostgreSQL and RabbitMQ both use.
PORTAL_USER = 10001
SERVER_USER = 999

RABBITMQ_CONF = """\
listeners.tcp = none
listeners.ssl.default = 5671
ssl_options.cacertfile = {folder}/ca.crt
ssl_options.certfile = {folder}/rabbitmq.crt
ssl_options.keyfile = {folder}/rabbitmq.key
ssl_options.verify = verify_none
ssl_options.versions.1 = tlsv1.3
ssl_options.versions.2 = tlsv1.2
load_definitions = {folder}/definitions.json
"""


def main() -> None:
    folder = Path(sys.argv[1])
    if (folder / "complete").exists():
        say("Keys and certificates are already there")
        return
    make(folder, base_url=os.environ["BASE_URL"])
    if os.geteuid() == 0:
        hand_over(folder)
    (folder / "complete").touch()
    say("Keys and certificates are made")


def make(folder: Path, *, base_url: str) -> None:
    make_certificates(folder, host=urlsplit(base_url).hostname or "localhost")
    passwords = {user: secrets.token_urlsafe(24) for user in (ADMIN, APPLICATION)}
    write(folder / "rabbitmq.conf", RABBITMQ_CONF.format(folder=folder))
    # The topology without partners; theirs is imported when they are there.
    broker = {**topology.definitions([]), **definitions(passwords)}
    write(folder / "definitions.json", json.dumps(broker))
    database = secrets.token_urlsafe(24)
    write(folder / "postgres.password", database)
    write_env(folder / "portal.env", settings(folder, database, passwords[APPLICATION]))
    write_env(folder / "admin.env", {"AMQP_ADMIN_URL": amqp(ADMIN, passwords[ADMIN])})


def make_certificates(folder: Path, *, host: str) -> None:
    authority = Authority()
    authority.write(folder / "ca.crt")
    for name, hosts in {
        "postgres": ["postgres"],
        "rabbitmq": ["rabbitmq"],
        "web": [host, "localhost", "127.0.0.1"],
    }.items():
        authority.issue(folder, name, hosts=list(dict.fromkeys(hosts)))
    # Our own authority beside the public ones, which mail servers need.
    public = ssl.get_default_verify_paths().cafile
    bundle = Path(public).read_text() if public else ""
    (folder / "bundle.crt").write_text(bundle + (folder / "ca.crt").read_text())


def settings(folder: Path, database: str, broker: str) -> dict[str, str]:
    """The settings that are secret, or hold a secret."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_ENCRYPTION_KEYS": ring_key(),
        "EVENT_SIGNING_KEYS": ring_key(),
        "BLIND_INDEX_KEY": secrets.token_urlsafe(64),
        "METRICS_TOKEN": secrets.token_urlsafe(32),
        "IDP_OIDC_PRIVATE_KEY": rsa_key().replace("\n", "\\n"),
        "DATABASE_URL": f"postgres://tandem:{database}@postgres:5432/tandem"
        f"?sslmode=verify-full&sslrootcert={folder}/ca.crt",
        "AMQP_URL": amqp(APPLICATION, broker),
    }


def ring_key() -> str:
    """A first entry of a key ring."""
    return f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def amqp(user: str, password: str) -> str:
    return f"amqps://{user}:{password}@rabbitmq:5671/%2F"


def write_env(path: Path, values: dict[str, str]) -> None:
    write(path, "".join(f'{name}="{value}"\n' for name, value in values.items()))


def write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def hand_over(folder: Path) -> None:
    """Each secret to the one service that reads it; admin.env stays with root."""
    for name in ("portal.env", "web.key"):
        shutil.chown(folder / name, PORTAL_USER, PORTAL_USER)
    for name in (
        *("postgres.key", "postgres.password"),
        *("rabbitmq.key", "rabbitmq.conf", "definitions.json"),
    ):
        shutil.chown(folder / name, SERVER_USER, SERVER_USER)


if __name__ == "__main__":
    main()
