"""A season replayed: what would have been said at the end of every local day.

One fold runs over the whole season; day by day it gives the statuses that the hourly job gave at
that time from the hours known then, bit for bit, because both run the same code on the same
hours (see ``models.risk.fold``). Observed stages count from the day on which they were seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import xarray as xr

from models.crops.season import Seasons
from models.risk.answers import RiskStatus, ages_at, begin, records, walk
from models.risk.hazard import Hazard
from models.weather.dataset import prepare


def replay(
    dataset: xr.Dataset,
    seasons: Seasons,
    hazards: Sequence[Hazard],
    *,
    first: date | None = None,
    last: date | None = None,
) -> Iterator[list[RiskStatus]]:
    """Statuses of each local day (UTC+8), as they would have been given when it was over.

    Parameters
    ----------
    dataset
        Hourly data as ``models.weather.dataset`` says, in the vocabulary's units; it should begin
        well before ``first``, so that windows are full.
    seasons, hazards
        What was grown, and what to ask.
    first, last
        Local days to give [d], both included; default: all.

    Yields
    ------
    list of RiskStatus
        Of one day, ordered as `models.risk.answers.assess` orders them.
    """
    data, _ = prepare(dataset)
    fold = begin(data, seasons, hazards)
    for results in walk(fold, data):
        day = fold.day - timedelta(days=1)
        if (first is not None and day < first) or (last is not None and day > last):
            continue
        ages = ages_at(fold, fold.next_hour)
        yield [s for result in results for s in records(fold, result, ages, frozenset())]
