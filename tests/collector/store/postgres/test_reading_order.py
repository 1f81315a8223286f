"""Months of readings that are there when the order of columns changes stay, with what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collector.store.postgres import db
from tests.collector.ingest.test_intake import rows
from tests.service_role import MAKE, ROLE

if TYPE_CHECKING:
    from tests.conftest import Server

BEFORE = [step for step in db.read_migrations() if step.number < 56]
WITH = [step for step in db.read_migrations() if step.number <= 56]
FILLED = """
INSERT INTO reading (series_id, time, value, qc, frame_id)
SELECT s, '2016-04-01'::timestamptz + i * interval '1 hour', s + i, 3, i
FROM generate_series(1, 20) s, generate_series(0, {hours}) i
"""
SUM = "SELECT count(*), sum(value), sum(frame_id), max(time) FROM reading"
WIDTH = """
SELECT pg_relation_size('reading_201604') / (SELECT count(*) FROM reading_201604),
       pg_relation_size('reading_201607') / (SELECT count(*) FROM reading_201607)
"""


@pytest.mark.parametrize("hours", [2100, pytest.param(150_000, marks=pytest.mark.whole)])
def test_months_stay_and_new_ones_take_less(postgres: Server, hours: int) -> None:
    conn = db.connect(postgres.create())
    db.migrate(conn, BEFORE)
    postgres.run(MAKE)
    with conn, conn.cursor() as cur:
        cur.execute(
            "SELECT count(ensure_reading_partition(m)) FROM generate_series("
            "'2016-04-01'::timestamptz, '2016-04-01'::timestamptz + %s * interval '1 hour', "
            "interval '20 days') m",
            (hours + 480,),
        )
        cur.execute(FILLED.format(hours=hours))
        cur.execute(f"GRANT SELECT, INSERT ON reading TO {ROLE}")
    before = rows(conn, SUM)
    files = "SELECT oid, relfilenode FROM pg_class WHERE relname ~ '^reading_2016' ORDER BY 1"
    there = rows(conn, files)
    with conn, conn.cursor() as cur:  # whoever reads or builds one again would be seen here
        cur.execute("SET client_min_messages = debug1")
    assert db.migrate(conn, WITH) == ["0056_reading_order"]
    said = "".join(conn.notices)
    assert "verifying table" not in said
    assert "building index" not in said.replace(
        'building index "reading_pkey" on table "reading"', ""
    )
    assert rows(conn, SUM) == before
    assert rows(conn, files) == there
    with conn, conn.cursor() as cur:
        cur.execute(f"SELECT has_table_privilege('{ROLE}', 'reading', 'INSERT')")
        assert cur.fetchall() == [(True,)]
        cur.execute("DELETE FROM reading WHERE time >= '2016-07-01'")
        cur.execute("DROP TABLE reading_201607")
        cur.execute("SELECT ensure_reading_partition('2016-07-01'::timestamptz)")
        cur.execute(FILLED.format(hours=2900) + " ON CONFLICT (series_id, time) DO NOTHING")
        cur.execute(WIDTH)
        ((former, new),) = cur.fetchall()
    assert (former, new) == (68, 60)
    conn.close()
