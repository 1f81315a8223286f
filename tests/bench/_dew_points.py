"""The dew point beside neighbours, as tests/bench/quality.py judges it: rule, faults, choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from collector.jobs.quality.dew import LEAST_HUMIDITY
from models.weather.consistency import APART as FAR
from models.weather.consistency import unlike
from models.weather.dew_points import APART, HOURS, beside
from models.weather.meteo import dew_point
from models.weather.nearby import Around, Neighbours, around
from tests.bench._faults import Array, Injected, Size, inject

Flags = NDArray[np.bool_]
Rule = Callable[[Array], Flags]
#: Faults of humidity that hide in its daily swing, and a probe that got wet [%].
FAULTS = {
    "15 % off for 5 days": Size(0, 15, 0, 120, 0, 0.0, 100.0),
    "saturated for 4 days": Size(0, 200, 0, 96, 0, 99.0, 100.0),
}


def rule(temperature: Array, humidity: Array, near: Neighbours, station: int, of: str) -> Rule:
    """The check by dew points of one of the stations (hour, station), as the jobs make it.

    The series that faults are put into is that of `of`: "humidity" or "temperature".
    """

    def judged(mine: Array) -> Flags:
        air, moist = temperature.copy(), humidity.copy()
        (moist if of == "humidity" else air)[:, station] = mine
        # where the temperature itself is in doubt, humidity is not blamed
        air[unlike(air, around(air, near), np.zeros(3), FAR["air_temperature"])] = np.nan
        dew = dew_point(air, np.clip(moist, LEAST_HUMIDITY, 100))
        theirs = around(dew, near)
        found = beside(dew, moist, theirs)
        marked: Flags = (found.unlike | found.saturated)[:, station]
        return marked

    return judged


def faults(values: Array, count: int, seed: int) -> Iterator[tuple[str, Injected]]:
    """Series of humidity with the faults of `FAULTS`."""
    for kind, size in FAULTS.items():
        yield kind, inject(values, "offset", size, count, seed, 2 * size.long)


def chosen(path: Path) -> str:
    """The figures that the limit was chosen by, and those of the years that were held back."""
    raw = pd.read_csv(path)
    raw["time"] = pd.to_datetime(raw[["year", "month", "day", "hour"]])
    humidity = raw["RH_pct"].clip(lower=LEAST_HUMIDITY)
    raw["dew"] = dew_point(raw["TEMP"].to_numpy(), humidity.to_numpy())
    dew = raw.pivot(index="time", columns="station", values="dew").asfreq("h")
    moist = raw.pivot(index="time", columns="station", values="RH_pct").asfreq("h")
    lines = ["| Beijing, two stations | 99 % | 99.5 % | 99.9 % of hours | in doubt |"]
    lines.append("|---|---|---|---|---|")
    other = dew.to_numpy()[:, [1]]
    theirs = Around(other, np.zeros(other.shape), np.full(other.shape, 2, np.int16))
    found = beside(dew.to_numpy()[:, [0]], moist.to_numpy()[:, [0]], theirs)
    for first, last in ((2013, 2014), (2015, 2017)):
        years = np.asarray((dew.index.year >= first) & (dew.index.year <= last))
        apart = np.abs(found.apart[years])
        parts = [f"{np.nanquantile(apart, q):.2f}" for q in (0.99, 0.995, 0.999)]
        doubt = np.mean((found.unlike | found.saturated)[years])
        lines.append(f"| {first}-{last % 100} | {' | '.join(parts)} | {doubt:.2%} |")
    lines += ["", f"Median of {HOURS} hours of the dew point, degC; the limit is {APART}."]
    return "\n".join(lines)
