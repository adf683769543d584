"""Every generated document: where it stands and what makes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from integrations.contract import asyncapi, compatibility
from integrations.contract.messages import Message, every_message
from referrals.lifecycle import document as lifecycle
from referrals.notifications import document as notifications


def openapi() -> str:
    """The OpenAPI 3.1 document of the API, as YAML."""
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.renderers import OpenApiYamlRenderer

    schema = SchemaGenerator().get_schema(request=None, public=True)
    return OpenApiYamlRenderer().render(schema, renderer_context={}).decode()


def schema_text(message: Message) -> str:
    """The JSON Schema of one message, as a file."""
    return json.dumps(message.schema, indent=2, ensure_ascii=False) + "\n"


def _schemas() -> dict[str, Callable[[], str]]:
    return {f"{SCHEMAS}/{m.file_name}": partial(schema_text, m) for m in every_message()}


# One file for each type and version. Those of earlier versions stay, and are no longer made.
SCHEMAS = "docs/events/schemas"
DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/lifecycle.md": lifecycle.render,
    "docs/notifications.md": notifications.render,
    "docs/openapi.yaml": openapi,
    "docs/asyncapi.yaml": asyncapi.render,
    **_schemas(),
}


def stale() -> list[str]:
    """The documents whose file is not what the code makes today."""
    return [name for name, make in DOCUMENTS.items() if _read(name) != make()]


def broken_promises() -> list[str]:
    """How today's messages break with the schemas that are on file, each with its mend."""
    return compatibility.problems(schemas_on_file(), every_message())


def schemas_on_file() -> dict[str, Any]:
    folder = Path(settings.ROOT) / SCHEMAS
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def write() -> None:
    """Write all of them. Call it only where `broken_promises` has nothing to say."""
    for name, make in DOCUMENTS.items():
        path = Path(settings.ROOT) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")


def _read(name: str) -> str:
    path = Path(settings.ROOT) / name
    return path.read_text(encoding="utf-8") if path.exists() else ""
