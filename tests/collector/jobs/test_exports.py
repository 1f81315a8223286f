"""The job that writes exports, on a real database: whole files, clear failures, restarts."""

from __future__ import annotations

import csv
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from collector.exports import kept, making
from collector.jobs import exports as job
from collector.jobs.context import Context
from collector.jobs.schedule import Jobs, Runner, Scheduler
from collector.permissions import Grant
from collector.settings import Settings
from collector.store import job_runs, people
from collector.store.advice import export_requests as requests
from collector.store.advice.exports import Order, Wanted
from collector.store.postgres import db
from collector.store.postgres.db import Pool
from tests.collector.conftest import FixedClock
from tests.webapp.conftest import seed_module as seed

CITY = (Grant("officer", "city", ""),)
WEEK = Wanted(date(2016, 5, 1), date(2016, 5, 8), CITY)
(JOB,) = job.JOBS


@pytest.fixture
def dsn(world_dsn):
    return world_dsn


@pytest.fixture
def conn(dsn):
    conn = db.connect(dsn)
    conn.autocommit = True
    yield conn
    conn.close()


@pytest.fixture
def pool(dsn):
    pool = Pool(dsn)
    yield pool
    pool.close()


@pytest.fixture
def context(conn, pool, tmp_path):
    return Context(pool, seed.NOW, Settings(dsn=None, broker=None, state_dir=tmp_path))


@pytest.fixture
def person(conn):
    return people.add(conn, "officer", datetime.now(UTC), username="officer").id


@pytest.fixture
def ask(conn, person):
    def ask(table="statuses", kind="csv", wanted=WEEK, language="zh_CN"):
        return requests.ask(conn, person, Order(table, kind, wanted, language), datetime.now(UTC))

    return ask


def files(tmp_path):
    folder = tmp_path / "exports"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def ready(conn, tmp_path, number):
    found = requests.by_id(conn, number)
    assert found.state == "ready", found
    path = kept.path_of(tmp_path, found)
    assert path.stat().st_size == found.bytes > 0
    return found, path


def failed(conn, number):
    found = requests.by_id(conn, number)
    assert found.state == "failed", found
    return found.reason


def test_what_waits_is_written_and_kept_for_two_days(conn, context, tmp_path, ask):
    first, second = ask(), ask("hours", "parquet")
    assert job.write_exports(context).params == {"written": 2, "failed": 0}
    found, path = ready(conn, tmp_path, first)
    with path.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert found.done == found.total == len(rows) == len(seed.answers())
    assert {row["status"] for row in rows} >= {"风险高，该行动"}
    assert path.stat().st_mode & 0o777 == 0o600
    left = found.expires - datetime.now(UTC)
    assert timedelta(hours=47) < left <= timedelta(hours=48)
    found, path = ready(conn, tmp_path, second)
    assert pq.read_metadata(path).num_rows == found.done == found.total > 1000


def test_it_is_the_scope_and_county_that_were_asked_for(conn, context, tmp_path, ask):
    within = (Grant("officer", "county", "410928"), Grant("officer", "village", "qf-liuge"))
    number = ask("fields", "csv", replace(WEEK, within=within))
    other = ask("fields", "csv", replace(WEEK, within=within, county="410922"))
    job.write_exports(context)
    for of, wanted in ((number, {"濮阳县", "清丰县"}), (other, {"清丰县"})):
        _, path = ready(conn, tmp_path, of)
        with path.open(encoding="utf-8-sig") as file:
            assert {row["county"] for row in csv.DictReader(file)} == wanted


def test_why_there_is_no_file_is_kept(conn, context, tmp_path, monkeypatch, ask):
    monkeypatch.setitem(making.MOST_ROWS, "xlsx", 2)
    empty = ask(wanted=replace(WEEK, first=date(1999, 1, 1), last=date(1999, 1, 8)))
    many, good = ask(kind="xlsx"), ask()
    assert job.write_exports(context).params == {"written": 1, "failed": 2}
    assert (failed(conn, empty), failed(conn, many)) == ("nothing", "too_many")
    _, path = ready(conn, tmp_path, good)
    assert files(tmp_path) == [path.name]


def test_a_full_disk_leaves_no_half_file_and_the_next_is_tried(
    conn, context, tmp_path, monkeypatch, ask
):
    number = ask("hours", "nc")
    real = kept.prove_room
    calls = []

    def full_after_a_while(state_dir):
        calls.append(files(tmp_path))
        if len(calls) > 3:
            monkeypatch.setattr(kept, "SPARE", 1 << 62)
        real(state_dir)

    monkeypatch.setattr(job, "TELL_SECONDS", 0)
    monkeypatch.setattr(making, "TOLD_EVERY", 100)
    monkeypatch.setattr(kept, "prove_room", full_after_a_while)
    assert job.write_exports(context).params == {"written": 0, "failed": 1}
    assert failed(conn, number) == "no_room"
    assert calls[-1] == [f"{number}-1.nc.part"]  # it was in the middle
    assert files(tmp_path) == []
    monkeypatch.undo()
    again = ask("hours", "nc")
    job.write_exports(context)
    ready(conn, tmp_path, again)


def test_an_error_is_kept_and_logged_and_does_not_stop_the_others(
    conn, context, tmp_path, caplog, ask
):
    broken, good = ask(), ask("fields")
    conn.cursor().execute("UPDATE export_request SET tab = 'people' WHERE id = %s", (broken,))
    assert job.write_exports(context).params == {"written": 1, "failed": 1}
    assert failed(conn, broken) == "error"
    assert f"export {broken}" in caplog.text
    ready(conn, tmp_path, good)


def test_how_far_it_is_can_be_read_while_it_is_written(conn, context, monkeypatch, ask):
    number, seen = ask("hours", "nc"), []
    real = requests.note

    def note(*given):
        told = real(*given)
        given[0].commit()
        found = requests.by_id(conn, number)
        seen.append((found.state, found.done, found.total))
        return told

    monkeypatch.setattr(job, "TELL_SECONDS", 0)
    monkeypatch.setattr(making, "TOLD_EVERY", 500)
    monkeypatch.setattr(requests, "note", note)
    job.write_exports(context)
    total = requests.by_id(conn, number).done
    assert seen == [("running", done, total) for done in range(0, total + 1, 500)]


def test_a_process_that_ends_puts_it_back_and_the_next_writes_it(
    conn, context, tmp_path, monkeypatch, ask
):
    monkeypatch.setattr(making, "TOLD_EVERY", 100)
    number, other = ask("hours", "nc"), ask()
    real, seen = job.Writing.__call__, []

    def stop_at_500(writing, done):
        if done == 500:
            seen.append(files(tmp_path))
            context.stopping.set()
        real(writing, done)

    monkeypatch.setattr(job.Writing, "__call__", stop_at_500)
    job.write_exports(context)
    assert seen == [[f"{number}-1.nc.part"]]
    assert files(tmp_path) == []
    waits = [requests.by_id(conn, each) for each in (number, other)]
    assert [(each.state, each.attempt, each.done) for each in waits] == [("waiting", 0, 0)] * 2
    monkeypatch.undo()
    assert job.write_exports(replace(context, stopping=threading.Event())).params["written"] == 2
    ready(conn, tmp_path, number)


def test_a_process_that_was_killed_leaves_nothing_and_the_next_begins_again(
    conn, context, tmp_path, ask
):
    number = ask()
    assert requests.take_next(conn).id == number  # and then it was killed
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / f"{number}-1.csv.part").write_bytes(b"half")
    job.write_exports(context)
    found, path = ready(conn, tmp_path, number)
    assert found.attempt == 2
    assert files(tmp_path) == [path.name]


def test_what_is_cut_off_again_and_again_is_given_up(conn, context, ask):
    number = ask()
    for _ in range(requests.MOST_ATTEMPTS):
        requests.take_up(conn)
        requests.take_next(conn)
    assert job.write_exports(context).params == {"written": 0, "failed": 0}
    assert failed(conn, number) == "interrupted"


@pytest.mark.parametrize("at", [0, 500])
def test_what_another_process_took_up_is_left_to_it(conn, context, tmp_path, monkeypatch, ask, at):
    """This process lost its lead without knowing, and another writes the file already."""
    monkeypatch.setattr(making, "TOLD_EVERY", 100)
    monkeypatch.setattr(job, "TELL_SECONDS", 0)
    number = ask("hours", "nc")
    real = job.Writing.__call__

    def lose(writing, done):
        if done == at:
            requests.take_up(conn)
            requests.take_next(conn)
        real(writing, done)

    monkeypatch.setattr(job.Writing, "__call__", lose)
    assert job.write_exports(context).params == {"written": 0, "failed": 0}
    found = requests.by_id(conn, number)
    assert (found.state, found.attempt) == ("running", 2)
    assert files(tmp_path) == []


def test_what_another_process_took_up_at_the_last_moment_is_removed(
    conn, context, tmp_path, monkeypatch, ask
):
    number = ask("fields")
    real = making.write

    def write(*given):
        rows = real(*given)
        requests.take_up(conn)
        requests.take_next(conn)
        return rows

    monkeypatch.setattr(making, "write", write)
    assert job.write_exports(context).params == {"written": 0, "failed": 0}
    assert requests.by_id(conn, number).attempt == 2
    assert files(tmp_path) == []


def test_a_file_goes_when_its_time_is_over(conn, context, tmp_path, ask):
    old, new = ask(), ask()
    job.write_exports(context)
    conn.cursor().execute("UPDATE export_request SET expires = now() WHERE id = %s", (old,))
    assert job._is_wanted(context)
    job.write_exports(context)
    assert requests.by_id(conn, old).state == "removed"
    _, path = ready(conn, tmp_path, new)
    assert files(tmp_path) == [path.name]
    assert not job._is_wanted(context)
    requests.tidy(conn, datetime.now(UTC) + requests.KEEP + timedelta(days=1))
    assert requests.by_id(conn, old) is None
    assert requests.by_id(conn, new) is not None


def test_a_round_without_anything_to_do_is_not_recorded(conn, pool, context, ask):
    clock = FixedClock(seed.NOW)
    runner = Runner(JOB, pool, clock, settings=context.settings)
    before = job_runs.latest(conn)
    runner.tick()
    assert job_runs.latest(conn) == before
    ask()
    clock.moment += JOB.every
    runner.tick()
    (run,) = [each for each in job_runs.latest(conn) if each.job == "exports"]
    assert (run.outcome, str(run.event)) == ("ok", "exports: 1 written, 0 not")


def test_the_scheduler_ends_while_a_file_is_written(
    conn, pool, context, monkeypatch, tmp_path, ask
):
    number, begun = ask("hours", "nc"), threading.Event()
    real = job.Writing.__call__

    def wait_to_be_stopped(writing, done):
        if done:
            begun.set()
            assert writing.context.stopping.wait(60)
        real(writing, done)

    monkeypatch.setattr(job.Writing, "__call__", wait_to_be_stopped)
    monkeypatch.setattr(making, "TOLD_EVERY", 100)
    jobs = Jobs(pool, FixedClock(seed.NOW), (JOB,), settings=context.settings)
    scheduler = Scheduler(jobs)
    scheduler.start()
    try:
        assert begun.wait(60)
    finally:
        scheduler.shutdown()
        jobs.election.resign()
    assert requests.by_id(conn, number).state == "waiting"
    assert files(tmp_path) == []


def test_without_a_state_folder_nothing_is_taken(conn, pool, ask):
    number = ask()
    assert job.write_exports(Context(pool, seed.NOW)).params == {"written": 0, "failed": 0}
    assert requests.by_id(conn, number).state == "waiting"


def test_nobody_has_more_than_three_under_way(conn, context, ask, person):
    for _ in range(requests.MOST_UNFINISHED):
        ask()
    with pytest.raises(requests.TooManyUnfinished, match=f"person {person}: 3 exports are under"):
        ask()
    job.write_exports(context)
    assert requests.ahead(conn, ask()) == 0
    assert requests.ahead(conn, ask()) == 1
    assert len(requests.of_person(conn, person)) == 5
