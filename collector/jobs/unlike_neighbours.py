"""Sensors in the open that say something else than all around them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np

from collector.jobs.judging.field_hours import FieldHours
from collector.store.items import Found
from collector.store.network import devices
from collector.store.postgres.db import Connection
from field_configs.events import event
from models.weather.interpolate import RANGE_KM
from models.weather.outliers import APART, around

WITHIN = timedelta(hours=24)
#: In so many hours of `WITHIN` a sensor is far from those around it before it is named: more than
#: a thunderstorm lasts; unverified.
HOURS = 6


def unlike_neighbours(conn: Connection, now: datetime) -> Iterator[Found]:
    """Name the sensors of fields that are far from the median of the stations around them.

    Parameters
    ----------
    conn
    now
        Aware; the full hours of a day before it are compared.
    """
    end = now.replace(minute=0, second=0, microsecond=0)
    hours = FieldHours(conn, APART, ())
    series = {each.id: each for each in hours.chosen.values()}
    nodes = devices.nodes_of(conn, [each.placement for each in series.values()])
    for quantity in APART:
        stations = hours.stations_of(quantity)
        if not stations.own:
            continue
        values = hours.measured(stations, end - WITHIN, end)
        wild, middle = around(quantity, values, stations.plane, min(hours.range_km, RANGE_KM))
        count = wild.sum(axis=0)
        for station, number in enumerate(stations.own):
            if count[station] < HOURS:
                continue
            here, odd = series[number], wild[:, station]
            said = event(
                "unlike_neighbours",
                placement=here.placement,
                node=nodes.get(here.placement, "?"),
                quantity=quantity,
                hours=int(count[station]),
                value=round(float(values[odd, station].mean()), 2),
                around=round(float(np.mean(middle[odd, station])), 2),
            )
            yield Found(said, here.placement, nodes.get(here.placement))
