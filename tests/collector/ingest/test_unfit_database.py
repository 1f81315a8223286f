"""A database that cannot be written to is not the fault of a message."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

import psycopg2
import pytest

from collector.ingest.authenticity import Proven
from collector.ingest.batches import Collector
from collector.store import items
from collector.store.network import frames
from collector.store.postgres import db, rights
from collector.store.postgres.db import DatabaseUnfit, Pool
from tests.collector.conftest import MASTER, NOW

if TYPE_CHECKING:
    from tests.collector.conftest import Bench, FixedClock
    from tests.conftest import Server

WRITER = "writer_without_ddl"


class Silent:
    """A link that counts acknowledgements."""

    count = 0

    def publish(self, topic: str, payload: bytes) -> None:
        self.count += 1

    def done(self, messages: object) -> None:
        """Nobody sent them again."""


@contextmanager
def running(collector: Collector) -> Iterator[None]:
    """Let a collector work on a thread of its own."""
    worker = Thread(target=collector.run)
    worker.start()
    try:
        yield
    finally:
        collector.stopping.set()
        worker.join()


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def execute(dsn: str, *statements: str) -> None:
    conn = psycopg2.connect(dsn)
    conn.autocommit = True
    with conn.cursor() as cur:
        for statement in statements:
            cur.execute(statement)
    conn.close()


def name_of(dsn: str) -> str:
    return dsn.rpartition("/")[2]


@pytest.fixture
def writer(postgres: Server, registered: db.Connection, dsn: str) -> Iterator[str]:
    """Connection string of a user who may write every row, but make no table."""
    execute(
        dsn,
        f"CREATE ROLE {WRITER} LOGIN PASSWORD 'w'",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {WRITER}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WRITER}",
    )
    user, _, place = dsn.partition("@")
    yield f"postgresql://{WRITER}:w@{place}"
    execute(dsn, f"DROP OWNED BY {WRITER}")
    postgres.run(f"DROP ROLE {WRITER}")


def test_a_read_only_database_makes_the_collector_wait(
    registered: db.Connection,
    dsn: str,
    bench: Bench,
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    base, name = dsn, name_of(dsn)
    execute(base, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    link = Silent()
    collector = Collector(Pool(dsn), MASTER, clock, link)
    collector.put(bench.frame())
    with running(collector):
        until(lambda: collector.counters.retries >= 2)
        assert link.count == 0
        assert "this user lacks: a transaction that writes" in caplog.text
        assert "nothing is lost" in caplog.text
        execute(
            base,
            "SET default_transaction_read_only = off",
            f"ALTER DATABASE {name} RESET default_transaction_read_only",
        )
        collector.pool.close()  # as a server does that fails over: its connections end
        until(lambda: link.count > 0)
    collector.check()
    with registered:
        assert frames.dead_letters(registered) == []


def test_a_database_that_turns_read_only_makes_a_batch_wait(
    registered: db.Connection, dsn: str, bench: Bench, clock: FixedClock
) -> None:
    pool = Pool(dsn, size=1)
    collector = Collector(pool, MASTER, clock, Silent())
    with pool.connection() as conn:
        conn.cursor().execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    with pytest.raises(DatabaseUnfit, match="it is read-only: make it writable"):
        collector._store_or_set_aside(Proven([bench.frame()]))
    with registered:
        assert frames.dead_letters(registered) == []


def test_rights_are_proved_before_the_first_frame(writer: str, dsn: str) -> None:
    execute(
        dsn,
        f"REVOKE TEMPORARY ON DATABASE {name_of(dsn)} FROM PUBLIC",
        f"REVOKE SELECT, DELETE ON reading FROM {WRITER}",
    )
    pool = Pool(writer)
    with pytest.raises(DatabaseUnfit) as caught, pool.connection() as conn:
        rights.prove(conn, writer)
    pool.close()
    assert (
        f"this user lacks: TEMPORARY on database {name_of(dsn)}, "
        "SELECT on table reading, DELETE on table reading; run `nongqing db grant`"
    ) in str(caught.value)


def test_the_owner_lacks_nothing(conn: db.Connection) -> None:
    with conn:
        assert rights.lacking(conn) == []


def test_a_table_that_may_not_be_written_is_named(
    conn: db.Connection, writer: str, dsn: str
) -> None:
    execute(dsn, f"REVOKE UPDATE ON frame FROM {WRITER}")
    other = db.connect(writer)
    with other:
        assert "UPDATE on table frame" in rights.lacking(other)
    other.close()


def test_a_right_that_is_taken_away_waits_and_an_item_says_why(
    registered: db.Connection, writer: str, dsn: str, bench: Bench, clock: FixedClock
) -> None:
    """The right to write readings was taken away while the collector ran."""
    execute(dsn, f"REVOKE INSERT ON reading FROM {WRITER}")
    collector = Collector(Pool(writer), MASTER, clock, Silent())
    message = bench.frame()
    with pytest.raises(DatabaseUnfit, match="this user lacks a right: grant it"):
        collector._store_or_set_aside(Proven([message]))
    collector.stopping.set()
    collector._retry(lambda: collector._store_or_set_aside(Proven([message])))
    with registered:
        assert frames.dead_letters(registered) == []
        (item,) = items.open_items(registered)
        assert item.event.kind == "database_unfit"
        assert f"permission denied for table reading: {WRITER} may not write" in str(item.event)
        assert frames.counts(registered).frames == 0
    assert item.opened == NOW
    execute(dsn, f"GRANT INSERT ON reading TO {WRITER}")
    collector.stopping.clear()
    collector._retry(lambda: collector._store_or_set_aside(Proven([message])))
    with registered:
        assert frames.counts(registered).frames == 1
        assert items.open_items(registered) == []
