"""Measured soil water over seasons of winter wheat, to see how much the soil hazards tell.

Cook Farm, Washington State: up to 42 places of one farm with wheat in dry farming, 2010-2012,
daily values of a probe at 0.3 m, and the highest and lowest temperature of a station nearby.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from field_configs.schema import Crop
from models.crops.season import Seasons, SiteSeason
from models.evaluations.reading import read_table
from models.weather.dataset import dataset
from models.weather.local_days import midnight

COOK_FARM = "cookfarm_soil_moisture_daily.csv.gz"
CROP = "winter_wheat"
#: Depth of the probe as the file has it [m].
DEPTH = -0.3
HOURS = 24


def soil_seasons(
    folder: Path, crops: Mapping[str, Crop], sown: list[date]
) -> tuple[xr.Dataset, Seasons]:
    """Hours of soil water [m3 m-3] and temperature [degC], and the wheat that stands on them.

    A day's value stands for each of its hours, the middle of its highest and lowest temperature
    for its mean; days are taken as local days.

    Parameters
    ----------
    folder : Path
        Holds the file; soil water [m3 m-3], temperature [degC].
    crops : mapping
        Crop types by id.
    sown : list of date
        When wheat was sown, at every place.

    Raises
    ------
    DocumentError
        The file is missing or lacks columns.
    """
    columns = ("SOURCEID", "VW", "altitude", "Date", "MaxT_wrcc", "MinT_wrcc")
    table = read_table(folder, COOK_FARM, columns)
    air = ((table["MaxT_wrcc"] + table["MinT_wrcc"]) / 2).groupby(table["Date"]).first()
    table = table[table["altitude"] == DEPTH]
    wide = table.pivot(index="Date", columns="SOURCEID", values="VW")
    days = pd.date_range(wide.index.min(), wide.index.max())
    names = [str(name) for name in wide.columns]
    water = wide.reindex(days.strftime("%Y-%m-%d")).to_numpy(np.float64)
    heat = air.reindex(days.strftime("%Y-%m-%d")).to_numpy(np.float64)
    start = midnight(days[0].date())
    times = [start + timedelta(hours=hour) for hour in range(HOURS * len(days))]
    values = {
        "soil_moisture": np.repeat(water, HOURS, axis=0),
        "air_temperature": np.repeat(np.repeat(heat[:, None], len(names), axis=1), HOURS, axis=0),
    }
    grown = tuple(SiteSeason(name, CROP, day) for name in names for day in sown)
    return dataset(times, names, values), Seasons(grown, crops)
