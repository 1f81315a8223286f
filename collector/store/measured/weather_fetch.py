"""What services of weather were asked, what came of it, and when they may be asked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2.extras import Json

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from field_configs.events import Event

SQL = queries.load("weather_fetch")
OK, WAITS, FAILED = "ok", "waits", "failed"
KEPT = timedelta(days=60)


@dataclass(frozen=True)
class Fetch:
    """One time of asking: `places` that answered, what was `new_values` and what was `refused`.

    `not_before` is when the service may be asked again; `why` says what went wrong.
    """

    provider: str
    asked: datetime
    outcome: str
    places: int
    new_values: int
    refused: int
    not_before: datetime
    why: Event | None = None


def put(conn: Connection, fetch: Fetch) -> None:
    """Note what came of asking, and forget what is older than `KEPT`."""
    queries.run(
        conn,
        SQL["put_fetch"],
        provider=fetch.provider,
        asked=fetch.asked,
        outcome=fetch.outcome,
        places=fetch.places,
        new_values=fetch.new_values,
        refused=fetch.refused,
        not_before=fetch.not_before,
        kind=None if fetch.why is None else fetch.why.kind,
        params=Json({} if fetch.why is None else dict(fetch.why.params)),
    )
    queries.run(conn, SQL["prune"], before=fetch.asked - KEPT)


def _fetch(row: tuple[Any, ...]) -> Fetch:
    *plain, kind, said = row
    provider, asked, outcome, places, new, refused, not_before = plain
    why = None if kind is None else Event(kind, said)
    return Fetch(provider, asked, outcome, places, new, refused, not_before, why)


def latest(conn: Connection, provider: str, most: int = 1) -> list[Fetch]:
    """Return the last times that a service was asked, newest first."""
    rows = queries.fetch(conn, SQL["fetches"], provider=provider, most=most)
    return [_fetch(row) for row in rows]


def asked_places(conn: Connection) -> dict[str, tuple[float, float]]:
    """Return longitude and latitude [degree] of the places that forecasts are given for."""
    return {
        name: (longitude, latitude)
        for name, longitude, latitude in queries.fetch(conn, SQL["asked_places"])
    }


def told_places(conn: Connection, source: str, since: datetime, at: datetime) -> set[str]:
    """Return the places for which a source told the hours after `at`, since a moment."""
    rows = queries.fetch(conn, SQL["told_places"], source=source, since=since, at=at)
    return {name for (name,) in rows}
