"""What loggers measured while they rode in an asset; readings of before and after are not its."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch
from models.weather.dataset import Array
from models.weather.quality import MISSING, RANGE_CHECKED, STEP_CHECKED, SUSPECT

SQL = queries.load("logger_readings")
#: Quality bits with which a reading counts all the same: here steps are what is looked for.
SOUND = RANGE_CHECKED | STEP_CHECKED | 32 | SUSPECT


@dataclass(frozen=True)
class Channel:
    """Readings of one channel of a logger: ``time`` [s since 1970 UTC], NaN where none is."""

    node: str
    number: int
    quantity: str
    time: Array
    value: Array

    def last(self) -> tuple[float, float] | None:
        """Time and value of the last reading that is one; None where there is none."""
        there = np.flatnonzero(~np.isnan(self.value))
        return (float(self.time[there[-1]]), float(self.value[there[-1]])) if len(there) else None


@dataclass(frozen=True)
class Window:
    """A span of time of an attachment that is over.

    ``readings`` is how many there are now; ``told`` and ``event`` how many there were when it was
    told and by which event, ``revision`` how often it was corrected: None, None and 0 where it was
    not told.
    """

    attachment: int
    node: str
    asset: int
    start: datetime
    end: datetime
    readings: int
    told: int | None
    event: str | None
    revision: int


def channels(
    conn: Connection, number: int, start: datetime, end: datetime, node: str | None = None
) -> list[Channel]:
    """Return what rode in an asset measured from one time on to another, the end included.

    Parameters
    ----------
    conn : Connection
    number : int
        Of the asset.
    start, end : datetime
        Aware.
    node : str, optional
        Only this logger.
    """
    rows = fetch(conn, SQL["readings"], asset=number, start=start, end=end, node=node)
    found = []
    for (name, channel, quantity), part in groupby(rows, key=lambda row: tuple(row[:3])):
        own = list(part)
        sound = [
            np.nan if value is None or qc & (MISSING | ~SOUND) else value for *_, value, qc in own
        ]
        times = np.array([at.timestamp() for _, _, _, at, _, _ in own])
        found.append(Channel(name, channel, quantity, times, np.array(sound, dtype=np.float64)))
    return found


def of_quantity(found: Sequence[Channel], quantity: str) -> list[Channel]:
    """Return the channels of a quantity."""
    return [each for each in found if each.quantity == quantity]


def windows(conn: Connection, since: datetime, until: datetime, every_s: int) -> list[Window]:
    """Return the spans of time that are to be told, or to be told anew, oldest first.

    Parameters
    ----------
    conn : Connection
    since, until : datetime
        Spans that began at the first or later and ended by the second, aware.
    every_s : int
        How long a span is [s]; they are counted from 1970 on, in UTC.
    """
    of = {"since": since, "until": until, "every": every_s}
    return [Window(*row) for row in fetch(conn, SQL["windows"], **of)]
