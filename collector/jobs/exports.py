"""The job that writes the files people asked for, one after the other, and removes old ones."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from collector.clock import SystemClock
from collector.exports import kept, making
from collector.exports.making import Nothing, TooMany
from collector.jobs.context import Context, Job
from collector.store.advice import export_requests as requests
from collector.store.advice import exports
from collector.store.advice.export_requests import ExportRequest
from collector.store.postgres.db import Connection, DatabaseDown, Pool
from field_configs.events import Event, event

#: How far it is, is told so often [s].
TELL_SECONDS = 1.0
CLOCK = SystemClock()

log = logging.getLogger("nongqing.exports")


class Stopping(Exception):  # noqa: N818 - named for what happens
    """The process is about to end."""


class NotOurs(Exception):  # noqa: N818 - named for what happened
    """Another process has taken the file up."""


@dataclass
class Writing:
    """A file that is being written: says how far it is, and whether to go on.

    Attributes
    ----------
    pool : Pool
        Beside the connection that rows are read by.
    taken : ExportRequest
    context : Context
    state_dir : Path
    total : int
        Rows there are.
    """

    pool: Pool
    taken: ExportRequest
    context: Context
    state_dir: Path
    total: int = 0
    told: float = 0.0

    def __call__(self, done: int) -> None:
        """Say that so many rows are done.

        Raises
        ------
        Stopping
            When the process is about to end.
        NotOurs
            When another process has taken it up.
        OSError
            When the disk is about to be full.
        """
        if self.context.stopping.is_set():
            raise Stopping
        if time.monotonic() < self.told + TELL_SECONDS:
            return
        kept.prove_room(self.state_dir)
        with self.pool.connection() as conn:
            if not requests.note(conn, self.taken, done, self.total):
                raise NotOurs
        self.told = time.monotonic()


def _write(conn: Connection, writing: Writing) -> None:
    """Write a file whole and say that it is there."""
    taken, order = writing.taken, writing.taken.order
    kept.prove_room(writing.state_dir)
    exports.one_look(conn)
    writing.total = making.total(conn, order)
    writing(0)
    path = kept.path_of(writing.state_dir, taken)
    with kept.new_file(path) as file:
        rows = making.write(conn, order, file, writing.context.now, writing)
        size = file.seek(0, 2)
    with writing.pool.connection() as other:
        if not requests.finish(other, taken, rows, size, CLOCK.now()):
            path.unlink()
            raise NotOurs


def _attempt(writing: Writing) -> bool:
    """Write a file; return whether it is there. What goes wrong is kept for who asked."""
    reason = "error"
    try:
        with writing.pool.connection() as conn:
            _write(conn, writing)
        return True
    except (DatabaseDown, NotOurs):
        raise
    except Stopping:
        with writing.pool.connection() as conn:
            requests.put_back(conn, writing.taken)
        raise
    except Nothing:
        reason = "nothing"
    except TooMany:
        reason = "too_many"
    except Exception as error:
        if isinstance(error, OSError) and error.errno in kept.NO_ROOM:
            reason = "no_room"
        log.exception("export %d", writing.taken.id)
    with writing.pool.connection() as conn:
        requests.fail(conn, writing.taken, reason)
    return False


def write_exports(context: Context) -> Event:
    """Write every file that waits, and remove those whose time is over.

    One process at a time runs a job, and one file is written at a time: what is running when this
    begins was cut off.
    """
    written, failed = 0, 0
    if context.settings is None:
        return event("exports_written", written=written, failed=failed)
    state_dir = context.settings.state_dir
    # Connections of its own: reading takes minutes, and other jobs share the pool's few.
    pool = Pool(context.pool.dsn, 2)
    try:
        with pool.connection() as conn:
            requests.take_up(conn)
            requests.expire(conn, CLOCK.now())
            files = requests.kept(conn)
        kept.sweep(state_dir, files)
        while not context.stopping.is_set():
            with pool.connection() as conn:
                taken = requests.take_next(conn)
            if taken is None:
                break
            good = _attempt(Writing(pool, taken, context, state_dir))
            written, failed = written + good, failed + (not good)
    except (Stopping, NotOurs) as why:
        log.info("exports end here: %s", type(why).__name__)
    finally:
        pool.close()
    return event("exports_written", written=written, failed=failed)


def _is_wanted(context: Context) -> bool:
    with context.pool.connection() as conn:
        return requests.anything_to_do(conn, CLOCK.now())


JOBS = (Job("exports", timedelta(seconds=5), write_exports, wanted=_is_wanted),)
