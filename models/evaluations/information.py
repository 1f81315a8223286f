"""How much a hazard tells: on seasons replayed, how often it says what, and how it changes.

A warning that stands every day is none, and one that never comes says nothing either: both have an
entropy of zero. For each hazard, over all seasons at hand: the share of in-season days of each
class, the entropy of the classes [bit] (1.58 if three were equally frequent), and how often the
class changes from one day to the next.

Seasons: field crops at two stations of Beijing, 2013-2016, sown by the calendar of northern Henan,
susceptible, after maize or wheat; greenhouse crops in one glasshouse season. Outdoor seasons have
no soil probe, and nobody saw a stage; garlic has no degree-days, and its stages are those of the
calendar.

References
----------
Shannon, C. E. (1948). Bell System Technical Journal 27:379.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from field_configs.load import load
from models.crops.season import Seasons, SiteSeason
from models.evaluations.interpolation import read_beijing
from models.evaluations.reading import read_table
from models.evaluations.tables import markdown_table
from models.hazards.catalogue import catalogue
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from models.risk.replay import replay
from models.weather.dataset import dataset

GLASSHOUSE = "agc_cucumber_ref_hourly_greenhouse_climate.csv"
#: A hazard that says one thing on more days than this is no level but background.
MOST = 0.8
CLASSES = (NO_RISK, MEDIUM, HIGH)
#: Crop, day of sowing, the crop before, days until the harvest, stages seen (days after, BBCH).
OUTDOORS = (
    ("winter_wheat", (10, 12), "summer_maize", 240, ()),
    ("summer_maize", (6, 12), "winter_wheat", 115, ()),
    ("peanut", (5, 1), "winter_wheat", 128, ()),
    ("garlic", (10, 5), "summer_maize", 225, ((10, 10), (160, 31), (200, 41))),
)
WARM_UP = timedelta(days=76)
BEIJING_WINTERS = (2013, 2014, 2015, 2016)


@dataclass(frozen=True)
class Information:
    """What a hazard said over all its seasons.

    `shares` are of the in-season days on which it said something (no risk, medium, high);
    `cannot_say` is of all in-season days; `flips` are changes of class in 30 days.
    """

    hazard: str
    seasons: int
    days: int
    cannot_say: float
    shares: tuple[float, float, float]
    entropy: float
    flips: float

    @property
    def constant(self) -> bool:
        """Tell whether it says one thing on nearly all days."""
        return max(self.shares) > MOST


def information(hazard: str, seasons: list[list[int]]) -> Information | None:
    """Work out the figures of one hazard; None where it was never in season.

    Parameters
    ----------
    hazard
        Its id.
    seasons
        Status codes of each season, day by day.
    """
    inside = [[s for s in season if s != OUT_OF_SEASON] for season in seasons]
    inside = [season for season in inside if season]
    every = np.concatenate([np.array(season) for season in inside]) if inside else np.zeros(0)
    said = every[every != CANNOT_SAY]
    if not every.size:
        return None
    shares = np.array([(said == code).mean() if said.size else 0.0 for code in CLASSES])
    some = shares[shares > 0.0]
    changes = pairs = 0
    for season in inside:
        for one, other in zip(season, season[1:], strict=False):
            if CANNOT_SAY not in (one, other):
                pairs, changes = pairs + 1, changes + (one != other)
    return Information(
        hazard,
        len(inside),
        int(every.size),
        float((every == CANNOT_SAY).mean()),
        (float(shares[0]), float(shares[1]), float(shares[2])),
        float(-(some * np.log2(some)).sum()) + 0.0,
        30.0 * changes / pairs if pairs else 0.0,
    )


def _outdoors(folder: Path) -> Iterator[tuple[xr.Dataset, SiteSeason, date, date]]:
    table = read_beijing(folder)
    for station, part in table.groupby("place"):
        hours = part.set_index("time").sort_index()
        hours.index = hours.index - pd.Timedelta(hours=8)  # Beijing time
        for crop, (month, day), before, length, seen in OUTDOORS:
            for year in BEIJING_WINTERS:
                sown = date(year, month, day)
                first, last = sown - WARM_UP, sown + timedelta(days=length)
                inside = hours.loc[str(first) : str(last)]
                if inside.index.min().date() > first or inside.index.max().date() < last:
                    continue
                season = SiteSeason(
                    str(station), crop, sown, "S", before,
                    tuple((sown + timedelta(days=after), bbch) for after, bbch in seen),
                )  # fmt: skip
                yield _hours(inside, str(station)), season, sown, last


def _glasshouse(folder: Path) -> Iterator[tuple[xr.Dataset, SiteSeason, date, date]]:
    table = read_table(folder, GLASSHOUSE, ("t", "Tair", "RHair"))
    hours = table.set_index(pd.to_datetime(table["t"]))
    hours = hours.rename(columns={"Tair": "air_temperature", "RHair": "relative_humidity"})
    sown, last = hours.index.min().date(), hours.index.max().date()
    for crop, bbch in (("greenhouse_cucumber", 51), ("greenhouse_tomato", 51)):
        seen = tuple((sown + timedelta(days=after), bbch) for after in range(0, 200, 9))
        season = SiteSeason("house", crop, sown - timedelta(days=30), "S", None, seen)
        yield _hours(hours[["air_temperature", "relative_humidity"]], "house"), season, sown, last


def _hours(table: pd.DataFrame, site: str) -> xr.Dataset:
    columns = [c for c in table.columns if c not in ("place", "longitude", "latitude")]
    full = table[columns].astype(float)
    full = full[~full.index.duplicated()].asfreq("h").interpolate(limit=6)
    times = [time.to_pydatetime().replace(tzinfo=UTC) for time in full.index]
    return dataset(times, [site], {name: full[[name]].to_numpy() for name in columns})


def compare(folder: Path) -> tuple[dict[str, Any], str]:
    """Replay every season at hand and say what each hazard told.

    Parameters
    ----------
    folder : Path
        Holds ``weather/`` with the Beijing series and ``greenhouse/`` with the glasshouse.

    Returns
    -------
    tuple of (numbers, Markdown); entropy is in bits

    Raises
    ------
    DocumentError
        A file is missing or lacks columns.
    """
    crops, hazards = load().crops, catalogue()
    said: dict[str, list[list[int]]] = {name: [] for name in hazards}
    for hours, season, first, last in (
        *_outdoors(folder / "weather"),
        *_glasshouse(folder / "greenhouse"),
    ):
        asked = [h for h in hazards.values() if season.crop in h.crops]
        days = list(replay(hours, Seasons((season,), crops), asked, first=first, last=last))
        for hazard in asked:
            said[hazard.id].append(
                [int(s.status) for day in days for s in day if s.hazard == hazard.id]
            )
    found = [one for name in sorted(said) if (one := information(name, said[name])) is not None]
    return {one.hazard: asdict(one) for one in found}, markdown(found)


def markdown(found: list[Information]) -> str:
    """The figures as a table.

    Parameters
    ----------
    found
        One for each hazard.
    """
    rows = [
        (
            f"`{one.hazard}`",
            one.seasons,
            one.days,
            f"{100 * one.cannot_say:.0f} %",
            *(f"{100 * share:.0f} %" for share in one.shares),
            f"{one.entropy:.2f}",
            f"{one.flips:.1f}",
            "**says one thing**" if one.constant else "",
        )
        for one in found
    ]
    heads = ("hazard", "seasons", "days", "cannot say", "no risk", "medium", "high")
    return markdown_table((*heads, "entropy [bit]", "changes in 30 days", ""), rows)
