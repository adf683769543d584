"""The palette keeps the contrast of WCAG 2.2 AA: 4.5 for text, 3 for shapes (1.4.3, 1.4.11)."""

import re

import pytest
from django.conf import settings

TEXT = [
    ("ink", "ground"), ("ink", "surface"), ("ink", "sunken"), ("ink-soft", "ground"),
    ("ink-soft", "surface"), ("ink-soft", "sunken"), ("ink-soft", "teal-tint"),
    ("ink-soft", "late-tint"), ("teal-mid", "ground"), ("teal-mid", "surface"),
    ("teal-mid", "teal-tint"), ("teal-mid", "late-tint"), ("teal-mid", "wait-tint"),
    ("teal", "teal-tint"), ("plum-dark", "plum-tint"), ("plum-dark", "surface"),
    ("plum-dark", "late-tint"), ("plum-dark", "teal-tint"), ("p1", "p1-tint"), ("p1", "surface"),
    ("p1", "teal-tint"), ("p2", "p2-tint"), ("ok", "ok-tint"), ("ok", "surface"),
    ("wait", "wait-tint"), ("wait", "surface"), ("late", "late-tint"), ("late", "surface"),
    ("late", "teal-tint"),
]  # fmt: skip
SHAPES = [("line-strong", "surface"), ("line-strong", "ground"), ("focus", "surface"),
          ("focus", "ground"), ("plum", "surface"), ("teal-mid", "ground")]  # fmt: skip


def luminance(color: str) -> float:
    """Relative luminance as WCAG defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_itself():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") < 4.5


@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(colors, text, ground):
    assert contrast(colors[text], colors[ground]) >= 4.5


@pytest.mark.parametrize("ground", ["teal", "teal-dark", "teal-mid", "plum", "p0"])
def test_white_can_be_read(colors, ground):
    assert contrast("#ffffff", colors[ground]) >= 4.5


@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_can_be_seen(colors, shape, ground):
    assert contrast(colors[shape], colors[ground]) >= 3


def test_every_icon_that_a_template_names_is_drawn(sprite):
    templates = (settings.ROOT / "templates").rglob("*.html")
    named = {
        name
        for path in templates
        for name in re.findall(r'\{% icon "([a-z-]+)"', path.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= sprite
