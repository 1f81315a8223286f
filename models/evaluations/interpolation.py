"""How well stations show each other's weather: every station in turn estimated from the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.evaluations.reading import read_table
from models.evaluations.tables import DocumentError, markdown_table
from models.weather.dataset import PLAUSIBLE, Array
from models.weather.distances import plane_km
from models.weather.interpolate import SPREADS
from models.weather.left_out import LeftOut, leave_one_out

BEIJING = "beijing_prsa_hourly_weather_3stations_2013_2017.csv.gz"
#: Longitude and latitude [degree] as commonly listed for these stations; the file has none.
POSITIONS = {"Dongsi": (116.417, 39.929), "Shunyi": (116.655, 40.127)}
BEIJING_COLUMNS = {
    "TEMP": "air_temperature",
    "RH_pct": "relative_humidity",
    "RAIN": "precipitation_amount",
    "WSPM": "wind_speed",
}
FEWEST = 5


def compare(source: Path) -> tuple[dict[str, Any], str]:
    """Leave out every station once and tell it from the others.

    Parameters
    ----------
    source : Path
        Folder that holds the Beijing series, or a CSV of hourly weather with the columns place,
        time, longitude, latitude [degree] and quantities in the vocabulary's units.

    Returns
    -------
    tuple of (numbers, Markdown); errors are in the quantities' units

    Raises
    ------
    DocumentError
        The file is missing, lacks columns, or has fewer than two stations.
    """
    table = read_beijing(source) if source.is_dir() else read_stations(source)
    places = table.groupby("place")[["longitude", "latitude"]].first()
    if len(places) < 2:
        raise DocumentError(f"{source}: one station; leaving it out leaves none, give two or more")
    stations = plane_km(places["longitude"].to_numpy(), places["latitude"].to_numpy())
    names = [str(name) for name in places.index]
    found: dict[str, list[LeftOut]] = {}
    for quantity in SPREADS:
        if quantity in table.columns:
            wide = table.pivot(index="time", columns="place", values=quantity)
            low, high = PLAUSIBLE[quantity]
            values: Array = wide[places.index].to_numpy(np.float64)
            values = np.where((values >= low) & (values <= high), values, np.nan)
            found[quantity] = leave_one_out(quantity, values, stations)
    result = {
        quantity: [asdict(row) | {"station": names[row.station]} for row in rows]
        for quantity, rows in found.items()
    }
    return result, markdown(found, names)


def read_beijing(folder: Path) -> pd.DataFrame:
    """Read the Beijing series [degC, %, mm, m s-1], with the positions of its stations [degree].

    Parameters
    ----------
    folder : Path
    """
    dates = ["year", "month", "day", "hour"]
    raw = read_table(folder, BEIJING, [*dates, "station", *BEIJING_COLUMNS])
    raw = raw[raw["station"].isin(POSITIONS)]
    table = raw[list(BEIJING_COLUMNS)].rename(columns=BEIJING_COLUMNS)
    return table.assign(
        time=pd.to_datetime(raw[dates]),
        place=raw["station"],
        longitude=raw["station"].map({k: v[0] for k, v in POSITIONS.items()}),
        latitude=raw["station"].map({k: v[1] for k, v in POSITIONS.items()}),
    )


def read_stations(path: Path) -> pd.DataFrame:
    """Read hourly weather of stations in the vocabulary's units, with positions [degree].

    Parameters
    ----------
    path : Path
    """
    needed = ["place", "time", "longitude", "latitude"]
    table = read_table(path.parent, path.name, needed)
    twice = table.duplicated(["place", "time"])
    if twice.any():
        row = table[twice].iloc[0]
        raise DocumentError(f"{path}: {row['place']} has {row['time']} twice; leave one out")
    return table


def markdown(found: dict[str, list[LeftOut]], names: Sequence[str]) -> str:
    """The errors of stations left out as a table, in the quantities' units.

    Parameters
    ----------
    found : dict
        Quantity to one row for each station left out, in the quantity's unit.
    names : sequence of str
        Of the stations.
    """
    rows = [
        (quantity, *numbers)
        for quantity, left_out in found.items()
        for numbers in (_row(row, names) for row in left_out)
    ]
    head = ["quantity", "station left out", "nearest [km]", "hours", "bias", "RMSE"]
    head += ["RMSE of the nearest station's value", "mean standard error claimed", "within 1.96"]
    text = markdown_table(head, rows)
    if len(names) < FEWEST:
        text += (
            f"\n\nWith {len(names)} stations this says how alike they are, not how well a network "
            "is interpolated: left out, a station is estimated from so few that its neighbour's "
            "value is nearly copied. The spreads of `models/weather/interpolate.py` stay "
            "provisional."
        )
    return text


def _row(row: LeftOut, names: Sequence[str]) -> tuple[str, ...]:
    return (
        names[row.station],
        f"{row.nearest_km:.0f}",
        str(row.hours),
        f"{row.bias:+.2f}",
        f"{row.rmse:.2f}",
        f"{row.nearest_rmse:.2f}",
        f"{row.standard_error:.2f}",
        f"{row.inside:.1%}",
    )
