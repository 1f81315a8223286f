"""Server-made SVG charts of one series over some days.

Pure functions: arrays and words in, markup out. The charts carry classes and no inline style, so
that they obey a strict Content-Security-Policy and the page's one style sheet. They are drawn for
a width of 360 units and scale with their place on the page.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from html import escape

WIDTH, HEIGHT = 360, 148
LEFT, RIGHT, TOP, BOTTOM = 34, 8, 16, 20
PLOT_WIDTH = WIDTH - LEFT - RIGHT
PLOT_HEIGHT = HEIGHT - TOP - BOTTOM
LABEL_CLEARANCE = 15
#: How wide a space, a digit or Latin letter, and a Chinese one are below an axis, at most.
SPACE, DIGIT, LETTER = 4.0, 7.0, 11.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Words:
    """The words of one chart, in the reader's language.

    Parameters
    ----------
    title
        What is drawn, for instance "Air temperature, °C".
    desc
        The same curve in a sentence, for those who hear the page.
    empty
        What is written where no value exists.
    day
        Turns a local date into its label on the time axis.
    """

    title: str
    desc: str
    empty: str
    day: Callable[[date], str]


@dataclass(frozen=True)
class Frame:
    """The window of a chart: two aware datetimes and the range of the vertical axis."""

    start: datetime
    end: datetime
    low: float
    high: float

    def x(self, moment: datetime) -> float:
        """Horizontal place of a moment, in the drawing's units."""
        part = (moment - self.start) / (self.end - self.start)
        return LEFT + PLOT_WIDTH * part

    def y(self, value: float) -> float:
        """Vertical place of a value, in the drawing's units, downwards."""
        part = (value - self.low) / (self.high - self.low)
        return TOP + PLOT_HEIGHT * (1 - part)


def nice_ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round axis values that enclose a range.

    Parameters
    ----------
    low, high
        The range, finite, ``low <= high``, in any unit.
    count
        About how many intervals to aim at.

    Returns
    -------
    list of float
        Ascending multiples of 1, 2, 2.5 or 5 times a power of ten; the first is at most `low`, the
        last at least `high`, and there are at least two.

    Raises
    ------
    ValueError
        When the range is not finite or is upside down.
    """
    if not (math.isfinite(low) and math.isfinite(high)) or low > high:
        raise ValueError(f"an axis needs a finite range from low to high, not {low} to {high}")
    if low == high:
        pad = abs(low) * 0.05 or 1.0
        low, high = low - pad, high + pad
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def tick_label(value: float) -> str:
    """Write an axis value without needless zeros, with a true minus sign."""
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def segments(
    times: Sequence[datetime], values: Sequence[float], step: timedelta
) -> list[list[tuple[datetime, float]]]:
    """Cut a series where values are missing.

    Parameters
    ----------
    times, values
        One series, times ascending; NaN or infinity is "no value".
    step
        The usual distance of two values; one and a half of it is a gap.

    Returns
    -------
    list of list of (time, value)
        The unbroken pieces, each with at least one value.
    """
    pieces: list[list[tuple[datetime, float]]] = []
    last: datetime | None = None
    for time, value in zip(times, values, strict=True):
        if not math.isfinite(value):
            continue
        if last is None or time - last > step * 1.5:
            pieces.append([])
        pieces[-1].append((time, value))
        last = time
    return pieces


def gaps(
    pieces: list[list[tuple[datetime, float]]], start: datetime, end: datetime, step: timedelta
) -> list[tuple[datetime, datetime]]:
    """The stretches of a window without values, from one value to the next, as aware datetimes."""
    edges = [start]
    for piece in pieces:
        edges += [piece[0][0], piece[-1][0]]
    edges.append(end)
    found = zip(edges[::2], edges[1::2], strict=True)
    return [(a, b) for a, b in found if b - a > step * 1.5]


def local_midnights(start: datetime, end: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The local midnights strictly inside a window, as datetimes of that zone."""
    first = start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    moment = first + timedelta(days=1)
    while moment < end:
        yield moment
        moment += timedelta(days=1)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _path(points: Sequence[Point]) -> str:
    x, y = points[0]
    if len(points) == 1:
        return f"M{_number(x)} {_number(y)}h0"
    rest = " ".join(f"{_number(px)} {_number(py)}" for px, py in points[1:])
    return f"M{_number(x)} {_number(y)}L{rest}"


def _text(x: float, y: float, words: str, name: str) -> str:
    return f'<text x="{_number(x)}" y="{_number(y)}" class="{name}">{escape(words)}</text>'


def _axis_y(frame: Frame, ticks: Sequence[float]) -> Iterator[str]:
    for value in ticks:
        y = frame.y(value)
        yield f'<path class="grid" d="M{LEFT} {_number(y)}h{PLOT_WIDTH}"/>'
        yield _text(LEFT - 5, y + 3.5, tick_label(value), "tick y")


def _half(text: str) -> float:
    """Half the room that a label takes below an axis, with what parts it from the next."""
    wide = {" ": SPACE}
    return sum(LETTER if each > "\u2e7f" else wide.get(each, DIGIT) for each in text) / 2 + 2


def _axis_x(frame: Frame, zone: tzinfo, day: Callable[[date], str]) -> Iterator[str]:
    free = -math.inf
    edges = [frame.start, *local_midnights(frame.start, frame.end, zone), frame.end]
    for left, right in zip(edges, edges[1:], strict=False):
        x, width = frame.x(left), frame.x(right) - frame.x(left)
        local = left.astimezone(zone)
        if local.toordinal() % 2:
            yield (
                f'<rect class="day" x="{_number(x)}" y="{TOP}" width="{_number(width)}" '
                f'height="{PLOT_HEIGHT}"/>'
            )
        label, middle = day(local.date()), x + width / 2
        if width >= PLOT_WIDTH / 14 and middle - _half(label) >= free:
            free = middle + _half(label)
            yield _text(middle, HEIGHT - 6, label, "tick x")


def _axis_hours(frame: Frame, zone: tzinfo, hour: Callable[[datetime], str]) -> Iterator[str]:
    hours = (frame.end - frame.start) / timedelta(hours=1)
    wide = next((each for each in (1, 2, 3, 6, 12, 24) if hours / each <= 5), 48)
    moment = frame.start.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    while (moment := moment + timedelta(hours=1)) < frame.end:
        x = frame.x(moment)
        if moment.hour % wide == 0 and LEFT + 12 < x < WIDTH - RIGHT - 12:
            yield _text(x, HEIGHT - 6, hour(moment), "tick x")


def _limits(frame: Frame, limits: Sequence[float]) -> Iterator[str]:
    for value in limits:
        yield f'<path class="limit" d="M{LEFT} {_number(frame.y(value))}h{PLOT_WIDTH}"/>'


def _gap_bands(frame: Frame, found: Sequence[tuple[datetime, datetime]]) -> Iterator[str]:
    for a, b in found:
        x = frame.x(a)
        yield (
            f'<rect class="gap" x="{_number(x)}" y="{TOP}" width="{_number(frame.x(b) - x)}" '
            f'height="{PLOT_HEIGHT}"/>'
        )


def _extremes(frame: Frame, points: Sequence[tuple[datetime, float]], digits: int) -> Iterator[str]:
    low, high = min(points, key=lambda p: p[1]), max(points, key=lambda p: p[1])
    chosen = [(high, -5.0)] if low[1] == high[1] else [(high, -5.0), (low, 12.0)]
    for (time, value), shift in chosen:
        x, y = frame.x(time), frame.y(value)
        label = f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")
        inside = min(max(x, LEFT + LABEL_CLEARANCE), WIDTH - RIGHT - LABEL_CLEARANCE)
        # A low value at the floor of the plot would be written over the time axis.
        height = y - 5.0 if y + shift > HEIGHT - BOTTOM else y + shift
        yield f'<circle class="mark" cx="{_number(x)}" cy="{_number(y)}" r="2.4"/>'
        yield _text(inside, height, label, "mark-label")


def _bars(frame: Frame, points: Sequence[tuple[datetime, float]], step: timedelta) -> str:
    width = max(frame.x(frame.start + step) - LEFT, 1.0)
    floor = frame.y(max(frame.low, 0.0))
    wet = [(frame.x(t), frame.y(v)) for t, v in points if v > 0]
    shapes = "".join(f"M{_number(x)} {_number(floor)}V{_number(y)}" for x, y in wet)
    return f'<path class="bars" stroke-width="{_number(width)}" d="{shapes}"/>' if shapes else ""


def _doubts(frame: Frame, found: Sequence[datetime], step: timedelta) -> Iterator[str]:
    """Marks at the floor of the plot, those of steps one after the other as one."""
    inside = sorted(each for each in found if frame.start <= each < frame.end)
    runs: list[list[datetime]] = []
    for moment in inside:
        if runs and moment - runs[-1][1] <= step:
            runs[-1][1] = moment
        else:
            runs.append([moment, moment])
    for first, last in runs:
        x = frame.x(first)
        width = max(frame.x(min(last + step, frame.end)) - x, 2.0)
        y = HEIGHT - BOTTOM - 4
        yield (
            f'<rect class="doubt" x="{_number(x)}" y="{y}" width="{_number(width)}" height="4"/>'
        )


def _wrap(chart_id: str, words: Words, body: str) -> str:
    title, desc = escape(words.title), escape(words.desc)
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{chart_id}-t {chart_id}-d">'
        f'<title id="{chart_id}-t">{title}</title><desc id="{chart_id}-d">{desc}</desc>'
        f"{body}</svg>"
    )


def chart(
    times: Sequence[datetime],
    values: Sequence[float],
    *,
    window: tuple[datetime, datetime],
    zone: tzinfo,
    words: Words,
    chart_id: str,
    bars: bool = False,
    digits: int = 1,
    step: timedelta = timedelta(hours=1),
    doubts: Sequence[datetime] = (),
    limits: Sequence[float] = (),
    hour: Callable[[datetime], str] | None = None,
) -> str:
    """Draw one series as a line, or as bars that stand on zero.

    Parameters
    ----------
    times
        Aware datetimes, ascending; each value belongs to the step that starts there.
    values
        One number per time, in the unit that `words` names; NaN and infinity are gaps.
    window
        First and last moment shown, aware, ``start < end``; points outside are left out.
    zone
        The zone whose midnights part the days.
    words
        Title, description, the word for "no data", and the labels of days.
    chart_id
        Unique on the page; ``[a-z0-9-]``.
    bars
        Bars for sums such as rain; otherwise a line, broken where values are missing.
    digits
        Decimals of the labels at the lowest and highest value.
    step
        The usual distance of two values.
    doubts
        Aware starts of steps whose values are in doubt: marked at the floor of the plot.
    limits
        Values that are drawn as dashed lines, in the unit of the others.
    hour
        Labels the time axis by hours instead of days; turns a local time into its label.

    Returns
    -------
    str
        One well-formed ``<svg>`` element.

    Raises
    ------
    ValueError
        When times and values differ in number, a time has no zone, or the window is upside down.
    """
    start, end = window
    if len(times) != len(values):
        raise ValueError(f"chart {chart_id}: {len(times)} times but {len(values)} values")
    if any(moment.tzinfo is None for moment in (start, end, *times)):
        raise ValueError(f"chart {chart_id}: a time without a zone; give aware datetimes")
    if start >= end:
        raise ValueError(f"chart {chart_id}: the window ends ({end}) before it starts ({start})")
    inside = [(t, v) for t, v in zip(times, values, strict=True) if start <= t <= end]
    pieces = segments([t for t, _ in inside], [v for _, v in inside], step)
    points = [point for piece in pieces for point in piece]
    if not points:
        bare = Frame(start, end, 0, 1)
        below = _axis_hours(bare, zone, hour) if hour else _axis_x(bare, zone, words.day)
        axis = "".join([*below, *_doubts(bare, doubts, step)])
        middle = _text(LEFT + PLOT_WIDTH / 2, TOP + PLOT_HEIGHT / 2, words.empty, "empty")
        return _wrap(chart_id, words, axis + middle)
    shown = [*(v for _, v in points), *limits]
    low, high = min(shown), max(shown)
    if bars:
        low, high = min(low, 0.0), max(high, 1.0)
    # Noise below the last printed digit must not fill the whole height.
    spare = max(4 * 10.0**-digits - (high - low), 0.0) / 2
    low, high = low - spare, high + spare
    ticks = nice_ticks(low, high)
    frame = Frame(start, end, ticks[0], ticks[-1])
    parts = [
        *(_axis_hours(frame, zone, hour) if hour else _axis_x(frame, zone, words.day)),
        *_gap_bands(frame, gaps(pieces, start, end, step)),
        *_axis_y(frame, ticks),
        *_limits(frame, limits),
        *_doubts(frame, doubts, step),
    ]
    if bars:
        parts.append(_bars(frame, points, step))
    else:
        lines = "".join(_path([(frame.x(t), frame.y(v)) for t, v in piece]) for piece in pieces)
        parts.append(f'<path class="line" d="{lines}"/>')
        parts += _extremes(frame, points, digits)
    return _wrap(chart_id, words, "".join(parts))
