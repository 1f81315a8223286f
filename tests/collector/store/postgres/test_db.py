"""Connections and migrations against a real PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from collector.one_machine.embedded import free_port, postgres_binaries
from collector.store.postgres import db
from tests.paths import OTHER_SERVER

if TYPE_CHECKING:
    from tests.conftest import Server

SCHEMA = Path(db.__file__).parents[1] / "sql" / "schema.sql"


def dump(dsn: str) -> str:
    """The schema of a database as pg_dump writes it, without the migrations' own table."""
    result = subprocess.run(
        [
            postgres_binaries() / "pg_dump",
            "--schema-only",
            "--no-owner",
            "--exclude-table=schema_migration",
            f"--dbname={dsn}",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return "\n".join(
        line for line in result.stdout.splitlines() if not line.startswith(("--", "\\"))
    )


def test_migrations_make_the_schema(postgres: Server, dsn: str) -> None:
    direct = postgres.create()
    conn = psycopg2.connect(direct)
    with conn, conn.cursor() as cur:
        cur.execute(SCHEMA.read_text("utf-8"))
    conn.close()
    assert dump(dsn) == dump(direct)
    assert "CREATE TABLE public.reading " in dump(dsn)


def test_migrate_twice_does_nothing_more(postgres: Server) -> None:
    conn = db.connect(postgres.create())
    names = [f"{m.number:04d}_{m.name}" for m in db.read_migrations()]
    assert db.status(conn).pending == tuple(names)
    assert db.migrate(conn) == names
    assert db.migrate(conn) == []
    status = db.status(conn)
    assert status.applied == tuple(names)
    assert status.pending == ()
    assert OTHER_SERVER or status.server.startswith("18")
    conn.close()


MIGRATE = """
import sys
from collector.store.postgres import db
conn = db.connect(sys.argv[1])
sys.stdin.readline()
print(*db.migrate(conn))
"""


def test_two_processes_migrate_at_once(postgres: Server) -> None:
    command = [sys.executable, "-c", MIGRATE, postgres.create()]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    outcomes = sorted(worker.communicate(timeout=60)[0].split() for worker in workers)
    assert [worker.returncode for worker in workers] == [0, 0]
    assert outcomes == [[], [f"{m.number:04d}_{m.name}" for m in db.read_migrations()]]


def test_a_newer_database_is_refused(conn: db.Connection) -> None:
    with conn, conn.cursor() as cur:
        cur.execute("INSERT INTO schema_migration VALUES (9999, 'future', '', now())")
    with pytest.raises(db.MigrationError, match=r"migration 9999.*newer"):
        db.migrate(conn)


def test_a_changed_migration_is_refused(conn: db.Connection) -> None:
    with conn, conn.cursor() as cur:
        cur.execute("UPDATE schema_migration SET sha256 = 'x' WHERE number = 1")
    with pytest.raises(db.MigrationError, match=r"0001_backbone was changed.*new migration"):
        db.migrate(conn)


def test_a_badly_named_migration_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0002_second.sql").write_text("SELECT 1")
    with pytest.raises(db.MigrationError, match="0001_<words>"):
        db.read_migrations(tmp_path)


def test_database_down_names_place_and_mend() -> None:
    port = free_port()
    with pytest.raises(db.DatabaseDown) as caught:
        db.connect(f"postgresql://somebody:secret@127.0.0.1:{port}/fields")
    message = str(caught.value)
    assert f"127.0.0.1:{port}/fields" in message
    assert "NONGQING_DSN" in message
    assert "nothing is lost" not in message, "that is for those who take in frames to say"
    assert "secret" not in message


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://[broken",
        "mysql://nongqing:secret@db/fields",
        "host=db password=a secret",
        "postgresql://nongqing:secret/fields",
        "postgresql://nongqing:a@secret@db.example/fields",
        "postgresql://nongqing:a/secret@db.example/fields",
        "postgresql://nongqing:12/secret@db.example/fields",
        "postgresql://nongqing:a%secret@db.example/fields",
        "postgresql://nongqing:1/2#secret@db.example/fields",
    ],
)
def test_an_unreadable_dsn_is_refused_and_never_shown(dsn: str) -> None:
    assert db.place(dsn) == "(unreadable NONGQING_DSN)"
    for use in (db.connect, db.Pool):
        with pytest.raises(
            db.UnreadableDsn, match=r"NONGQING_DSN.*%40 for @, .*%23 for #"
        ) as caught:
            use(dsn)
        assert "secret" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_readable_dsns_are_told_without_their_secrets() -> None:
    for dsn, place in (
        ("postgresql://u:a%40b#c@db:1/f", "db:1/f"),
        ("postgresql:///f", "local socket:5432/f"),
        ("host=/run/pg dbname=f password=a@b", "/run/pg:5432/f"),
        ("postgresql://a:1,b:2/f?password=x@y", "a,b:1,2/f"),
    ):
        assert db.place(dsn) == place


def test_a_refusal_is_not_called_silence(postgres: Server) -> None:
    wrong = postgres.dsn.replace(":" + postgres.dsn.split(":")[2].split("@")[0] + "@", ":nosuch@")
    with pytest.raises(db.DatabaseRefuses) as caught:
        db.connect(wrong)
    assert "refuses this user; check user and password in NONGQING_DSN" in str(caught.value)
    assert "nosuch" not in str(caught.value)
    with pytest.raises(
        db.DatabaseRefuses, match=r"/nowhere: it does not exist; create it"
    ) as caught:
        db.connect(postgres.dsn_of("nowhere"))
    assert "no answer" not in str(caught.value)
    assert "start it" not in str(caught.value)


def test_a_schema_that_is_wanting_names_the_command(postgres: Server) -> None:
    dsn = postgres.create()
    pool = db.Pool(dsn)
    mend = f"database {db.place(dsn)}: the schema is not in place; run `nongqing db migrate`"
    for statement in (
        "SELECT * FROM nowhere",
        "SELECT nothing",
        "SELECT ensure_reading_partition(now())",
    ):
        with pytest.raises(db.SchemaMissing) as caught, pool.connection() as conn:
            conn.cursor().execute(statement)
        assert str(caught.value) == mend
    conn = db.connect(dsn)
    db.migrate(conn)
    conn.close()
    with pytest.raises(psycopg2.errors.UndefinedTable), pool.connection() as conn:
        conn.cursor().execute("SELECT * FROM nowhere")  # a fault of ours stays one
    with pool.connection() as conn:
        conn.cursor().execute("INSERT INTO schema_migration VALUES (9999, 'future', '', now())")
    with pytest.raises(db.SchemaMissing, match=r"migration 9999"), pool.connection() as conn:
        conn.cursor().execute("SELECT * FROM nowhere")
    pool.close()


def test_naive_datetimes_are_refused(conn: db.Connection) -> None:
    with conn.cursor() as cur, pytest.raises(db.NaiveDatetime, match="no time zone"):
        cur.execute("SELECT %s", (datetime(2016, 5, 1, 12),))  # noqa: DTZ001


def test_aware_datetimes_return_in_utc(conn: db.Connection) -> None:
    moment = datetime(2016, 5, 1, 12, tzinfo=UTC)
    with conn.cursor() as cur:
        cur.execute("SELECT %s::timestamptz, %s::bytea", (moment, b"\0\xff"))
        row = cur.fetchone()
    assert row == (moment, b"\0\xff")
    assert row[0].utcoffset().total_seconds() == 0


def fail_after_writing(conn: db.Connection) -> None:
    with conn.cursor() as cur:
        cur.execute("INSERT INTO setting VALUES ('b', '1', now())")
    raise ZeroDivisionError


def test_pool_commits_rolls_back_and_replaces_lost_connections(dsn: str) -> None:
    pool = db.Pool(dsn, size=1)
    with pool.connection() as conn, conn.cursor() as cur:
        cur.execute("INSERT INTO setting VALUES ('a', '1', now())")
    with pytest.raises(ZeroDivisionError), pool.connection() as conn:
        fail_after_writing(conn)
    with (
        pytest.raises(db.DatabaseDown),
        pool.connection() as conn,
        conn.cursor() as cur,
    ):
        cur.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with pool.connection() as conn, conn.cursor() as cur:
        cur.execute("SELECT key FROM setting ORDER BY key")
        assert cur.fetchall() == [("a",)]
    pool.close()


def test_partitions_are_made_once_for_each_month(conn: db.Connection) -> None:
    with conn, conn.cursor() as cur:
        for day in ("2016-04-30 23:59:59", "2016-05-01", "2016-05-31 23:59"):
            cur.execute("SELECT ensure_reading_partition(%s::timestamptz)", (day,))
        cur.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = 'reading'::regclass ORDER BY 1"
        )
        assert [name for (name,) in cur.fetchall()] == ["reading_201604", "reading_201605"]


def test_who_waited_for_a_partition_sees_it(conn: db.Connection, dsn: str) -> None:
    """Two collectors take the first frames of a month at the same time."""
    make = "SELECT ensure_reading_partition('2016-05-01'::timestamptz)"
    other = db.connect(dsn)
    found: list[object] = []

    def second() -> None:
        with other, other.cursor() as cur:
            cur.execute(make)
            found.extend(cur.fetchall())

    thread = threading.Thread(target=second)
    with conn, conn.cursor() as cur:
        cur.execute(make)
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        for _ in range(1000):
            cur.execute(waiting)
            if cur.fetchall() == [(1,)]:
                break
            time.sleep(0.01)
    thread.join()
    assert found == [("reading_201605",)]
    other.close()
