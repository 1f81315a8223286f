"""Field works: sprays, irrigations and what else is done in a field, as people recorded them."""

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
SPRAY, IRRIGATION = "spray", "irrigation"
HARVEST, FERTILISING = "harvest", "fertilising"
KINDS = (SPRAY, IRRIGATION, FERTILISING, "weeding", HARVEST, "other")


@dataclass(frozen=True)
class FieldWork:
    """What was done in a field on a local day.

    ``recorded_by`` is who says so; ``done`` is false where an earlier record is taken back;
    ``product``, ``target`` and ``dose`` are free text; ``amount_mm`` is of an irrigation [mm], None
    where nobody knows; ``origin`` tells where the record came from, as file:line or a person;
    ``area_ha`` is how much of the field [ha], None for all of it; ``interval_d`` how long nothing
    may be harvested after a spray [d], by the product's label. ``entry`` names a record of a
    diary, of which a day may have several; it is empty in files.
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
    dose: str = ""
    area_ha: float | None = None
    interval_d: int | None = None
    entry: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it the same record as another."""
        return self.field, self.kind, self.date, self.recorded_by

    @property
    def content(self) -> tuple[object, ...]:
        """What it says, its origin apart."""
        said = self.done, self.product, self.target, self.amount_mm, self.note
        return *said, self.dose, self.area_ha, self.interval_d


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


def write(conn: Connection, work: FieldWork, received: datetime) -> None:
    """Keep a record of a diary; it takes the place of the one of the same `entry`.

    Parameters
    ----------
    conn : Connection
    work : FieldWork
        With an `entry`.
    received : datetime
        Aware.
    """
    assert work.entry, "a record without an entry is that of a file: put it"
    with conn.cursor() as cur:
        execute_values(cur, SQL["put"], [(*astuple(work), received)])


def diary(conn: Connection, field: str) -> list[FieldWork]:
    """Return the works in force of one field, the newest first."""
    return [FieldWork(*row) for row in fetch(conn, SQL["diary"], field=field)]


def recorded(conn: Connection, village: str | None = None) -> list[FieldWork]:
    """Return the works in force of a village or of all, the oldest first.

    Parameters
    ----------
    conn : Connection
    village : str, optional
    """
    return [FieldWork(*row) for row in fetch(conn, SQL["recorded"], village=village)]
