"""What holds for every test: no unlisted skip, and no server test without its server."""

import dataclasses

import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

pytest_plugins = [
    "tests.template",
    "tests.casting",
    "tests.append_only",
    "tests.skips",
    "tests.servers.fixtures",
]

# How fast this machine is today says nothing of a property.
hypothesis_settings.register_profile(
    "tandem", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("tandem")

NEEDS_POSTGRESQL = ("pg", "broker", "browser")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that needs a server fails without it: on SQLite it would prove nothing."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if any(item.get_closest_marker(mark) for mark in NEEDS_POSTGRESQL) and "sqlite" in engine:
        pytest.fail("needs PostgreSQL: run it with `make test PART=...`", pytrace=False)
    if item.get_closest_marker("broker") and not settings.AMQP_URL:
        pytest.fail("needs RabbitMQ: run it with `make test PART=broker`", pytrace=False)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Things with a name are called by it: a repr with a set in it differs between workers."""
    name = getattr(val, "name", None)
    return name if isinstance(name, str) and dataclasses.is_dataclass(val) else None
