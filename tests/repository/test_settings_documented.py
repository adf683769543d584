"""Settings, .env.example and docker-compose.yml name the same things."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.repository.files import PACKAGES, ROOT, python_files

# Names that other programs define, or that only choose the settings module.
FOREIGN = {"DJANGO_SETTINGS_MODULE", "GUNICORN_CMD_ARGS", "SSL_CERT_FILE"}
# A container is not this machine alone, so neither of the first two may be set there; where
# the image writes is fixed in the image.
NOT_IN_CONTAINERS = {"DEMO", "DEBUG", "TANDEM_VAR"}
LOCAL = "local"


def names_read(source: str) -> Iterator[str]:
    """Names of environment variables that a module reads, by environ or django-environ."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute):
            reader, first = node.func.value, node.args[0]
            reads = is_environ(reader) or (isinstance(reader, ast.Name) and reader.id == "env")
        elif isinstance(node, ast.Subscript):
            reads, first = is_environ(node.value), node.slice
        else:
            continue
        if reads and isinstance(first, ast.Constant) and str(first.value).isupper():
            yield str(first.value)


def is_environ(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"


def settings_names() -> set[str]:
    return set(names_read((ROOT / "portal" / "settings.py").read_text()))


def every_name() -> set[str]:
    """Of the settings, and of the modules that read the environment beside them."""
    return {
        name
        for package in PACKAGES
        for path in python_files(package)
        if LOCAL not in path.relative_to(ROOT).parts
        for name in names_read(path.read_text())
    } - FOREIGN


def documented() -> set[str]:
    text = (ROOT / ".env.example").read_text()
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_every_setting_is_in_the_example() -> None:
    assert every_name() - documented() == set()


def test_the_example_names_only_settings() -> None:
    assert documented() - every_name() == set()


def test_the_settings_of_the_contract_are_all_read() -> None:
    assert {"DATABASE_URL", "FIELD_ENCRYPTION_KEYS", "EMAIL_URL", "AUDIT_ANCHOR"} <= (
        settings_names()
    )


@pytest.mark.parametrize("service", ["web", "relay", "consumer", "timers", "migrate"])
def test_containers_take_every_setting(service: str) -> None:
    given = set(compose()["services"][service]["environment"])
    assert settings_names() - NOT_IN_CONTAINERS - given == set()
    assert given - every_name() - FOREIGN == set()
    assert given & NOT_IN_CONTAINERS == set()


def test_a_name_is_found_however_it_is_read() -> None:
    source = (
        "a = env.str('A_ONE')\nb = os.environ.get('B_TWO', '')\nc = os.environ['C_THREE']\n"
        "d = env.list(\n    'D_FOUR',\n)\ne = other['E_FIVE']\n"
    )
    assert set(names_read(source)) == {"A_ONE", "B_TWO", "C_THREE", "D_FOUR"}
