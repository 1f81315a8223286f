"""The local day, by which everything is counted: UTC+8 all the year, as in all of China.

Inside, moments are UTC; only this module knows how a local day lies among them. China had summer
time from 1986 to 1991, which is left out: a day here always has 24 hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

ZONE_NAME = "Asia/Shanghai"
#: Local time is so far ahead of UTC.
AHEAD = timedelta(hours=8)
LOCAL = timezone(AHEAD, ZONE_NAME)


def local_day(moment: datetime) -> date:
    """The local day that holds a moment.

    Parameters
    ----------
    moment
        Aware.
    """
    return moment.astimezone(LOCAL).date()


def day_ended(end: datetime) -> date:
    """The local day that a moment ends: that of an answer, which stands at the end of its day.

    Parameters
    ----------
    end
        Aware; at or shortly after the midnight that ends the day.
    """
    return local_day(end - timedelta(seconds=1))


def midnight(day: date) -> datetime:
    """The moment at which a local day begins, aware, in UTC.

    Parameters
    ----------
    day
        Local day.
    """
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC)


def clock_hours(stamps: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Local clock hours, 0 to 23 [h], of time stamps.

    Parameters
    ----------
    stamps
        Time stamps in UTC, as a Dataset has them [for instance ns].
    """
    hours: NDArray[np.int64] = stamps.astype("datetime64[h]").astype(np.int64)
    return (hours + AHEAD // timedelta(hours=1)) % 24
