"""Where nodes stand, as a small map made on the server, and a way from one to the next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from webapp.views.svg import nice_ticks

WIDTH, HEIGHT, EDGE = 360, 220, 26
#: No map shows less than this [km]; no spot is named by more numbers than these.
LEAST_KM, MOST_NAMED = 0.5, 4
KM_A_DEGREE = 111.2
Place = tuple[float, float]


def plane_km(places: Sequence[Place]) -> list[tuple[float, float]]:
    """Places on a plane, east and north [km] of the first.

    Parameters
    ----------
    places
        Longitude and latitude [degree].
    """
    if not places:
        return []
    east, north = places[0]
    shrink = math.cos(math.radians(north))
    return [
        ((lon - east) * KM_A_DEGREE * shrink, (lat - north) * KM_A_DEGREE) for lon, lat in places
    ]


def route(places: Sequence[Place], start: Place | None = None) -> list[int]:
    """Order places so that each is the nearest of those that are left; the shortest way may differ.

    Parameters
    ----------
    places
        Longitude and latitude [degree].
    start
        Where one is; None: at the first of them.

    Returns
    -------
    list of int
        Indices of `places`.
    """
    if not places:
        return []
    spots = plane_km([start or places[0], *places])
    at, left, found = spots[0], list(range(len(places))), []
    while left:
        nearest = min(left, key=lambda each: (math.dist(at, spots[each + 1]), each))
        left.remove(nearest)
        found.append(nearest)
        at = spots[nearest + 1]
    return found


def length_km(places: Sequence[Place]) -> float:
    """Length of the way over places in their order, as the crow flies [km]."""
    spots = plane_km(places)
    return sum(math.dist(a, b) for a, b in zip(spots, spots[1:], strict=False))


def draw(
    places: Sequence[Place | None],
    tones: Sequence[str],
    title: str,
    bar: str,
    *,
    line: bool,
    first: int = 1,
) -> Markup:
    """Draw numbered places, one number for those that share a spot.

    Parameters
    ----------
    places
        Longitude and latitude [degree], in the order of their numbers; None where nobody measured,
        which is not drawn. At least one is known.
    tones
        The status whose colour each has.
    title
        What is drawn, for those who hear the page.
    bar
        Words of the scale, with ``{km}`` in them.
    line
        Whether they are joined in their order.
    first
        The first number.
    """
    known = [(number, place) for number, place in enumerate(places) if place is not None]
    spots = plane_km([place for _, place in known])
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    scale = min(
        (WIDTH - 2 * EDGE) / max(max(xs) - min(xs), LEAST_KM),
        (HEIGHT - 2 * EDGE) / max(max(ys) - min(ys), LEAST_KM),
    )
    middle = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    points = [
        (WIDTH / 2 + (x - middle[0]) * scale, HEIGHT / 2 - (y - middle[1]) * scale)
        for x, y in spots
    ]
    parts = []
    if line and len(points) > 1:
        path = "L".join(f"{x:.0f} {y:.0f}" for x, y in points)
        parts.append(f'<path class="line" d="M{path}"/>')
    seen: dict[tuple[int, int], list[int]] = {}
    for index, (x, y) in enumerate(points):
        seen.setdefault((round(x / 6), round(y / 6)), []).append(index)
    for indices in seen.values():
        x, y = points[indices[0]]
        numbers = [known[index][0] for index in indices]
        named = [str(number + first) for number in numbers]
        label = ", ".join(named) if len(named) < MOST_NAMED else f"{named[0]}…"
        parts.append(
            f'<g class="is-{escape(tones[numbers[0]])}"><circle class="spot" cx="{x:.0f}" '
            f'cy="{y:.0f}" r="5"/></g><text class="name" x="{x:.0f}" y="{y - 8:.0f}">'
            f"{label}</text>"
        )
    km = nice_ticks(0, WIDTH / 4 / scale, 1)[1]
    parts.append(
        f'<path class="bar" d="M{EDGE} {HEIGHT - 8}h{km * scale:.0f}"/><text x="{EDGE}" '
        f'y="{HEIGHT - 13}">{escape(bar.format(km=f"{km:g}"))}</text>'
    )
    drawn = (
        f'<svg class="map" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
    return Markup(drawn)  # noqa: S704 - every word in it is escaped
