"""Villages as the start page lists them: matched, by county, each with its worst status."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from collector.store.advice.risk import VillageWorst
from collector.store.network.registry import VillageRow
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON, STATUS
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
class CountyRows:
    """The villages of a county on this page, and how many match there in all."""

    code: str
    name: str
    total: int
    rows: list[Row]


@dataclass(frozen=True)
class VillageList:
    """What the start page shows; `counts` holds status, whether it is a draft, and villages."""

    query: str
    counts: list[tuple[str, bool, int]]
    counties: list[CountyRows]
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


def _cause(worst: VillageWorst | None) -> str:
    if worst is None:
        return str(gettext("not computed lately"))
    if worst.status in (*WARNINGS, CANNOT_SAY):
        return str(gettext(", ")).join(hazard_name(name) for name in worst.hazards)
    return ""


def _row(village: VillageRow, worst: VillageWorst | None) -> Row:
    place = pick(village.township_zh, village.township_en)
    status = CANNOT_SAY if worst is None else worst.status
    return Row(
        id=village.id,
        name=pick(village.zh, village.en),
        place=place or pick(village.county_zh, village.county_en),
        status=STATUS[status],
        draft=worst is not None and is_draft(status, worst.validated),
        cause=_cause(worst),
    )


def page_of(count: int, per_page: int, asked: int) -> tuple[int, int, slice]:
    """The page asked for, or the nearest there is; how many there are; and what it holds."""
    pages = max(1, -(-count // per_page))
    page = min(max(asked, 1), pages)
    return page, pages, slice((page - 1) * per_page, page * per_page)


def make_list(
    villages: Iterable[VillageRow],
    worst: Mapping[str, VillageWorst],
    *,
    query: str = "",
    page: int = 1,
) -> VillageList:
    """Make one page of the village list, the gravest of each county first.

    Parameters
    ----------
    villages
        Rows of the registry.
    worst
        Village id -> the status that stands for it.
    query
        Words to look for; empty lists all.
    page
        From 1; a page out of range becomes the nearest there is.
    """
    found = [village for village in villages if matches(village, query)]
    unknown = CANNOT_SAY, False

    def answer(village: VillageRow) -> tuple[int, bool]:
        known = worst.get(village.id)
        return (known.status, known.validated) if known else unknown

    found.sort(key=lambda each: each.id)
    found.sort(key=lambda each: rank(*answer(each)), reverse=True)
    found.sort(key=lambda each: each.county)
    tally = Counter(answer(each) for each in found)
    chips: dict[tuple[int, bool], int] = {}
    for (status, validated), count in sorted(
        tally.items(), key=lambda each: rank(*each[0]), reverse=True
    ):
        chip = status, is_draft(status, validated)
        chips[chip] = chips.get(chip, 0) + count
    totals = Counter(village.county for village in found)
    page, pages, here = page_of(len(found), PER_PAGE, page)
    counties = []
    for code, group in groupby(found[here], key=lambda each: each.county):
        members = list(group)
        name = pick(members[0].county_zh, members[0].county_en)
        rows = [_row(each, worst.get(each.id)) for each in members]
        counties.append(CountyRows(code, name, totals[code], rows))
    return VillageList(
        query=query,
        counts=[(STATUS[status], draft, count) for (status, draft), count in chips.items()],
        counties=counties,
        found=len(found),
        page=page,
        pages=pages,
    )
