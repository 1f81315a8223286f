"""The commands `db`: the schema of the database, its backup and its return."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import click

from collector.commands.parts import Parts, plain_errors
from collector.store.measured import condition
from collector.store.postgres import backup as stored
from collector.store.postgres import db as database
from collector.store.postgres import rights

#: Tables and gaps that are told one by one; JSON has all.
LARGEST = 8


class ProgramParts(Parts, Protocol):
    """What a backup asks for beside."""

    def postgres_programs(self) -> Path | None:
        """Where PostgreSQL's programs lie on a machine that has no others; None: nowhere."""
        ...


@click.group()
def db() -> None:
    """Look after the database: its schema, a backup, a restore.

    \b
    Example:
      nongqing db status
    """


@contextmanager
def _bare_connection(parts: Parts) -> Iterator[database.Connection]:
    with plain_errors():
        conn = database.connect(parts.settings().need_dsn())
        try:
            yield conn
        finally:
            conn.close()


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def migrate(parts: Parts, as_json: bool) -> None:
    """Bring the schema up to date; safe to run twice, or from two machines at once.

    \b
    Example:
      nongqing db migrate
    """
    with _bare_connection(parts) as conn:
        done = database.migrate(conn)
    if as_json:
        click.echo(json.dumps({"applied": done}))
    else:
        click.echo("\n".join(f"applied {name}" for name in done) or "the schema is up to date")


@db.command()
@click.argument("role")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def grant(parts: Parts, role: str, as_json: bool) -> None:
    """Give ROLE the rights that services need, and no others on these tables.

    Run it as who ran `nongqing db migrate`, and again after each migration. ROLE reads and writes
    rows; it cannot make, change or empty tables, nor change what is only ever added to.

    \b
    Example:
      nongqing db grant nongqing_services
    """
    with _bare_connection(parts) as conn, conn:
        given = rights.grant(conn, role)
    if as_json:
        click.echo(json.dumps({"role": role, "tables": given}))
        return
    changing = sum("DELETE" in each for each in given.values())
    kept = len(given) - changing
    click.echo(f"{role}: rows of {changing} tables are read and written, those of {kept} only")
    click.echo("added to or read; next: name it in NONGQING_DSN of ingest, jobs and web")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(parts: Parts, as_json: bool) -> None:
    """Say how the database is; exit 1 when migrations are not in place.

    Migrations, the largest tables, what waits to be done, and boots of nodes of which frames are
    missing though later ones came.

    \b
    Example:
      nongqing db status --json
    """
    with _bare_connection(parts) as conn:
        found = database.status(conn)
        place = database.place(parts.settings().need_dsn())
        told = {} if found.pending else _condition(conn)
    if as_json:
        click.echo(json.dumps({"database": place, **asdict(found), **told}, default=str))
    else:
        click.echo(f"database {place}")
        click.echo(f"PostgreSQL {found.server}, TimescaleDB {found.timescale or 'not in use'}")
        for name in found.applied:
            click.echo(f"applied {name}")
        for name in found.pending:
            click.echo(f"pending {name}; run: nongqing db migrate")
        if told:
            click.echo("\n".join(_lines(told)))
    raise SystemExit(1 if found.pending else 0)


def _condition(conn: database.Connection) -> dict[str, Any]:
    sizes = [asdict(one) for one in condition.sizes(conn)]
    gaps = [asdict(one) for one in condition.gaps(conn)]
    return {"tables": sizes, "lag": asdict(condition.lag(conn)), "gaps": gaps}


def _lines(told: dict[str, Any]) -> Iterator[str]:
    tables, lag, gaps = told["tables"], told["lag"], told["gaps"]
    yield f"{sum(one['bytes'] for one in tables) / 1e6:.1f} MB in {len(tables)} tables"
    for one in tables[:LARGEST]:
        each = f", {one['bytes'] / one['rows']:.0f} bytes a row" if one["rows"] else ""
        yield f"  {one['bytes'] / 1e6:9.1f} MB  {one['table']}{each}"
    yield f"last heard a node: {lag['heard'] or 'never'}"
    waits = f"{lag['waiting_time']} for their time, {lag['waiting_layout']} for their layout"
    yield f"frames that wait: {waits}; dead letters: {lag['dead_letters']}"
    since = f", the oldest of {lag['oldest_hour']}" if lag["hours"] else ""
    yield f"hours to be rolled up: {lag['hours']}{since}"
    yield f"frames missing before later ones: {sum(one['missing'] for one in gaps)}"
    for one in gaps[:LARGEST]:
        node, epoch, boot = one["boot"]
        where = f"{one['missing']} from {one['first']} to {one['newest']}"
        yield f"  {node}, key {epoch}, boot {boot}: {where}"


@db.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def backup(parts: ProgramParts, folder: Path) -> None:
    """Write a backup of the whole database into a new FOLDER, while everything goes on.

    It holds what pg_dump writes, and of every table its rows and a checksum, read at the same
    moment. The keys of nodes in it are worth nothing without the master key: keep that apart.

    \b
    Example:
      nongqing db backup /backups/2016-05-08
    """
    with plain_errors():
        dsn, clock = parts.settings().need_dsn(), parts.clock()
        archive = parts.settings().archive_folder
        made = stored.back_up(dsn, folder, clock.now(), parts.postgres_programs())
    click.echo(f"{len(made.tables)} tables, {made.rows} rows, in {folder}")
    click.echo("the master key is not in it: keep it apart, without it nodes cannot be answered")
    if files := made.tables["frame_archive"][0]:
        click.echo(f"{files} files of old frames are not in it: keep a copy of {archive}")


@db.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def restore(parts: ProgramParts, folder: Path) -> None:
    """Give the backup in FOLDER back to an empty database, all or nothing, and compare checksums.

    \b
    Example:
      nongqing db restore /backups/2016-05-08
    """
    with plain_errors():
        made = stored.restore(parts.settings().need_dsn(), folder, parts.postgres_programs())
    click.echo(f"{len(made.tables)} tables, {made.rows} rows as of {made.taken}")
    click.echo("every checksum is that of the backup")
    click.echo("next: nongqing db status")
