"""Villages as the start page lists them: matched, by county, each with its worst status."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from collector.store.advice.risk import VillageWorst
from collector.store.network.registry import VillageRow
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON, STATUS
from webapp.language.formats import number
from webapp.language.i18n import gettext
from webapp.language.risks import hazard_name
from webapp.language.words import pick

PER_PAGE = 60
# The codes are names, not a scale: what is not known comes before what is known to be harmless.
GRAVITY = {HIGH: 4, MEDIUM: 3, CANNOT_SAY: 2, NO_RISK: 1, OUT_OF_SEASON: 0}
WARNINGS = (HIGH, MEDIUM)
# Answers that say something of the crop; only these can be right or wrong, and be validated.
ANSWERS = (*WARNINGS, NO_RISK)
Rank = tuple[bool, int, bool, float]
#: Nothing can be said for want of a sensor: behind every other answer.
UNMEASURED: Rank = (False, -1, False, 0.0)


@dataclass(frozen=True)
class Row:
    """One village of the list; `draft` where its status was not validated there."""

    id: str
    name: str
    place: str
    status: str
    draft: bool
    cause: str


@dataclass(frozen=True)
class Section:
    """Villages on this page under one title, and how many match under it in all."""

    id: str
    title: str
    total: int
    rows: list[Row]


@dataclass(frozen=True)
class CountyTile:
    """A county: its villages, those of which something was judged, and these by status."""

    code: str
    name: str
    villages: int
    judged: int
    status: str
    draft: bool
    counts: list[tuple[str, int]]


@dataclass(frozen=True)
class VillageList:
    """What the start page shows; `counts` holds status, whether it is a draft, and villages.

    `unjudged` is how many of the villages nobody computed anything for lately.
    """

    counts: list[tuple[str, bool, int]]
    unjudged: int
    sections: list[Section]
    found: int
    page: int
    pages: int


def rank(status: int, validated: bool, certainty: float | None = None) -> Rank:
    """Where an answer stands among others; the highest speaks for all.

    A warning that was validated goes before everything that was not; then the gravest, then what
    was validated, then the surest.
    """
    official = validated and status in WARNINGS
    sure = certainty if certainty is not None and certainty > 0 else 0.0
    return official, GRAVITY[status], validated, sure


def is_draft(status: int, validated: bool) -> bool:
    """Tell whether an answer must be marked as not validated where it stands."""
    return status in ANSWERS and not validated


def _cause(worst: VillageWorst | None) -> str:
    if worst is None:
        return str(gettext("not computed lately"))
    if worst.status in (*WARNINGS, CANNOT_SAY):
        return str(gettext(", ")).join(hazard_name(name) for name in worst.hazards)
    return ""


def _row(village: VillageRow, worst: VillageWorst | None, km: float | None = None) -> Row:
    place = pick(village.township_zh, village.township_en)
    place = place or pick(village.county_zh, village.county_en)
    status = CANNOT_SAY if worst is None else worst.status
    if km is not None:
        far = number(km, 0 if km >= 10 else 1)
        place = str(gettext("%(km)s km · %(place)s", km=far, place=place))
    return Row(
        id=village.id,
        name=pick(village.zh, village.en),
        place=place,
        status=STATUS[status],
        draft=worst is not None and is_draft(status, worst.validated),
        cause=_cause(worst),
    )


def page_of(count: int, per_page: int, asked: int) -> tuple[int, int, slice]:
    """The page asked for, or the nearest there is; how many there are; and what it holds."""
    pages = max(1, -(-count // per_page))
    page = min(max(asked, 1), pages)
    return page, pages, slice((page - 1) * per_page, page * per_page)


def _county(village: VillageRow) -> str:
    return pick(village.county_zh, village.county_en)


def _rank_of(village: VillageRow, worst: Mapping[str, VillageWorst]) -> Rank:
    known = worst.get(village.id)
    return rank(known.status, known.validated) if known else UNMEASURED


def make_tiles(
    villages: Iterable[VillageRow], worst: Mapping[str, VillageWorst]
) -> list[CountyTile]:
    """Counties, the one with the gravest village first, then the one with the most of them.

    Parameters
    ----------
    villages
        Rows of the registry.
    worst
        Village id -> the status that stands for it.
    """
    counties: dict[str, list[VillageRow]] = {}
    for each in villages:
        counties.setdefault(each.county, []).append(each)
    tiles = []
    for code, members in counties.items():
        known = [worst[each.id] for each in members if each.id in worst]
        tally = Counter(each.status for each in known)
        first = max(known, key=lambda each: rank(each.status, each.validated), default=None)
        top = UNMEASURED if first is None else rank(first.status, first.validated)
        tile = CountyTile(
            code=code,
            name=_county(members[0]),
            villages=len(members),
            judged=len(known),
            status=STATUS[CANNOT_SAY if first is None else first.status],
            draft=first is not None and is_draft(first.status, first.validated),
            counts=[(STATUS[code], tally[code]) for code in WARNINGS if tally[code]],
        )
        tiles.append((top, tally[HIGH], tally[MEDIUM], tile))
    tiles.sort(key=lambda each: each[:3], reverse=True)
    return [tile for *_, tile in tiles]


def make_list(
    villages: Sequence[VillageRow],
    worst: Mapping[str, VillageWorst],
    *,
    page: int = 1,
    title: str = "",
    km: Mapping[str, float] | None = None,
) -> VillageList:
    """Make one page of a list of villages.

    Parameters
    ----------
    villages
        Rows of the registry.
    worst
        Village id -> the status that stands for it.
    page
        From 1; a page out of range becomes the nearest there is.
    title
        Of the whole list, which keeps its order; without one it is by county, the gravest first.
    km
        How far each village is away [km], where that was asked.
    """
    ordered = list(villages)
    if not title:
        ordered.sort(key=lambda each: each.id)
        ordered.sort(key=lambda each: _rank_of(each, worst), reverse=True)
        ordered.sort(key=lambda each: each.county)
    known = (worst[each.id] for each in ordered if each.id in worst)
    tally = Counter((each.status, each.validated) for each in known)
    chips: dict[tuple[int, bool], int] = {}
    for (status, validated), count in sorted(
        tally.items(), key=lambda each: rank(*each[0]), reverse=True
    ):
        chip = status, is_draft(status, validated)
        chips[chip] = chips.get(chip, 0) + count
    totals = Counter(village.county for village in ordered)
    page, pages, here = page_of(len(ordered), PER_PAGE, page)
    sections = []
    for code, group in groupby(ordered[here], key=lambda each: "" if title else each.county):
        members = list(group)
        name, total = (title, len(ordered)) if title else (_county(members[0]), totals[code])
        rows = [_row(each, worst.get(each.id), (km or {}).get(each.id)) for each in members]
        sections.append(Section(f"county-{code}" if code else "found", name, total, rows))
    return VillageList(
        counts=[(STATUS[status], draft, count) for (status, draft), count in chips.items()],
        unjudged=len(ordered) - tally.total(),
        sections=sections,
        found=len(ordered),
        page=page,
        pages=pages,
    )
