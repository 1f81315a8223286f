"""What is grown where: crop seasons of many sites as arrays of one day.

Only facts dated on or before a day are used for that day, so that a replay of the past says
what could have been said then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from field_configs.schema import Crop

FloatArray: TypeAlias = NDArray[np.float64]

#: Resistance classes as codes; 0 is "nobody knows".
RESISTANCE = {None: 0, "VS": 1, "S": 2, "MS": 3, "MR": 4}
FLOWERING = (61, 69)


@dataclass(frozen=True)
class SiteSeason:
    """One crop at one site (a field id), with the stages that somebody observed.

    ``observed`` holds (local day, BBCH) pairs; ``ended`` the day of harvest, if known;
    ``sprays`` the local days of recorded sprays.
    """

    site: str
    crop: str
    sown: date
    resistance: str | None = None
    previous_crop: str | None = None
    observed: tuple[tuple[date, int], ...] = ()
    ended: date | None = None
    sprays: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        if self.resistance not in RESISTANCE:
            raise ValueError(
                f'season of {self.crop} at {self.site}: unknown resistance "{self.resistance}" '
                f"(one of VS, S, MS, MR, or none when nobody knows)"
            )


@dataclass(frozen=True)
class Seasons:
    """All seasons, and the crops (types of ``field_configs.schema``) they refer to."""

    seasons: tuple[SiteSeason, ...]
    crops: Mapping[str, Crop]

    def __post_init__(self) -> None:
        for season in self.seasons:
            if season.crop not in self.crops:
                raise ValueError(
                    f'season at {season.site}: unknown crop "{season.crop}" '
                    f"(known: {', '.join(sorted(self.crops))})"
                )

    def of_crop(self, crop: str, sites: Sequence[str]) -> CropSeasons:
        """The seasons of one crop at those of the given sites that ever grow it.

        A crop of a single site gets that site twice (see ``models.risk.fold.width_of``); ``count``
        tells how many are real. What is found is kept, for the next fold over the same sites.
        """
        key = (crop, tuple(sites))
        if key not in self._kept:
            self._kept[key] = self._of_crop(crop, sites)
        return self._kept[key]

    @cached_property
    def _kept(self) -> dict[tuple[str, tuple[str, ...]], CropSeasons]:
        return {}

    def _of_crop(self, crop: str, sites: Sequence[str]) -> CropSeasons:
        column = {site: i for i, site in enumerate(sites)}
        rows = [s for s in self._by_crop.get(crop, ()) if s.site in column]
        rows.sort(key=lambda s: (column[s.site], s.sown))
        index = np.unique(np.array([column[s.site] for s in rows], dtype=np.intp))
        site = np.searchsorted(index, [column[s.site] for s in rows])
        count = len(index)
        if count == 1:
            index, site, rows = index.repeat(2), np.repeat([0, 1], len(rows)), rows * 2
        return CropSeasons(self.crops[crop], index, count, SeasonTable.of(rows, site))

    @cached_property
    def _by_crop(self) -> Mapping[str, Sequence[SiteSeason]]:
        found: dict[str, list[SiteSeason]] = {}
        for season in self.seasons:
            found.setdefault(season.crop, []).append(season)
        return found


@dataclass(frozen=True)
class SeasonTable:
    """Seasons as arrays (season,), ordered by site and sowing; observations and sprays apart.

    Days are counted like ``date.toordinal`` [d], NaN for none. ``site`` is the column among
    those of the crop's sites; ``seen_season`` the season of an observation (observation,), and
    ``spray_season`` that of a spray (spray,), both ordered by day.
    """

    site: NDArray[np.intp]
    sown: FloatArray
    ended: FloatArray
    resistance: NDArray[np.intp]
    previous_crop: tuple[str | None, ...]
    seen: FloatArray
    seen_bbch: FloatArray
    seen_season: NDArray[np.intp]
    spray: FloatArray
    spray_season: NDArray[np.intp]

    @classmethod
    def of(cls, rows: Sequence[SiteSeason], site: NDArray[np.intp]) -> SeasonTable:
        """Seasons as a table, with the column of each one's site."""
        observed = sorted(
            (day, bbch, i) for i, season in enumerate(rows) for day, bbch in season.observed
        )
        sprays = sorted((day, i) for i, season in enumerate(rows) for day in season.sprays)
        return cls(
            site,
            np.array([s.sown.toordinal() for s in rows], dtype=np.float64),
            np.array([s.ended.toordinal() if s.ended else np.nan for s in rows]),
            np.array([RESISTANCE[s.resistance] for s in rows], dtype=np.intp),
            tuple(s.previous_crop for s in rows),
            np.array([day.toordinal() for day, _, _ in observed], dtype=np.float64),
            np.array([bbch for _, bbch, _ in observed], dtype=np.float64),
            np.array([i for _, _, i in observed], dtype=np.intp),
            np.array([day.toordinal() for day, _ in sprays], dtype=np.float64),
            np.array([i for _, i in sprays], dtype=np.intp),
        )


@dataclass(frozen=True)
class Active:
    """The season that counts at each site on a day; arrays (site,), NaN where none yet.

    Days are counted like ``date.toordinal`` [d]. ``anchor`` is the day from which thermal time
    is counted: that of sowing or of the newest observation, at the stage ``anchor_bbch``.
    ``sprayed`` is the day of the last recorded spray, minus infinity for none.
    """

    day: date
    sown: FloatArray
    ended: NDArray[np.bool_]
    anchor: FloatArray
    anchor_bbch: FloatArray
    observed: NDArray[np.bool_]
    flowering: FloatArray
    resistance: NDArray[np.intp]
    previous_crop: tuple[str | None, ...]
    sprayed: FloatArray


@dataclass(frozen=True)
class CropSeasons:
    """Seasons of one crop: ``index`` are the columns of its sites among all sites."""

    crop: Crop
    index: NDArray[np.intp]
    count: int
    table: SeasonTable

    @cached_property
    def changes(self) -> frozenset[date]:
        """Days on which a season starts or ends, a stage was observed or a spray was made."""
        table = self.table
        days = np.unique(np.concatenate([table.sown, table.ended, table.seen, table.spray]))
        return frozenset(date.fromordinal(int(day)) for day in days[~np.isnan(days)])

    def at(self, day: date) -> Active:
        """The facts known on a local day: the season sown last, what was seen and sprayed last."""
        table, n, today = self.table, len(self.index), day.toordinal()
        season = np.full(n, -1)
        begun = np.flatnonzero(table.sown <= today)
        season[table.site[begun]] = begun
        grown = season >= 0
        sown = np.where(grown, table.sown[season], np.nan)
        anchor, bbch = sown.copy(), np.where(grown, 0.0, np.nan)
        flowering = np.full(n, np.nan)
        observed = np.zeros(n, dtype=bool)
        site = table.site[table.seen_season]
        known = (table.seen <= today) & (season[site] == table.seen_season)
        newest = np.flatnonzero(known)
        anchor[site[newest]] = table.seen[newest]
        bbch[site[newest]] = table.seen_bbch[newest]
        observed[site[newest]] = True
        low, high = FLOWERING
        bloom = known & (table.seen_bbch >= low) & (table.seen_bbch <= high)
        first = np.flatnonzero(bloom)[::-1]
        flowering[site[first]] = table.seen[first]
        sprayed, treated = np.full(n, -np.inf), table.site[table.spray_season]
        made = np.flatnonzero((table.spray <= today) & (season[treated] == table.spray_season))
        sprayed[treated[made]] = table.spray[made]
        previous = np.array([*table.previous_crop, None], dtype=object)  # -1, none: the last
        return Active(
            day,
            sown,
            grown & (table.ended[season] <= today),
            anchor,
            bbch,
            observed,
            flowering,
            np.where(grown, table.resistance[season], 0),
            tuple(previous[season].tolist()),
            sprayed,
        )


@dataclass(frozen=True)
class SeasonDay:
    """The growing crop on one local day; every array is (site,).

    ``bbch`` is the stage, NaN where there is none or it is unknown; ``bbch_low`` and ``bbch_high``
    bound it where it is uncertain or unknown, and are NaN where no crop stands: before sowing,
    after harvest, after the crop's longest season. ``after_sowing`` and ``since_flowering`` are
    days [d]; ``since_flowering`` counts from an *observed* BBCH 61-69 and is NaN without one.
    ``since_spray`` counts days [d] from the last recorded spray of the growing crop, that day
    included, and is infinite where none is recorded. ``resistance`` holds the codes of
    `RESISTANCE`.
    """

    crop: str
    date: date
    bbch: FloatArray
    bbch_low: FloatArray
    bbch_high: FloatArray
    observed: NDArray[np.bool_]
    after_sowing: FloatArray
    since_flowering: FloatArray
    resistance: NDArray[np.intp]
    previous_crop: tuple[str | None, ...]
    since_spray: FloatArray
