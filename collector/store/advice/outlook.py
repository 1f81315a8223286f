"""The outlook in force: answers for the coming days, from forecasts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from psycopg2.extras import execute_values

from collector.store.advice.risk import KeptStatus, pages, row_of, statuses_of
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from models.risk.answers import RiskStatus

SQL = queries.load("outlook")


def replace_outlook(
    conn: Connection,
    statuses: Iterable[RiskStatus],
    forecast_issued: Mapping[str, datetime],
    issued: datetime,
) -> int:
    """Put an outlook in the place of the one in force.

    Parameters
    ----------
    conn : Connection
    statuses : iterable of RiskStatus
        Of coming days.
    forecast_issued : mapping
        Field -> when its forecast was made.
    issued : datetime
        Now, aware.

    Returns
    -------
    int
        How many answers it has.
    """
    count = 0
    with conn.cursor() as cur:
        cur.execute(SQL["drop_outlook"])
        for page in pages(statuses):
            rows = [(*row_of(status, issued), forecast_issued[status.site]) for status in page]
            execute_values(cur, SQL["put_outlook"], rows, page_size=len(rows))
            count += len(rows)
    return count


def outlook(conn: Connection, at: datetime, village_id: str | None = None) -> list[KeptStatus]:
    """Return the outlook in force for the days that end after `at`, of a village or of all."""
    with conn.cursor() as cur:
        cur.execute(SQL["outlook"], {"village": village_id, "at": at})
        return statuses_of(cur)
