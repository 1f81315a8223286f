"""The region on a day: where, how bad, how much land, what changed; a map and a ranked table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask import Blueprint, abort, render_template, request, url_for

from collector.store import settings_table
from collector.store.bureau import region as store
from collector.store.bureau.region import AFTER, BEFORE, Area, Asked, DayTotal
from models.hazards.catalogue import catalogue
from models.risk.hazard import CANNOT_SAY, STATUS
from models.weather.local_days import local_day
from webapp.accounts.access import needs, scope
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound
from webapp.app.menu import NavItem
from webapp.language.formats import full_day, number, percent
from webapp.language.formats import local_day as day_text
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.risks import hazard_name, upper_first
from webapp.language.words import name_of, pick
from webapp.views.bureau.outlines import outlines
from webapp.views.bureau.region_map import County, draw, levels_drawn
from webapp.views.crops import crop_types
from webapp.views.village.fields import MU

bp = Blueprint("region", __name__)
NAV = NavItem(16, "region.page", lazy_gettext("Region"))
#: The setting that holds the approval number of the map, 审图号.
APPROVAL = "map.approval"
SORTS = ("area", "change", "silent", "name")
#: The strip of days is drawn so wide and high.
STRIP = (380, 48)


@dataclass(frozen=True)
class Row:
    """A township or village of the table; areas in mu as text."""

    name: str
    county: str
    status: str
    link: str
    area: str
    change: str
    villages: str
    silent: str


@dataclass(frozen=True)
class Tile:
    """A township that is drawn beside the map, since nobody measured where it lies."""

    name: str
    status: str
    link: str


@dataclass(frozen=True)
class Bar:
    """A day of the strip: where it stands, how high, which it is."""

    x: float
    height: float
    shown: bool
    forecast: bool


def _mu(hectares: float) -> float:
    return hectares * MU


def _day(today: date, days: Sequence[DayTotal]) -> date:
    """The day asked for: as ``?day=2016-05-08`` or as the slider counts, ``?ahead=-3``.

    Whoever asks for none is shown today or, where nothing is known of it, the day next to it.
    """
    if not {"day", "ahead"} & set(request.args):
        known = (each.day for each in days)
        return min(known, key=lambda day: (abs(day - today), day > today), default=today)
    first, last = today - timedelta(days=BEFORE), today + timedelta(days=AFTER - 1)
    text = request.args.get("day", "")
    if text:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
    else:
        ahead = request.args.get("ahead", "0")
        far = int(ahead) if ahead.lstrip("-").isdecimal() and len(ahead) < 5 else 10**4
        day = today + timedelta(days=far)
    if not first <= day <= last:
        abort(
            400,
            gettext(
                "There is no such day here: give one from %(first)s to %(last)s.",
                first=full_day(first),
                last=full_day(last),
            ),
        )
    return day


def _choice(known: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Hazard and crop asked for, ('', '') for all."""
    text = request.args.get("of", "")
    if not text:
        return "", ""
    hazard, _, crop = text.partition("~")
    if (hazard, crop) not in known:
        abort(
            400,
            gettext("There is nothing of “%(asked)s” here: choose from the list.", asked=text[:60]),
        )
    return hazard, crop


def _crop(crop: str) -> str:
    found = crop_types().get(crop)
    return upper_first(name_of(found)) if found else crop


def _name(hazard: str, crop: str) -> str:
    if not hazard:
        text = (
            gettext("%(crop)s, every hazard", crop=_crop(crop)) if crop else gettext("Every hazard")
        )
        return str(text)
    several = len(catalogue()[hazard].crops) > 1 if hazard in catalogue() else True
    name = hazard_name(hazard)
    return f"{name} · {_crop(crop)}" if several else name


def _status(status: int | None) -> str:
    return STATUS[CANNOT_SAY if status is None else status]


def _row(area: Area, link: str, *, villages: bool) -> Row:
    change = None if area.before_ha is None else _mu(area.risk_ha - area.before_ha)
    sign = "+" if change is not None and change > 0 else ""
    return Row(
        name=pick(area.zh, area.en) or str(gettext("in no township")),
        county=pick(area.county_zh, area.county_en),
        status=_status(area.status),
        link=link,
        area=number(_mu(area.risk_ha), 0),
        change=sign + number(change, 0),
        villages="" if villages else f"{area.at_risk}/{area.judged}/{area.villages}",
        silent=percent(area.silent / area.fitted) if area.fitted else number(None),
    )


def _sorted(areas: Sequence[Area], by: str) -> list[Area]:
    keys = {
        "area": lambda each: (-each.risk_ha, -each.at_risk),
        "change": lambda each: -(each.risk_ha - (each.before_ha or 0)),
        "silent": lambda each: -(each.silent / each.fitted if each.fitted else -1),
        "name": lambda each: 0,
    }
    ordered = sorted(areas, key=lambda each: (each.county, each.id or ""))
    return sorted(ordered, key=keys[by])


def _strip(days: Sequence[DayTotal], today: date, shown: date) -> list[Bar]:
    """One bar a day, as high as its area at risk."""
    most = max((each.risk_ha for each in days), default=0) or 1
    step = STRIP[0] / (BEFORE + AFTER)
    return [
        Bar(
            x=round(step * ((each.day - today).days + BEFORE), 1),
            height=round(max(1.0, each.risk_ha / most * (STRIP[1] - 8)), 1),
            shown=each.day == shown,
            forecast=each.forecast,
        )
        for each in days
    ]


def _where(areas: Sequence[Area]) -> str:
    """The county, or the counties, that one sees a part of."""
    names = {each.county: pick(each.county_zh, each.county_en) for each in areas}
    return ", ".join(name for _, name in sorted(names.items()))


@bp.get("/region")
@needs("drafts", reads="drafts_seen")
def page() -> str:
    """The region, a county or a township, on a day, for one hazard or all."""
    conn, at = connection(), now()
    today = local_day(at)
    known = store.asked_for(conn)
    hazard, crop = _choice(known)
    county, township = (request.args.get(key, "")[:12] or None for key in ("county", "township"))
    asked = Asked(today, hazard, crop, county, township, scope("drafts"))
    days = store.totals(conn, asked)
    asked = replace(asked, day=_day(today, days))
    areas = store.areas(conn, asked, at)
    if (county or township) and not areas:
        raise PageNotFound(
            gettext("There is no such county or township, or you may not look at it.")
        )
    points = store.points(conn, asked)
    of = f"{hazard}~{crop}" if hazard or crop else None

    def link(**given: str | None) -> str:
        kept = {"of": of, "day": asked.day, "county": county, "township": township}
        return url_for("region.page", **(kept | given))  # type: ignore[arg-type]

    def leads_to(area: Area) -> str:
        if township:
            return url_for("village.page", village_id=area.id)
        return link(county=area.county, township=area.id) if area.id else link(county=area.county)

    worst: dict[str, Area] = {}
    for each in areas:
        best = worst.get(each.county)
        gravity = -1 if each.status is None else store.GRAVITY[each.status]
        if best is None or gravity > (-1 if best.status is None else store.GRAVITY[best.status]):
            worst[each.county] = each
    rings = {} if township else outlines(tuple(sorted(worst)))
    drawn = [
        County(
            code, pick(a.county_zh, a.county_en), _status(a.status), link(county=code), rings[code]
        )
        for code, a in sorted(worst.items())
        if code in rings
    ]
    sort = request.args.get("sort", SORTS[0])
    ordered = _sorted(areas, sort if sort in SORTS else SORTS[0])
    title = _name(hazard, crop)
    desc = gettext(
        "%(what)s on %(day)s; the table below says the same.", what=title, day=day_text(asked.day)
    )
    tiles: dict[str, list[Tile]] = {}
    for each in sorted(areas, key=lambda each: (each.county, each.id or "")):
        if not township and each.place is None:
            tile = Tile(pick(each.zh, each.en), _status(each.status), leads_to(each))
            tiles.setdefault(pick(each.county_zh, each.county_en), []).append(tile)
    there = {each.day for each in days}
    return render_template(
        "bureau/region.html",
        title=title,
        day=asked.day,
        ahead=(asked.day - today).days,
        forecast=asked.day >= today,
        first=-BEFORE,
        last=AFTER - 1,
        choices=[(f"{h}~{c}", _name(h, c)) for h, c in known],
        of=of,
        county=county,
        township=township,
        where=_where(areas) if county or not asked.reach()["everywhere"] else "",
        rows=[_row(each, leads_to(each), villages=bool(township)) for each in ordered],
        several=len(worst) > 1,
        sorts=[(key, link(sort=key)) for key in SORTS],
        sort=sort if sort in SORTS else SORTS[0],
        map=draw(points, drawn, title, str(desc)),
        levels=levels_drawn(points),
        drawn=len(points),
        total=sum(each.villages for each in areas),
        illustrative=any(each.illustrative for each in points),
        outlined=bool(drawn),
        tiles=tiles,
        approval=settings_table.get(conn, APPROVAL),
        risk=number(_mu(sum(each.risk_ha for each in areas)), 0),
        at_risk=sum(each.at_risk for each in areas),
        judged=sum(each.judged for each in areas),
        bars=_strip(days, today, asked.day),
        strip=STRIP,
        nothing=not any(each.judged for each in areas),
        known_days=(min(there), max(there)) if there else None,
        before=link(day=str(asked.day - timedelta(days=1)))
        if asked.day - timedelta(days=1) in there
        else "",
        after=link(day=str(asked.day + timedelta(days=1)))
        if asked.day + timedelta(days=1) in there
        else "",
        up=link(township=None) if township else link(county=None) if county else "",
    )
