"""A wiring drawn as SVG: the ESP32 on the left, its parts on the right, a line for each wire."""

from __future__ import annotations

from html import escape

from firmware.workbench.wiring import CELL, FED, GROUND, POWER, Box, Group, Wiring

WIDTH = 900
CHIP, CHIP_END = 20, 170
MIDDLE, MIDDLE_END = 330, 470
PART, PART_END = 600, WIDTH - 20
TOP, PITCH, HEAD, GAP, SPACE, STUB = 76, 22, 48, 14, 26, 46
COLOURS = {POWER: "#c62828", GROUND: "#212121", FED: "#e65100", CELL: "#e65100"}
OUTSIDE = FED, CELL  # what comes from no box
SIGNALS = ("#1565c0", "#2e7d32", "#6a1b9a")
STYLE = (
    "text{font-family:'Noto Sans CJK SC','Microsoft YaHei',sans-serif;fill:#212121}"
    ".b{fill:#fff;stroke:#212121;stroke-width:1.5}.w{fill:none;stroke-width:2}"
    ".t{font-size:15px;font-weight:bold}.s{font-size:12px}.n{font-size:12px;fill:#555}"
)


def draw(title: tuple[str, str], wiring: Wiring) -> str:
    """Return the drawing of a wiring as the text of an SVG file."""
    pieces: list[str] = []
    y = TOP
    for group in wiring.groups:
        y += _group(pieces, group, y) + SPACE
    height = y + 30
    chip = (
        f'<rect class="b" x="{CHIP}" y="{TOP - 22}" width="{CHIP_END - CHIP}" '
        f'height="{height - TOP - 18}" rx="6"/>'
        f'<text class="t" x="{CHIP + 12}" y="{TOP - 3}">ESP32</text>'
    )
    foot = (
        "V+ 来自升压器，电压按各探头说明书；所有 GND 接在一起 · "
        "V+ comes from the converter, as each probe's manual says; all GND are joined"
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">'
        f"<title>{escape(' · '.join(title))}</title><style>{STYLE}</style>"
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f'<text class="t" x="{CHIP}" y="28">{escape(title[0])}</text>'
        f'<text class="s" x="{CHIP}" y="46">{escape(title[1])}</text>'
    )
    last = f'<text class="n" x="{CHIP}" y="{height - 8}">{escape(foot)}</text></svg>\n'
    return "\n".join([head, chip, *pieces, last])


def _group(pieces: list[str], group: Group, top: int) -> int:
    """Draw one group; return how much room it takes."""
    ends = [end for _, end in group.wires]
    start = CHIP_END
    _ends(pieces, ends, CHIP_END, top)
    if group.between:
        for place, end in enumerate(ends):
            y = _row(top, place)
            _line(pieces, _colour(end, place), [(CHIP_END, y), (MIDDLE, y)])
        _box(pieces, group.between, MIDDLE, MIDDLE_END, top)
        start, ends = MIDDLE_END, list(group.parts[0].terminals)
        _ends(pieces, ends, MIDDLE_END, top)
    trunk = start + STUB + 20
    y = top
    for number, part in enumerate(group.parts):
        _box(pieces, part, PART, PART_END, y)
        for place, end in enumerate(ends):
            colour, x = _colour(end, place), trunk + 16 * place
            if number == 0:
                left = start + STUB if end in OUTSIDE else start
                _line(pieces, colour, [(left, _row(top, place)), (PART, _row(top, place))])
            else:
                _line(pieces, colour, [(x, _row(top, place)), (x, _row(y, place))])
                _line(pieces, colour, [(x, _row(y, place)), (PART, _row(y, place))])
                for at in (_row(top, place), _row(y, place)):
                    pieces.append(f'<circle cx="{x}" cy="{at}" r="3.5" fill="{colour}"/>')
        y += _height(part) + GAP
    if group.note:
        x, at = CHIP_END + 14, y + 2
        pieces.append(f'<text class="n" x="{x}" y="{at}">{escape(" · ".join(group.note))}</text>')
        y = max(y, at + 4)
    return y - top


def _ends(pieces: list[str], ends: list[str], edge: int, top: int) -> None:
    """Where wires begin: in the box that ends at `edge`, or before it where the converter feeds."""
    for place, end in enumerate(ends):
        x, y = (edge + STUB - 6 if end in OUTSIDE else edge - 8), _row(top, place) + 4
        pieces.append(f'<text class="s" x="{x}" y="{y}" text-anchor="end">{escape(end)}</text>')


def _row(top: int, place: int) -> int:
    return top + HEAD + PITCH * place


def _height(part: Box) -> int:
    return HEAD + PITCH * len(part.terminals) - 6


def _colour(end: str, place: int) -> str:
    return COLOURS.get(end, SIGNALS[place % len(SIGNALS)])


def _line(pieces: list[str], colour: str, points: list[tuple[int, int]]) -> None:
    path = " L".join(f"{x} {y}" for x, y in points)
    pieces.append(f'<path class="w" stroke="{colour}" d="M{path}"/>')


def _box(pieces: list[str], part: Box, left: int, right: int, top: int) -> None:
    pieces.append(
        f'<rect class="b" x="{left}" y="{top}" width="{right - left}" '
        f'height="{_height(part)}" rx="6"/>'
    )
    pieces.append(f'<text class="s" x="{left + 8}" y="{top + 16}">{escape(part.zh)}</text>')
    pieces.append(f'<text class="n" x="{left + 8}" y="{top + 30}">{escape(part.en)}</text>')
    if part.detail:
        pieces.append(
            f'<text class="s" x="{right - 8}" y="{top + 16}" text-anchor="end">'
            f"{escape(part.detail)}</text>"
        )
    for place, name in enumerate(part.terminals):
        y = _row(top, place) + 4
        pieces.append(f'<text class="s" x="{left + 8}" y="{y}">{escape(name)}</text>')
