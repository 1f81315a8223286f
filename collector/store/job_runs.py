"""What the jobs did, when, and with what success."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extras import Json

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from field_configs.events import Event

SQL = queries.load("job_runs")

RUNNING, OK, FAILED = "running", "ok", "failed"


@dataclass(frozen=True)
class JobRun:
    """One attempt at a job: `seconds` are real ones, the times are on the system's clock.

    `event` says what it did, or the error; None while it runs.
    """

    job: str
    due: datetime
    attempt: int
    started: datetime
    finished: datetime | None
    outcome: str
    seconds: float | None
    event: Event | None


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall() if cur.description else []


def _run(row: tuple[Any, ...]) -> JobRun:
    job, due, attempt, started, finished, outcome, seconds, kind, params = row
    said = None if kind is None else Event(kind, params)
    return JobRun(job, due, attempt, started, finished, outcome, seconds, said)


def begin(conn: Connection, job: str, due: datetime, attempt: int, started: datetime) -> int:
    """Note that a job begins; return the run's number."""
    ((run,),) = _fetch(conn, "begin", job=job, due=due, attempt=attempt, started=started)
    return int(run)


def finish(
    conn: Connection, run: int, outcome: str, event: Event, finished: datetime, seconds: float
) -> None:
    """Note how a run ended; `event` is what it did, or the error."""
    _fetch(
        conn,
        "finish",
        id=run,
        outcome=outcome,
        kind=event.kind,
        params=Json(dict(event.params)),
        finished=finished,
        seconds=seconds,
    )


def abandon(conn: Connection, at: datetime) -> None:
    """Mark runs that a scheduler left behind when it ended as failed."""
    _fetch(conn, "abandon", at=at)


def latest(conn: Connection) -> list[JobRun]:
    """Return the newest run of each job."""
    return [_run(row) for row in _fetch(conn, "latest")]


def failures(conn: Connection, limit: int = 20) -> list[JobRun]:
    """Return the newest failed runs."""
    return [_run(row) for row in _fetch(conn, "failures", limit=limit)]


def prune(conn: Connection, before: datetime) -> None:
    """Delete runs that started before a time."""
    _fetch(conn, "prune", before=before)
