"""Field works: sprays and irrigations, as people recorded them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

from psycopg2.extras import execute_values

from collector.store.advice.newest import Kept, sort_out
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch
from field_configs.events import event

SQL = queries.load("works")
SPRAY, IRRIGATION = KINDS = ("spray", "irrigation")


@dataclass(frozen=True)
class FieldWork:
    """A spray or an irrigation of a field on a local day.

    ``recorded_by`` is who says so; ``done`` is false where an earlier record is taken back;
    ``product`` and ``target`` are free text; ``amount_mm`` is of an irrigation [mm], None where
    nobody knows; ``origin`` tells where the record came from, as file:line.
    """

    field: str
    kind: str
    date: date
    recorded_by: str
    done: bool
    product: str
    target: str
    amount_mm: float | None
    note: str
    origin: str

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it the same record as another."""
        return self.field, self.kind, self.date, self.recorded_by

    @property
    def content(self) -> tuple[object, ...]:
        """What it says, its origin apart."""
        return self.done, self.product, self.target, self.amount_mm, self.note


def put(conn: Connection, works: Sequence[FieldWork], received: datetime) -> Kept:
    """Keep records of works; the newest of a person, field, kind and day counts.

    Parameters
    ----------
    conn : Connection
    works : sequence of FieldWork
    received : datetime
        Aware.
    """

    def kept_of(keys: list[tuple[Any, ...]]) -> dict[tuple[Any, ...], FieldWork]:
        rows = execute_values(cur, SQL["kept"], keys, fetch=True)
        return {(w := FieldWork(*row)).key: w for row in rows}

    with conn.cursor() as cur:
        found = sort_out(works, kept_of, lambda other: event("work_contradicts", other=other))
        if found.taken:
            execute_values(cur, SQL["put"], [(*astuple(w), received) for w in found.taken])
    return found.kept


def recorded(conn: Connection, village: str | None = None) -> list[FieldWork]:
    """Return the works in force of a village or of all, the oldest first.

    Parameters
    ----------
    conn : Connection
    village : str, optional
    """
    return [FieldWork(*row) for row in fetch(conn, SQL["recorded"], village=village)]
