"""A bulletin as pages show it: its texts, and its tables in the names that they had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from itertools import groupby
from typing import Any

from markupsafe import Markup

from webapp.language.formats import local_day, number
from webapp.language.i18n import gettext, language_of
from webapp.language.words import pick, word

#: The figure, in the drawing's units: a line of words and a bar for each county.
WIDTH, LEFT, LINE, BAR, FOOT = 360, 4, 36, 12, 6
#: The longest bar ends here; behind it nothing stands, the numbers are above the bars.
LONGEST = WIDTH - 2 * LEFT
Row = Mapping[str, Any]


@dataclass(frozen=True)
class ShownRow:
    """A hazard in a county: areas in 亩 and villages by level, and the change since before."""

    county: str
    high: float
    medium: float
    villages_high: int
    villages_medium: int
    change: str
    no_area: int


@dataclass(frozen=True)
class ShownKind:
    """A hazard of a crop: its counties, the figure of their areas, and whether it is validated."""

    id: str
    hazard: str
    crop: str
    rows: list[ShownRow]
    figure: Markup


@dataclass(frozen=True)
class ShownAdvice:
    """Released advice of a hazard in a county: measures, in how many villages, by whom."""

    county: str
    hazard: str
    measures: list[str]
    villages: int
    by: str
    at: datetime


@dataclass(frozen=True)
class ShownBulletin:
    """A bulletin: texts in their own language, tables in the reader's.

    `days` are those of the forecast, `ahead` the area at risk by hazard on each of them.
    """

    html_language: str
    title: str
    situation: list[str]
    forecast: list[str]
    advice: list[str]
    signature: str
    area: str
    at: datetime
    since: str
    kinds: list[ShownKind]
    days: list[str]
    ahead: list[tuple[str, list[str]]]
    released: list[ShownAdvice]
    unproven: bool


def area_name(code: str, names: Mapping[str, Any]) -> str:
    """The name of a bulletin's area: that of a county, or the city's."""
    if not code:
        return word("bulletin.city")
    return pick(*names.get("county", {}).get(code, (code, code)))


def serial(year: int, number: int) -> str:
    """How a bulletin is called."""
    return str(gettext("No. %(number)d of %(year)d", number=number, year=year))


def mu(value: float) -> str:
    """Write an area in 亩: without decimals where it is whole."""
    return number(value, 0 if value == round(value) else 1)


def _name(tables: Mapping[str, Any], kind: str, code: str) -> str:
    return pick(*tables["names"][kind].get(code, (code, code)))


def _change(value: float | None) -> str:
    if value is None:
        return "\N{EM DASH}"
    return ("+" if value > 0 else "") + mu(value)


def _kind(row: Row) -> tuple[str, str]:
    return row["hazard"], row["crop"]


def _is_told(row: Row) -> bool:
    """Whether a row stands in the table: something is at risk, or was in the last bulletin."""
    found = (row[x] for x in ("high_mu", "medium_mu", "villages_high", "villages_medium"))
    return any(found) or bool(row["change_mu"])


def _kinds(tables: Mapping[str, Any]) -> list[ShownKind]:
    rows = sorted(filter(_is_told, tables["situation"]), key=_kind)
    most = max((row["high_mu"] + row["medium_mu"] for row in rows), default=0.0)
    found = []
    for (hazard, crop), group in groupby(rows, _kind):
        shown = [
            ShownRow(
                _name(tables, "county", row["county"]),
                row["high_mu"],
                row["medium_mu"],
                row["villages_high"],
                row["villages_medium"],
                _change(row["change_mu"]),
                row["no_area"],
            )
            for row in group
        ]
        name = _name(tables, "hazard", hazard)
        drawn = figure(shown, f"{hazard}-{crop}".replace("_", "-"), name, most)
        found.append(ShownKind(hazard, name, _name(tables, "crop", crop), shown, drawn))
    return found


def _text(x: float, y: float, words: str, name: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{name}">{escape(words)}</text>'


def figure(rows: Sequence[ShownRow], chart_id: str, name: str, most: float) -> Markup:
    """Draw the area at risk by county: high solid, medium in outline, longest where most is.

    Parameters
    ----------
    rows
        Of one hazard.
    chart_id
        Unique on the page; ``[a-z0-9-]``.
    name
        Of the hazard.
    most
        The area of the longest bar of the bulletin, in 亩.
    """
    height = len(rows) * LINE + FOOT
    title = escape(str(gettext("%(hazard)s: area at risk by county", hazard=name)))
    parts = []
    for place, row in enumerate(rows):
        top = place * LINE
        areas = gettext(
            "high %(high)s mu, medium %(medium)s mu", high=mu(row.high), medium=mu(row.medium)
        )
        parts.append(_text(LEFT, top + 14, row.county, "bar-name"))
        parts.append(_text(WIDTH - LEFT, top + 14, str(areas), "y"))
        high, medium = (LONGEST * value / most if most else 0.0 for value in (row.high, row.medium))
        for x, width, level in ((LEFT, high, "high"), (LEFT + high, medium, "medium")):
            if width > 0:
                parts.append(
                    f'<rect class="bar-{level}" x="{x:.1f}" y="{top + 20}" '
                    f'width="{max(width, 1):.1f}" height="{BAR}"/>'
                )
    return Markup(  # noqa: S704 - what is put in is escaped
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="{chart_id}-t"><title id="{chart_id}-t">{title}</title>'
        f"{''.join(parts)}</svg>"
    )


def _ahead(tables: Mapping[str, Any]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    days = sorted({row["day"] for row in tables["forecast"]})
    found = []
    for (hazard, crop), group in groupby(sorted(tables["forecast"], key=_kind), _kind):
        sums = dict.fromkeys(days, 0.0)
        for row in group:
            sums[row["day"]] += row["high_mu"] + row["medium_mu"]
        name = gettext(
            "%(hazard)s (%(crop)s)",
            hazard=_name(tables, "hazard", hazard),
            crop=_name(tables, "crop", crop),
        )
        found.append((str(name), [mu(round(sums[day], 1)) for day in days]))
    return [local_day(date.fromisoformat(day)) for day in days], found


def _released(tables: Mapping[str, Any]) -> list[ShownAdvice]:
    return [
        ShownAdvice(
            _name(tables, "county", row["county"]),
            _name(tables, "hazard", row["hazard"]),
            [pick(*each) for each in row["measures"]],
            row["villages"],
            str(gettext(", ")).join(row["by"]),
            datetime.fromisoformat(row["at"]),
        )
        for row in tables["advice"]
    ]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def show(content: Mapping[str, Any]) -> ShownBulletin:
    """Prepare the content of a bulletin, issued or not, for a page."""
    texts, tables = content["texts"], content["tables"]
    language = language_of(texts.get("language"))
    days, ahead = _ahead(tables)
    return ShownBulletin(
        language.html if language else "zh-CN",
        texts["title"],
        _lines(texts["situation"]),
        _lines(texts["forecast"]),
        _lines(texts["advice"]),
        texts["signature"],
        area_name(tables["area"], tables["names"]),
        datetime.fromisoformat(tables["at"]),
        serial(*tables["last"]) if tables["last"] else "",
        _kinds(tables),
        days,
        ahead,
        _released(tables),
        any(not row["validated"] for row in tables["situation"]),
    )
