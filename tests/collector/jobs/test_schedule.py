"""The scheduler on a clock of the tests, with a real database."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from collector.jobs import region
from collector.jobs.context import Context, Job
from collector.jobs.declared import declared_jobs
from collector.jobs.schedule import RETRY_SECONDS, Jobs, Runner, Scheduler
from collector.store import job_runs
from collector.store.network import server_clock
from collector.store.postgres.db import DatabaseDown, Pool
from field_configs.events import Event, event
from tests.collector.conftest import NOW, FixedClock

if TYPE_CHECKING:
    from collector.store.postgres import db
    from tests.conftest import Server

HOURLY = timedelta(hours=1)


class Stopwatch:
    """Real time of the tests."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def latest(conn: db.Connection) -> dict[str, job_runs.JobRun]:
    with conn:
        return {run.job: run for run in job_runs.latest(conn)}


def counting(fail: int = 0) -> tuple[list[datetime], Callable[[Context], str]]:
    """A job's function that notes its times and fails the first times."""
    times: list[datetime] = []

    def function(context: Context) -> Event:
        times.append(context.now)
        if len(times) <= fail:
            raise ValueError(f"no luck {len(times)}")
        return event("job_waits", detail=f"run {len(times)}")

    return times, function


@pytest.mark.parametrize(
    ("now", "due"),
    [("12:00", "11:10"), ("12:09:59", "11:10"), ("12:10", "12:10"), ("13:00", "12:10")],
)
def test_due_times_follow_the_clock(now: str, due: str) -> None:
    job = Job("x", HOURLY, lambda context: event("rolled_up", hours=0), timedelta(minutes=10))
    day = "2016-05-01T"
    found = job.due(datetime.fromisoformat(day + now).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(day + due).replace(tzinfo=UTC)


def test_a_job_runs_once_for_each_due_time(pool: Pool, conn: db.Connection) -> None:
    clock = FixedClock(NOW)
    times, function = counting()
    runner = Runner(Job("x", HOURLY, function), pool, clock)
    for minutes in (0, 30, 59, 60, 61):
        clock.moment = NOW + timedelta(minutes=minutes)
        runner.tick()
    assert times == [NOW, NOW + HOURLY]
    run = latest(conn)["x"]
    assert (run.due, run.attempt, run.outcome, str(run.event)) == (
        NOW + HOURLY,
        1,
        "ok",
        "waits: run 2",
    )
    assert run.seconds is not None


def test_due_times_that_passed_unseen_are_made_up_for_once(pool: Pool) -> None:
    clock = FixedClock(NOW)
    times, function = counting()
    runner = Runner(Job("x", HOURLY, function), pool, clock)
    runner.tick()
    clock.moment = NOW + timedelta(days=3)
    runner.tick()
    runner.tick()
    assert len(times) == 2


def test_what_was_done_for_a_time_that_has_not_come_is_void(pool: Pool) -> None:
    """A clock that is set back an hour stops nothing, and one that was set forward only once."""
    clock = FixedClock(NOW)
    times, function = counting()
    second, after = counting()
    jobs = Jobs(pool, clock, (Job("x", HOURLY, function), Job("y", HOURLY, after, after="x")))
    jobs.leading = True
    for moved in (0, -60, -59, 90 * 24 * 60, 90 * 24 * 60 + 1, 0):
        clock.moment = NOW + timedelta(minutes=moved)
        for runner in jobs.runners:
            jobs.tick(runner)
    assert times == [NOW, NOW - HOURLY, NOW + timedelta(days=90), NOW]
    assert second == times


def test_jobs_rest_while_the_clock_is_in_doubt(
    pool: Pool, conn: db.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    times, function = counting()
    jobs = Jobs(pool, FixedClock(NOW), (Job("x", HOURLY, function),))
    for received, host, doubt, runs in (
        (NOW, socket.gethostname(), "stepped", 0),
        (NOW + timedelta(minutes=2), "another", "", 0),
        (NOW, "another", "stepped", 1),
    ):
        with conn, conn.cursor() as cur:
            cur.execute("DELETE FROM server_clock")
            server_clock.put(conn, host, received, doubt)
        jobs.elect()
        jobs.tick(jobs.runners[0])
        assert len(times) == runs, host
    jobs.election.resign()
    assert "it was set while the collector ran" in caplog.text
    assert "behind the time at which messages came in earlier" in caplog.text


def test_a_job_that_is_not_wanted_passes_its_round_over_and_leaves_no_record(
    pool: Pool, conn: db.Connection
) -> None:
    clock, watch, waiting = FixedClock(NOW), Stopwatch(), [False]
    times, function = counting()
    asked: list[datetime] = []

    def wanted(context: Context) -> bool:
        asked.append(context.now)
        if len(asked) == 3:
            raise DatabaseDown(pool.dsn, "gone")
        return waiting[0]

    runner = Runner(Job("x", HOURLY, function, wanted=wanted), pool, clock, watch)
    runner.tick()
    runner.tick()
    assert (asked, latest(conn)) == ([NOW], {})
    clock.moment, waiting[0] = NOW + HOURLY, True
    runner.tick()
    assert times == [clock.moment]
    clock.moment += HOURLY
    runner.tick()  # the database is away
    watch.seconds = RETRY_SECONDS[0] - 0.1
    runner.tick()
    assert len(asked) == 3
    watch.seconds = RETRY_SECONDS[0]
    runner.tick()
    assert times == [NOW + HOURLY, NOW + 2 * HOURLY]
    assert latest(conn)["x"].attempt == 2


def test_a_failed_job_is_recorded_and_tried_again_later(
    pool: Pool, conn: db.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    clock, watch = FixedClock(NOW), Stopwatch()
    times, function = counting(fail=2)
    runner = Runner(Job("x", HOURLY, function), pool, clock, watch)
    runner.tick()
    run = latest(conn)["x"]
    assert (run.outcome, str(run.event)) == ("failed", "error: ValueError: no luck 1")
    runner.tick()
    assert len(times) == 1
    watch.seconds += RETRY_SECONDS[0]
    runner.tick()
    watch.seconds += RETRY_SECONDS[0]
    runner.tick()
    assert len(times) == 2
    watch.seconds += RETRY_SECONDS[1]
    runner.tick()
    run = latest(conn)["x"]
    assert (run.outcome, run.attempt, str(run.event)) == ("ok", 3, "waits: run 3")
    with conn:
        assert [str(f.event) for f in job_runs.failures(conn)] == [
            "error: ValueError: no luck 2",
            "error: ValueError: no luck 1",
        ]
    assert "job x failed" in caplog.text


def test_a_failing_job_takes_no_other_down(pool: Pool, conn: db.Connection) -> None:
    _, bad = counting(fail=99)
    times, good = counting()
    jobs = Jobs(pool, FixedClock(NOW), (Job("bad", HOURLY, bad), Job("good", HOURLY, good)))
    jobs.elect()
    for runner in jobs.runners:
        jobs.tick(runner)
    assert {name: run.outcome for name, run in latest(conn).items()} == {
        "bad": "failed",
        "good": "ok",
    }
    assert len(times) == 1
    jobs.election.resign()


def test_a_job_waits_for_the_one_before_it(pool: Pool) -> None:
    _, bad = counting(fail=99)
    times, function = counting()
    jobs = Jobs(
        pool,
        FixedClock(NOW),
        (Job("second", HOURLY, function, after="first"), Job("first", HOURLY, bad)),
    )
    jobs.elect()
    second, first = jobs.runners
    jobs.tick(second)
    assert times == []
    jobs.tick(first)
    jobs.tick(second)
    assert len(times) == 1
    jobs.election.resign()


def test_one_of_two_processes_leads_and_the_other_takes_over(dsn: str, pool: Pool) -> None:
    times, function = counting()
    clock = FixedClock(NOW)
    table = (Job("x", HOURLY, function),)
    first, other = Jobs(pool, clock, table), Jobs(Pool(dsn), clock, table)
    for jobs in (first, other):
        jobs.elect()
        jobs.tick(jobs.runners[0])
    assert (first.leading, other.leading) == (True, False)
    assert len(times) == 1
    first.election.resign()
    # The server notices a closed connection a moment later.
    deadline = time.monotonic() + 10
    while not other.leading and time.monotonic() < deadline:
        other.elect()
    assert other.leading
    other.election.resign()
    other.pool.close()


def test_the_lead_is_lost_with_the_connection_and_won_again(
    pool: Pool, conn: db.Connection
) -> None:
    jobs = Jobs(pool, FixedClock(NOW), ())
    jobs.elect()
    assert jobs.leading
    with conn, conn.cursor() as cur:
        cur.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks "
            "WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        )
    jobs.elect()
    assert not jobs.leading
    jobs.elect()
    assert jobs.leading
    jobs.election.resign()


def test_runs_that_were_left_behind_are_marked_as_failed(pool: Pool, conn: db.Connection) -> None:
    with conn:
        job_runs.begin(conn, "x", NOW, 1, NOW)
    jobs = Jobs(pool, FixedClock(NOW), ())
    jobs.elect()
    run = latest(conn)["x"]
    assert (run.outcome, run.finished) == ("failed", NOW)
    assert "ended before the job did" in str(run.event)
    jobs.election.resign()


def test_a_database_that_is_down_delays_jobs(caplog: pytest.LogCaptureFixture) -> None:
    from collector.one_machine.embedded import free_port

    pool = Pool(f"postgresql://nobody@127.0.0.1:{free_port()}/fields")
    jobs = Jobs(pool, FixedClock(NOW), ())
    jobs.elect()
    assert not jobs.leading
    watch = Stopwatch()
    times, function = counting()
    runner = Runner(Job("x", HOURLY, function), pool, FixedClock(NOW), watch)
    runner.tick()
    assert (times, runner.done, runner.not_before) == ([], None, RETRY_SECONDS[0])
    assert "point NONGQING_DSN to one that runs" in caplog.text
    with pytest.raises(DatabaseDown), pool.connection():
        pass


def test_an_election_that_fails_is_tried_later_and_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from collector.one_machine.embedded import free_port

    watch = Stopwatch()
    pool = Pool(f"postgresql://nobody@127.0.0.1:{free_port()}/fields")
    jobs = Jobs(pool, FixedClock(NOW), (), watch)
    for second in range(60):
        watch.seconds = float(second)
        jobs.elect()
    assert len(caplog.records) == 7, "at 0, 1 (at once again), 3, 8, 23, 38 and 53 s"


def test_a_schema_that_is_wanting_is_no_traceback(
    postgres: Server, caplog: pytest.LogCaptureFixture
) -> None:
    pool = Pool(postgres.create())
    jobs = Jobs(pool, FixedClock(NOW), ())
    jobs.elect()
    assert not jobs.leading
    jobs.election.resign()
    Runner(Job("x", HOURLY, counting()[1]), pool, FixedClock(NOW)).tick()
    pool.close()
    assert [record.exc_info for record in caplog.records] == [None, None]
    for record in caplog.records:
        assert "the schema is not in place; run `nongqing db migrate`" in record.message


def test_a_job_that_finds_the_database_gone_is_no_traceback(
    pool: Pool, conn: db.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    def function(context: Context) -> Event:
        raise DatabaseDown(pool.dsn, "gone")

    Runner(Job("x", HOURLY, function), pool, FixedClock(NOW)).tick()
    (record,) = caplog.records
    assert record.exc_info is None
    assert latest(conn)["x"].outcome == "failed"


def test_the_scheduler_runs_jobs_until_it_is_shut_down(pool: Pool, conn: db.Connection) -> None:
    done = threading.Event()

    def function(context: Context) -> Event:
        done.set()
        return event("job_waits", detail="ran")

    jobs = Jobs(pool, FixedClock(NOW), (Job("x", HOURLY, function),))
    scheduler = Scheduler(jobs)
    scheduler.start()
    try:
        assert done.wait(20)
    finally:
        scheduler.shutdown()
        jobs.election.resign()
    assert str(latest(conn)["x"].event) == "waits: ran"


def test_the_declared_jobs_are_named_once_and_come_after_known_ones() -> None:
    names = [job.id for job in declared_jobs()]
    assert len(set(names)) == len(names)
    assert {job.after for job in declared_jobs()} - {None} <= set(names)


def test_every_declared_job_runs_in_the_round_of_the_one_it_waits_for() -> None:
    """One that is due later in the hour than what it waits for found it tried an hour too early."""
    jobs = {job.id: job for job in declared_jobs()}
    for job in jobs.values():
        before = jobs.get(job.after or "")
        if before and job.every <= before.every:
            assert job.due(NOW) == before.due(NOW), job.id


def test_a_job_that_would_miss_the_round_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    late = Job("late", HOURLY, lambda _: event("job_waits", detail=""), after="risk")
    monkeypatch.setattr(region, "JOBS", (*region.JOBS, late))
    with pytest.raises(ValueError, match='job "late" waits for "risk" of the same round'):
        declared_jobs()


def test_old_runs_are_pruned(conn: db.Connection) -> None:
    with conn:
        for days in (100, 1):
            run = job_runs.begin(conn, f"d{days}", NOW, 1, NOW - timedelta(days=days))
            job_runs.finish(conn, run, "ok", event("rolled_up", hours=0), NOW, 0.0)
        job_runs.prune(conn, NOW - timedelta(days=60))
    assert list(latest(conn)) == ["d1"]
