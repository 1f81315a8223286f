"""A village's place in words, and what stands near to a name that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches

from flask import url_for
from flask_babel import gettext

from collector.store.network.registry import VillageRow
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.words import pick

SUGGESTED = 3


def place_name(village: VillageRow) -> str:
    """County and township of a village, in the reader's language."""
    township = pick(village.township_zh, village.township_en)
    county = pick(village.county_zh, village.county_en)
    return " · ".join(part for part in (county, township) if part)


def unknown_village(villages: Iterable[VillageRow], asked: str) -> PageNotFound:
    """Name the villages whose id or name is near to what was asked for."""
    names: dict[str, VillageRow] = {}
    for village in villages:
        names |= {village.id: village, village.zh: village, village.en.casefold(): village}
    close = get_close_matches(asked.casefold(), names, n=2 * SUGGESTED, cutoff=0.4)
    near = list(dict.fromkeys(names[name].id for name in close))[:SUGGESTED]
    rows = {village.id: village for village in names.values()}
    return PageNotFound(
        str(gettext("There is no village “%(id)s” in the registry.", id=asked)),
        [
            Suggestion(
                url_for("village.page", village_id=each),
                f"{pick(rows[each].zh, rows[each].en)} · {each}",
            )
            for each in near
        ],
    )
