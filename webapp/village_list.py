"""Villages as the start page lists them: matched, by county, each with its worst status."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask_babel import gettext

from collector.store.registry import VillageRow
from collector.store.risk import StatusRow
from models.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON, STATUS
from webapp.risk_words import hazard_name
from webapp.words import pick

PER_PAGE = 60
# The codes are names, not a scale: what is not known comes before what is known to be harmless.
GRAVITY = {HIGH: 4, MEDIUM: 3, CANNOT_SAY: 2, NO_RISK: 1, OUT_OF_SEASON: 0}


@dataclass(frozen=True)
class Row:
    """One village of the list."""

    id: str
    name: str
    place: str
    status: str
    cause: str


@dataclass(frozen=True)
class CountyRows:
    """The villages of a county on this page, and how many match there in all."""

    code: str
    name: str
    total: int
    rows: list[Row]


@dataclass(frozen=True)
class VillageList:
    """What the start page shows."""

    query: str
    counts: list[tuple[str, int]]
    counties: list[CountyRows]
    found: int
    page: int
    pages: int


def gravest(statuses: Sequence[StatusRow]) -> int:
    """The code that stands for several: the most serious, and "cannot say" where there is none."""
    return max((each.status for each in statuses), key=GRAVITY.__getitem__, default=CANNOT_SAY)


def matches(village: VillageRow, query: str) -> bool:
    """Tell whether every word of a query is part of a village's names or id, in any language."""
    text = " ".join(
        str(part)
        for part in (
            village.id,
            village.zh,
            village.en,
            village.township_zh,
            village.township_en,
            village.county_zh,
            village.county_en,
        )
    ).casefold()
    return all(part in text for part in query.casefold().split())


def _cause(statuses: Sequence[StatusRow], worst: int) -> str:
    if not statuses:
        return str(gettext("not computed yet"))
    names = dict.fromkeys(each.hazard for each in statuses if each.status == worst)
    if worst in (HIGH, MEDIUM, CANNOT_SAY):
        return str(gettext(", ")).join(hazard_name(name) for name in list(names)[:2])
    return ""


def _row(village: VillageRow, statuses: Sequence[StatusRow]) -> Row:
    worst = gravest(statuses)
    place = pick(village.township_zh, village.township_en)
    return Row(
        id=village.id,
        name=pick(village.zh, village.en),
        place=place or pick(village.county_zh, village.county_en),
        status=STATUS[worst],
        cause=_cause(statuses, worst),
    )


def make_list(
    villages: Iterable[VillageRow],
    village_of: Mapping[str, str],
    statuses: Iterable[StatusRow],
    *,
    query: str = "",
    page: int = 1,
) -> VillageList:
    """Make one page of the village list, the gravest of each county first.

    Parameters
    ----------
    villages
        Rows of the registry.
    village_of
        Field id -> village id.
    statuses
        The newest status of each field, crop and hazard.
    query
        Words to look for; empty lists all.
    page
        From 1; a page out of range becomes the nearest there is.
    """
    by_village: dict[str, list[StatusRow]] = {}
    for status in statuses:
        by_village.setdefault(village_of.get(status.site, ""), []).append(status)
    found = [village for village in villages if matches(village, query)]
    worst = {village.id: gravest(by_village.get(village.id, [])) for village in found}
    found.sort(key=lambda each: (each.county, -GRAVITY[worst[each.id]], each.id))
    tally = Counter(worst.values())
    totals = Counter(village.county for village in found)
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    counties = []
    for code, group in groupby(shown, key=lambda each: each.county):
        members = list(group)
        name = pick(members[0].county_zh, members[0].county_en)
        rows = [_row(each, by_village.get(each.id, [])) for each in members]
        counties.append(CountyRows(code, name, totals[code], rows))
    order = sorted(GRAVITY, key=GRAVITY.__getitem__, reverse=True)
    return VillageList(
        query=query,
        counts=[(STATUS[code], tally[code]) for code in order if tally[code]],
        counties=counties,
        found=len(found),
        page=page,
        pages=pages,
    )
