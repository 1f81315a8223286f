"""A pool whose server was restarted: nobody who borrows afterwards sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg2
import pytest

from collector.one_machine.embedded import EmbeddedPostgres
from collector.store.postgres import connecting, db
from tests.webapp.conftest import make_app


@pytest.fixture
def server(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server of this test's own, which may be stopped and started."""
    server = EmbeddedPostgres(server_folder)
    server.start()
    yield server
    server.stop()


def borrow_all(pool: db.Pool, count: int = 4) -> set[int]:
    """Lend every connection at once; their server processes."""
    with ExitStack() as stack:
        conns = [stack.enter_context(pool.connection()) for _ in range(count)]
        for conn in conns:
            conn.cursor().execute("SELECT 1")
        return {conn.info.backend_pid for conn in conns}


def test_every_connection_is_renewed_after_a_restart(server: EmbeddedPostgres) -> None:
    pool = db.Pool(server.dsn)
    before = borrow_all(pool)
    assert borrow_all(pool) == before, "they are kept while the server runs"
    server.stop()
    server.start()
    after = borrow_all(pool)
    assert len(after) == 4
    pool.close()


def test_the_first_page_after_a_restart_is_served(server: EmbeddedPostgres) -> None:
    conn = db.connect(server.dsn)
    db.migrate(conn)
    conn.close()
    app = make_app(server.dsn)
    client = app.test_client()
    assert client.get("/").status_code == 200
    server.stop()
    assert client.get("/").status_code == 503, "a server that is down stays one"
    server.start()
    assert [client.get("/").status_code for _ in range(5)] == [200] * 5
    server.stop()
    server.start()
    assert client.get("/").status_code == 200, "nobody asked while it was away"
    app.pool.close()


def test_a_connection_that_an_admin_ended_is_renewed(postgres, dsn: str) -> None:
    pool = db.Pool(dsn, size=1)
    with pool.connection() as conn:
        first = conn.info.backend_pid
    postgres.run(f"SELECT pg_terminate_backend({first}, 5000)")
    with pool.connection() as conn:
        conn.cursor().execute("SELECT 1")
        assert conn.info.backend_pid != first
    pool.close()


def test_a_waiting_notice_ends_no_connection(dsn: str) -> None:
    pool = db.Pool(dsn, size=1)
    with pool.connection() as conn:
        conn.cursor().execute("LISTEN fields")
        first = conn.info.backend_pid
    other = psycopg2.connect(dsn)
    with other:
        other.cursor().execute("NOTIFY fields, 'sown'")
    other.close()
    with pool.connection() as conn:
        conn.cursor().execute("SELECT 1")
        assert conn.info.backend_pid == first
    pool.close()


def test_what_is_written_when_it_breaks_is_not_written_twice(postgres, dsn: str) -> None:
    """A connection that ends in the middle is told, not tried again behind the writer's back."""
    pool = db.Pool(dsn, size=1)
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(db.DatabaseDown))
        conn = stack.enter_context(pool.connection())
        conn.cursor().execute("CREATE TABLE once (n integer)")
        postgres.run(f"SELECT pg_terminate_backend({conn.info.backend_pid}, 5000)")
        conn.cursor().execute("INSERT INTO once VALUES (1)")
    with pool.connection() as conn, conn.cursor() as cur:
        cur.execute("SELECT to_regclass('once')")
        assert cur.fetchone() == (None,)
    pool.close()


def test_a_closed_connection_is_not_open(dsn: str) -> None:
    conn = db.connect(dsn)
    assert connecting.still_open(conn)
    conn.close()
    assert not connecting.still_open(conn)
