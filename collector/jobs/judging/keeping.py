"""What the risk job keeps beside what it tells: the outlook as issued, and what came of past days.

What came of a day is noted whenever the job walks over it: once it is over, and again, for the
fields that it reaches, when a change of its weather takes them back. So it is as it is known now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from collector.store import settings_table
from collector.store.advice import risk_kept
from collector.store.advice.risk_kept import Came, Outlook
from collector.store.postgres.db import Connection
from models.risk.answers import RiskStatus
from models.risk.fold import Fold
from models.risk.hazard import CANNOT_SAY, Hazard
from models.risk.judge import Result
from models.weather.local_days import local_day

#: Setting: for how many months outlooks and what came are kept, and so what is judged.
KEEP_MONTHS = "risk_outlooks.keep_months"
#: A year, and the weeks around its end that climatology takes.
DEFAULT_MONTHS = 14


def kept_from(conn: Connection, at: datetime) -> date:
    """Return the first local day that is kept of, by the setting `KEEP_MONTHS`.

    Raises
    ------
    ValueError
        If the setting is no number of months from 1 on.
    """
    months = settings_table.get(conn, KEEP_MONTHS) or str(DEFAULT_MONTHS)
    if not months.isdecimal() or not int(months):
        raise ValueError(f'setting {KEEP_MONTHS}: give whole months, 1 or more, not "{months}"')
    return local_day(at) - timedelta(days=31 * int(months))


class Keeping:
    """Keeps what passes through one run of the risk job.

    Parameters
    ----------
    conn : Connection
    hazards : mapping
        Those in force.
    at : datetime
        Now, aware.
    """

    def __init__(self, conn: Connection, hazards: Mapping[str, Hazard], at: datetime) -> None:
        self._conn = conn
        self._hazards = hazards
        self._at = at
        self._from = kept_from(conn, at)
        self._numbers: dict[str, int] = {}
        self._outlook: Outlook | None = None
        self._sites: tuple[tuple[str, ...], NDArray[np.intp]] = ((), np.empty(0, np.intp))

    def note(self, fold: Fold, results: list[Result]) -> None:
        """Keep what came on the day that a fold has just closed."""
        day = fold.day - timedelta(days=1)
        if day < self._from:
            return
        if self._sites[0] != fold.sites:
            if not self._numbers.keys() >= set(fold.sites):
                self._numbers = risk_kept.number_fields(self._conn)
            places = np.array([self._numbers[site] for site in fold.sites], np.intp)
            self._sites = fold.sites, places
        places = self._sites[1]
        found = [_came(result, places) for result in results]
        risk_kept.put_came(self._conn, day, places, found, self._hazards, self._at)

    def noted(self, coming: Iterable[RiskStatus]) -> Iterator[RiskStatus]:
        """Yield the statuses of coming days as they come, to be kept."""
        self._outlook = Outlook(risk_kept.number_fields(self._conn), self._hazards)
        return self._outlook.noted(coming)

    def keep(self, forecast_issued: Mapping[str, datetime]) -> None:
        """Keep the outlook that has passed `noted`."""
        assert self._outlook is not None
        risk_kept.put_outlook(self._conn, self._outlook, forecast_issued, self._at)


def _came(result: Result, places: NDArray[np.intp]) -> Came:
    scores = None
    if result.hazard.probability:
        scores = np.where(result.status == CANNOT_SAY, np.nan, result.score)
    return Came(result.crop, result.hazard.id, places[result.index], result.status, scores)
