"""Weather for fields without sensors, from the stations around them.

Only open fields take the weather of other places; a greenhouse has its own.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from collector.store import settings_table
from collector.store.measured.field_weather import NO_STATION, FieldWeather
from collector.store.measured.readings import Series
from collector.store.network import registry
from collector.store.postgres.db import Connection
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY, Hazard
from models.weather.dataset import Array
from models.weather.distances import distances_km, plane_km
from models.weather.interpolate import RANGE_KM, Kriging
from models.weather.local_days import midnight

RANGE_KEY = "interpolation.range_km"
#: Factor on the certainty where an input comes from other places; provisional.
INTERPOLATED = 0.8

Position = tuple[float, float]


class RangeError(ValueError):
    """The kept range of interpolation is no distance."""


def range_km(conn: Connection) -> float:
    """Return how far a station may be to speak for a field [km].

    Raises
    ------
    RangeError
        When the setting is no positive number.
    """
    kept = settings_table.get(conn, RANGE_KEY)
    if kept is None:
        return RANGE_KM
    try:
        value = float(kept)
    except ValueError:
        value = -1.0
    if not value > 0:
        raise RangeError(f'setting {RANGE_KEY} is "{kept}"; set it to a distance in km, above 0')
    return value


def open_fields(conn: Connection) -> dict[str, Position]:
    """Return longitude and latitude [degree] of open fields: those of their villages, else NaN."""
    nowhere = (math.nan, math.nan)
    known = {v.id: place for v in registry.villages(conn) if (place := v.place) is not None}
    fields = registry.fields(conn, own=True)
    return {f.id: known.get(f.village, nowhere) for f in fields if f.kind == "open"}


def plane_of(places: Sequence[Position]) -> Array:
    """Return places on a plane [km], given by longitude and latitude [degree]."""
    degrees = np.array(places, dtype=float).reshape(-1, 2)
    return plane_km(degrees[:, 0], degrees[:, 1])


@dataclass(frozen=True)
class Stations:
    """Who measures a quantity in the open air: `own` series of fields, and `others` by place.

    `names` are the fields and places, in order; `begun` is the first hour of each that ever
    reported, by series and by place.
    """

    quantity: str
    names: Sequence[str]
    own: Mapping[int, Position]
    others: Mapping[str, Position]
    begun: Mapping[int | str, datetime]

    @classmethod
    def of(
        cls,
        quantity: str,
        chosen: Mapping[tuple[str, str], Series],
        fields: Mapping[str, Position],
        observed: Mapping[str, tuple[Position, datetime]],
        first: Mapping[int, datetime],
    ) -> Stations:
        """Gather the stations of a quantity.

        Parameters
        ----------
        quantity : str
        chosen : mapping
            As `collector.store.measured.readings.chosen_series` gives it.
        fields : mapping
            As `open_fields` gives it.
        observed : mapping
            Other places that measure it: where they are, and their first hour.
        first : mapping
            First hour of the fields' series.
        """
        placed = sorted(
            (field, series.id)
            for (field, measured), series in chosen.items()
            if measured == quantity and field in fields and math.isfinite(fields[field][0])
        )
        own = {series: fields[field] for field, series in placed}
        begun = {series: first[series] for series in own if series in first}
        return cls(
            quantity,
            [*(field for field, _ in placed), *sorted(observed)],
            own,
            {place: position for place, (position, _) in sorted(observed.items())},
            begun | {place: hour for place, (_, hour) in observed.items()},
        )

    @property
    def plane(self) -> Array:
        """Their places on the plane (station, 2) [km]: first the fields', then the others."""
        return plane_of([*self.own.values(), *self.others.values()])

    def values(self, own: Array, others: xr.Dataset | None, times: NDArray[np.datetime64]) -> Array:
        """Put what other places measured beside the fields' (hour, station), in its unit."""
        if not self.others:
            return own
        theirs = np.full((len(times), len(self.others)), np.nan)
        if others is not None and self.quantity in others:
            known = others[self.quantity].reindex(time=times, site=list(self.others))
            theirs = known.values
        return np.concatenate([own, theirs], axis=1)

    def before(self, day: date) -> str:
        """Return a hash over who had reported before a local day and from where; "" for nobody."""
        limit = midnight(day)
        places: list[tuple[int | str, Position]] = [*self.own.items(), *self.others.items()]
        standing = [
            (key, position)
            for key, position in places
            if key in self.begun and self.begun[key] < limit
        ]
        return hashlib.sha256(repr(standing).encode()).hexdigest() if standing else ""


def origins(
    places: Kriging, targets: Sequence[str], values: Array, limit: float, at: datetime
) -> list[FieldWeather]:
    """Tell where each target's hours come from, as of the last day; nothing where nobody reports.

    Parameters
    ----------
    places : Kriging
        Of the targets, in order.
    targets : sequence of str
    values : array
        What the stations measured in the last day (hour, station), in the quantity's unit.
    limit : float
        Range of interpolation [km].
    at : datetime
        Now, aware.
    """
    reporting = (~np.isnan(values)).any(axis=0)
    if not reporting.any():
        return []
    apart = distances_km(places.spots, places.stations[reporting]).min(axis=1)
    nearest = apart[places.spot_of]
    errors = np.full(len(targets), np.nan)
    for hour in values[::-1]:
        missing = np.isnan(errors) & (nearest <= limit)
        if not missing.any():
            break
        errors = np.where(missing, places.errors(hour[None, :])[0], errors)
    return [
        FieldWeather(
            target,
            places.quantity,
            "interpolated" if km <= limit else NO_STATION,
            float(km),
            int(reporting.sum()),
            None if np.isnan(error) else float(error),
            at,
        )
        for target, km, error in zip(targets, nearest, errors, strict=True)
    ]


def weighed(
    statuses: Iterable[RiskStatus],
    origin: Mapping[tuple[str, str], str],
    hazards: Mapping[str, Hazard],
) -> Iterator[RiskStatus]:
    """Lower the certainty of answers that rest on other places' weather; name what is too far.

    Parameters
    ----------
    statuses : iterable of RiskStatus
    origin : mapping
        Field and quantity -> `FieldWeather.origin`.
    hazards : mapping
    """
    reads = {name: {each.quantity for each in hazard.inputs} for name, hazard in hazards.items()}
    for status in statuses:
        seen = {origin.get((status.site, quantity)) for quantity in reads[status.hazard]}
        if status.status == CANNOT_SAY and NO_STATION in seen:
            yield replace(status, missing=(*status.missing, NO_STATION))
        elif "interpolated" in seen:
            yield replace(status, certainty=status.certainty * INTERPOLATED)
        else:
            yield status
