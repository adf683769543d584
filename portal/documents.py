"""Every generated document: where it stands and what makes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from referrals.lifecycle import document as lifecycle
from referrals.notifications import document as notifications


def openapi() -> str:
    """The OpenAPI 3.1 document of the API, as YAML."""
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.renderers import OpenApiYamlRenderer

    schema = SchemaGenerator().get_schema(request=None, public=True)
    return OpenApiYamlRenderer().render(schema, renderer_context={}).decode()


DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/lifecycle.md": lifecycle.render,
    "docs/notifications.md": notifications.render,
    "docs/openapi.yaml": openapi,
}


def stale() -> list[str]:
    """The documents whose file is not what the code makes today."""
    return [name for name, make in DOCUMENTS.items() if _read(name) != make()]


def write() -> None:
    for name, make in DOCUMENTS.items():
        path = Path(settings.ROOT) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")


def _read(name: str) -> str:
    path = Path(settings.ROOT) / name
    return path.read_text(encoding="utf-8") if path.exists() else ""
