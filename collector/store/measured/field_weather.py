"""Where fields without a sensor of their own get their weather from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extras import execute_values

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import plain

SQL = queries.load("field_weather")
#: Origin of a quantity, and what is missing, where no station speaks for a field.
NO_STATION = "no_station_near"


@dataclass(frozen=True)
class FieldWeather:
    """Where a quantity of a field without its own sensor comes from.

    `origin` is "interpolated" or "no_station_near"; `standard_error` is that of the newest
    hour, in the quantity's unit.
    """

    site: str
    quantity: str
    origin: str
    nearest_km: float | None
    stations: int
    standard_error: float | None
    at: datetime


def replace_field_weather(conn: Connection, rows: Iterable[FieldWeather]) -> None:
    """Put where fields without sensors get their weather from in the place of what is kept."""
    values = [
        (x.site, x.quantity, x.origin, plain(x.nearest_km), x.stations)
        + (plain(x.standard_error), x.at)
        for x in rows
    ]
    with conn.cursor() as cur:
        cur.execute(SQL["drop_field_weather"])
        if values:
            execute_values(cur, SQL["put_field_weather"], values)


def field_weather(conn: Connection, village_id: str | None = None) -> list[FieldWeather]:
    """Return where fields without a sensor get their weather from, of a village or of all."""
    with conn.cursor() as cur:
        cur.execute(SQL["field_weather"], {"village": village_id})
        return [FieldWeather(*row) for row in cur.fetchall()]
