"""For officers: advice in force by county, village and hazard; drafts and what is public."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask import Blueprint, render_template, request
from flask_babel import gettext, lazy_gettext

from collector.store.advice import risk
from collector.store.network import registry
from collector.store.network.registry import VillageRow
from field_configs.schema import Field
from models.advice.advisory import Advisory
from models.risk.hazard import STATUS
from webapp.accounts.access import needs, reaches, scope
from webapp.app.database import connection, now
from webapp.app.menu import NavItem
from webapp.language.risks import certainty_label, hazard_name, reason_text, upper_first
from webapp.language.words import name_of, pick
from webapp.views.advice import ShownAdvice, show_advice
from webapp.views.crops import crop_types
from webapp.views.villages import Rank, page_of, rank

bp = Blueprint("drafts", __name__)
NAV = NavItem(25, "drafts.page", lazy_gettext("Drafts"))
PER_PAGE = 24
Key = tuple[str, str, str, int, bool]


@dataclass(frozen=True)
class ShownDraft:
    """Advice for one crop and hazard of a village; the surest of its fields comes first."""

    village: VillageRow
    rank: Rank
    crop: str
    hazard: str
    status: str
    draft: bool
    fields: str
    reason: str
    certainty: str
    since: datetime
    advice: ShownAdvice


@dataclass(frozen=True)
class VillageDrafts:
    """A village and its advice."""

    id: str
    name: str
    place: str
    rows: list[ShownDraft]


@dataclass(frozen=True)
class CountyDrafts:
    """A county and the villages with advice on this page."""

    code: str
    name: str
    villages: list[VillageDrafts]


@dataclass(frozen=True)
class CountyChoice:
    """A county to choose, and how much advice is in force there."""

    code: str
    name: str
    count: int


def _show(
    village: VillageRow, group: Sequence[Advisory], fields: Mapping[str, Field], at: datetime
) -> ShownDraft:
    ranks = [rank(each.status, not each.draft, each.certainty) for each in group]
    best = group[ranks.index(max(ranks))]
    crop = crop_types().get(best.crop)
    names = [name_of(fields[each.site]) for each in group]
    return ShownDraft(
        village=village,
        rank=max(ranks),
        crop=upper_first(name_of(crop)) if crop else best.crop,
        hazard=hazard_name(best.hazard),
        status=STATUS[best.status],
        draft=best.draft,
        fields=str(gettext(", ")).join(names),
        reason=reason_text(best.hazard, best.status, best.reason_params),
        certainty=certainty_label(best.certainty),
        since=min(each.issued for each in group),
        advice=show_advice(best, at),
    )


def show_drafts(
    advisories: Sequence[Advisory],
    villages: Mapping[str, VillageRow],
    fields: Mapping[str, Field],
    at: datetime,
) -> list[ShownDraft]:
    """Put advice of one village, crop, hazard and status together, in the order of the page.

    Parameters
    ----------
    advisories
        What is in force.
    villages, fields
        Of the registry, by id.
    at
        Now, aware.
    """
    groups: dict[Key, list[Advisory]] = {}
    for each in advisories:
        village = fields[each.site].village
        key = (village, each.crop, each.hazard, each.status, each.draft)
        groups.setdefault(key, []).append(each)
    shown = [_show(villages[key[0]], group, fields, at) for key, group in groups.items()]
    gravest: dict[str, Rank] = {}
    for row in shown:
        gravest[row.village.id] = max(row.rank, gravest.get(row.village.id, row.rank))
    shown.sort(key=lambda row: row.rank, reverse=True)
    shown.sort(key=lambda row: row.village.id)
    shown.sort(key=lambda row: gravest[row.village.id], reverse=True)
    shown.sort(key=lambda row: row.village.county)
    return shown


def by_county(rows: Sequence[ShownDraft]) -> list[CountyDrafts]:
    """Group rows, in their order, by county and village."""
    found = []
    for code, of_county in groupby(rows, key=lambda row: row.village.county):
        villages = []
        for village, group in groupby(of_county, key=lambda row: row.village):
            place = pick(village.township_zh, village.township_en)
            name = pick(village.zh, village.en)
            villages.append(VillageDrafts(village.id, name, place, list(group)))
        first = villages[0].rows[0].village
        found.append(CountyDrafts(code, pick(first.county_zh, first.county_en), villages))
    return found


@bp.get("/drafts")
@needs("drafts")
def page() -> str:
    """Advice in force where the reader may see drafts, or in ``?county=`` of it, page by page."""
    conn = connection()
    mine = scope("drafts")
    villages = {
        each.id: each
        for each in registry.villages(conn)
        if reaches(mine, each.id, each.township, each.county)
    }
    fields = {field.id: field for field in registry.fields(conn) if field.village in villages}
    advisories = [each for each in risk.current_advisories(conn) if each.site in fields]
    rows = show_drafts(advisories, villages, fields, now())
    counties = {
        each.county: CountyChoice(each.county, pick(each.county_zh, each.county_en), 0)
        for each in villages.values()
    }
    choices = [
        CountyChoice(each.code, each.name, sum(row.village.county == each.code for row in rows))
        for each in counties.values()
    ]
    chosen = request.args.get("county", "")[:12]
    if chosen:
        rows = [row for row in rows if row.village.county == chosen]
    number, pages, here = page_of(len(rows), PER_PAGE, request.args.get("page", 1, type=int))
    return render_template(
        "bureau/drafts.html",
        counties=by_county(rows[here]),
        choices=choices,
        chosen=chosen,
        drafts=sum(row.draft for row in rows),
        public=sum(not row.draft for row in rows),
        number=number,
        pages=pages,
    )
