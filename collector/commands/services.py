"""The collector's commands: ingest, jobs, db, sites, and risk run."""

from __future__ import annotations

import logging
import signal
import sys
import time
from types import FrameType

import click

from collector.commands.parts import Parts, plain_errors
from collector.ingest.service import look_for_garbage_seldom, started
from collector.jobs import schedule as scheduling
from collector.keys import load_master_key
from collector.store.postgres import db as database

USED_WRONGLY = 2
LOOK_SECONDS = 0.2


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
        look_for_garbage_seldom()
        with started(
            pool,
            master,
            parts.clock(),
            broker,
            settings.shared_group,
            settings.broker_tls,
            settings.state_dir,
        ) as (collector, link):
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
        scheduler = scheduling.Scheduler(
            scheduling.Jobs(pool, parts.clock(), settings=parts.settings())
        )
        stop = _Stop()
        scheduler.start()
        while not stop.wanted:
            time.sleep(LOOK_SECONDS)
        scheduler.shutdown()
    click.echo("jobs: stopped")
