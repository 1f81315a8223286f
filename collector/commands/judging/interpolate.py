"""The command `risk interpolate`: how well the stations of this installation tell each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

import click
import numpy as np

from collector.commands.parts import Parts, plain_errors
from collector.jobs.judging import neighbours
from collector.jobs.judging.field_hours import FieldHours
from collector.store.measured import field_weather
from collector.store.measured.field_weather import FieldWeather
from collector.store.postgres.db import Connection
from models.weather.interpolate import SPREADS
from models.weather.left_out import LeftOut, leave_one_out


@click.command("interpolate")
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def interpolate_command(parts: Parts, days: int, as_json: bool) -> None:
    """Leave each station out and tell it from the others; list fields that live by neighbours.

    Stations are open fields with sensors and imported observations. Exit code 1 when there are
    fewer than two of them.

    \b
    Example:
      nongqing risk interpolate --days 60
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        try:
            limit = neighbours.range_km(conn)
        except neighbours.RangeError as error:
            raise click.ClickException(str(error)) from error
        end = parts.clock().now().replace(minute=0, second=0, microsecond=0)
        errors = {name: left_out(conn, name, days, end, limit) for name in SPREADS}
        fields = field_weather.field_weather(conn)
    found = {name: rows for name, rows in errors.items() if rows}
    if as_json:
        values = {
            "range_km": limit,
            "left_out": {
                name: [asdict(row) | {"station": station} for station, row in rows]
                for name, rows in found.items()
            },
            "fields": [asdict(row) | {"at": row.at.isoformat()} for row in fields],
        }
        click.echo(json.dumps(values))
    else:
        click.echo("\n".join(lines(found, fields, limit)))
    raise SystemExit(0 if found else 1)


def left_out(
    conn: Connection, name: str, days: int, end: datetime, limit: float
) -> list[tuple[str, LeftOut]]:
    """Return what the others within the range make of each station of a quantity."""
    hours = FieldHours(conn, [name], ())
    stations = hours.stations_of(name)
    values = hours.measured(stations, end - timedelta(days=days), end)
    there = np.flatnonzero((~np.isnan(values)).any(axis=0))
    rows = leave_one_out(name, values[:, there], stations.plane[there], range_km=limit)
    return [(stations.names[there[row.station]], row) for row in rows]


def lines(
    found: dict[str, list[tuple[str, LeftOut]]], fields: list[FieldWeather], limit: float
) -> Iterator[str]:
    """Yield the tables as text."""
    if not found:
        yield f"fewer than two stations within {limit:g} km of each other; nothing can be left out"
    else:
        yield (
            f"{'left out':<22} {'quantity':<22} {'km':>5} {'hours':>6} {'bias':>7} {'RMSE':>6} "
            f"{'nearest':>7} {'claimed':>7} {'within':>6}"
        )
    for name, rows in found.items():
        for station, row in rows:
            yield (
                f"{station:<22} {name:<22} {row.nearest_km:5.1f} {row.hours:6d} {row.bias:+7.2f} "
                f"{row.rmse:6.2f} {row.nearest_rmse:7.2f} {row.standard_error:7.2f} "
                f"{row.inside:6.1%}"
            )
    for field in fields:
        error = "" if field.standard_error is None else f" ± {field.standard_error:.2f}"
        origin = field.origin.replace("_", " ")
        near = "" if field.nearest_km is None else f", nearest {field.nearest_km:.1f} km"
        yield f"{field.site}: {field.quantity}: {origin}{error}{near}"
