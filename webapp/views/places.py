"""A village's place in words, and what stands near to a name that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches

from flask import url_for

from collector.store.network.registry import VillageRow
from webapp.language.i18n import gettext
from webapp.language.words import pick

SUGGESTED = 3
#: No id and no name is longer; comparing costs time for every letter.
MOST_LETTERS = 60


def place_name(village: VillageRow) -> str:
    """County and township of a village, in the reader's language."""
    township = pick(village.township_zh, village.township_en)
    county = pick(village.county_zh, village.county_en)
    return " · ".join(part for part in (county, township) if part)


def may_be_id(asked: str) -> bool:
    """Tell whether a text may be a village's id; a database takes no text with a NUL."""
    return asked.isprintable() and len(asked) <= MOST_LETTERS


def no_village(asked: str) -> str:
    """Say that there is no such village."""
    shown = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in asked
    )
    return str(gettext("There is no village “%(id)s” in the registry.", id=shown[:MOST_LETTERS]))


def near_villages(villages: Iterable[VillageRow], asked: str) -> list[tuple[str, str]]:
    """Address and words of the villages whose id or name is near to what was asked for."""
    names: dict[str, VillageRow] = {}
    for village in villages:
        names |= {village.id: village, village.zh: village, village.en.casefold(): village}
    close = get_close_matches(asked[:MOST_LETTERS].casefold(), names, n=2 * SUGGESTED, cutoff=0.4)
    found = {names[name].id: names[name] for name in close}
    return [
        (url_for("village.page", village_id=each.id), f"{pick(each.zh, each.en)} · {each.id}")
        for each in list(found.values())[:SUGGESTED]
    ]


def position_text(longitude: float | None, latitude: float | None) -> str:
    """Write a position [degree] as people read it out; a dash where nobody measured it."""
    if longitude is None or latitude is None:
        return "\N{EM DASH}"
    east, north = f"{longitude:.5f}", f"{latitude:.5f}"
    return str(gettext("%(east)s° E, %(north)s° N", east=east, north=north))
