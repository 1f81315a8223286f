"""How well outlooks of the weather did: forecasts as they were issued, and the account of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg2.extras import Json

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from models.skill.outlooks import LEADS, OutlookRow, Reliability
from models.skill.scores import Contingency
from models.weather.dataset import Array
from models.weather.quality import UNUSABLE

SQL = queries.load("outlook_skill")
_FIRST = date(1970, 1, 1)


@dataclass(frozen=True)
class AsIssued:
    """Forecasts of a quantity at a lead day: hours [h since 1970 UTC], values in its unit."""

    source: str
    quantity: str
    lead: int
    hours: NDArray[np.int64]
    values: Array


def judged_places(conn: Connection, quantities: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return longitude and latitude [degree] of the places that were forecast for."""
    rows = queries.fetch(conn, SQL["judged_places"], quantities=list(quantities))
    return {name: (longitude, latitude) for name, longitude, latitude in rows}


def as_issued(
    conn: Connection, place: str, quantities: Sequence[str], start: datetime, end: datetime
) -> Iterator[AsIssued]:
    """Yield the forecasts of a place for a span, of each hour and lead day the newest."""
    given = {"place": place, "quantities": list(quantities), "start": start, "end": end}
    rows = queries.fetch(conn, SQL["as_issued"], **given, leads=LEADS, unusable=UNUSABLE)
    for source, quantity, lead, hours, values in rows:
        yield AsIssued(source, quantity, lead, np.array(hours, np.int64), np.array(values, float))


def replace_rows(conn: Connection, rows: Iterable[OutlookRow], at: datetime) -> None:
    """Put an account in the place of the one before."""
    queries.run(conn, SQL["drop_rows"])
    queries.put(conn, SQL["put_rows"], [_plain(row, at) for row in rows])


def _plain(row: OutlookRow, at: datetime) -> tuple[object, ...]:
    rain = row.rain
    table = rain and [rain.hits, rain.misses, rain.false_alarms, rain.correct_negatives]
    days = (_FIRST + timedelta(days=each) for each in (row.first, row.last))
    classes = Json([[each.least, each.days, each.wet] for each in row.reliability])
    return (
        *(row.source, row.quantity, row.truth, row.lead, at, row.places, row.pairs, row.weeks),
        *(*days, row.bias, row.mae, row.rmse, row.common, row.score, row.persistence),
        *(row.climatology, row.skill, row.low, row.high, table, classes),
        *(row.same_pairs, row.same_mae),
    )


def rows(conn: Connection) -> list[OutlookRow]:
    """Return the account, by source, quantity, what it is set against and lead day."""
    return [_row(each) for each in queries.fetch(conn, SQL["rows"])]


def _row(found: Sequence[Any]) -> OutlookRow:
    plain = dict(zip((each.name for each in fields(OutlookRow)), found, strict=True))
    if plain["rain"] is not None:
        plain["rain"] = Contingency(*plain["rain"])
    plain["reliability"] = tuple(Reliability(*each) for each in plain["reliability"])
    return OutlookRow(**plain)
