"""What is struck goes out in no number of an export, and each says that it was struck."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.io import netcdf_file

from collector.commands.network.quality import decided
from collector.exports import making
from collector.store.advice.exports import Order
from collector.store.measured import reading_log
from collector.store.measured.qc_decisions import Span
from collector.store.postgres import db
from models.weather.quality import STRUCK
from tests.collector.exports.test_science import WEEK
from tests.conftest import Server
from tests.webapp.conftest import seed_module as seed

HOUR = timedelta(hours=1)


@pytest.fixture
def conn(postgres: Server, known_world: str) -> Iterator[db.Connection]:
    conn = db.connect(postgres.create(known_world))
    yield conn
    conn.close()


def one(conn: db.Connection) -> tuple[str, datetime]:
    """A placement of air temperature and an hour of which readings are kept."""
    with conn, conn.cursor() as cur:
        cur.execute(
            "SELECT p.id, date_trunc('hour', r.time) FROM reading r JOIN series s ON s.id ="
            " r.series_id JOIN placement p ON p.id = s.placement AND p.quantity ="
            " 'air_temperature' JOIN field f ON f.id = p.field AND NOT f.private"
            " JOIN reading_hourly h ON h.series_id = s.id AND h.hour = date_trunc('hour', r.time)"
            " WHERE r.time >= '2016-05-01' AND r.time < '2016-05-07' AND h.mean IS NOT NULL"
            " ORDER BY r.time, p.id LIMIT 1"
        )
        found = cur.fetchone()
    assert found is not None
    return found


def write(conn: db.Connection, path: Path) -> Path:
    table, _, kind = path.name.partition(".")
    with path.open("wb") as file:
        making.write(conn, Order(table, kind, WEEK, "en"), file, seed.NOW)
    return path


def test_files_lack_what_is_struck_and_carry_its_flag(conn: db.Connection, tmp_path: Path) -> None:
    place, hour = one(conn)
    with conn:
        decided(conn, place, Span(hour, hour + HOUR), STRUCK, True, "Li", "on the ground", seed.NOW)
        reading_log.roll_up(conn)
    with netcdf_file(write(conn, tmp_path / "hours.nc"), mmap=False) as found:
        flags = found.variables["qc"][:]
        marked = np.flatnonzero(flags & STRUCK)
        assert len(marked) == 1
        assert found.variables["time"][marked[0]] == hour.timestamp()
        for name in ("mean", "minimum", "maximum", "total"):
            assert np.isnan(found.variables[name][marked[0]])
        assert b"2048 struck" in found.variables["qc"].comment
    rows = pq.read_table(write(conn, tmp_path / "hours.parquet")).to_pylist()
    (marked_row,) = [row for row in rows if row["qc"] & STRUCK]
    assert marked_row["mean"] is None or np.isnan(marked_row["mean"])
