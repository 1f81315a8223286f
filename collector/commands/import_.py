"""The command `import`: scouting reports, forecasts and other stations' weather from files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import cast

import click

from collector.commands.parts import Parts, plain_errors
from collector.files.scouting import Imported, ScoutingFileError, import_scouting
from collector.files.weather import Given, WeatherFileError, import_weather
from collector.store.ledger import Refused
from collector.store.weather import Kind

KINDS = ("scouting", "forecast", "observed")
MOST_SHOWN = 20


def kind_of(file: Path, kind: str | None) -> str:
    """Return what a file holds: what was said, else what its name or first line tells.

    Raises
    ------
    click.UsageError
        When it may be a forecast as well as observed weather.
    """
    if kind is not None:
        return kind
    if file.suffix.lower() == ".json":
        return "forecast"
    with file.open("rb") as stream:
        first = stream.readline().decode("utf-8", "replace").lower()
    if "place" in first and "time" in first:
        raise click.UsageError(f"{file.name} holds weather: say --kind forecast or --kind observed")
    return "scouting"


def moment(context: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:
    """Read a time with its zone from the command line."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise click.BadParameter(
            f'"{text}" is no time with zone; write 2016-05-01T08:00+08:00', context, parameter
        )
    return found


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--kind", type=click.Choice(KINDS), help="What it holds [found out if it is clear].")
@click.option("--source", default="file", show_default=True, help="Who says so: a service's name.")
@click.option("--issued", callback=moment, help="When a forecast was made [now].")
@click.option("--place", help="Village, field or station that a JSON file is for.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_(
    parts: Parts,
    file: Path,
    kind: str | None,
    source: str,
    issued: datetime | None,
    place: str | None,
    as_json: bool,
) -> None:
    """Take in a file: scouting reports (CSV), forecast or observed weather (CSV, IPM Decisions).

    Each line that cannot be taken in is named, kept and passed over. Exit code 1 when lines were
    refused; the others are in.

    \b
    Examples:
      nongqing import scouting.csv
      nongqing import weather.json --place qf-liuge --source yr
      nongqing import forecast.csv --kind forecast --source cma --issued 2016-05-01T08:00+08:00
      nongqing import stations.csv --kind observed --source cma
    """
    kind = kind_of(file, kind)
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        now = parts.clock().now()
        try:
            if kind == "scouting":
                done = import_scouting(conn, file, now)
            else:
                given = Given(cast(Kind, kind), source, now, issued, place)
                done = import_weather(conn, file, given)
        except (ScoutingFileError, WeatherFileError) as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False))
    else:
        tell(done, file.name)
    raise SystemExit(1 if done.refused else 0)


def tell(done: Imported, name: str) -> None:
    """Print what was passed over, each by its line, and how many lines there were of each."""
    show(done.same)
    show(done.refused)
    click.echo(
        f"{name}: {done.new} new, {len(done.same)} there already, {len(done.refused)} refused"
    )


def show(lines: Iterable[Refused]) -> None:
    """Print the first lines to standard error, and how many there are more."""
    kept = list(lines)
    for each in kept[:MOST_SHOWN]:
        click.echo(str(each), err=True)
    if len(kept) > MOST_SHOWN:
        click.echo(f"and {len(kept) - MOST_SHOWN} more; --json names them all", err=True)
