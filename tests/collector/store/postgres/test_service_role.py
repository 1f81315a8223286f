"""Services run as a role that owns nothing, and what such a role cannot do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg2
import pytest
from click.testing import CliRunner

from collector.commands.db import db as db_commands
from collector.ingest import intake
from collector.ingest.known_nodes import read_known_nodes
from collector.jobs import declared, upkeep
from collector.jobs.context import Context
from collector.store import audit, settings_table
from collector.store.measured import reading_log
from collector.store.postgres import db, rights
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import MASTER, NOW
from tests.collector.ingest.test_intake import rows
from tests.service_role import MAKE, ROLE, dsn_of_role
from tests.webapp.conftest import make_app
from tests.webapp.people import client_of
from tests.webapp.seed import NOW as WEB_NOW

if TYPE_CHECKING:
    from tests.collector.conftest import Bench
    from tests.conftest import Server


@pytest.fixture
def services(registered: db.Connection, dsn: str) -> Iterator[db.Connection]:
    """A connection of the role to a registry with nodes."""
    conn = db.connect(dsn_of_role(dsn))
    yield conn
    conn.close()


def test_frames_are_taken_in_rolled_up_and_dropped(
    services: db.Connection, dsn: str, bench: Bench
) -> None:
    assert rights.lacking(services) == []
    with services:
        messages = bench.hours(20)  # more than by which rows go by COPY
        known = read_known_nodes(services, MASTER)
        intake.take(services, known, messages[2:], NOW)
        intake.take(services, known, messages, NOW)  # late ones: by way of a temporary table
    with services:
        intake.replay(services, known, NOW)
        settings_table.put(services, upkeep.KEEP_MONTHS, "1", NOW)
        audit.append(services, "7", "sign_in", at=NOW)
    assert rows(services, "SELECT count(*) FROM reading") == [(20 * 36,)]
    services.rollback()
    pool = db.Pool(dsn_of_role(dsn))
    assert str(upkeep.roll_up(Context(pool, NOW))) == "121 hours"
    assert str(upkeep.make_partitions(Context(pool, NOW))) == "3 months made ahead for readings"
    assert upkeep.tidy(Context(pool, NOW)).params["months"] == 0
    with services:
        assert reading_log.drop_before(services, NOW + timedelta(days=60)) == 1
    pool.close()


def test_every_job_and_pages_do_with_it(world_dsn: str) -> None:
    theirs = dsn_of_role(world_dsn)
    pool = db.Pool(theirs)
    for job in declared.declared_jobs():
        job.function(Context(pool, WEB_NOW))
    pool.close()
    app = make_app(theirs)
    client = client_of(app, "officer")
    for page in ("/", "/bureau/", "/jobs", "/account"):
        assert client.get(page, follow_redirects=True).status_code < 500, page


FORBIDDEN = [
    "CREATE TABLE mine (x int)",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE reading ADD COLUMN x int",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "ALTER FUNCTION refuse_change() RENAME TO other",
    "DROP TABLE dirty_hour",
    "DROP TABLE reading",
    "DROP TABLE reading_201605",
    "TRUNCATE dirty_hour",
    "TRUNCATE audit_entry",
    "UPDATE audit_entry SET object = ''",
    "DELETE FROM audit_entry",
    "UPDATE calibration SET slope = 2",
    "DELETE FROM lot",
    "DELETE FROM schema_migration",
    "INSERT INTO schema_migration VALUES (9999, 'x', 'x', now())",
    "SET session_replication_role = replica",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "SELECT pg_read_file('/etc/passwd')",
]


def test_it_cannot(services: db.Connection) -> None:
    with services, services.cursor() as cur:
        cur.execute("SELECT ensure_reading_partition('2016-05-01'::timestamptz)")
    allowed = []
    for statement in FORBIDDEN:
        try:
            services.cursor().execute(statement)
            allowed.append(statement)
        except psycopg2.errors.InsufficientPrivilege:
            services.rollback()
    assert allowed == []


def test_rows_that_are_locked_are_not_changed(services: db.Connection) -> None:
    """The right to lock rows is the right to UPDATE; the trigger refuses that."""
    for table in rights.LOCKED:
        with services, services.cursor() as cur:
            cur.execute(f"SELECT FROM {table} FOR UPDATE")
            cur.execute(
                "SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
                "WHERE t.tgrelid = %s::regclass AND proname = 'refuse_change' AND tgenabled <> 'D'",
                (table,),
            )
            assert cur.fetchall() == [(1,)]


def test_what_makes_and_drops_takes_nothing_from_the_caller(
    services: db.Connection, registered: db.Connection
) -> None:
    """Tables of the caller's own, found first by its search_path, are not what is worked on."""
    with services, services.cursor() as cur:
        cur.execute("CREATE TEMPORARY TABLE reading (series_id int, time timestamptz)")
        cur.execute("CREATE TEMPORARY TABLE pg_extension (extname text)")
        cur.execute("CREATE TEMPORARY TABLE reading_201605 (x int)")
        cur.execute("SET search_path = pg_temp, public")
        cur.execute("SELECT public.ensure_reading_partition('2016-05-01'::timestamptz)")
        assert cur.fetchall() == [("reading_201605",)]
    months = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'public.reading'::regclass"
    assert rows(registered, months) == [(1,)]
    registered.rollback()
    with services, services.cursor() as cur:
        cur.execute("SELECT public.drop_readings_before('2016-07-01'::timestamptz)")
        assert cur.fetchall() == [(1,)]
        cur.execute("TABLE pg_temp.reading_201605")
    assert rows(registered, months) == [(0,)]


def test_who_may_not_write_readings_makes_and_drops_none(
    registered: db.Connection, postgres: Server, dsn: str
) -> None:
    with registered, registered.cursor() as cur:
        cur.execute("SELECT ensure_reading_partition('2016-05-01'::timestamptz)")
    postgres.run(MAKE.replace("services", "strangers"))
    stranger = db.connect(dsn_of_role(dsn).replace(f"{ROLE}:", "strangers:"))
    for call in (
        "ensure_reading_partition('2016-06-01'::timestamptz)",
        "compress_readings_before(now())",
        "drop_readings_before(now())",
    ):
        with (
            pytest.raises(psycopg2.errors.InsufficientPrivilege, match="strangers may not"),
            stranger,
            stranger.cursor() as cur,
        ):
            cur.execute(f"SELECT {call}")
    stranger.close()


def test_no_month_is_made_that_no_frame_can_tell(services: db.Connection) -> None:
    for instant in ("1969-12-31", "2106-03-01", "infinity"):
        with (
            pytest.raises(psycopg2.errors.DataError),
            services,
            services.cursor() as cur,
        ):
            cur.execute("SELECT ensure_reading_partition(%s::timestamptz)", (instant,))


def test_dropping_gives_up_behind_a_long_reader_and_writers_go_on(
    services: db.Connection, registered: db.Connection, dsn: str
) -> None:
    with services, services.cursor() as cur:
        cur.execute("SELECT ensure_reading_partition('2016-03-01'::timestamptz)")
        cur.execute("SELECT ensure_reading_partition('2016-05-01'::timestamptz)")
    given = "SELECT proconfig[1] FROM pg_proc WHERE proname = 'drop_readings_before'"
    assert rows(registered, given) == [("lock_timeout=5s",)]
    with registered, registered.cursor() as cur:
        cur.execute("ALTER FUNCTION drop_readings_before SET lock_timeout = '1s'")
    with registered.cursor() as cur:
        cur.execute("SELECT count(*) FROM reading")  # and stays in its transaction
    pool = db.Pool(dsn_of_role(dsn))
    said: list[str] = []

    def drop() -> None:
        try:
            with pool.connection() as conn:
                reading_log.drop_before(conn, NOW)
        except db.DatabaseUnfit as error:
            said.append(str(error))

    thread = threading.Thread(target=drop)
    thread.start()
    time.sleep(0.5)
    began = time.monotonic()
    with services, services.cursor() as cur:
        cur.execute(
            "INSERT INTO reading (series_id, time, qc, frame_id) VALUES (1, '2016-05-02', 0, 1)"
        )
    waited = time.monotonic() - began
    thread.join()
    pool.close()
    assert "lock timeout" in said[0]
    assert "locked or not ready; it is tried again" in said[0]
    assert waited < 4


def grant(dsn: str, *arguments: str) -> tuple[int, str]:
    parts = Parts({"NONGQING_DSN": dsn})
    done = CliRunner().invoke(db_commands, ["grant", *arguments], obj=parts)
    return done.exit_code, done.output


def test_the_command_says_what_it_gave_and_what_is_wrong(
    registered: db.Connection, postgres: Server, dsn: str
) -> None:
    postgres.run(MAKE)
    code, said = grant(dsn, ROLE)
    assert code == 0
    assert "services: rows of " in said
    assert '"audit_entry": ["SELECT", "INSERT"]' in grant(dsn, ROLE, "--json")[1]
    code, said = grant(dsn, "nobody_here")
    assert code == 1
    assert 'there is no role "nobody_here"; make it first: CREATE ROLE nobody_here LOGIN' in said
    assert "may do everything anyway" in grant(dsn, "nongqing")[1]
    assert "services does not own the tables" in grant(dsn_of_role(dsn), ROLE)[1]


def test_a_schema_that_everybody_may_write_to_is_named(
    registered: db.Connection, postgres: Server, dsn: str
) -> None:
    postgres.run(MAKE.replace("services", "owners"))
    with registered, registered.cursor() as cur:
        cur.execute("ALTER SCHEMA public OWNER TO owners")
        cur.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
        cur.execute("SET SESSION AUTHORIZATION owners")
        cur.execute("RESET SESSION AUTHORIZATION")
        cur.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cur.fetchall():
            cur.execute(f'ALTER TABLE "{table}" OWNER TO owners')
        cur.execute("ALTER SCHEMA public OWNER TO nongqing")
    postgres.run(MAKE)
    code, said = grant(dsn.replace(dsn.partition("//")[2].partition("@")[0], "owners:s"), ROLE)
    assert code == 1
    assert "its owner must run first: REVOKE CREATE ON SCHEMA public FROM PUBLIC" in said
