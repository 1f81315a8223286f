"""The water account of fields: their weather by day, waterings, and what is said of each field."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from psycopg2.extras import execute_values

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, put, run
from field_configs.schema import Field
from models.risk.hazard import MEDIUM
from models.weather.dataset import Array
from models.weather.local_days import day_ended

SQL = queries.load("water")
#: What is kept of the weather of a day, in this order [mm, mm, m s-1, %, degC].
KEPT = ("eto", "rain", "wind", "rhmin", "warmth")
#: Answers of hazards are used up to this age.
FRESH = timedelta(days=3)
SOIL, METER = "soil", "meter"


@dataclass(frozen=True)
class Days:
    """Weather of a field by local day from ``first`` on; values (of `KEPT`, day), NaN: unknown."""

    first: date
    values: Array


@dataclass(frozen=True)
class Account:
    """What is said of the water of a field.

    ``level`` is none, soon, now or cannot_say, as of ``today``, a local day. ``advice`` has mm,
    per_mu, total, first, last, water, certainty, depletion, limit, available, reasons as
    ``[code, {name: number}]``, and notes like them, which change nothing. ``days`` has lists from
    the local day ``first`` on [mm].
    """

    field: str
    computed: datetime
    today: date
    level: str
    advice: Mapping[str, Any]
    first: date
    days: Mapping[str, list[float | None]]


@dataclass(frozen=True)
class Watering:
    """A watering that nobody wrote down: ``source`` is `SOIL` or `METER`; amount [mm] or None."""

    field: str
    source: str
    day: date
    amount_mm: float | None
    told_by: str


@dataclass(frozen=True)
class State:
    """What hazards said last of a field: its crop, stage (BBCH, NaN unknown), status by hazard."""

    crop: str
    bbch: float
    status: Mapping[str, int]


def weather(conn: Connection) -> dict[str, Days]:
    """Return the kept weather of fields."""
    return {
        field: Days(first, np.array(rows, dtype=np.float64))
        for field, first, *rows in fetch(conn, SQL["weather"])
    }


def put_weather(conn: Connection, days: Mapping[str, Days]) -> None:
    """Keep the weather of fields; of fields that are not named nothing is kept."""
    run(conn, SQL["end_weather"], fields=list(days))
    rows = [
        (field, each.first, *(queries.array(row.astype(np.float32)) for row in each.values))
        for field, each in days.items()
    ]
    put(conn, SQL["put_weather"], rows)


def put_accounts(conn: Connection, accounts: Iterable[Account]) -> int:
    """Keep what is said of fields in the place of what was said; return of how many."""
    rows = [
        (x.field, x.computed, x.today, x.level, _json(x.advice), x.first, _json(x.days))
        for x in accounts
    ]
    run(conn, SQL["end_accounts"], fields=[row[0] for row in rows])
    put(conn, SQL["put_accounts"], rows)
    return len(rows)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def accounts(
    conn: Connection, *, field: str | None = None, village: str | None = None
) -> list[Account]:
    """Return the accounts of a field, of a village's public fields, or all."""
    return [Account(*row) for row in fetch(conn, SQL["accounts"], field=field, village=village)]


def counts(conn: Connection) -> dict[str, tuple[int, datetime]]:
    """Return how many fields have which level, and when the newest of them was computed."""
    return {level: (count, newest) for level, count, newest in fetch(conn, SQL["counts"])}


def is_wanted(conn: Connection, night: datetime, few: int) -> bool:
    """Tell whether accounts are to be computed anew.

    Parameters
    ----------
    conn : Connection
    night : datetime
        Aware; they are wanted where none was computed since.
    few : int
        Up to so many fields they are wanted always.
    """
    ((found,),) = fetch(conn, SQL["is_wanted"], night=night, few=few)
    return bool(found)


def put_waterings(conn: Connection, found: Sequence[Watering], at: datetime) -> None:
    """Keep waterings that soil moisture or a meter showed.

    Parameters
    ----------
    conn : Connection
    found : sequence of Watering
    at : datetime
        Now, aware.
    """
    rows = [(x.field, x.source, x.day, x.amount_mm, x.told_by, at) for x in found]
    if rows:
        with conn.cursor() as cur:
            execute_values(cur, SQL["put_waterings"], rows)


def waterings(conn: Connection, field: str | None = None) -> list[Watering]:
    """Return the waterings that nobody wrote down, of a field or of all."""
    return [Watering(*row) for row in fetch(conn, SQL["waterings"], field=field)]


def states(conn: Connection, hazards: Collection[str], at: datetime) -> dict[str, State]:
    """Return what some hazards said last of fields, by field.

    Parameters
    ----------
    conn : Connection
    hazards : collection of str
    at : datetime
        Now, aware; what is older than `FRESH` is left out.
    """
    found: dict[str, State] = {}
    rows = fetch(conn, SQL["state"], hazards=list(hazards), since=at - FRESH, until=at)
    for field, crop, hazard, status, bbch in rows:
        before = found.get(field)
        known = {} if before is None or before.crop != crop else dict(before.status)
        stage = float("nan") if bbch is None else float(bbch)
        found[field] = State(crop, stage, known | {hazard: int(status)})
    return found


def wet_days(
    conn: Connection, fields: Collection[str], hazards: Collection[str], at: datetime
) -> dict[tuple[str, str], list[date]]:
    """Return the coming local days on which hazards warn, by field and hazard.

    Parameters
    ----------
    conn : Connection
    fields, hazards : collection of str
    at : datetime
        Now, aware.
    """
    found: dict[tuple[str, str], list[date]] = {}
    given = {"fields": list(fields), "hazards": list(hazards), "warns": MEDIUM, "at": at}
    for site, hazard, end in fetch(conn, SQL["wet_days"], **given):
        found.setdefault((site, hazard), []).append(day_ended(end))
    return found


def field(conn: Connection, field_id: str) -> Field | None:
    """Return any field, people's own without their names; None where there is none."""
    rows = fetch(conn, SQL["field"], field=field_id)
    return Field(*rows[0]) if rows else None


def own_soils(conn: Connection) -> dict[str, str]:
    """Return the soil, in a farmer's word, of the fields of whose keepers somebody said it."""
    return dict(fetch(conn, SQL["private_soils"]))


def say(
    conn: Connection,
    field_id: str,
    texture: str | None,
    method: str | None,
    well: str | None,
    allocation_m3: float | None,
) -> None:
    """Write down what the keeper of a field says of its water; None where they do not know."""
    run(
        conn,
        SQL["say"],
        field=field_id,
        texture=texture,
        method=method,
        well=well,
        allocation_m3=allocation_m3,
    )
