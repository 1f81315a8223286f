"""For officers: advice in force by county, village and hazard; drafts and what is public."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask import Blueprint, render_template, request

from collector.permissions import Grant
from collector.store.advice import risk
from collector.store.advice import village as store
from collector.store.network import registry
from collector.store.network.registry import VillageRow
from field_configs.schema import Field
from models.advice.advisory import Advisory
from models.risk.hazard import STATUS
from webapp.accounts.access import needs, reaches, scope
from webapp.app.database import connection, now
from webapp.app.menu import NavItem
from webapp.app.shares import heavy
from webapp.language.i18n import gettext, lazy_gettext
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
    hazard_id: str
    released_by: str
    may_release: bool


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


@dataclass(frozen=True)
class DraftGroup:
    """Advice of one village, crop, hazard and status, ranked and not yet worded."""

    village: VillageRow
    rank: Rank
    advice: Advisory
    sites: list[str]
    since: datetime

    @property
    def draft(self) -> bool:
        """Whether it is a draft: all of a group are, or none."""
        return self.advice.draft


@dataclass(frozen=True)
class Releases:
    """Who released which advice, by `Advisory` key, and where the reader may release more."""

    by: Mapping[store.ReleaseKey, str]
    grants: list[Grant]

    def of(self, group: DraftGroup) -> str:
        """Who released all of a group's advice; nothing where nobody has."""
        best = group.advice
        return self.by.get((best.site, best.crop, best.hazard, best.issued), "")

    def may(self, village: VillageRow) -> bool:
        """Whether the reader may release advice of a village."""
        return reaches(self.grants, village.id, village.township, village.county)


def _group(village: VillageRow, group: Sequence[Advisory]) -> DraftGroup:
    ranks = [rank(each.status, not each.draft, each.certainty) for each in group]
    return DraftGroup(
        village=village,
        rank=max(ranks),
        advice=group[ranks.index(max(ranks))],
        sites=[each.site for each in group],
        since=min(each.issued for each in group),
    )


def _names(fields: Sequence[Field]) -> str:
    """Name fields; what a farmer calls their own is not an officer's to read."""
    names = [name_of(field) or str(gettext("a farmer's own field")) for field in fields]
    return str(gettext(", ")).join(names)


def word_group(
    group: DraftGroup, fields: Mapping[str, Field], releases: Releases, at: datetime
) -> ShownDraft:
    """Word a group for the page; only for those that the page shows, as it costs the most."""
    best = group.advice
    crop = crop_types().get(best.crop)
    return ShownDraft(
        village=group.village,
        rank=group.rank,
        crop=upper_first(name_of(crop)) if crop else best.crop,
        hazard=hazard_name(best.hazard),
        status=STATUS[best.status],
        draft=best.draft,
        fields=_names([fields[site] for site in group.sites]),
        reason=reason_text(best.hazard, best.status, best.reason_params),
        certainty=certainty_label(best.certainty),
        since=group.since,
        advice=show_advice(best, at),
        hazard_id=best.hazard,
        released_by=releases.of(group),
        may_release=releases.may(group.village),
    )


def group_drafts(
    advisories: Sequence[Advisory],
    villages: Mapping[str, VillageRow],
    fields: Mapping[str, Field],
) -> list[DraftGroup]:
    """Put advice of one village, crop, hazard and status together, in the order of the page.

    Parameters
    ----------
    advisories
        What is in force.
    villages, fields
        Of the registry, by id.
    """
    groups: dict[Key, list[Advisory]] = {}
    for each in advisories:
        village = fields[each.site].village
        key = (village, each.crop, each.hazard, each.status, each.draft)
        groups.setdefault(key, []).append(each)
    shown = [_group(villages[key[0]], group) for key, group in groups.items()]
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
@needs("drafts", reads="drafts_seen")
@heavy
def page() -> str:
    """Advice in force where the reader may see drafts, or in ``?county=`` of it, page by page."""
    conn = connection()
    mine = scope("drafts")
    villages = {
        each.id: each
        for each in registry.villages(conn)
        if reaches(mine, each.id, each.township, each.county)
    }
    fields = {field.id: field for field in registry.fields(conn, own=True)}
    fields = {id_: field for id_, field in fields.items() if field.village in villages}
    advisories = [each for each in risk.current_advisories(conn) if each.site in fields]
    rows = group_drafts(advisories, villages, fields)
    counts = Counter(row.village.county for row in rows)
    counties = {each.county: each for each in reversed(villages.values())}
    choices = [
        CountyChoice(code, pick(each.county_zh, each.county_en), counts[code])
        for code, each in sorted(counties.items())
    ]
    chosen = request.args.get("county", "")[:12]
    if chosen:
        rows = [row for row in rows if row.village.county == chosen]
    releases = Releases(store.releases(conn), scope("release"))
    number, pages, here = page_of(len(rows), PER_PAGE, request.args.get("page", 1, type=int))
    return render_template(
        "bureau/drafts.html",
        counties=by_county([word_group(row, fields, releases, now()) for row in rows[here]]),
        choices=choices,
        chosen=chosen,
        drafts=sum(row.draft for row in rows),
        public=sum(not row.draft for row in rows),
        number=number,
        pages=pages,
    )
