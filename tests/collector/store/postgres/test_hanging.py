"""A connection whose other end is gone without a word: behind a proxy that hands nothing on."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import psycopg2
import pytest

from collector.clock import SystemClock
from collector.ingest import intake
from collector.ingest.batches import Collector
from collector.store.network import frames
from collector.store.postgres import connecting
from collector.store.postgres.db import Connection, DatabaseDown, Pool, connect
from tests.collector.conftest import MASTER, Bench, FixedClock
from tests.collector.ingest.test_batches import Sent, until
from tests.faults.between import Proxy

CHANCE = random.Random(1)


@pytest.fixture
def proxy(dsn: str) -> Iterator[Proxy]:
    proxy = Proxy(int(dsn.rpartition(":")[2].partition("/")[0]))
    yield proxy
    proxy.close()


@pytest.fixture
def pool(dsn: str, proxy: Proxy) -> Iterator[Pool]:
    """Connections by way of the proxy."""
    pool = Pool(dsn.replace(f":{proxy.target}/", f":{proxy.port}/"))
    yield pool
    pool.hang_up(0.0)
    pool.close()


def ask(pool: Pool) -> int:
    with pool.connection() as conn, conn.cursor() as cur:
        cur.execute("SELECT 1")
        (one,) = cur.fetchone()
        return int(one)


def test_a_connection_that_hangs_is_ended_and_the_others_are_made_anew(
    pool: Pool, proxy: Proxy
) -> None:
    with pool.connection(), pool.connection():
        pass  # two that will be idle
    proxy.strand(CHANCE)
    raised: list[BaseException] = []

    def hang() -> None:
        try:
            ask(pool)
        except DatabaseDown as error:
            raised.append(error)

    thread = threading.Thread(target=hang)
    thread.start()
    thread.join(0.5)
    assert thread.is_alive()
    assert pool.hang_up(60.0) == 0
    assert pool.hang_up(0.2) == 1
    thread.join(5)
    assert len(raised) == 1
    assert ask(pool) == 1


def test_the_server_lets_go_of_what_a_silent_client_held(
    pool: Pool, proxy: Proxy, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "SILENT_SECONDS", 1)
    pool.on_open = connecting.free_locks_when_silent
    lock = "SELECT pg_advisory_xact_lock(7)"
    with pytest.raises(DatabaseDown), pool.connection() as conn:  # noqa: PT012
        with conn.cursor() as cur:
            cur.execute(lock)
        proxy.strand(CHANCE)
        other = connect(dsn)
        start = time.monotonic()
        with other, other.cursor() as cur:
            cur.execute(lock)
        assert 0.2 < time.monotonic() - start < 10
        other.close()
        pool.hang_up(0.0)


def test_a_collector_goes_on_after_its_database_was_silent(
    pool: Pool,
    proxy: Proxy,
    registered: Connection,
    bench: Bench,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    take = intake.take

    def stranded(*arguments: object, **more: object) -> object:
        monkeypatch.setattr(intake, "take", take)
        proxy.strand(CHANCE)
        return take(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(intake, "take", stranded)
    monkeypatch.setattr(connecting, "SILENT_SECONDS", 1)
    collector = Collector(pool, MASTER, clock, Sent())
    collector.patience = 1.0
    worker = threading.Thread(target=collector.run)
    worker.start()
    collector.put(bench.frame())

    def stored() -> bool:
        collector.check()
        return collector.counters.new_frames == 1

    until(stored)
    collector.stopping.set()
    worker.join()
    assert "a transaction took over 1 s; its connection is ended" in caplog.text
    with registered:
        assert frames.counts(registered).frames == 1


def test_what_hangs_since_a_moment_later_is_ended_with_it(pool: Pool, proxy: Proxy) -> None:
    """Else it would have twice the patience, though it waits for the same dead end."""
    one, two = (Collector(pool, MASTER, clock=SystemClock(), link=Sent()) for _ in range(2))
    one.patience = two.patience = 1.0
    ends: list[float] = []

    def hang(after: float) -> None:
        time.sleep(after)
        with suppress(DatabaseDown):
            ask(pool)
        ends.append(time.monotonic())

    with pool.connection(), pool.connection():
        pass
    proxy.strand(CHANCE)
    threads = [threading.Thread(target=hang, args=(after,)) for after in (0.0, 0.3)]
    for thread in threads:
        thread.start()
    until(lambda: (Collector.free([one, two]), len(ends) == 2)[1], 5)
    assert one.patience == two.patience == 2.0
    assert ends[1] - ends[0] < 0.5
    for thread in threads:
        thread.join()


def test_a_server_that_waits_for_the_rest_of_a_copy_lets_go_when_somebody_connects(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "SILENT_SECONDS", 1)
    copying, never, raised = connect(dsn), threading.Event(), []

    class Rest:
        def read(self, size: int = -1) -> bytes:
            never.wait(20)
            return b""

    def copy() -> None:
        try:
            with copying.cursor() as cur:
                cur.copy_expert(frames.SQL["copy_new"], Rest())
        except (psycopg2.Error, DatabaseDown) as error:
            raised.append(error)

    thread = threading.Thread(target=copy)
    thread.start()
    other = connect(dsn)
    other.autocommit = True
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE query ~ '^COPY frame' AND pid = %s"

    def copies() -> int:
        with other.cursor() as cur:
            cur.execute(waiting, (copying.info.backend_pid,))
            (count,) = cur.fetchone()
            return int(count)

    until(lambda: copies() == 1)
    connecting.free_locks_when_silent(other)  # it may still be on its way
    other.autocommit = True
    assert copies() == 1
    time.sleep(0.7)
    connecting.free_locks_when_silent(other)
    other.autocommit = True
    until(lambda: copies() == 0)
    never.set()
    thread.join()
    assert raised
    other.close()
