"""Issued risk statuses and advisories."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from math import isfinite, nan
from typing import Any

from psycopg2.extras import execute_values

from collector.store import queries
from collector.store.db import Connection
from models.advice.advisory import Advisory
from models.risk.answers import RiskStatus

SQL = queries.load("risk")
# A bare VALUES list has no column types to go by.
STATUS_ROW = (
    "(%s, %s, %s, %s::timestamptz, %s::timestamptz, %s::smallint, %s::float8, %s::float8, "
    "%s::float8, %s, %s::jsonb, %s::text[], %s::float8, %s, %s, %s::boolean)"
)


@dataclass(frozen=True)
class StatusRow:
    """A status as it was issued: site is a field's id, `issued` when it was computed."""

    site: str
    crop: str
    hazard: str
    time: datetime
    status: int
    score: float | None
    certainty: float | None
    stage_bbch: float | None
    stage_source: str | None
    drivers: Mapping[str, float | None]
    missing: tuple[str, ...]
    data_age_h: float | None
    inputs_hash: str
    model_version: str
    validated: bool
    issued: datetime
    source: str = "measured"


@dataclass(frozen=True)
class VillageWorst:
    """The status that stands for a village; of its hazards the two that are surest."""

    village: str
    status: int
    validated: bool
    hazards: tuple[str, ...]


def plain(value: Any) -> Any:
    """Turn NumPy scalars into Python's, and what JSON has no number for to None."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not isfinite(value) else value


def with_tuples(row: tuple[Any, ...]) -> list[Any]:
    return [tuple(value) if isinstance(value, list) else value for value in row]


def _json(mapping: Mapping[str, Any]) -> str:
    values = {key: plain(value) for key, value in mapping.items()}
    return json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)


def save_statuses(conn: Connection, statuses: Iterable[RiskStatus], issued: datetime) -> int:
    """Keep statuses; one that only repeats the newest for its time is kept once.

    Returns
    -------
    int
        How many were new.
    """
    rows = [
        (x.site, x.crop, x.hazard, x.time, issued, int(x.status), plain(x.score))
        + (plain(x.certainty), plain(x.stage_bbch), x.stage_source, _json(x.drivers))
        + (list(x.missing), plain(x.data_age_h), x.inputs_hash, x.model_version)
        + (bool(x.validated),)
        for x in statuses
    ]
    if not rows:
        return 0
    with conn.cursor() as cur:
        cur.execute(SQL["lock_statuses"])
        execute_values(cur, SQL["save_statuses"], rows, STATUS_ROW, page_size=len(rows))
        return cur.rowcount


def _statuses(conn: Connection, name: str, **params: Any) -> list[StatusRow]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        rows = cur.fetchall()
    return [StatusRow(*with_tuples(row)) for row in rows]


def as_status(row: StatusRow) -> RiskStatus:
    """Return a kept status as the models made it; what was no number is NaN again."""
    values = {f.name: getattr(row, f.name) for f in fields(RiskStatus)}
    for name in ("score", "certainty", "stage_bbch", "data_age_h"):
        values[name] = nan if values[name] is None else values[name]
    values["drivers"] = {k: nan if v is None else v for k, v in row.drivers.items()}
    return RiskStatus(**values)


def latest_statuses(conn: Connection, village_id: str | None = None) -> list[StatusRow]:
    """Return the newest status of each field, crop and hazard, of a village or of all."""
    return _statuses(conn, "latest_statuses", village=village_id)


def newest_status(conn: Connection) -> int:
    """Return a number that grows whenever a status is kept."""
    with conn.cursor() as cur:
        cur.execute(SQL["newest_status"])
        ((number,),) = cur.fetchall()
    return int(number)


def village_worst(
    conn: Connection, gravity: Sequence[int], warnings: Sequence[int], since: datetime
) -> dict[str, VillageWorst]:
    """Return the gravest newest status of each village that has one for `since` or later.

    Parameters
    ----------
    conn : Connection
    gravity : sequence of int
        For each status code how serious it is.
    warnings : sequence of int
        Codes that go before all others where they were validated.
    since : datetime
        Aware; older statuses do not count.
    """
    params = {"gravity": list(gravity), "warnings": list(warnings), "since": since}
    with conn.cursor() as cur:
        cur.execute(SQL["village_worst"], params)
        rows = [VillageWorst(*with_tuples(row)) for row in cur.fetchall()]
    return {row.village: row for row in rows}


def status_history(
    conn: Connection, site: str, hazard: str, start: datetime, end: datetime
) -> list[StatusRow]:
    """Return the statuses issued for a field and hazard from `start` to before `end`."""
    return _statuses(conn, "status_history", site=site, hazard=hazard, start=start, end=end)


def save_advisories(conn: Connection, advisories: Iterable[Advisory], at: datetime) -> int:
    """Keep advisories; each ends the current one of its field, crop and hazard.

    Returns
    -------
    int
        How many there are.
    """
    rows = [
        (x.site, x.crop, x.hazard, int(x.status), plain(x.certainty), x.issued)
        + (x.window_from, x.window_to, x.reason_key, _json(x.reason_params))
        + (list(x.actions), bool(x.draft), _hours_json(x.spraying))
        for x in advisories
    ]
    end_advisories(conn, [row[:3] for row in rows], at)
    if rows:
        with conn.cursor() as cur:
            execute_values(cur, SQL["save_advisories"], rows, page_size=len(rows))
    return len(rows)


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
    return [Advisory(*with_tuples((*row[:-1], _hours(row[-1])))) for row in rows]


def _hours_json(hours: tuple[tuple[datetime, datetime], ...] | None) -> str | None:
    if hours is None:
        return None
    return json.dumps([[begin.isoformat(), end.isoformat()] for begin, end in hours])


def _hours(kept: list[list[str]] | None) -> tuple[tuple[datetime, datetime], ...] | None:
    if kept is None:
        return None
    return tuple((datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in kept)
