"""Leaf-wetness rules against the two measured series.

An hour counts as wet when the sensor was wet for at least half of it. Thresholds of a placement
are chosen on the other years of the same placement. Evaluation only: the series may not be
redistributed.

References
----------
Kim, K. S. et al. (2002). Plant Disease 86, 179-185, doi:10.1094/PDIS.2002.86.2.179.
Gleason, M. L. et al. (1994). Plant Disease 78, 1011-1016, doi:10.1094/PD-78-1011.
Cohen (1960), doi:10.1177/001316446002000104.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.evaluations.reading import read_table
from models.evaluations.tables import markdown_table
from models.skill import scores
from models.weather.meteo import (
    dew_point,
    saturation_vapour_pressure,
    wet_by_cart,
    wet_by_depression,
    wet_by_humidity,
)

Array = NDArray[np.float64]
CHANGINS = "changins_10min_leafwetness_2023_2025.csv.gz"
ROTHAMSTED = "ecn_rothamsted_hourly_2001_2002_surfacewetness.csv.gz"
THRESHOLDS = np.arange(75.0, 99.0, 1.0)


@dataclass(frozen=True)
class Hours:
    """Hours of one placement: °C, %, K, mm h-1, m s-1 (nan where there is none), wet 0 or 1."""

    temperature: Array
    humidity: Array
    depression: Array
    rain: Array
    wind: Array
    wet: Array
    year: NDArray[np.int64]


def _hours(t: Array, rh: Array, rain: Array, wind: Array, minutes: Array, year: Any) -> Hours:
    usable = np.isfinite(t) & np.isfinite(rh) & np.isfinite(minutes)
    wet = (minutes >= 30.0).astype(float)
    return Hours(
        temperature=t[usable],
        humidity=rh[usable],
        depression=(t - dew_point(t, np.clip(rh, 1.0, 100.0)))[usable],
        rain=np.nan_to_num(rain)[usable],
        wind=wind[usable],
        wet=wet[usable],
        year=np.asarray(year, np.int64)[usable],
    )


def read_changins(folder: Path) -> Hours:
    """Ten-minute readings of Changins as hours, in the units of `Hours`; -7999 is a gap.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    DocumentError
        The file is missing or lacks columns.
    """
    table = read_table(folder, CHANGINS, ("time", "temp", "rh", "rain_mm_h", "lw_min"))
    table["temp"] = table["temp"].where(table["temp"].between(-40, 60))
    table["hour"] = pd.to_datetime(table["time"]).dt.floor("h")
    hours = table.groupby("hour").agg(
        temp=("temp", "mean"),
        rh=("rh", "mean"),
        rain=("rain_mm_h", "mean"),
        minutes=("lw_min", "sum"),
        readings=("lw_min", "size"),
    )
    hours = hours[hours["readings"] == 6]
    t, rh, rain, minutes = (hours[c].to_numpy(float) for c in ("temp", "rh", "rain", "minutes"))
    return _hours(t, rh, rain, np.full(t.shape, np.nan), minutes, hours.index.year)


def read_rothamsted(folder: Path) -> Hours:
    """Hours of Rothamsted, in the units of `Hours`; humidity from dry and wet bulb, .662 hPa/K.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    DocumentError
        The file is missing or lacks columns.
    """
    names = ("DRYTMP", "WETTMP", "RAIN", "WSPEED", "SURWET", "Year")
    table = read_table(folder, ROTHAMSTED, names)
    t, wet_bulb, rain, wind, minutes, _ = (table[n].to_numpy(float) for n in names)
    pressure = saturation_vapour_pressure(wet_bulb) - 0.0662 * (t - wet_bulb)
    rh = np.clip(100.0 * pressure / saturation_vapour_pressure(t), 1.0, 100.0)
    return _hours(t, rh, rain, wind, minutes, table["Year"])


Rule = Callable[[Hours], NDArray[np.bool_]]


def _humid(threshold: float) -> Rule:
    return lambda h: wet_by_humidity(h.humidity, np.zeros(h.rain.shape), threshold)


def _depressed(threshold: float) -> Rule:
    return lambda h: wet_by_depression(h.temperature, h.humidity, threshold)


def _cart(hours: Hours) -> NDArray[np.bool_]:
    return wet_by_cart(hours.temperature, hours.humidity, hours.wind)


def _or_rain(rule: Rule) -> Rule:
    return lambda h: rule(h) | (h.rain > 0.0)


RULES: dict[str, Rule] = {
    "RH ≥ 90 %": _humid(90.0),
    "RH ≥ 87 %": _humid(87.0),
    "RH ≥ 90 % or rain": _or_rain(_humid(90.0)),
    "RH ≥ 87 % or rain": _or_rain(_humid(87.0)),
    "dew point depression ≤ 2 K": _depressed(2.0),
    "dew point depression ≤ 1.8 K or rain": _or_rain(_depressed(1.8)),
    "CART/SLD (RH² form)": _cart,
    "CART/SLD (RH² form) or rain": _or_rain(_cart),
}


def fitted_threshold(hours: Hours) -> tuple[Array, list[float]]:
    """ "RH or rain" with the threshold of best kappa on the other years of the placement.

    Parameters
    ----------
    hours : Hours

    Returns
    -------
    tuple of (wet 1 or dry 0 of every hour, threshold per year left out [%])
    """
    said, chosen = np.empty(hours.wet.shape), []
    wet_by = {x: _or_rain(_humid(float(x)))(hours) for x in THRESHOLDS}
    for year in np.unique(hours.year):
        out = hours.year == year
        best = max(
            THRESHOLDS, key=lambda x: scores.contingency(hours.wet[~out], wet_by[x][~out]).kappa
        )
        said[out] = wet_by[best][out]
        chosen.append(float(best))
    return said, chosen


def boosted(hours: Hours) -> Array:
    """Gradient boosting on this and the three hours before, learned on other years.

    A ceiling for what the inputs can tell; nothing of it ships.

    Parameters
    ----------
    hours : Hours
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    inputs = [hours.temperature, hours.humidity, hours.depression, hours.rain]
    if np.isfinite(hours.wind).any():
        inputs.append(hours.wind)
    x = np.column_stack([np.roll(column, lag) for column in inputs for lag in range(4)])
    said = np.empty(hours.wet.shape)
    for year in np.unique(hours.year):
        out = hours.year == year
        model = HistGradientBoostingClassifier(max_iter=100, random_state=0)
        said[out] = model.fit(x[~out], hours.wet[~out]).predict(x[out])
    return said


def compare(folder: Path) -> tuple[dict[str, Any], str]:
    """Agreement of every rule with both series.

    Parameters
    ----------
    folder : Path
        Holds both files.

    Returns
    -------
    tuple of (numbers, Markdown); scores have no unit, thresholds [%]

    Raises
    ------
    DocumentError
        A file is missing or lacks columns.
    """
    places = {"Changins": read_changins(folder), "Rothamsted": read_rothamsted(folder)}
    result: dict[str, Any] = {}
    rows = []
    for name, rule in RULES.items():
        cells: list[str] = [name]
        for place, hours in places.items():
            if name.startswith("CART") and not np.isfinite(hours.wind).all():
                cells += ["no wind", "—", "—"]
                continue
            cells += _cells(result, place, name, hours.wet, rule(hours).astype(float))
        rows.append(cells)
    cells = ["RH ≥ threshold of the placement, or rain"]
    for place, hours in places.items():
        said, chosen = fitted_threshold(hours)
        cells += _cells(result, place, "fitted", hours.wet, said)
        result[f"{place} thresholds"] = chosen
    rows.append(cells)
    cells = ["gradient boosting, other years (not shipped)"]
    for place, hours in places.items():
        cells += _cells(result, place, "boosted", hours.wet, boosted(hours))
    rows.append(cells)
    head = ["rule"] + [f"{place} {s}" for place in places for s in ("κ", "POD", "FAR")]
    facts = "; ".join(
        f"{place}: {hours.wet.size} hours, {100 * hours.wet.mean():.0f} % wet, threshold by year "
        f"left out {', '.join(f'{x:.0f} %' for x in result[f'{place} thresholds'])}"
        for place, hours in places.items()
    )
    return result, f"{facts}\n\n{markdown_table(head, rows)}"


def _cells(result: dict[str, Any], place: str, name: str, wet: Array, said: Array) -> list[str]:
    counts = scores.contingency(wet, said)
    result[f"{place}: {name}"] = {"kappa": counts.kappa, "pod": counts.pod, "far": counts.far}
    return [f"{counts.kappa:.2f}", f"{counts.pod:.2f}", f"{counts.far:.2f}"]
