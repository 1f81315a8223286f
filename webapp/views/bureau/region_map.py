"""The map of a region: counties as outlines, villages as marks whose shape and colour say a level.

Markup out of numbers and words, as in `webapp.views.svg`: classes and no inline style.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from collector.store.bureau.region import Point
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, STATUS
from webapp.views.bureau.outlines import Ring

WIDTH, MARGIN = 360.0, 8.0
#: Sides of a map that has but one point [degree].
LEAST = 0.02
#: Marks about a point, by level; the last drawn lie on top.
MARKS = {
    CANNOT_SAY: "m-2-2h4v4h-4z",
    NO_RISK: "m-1.5 0a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0z",
    MEDIUM: "m0-4l4 7h-8z",
    HIGH: "m-1.5-4h3l2.5 2.5v3l-2.5 2.5h-3l-2.5-2.5v-3z",
}


@dataclass(frozen=True)
class County:
    """A county on the map: its outline, what is said of it, where a touch leads."""

    code: str
    name: str
    status: str
    link: str
    rings: tuple[Ring, ...]


@dataclass(frozen=True)
class _Frame:
    west: float
    north: float
    scale: float
    squeeze: float
    height: float

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        return (
            MARGIN + (longitude - self.west) * self.squeeze * self.scale,
            MARGIN + (self.north - latitude) * self.scale,
        )


def _frame(places: Sequence[tuple[float, float]]) -> _Frame:
    east, north = (max(values) for values in zip(*places, strict=True))
    west, south = (min(values) for values in zip(*places, strict=True))
    squeeze = math.cos(math.radians((north + south) / 2))
    wide, high = max((east - west) * squeeze, LEAST), max(north - south, LEAST)
    scale = (WIDTH - 2 * MARGIN) / max(wide, high)
    return _Frame(west, north, scale, squeeze, high * scale + 2 * MARGIN)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _ring(frame: _Frame, ring: Ring) -> str:
    return "M" + "L".join(" ".join(map(_number, frame.at(*place))) for place in ring) + "z"


def draw(points: Sequence[Point], counties: Sequence[County], title: str, desc: str) -> str:
    """Draw a map; empty where nothing has a place.

    Parameters
    ----------
    points
        Villages whose position is known.
    counties
        Those with an outline.
    title, desc
        What is drawn, and the same for those who hear the page.
    """
    places = [(each.longitude, each.latitude) for each in points]
    places += [place for county in counties for ring in county.rings for place in ring]
    if not places:
        return ""
    frame = _frame(places)
    parts = [
        f'<svg class="map" viewBox="0 0 {WIDTH:g} {_number(frame.height)}" role="group" '
        f'aria-label="{escape(title)}"><desc>{escape(desc)}</desc>'
    ]
    for county in counties:
        path = "".join(_ring(frame, ring) for ring in county.rings)
        x, y = _middle([frame.at(*place) for place in county.rings[0]])
        parts.append(
            f'<a href="{escape(county.link)}" class="is-{county.status}"><path d="{path}"/>'
            f'<text x="{_number(x)}" y="{_number(y)}">{escape(county.name)}</text></a>'
        )
    marks: dict[int, list[str]] = {status: [] for status in MARKS}
    for point in points:
        status = CANNOT_SAY if point.status is None else point.status
        where = marks.get(status)
        if where is not None:
            x, y = frame.at(point.longitude, point.latitude)
            where.append(f"M{_number(x)} {_number(y)}{MARKS[status]}")
    parts += [
        f'<path class="mark is-{STATUS[status]}" aria-hidden="true" d="{"".join(where)}"/>'
        for status, where in marks.items()
        if where
    ]
    return "".join(parts) + "</svg>"


def _middle(places: Sequence[tuple[float, float]]) -> tuple[float, float]:
    xs, ys = zip(*places, strict=True)
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def levels_drawn(points: Sequence[Point]) -> Mapping[str, int]:
    """How many villages are drawn at each level, the gravest first."""
    found = dict.fromkeys((HIGH, MEDIUM, CANNOT_SAY, NO_RISK), 0)
    for point in points:
        status = CANNOT_SAY if point.status is None else point.status
        if status in found:
            found[status] += 1
    return {STATUS[status]: count for status, count in found.items() if count}
