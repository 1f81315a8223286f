"""The command `import`: scouting reports, field works and weather from files."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import click

from collector.commands.actor import by_command
from collector.commands.parts import Parts, moment, plain_errors
from collector.commands.progress import progress
from collector.files.given import Given
from collector.files.imported import Imported, Named
from collector.files.scouting import import_scouting
from collector.files.streamed import Progress
from collector.files.templates import KINDS, template
from collector.files.weather import import_weather, is_document
from collector.files.works import import_works
from collector.store import audit
from collector.store.advice import ledger
from collector.store.measured.weather import Kind
from collector.store.postgres.db import Connection
from field_configs.words import LANGUAGES
from models.sheets.header import find_columns
from models.sheets.lines import Sheet
from models.sheets.refused import SheetError, file_name

MOST_SHOWN = 20


def kind_of(file: Path, kind: str | None) -> str:
    """Return what a file holds: what was said, else what its name or first line tells.

    Raises
    ------
    SheetError
        When it cannot be read.
    click.UsageError
        When it may be a forecast as well as observed weather.
    """
    if kind is not None:
        return kind
    if is_document(file):
        return "forecast"
    columns = find_columns(Sheet(file), ("time", "hazard", "work"), ()).place
    if "work" in columns:
        return "works"
    if "time" in columns and "hazard" not in columns:
        raise click.UsageError(
            f"{file_name(file)} holds weather: say --kind forecast or --kind observed"
        )
    return "scouting"


@click.command("import")
@click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False
)
@click.option("--kind", type=click.Choice(KINDS), help="What it holds [found out if it is clear].")
@click.option("--source", default="file", show_default=True, help="Who says so: a service's name.")
@click.option("--issued", callback=moment, help="When a forecast was made [now].")
@click.option("--place", help="Village, field or station of a file that does not name one.")
@click.option("--new-place", is_flag=True, help="The place is a new station.")
@click.option("--template", "sample", type=click.Choice(KINDS), help="Print a file to start from.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh_CN", help="Of the template.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_(
    parts: Parts,
    file: Path | None,
    kind: str | None,
    source: str,
    issued: datetime | None,
    place: str | None,
    new_place: bool,
    sample: str | None,
    lang: str,
    as_json: bool,
) -> None:
    """Take in a file: scouting reports, field works, weather (CSV or IPM Decisions).

    Each line or cell that cannot be taken in is named, kept and passed over. Exit code 1 when
    some were refused; the rest is in. The newest file counts: a value that differs from one that
    is there takes its place, and is named. On a terminal a bar shows how far weather is.

    \b
    Examples:
      nongqing import --template scouting > scouting.csv
      nongqing import scouting.csv
      nongqing import works.csv
      nongqing import weather.json --place qf-liuge --source yr
      nongqing import forecast.csv --kind forecast --source cma --issued 2016-05-01T08:00+08:00
      nongqing import stations.csv --kind observed --source cma
    """
    if sample is not None:
        click.echo(template(sample, lang), nl=False)
        return
    if file is None:
        raise click.UsageError("give a FILE, or --template KIND for one to start from")
    with plain_errors():
        try:
            kind = kind_of(file, kind)
        except SheetError as error:
            raise click.UsageError(str(error)) from error
        with parts.store() as pool, pool.connection() as conn:
            now = parts.clock().now()
            given = Given(cast(Kind, kind), source, now, issued, place, new_place)
            with progress(file_name(file), quiet=as_json) as share:
                done = take(conn, file, kind, given, share)
            if not isinstance(done, SheetError):
                told = {"kind": kind, "source": source, "new": done.new}
                told["refused"] = done.refused.total
                actor = by_command("import")
                audit.append(conn, actor, "file_imported", file_name(file), told, at=now)
    if isinstance(done, SheetError):
        raise click.UsageError(str(done)) from done
    if as_json:
        click.echo(json.dumps(as_plain(done), ensure_ascii=False))
    else:
        tell(done, file_name(file))
    raise SystemExit(1 if done.refused.total else 0)


def take(
    conn: Connection, file: Path, kind: str, given: Given, told: Progress | None = None
) -> Imported | SheetError:
    """Take a file in; where all of it is refused, keep that on record and return why."""
    try:
        if kind == "scouting":
            return import_scouting(conn, file, given.now)
        if kind == "works":
            return import_works(conn, file, given.now)
        return import_weather(conn, file, given, told)
    except SheetError as error:
        ledger.put_refused(conn, kind, [error.refused], given.now)
        return error


def as_plain(done: Imported) -> dict[str, Any]:
    """Return what became of a file for JSON; counts are of all lines, lists name the first."""
    lists = {"corrected": done.corrected, "same": done.same, "refused": done.refused}
    return {
        "new": done.new,
        **{name: lines.plain() for name, lines in lists.items()},
        "counts": {name: lines.total for name, lines in lists.items()},
        "notes": Named.all(done.notes).plain(),
    }


def tell(done: Imported, name: str) -> None:
    """Print what was passed over, each by its line, and how many lines there were of each."""
    show(Named.all(done.notes))
    show(done.same)
    show(done.corrected)
    show(done.refused)
    corrected = f" {done.corrected.total} corrected," if done.corrected.total else ""
    click.echo(
        f"{name}: {done.new} new,{corrected} {done.same.total} there already, "
        f"{done.refused.total} refused"
    )


def show(lines: Named) -> None:
    """Print the first lines to standard error, and how many there are more."""
    for each in lines.first[:MOST_SHOWN]:
        click.echo(str(each), err=True)
    if lines.total > MOST_SHOWN:
        click.echo(
            f"and {lines.total - MOST_SHOWN} more; --json names them all"
            if lines.total <= len(lines.first)
            else f"and {lines.total - MOST_SHOWN} more; --json names the first {len(lines.first)}",
            err=True,
        )
