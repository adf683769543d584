import re

import pytest
from django.conf import settings

STATIC = settings.ROOT / "portal" / "static" / "portal"


@pytest.fixture(scope="session")
def sprite() -> set[str]:
    """The names of all icons that are drawn."""
    return set(re.findall(r'<symbol id="([a-z-]+)"', (STATIC / "img" / "icons.svg").read_text()))


@pytest.fixture(scope="session")
def colors() -> dict[str, str]:
    """The custom properties of the palette: name to `#rrggbb`."""
    sheet = (STATIC / "css" / "base.css").read_text()
    root = sheet[sheet.index(":root {") : sheet.index("}")]
    found = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", root))
    return {name: full(value) for name, value in found.items()}


def full(color: str) -> str:
    return color if len(color) == 7 else "#" + "".join(c * 2 for c in color[1:])
