"""Labels of nodes: a code that opens the page where a node is commissioned, and its name."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from io import BytesIO

from PIL import Image

from collector.store.network import nodes
from collector.store.network.nodes import Facts
from collector.store.postgres.db import Connection
from webapp.views.technician.qr import path_of, qr_matrix
from webapp.views.trace.label import DPI, HEIGHT, SETTING, WIDTH, NoFont, label_png

#: Kinds of files; one of A4 takes any number of labels, the others one.
SVG, PNG, PDF = "svg", "png", "pdf"
COLUMNS, ROWS = 3, 7
PAGE = round(210 / 25.4 * DPI), round(297 / 25.4 * DPI)


class CannotDraw(ValueError):  # noqa: N818 - reads as a sentence
    """A label that cannot be drawn here; the message says the mend."""


def address_of(home: str, node_id: str) -> str:
    """The page where a node is commissioned; `home` is the web's own address."""
    return f"{home.rstrip('/')}/nodes/{node_id}/commission"


def draw(conn: Connection, node_ids: Sequence[str], home: str, kind: str) -> bytes:
    """Draw the labels of nodes that are there.

    Raises
    ------
    CannotDraw
        Where a picture needs a font with Chinese characters, and there is none; SVG needs none.
    """
    found = [node for each in node_ids if (node := nodes.facts(conn, each)) is not None]
    if kind == SVG:
        return _svg(found[0], home).encode()
    try:
        pictures = [label_png(address_of(home, each.id), _lines(each), each.id) for each in found]
    except NoFont as error:
        raise CannotDraw(
            "label: 本机没有中文字体；请安装 fonts-noto-cjk，或在 "
            f"{SETTING} 里写一个字体，或改画 .svg | this machine has no font with Chinese "
            f"characters; install fonts-noto-cjk, name a font in {SETTING}, or draw one label as "
            ".svg, which needs none"
        ) from error
    return pictures[0] if kind == PNG else _a4(pictures)


def _lines(node: Facts) -> list[str]:
    return [node.village_zh, node.village_en, node.county_zh, node.board]


def _svg(node: Facts, home: str) -> str:
    rows = qr_matrix(address_of(home, node.id))
    texts = [
        f'<text x="33" y="{15 + place * 5}" font-size="{_size(line):.2f}">{escape(line)}</text>'
        for place, line in enumerate(_lines(node))
    ]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="60mm" height="40mm" viewBox="0 0 60 40" '
        'font-family="sans-serif"><rect width="60" height="40" fill="#fff"/>'
        f'<text x="30" y="6" font-size="5" text-anchor="middle">{escape(node.id)}</text>'
        f'<svg x="1" y="8" width="31" height="31" viewBox="0 0 {len(rows)} {len(rows)}" '
        f'shape-rendering="crispEdges"><path d="{path_of(rows)}"/></svg>{"".join(texts)}</svg>\n'
    )


def _size(line: str) -> float:
    """Size of letters at which a line has room beside the code [mm]; Latin ones are narrower."""
    letters = sum(1 if each > "\u2e80" else 0.55 for each in line)
    return min(3.0, 26 / max(letters, 1))


def _a4(pictures: list[bytes]) -> bytes:
    """Sheets of A4 with three columns of seven labels."""
    sheets = []
    left, top = (PAGE[0] - COLUMNS * WIDTH) // 2, (PAGE[1] - ROWS * HEIGHT) // 2
    for place, each in enumerate(pictures):
        number = place % (COLUMNS * ROWS)
        if number == 0:
            sheets.append(Image.new("1", PAGE, 1))
        row, column = divmod(number, COLUMNS)
        with Image.open(BytesIO(each)) as picture:
            sheets[-1].paste(picture, (left + column * WIDTH, top + row * HEIGHT))
    out = BytesIO()
    sheets[0].save(out, "PDF", resolution=DPI, save_all=True, append_images=sheets[1:])
    return out.getvalue()
