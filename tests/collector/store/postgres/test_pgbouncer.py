"""Behind a real PgBouncer that lends a server connection for one transaction at a time."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
from psycopg2.extensions import make_dsn, parse_dsn

from collector.ingest.batches import Collector
from collector.jobs.context import Context
from collector.jobs.upkeep import roll_up
from collector.keys import MasterKey
from collector.one_machine.embedded import free_port
from collector.store.measured import readings
from collector.store.network import registry, server_clock
from collector.store.postgres import connecting, db
from collector.store.postgres.election import Election
from collector.store.postgres.planned import fetch_planned
from tests.collector.conftest import NOW, Bench, enrol
from tests.collector.ingest.test_batches import Sent
from tests.conftest import open_folder

if TYPE_CHECKING:
    from field_configs.schema import Configs
    from tests.conftest import Server

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
NO_IPV6 = not Path("/proc/net/if_inet6").exists()
SERVER_CONNECTIONS = 2

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="no pgbouncer; as root: apt-get install pgbouncer (make test does)"
)


class Bouncer:
    """A PgBouncer in front of a server: on loopback, IPv6 where there is any, and a socket."""

    def __init__(self, folder: Path, dsn: str, **more: object) -> None:
        self.folder, self.port, self.behind = folder, free_port(), parse_dsn(dsn)
        (folder / "users.txt").write_text(f'"nongqing" "{self.behind["password"]}"\n')
        server = f"host=127.0.0.1 port={self.behind['port']}"
        settings = {
            "listen_addr": "127.0.0.1" if NO_IPV6 else "127.0.0.1,::1",
            "listen_port": self.port,
            "unix_socket_dir": folder,
            "auth_type": "scram-sha-256",
            "auth_file": folder / "users.txt",
            "pool_mode": "transaction",
            "default_pool_size": SERVER_CONNECTIONS,
            "logfile": folder / "pgbouncer.log",
            **more,
        }
        lines = [f"{key} = {value}" for key, value in settings.items()]
        (folder / "conf.ini").write_text(
            "\n".join(["[databases]", f"* = {server}", "[pgbouncer]", *lines]) + "\n"
        )
        # it refuses to run as root
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        if self.user is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        options: dict[str, Any] = {}
        if self.user is not None:
            options = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        self.process = subprocess.Popen(
            [str(PROGRAM), "-q", str(self.folder / "conf.ini")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **options,
        )
        deadline = time.monotonic() + 10
        while not (self.folder / f".s.PGSQL.{self.port}").exists():
            assert self.process.poll() is None, (self.folder / "pgbouncer.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def dsn(self, **changes: Any) -> str:
        here = {"host": "127.0.0.1", "port": self.port}
        return make_dsn(**(self.behind | here | changes))


@contextmanager
def running(bouncer: Bouncer) -> Iterator[Bouncer]:
    bouncer.start()
    try:
        yield bouncer
    finally:
        bouncer.process.terminate()
        bouncer.process.wait()


@pytest.fixture
def bouncer(dsn: str) -> Iterator[Bouncer]:
    with open_folder() as folder, running(Bouncer(folder, dsn)) as one:
        yield one


def one(conn: db.Connection, statement: str) -> Any:
    with conn, conn.cursor() as cur:
        cur.execute(statement)
        ((value,),) = cur.fetchall()
    return value


@pytest.mark.parametrize("way", ["ipv4", "socket", "ipv6"])
def test_every_way_there_leads_into_utc(bouncer: Bouncer, postgres: Server, way: str) -> None:
    if way == "ipv6" and NO_IPV6:
        pytest.skip("this machine has no IPv6")
    postgres.run(f"ALTER DATABASE {bouncer.behind['dbname']} SET timezone = 'Asia/Shanghai'")
    where = {"ipv4": "127.0.0.1", "socket": str(bouncer.folder), "ipv6": "::1"}
    conn = db.connect(bouncer.dsn(host=where[way]))
    assert one(conn, "SHOW TimeZone") == "UTC"
    conn.close()


def test_tls_is_what_the_connection_string_says(dsn: str) -> None:
    with open_folder() as folder:
        certificate, key = folder / "tls.crt", folder / "tls.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
             certificate],
            check=True, capture_output=True,
        )  # fmt: skip
        tls = {"client_tls_sslmode": "require", "client_tls_key_file": key}
        with running(Bouncer(folder, dsn, client_tls_cert_file=certificate, **tls)) as bouncer:
            good = {"sslmode": "verify-full", "sslrootcert": str(certificate)}
            conn = db.connect(bouncer.dsn(**good))
            assert conn.info.ssl_in_use
            conn.close()
            with pytest.raises(db.DatabaseRefuses, match="SSL required"):
                db.connect(bouncer.dsn(sslmode="disable"))
            (folder / "tls.crt").rename(folder / "other.crt")
            with pytest.raises(db.DatabaseDown, match="certificate"):
                db.connect(bouncer.dsn(**good))


def test_every_transaction_is_in_utc_on_whichever_server_connection(
    bouncer: Bouncer, postgres: Server
) -> None:
    """More clients than server connections, some of them with a time zone of their own."""
    postgres.run(f"ALTER DATABASE {bouncer.behind['dbname']} SET timezone = 'Asia/Shanghai'")
    ours = [db.connect(bouncer.dsn()) for _ in range(6)]
    stranger = db.connect(bouncer.dsn())
    stranger.autocommit = True
    backends = set()
    for turn in range(4):
        with stranger.cursor() as cur:
            cur.execute("SET TIME ZONE 'America/Lima'")
        # held open, so that the next client gets another server connection
        with ours[turn], ours[turn].cursor() as cur:
            cur.execute("SELECT pg_backend_pid(), current_setting('TimeZone')")
            rows = cur.fetchall()
            with ours[turn + 1], ours[turn + 1].cursor() as other:
                other.execute("SELECT pg_backend_pid(), current_setting('TimeZone')")
                rows += other.fetchall()
        assert {zone for _, zone in rows} == {"UTC"}
        backends |= {pid for pid, _ in rows}
    assert len(backends) == SERVER_CONNECTIONS
    for conn in (*ours, stranger):
        conn.close()


def test_planned_statements_are_found_or_made_on_whichever_server_connection(
    bouncer: Bouncer,
) -> None:
    asked = "SELECT %(one)s::int + 1, pg_backend_pid()"
    ours = [db.connect(bouncer.dsn()) for _ in range(4)]
    backends = set()
    for turn in range(12):
        conn, other = ours[turn % 4], ours[(turn + 1) % 4]
        with conn, other:  # both open, so that each has a server connection of its own
            for each in (conn, other):
                ((two, backend),) = fetch_planned(each, asked, one=1)
                assert two == 2
                backends.add(backend)
    assert len(backends) == SERVER_CONNECTIONS
    for conn in ours:
        conn.close()


def test_a_session_that_the_pooler_opened_later_ends_when_it_is_silent(
    bouncer: Bouncer, postgres: Server
) -> None:
    """Else a collector that is gone without a word keeps its locks from the others."""
    conn = db.connect(bouncer.dsn())
    connecting.free_locks_when_silent(conn)
    name, (before,) = bouncer.behind["dbname"], backends_of(conn)
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    with suppress(db.DatabaseDown, psycopg2.Error):
        one(conn, "SELECT 1")  # the pooler may find out only now
    conn.close()
    conn = db.connect(bouncer.dsn())
    with conn:
        server_clock.kept(conn, "gate", system=True)
    (now,) = backends_of(conn)
    assert now != before
    assert one(conn, "SHOW idle_in_transaction_session_timeout") == "1min"
    conn.close()


def backends_of(conn: db.Connection) -> list[int]:
    return [one(conn, "SELECT pg_backend_pid()")]


def test_the_schema_is_put_in_place(bouncer: Bouncer, postgres: Server) -> None:
    name = postgres.create().rpartition("/")[2]
    conn = db.connect(bouncer.dsn(dbname=name))
    assert db.migrate(conn) == [f"{m.number:04d}_{m.name}" for m in db.read_migrations()]
    assert db.status(conn).pending == ()
    conn.close()


def test_frames_become_hours_by_way_of_the_pooler(
    bouncer: Bouncer, configs: Configs, clock: Any
) -> None:
    """Two collectors at once: bulk inserts through temporary tables, watermarks, the roll-up."""
    pools = [db.Pool(bouncer.dsn()) for _ in range(2)]
    with pools[0].connection() as conn:
        registry.import_configs(conn, configs, NOW - timedelta(days=1))
    conn = db.connect(bouncer.dsn())
    benches: list[Bench] = [enrol(conn, node) for node in sorted(configs.nodes)[:2]]
    conn.close()
    batches = [
        [bench.frame(t0=3600 * hour) for hour in range(start, start + 20)]
        for start in (0, 20, 40)
        for bench in benches
    ]
    collectors = [Collector(pool, MasterKey(bytes(range(32))), clock, Sent()) for pool in pools]

    def work(collector: Collector, share: list[Any]) -> None:
        for batch in share:
            collector._retry(lambda batch=batch: collector.store(batch))

    threads = [
        threading.Thread(target=work, args=(collector, batches[number::2]))
        for number, collector in enumerate(collectors)
    ]
    clock.moment = NOW + timedelta(days=2)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(collector.counters.new_frames for collector in collectors) == 120
    assert sum(collector.counters.readings for collector in collectors) == 120 * 36
    roll_up(Context(pools[0], clock.now()))
    with pools[1].connection() as conn:
        names = ["air_temperature"]
        data = readings.hourly_dataset(conn, names, NOW - timedelta(hours=6), clock.now())
    assert int((data["air_temperature_completeness"] == 1).sum()) == 2 * 54
    for pool in pools:
        pool.close()


def test_one_process_leads_however_the_server_connections_are_lent(bouncer: Bouncer) -> None:
    """A lock of the session would be found held by whoever gets its server connection next."""
    elections = [Election(bouncer.dsn()) for _ in range(3)]
    try:
        for _ in range(6):
            assert [election.leads() for election in elections] == [True, False, False]
        elections[0].resign()
        deadline = time.monotonic() + 10
        while not elections[1].leads():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert [elections[2].leads(), elections[0].leads()] == [False, False]
    finally:
        for election in elections:
            election.resign()


def test_the_poolers_own_refusals_are_told_apart(bouncer: Bouncer) -> None:
    """It has one SQLSTATE for nearly everything; its own words say what to mend."""
    for changes, words in (
        ({"password": "wrong"}, "authentication failed"),
        ({"options": "-c search_path=farm"}, "unsupported startup parameter: options"),
    ):
        with pytest.raises(db.DatabaseRefuses) as caught:
            db.connect(bouncer.dsn(**changes))
        assert "refuses the connection; mend what it names" in str(caught.value)
        assert words in str(caught.value)
    # it lets a second client wait before it asks its server again, so there is no SQLSTATE
    with pytest.raises(db.DatabaseDown, match='database "nowhere" does not exist'):
        db.connect(bouncer.dsn(dbname="nowhere"))
