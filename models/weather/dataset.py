"""Hourly weather of many sites as an xarray Dataset: its contract, and putting raw data in order.

Contract: dimensions (time, site), in this order; times are the starts of consecutive hours in UTC
stored as ``datetime64[ns]`` without zone, one float variable per quantity named and described as
in ``firmware.wire.quantities``. Optional: ``<quantity>_completeness`` and ``<quantity>_qc`` beside
a quantity, the coordinates of `COORDINATES`, and ``source(time)`` with 0 measured, 1 forecast.

What `prepare` does with bad input, each noted as a `Problem`:

========================  =====================================================================
duplicated hour, equal    kept once
duplicated hour, unequal  missing: nobody knows which is true
hour absent (a gap, a     missing; the hours stand in a complete grid afterwards
day of 23 hours)
hours out of order        sorted
negative rain             missing, never zero
humidity 100..105         100 (a saturated sensor)
humidity 0 or above 105   missing
out of plausible range    missing (`PLAUSIBLE`)
station moved             hours measured elsewhere than at its last known position are missing
========================  =====================================================================
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from firmware.wire.quantities import QUANTITIES, UnknownQuantity, by_name
from models.weather.counted import COUNTED, UNIT
from models.weather.quality import QC_NAMES

Array: TypeAlias = NDArray[np.float64]

#: Lowest and highest value of each quantity, in its unit: the limits of the vocabulary, and of
#: what people count. Values outside are taken as missing by `prepare`, so that a missing hour lies
#: within them, too.
PLAUSIBLE: Mapping[str, tuple[float, float]] = {
    row.name: (float(row.low), float(row.high)) for row in QUANTITIES
} | dict(COUNTED)
HUMIDITY_SATURATED, HUMIDITY_LOWEST = 105.0, 1.0
#: A station may wander by GPS noise; beyond this, about a kilometre, it has moved [degree];
#: provisional.
MOVED = 0.01
POSITION = ("latitude", "longitude")
AXES = ("time", "site")
#: The CF word for how the vocabulary's samples become an hour.
CELL_METHODS = {"mean": "mean", "sum": "sum", "max": "maximum", "point": "point"}
#: Attributes of the coordinates.
COORDINATES: Mapping[str, Mapping[str, str]] = {
    "time": {"standard_name": "time", "long_name": "start of the hour"},
    "site": {"cf_role": "timeseries_id"},
    "longitude": {"standard_name": "longitude", "units": "degrees_east"},
    "latitude": {"standard_name": "latitude", "units": "degrees_north"},
    "issued": {"long_name": "when the oldest part of the forecast was made"},
    "wetness_measured": {"long_name": "leaf wetness is measured"},
    "wet_threshold": {
        "long_name": "relative humidity from which leaves count as wet",
        "units": "%",
    },
}

_Variable: TypeAlias = tuple[tuple[str, str], NDArray[Any], dict[str, Any]]


@dataclass(frozen=True)
class Problem:
    """Something that was put in order: what, where, how many values."""

    kind: str
    quantity: str
    site: str
    count: int

    def __str__(self) -> str:
        return f"{self.site}: {self.quantity}: {self.count} values: {self.kind}"


class DatasetError(ValueError):
    """The Dataset does not keep the contract and cannot be put in order."""


def stamp_of(moment: datetime) -> np.datetime64:
    """Time stamp of a Dataset [ns] for a moment.

    Parameters
    ----------
    moment
        Aware.
    """
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "ns")


def moment_of(stamp: np.datetime64) -> datetime:
    """Aware moment, in UTC, of a Dataset's time stamp.

    Parameters
    ----------
    stamp
        Time stamp in UTC, in any unit of time [for instance ns].
    """
    seconds = int(stamp.astype("datetime64[s]").astype(np.int64))
    return datetime.fromtimestamp(seconds, UTC)


def dataset(
    times: Sequence[datetime] | NDArray[np.datetime64],
    sites: Sequence[str],
    values: Mapping[str, NDArray[np.floating]],
    *,
    completeness: Mapping[str, NDArray[np.floating]] | None = None,
    qc: Mapping[str, NDArray[np.integer]] | None = None,
    **coordinates: tuple[str | tuple[str, str], NDArray[np.generic]],
) -> xr.Dataset:
    """Build a Dataset that keeps the contract; nothing else builds one.

    Parameters
    ----------
    times
        Starts of hours: aware, or time stamps in UTC.
    sites
        Site ids.
    values
        Quantity -> array (time, site) in the quantity's unit.
    completeness
        Quantity -> valid share of the samples (time, site), 0 to 1; becomes
        ``<quantity>_completeness``.
    qc
        Quantity -> quality bits (time, site) of ``models.weather.quality``; becomes
        ``<quantity>_qc``.
    coordinates
        Further coordinates, as (dimension, values).

    Raises
    ------
    DatasetError
        If a time has no zone or a quantity is unknown.
    """
    variables: dict[str, _Variable] = {}
    for name, array in values.items():
        variables[name] = (AXES, array, attributes(name))
    for name, share in (completeness or {}).items():
        text = f"valid share of the expected samples of {name}"
        _put_beside(variables, name, "completeness", share, {"long_name": text, "units": "1"})
    for name, bits in (qc or {}).items():
        flags = {
            "long_name": f"quality bits of {name}, any sample of the hour",
            "flag_masks": np.array(list(QC_NAMES), np.int16),
            "flag_meanings": " ".join(QC_NAMES.values()),
        }
        _put_beside(variables, name, "qc", bits, flags)
    return _assembled(_stamps(times), sites, variables, coordinates, {"Conventions": "CF-1.11"})


def _put_beside(
    variables: dict[str, _Variable],
    name: str,
    kind: str,
    array: NDArray[np.generic],
    about: dict[str, Any],
) -> None:
    """Add a variable that tells more of a quantity, and name it at the quantity."""
    variables[f"{name}_{kind}"] = (AXES, array, about)
    named = variables[name][2]
    named["ancillary_variables"] = f"{named.get('ancillary_variables', '')} {name}_{kind}".strip()


def _stamps(times: Sequence[datetime] | NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    if isinstance(times, np.ndarray):
        return times.astype("datetime64[ns]")
    if any(t.tzinfo is None for t in times):
        raise DatasetError("times: a time without zone; give aware datetimes")
    return np.array([stamp_of(t) for t in times], "datetime64[ns]")


def _assembled(
    stamps: NDArray[np.datetime64],
    sites: Sequence[str],
    variables: Mapping[str, _Variable],
    coordinates: Mapping[str, tuple[str | tuple[str, str], NDArray[np.generic]]],
    about: Mapping[Hashable, Any],
) -> xr.Dataset:
    given = {"time": ("time", stamps), "site": ("site", np.array(sites, dtype=object))}
    return xr.Dataset(
        variables,
        coords={
            name: (dimension, array, COORDINATES.get(name, {}))
            for name, (dimension, array) in (given | dict(coordinates)).items()
        },
        attrs=about,
    )


def attributes(name: str) -> dict[str, Any]:
    """CF attributes of a quantity (units, standard_name, cell_methods, long_name).

    Parameters
    ----------
    name
        Quantity of ``firmware.wire.quantities`` or of ``models.weather.counted``; its unit is the
        attribute ``units``.

    Raises
    ------
    DatasetError
        If the vocabulary has no such quantity.
    """
    if name in COUNTED:
        return {"long_name": f"{name.replace('_', ' ')}, {UNIT}", "units": "1"}
    try:
        quantity = by_name(name)
    except UnknownQuantity as error:
        raise DatasetError(f"{name}: {error}") from error
    found = {
        "long_name": name.replace("_", " "),
        "units": quantity.unit,
        "cell_methods": f"time: {CELL_METHODS[quantity.method]}",
    }
    if quantity.cf_name:
        found["standard_name"] = quantity.cf_name
    return found


def prepare(raw: xr.Dataset) -> tuple[xr.Dataset, list[Problem]]:
    """Put hourly data in order: a complete grid of hours, every doubtful value missing.

    Parameters
    ----------
    raw
        Dataset with dimensions time and site in any order, variables in the units of the
        vocabulary [for instance degC, %, mm].

    Returns
    -------
    Dataset, list of Problem
        Variables are float64 (time, site), C-contiguous.

    Raises
    ------
    DatasetError
        If a dimension is missing, there are no hours, or times are not whole hours.
    """
    for dimension in ("time", "site"):
        if dimension not in raw.dims:
            raise DatasetError(f'no dimension "{dimension}"; it has {tuple(map(str, raw.dims))}')
    stamps = pd.DatetimeIndex(raw["time"].values)
    if not len(stamps):
        raise DatasetError("no hours in it; choose a period with data")
    if (stamps != stamps.floor("h")).any():
        odd = stamps[stamps != stamps.floor("h")][0]
        raise DatasetError(f"time {odd}: not the start of an hour; roll up to hours first")
    problems: list[Problem] = []
    sites = [str(s) for s in raw["site"].values]
    raw = _moved(raw, sites, problems)
    grid = pd.date_range(stamps.min(), stamps.max(), freq="h")
    regular = stamps.equals(grid)
    data: dict[str, _Variable] = {}
    for name in map(str, raw.data_vars):
        if raw[name].dims not in (("time", "site"), ("site", "time")):
            continue
        values = np.array(raw[name].transpose("time", "site").values, dtype=np.float64, order="C")
        if not regular:
            values = _on_grid(values, stamps, grid, name, sites, problems)
        if name in PLAUSIBLE:
            _doubt(values, name, sites, problems)
        data[name] = (AXES, values, {str(k): v for k, v in raw[name].attrs.items()})
    coordinates: dict[str, tuple[str | tuple[str, str], NDArray[np.generic]]] = {}
    for extra in ("wetness_measured", "wet_threshold"):
        if extra in raw.coords:
            coordinates[extra] = ("site", raw[extra].values)
    if "source" in raw.coords and raw["source"].dims == ("time",):
        source = pd.Series(raw["source"].values, stamps).groupby(level=0).max()
        coordinates["source"] = ("time", source.reindex(grid, fill_value=0).to_numpy())
    return _assembled(grid.values, sites, data, coordinates, raw.attrs), problems


def _on_grid(
    values: NDArray[np.float64],
    stamps: pd.DatetimeIndex,
    grid: pd.DatetimeIndex,
    name: str,
    sites: Sequence[str],
    problems: list[Problem],
) -> NDArray[np.float64]:
    """Values (hour, site) on a complete grid of hours; contradictions and gaps are NaN."""
    frame = pd.DataFrame(values, index=stamps, columns=list(sites))
    grouped = frame.groupby(level=0)
    first = grouped.first()
    unequal = grouped.nunique() > 1
    for site, count in unequal.sum().items():
        if count:
            problems.append(Problem("contradicting hours", name, str(site), int(count)))
    return np.ascontiguousarray(first.mask(unequal).reindex(grid).to_numpy())


def settled(name: str, values: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Values of a quantity with humidity of up to 105 % as 100 %, and which of them cannot be.

    Parameters
    ----------
    name
        Quantity of the vocabulary.
    values
        In the quantity's unit; NaN is neither possible nor impossible.
    """
    low, high = PLAUSIBLE[name]
    if name == "relative_humidity":
        values = np.where((values > high) & (values <= HUMIDITY_SATURATED), high, values)
        low = HUMIDITY_LOWEST
    with np.errstate(invalid="ignore"):
        return values, (values < low) | (values > high)


def clear_implausible(values: Array, quantity: str) -> NDArray[np.bool_]:
    """Set implausible values to NaN in place, humidity of up to 105 % to 100 %; return where.

    Parameters
    ----------
    values
        Values of any shape, in the quantity's unit.
    quantity
        One of `PLAUSIBLE`.
    """
    values[...], bad = settled(quantity, values)
    values[bad] = np.nan
    return bad


def _doubt(values: Array, name: str, sites: Sequence[str], problems: list[Problem]) -> None:
    """Clear implausible values in place, and name the sites that had some."""
    bad = clear_implausible(values, name)
    for column in map(int, np.flatnonzero(bad.any(axis=0))):
        count = int(bad[:, column].sum())
        problems.append(Problem("out of plausible range", name, sites[column], count))


def _moved(raw: xr.Dataset, sites: Sequence[str], problems: list[Problem]) -> xr.Dataset:
    """Take out the hours that a station measured elsewhere than where it stood last.

    Windows and sums then hold one place only; until they are full again nothing is said. A
    lower certainty would not do: how far the weather of two places differs is not known.

    Parameters
    ----------
    raw
        Dataset; a position given per time is ``latitude`` and ``longitude`` (time, site)
        [degree]. An hour without position counts as measured at the last one.
    sites
        Site ids in the Dataset's order.
    problems
        Gets a `Problem` for every station that moved, with the number of its hours taken out.
    """
    elsewhere = np.zeros((raw.sizes["time"], len(sites)), dtype=bool)
    order = np.argsort(raw["time"].values, kind="stable")
    for name in POSITION:
        if name in raw and set(raw[name].dims) == {"time", "site"}:
            place = raw[name].transpose("time", "site").values
            last = pd.DataFrame(place[order]).ffill().iloc[-1].to_numpy()
            elsewhere |= np.abs(place - last) > MOVED
    for column in map(int, np.flatnonzero(elsewhere.any(axis=0))):
        count = int(elsewhere[:, column].sum())
        problems.append(Problem("station moved", "position", sites[column], count))
    if not elsewhere.any():
        return raw
    here = xr.DataArray(~elsewhere, dims=("time", "site"))
    return raw.assign({q: raw[q].where(here) for q in raw.data_vars if q in PLAUSIBLE})
