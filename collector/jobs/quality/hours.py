"""Hours of every series of some quantities, with where each one measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from collector.jobs.judging.field_hours import LEAST_COMPLETENESS
from collector.jobs.judging.neighbours import open_fields, plane_of
from collector.store.measured import readings, weather
from collector.store.measured.readings import Series
from collector.store.network import registry
from collector.store.postgres.db import Connection
from firmware.wire.quantities import by_name
from models.weather.consistency import NEAR_KM, NEAR_KM_ELSE, NEAR_M, NEAR_M_SOIL
from models.weather.dataset import Array
from models.weather.nearby import Neighbours, neighbours

#: The height that a placement of the air without one counts as [m]: that of a screen, WMO-No. 8.
SCREEN_M = 2.0
HOUR_S = 3600


@dataclass(frozen=True)
class Measured:
    """Hours of a quantity (hour, series); other places' stand behind the series.

    Attributes
    ----------
    series : sequence of Series
    values : array
        In the quantity's unit; more columns than series.
    near : array
        As `models.weather.nearby.neighbours` gives it, over all columns.
    first : int
        First hour [h since 1970 UTC].
    others : sequence of str
        The other places, in the order of their columns.
    """

    series: Sequence[Series]
    values: Array
    near: Neighbours
    first: int
    others: Sequence[str] = ()

    @property
    def own(self) -> Array:
        """Hours of the series alone."""
        return self.values[:, : len(self.series)]

    @property
    def ids(self) -> NDArray[np.int32]:
        """Numbers of the series."""
        return np.array([each.id for each in self.series], np.int32)


class QualityHours:
    """Reads hours of series, and knows which of them are neighbours.

    Parameters
    ----------
    conn : Connection
    quantities : sequence of str
    """

    def __init__(self, conn: Connection, quantities: Sequence[str]) -> None:
        self.conn = conn
        self.series = readings.every_series(conn, quantities)
        self.positions = open_fields(conn)
        self.villages = {field.id: field.village for field in registry.fields(conn, own=True)}
        self.observed = weather.observed_stations(conn, quantities)
        self._measured: dict[tuple[str, datetime, datetime], Measured] = {}

    def of(self, quantity: str) -> list[Series]:
        """Return the series of a quantity."""
        return [each for each in self.series if each.quantity == quantity]

    def values(self, series: Sequence[Series], start: datetime, end: datetime) -> Array:
        """Return their hours (hour, series), NaN where there are too few samples."""
        first, last = (int(moment.timestamp()) // HOUR_S for moment in (start, end))
        found = np.full((last - first, len(series)), np.nan)
        column = np.zeros(max((each.id for each in series), default=0) + 1, np.intp)
        column[[each.id for each in series]] = np.arange(len(series))
        methods: dict[str, list[int]] = {}
        for each in series:
            methods.setdefault(by_name(each.quantity).method, []).append(each.id)
        for method, ids in methods.items():
            least = LEAST_COMPLETENESS[method]
            for hour, numbers, values in readings.values_of(
                self.conn, method, ids, least, (first, last)
            ):
                found[hour - first, column[numbers]] = values
        return found

    def measured(self, quantity: str, start: datetime, end: datetime) -> Measured:
        """Return the hours of a quantity in the open, and of other stations that measure it.

        They are read once; nobody may change them.
        """
        key = (quantity, start, end)
        if key not in self._measured:
            self._measured[key] = self._read(*key)
        return self._measured[key]

    def _read(self, quantity: str, start: datetime, end: datetime) -> Measured:
        series = [each for each in self.of(quantity) if each.field in self.positions]
        others = {
            each.place: (each.longitude, each.latitude)
            for each in self.observed
            if each.quantity == quantity
        }
        places = [*(self.positions[each.field] for each in series), *others.values()]
        soil = quantity.startswith("soil")
        heights = [SCREEN_M if s.height_m is None and not soil else s.height_m for s in series]
        near = neighbours(
            plane_of(places),
            np.array([*heights, *(SCREEN_M for _ in others)], np.float64),
            NEAR_KM.get(quantity, NEAR_KM_ELSE),
            NEAR_M_SOIL if soil else NEAR_M,
        )
        values = self.values(series, start, end)
        first = int(start.timestamp()) // HOUR_S
        if others:
            theirs = np.full((len(values), len(others)), np.nan)
            known = weather.observed_dataset(self.conn, [quantity], start, end)
            if known is not None and quantity in known:
                times = (first + np.arange(len(values))).astype("datetime64[h]")
                stamps = times.astype("datetime64[ns]")
                theirs = known[quantity].reindex(time=stamps, site=list(others)).values
            values = np.concatenate([values, theirs], axis=1)
        return Measured(series, values, near, first, list(others))
