"""A QR code as part of a page."""

from __future__ import annotations

from html import escape

import qrcode
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_Q

#: Light modules around the code, as ISO/IEC 18004 asks for.
QUIET = 4


def qr_matrix(text: str) -> list[list[bool]]:
    """Make a QR code that survives scratches: a quarter of it may be lost (level Q).

    Returns
    -------
    list of list of bool
        Rows of modules with the `QUIET` ones around; true is dark.
    """
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    rows: list[list[bool]] = code.get_matrix()
    return rows


def path_of(rows: list[list[bool]]) -> str:
    """The dark modules of a code as the path of an SVG, a module being one unit wide."""
    return "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )


def qr_svg(text: str, title: str) -> Markup:
    """Draw a QR code, as `qr_matrix` makes it.

    Parameters
    ----------
    text
        What it holds.
    title
        What it is, for those who hear the page.
    """
    rows = qr_matrix(text)
    drawn = (
        f'<svg class="qr" viewBox="0 0 {len(rows)} {len(rows)}" width="220" height="220" '
        f'role="img" aria-label="{escape(title)}" shape-rendering="crispEdges">'
        f'<rect width="{len(rows)}" height="{len(rows)}" fill="#fff"/>'
        f'<path fill="#000" d="{path_of(rows)}"/></svg>'
    )
    return Markup(drawn)  # noqa: S704 - the path is numbers, the title escaped
