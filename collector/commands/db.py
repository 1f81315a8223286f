"""The commands `db`: the schema of the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from collector.commands.parts import Parts, plain_errors
from collector.store.postgres import db as database


@click.group()
def db() -> None:
    """Look after the database's schema.

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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(parts: Parts, as_json: bool) -> None:
    """Say which migrations are in place; exit 1 when some are not.

    \b
    Example:
      nongqing db status --json
    """
    with _bare_connection(parts) as conn:
        found = database.status(conn)
        place = database.place(parts.settings().need_dsn())
    if as_json:
        click.echo(json.dumps({"database": place, **asdict(found)}))
    else:
        click.echo(f"database {place}")
        click.echo(f"PostgreSQL {found.server}, TimescaleDB {found.timescale or 'not in use'}")
        for name in found.applied:
            click.echo(f"applied {name}")
        for name in found.pending:
            click.echo(f"pending {name}; run: nongqing db migrate")
    raise SystemExit(1 if found.pending else 0)
