"""The water of a field drawn: what is gone of it, its limits, rain and watering, day by day.

Depletion grows downwards, as the soil dries: full at the top, the wilting point at the bottom.
Below stand rain and watering. Pure functions: numbers and words in, markup out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from webapp.views.svg import LEFT, PLOT_WIDTH, TOP, WIDTH, nice_ticks, tick_label

Line = Sequence[float | None]
#: Heights of the drawing, of its upper part and of the strip with rain and watering.
HEIGHT, UPPER, GAP, STRIP = 262, 150, 16, 46
FLOOR = TOP + UPPER + GAP + STRIP


@dataclass(frozen=True)
class Words:
    """The words of the drawing, in the reader's language."""

    title: str
    desc: str
    full: str
    readily: str
    wilting: str
    forecast: str
    day: Callable[[date], str]


@dataclass(frozen=True)
class Drawn:
    """What is drawn, lists from ``first`` on [mm], None unknown; ``today`` is a place in them."""

    first: date
    today: int
    middle: Line
    dry: Line
    wet: Line
    readily: Line
    available: Line
    rain: Line
    watered: Line


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(x: float, y: float, words: str, name: str) -> str:
    return f'<text x="{_n(x)}" y="{_n(y)}" class="{name}">{escape(words)}</text>'


def _known(line: Line) -> list[float]:
    return [v for v in line if v is not None]


@dataclass(frozen=True)
class _Plane:
    days: int
    deepest: float
    most: float

    def x(self, day: float) -> float:
        return LEFT + PLOT_WIDTH * day / self.days

    def y(self, depletion: float) -> float:
        return TOP + UPPER * depletion / self.deepest

    def up(self, amount: float) -> float:
        return FLOOR - STRIP * min(amount / self.most, 1.0)


def _pieces(line: Line) -> list[list[tuple[int, float]]]:
    """Cut a line where nothing is known."""
    pieces: list[list[tuple[int, float]]] = []
    open_piece = False
    for day, value in enumerate(line):
        if value is None:
            open_piece = False
            continue
        if not open_piece:
            pieces.append([])
        pieces[-1].append((day, value))
        open_piece = True
    return pieces


def _curve(plane: _Plane, line: Line, name: str) -> str:
    shapes = []
    for piece in _pieces(line):
        points = [f"{_n(plane.x(d + 0.5))} {_n(plane.y(v))}" for d, v in piece]
        shapes.append(f"M{points[0]}" + ("L" + " ".join(points[1:]) if points[1:] else "h0"))
    return f'<path class="{name}" d="{"".join(shapes)}"/>' if shapes else ""


def _between(plane: _Plane, one: Line, other: Line) -> str:
    shapes = []
    both = [None if a is None or b is None else (a, b) for a, b in zip(one, other, strict=True)]
    for piece in _pieces([None if pair is None else 0.0 for pair in both]):
        pairs = [(day, pair) for day, _ in piece if (pair := both[day]) is not None]
        there = [f"{_n(plane.x(d + 0.5))} {_n(plane.y(min(p)))}" for d, p in pairs]
        back = [f"{_n(plane.x(d + 0.5))} {_n(plane.y(max(p)))}" for d, p in reversed(pairs)]
        shapes.append(f"M{' L'.join([*there, *back])}Z")
    return f'<path fill="currentColor" fill-opacity=".13" d="{"".join(shapes)}"/>' if shapes else ""


def _axes(plane: _Plane, drawn: Drawn, words: Words) -> Iterator[str]:
    ahead = plane.x(drawn.today + 1)
    width = plane.x(plane.days) - ahead
    if width > 0:
        yield (
            f'<rect class="day" x="{_n(ahead)}" y="{TOP}" width="{_n(width)}" '
            f'height="{FLOOR - TOP}"/>'
        )
        yield _text(ahead + width / 2, TOP - 5, words.forecast, "tick x")
    for value in nice_ticks(0.0, plane.deepest, 4):
        if value <= plane.deepest:
            yield f'<path class="grid" d="M{LEFT} {_n(plane.y(value))}h{PLOT_WIDTH}"/>'
            yield _text(LEFT - 5, plane.y(value) + 3.5, tick_label(value), "tick y")
    for amount in (0.0, plane.most):
        yield f'<path class="grid" d="M{LEFT} {_n(plane.up(amount))}h{PLOT_WIDTH}"/>'
        yield _text(LEFT - 5, plane.up(amount) + 3.5, tick_label(amount), "tick y")
    step = max(round(plane.days / 5), 1)
    for day in range(step // 2, plane.days, step):
        label = words.day(drawn.first + timedelta(days=day))
        yield _text(plane.x(day + 0.5), FLOOR + 15, label, "tick x")


def _rain(plane: _Plane, amounts: Line) -> str:
    shapes = [
        f"M{_n(plane.x(day + 0.3))} {_n(FLOOR)}V{_n(plane.up(amount))}"
        for day, amount in enumerate(amounts)
        if amount
    ]
    wide = max(PLOT_WIDTH / plane.days * 0.5, 1.2)
    return f'<path class="bars" stroke-width="{_n(wide)}" d="{"".join(shapes)}"/>' if shapes else ""


def _watered(plane: _Plane, amounts: Line) -> Iterator[str]:
    wide = max(PLOT_WIDTH / plane.days * 0.5, 2.0)
    for day, amount in enumerate(amounts):
        if amount:
            top = plane.up(amount)
            yield (
                f'<rect class="mark" x="{_n(plane.x(day + 0.5))}" y="{_n(top)}" '
                f'width="{_n(wide)}" height="{_n(FLOOR - top)}"/>'
            )


def _labels(plane: _Plane, drawn: Drawn, words: Words) -> Iterator[str]:
    """The lines' names, over their first part, where the curve is oldest."""
    x = LEFT + 3
    yield _text(x, TOP + 11, words.full, "tick")
    for line, name in ((drawn.readily, words.readily), (drawn.available, words.wilting)):
        first = next((v for v in line if v is not None), None)
        if first is not None:
            yield _text(x, plane.y(first) - 4, name, "tick")


def draw(drawn: Drawn, words: Words, chart_id: str) -> str:
    """Draw the water of a field.

    Parameters
    ----------
    drawn
        Its lines, alike in length [mm].
    words
        In the reader's language.
    chart_id
        Unique on the page; ``[a-z0-9-]``.

    Returns
    -------
    str
        One well-formed ``<svg>`` element.
    """
    deepest = max([*_known(drawn.available), *_known(drawn.middle), 10.0]) * 1.02
    most = max([*_known(drawn.rain), *_known(drawn.watered), 10.0])
    plane = _Plane(len(drawn.middle), deepest, nice_ticks(0.0, most, 2)[-1])
    parts = [
        *_axes(plane, drawn, words),
        _between(plane, drawn.dry, drawn.wet),
        _curve(plane, drawn.readily, "limit"),
        _curve(plane, drawn.available, "limit"),
        _curve(plane, drawn.middle, "line"),
        _rain(plane, drawn.rain),
        *_watered(plane, drawn.watered),
        *_labels(plane, drawn, words),
    ]
    title, desc = escape(words.title), escape(words.desc)
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{chart_id}-t {chart_id}-d">'
        f'<title id="{chart_id}-t">{title}</title><desc id="{chart_id}-d">{desc}</desc>'
        f"{''.join(parts)}</svg>"
    )
