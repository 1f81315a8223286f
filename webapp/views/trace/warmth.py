"""How warm a thing was on its way: one small drawing, and what it says in a sentence or two."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from markupsafe import Markup

from collector.store.trace.told import Story
from field_configs.schema import Product
from models.coldchain.told import Told, Window, told
from webapp.language.formats import celsius, local_time, number
from webapp.language.i18n import gettext
from webapp.language.words import name_of, pick
from webapp.views.svg import Frame, Point, nice_ticks, tick_label
from webapp.views.trace.in_numbers import in_numbers
from webapp.views.trace.way import who_of

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 360, 148, 34, 8, 16, 20
INNER, TALL = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
#: Columns of the curve: what is finer is not seen.
COLUMNS = 80
HOUR_S = 3600.0


@dataclass(frozen=True)
class ShownWarmth:
    """The drawing, the same as a table, what it says, whether that is bad, and who told it."""

    svg: Markup
    rows: list[tuple[str, str]]
    sentences: tuple[str, ...]
    bad: bool
    by: tuple[str, ...]


def hours(seconds: float) -> str:
    """Write a time as people say it: minutes, hours, days."""
    if seconds < 90 * 60:
        return str(gettext("%(n)s minutes", n=number(max(seconds / 60, 1), 0)))
    if seconds < 48 * HOUR_S:
        return str(gettext("%(n)s hours", n=number(seconds / HOUR_S, 0)))
    return str(gettext("%(n)s days", n=number(seconds / (24 * HOUR_S), 0)))


def _degrees(low: float, high: float) -> str:
    if number(low, 1) == number(high, 1):
        return celsius(low)
    return str(gettext("%(low)s to %(high)s °C", low=number(low, 1), high=number(high, 1)))


#: Kinds of goods by name, each with what is on record of how it is to be kept.
Kinds = Sequence[tuple[str, Product | None]]


def judged(found: Told, product: Product | None) -> tuple[list[str], bool]:
    """Say what is known of it and what was wrong; and whether anything was wrong."""
    said, bad = [], False
    measured = _degrees(found.coldest, found.warmest)
    if product is None:
        said.append(gettext("Measured: %(range)s.", range=measured))
        said.append(gettext("How cold it is to be kept is not on record here."))
    elif found.above or found.below or not _inside(found, product):
        bad = True
        if found.warmest > product.temperature.high:
            said.append(
                gettext(
                    "It was too warm for up to %(time)s: %(peak)s °C at the most.",
                    time=hours(found.above),
                    peak=number(found.warmest, 1),
                )
            )
        if found.coldest < product.temperature.low:
            said.append(
                gettext(
                    "It was too cold for up to %(time)s: %(peak)s °C at the least.",
                    time=hours(found.below),
                    peak=number(found.coldest, 1),
                )
            )
    elif found.unknown:
        said.append(
            gettext(
                "As long as it was measured, %(time)s, it was as cold as it is to be: %(range)s.",
                time=hours(found.known),
                range=measured,
            )
        )
    else:
        said.append(
            gettext("It was as cold as it is to be all the time: %(range)s.", range=measured)
        )
    return [str(each) for each in said], bad


def sentences(of: Sequence[tuple[str, Product | None, Told]]) -> tuple[list[str], bool]:
    """Say what is known, of several kinds each by its name, what was wrong, what nobody knows."""
    said: list[str] = []
    bad = False
    for name, product, found in of:
        lines, wrong = judged(found, product)
        bad = bad or wrong
        if len(of) == 1:
            said += lines
        else:
            text = pick("", " ").join(lines)
            said.append(str(gettext("%(label)s: %(value)s", label=name, value=text)))
    unknown = of[0][2].unknown if of else 0
    if unknown:
        said.append(
            str(gettext("%(time)s of which nobody knows how warm it was.", time=hours(unknown)))
        )
    return said, bad


def _inside(found: Told, product: Product) -> bool:
    limits = product.temperature
    return limits.low <= found.coldest and found.warmest <= limits.high


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _bends(line: Sequence[Point]) -> list[Point]:
    """A line without the points between two that are as high."""
    inner = range(1, len(line) - 1)
    level = {i for i in inner if line[i - 1][1] == line[i][1] == line[i + 1][1]}
    return [point for i, point in enumerate(line) if i not in level]


def _curves(frame: Frame, pieces: Sequence[Window]) -> Iterator[str]:
    """A band for each stretch of known time, from the coldest to the warmest of each column."""
    wide = (frame.end - frame.start).total_seconds() / COLUMNS
    zero = frame.start.timestamp()
    run: dict[int, tuple[float, float]] = {}
    last = math.nan
    for piece in (*pieces, None):
        if piece is None or (run and piece.start > last):
            tops = [(LEFT + (c + 0.5) * INNER / COLUMNS, *run[c]) for c in sorted(run)]
            if len(tops) == 1:  # one column has no length
                x, low, high = tops[0]
                tops = [(x - 1, low, high), (x + 1, low, high)]
            edge = [(x, frame.y(high)) for x, _, high in tops]
            back = [(x, frame.y(low)) for x, low, _ in reversed(tops)]
            points = [f"{_number(x)} {_number(y)}" for x, y in (*_bends(edge), *_bends(back))]
            yield f"M{'L'.join(points)}z" if points else ""
            run = {}
        if piece is not None:
            first = int((piece.start - zero) / wide)
            for column in range(first, max(first, math.ceil((piece.end - zero) / wide) - 1) + 1):
                low, high = run.get(column, (math.inf, -math.inf))
                run[column] = min(low, piece.low), max(high, piece.high)
            last = piece.end


def draw(found: Told, product: Product | None, title: str, desc: str) -> Markup:
    """Draw the temperatures of a thing: a curve, its limits, and what nobody knows.

    Parameters
    ----------
    found
        Of `told`.
    product
        Whose limits are drawn; None draws none.
    title, desc
        What it shows, for those who hear the page.
    """
    start, end = found.start, max(found.end, found.start + 60)
    low, high = found.coldest, found.warmest
    if product is not None:
        low, high = min(low, product.temperature.low), max(high, product.temperature.high)
    ticks = nice_ticks(low - 0.5, high + 0.5)
    moments = [datetime.fromtimestamp(each, UTC) for each in (start, end)]
    frame = Frame(moments[0], moments[1], ticks[0], ticks[-1])

    def across(at: float) -> float:
        return LEFT + INNER * (at - start) / (end - start)

    parts = []
    for a, b in found.gaps:
        x, width = across(a), across(b) - across(a)
        parts.append(
            f'<rect class="gap" x="{_number(x)}" y="{TOP}" width="{_number(width)}" '
            f'height="{TALL}"/>'
        )
        if width > 12:
            middle = _number(x + width / 2)
            parts.append(f'<text class="empty" x="{middle}" y="{TOP + TALL / 2 + 5}">?</text>')
    for value in ticks:
        y = frame.y(value)
        parts.append(f'<path class="grid" d="M{LEFT} {_number(y)}h{INNER}"/>')
        parts.append(
            f'<text x="{LEFT - 5}" y="{_number(y + 3.5)}" class="y">{tick_label(value)}</text>'
        )
    limits = (product.temperature.low, product.temperature.high) if product is not None else ()
    parts += [f'<path class="limit" d="M{LEFT} {_number(frame.y(v))}h{INNER}"/>' for v in limits]
    parts.append(f'<path class="band" d="{"".join(_curves(frame, found.pieces))}"/>')
    parts += [
        f'<circle class="mark" cx="{_number(across(w.start))}" cy="{_number(frame.y(w.high))}" '
        'r="2.4"/>'
        for w in found.alone[:COLUMNS]
    ]
    words = [escape(local_time(each, moments[1])) for each in moments]
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 6}">{words[0]}</text>')
    parts.append(f'<text class="y" x="{WIDTH - RIGHT}" y="{HEIGHT - 6}">{words[1]}</text>')
    return Markup(  # noqa: S704 - numbers, and texts that are escaped
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="warm-t warm-d"><title id="warm-t">{escape(title)}</title>'
        f'<desc id="warm-d">{escape(desc)}</desc>{"".join(parts)}</svg>'
    )


def limits_text(product: Product) -> str:
    """Say which limits are drawn, and whether anybody has verified them."""
    limits = product.temperature
    said = gettext(
        "Dashed: %(low)s and %(high)s °C, between which %(product)s is to be kept.",
        low=number(limits.low, 1),
        high=number(limits.high, 1),
        product=name_of(product),
    )
    return str(said if limits.verified else said + " " + gettext("(Not verified.)"))


def warmth_of(story: Story, kinds: Kinds, span: tuple[float, float] | None) -> ShownWarmth | None:
    """Return how warm a thing was; None where nobody told.

    Parameters
    ----------
    story
    kinds
        What it is or holds, each with its limits where they are on record. Each kind is judged by
        its own limits; they are drawn where there is one kind.
    span
        From when to when it was on its way [s since 1970 UTC]: what of it nobody measured is told.
    """
    asked = list(kinds) or [("", None)]
    of = []
    for name, product in asked:
        kept = (product.temperature.low, product.temperature.high) if product is not None else None
        found = told(story.windows, kept, span)
        if found is None:
            return None
        of.append((name, product, found))
    said, bad = sentences(of)
    title = str(gettext("How warm it was, °C"))
    known = [product for _, product, _ in of if product is not None]
    shown = (*said, *map(limits_text, known if len(of) == 1 else ()))
    by = tuple(dict.fromkeys(who_of(party, name) for party, name in story.sensed_by))
    found = of[0][2]
    drawing = draw(found, of[0][1] if len(of) == 1 else None, title, " ".join(said))
    pieces = ((w.start, w.end, w.low, w.high) for w in (*found.pieces, *found.alone))
    return ShownWarmth(drawing, in_numbers(found.start, found.end, pieces), shown, bad, by)
