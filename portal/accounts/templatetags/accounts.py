"""Template tags of the account pages."""

from __future__ import annotations

import qrcode
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
QUIET_ZONE = 4


@register.simple_tag
def qr_code(text: str) -> SafeString:
    """`text` as inline SVG without styles: a data: picture would need a wider img-src."""
    code = qrcode.QRCode(border=QUIET_ZONE)
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    dots = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    size = len(rows)
    return format_html(
        '<svg role="img" aria-label="Picture for your authenticator app" width="220" '
        'height="220" viewBox="0 0 {0} {0}" shape-rendering="crispEdges">'
        '<rect width="{0}" height="{0}" fill="#fff"/><path d="{1}" fill="#000"/></svg>',
        size,
        dots,
    )
