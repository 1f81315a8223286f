"""A label as a picture for thermal printers: black on white, 60 x 40 mm."""

from __future__ import annotations

import os
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from webapp.language.i18n import gettext
from webapp.views.technician.qr import QUIET, qr_matrix

#: Dots of a printer with 203 dpi, 8 to the millimetre.
WIDTH, HEIGHT = 480, 320
DPI = 203
SETTING = "NONGQING_FONT"
#: Where distributions put fonts that hold Chinese characters.
PLACES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
TITLE = "承诺达标合格证"


class NoFont(Exception):  # noqa: N818 - named for what is wanting
    """This machine has no font with Chinese characters; the message says the mend."""


@lru_cache
def _font(size: int, named: str | None) -> ImageFont.FreeTypeFont:
    for place in (named,) if named else PLACES:
        if Path(place).is_file():
            return ImageFont.truetype(place, size)
    raise NoFont(
        gettext(
            "No picture can be made: the server has no font with Chinese characters. Install "
            "fonts-noto-cjk there, or name a font in %(setting)s; the A4 sheet works without.",
            setting=SETTING,
        )
    )


def _fitting(text: str, width: int, size: int) -> ImageFont.FreeTypeFont:
    """The font at the largest size, from `size` down, at which a text has room."""
    named = os.environ.get(SETTING)
    return next(
        (f for s in range(size, 13, -1) if (f := _font(s, named)).getlength(text) <= width),
        _font(13, named),
    )


def label_png(address: str, lines: list[str], title: str = TITLE) -> bytes:
    """Draw a label: its title, the code, and some lines, of a certificate or of a node.

    Parameters
    ----------
    address
        What the code leads to.
    lines
        At most seven; each is made smaller until it has room.
    title
        Of a certificate the words that the measure asks for.

    Raises
    ------
    NoFont
    """
    picture = Image.new("1", (WIDTH, HEIGHT), 1)
    draw = ImageDraw.Draw(picture)
    draw.text((WIDTH // 2, 8), title, 0, _fitting(title, WIDTH - 16, 36), anchor="ma")
    code = qr_matrix(address)
    dot = max(1, 236 // len(code))
    top, left = 62, 4
    for y, row in enumerate(code):
        for x, dark in enumerate(row):
            if dark:
                box = (left + x * dot, top + y * dot)
                draw.rectangle((*box, box[0] + dot - 1, box[1] + dot - 1), 0)
    edge = left + (len(code) - QUIET) * dot + 14
    for place, line in enumerate(lines):
        font = _fitting(line, WIDTH - edge - 6, 22)
        draw.text((edge, top + 4 + place * 34), line, 0, font)
    out = BytesIO()
    picture.save(out, "PNG", dpi=(DPI, DPI), optimize=True)
    return out.getvalue()
