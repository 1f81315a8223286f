"""Fixtures that all rooms share: a real PostgreSQL, a fresh database, a real broker."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from hypothesis import settings

from collector.one_machine.embedded import EmbeddedBroker, EmbeddedPostgres
from collector.store.postgres import db
from tests.paths import AS_SERVICES, OTHER_SERVER, ROOT, WHOLE
from tests.service_role import let_pools_be_of_role

TEMPLATE = "nongqing_template"
FOLDER = "nongqing-test-"
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 4 << 30
# A slow machine is no fault of what is tested. CI tries the same examples every time, so that it
# judges the change at hand; everywhere else each run tries new ones.
settings.register_profile("nongqing", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("nongqing")
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Side by side, tests run in children that ignore Ctrl-C, and theirs would ignore it too."""
    if hasattr(config, "workerinput"):
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if AS_SERVICES:
        let_pools_be_of_role()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of what is whole wait for ``make whole``; files whose tests are long come first.

    Side by side, a long file that comes last leaves the other processors idle.
    """
    slow = {
        i.path for i in items if i.get_closest_marker("system") or i.get_closest_marker("browser")
    }
    items.sort(key=lambda item: item.path not in slow)
    for item in items:
        if not WHOLE and item.get_closest_marker("whole"):
            item.add_marker(pytest.mark.skip(reason="more of a kind: make whole"))


def pytest_collection_finish() -> None:
    """What was imported stays: the firmware, which collects garbage often, need not look at it."""
    gc.collect()
    gc.freeze()


@dataclass
class Server:
    """A PostgreSQL server of the test session; `dsn` leads to its database ``postgres``."""

    embedded: EmbeddedPostgres
    dsn: str

    def dsn_of(self, name: str) -> str:
        """Connection string of another of its databases."""
        return self.dsn.rpartition("/")[0] + f"/{name}"

    def run(self, statement: str) -> None:
        """Run a statement outside any transaction."""
        conn = psycopg2.connect(self.dsn)
        conn.autocommit = True
        with conn.cursor() as cur:
            cur.execute(statement)
        conn.close()

    def create(self, template: str = "template0") -> str:
        """Create a database and return its connection string."""
        name = f"test_{next(_numbers)}"
        self.run(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return self.dsn_of(name)


def memory() -> str | None:
    """A file system in memory with room for databases: making one there takes a tenth of a disk's
    time. None where there is none.
    """
    for left in MEMORY.glob(f"{FOLDER}*"):  # of a run that was killed
        if time.time() - left.stat().st_mtime > 86400:
            shutil.rmtree(left, ignore_errors=True)
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES
    return str(MEMORY) if roomy and os.access(MEMORY, os.W_OK) else None


class OtherPostgres(EmbeddedPostgres):
    """A server from other programs than the embedded ones."""

    def _binaries(self) -> Path:
        assert OTHER_SERVER is not None
        return Path(OTHER_SERVER)


@contextmanager
def open_folder(within: str | None = None) -> Iterator[Path]:
    """A folder outside pytest's own, which is closed to the user that a server runs as."""
    folder = Path(tempfile.mkdtemp(prefix=FOLDER, dir=within))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A fresh folder for a PostgreSQL server of one test."""
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server with a migrated template database."""
    with open_folder(memory()) as folder:
        yield from serve((OtherPostgres if OTHER_SERVER else EmbeddedPostgres)(folder))


def serve(embedded: EmbeddedPostgres) -> Iterator[Server]:
    """Run a server with a migrated template database."""
    server = Server(embedded, embedded.start())
    try:
        server.run("ALTER SYSTEM SET fsync = off")
        server.run("SELECT pg_reload_conf()")
        server.run(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        conn = db.connect(server.dsn_of(TEMPLATE))
        db.migrate(conn)
        conn.close()
        yield server
    finally:
        # Its data are thrown away: no need to write them out in order.
        if embedded.process is not None:
            embedded.process.send_signal(signal.SIGQUIT)
            embedded.process.wait()
        embedded.stop()


def fresh(postgres: Server, template: str) -> Iterator[str]:
    """Lend a database made from another."""
    dsn = postgres.create(template)
    yield dsn
    postgres.run(f"DROP DATABASE {dsn.rpartition('/')[2]} WITH (FORCE)")


@pytest.fixture
def dsn(postgres: Server) -> Iterator[str]:
    """Connection string of a fresh database with the schema in place."""
    yield from fresh(postgres, TEMPLATE)


@pytest.fixture(scope="session")
def known_world(postgres: Server) -> str:
    """A template database that holds the world of the web's tests."""
    from tests.webapp import seed  # most tests do without

    dsn = postgres.create(TEMPLATE)
    conn = db.connect(dsn)
    seed.fill(conn)
    conn.close()
    return dsn.rpartition("/")[2]


@pytest.fixture
def world_dsn(postgres: Server, known_world: str) -> Iterator[str]:
    """Connection string of a fresh database that holds the world of the web's tests."""
    yield from fresh(postgres, known_world)


@pytest.fixture
def conn(dsn: str) -> Iterator[db.Connection]:
    """A connection to a fresh database with the schema in place."""
    connection = db.connect(dsn)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def broker_url() -> Iterator[str]:
    """Address of a real MQTT broker of the test session."""
    broker = EmbeddedBroker()
    yield broker.start()
    broker.stop()


@dataclass
class ClockShift:
    """The wall clock of processes that get `environment`, set at will while they run."""

    library: Path
    file: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment."""
        return {"LD_PRELOAD": str(self.library), "CLOCK_SHIFT": str(self.file)}

    def set(self, seconds: int) -> None:
        """Let the clock differ from the machine's by so many seconds."""
        new = self.file.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self.file)


@pytest.fixture(scope="session")
def shift_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that shifts a clock, compiled."""
    library = tmp_path_factory.mktemp("clock") / "shift.so"
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        reason = "a shifted clock needs Linux and a C compiler (apt-get install gcc libc6-dev)"
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    source = ROOT / "tests" / "clock" / "shift.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def clock_shift(shift_library: Path, tmp_path: Path) -> ClockShift:
    """A clock that a test may set for the processes it starts."""
    shift = ClockShift(shift_library, tmp_path / "clock_shift")
    shift.set(0)
    return shift
