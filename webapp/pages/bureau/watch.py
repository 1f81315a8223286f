"""What to keep an eye on: what rises, most land at risk, where nobody measures, who answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, url_for

from collector.store.advice import replies
from collector.store.bureau import region as store
from collector.store.bureau.region import Area, Asked, HazardTrend
from models.weather.local_days import local_day
from webapp.accounts.access import needs, scope
from webapp.app.database import connection, now
from webapp.app.menu import NavItem
from webapp.language.formats import number, percent
from webapp.language.i18n import lazy_gettext
from webapp.language.risks import hazard_name, upper_first
from webapp.language.words import name_of, pick
from webapp.views.crops import crop_types
from webapp.views.village.fields import MU

bp = Blueprint("watch", __name__)
NAV = NavItem(23, "watch.page", lazy_gettext("Watch"))
#: So many rows of each table, the most urgent first.
SHOWN = 15
ANSWERED_WITHIN = timedelta(days=30)
#: A township is silent where at least this share of its villages with devices is.
SILENT_SHARE = 0.5


@dataclass(frozen=True)
class Rising:
    """A hazard: areas at risk in mu as text, and the page of its map."""

    name: str
    link: str
    before: str
    last: str
    ahead: str
    change: str


@dataclass(frozen=True)
class Hole:
    """A township: its villages, those with devices, and those of them that are silent."""

    name: str
    county: str
    link: str
    villages: int
    fitted: int
    silent: int
    share: str


def _mu(hectares: float | None) -> str:
    return number(None if hectares is None else hectares * MU, 0)


def _growth(trend: HazardTrend) -> float:
    """How much more land is at risk than a week ago, or will be than now [ha]."""
    known = [each for each in (trend.last, trend.ahead) if each is not None]
    if not known:
        return 0.0
    return max(known) - (trend.before if trend.before is not None else trend.last or 0.0)


def _rising(trend: HazardTrend, day: str) -> Rising:
    crop = crop_types().get(trend.crop)
    name = f"{hazard_name(trend.hazard)} · {upper_first(name_of(crop)) if crop else trend.crop}"
    growth = _growth(trend)
    return Rising(
        name=name,
        link=url_for("region.page", of=f"{trend.hazard}~{trend.crop}", day=day),
        before=_mu(trend.before),
        last=_mu(trend.last),
        ahead=_mu(trend.ahead),
        change=("+" if growth > 0 else "") + _mu(growth),
    )


def _hole(area: Area) -> Hole:
    return Hole(
        name=pick(area.zh, area.en) or pick(area.county_zh, area.county_en),
        county=pick(area.county_zh, area.county_en),
        link=url_for("region.page", county=area.county, township=area.id),
        villages=area.villages,
        fitted=area.fitted,
        silent=area.silent,
        share=percent(area.silent / area.fitted) if area.fitted else number(None),
    )


@bp.get("/watch")
@needs("drafts", reads="drafts_seen")
def page() -> str:
    """Hazards that rise, counties by land at risk, holes and silence, answers of farmers."""
    conn, at = connection(), now()
    last = local_day(at) - timedelta(days=1)
    asked = Asked(last, grants=scope("drafts"))
    trends = [each for each in store.by_hazard(conn, asked) if _growth(each) > 0]
    trends.sort(key=lambda each: (-_growth(each), each.hazard, each.crop))
    areas = store.areas(conn, asked, at)
    holes = sorted((e for e in areas if not e.fitted), key=lambda e: (-e.risk_ha, -e.villages))
    silent = [e for e in areas if e.fitted and e.silent / e.fitted >= SILENT_SHARE]
    silent.sort(key=lambda each: (-each.silent, -each.villages))
    answered = replies.lately(conn, at - ANSWERED_WITHIN, asked.reach())
    return render_template(
        "bureau/watch.html",
        last=last,
        rising=[_rising(each, last.isoformat()) for each in trends[:SHOWN]],
        counties=[
            (
                pick(each.zh, each.en),
                url_for("region.page", county=each.code, day=last.isoformat()),
                _mu(each.risk_ha),
                number(each.at_risk, 0),
                number(each.villages, 0),
            )
            for each in store.by_county(conn, asked)
        ],
        holes=[_hole(each) for each in holes[:SHOWN]],
        more_holes=max(0, len(holes) - SHOWN),
        silent=[_hole(each) for each in silent[:SHOWN]],
        more_silent=max(0, len(silent) - SHOWN),
        answered=[(hazard_name(hazard), done, left) for hazard, done, left in answered],
    )
