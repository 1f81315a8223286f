"""Daily soil moisture of a farm by site and depth, as it is read and as it changes.

Cook Farm, Washington State, 42 places in dry farming, 2010-2012 (Gasch et al. 2015). The file's
rain is told on the day after: changes at the highest probe go with the rain of the next line
(correlation 0.33; with the rain of their own line 0.01).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.evaluations.reading import read_table
from models.evaluations.soil_seasons import COOK_FARM
from models.evaluations.tables import DocumentError
from models.water.measured_layers import checked_depths
from models.weather.dataset import Array

COLUMNS = ("SOURCEID", "VW", "altitude", "Date", "Precip_wrcc", "MaxT_wrcc", "MinT_wrcc")
COSMOS = "ismn_cosmos_arm1_hourly_soil_moisture.csv"
#: Share of a day's hours that make its mean.
WHOLE_DAY = 0.75


@dataclass(frozen=True)
class Farm:
    """Days of a farm: moisture (day, site, depth) [m3 m-3], rain that fell on each day [mm].

    ``highest`` and ``lowest`` temperature [degC], ``depths`` [m], ``names`` of the sites.
    """

    days: pd.DatetimeIndex
    names: tuple[str, ...]
    depths: Array
    moisture: Array
    rain: Array
    highest: Array
    lowest: Array

    @property
    def years(self) -> NDArray[np.int64]:
        """Year of each day."""
        return np.asarray(self.days.year, np.int64)

    def change(self) -> Array:
        """Change of each day since the day before (day, site, depth) [m3 m-3]."""
        out = np.full(self.moisture.shape, np.nan)
        out[1:] = np.diff(self.moisture, axis=0)
        return out


def read_farm(folder: Path) -> Farm:
    """Read the farm in the units of `Farm`.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    DocumentError
        The file is missing, lacks columns, has a place and day twice, or one place only.
    MeasuredError
        Depths that cannot be.
    """
    table = read_table(folder, COOK_FARM, COLUMNS)
    keys = ["SOURCEID", "altitude", "Date"]
    twice = table[table.duplicated(keys)]
    if len(twice):
        told = ", ".join(str(twice.iloc[0][key]) for key in keys)
        raise DocumentError(f"{folder / COOK_FARM}: {told} stands twice; leave one out")
    if table["SOURCEID"].nunique() < 2:
        raise DocumentError(
            f"{folder / COOK_FARM}: one place; leaving it out leaves none, give two or more"
        )
    wide = table.assign(Date=pd.to_datetime(table["Date"])).pivot(
        index="Date", columns=["SOURCEID", "altitude"], values="VW"
    )
    days = pd.date_range(wide.index.min(), wide.index.max())
    names = sorted(table["SOURCEID"].unique())
    depths = np.sort(-table["altitude"].unique())
    checked_depths(depths, 1)
    columns = pd.MultiIndex.from_product([names, -depths])
    moisture = wide.reindex(index=days, columns=columns).to_numpy(np.float64)
    weather = table.assign(Date=pd.to_datetime(table["Date"])).groupby("Date")[list(COLUMNS[4:])]
    told_rain, highest, lowest = weather.first().reindex(days).to_numpy(np.float64).T
    rain = np.append(told_rain[1:], np.nan)
    return Farm(
        days=days,
        names=tuple(str(name) for name in names),
        depths=depths,
        moisture=moisture.reshape(len(days), len(names), len(depths)),
        rain=rain,
        highest=highest,
        lowest=lowest,
    )


def read_cosmos(folder: Path) -> Array:
    """Daily means of the hourly series of another place (day,) [m3 m-3]; flagged hours are gaps.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    DocumentError
        The file is missing or lacks columns.
    """
    table = read_table(folder, COSMOS, ("time", "vwc", "ismn_flag")).dropna(subset="time")
    time = pd.to_datetime(table["time"], format="%Y/%m/%d %H:%M")
    value = table["vwc"].where(table["ismn_flag"] == "G")
    hours = pd.Series(value.to_numpy(np.float64), index=time)
    daily = hours.resample("D").agg(["mean", "count"])
    whole = daily["mean"].where(daily["count"] >= WHOLE_DAY * 24)
    return np.asarray(whole, np.float64)
