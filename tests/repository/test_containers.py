"""docker-compose.yml and the Dockerfile, checked without a container engine.

The keys are those of the Compose Specification that this file may use; an unknown or misspelt
one fails here instead of on somebody's server.
"""

import json
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from environ import Env

from integrations import topology
from portal.local import containers
from portal.local.rabbitmq import ADMIN, APPLICATION
from tests.repository.files import ROOT

TOP = {"name", "services", "volumes", "networks", "configs", "secrets"}
SERVICE = {
    *("image", "build", "restart", "init", "read_only", "tmpfs", "cap_drop", "security_opt"),
    *("volumes", "environment", "depends_on", "command", "healthcheck", "ports", "hostname"),
    *("user", "env_file", "networks", "stop_grace_period", "entrypoint", "working_dir"),
}
HEALTHCHECK = {"test", "interval", "timeout", "retries", "start_period", "start_interval"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
RESTARTS = re.compile(r"no|always|unless-stopped|on-failure(:\d+)?")
DURATION = re.compile(r"(\d+(us|ms|s|m|h))+")
PORT = re.compile(r"(\$\{\w+:-\d+\}|\d+):\d+")
IMAGE = re.compile(r"[a-z0-9./-]+:[A-Za-z0-9][\w.-]*")
PARTS = {"web", "relay", "consumer", "timers", "postgres", "rabbitmq", "migrate"}


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def problems(file: dict[str, Any]) -> list[str]:
    """Everything in the file that the Compose Specification does not allow."""
    found = [f"{key}: unknown" for key in file if key not in TOP and not key.startswith("x-")]
    for name, service in file["services"].items():
        found += [f"{name}: {text}" for text in service_problems(service, file)]
    return found


def service_problems(service: dict[str, Any], file: dict[str, Any]) -> Iterator[str]:
    yield from (f"{key} unknown" for key in service.keys() - SERVICE)
    if not IMAGE.fullmatch(service.get("image", "")) or service["image"].endswith(":latest"):
        yield "image without a fixed tag"
    if not RESTARTS.fullmatch(str(service.get("restart", "no"))):
        yield "restart"
    yield from healthcheck_problems(service.get("healthcheck"))
    yield from dependency_problems(service.get("depends_on", {}), file["services"])
    for mount in service.get("volumes", []):
        source, target = mount.split(":")[:2]
        if source not in file["volumes"] or not target.startswith("/"):
            yield f"volume {mount}"
    yield from (f"port {port}" for port in service.get("ports", []) if not PORT.fullmatch(port))


def healthcheck_problems(check: dict[str, Any] | None) -> Iterator[str]:
    if check is None:
        return
    yield from (f"healthcheck {key} unknown" for key in check.keys() - HEALTHCHECK)
    if check["test"][0] not in ("CMD", "CMD-SHELL", "NONE"):
        yield "healthcheck test"
    for key in check.keys() & {"interval", "timeout", "start_period"}:
        if not DURATION.fullmatch(str(check[key])):
            yield f"healthcheck {key}"


def dependency_problems(needs: dict[str, Any], services: dict[str, Any]) -> Iterator[str]:
    for other, how in needs.items():
        if other not in services:
            yield f"depends on {other}, which is not there"
        elif how["condition"] not in CONDITIONS:
            yield f"condition {how['condition']}"
        elif how["condition"] == "service_healthy" and "healthcheck" not in services[other]:
            yield f"waits for the health of {other}, which has no check"


def test_the_file_follows_the_compose_specification() -> None:
    assert problems(compose()) == []


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("web", "enviroment", {}),
        ("web", "image", "tandem:latest"),
        ("web", "restart", "sometimes"),
        ("web", "ports", ["eight:8443"]),
        ("web", "volumes", ["nowhere:/data"]),
        ("web", "depends_on", {"migrations": {"condition": "service_started"}}),
        ("web", "depends_on", {"relay": {"condition": "service_healthy"}}),
        ("postgres", "healthcheck", {"test": ["CMD", "true"], "interval": "5 seconds"}),
    ],
)
def test_a_mistake_is_found(service: str, key: str, value: object) -> None:
    file = compose()
    file["services"][service][key] = value
    assert len(problems(file)) == 1


def test_every_part_of_the_topology_is_there() -> None:
    assert set(compose()["services"]) >= PARTS


def test_the_services_can_be_started_in_some_order() -> None:
    waiting = {name: set(s.get("depends_on", {})) for name, s in compose()["services"].items()}
    while waiting:
        ready = {name for name, needs in waiting.items() if not needs & waiting.keys()}
        assert ready, f"these wait for each other: {sorted(waiting)}"
        waiting = {name: needs for name, needs in waiting.items() if name not in ready}


def test_what_stays_runs_without_privileges() -> None:
    for name in ("web", "relay", "consumer", "timers"):
        service = compose()["services"][name]
        assert "user" not in service
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
    stages = (ROOT / "Dockerfile").read_text().split("FROM ")
    assert len(stages) == 3
    assert "USER tandem" in stages[-1]
    assert ":latest" not in stages[-1]


def test_the_image_holds_everything_it_starts() -> None:
    text = (ROOT / "Dockerfile").read_text()
    allowed = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    sources = {name.rstrip("/") for line in copied for name in line.split()}
    assert {s for s in sources if s.split("/")[0] not in allowed and "requirements" not in s} == (
        set()
    )
    assert all((ROOT / source).exists() for source in sources)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    containers.make(folder, base_url="https://portal.example:8443")
    return folder


def test_the_certificates_are_trusted_for_their_hosts_and_no_others(made: Path) -> None:
    for name, host in (("web", "portal.example"), ("postgres", "postgres"), ("rabbitmq",) * 2):
        assert handshake(made, name, host) is None
        assert "Hostname mismatch" in str(handshake(made, name, "elsewhere.example"))


def handshake(folder: Path, name: str, host: str) -> ssl.SSLError | None:
    """A TLS handshake in memory between `name`'s certificate and a client that expects `host`."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    client_context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    for end in (client, server, client, server):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLError as error:
            return error
    return None


def settings_in(path: Path) -> dict[str, str]:
    """What the site would read from the file; this process's own environment stays as it is."""

    class Apart(Env):
        ENVIRON: ClassVar[dict[str, str]] = {}

    Apart.read_env(path)
    return Apart.ENVIRON


def test_the_settings_made_are_read_back_as_they_were(made: Path) -> None:
    values = settings_in(made / "portal.env")
    assert values["DATABASE_URL"].endswith(f"sslrootcert={made}/ca.crt")
    assert "sslmode=verify-full" in values["DATABASE_URL"]
    assert values["AMQP_URL"].startswith("amqps://tandem:")
    assert values["IDP_OIDC_PRIVATE_KEY"].replace("\\n", "\n").startswith("-----BEGIN")
    assert "AMQP_ADMIN_URL" not in values


def test_the_keys_made_are_good_enough_for_production(made: Path) -> None:
    from portal import guard

    values = settings_in(made / "portal.env")
    checked = {
        **{name: values[name] for name in ("SECRET_KEY", "BLIND_INDEX_KEY", "METRICS_TOKEN")},
        "DEMO_KEY": "demo",
        "SECRET_KEY_FALLBACKS": [],
        **{name: [values[name]] for name in ("FIELD_ENCRYPTION_KEYS", "EVENT_SIGNING_KEYS")},
        "IDP_OIDC_PRIVATE_KEY": values["IDP_OIDC_PRIVATE_KEY"].replace("\\n", "\n"),
        "AMQP_URL": values["AMQP_URL"],
        "DATABASES": {"default": Env.db_url_config(values["DATABASE_URL"])},
        **{"DEMO": False, "DEBUG": False, "REQUIRE_MFA": True, "TRUSTED_PROXY_COUNT": 0},
        **{"SESSION_IDLE_SECONDS": 900, "SESSION_MAX_SECONDS": 43200, "LOG_LEVEL": "INFO"},
        **{"ALLOWED_HOSTS": ["localhost"], "BASE_URL": "https://localhost:8443"},
        **{"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"},
        "EMAIL_HOST": "127.0.0.1",
    }
    assert guard.problems(checked, binds=["0.0.0.0:8443"]) == []


def test_no_service_reads_the_brokers_administrator() -> None:
    assert "admin.env" not in (ROOT / "docker-compose.yml").read_text()


def test_the_broker_begins_with_the_topology_and_its_two_accounts(made: Path) -> None:
    loaded = json.loads((made / "definitions.json").read_text())
    assert {each["name"] for each in loaded["exchanges"]} == set(topology.EXCHANGES)
    assert {each["user"] for each in loaded["permissions"]} == {ADMIN, APPLICATION}
