"""Issued risk statuses and advisories."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from itertools import islice
from math import nan
from operator import itemgetter
from typing import Any

from psycopg2.extras import execute_values

from collector.freshness import ANSWER_FRESH
from collector.store.advice.spraying import spans_of
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import plain
from models.advice.advisory import Advisory
from models.advice.spraying import within
from models.hazards.catalogue import unlevelled
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY

SQL = queries.load("risk")
#: A status of the running day stands at its end.
DAY_END = timedelta(days=1)
#: What a kept answer is made of, as the tables and the record name it; the type of each column,
#: since a bare VALUES list has none to go by.
COLUMNS = {
    "site": "text",
    "crop": "text",
    "hazard": "text",
    "time": "timestamptz",
    "issued": "timestamptz",
    "status": "smallint",
    "score": "float8",
    "certainty": "float8",
    "stage_bbch": "float8",
    "stage_source": "text",
    "drivers": "jsonb",
    "missing": "text[]",
    "data_age_h": "float8",
    "inputs_hash": "text",
    "model_version": "text",
    "validated": "boolean",
}
_ROW = "(" + ", ".join(f"%s::{kind}" for kind in COLUMNS.values()) + ")"
#: Answers that are written at a time.
PAGE = 5000


@dataclass(frozen=True, kw_only=True)
class KeptStatus(RiskStatus):
    """An answer as it was kept: when it was issued, and when the forecast behind it was made."""

    issued: datetime
    forecast_issued: datetime | None = None


_FIELDS = [each.name for each in fields(KeptStatus)]
_NUMBERS = [_FIELDS.index(each) for each in ("score", "certainty", "stage_bbch", "data_age_h")]
_DRIVERS, _MISSING = _FIELDS.index("drivers"), _FIELDS.index("missing")


@dataclass(frozen=True)
class VillageWorst:
    """The status that stands for a village; of its hazards the two that are surest."""

    village: str
    status: int
    validated: bool
    hazards: tuple[str, ...]


def with_tuples(row: tuple[Any, ...]) -> list[Any]:
    return [tuple(value) if isinstance(value, list) else value for value in row]


def _json(mapping: Mapping[str, Any]) -> str:
    values = {key: plain(value) for key, value in mapping.items()}
    return json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)


def row_of(status: RiskStatus, issued: datetime) -> tuple[Any, ...]:
    """Return an answer as a row of `COLUMNS`: what is no number is NULL."""
    kept = {"issued": issued, "drivers": _json(status.drivers), "missing": list(status.missing)}
    values = vars(status) | kept
    return tuple(plain(values[name]) for name in COLUMNS)


def statuses_of(cursor: Any) -> list[KeptStatus]:
    """Return the rows of a query as answers: NULL is NaN again, and no drivers are none.

    Columns are told apart by name and may come in any order.
    """
    names = [column.name for column in cursor.description]
    given = {each.name: each.default for each in fields(KeptStatus) if each.name not in names}
    found = [*names, *given]
    in_order = itemgetter(*map(found.index, _FIELDS))
    defaults = tuple(given.values())
    return [_status(list(in_order(row + defaults))) for row in cursor.fetchall()]


def _status(values: list[Any]) -> KeptStatus:
    for number in _NUMBERS:
        if values[number] is None:
            values[number] = nan
    drivers = values[_DRIVERS] or {}
    if None in drivers.values():
        drivers = {key: nan if value is None else value for key, value in drivers.items()}
    values[_DRIVERS] = drivers
    values[_MISSING] = tuple(values[_MISSING])
    # A page has hundreds; the generated __init__ of a frozen class sets each attribute by a call.
    kept = object.__new__(KeptStatus)
    vars(kept).update(zip(_FIELDS, values, strict=True))
    return kept


def pages(statuses: Iterable[RiskStatus]) -> Iterator[list[RiskStatus]]:
    """Yield answers in lists of at most `PAGE`."""
    rest = iter(statuses)
    while page := list(islice(rest, PAGE)):
        yield page


def save_statuses(
    conn: Connection, statuses: Iterable[RiskStatus], issued: datetime
) -> tuple[int, int]:
    """Keep statuses; one that only repeats the newest for its time is kept once.

    Returns
    -------
    int, int
        How many there were, and how many were new.
    """
    said = new = 0
    with conn.cursor() as cur:
        cur.execute(SQL["lock_statuses"])
        for page in pages(statuses):
            rows = [row_of(status, issued) for status in page]
            execute_values(cur, SQL["save_statuses"], rows, _ROW, page_size=len(rows))
            said, new = said + len(rows), new + cur.rowcount
    return said, new


def _statuses(conn: Connection, name: str, **params: Any) -> list[KeptStatus]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return statuses_of(cur)


def latest_statuses(
    conn: Connection, at: datetime, village_id: str | None = None
) -> list[KeptStatus]:
    """Return the newest status of each field, crop and hazard, of a village or of all.

    Parameters
    ----------
    conn : Connection
    at : datetime
        Now, aware; statuses of later days, by a clock that was ahead, do not count.
    village_id : str, optional
    """
    return _statuses(conn, "latest_statuses", village=village_id, until=at + DAY_END)


def newest_status(conn: Connection) -> int:
    """Return a number that grows whenever a status is kept."""
    with conn.cursor() as cur:
        cur.execute(SQL["newest_status"])
        ((number,),) = cur.fetchall()
    return int(number)


def village_worst(
    conn: Connection, gravity: Sequence[int], warnings: Sequence[int], at: datetime
) -> dict[str, VillageWorst]:
    """Return the gravest newest fresh status of each village that has one.

    Hazards of which no level is shown do not count, and what cannot be said because what it reads
    was never measured counts only where there is nothing else.

    Parameters
    ----------
    conn : Connection
    gravity : sequence of int
        For each status code how serious it is.
    warnings : sequence of int
        Codes that go before all others where they were validated.
    at : datetime
        Now, aware.
    """
    params = {
        "gravity": list(gravity),
        "warnings": list(warnings),
        "since": at - ANSWER_FRESH,
        "until": at + DAY_END,
        "unlevelled": sorted(unlevelled()),
        "cannot_say": CANNOT_SAY,
    }
    with conn.cursor() as cur:
        cur.execute(SQL["village_worst"], params)
        rows = [VillageWorst(*with_tuples(row)) for row in cur.fetchall()]
    return {row.village: row for row in rows}


def status_history(
    conn: Connection, site: str, hazard: str, start: datetime, end: datetime
) -> list[KeptStatus]:
    """Return the statuses issued for a field and hazard from `start` to before `end`."""
    return _statuses(conn, "status_history", site=site, hazard=hazard, start=start, end=end)


def save_advisories(conn: Connection, advisories: Iterable[Advisory], at: datetime) -> int:
    """Keep advisories; each ends the current one of its field, crop and hazard.

    Returns
    -------
    int
        How many there are.
    """
    rows = [_advice_row(each) for each in advisories]
    end_advisories(conn, [(row["site"], row["crop"], row["hazard"]) for row in rows], at)
    if rows:
        # One text of all is read by the server in half the time that a list of values takes.
        given = json.dumps(rows, ensure_ascii=False, default=_stated)
        queries.run(conn, SQL["save_advisories"], rows=given)
    return len(rows)


def _advice_row(advice: Advisory) -> dict[str, Any]:
    params = {key: plain(value) for key, value in advice.reason_params.items()}
    return vars(advice) | {"certainty": plain(advice.certainty), "reason_params": params}


def _stated(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else str(value)


def end_advisories(conn: Connection, keys: Sequence[tuple[Any, ...]], at: datetime) -> None:
    """End the current advisories of these (site, crop, hazard)."""
    sites, crops, hazards = ([key[i] for key in keys] for i in range(3))
    params = {"at": at, "sites": sites, "crops": crops, "hazards": hazards}
    with conn.cursor() as cur:
        cur.execute(SQL["end_advisories"], params)


def current_advisories(conn: Connection, village_id: str | None = None) -> list[Advisory]:
    """Return the advisories in force in a village or everywhere, the most serious first."""
    with conn.cursor() as cur:
        cur.execute(SQL["current_advisories"], {"village": village_id})
        rows = cur.fetchall()
    return [advisory_of(row) for row in rows]


def advisory_of(row: tuple[Any, ...]) -> Advisory:
    """Return a row of advice, the hours fit for spraying at its field at the end, as advice."""
    advice = Advisory(*(*row[:-3], tuple(row[-3]), row[-2]))
    told = within(spans_of(row[-1]), advice.actions, advice.window_from, advice.window_to)
    return replace(advice, spraying=told) if told is not None else advice
