"""What is grown where: crop seasons of many sites as arrays of one day.

Only facts dated on or before a day are used for that day, so that a replay of the past says
what could have been said then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from field_configs.schema import Configs, Crop

FloatArray: TypeAlias = NDArray[np.float64]

#: Resistance classes as codes; 0 is "nobody knows".
RESISTANCE = {None: 0, "VS": 1, "S": 2, "MS": 3, "MR": 4}
FLOWERING = (61, 69)


@dataclass(frozen=True)
class SiteSeason:
    """One crop at one site (a field id), with the stages that somebody observed.

    ``observed`` holds (local day, BBCH) pairs; ``ended`` the day of harvest, if known.
    """

    site: str
    crop: str
    sown: date
    resistance: str | None = None
    previous_crop: str | None = None
    observed: tuple[tuple[date, int], ...] = ()
    ended: date | None = None

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

    @classmethod
    def from_configs(cls, configs: Configs) -> Seasons:
        """Seasons as declared in field_configs; sites are field ids."""
        observed: dict[tuple[str, str], list[tuple[date, int]]] = {}
        for seen in configs.stage_observations:
            observed.setdefault((seen.field, seen.crop), []).append((seen.date, seen.bbch))
        return cls(
            tuple(
                SiteSeason(
                    s.field,
                    s.crop,
                    s.sown,
                    s.resistance,
                    s.previous_crop,
                    tuple(o for o in observed.get((s.field, s.crop), ()) if o[0] >= s.sown),
                    s.harvested,
                )
                for s in configs.seasons
            ),
            configs.crops,
        )

    def of_crop(self, crop: str, sites: Sequence[str]) -> CropSeasons:
        """The seasons of one crop at those of the given sites that ever grow it.

        A crop of a single site gets that site twice (see ``models.fold.width_of``); ``count``
        tells how many are real.
        """
        by_site: dict[str, list[SiteSeason]] = {}
        for season in self.seasons:
            if season.crop == crop:
                by_site.setdefault(season.site, []).append(season)
        index = [i for i, site in enumerate(sites) if site in by_site]
        rows = tuple(tuple(sorted(by_site[sites[i]], key=lambda s: s.sown)) for i in index)
        count = len(rows)
        if count == 1:
            index, rows = index * 2, rows * 2
        return CropSeasons(self.crops[crop], np.array(index, dtype=np.intp), rows, count)


@dataclass(frozen=True)
class Active:
    """The season that counts at each site on a day; arrays (site,), NaT where none yet."""

    day: date
    sown: NDArray[np.datetime64]
    ended: NDArray[np.bool_]
    anchor: NDArray[np.datetime64]
    anchor_bbch: FloatArray
    observed: NDArray[np.bool_]
    flowering: NDArray[np.datetime64]
    resistance: NDArray[np.intp]
    previous_crop: tuple[str | None, ...]


@dataclass(frozen=True)
class CropSeasons:
    """Seasons of one crop: ``index`` are the places of its sites among all sites."""

    crop: Crop
    index: NDArray[np.intp]
    rows: tuple[tuple[SiteSeason, ...], ...]
    count: int

    @cached_property
    def changes(self) -> frozenset[date]:
        """Days on which a season starts or ends or a stage was observed."""
        return frozenset(
            day
            for season in self._all()
            for day in (season.sown, season.ended, *(o[0] for o in season.observed))
            if day is not None
        )

    def _all(self) -> Iterable[SiteSeason]:
        return (season for row in self.rows for season in row)

    def at(self, day: date) -> Active:
        """The facts known on a local day: the season sown last, and its newest observation."""
        n = len(self.rows)
        sown = np.full(n, "NaT", dtype="datetime64[D]")
        anchor = sown.copy()
        flowering = sown.copy()
        bbch = np.full(n, np.nan)
        ended = np.zeros(n, dtype=bool)
        observed = np.zeros(n, dtype=bool)
        resistance = np.zeros(n, dtype=np.intp)
        previous: list[str | None] = [None] * n
        for i, row in enumerate(self.rows):
            begun = [s for s in row if s.sown <= day]
            if not begun:
                continue
            season = begun[-1]
            sown[i], anchor[i], bbch[i] = season.sown, season.sown, 0.0
            ended[i] = season.ended is not None and season.ended <= day
            resistance[i] = RESISTANCE[season.resistance]
            previous[i] = season.previous_crop
            for seen, stage in sorted(o for o in season.observed if o[0] <= day):
                anchor[i], bbch[i], observed[i] = seen, stage, True
                if FLOWERING[0] <= stage <= FLOWERING[1] and np.isnat(flowering[i]):
                    flowering[i] = seen
        return Active(
            day, sown, ended, anchor, bbch, observed, flowering, resistance, tuple(previous)
        )


@dataclass(frozen=True)
class SeasonDay:
    """The growing crop on one local day; every array is (site,).

    ``bbch`` is the stage (NaN before sowing), ``bbch_low`` and ``bbch_high`` bound it where
    temperatures were missing. ``after_sowing`` and ``since_flowering`` are days [d];
    ``since_flowering`` counts from an *observed* BBCH 61-69 and is NaN without one.
    ``resistance`` holds the codes of `RESISTANCE`.
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

    @property
    def day_of_year(self) -> int:
        """Day of the year, 1 January is 1."""
        return self.date.timetuple().tm_yday
