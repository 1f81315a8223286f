"""The collector's commands: ingest, jobs, db, sites, and risk run."""

from __future__ import annotations

import json
import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import click

from collector import ingest as ingestion
from collector import jobs as scheduling
from collector import tasks
from collector.clock import Clock, ClockSpecError
from collector.keys import MasterKeyError, load_master_key
from collector.running import RunningNoteError
from collector.settings import Settings, SettingsError
from collector.store import db as database
from collector.store import registry, risk
from field_configs import load as loading
from field_configs.schema import ConfigErrors
from models.hazard import STATUS

USED_WRONGLY = 2
LOOK_SECONDS = 0.2


class Parts(Protocol):
    """What the front door hands over."""

    def settings(self) -> Settings:
        """Return the settings of this process."""
        ...

    def clock(self) -> Clock:
        """Return the clock of this installation."""
        ...

    def store(self) -> AbstractContextManager[database.Pool]:
        """Lend a pool of connections to the database."""
        ...


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn errors that a person can mend into one line and an exit code."""
    try:
        yield
    except (SettingsError, ClockSpecError, RunningNoteError, database.UnreadableDsn) as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(USED_WRONGLY) from error
    except (database.StoreError, MasterKeyError, ConfigErrors) as error:
        raise click.ClickException(str(error)) from error


def _log_to_stderr() -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


class _Stop:
    """Notes that SIGINT or SIGTERM came.

    A plain attribute and not an Event: a handler runs in the middle of whatever the main thread
    does, and would wait for ever for the lock of an Event that this thread is looking at.
    """

    def __init__(self) -> None:
        self.wanted = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.wanted = True


@click.command()
@click.pass_obj
def ingest(parts: Parts) -> None:
    """Take in what the nodes send: verify, store, acknowledge. Runs until it is stopped.

    \b
    Example:
      NONGQING_DSN=postgresql://… NONGQING_BROKER=mqtt://… nongqing ingest
    """
    _log_to_stderr()
    with plain_errors(), parts.store() as pool:
        settings = parts.settings()
        broker = settings.need_broker()
        master = load_master_key(settings.state_dir, settings.master_key)
        stop = _Stop()
        with ingestion.running(pool, master, parts.clock(), broker, settings.shared_group) as (
            collector,
            link,
        ):
            click.echo(f"ingest: database {database.place(pool.dsn)}, broker {link.place}")
            while not stop.wanted:
                collector.check()
                time.sleep(LOOK_SECONDS)
    click.echo(f"ingest: stopped; {collector.counters}")


@click.command()
@click.pass_obj
def jobs(parts: Parts) -> None:
    """Run the jobs: roll-up, risk, advisories, silent nodes. Runs until it is stopped.

    Several may be started; one of them works, the others stand by.

    \b
    Example:
      NONGQING_DSN=postgresql://… nongqing jobs
    """
    _log_to_stderr()
    with plain_errors(), parts.store() as pool:
        click.echo(f"jobs: database {database.place(pool.dsn)}, clock {parts.clock().spec()}")
        scheduler = scheduling.scheduler_for(scheduling.Jobs(pool, parts.clock()))
        stop = _Stop()
        scheduler.start()
        while not stop.wanted:
            time.sleep(LOOK_SECONDS)
        scheduler.shutdown()
    click.echo("jobs: stopped")


# Database -------------------------------------------------------------------------------------


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


# Sites ----------------------------------------------------------------------------------------


@click.group()
def sites() -> None:
    """Move villages, fields and nodes between TOML and the registry.

    \b
    Example:
      nongqing sites import --site demo
    """


@sites.command("import")
@click.argument(
    "folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option("--site", default="demo", show_default=True, help="File in sites/, without .toml.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_sites(parts: Parts, folder: Path | None, site: str, as_json: bool) -> None:
    """Take a declared site into the registry; what is there already is brought up to date.

    FOLDER holds regions/, crops/, boards/ and sites/; default: the one that comes with Nongqing.

    \b
    Example:
      nongqing sites import --site demo
    """
    with plain_errors(), parts.store() as pool:
        root = {} if folder is None else {"root": folder}
        configs = loading.load(**root, site=site)
        with pool.connection() as conn:
            counts = registry.import_configs(
                conn, configs, parts.clock().now(), source=f"{folder or 'field_configs'}:{site}"
            )
    if as_json:
        click.echo(json.dumps(counts))
    else:
        words = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items())
        click.echo(f"{site}: {words}")


# Risk -----------------------------------------------------------------------------------------


@click.command("run")
@click.option("--village", help="Only this village's fields.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def risk_run(parts: Parts, village: str | None, as_json: bool) -> None:
    """Compute today's risk of every field, crop and hazard, keep it and print it.

    \b
    Example:
      nongqing risk run --village qf-liuge
    """
    with plain_errors(), parts.store() as pool:
        context = tasks.Context(pool, parts.clock().now())
        for task in (tasks.roll_up, tasks.assess_risk, tasks.issue_advisories):
            task(context)
        with pool.connection() as conn:
            if village is not None and registry.village(conn, village) is None:
                known = ", ".join(row.id for row in registry.villages(conn)) or "none"
                raise click.UsageError(f'no village "{village}" in the registry (known: {known})')
            rows = risk.latest_statuses(conn, village)
    if as_json:
        values = [_status_json(row) for row in rows]
        click.echo(json.dumps(values, ensure_ascii=False, allow_nan=False))
    elif rows:
        click.echo("\n".join(_status_lines(rows)))
    else:
        click.echo("no statuses: no field has a season and a day of data yet")
    raise SystemExit(0 if rows else 1)


def _status_json(row: risk.StatusRow) -> dict[str, Any]:
    values = asdict(row)
    values["status"] = STATUS[row.status]
    return values | {name: values[name].isoformat() for name in ("time", "issued")}


def _status_lines(rows: list[risk.StatusRow]) -> Iterator[str]:
    head = f"{'field':<20} {'crop':<14} {'hazard':<20} {'status':<13} "
    yield f"{head}{'score':>8} {'sure':>5}  missing"
    for row in rows:
        score = "" if row.score is None else f"{row.score:.3f}"
        sure = "" if row.certainty is None else f"{row.certainty:.2f}"
        yield (
            f"{row.site:<20} {row.crop:<14} {row.hazard:<20} {STATUS[row.status]:<13} "
            f"{score:>8} {sure:>5}  {', '.join(row.missing)}"
        )
