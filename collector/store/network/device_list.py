"""Devices of other makers for a page: what each serves, when it was heard, what was refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from collector.freshness import SILENT_AFTER
from collector.permissions import Grant
from collector.store.network.nodes import reach
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch

SQL = queries.load("device_list")

#: A device that has missed so many of its own steps is silent; unverified.
MISSED = 3


@dataclass(frozen=True)
class Served:
    """A value with the place it stands for; `counter` as in `external_devices.Declared`."""

    name: str
    placement: str
    quantity: str
    height_m: float | None
    unit: str
    factor: float
    counter: int | None
    field_zh: str
    field_en: str
    village: str
    village_zh: str
    village_en: str


@dataclass(frozen=True)
class Refused:
    """Messages, or values of them, that were not taken: why, how often, when last."""

    reason: str
    count: int
    last: datetime


@dataclass(frozen=True)
class Listed:
    """A device. `form`, `newest`: of the newest message that is kept of it."""

    id: str
    network: str | None
    network_kind: str | None
    eui: str | None
    step_s: int
    time_of_receipt: bool
    enrolled: datetime
    enrolled_by: str
    retired: datetime | None
    last_seen: datetime | None
    form: str | None
    newest: datetime | None
    serves: list[Served] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def state(self, at: datetime) -> str:
        """Return retired, never, silent or works, as of a time."""
        if self.retired is not None:
            return "retired"
        if self.last_seen is None:
            return "never"
        most = max(SILENT_AFTER, MISSED * timedelta(seconds=self.step_s))
        return "silent" if at - self.last_seen > most else "works"


def listed(
    conn: Connection, within: Iterable[Grant], since: date, limit: int = 50, offset: int = 0
) -> list[Listed]:
    """Return devices within the reach of grants, by name, those that are retired last.

    Parameters
    ----------
    conn : Connection
    within : iterable of Grant
    since : date
        Refusals of later days are counted.
    limit, offset : int
        How many, after how many.
    """
    there = reach(within)
    rows = fetch(conn, SQL["list"], limit=limit, offset=offset, **there)
    found = {str(row[0]): Listed(*row) for row in rows}
    for device, *rest in fetch(conn, SQL["served"], ids=list(found), **there):
        found[device].serves.append(Served(*rest))
    for device, reason, count, last in fetch(conn, SQL["refused"], ids=list(found), since=since):
        found[device].refused.append(Refused(reason, count, last))
    return list(found.values())
