"""Statements that the server keeps planned: once each, in any session, after any change."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest

from collector.store.postgres import db
from collector.store.postgres.planned import fetch_planned, limit_statements
from collector.store.postgres.queries import fetch

SUM = "SELECT %(one)s::int + %(two)s + %(one)s, '5 %%'"
PREPARED = "SELECT name FROM pg_prepared_statements"


@pytest.fixture
def conn(dsn: str) -> Iterator[db.Connection]:
    opened = db.connect(dsn)
    yield opened
    opened.close()


def test_parameters_come_by_name_as_often_as_they_stand(conn: db.Connection) -> None:
    assert fetch_planned(conn, SUM, two=2, one=20) == [(42, "5 %")]


def test_a_statement_is_prepared_once_however_often_it_is_asked(conn: db.Connection) -> None:
    for limited in (False, True):
        with conn:
            if limited:
                limit_statements(conn, 5)
            assert fetch_planned(conn, SUM, one=1, two=2) == [(4, "5 %")]
    assert len(fetch(conn, PREPARED)) == 1


def test_what_the_session_lost_is_prepared_anew(conn: db.Connection) -> None:
    """As by a pooler, which gives the next transaction another session."""
    with conn:
        fetch_planned(conn, SUM, one=1, two=2)
    with conn, conn.cursor() as cur:
        cur.execute("DEALLOCATE ALL")
    with conn:
        assert fetch_planned(conn, SUM, one=1, two=2) == [(4, "5 %")]


def test_it_outlives_a_transaction_that_failed(conn: db.Connection) -> None:
    with pytest.raises(psycopg2.DataError), conn:
        fetch(conn, "SELECT 1 / %(n)s", n=len(fetch_planned(conn, SUM, one=1, two=2)) - 1)
    with conn:
        assert fetch_planned(conn, SUM, one=1, two=2) == [(4, "5 %")]


def test_a_table_that_changed_below_fails_one_question_and_no_more(conn: db.Connection) -> None:
    with conn, conn.cursor() as cur:
        cur.execute("CREATE TABLE planned_for (value integer); INSERT INTO planned_for VALUES (7)")
    asked = "SELECT value FROM planned_for WHERE value > %(least)s"
    with conn:
        assert fetch_planned(conn, asked, least=1) == [(7,)]
    with conn, conn.cursor() as cur:
        cur.execute("ALTER TABLE planned_for ALTER value TYPE text")
        cur.execute("ALTER TABLE planned_for ALTER value TYPE double precision USING value::float")
    with pytest.raises(psycopg2.errors.FeatureNotSupported, match="result type"), conn:
        fetch_planned(conn, asked, least=1)
    with conn:
        assert fetch_planned(conn, asked, least=1) == [(7.0,)]


def test_a_statement_that_takes_too_long_is_ended(dsn: str) -> None:
    pool = db.Pool(dsn)

    def late() -> None:
        with pool.connection() as conn:
            limit_statements(conn, 0.05)
            fetch_planned(conn, "SELECT pg_sleep(%(s)s)", s=20)

    with pytest.raises(db.DatabaseUnfit):
        late()
    pool.close()
