"""How much each hazard tells: its classes over the in-season days of real station-years.

A hazard that says the same on nearly every day of its season is true at best, and no help. The
figure needs no observed disease: it holds what was said against what was said on other days.
"No risk" is named on pages in one line with all else that was judged, and is not shown as a
level: a level is medium or high.
Fields are sown in the middle of each crop's sowing window and their stages are estimated, so it
is the engine as it runs where nobody enters anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from field_configs.load import load
from field_configs.schema import Crop
from models.crops.season import Seasons, SiteSeason
from models.evaluations.interpolation import BEIJING_COLUMNS, read_beijing
from models.evaluations.reading import read_table
from models.evaluations.soil_seasons import CROP as SOIL_CROP
from models.evaluations.soil_seasons import soil_seasons
from models.hazards.catalogue import catalogue, unlevelled
from models.risk.answers import begin, walk
from models.risk.hazard import HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from models.weather.dataset import dataset, prepare
from models.weather.local_days import LOCAL

GREENHOUSE = "agc_cucumber_ref_hourly_greenhouse_climate.csv"
OAK_PARK = "ireland_oakpark_hourly_2007_2016.csv.gz"
#: Its columns, the quantity of each and what brings it to our unit.
OAK_PARK_COLUMNS = {
    "temp": ("air_temperature", 1.0),
    "rhum": ("relative_humidity", 1.0),
    "rain": ("precipitation_amount", 1.0),
    "wdsp": ("wind_speed", 0.514444),
}
#: Years in whose autumn wheat was sown where soil water was measured.
SOIL_YEARS = (2010, 2011, 2012)
#: Years in whose autumn wheat and garlic, in whose spring and summer the others are sown.
YEARS = (2013, 2014, 2015, 2016)
#: Share of the days in season on which a hazard shown as a level may say one and the same;
#: provisional: chosen here, one day in five must differ.
MOST_ALIKE = 0.8
#: Fewer answers than this are too few to judge by [d]; provisional.
FEWEST = 60
#: A field's gravest level should last so long in the median season [d]; provisional.
STEADY = 3
_OUTSIDE = tuple(BEIJING_COLUMNS.values())


class Figures(NamedTuple):
    """What a hazard said: shares of its answers 0..1, their entropy in bits, and how it moved.

    ``days`` are all in season, ``answered`` those with an answer; ``cannot_say`` is the share of
    the first that is not among the second. ``flips`` are changes of the answer in 30 days [d].
    """

    days: int
    answered: int
    no_risk: float
    medium: float
    high: float
    cannot_say: float
    entropy: float
    flips: float

    @property
    def levelled(self) -> float:
        """Share 0..1 of the days with an answer that has a level: medium or high."""
        return self.medium + self.high

    @property
    def one_level(self) -> float:
        """Share 0..1 of the days with an answer that has one and the same level, the frequenter."""
        return max(self.medium, self.high)

    @property
    def alike(self) -> float:
        """Share 0..1 of the days with a level that has the frequenter one; NaN without any."""
        return self.one_level / self.levelled if self.levelled else float("nan")


def figures(status: NDArray[np.uint8]) -> Figures:
    """Classes, entropy and changes of statuses.

    Parameters
    ----------
    status
        Codes (day, site) of ``models.risk.hazard``, local days in order. A change counts where
        both of two neighbouring days have an answer.

    Returns
    -------
    Figures
        Shares and entropy are NaN where nothing was answered.
    """
    days = int((status != OUT_OF_SEASON).sum())
    counts = np.array([(status == code).sum() for code in (NO_RISK, MEDIUM, HIGH)])
    answered = int(counts.sum())
    if not answered:
        nan = float("nan")
        return Figures(days, 0, nan, nan, nan, 1.0 if days else nan, nan, nan)
    share = counts / answered
    some = share[share > 0]
    pairs = (status[1:] >= NO_RISK) & (status[:-1] >= NO_RISK)
    moved = (status[1:] != status[:-1]) & pairs
    return Figures(
        days,
        answered,
        no_risk=float(share[0]),
        medium=float(share[1]),
        high=float(share[2]),
        cannot_say=1 - answered / days,
        entropy=float(-(some * np.log2(some)).sum()) + 0.0,
        flips=float(30 * moved.sum() / pairs.sum()) if pairs.any() else float("nan"),
    )


def said(
    data: xr.Dataset, seasons: Seasons, only: Collection[str] | None = None
) -> dict[str, NDArray[np.uint8]]:
    """Status codes (day, site) of every hazard over all days of the data.

    Parameters
    ----------
    data
        Hourly, as ``models.weather.dataset`` says, in its units [for instance degC].
    seasons
        What grows where; one crop at a site.
    only
        Ids of the hazards that are asked; all when left out.
    """
    known, _ = prepare(data)
    grown = {season.crop for season in seasons.seasons}
    hazards = [h for h in catalogue().values() if grown & set(h.crops)]
    hazards = [h for h in hazards if only is None or h.id in only]
    fold = begin(known, seasons, hazards)
    found: dict[str, list[NDArray[np.uint8]]] = {hazard.id: [] for hazard in hazards}
    for results in walk(fold, known):
        day = {h.id: np.full(len(fold.sites), OUT_OF_SEASON, np.uint8) for h in hazards}
        for result in results:
            day[result.hazard.id][result.index[: len(result.status)]] = result.status
        for name, codes in day.items():
            found[name].append(codes)
    return {name: np.array(rows) for name, rows in found.items()}


def changes(status: NDArray[np.uint8]) -> float:
    """Days of a field's season for each change of its gravest level [d]; infinite without one.

    Parameters
    ----------
    status
        Codes (hazard, day) of one field over one season, of the hazards shown as levels.
    """
    worst = status.max(axis=0)
    worst = worst[worst >= NO_RISK]
    moved = int((worst[1:] != worst[:-1]).sum())
    return len(worst) / moved if moved else float("inf")


def season_changes(
    statuses: Mapping[str, NDArray[np.uint8]], starts: Sequence[Sequence[int]]
) -> list[float]:
    """Days per change [d] of the gravest level, of every field and season.

    Parameters
    ----------
    statuses
        Hazard id -> codes (day, site).
    starts
        For each site the day [d] on which each season is sown, counted from the first row; it
        lasts to the next, the last one to the end of the rows.
    """
    shown = [codes for name, codes in statuses.items() if name not in unlevelled()]
    cube = np.array(shown)
    found = []
    for site, begins in enumerate(starts):
        for first, last in zip(begins, [*begins[1:], cube.shape[1]], strict=True):
            codes = cube[:, first:last, site]
            if (codes.max(axis=0) >= NO_RISK).any():
                found.append(changes(codes))
    return found


def damp_years(folder: Path, only: Collection[str]) -> dict[str, NDArray[np.uint8]]:
    """What was said for every crop on the weather of a damp and cool place, Oak Park in Ireland.

    Nothing like it grows there: it shows whether a rule that is silent elsewhere can speak at all.

    Parameters
    ----------
    folder : Path
        Holds the series; air [degC], [%], rain [mm], wind in knots.
    only
        Ids of the hazards that are asked.
    """
    table = read_table(folder, OAK_PARK, ("date", *OAK_PARK_COLUMNS))
    crops = load(site=None).crops
    starts = [datetime.fromisoformat(t).replace(tzinfo=LOCAL) for t in table["date"]]
    values = {
        quantity: np.repeat(table[[column]].to_numpy(np.float64) * factor, len(crops), axis=1)
        for column, (quantity, factor) in OAK_PARK_COLUMNS.items()
    }
    grown = tuple(
        SiteSeason(name, name, _middle(crop, year))
        for name, crop in crops.items()
        for year in range(starts[0].year, starts[-1].year)
    )
    return said(dataset(starts, list(crops), values), Seasons(grown, crops), only)


def _middle(crop: Crop, year: int) -> date:
    """The middle of the crop's last sowing window in a year."""
    window = crop.sow_window[-1]
    first, last = date(year, *window.start), date(year, *window.end)
    return first + (last - first) / 2


def field_years(folder: Path) -> tuple[dict[str, NDArray[np.uint8]], list[list[int]]]:
    """What was said for the crops of the open field at the Beijing stations.

    With it come, for each site, the days [d] of sowing, counted from the first.

    Parameters
    ----------
    folder : Path
        Holds the series; air [degC], [%], rain [mm], wind [m s-1].
    """
    data, seasons, sown = open_fields(folder)
    return said(data, seasons), sown


def open_fields(folder: Path) -> tuple[xr.Dataset, Seasons, list[list[int]]]:
    """The hours of the Beijing stations for each crop of the open field, and what grows when.

    With them come, for each site, the days [d] of sowing, counted from the first.

    Parameters
    ----------
    folder : Path
        Holds the series; air [degC], [%], rain [mm], wind [m s-1].
    """
    table = read_beijing(folder)
    crops = load(site=None).crops
    open_field = [c for c in crops.values() if not c.id.startswith("greenhouse_")]
    stations = sorted(str(name) for name in table["place"].unique())
    pairs = [(station, crop) for crop in open_field for station in stations]
    wide = {q: table.pivot(index="time", columns="place", values=q) for q in _OUTSIDE}
    times = next(iter(wide.values())).index
    values = {
        q: frame[[station for station, _ in pairs]].to_numpy(np.float64)
        for q, frame in wide.items()
    }
    sites = [f"{station} {crop.id}" for station, crop in pairs]
    grown = tuple(
        SiteSeason(site, crop.id, _middle(crop, year))
        for site, (_, crop) in zip(sites, pairs, strict=True)
        for year in YEARS
    )
    starts = [time.to_pydatetime().replace(tzinfo=LOCAL) for time in times]
    first = starts[0].date()
    sown = [[(s.sown - first).days for s in grown if s.site == site] for site in sites]
    return dataset(starts, sites, values), Seasons(grown, crops), sown


def house_season(folder: Path) -> dict[str, NDArray[np.uint8]]:
    """What was said for cucumber and tomato in the greenhouse, planted when the series begins.

    Parameters
    ----------
    folder : Path
        Holds the series; air [degC], [%].
    """
    table = read_table(folder, GREENHOUSE, ("t", "Tair", "RHair"))
    starts = [datetime.fromisoformat(t).replace(tzinfo=LOCAL) for t in table["t"]]
    crops = load(site=None).crops
    inside = [name for name in crops if name.startswith("greenhouse_")]
    values = {
        quantity: np.repeat(table[[column]].to_numpy(np.float64), len(inside), axis=1)
        for quantity, column in (("air_temperature", "Tair"), ("relative_humidity", "RHair"))
    }
    planted = starts[0].date()
    grown = tuple(SiteSeason(name, name, planted) for name in inside)
    return said(dataset(starts, inside, values), Seasons(grown, crops))


def soil_years(folder: Path) -> dict[str, NDArray[np.uint8]]:
    """What was said of soil water under winter wheat at the places of Cook Farm.

    Parameters
    ----------
    folder : Path
        Holds the series [m3 m-3], [degC].
    """
    crops = load(site=None).crops
    sown = [_middle(crops[SOIL_CROP], year) for year in SOIL_YEARS]
    statuses = said(*soil_seasons(folder, crops, sown))
    return {name: codes for name, codes in statuses.items() if name.startswith("soil_")}
