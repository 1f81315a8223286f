"""Villages by what somebody types: part of a name in any language, its sound or its initials."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from collector.store.network.registry import VillageRow
from field_configs.village_list import sound

#: One letter begins too many names to be anybody's initials.
FEWEST_INITIALS = 2


@cache
def _sounds(name: str) -> tuple[str, str, tuple[int, ...]]:
    """A name's letters in Pinyin, its initials, and where its syllables begin."""
    syllables = [each.casefold() for each in sound(name)]
    starts, at = [], 0
    for each in syllables:
        starts.append(at)
        at += len(each)
    return "".join(syllables), "".join(each[:1] for each in syllables), tuple(starts)


def sounds_like(name: str, word: str) -> bool:
    """Tell whether a Chinese name sounds like a word from one of its syllables on: by its Pinyin
    without tones (zhaolou, dong'zhao) or by the first letters of its syllables (dzl).
    """
    letters, initials, starts = _sounds(name)
    plain = word.replace("'", "")
    if any(letters.startswith(plain, at) for at in starts):
        return True
    return len(plain) >= FEWEST_INITIALS and plain in initials


def _names(village: VillageRow) -> tuple[str, ...]:
    names = (village.zh, village.township_zh, village.county_zh)
    return tuple(each for each in names if each)


def matches(village: VillageRow, query: str) -> bool:
    """Tell whether every word of a query is part of a village's names or id, or sounds so."""
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
    return all(
        word in text
        or (word.isascii() and any(sounds_like(name, word) for name in _names(village)))
        for word in query.casefold().split()
    )


def look_for(villages: Iterable[VillageRow], query: str) -> list[VillageRow]:
    """Return the villages that match a query, the nearest to it first, else by county and id.

    Parameters
    ----------
    villages
        By county and id.
    query
        Words; without any all match.
    """
    words = query.casefold().split()

    def distance(village: VillageRow) -> int:
        own = (village.zh, village.en.casefold(), village.id, _sounds(village.zh)[0])
        if any(query.casefold() == each for each in own):
            return 0
        if any(each.startswith(words[0]) for each in own):
            return 1
        return 2 if any(words[0] in each for each in own) else 3

    hits = [each for each in villages if matches(each, query)]
    return sorted(hits, key=distance) if words else hits
