"""Puts the forecast's hours fit for spraying into advisories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from collector.store import registry, weather
from collector.store.db import Connection
from models.advice.advisory import Advisory
from models.advice.spraying import QUANTITIES, with_windows

AHEAD = timedelta(days=7)


def field_forecast(conn: Connection, at: datetime) -> xr.Dataset | None:
    """Return the forecast of each field: its own, else its village's; None where there is none."""
    start = at.replace(minute=0, second=0, microsecond=0)
    found = weather.forecast_dataset(conn, QUANTITIES, start, start + AHEAD, at)
    if found is None:
        return None
    places = {str(site): row for row, site in enumerate(found["site"].values)}
    fields = registry.fields(conn)
    rows = {f.id: places.get(f.id, places.get(f.village)) for f in fields}
    known = {site: row for site, row in rows.items() if row is not None}
    here = found.isel(site=list(known.values()))
    return here.assign_coords(site=np.array(list(known), dtype=object))


def with_forecast_hours(
    conn: Connection, advisories: Sequence[Advisory], at: datetime
) -> list[Advisory]:
    """Add the hours fit for spraying to advisories that may end in spraying, from `at` on."""
    whole_hour = at.replace(minute=0, second=0, microsecond=0)
    return with_windows(advisories, field_forecast(conn, at), whole_hour)
