"""What traps caught, as the engine takes it: moths per trap and night, of a field's village.

All counts are read once, when `FieldCounts` is made. A field takes the mean of the traps in the
public fields of its village; somebody's own field, which nobody else may see, also its own traps,
and these speak for no other field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np

from collector.store.advice import traps
from collector.store.network import registry
from collector.store.postgres.db import Connection
from models.weather.counted import COUNTED, quantity_of
from models.weather.dataset import Array
from models.weather.local_days import local_day, midnight

HOUR = timedelta(hours=1)
#: Who counted nothing for so long does not count any more: as if nobody ever had [h]; provisional.
LAPSED_H = 14 * 24.0

#: Quantity -> local day -> sum of the traps' catches, and how many traps.
_Catches = dict[str, dict[date, tuple[float, int]]]


class FieldCounts:
    """The counts that reach fields.

    Parameters
    ----------
    conn : Connection
    first : date or None
        Nights before this local day are not asked about; None: no nights at all.
    """

    def __init__(self, conn: Connection, first: date | None) -> None:
        found: dict[tuple[str, str], _Catches] = {}
        for each in traps.nights(conn, first) if first else ():
            name = quantity_of(each.insect, each.trap)
            if name in COUNTED:
                place = found.setdefault((each.village, each.private), {})
                place.setdefault(name, {})[each.date] = (each.caught, each.traps)
        self._villages: Mapping[str, str] = (
            {each.id: each.village for each in registry.fields(conn, own=True)} if found else {}
        )
        self._found = found
        self._nights = cache(self._nights_of)
        self._hashed = cache(self._hash_of)

    def _key(self, site: str) -> tuple[str, str]:
        village = self._villages.get(site, "")
        return village, site if (village, site) in self._found else ""

    def _nights_of(self, village: str, private: str) -> dict[str, dict[date, float]]:
        """Mean catch per trap by quantity and local day."""
        all_: _Catches = {}
        for key in {(village, ""), (village, private)}:
            for name, nights in self._found.get(key, {}).items():
                known = all_.setdefault(name, {})
                for night, (caught, count) in nights.items():
                    before, others = known.get(night, (0.0, 0))
                    known[night] = (before + caught, others + count)
        return {
            name: {night: caught / count for night, (caught, count) in sorted(nights.items())}
            for name, nights in sorted(all_.items())
        }

    def between(self, site: str, first: date, day: date) -> str:
        """Return a hash over counts from a local day to before another; "" where there are none."""
        return self._hashed(*self._key(site), first, day)

    def _hash_of(self, village: str, private: str, first: date, day: date) -> str:
        counts = [
            (name, night.isoformat(), caught)
            for name, nights in self._nights(village, private).items()
            for night, caught in nights.items()
            if first <= night < day
        ]
        return hashlib.sha256(repr(counts).encode()).hexdigest() if counts else ""

    def hours(self, sites: Sequence[str], start: datetime, end: datetime) -> dict[str, Array]:
        """Return counts as hours (hour, site), NaN where nobody counted.

        Parameters
        ----------
        sites : sequence of str
        start, end : datetime
            Starts of hours, aware; the hours before `end`.

        Returns
        -------
        dict
            Quantity -> moths per trap and night; without the quantities that none of them has.
        """
        count = max(0, int((end - start) / HOUR))
        found: dict[str, Array] = {}
        for column, site in enumerate(sites):
            for name, nights in self._nights(*self._key(site)).items():
                for night, rows in _days(start, count):
                    if night in nights:
                        if name not in found:
                            found[name] = np.full((count, len(sites)), np.nan)
                        found[name][rows, column] = nights[night]
        return found


def _days(start: datetime, count: int) -> Iterable[tuple[date, slice]]:
    """Local days of `count` hours from `start` on, and the rows of each."""
    day = local_day(start)
    while (first := int((midnight(day) - start) / HOUR)) < count:
        yield day, slice(max(first, 0), min(first + 24, count))
        day += timedelta(days=1)


def lapsed(ages: Mapping[str, Array]) -> dict[str, Array]:
    """Return ages [h] of quantities (site,), those of counts that stopped long ago infinite.

    Parameters
    ----------
    ages : mapping
        Quantity -> hours since its newest value (site,) [h].
    """
    return {
        name: np.where(hours > LAPSED_H, np.inf, hours) if name in COUNTED else hours
        for name, hours in ages.items()
    }
