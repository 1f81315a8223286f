import contextlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import psutil
import pytest

from collector.one_machine import embedded

ROOT_ONLY = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root starts the server as another user"
)


@pytest.fixture
def open_dir():
    """A folder below which every user may go, as a checkout usually is."""
    path = Path(tempfile.mkdtemp(prefix="nongqing-embedded-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)  # a killed initdb's own child may write a last file


def query(postgres, sql):
    result = subprocess.run(
        [embedded.postgres_binaries() / "psql", "-XAtq", "-c", sql, postgres.dsn],
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()


def test_postgres_keeps_its_data_and_loosens_nothing(open_dir):
    before = [stat.S_IMODE(parent.stat().st_mode) for parent in open_dir.parents]
    state = open_dir / "state"
    server = embedded.EmbeddedPostgres(state)
    try:
        server.start()
        assert query(server, "show server_version").startswith("18.")
        query(server, "create table kept as select 42 as answer")
        server.stop()
        server.stop()  # twice is once
        server.start()
        assert query(server, "select answer from kept") == "42"
        assert query(server, "show listen_addresses") == "127.0.0.1"
        assert stat.S_IMODE((server.home / "postgres.password").stat().st_mode) == 0o600
    finally:
        server.stop()
    assert [stat.S_IMODE(parent.stat().st_mode) for parent in open_dir.parents] == before


@ROOT_ONLY
def test_below_a_closed_directory_root_keeps_the_data_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "SYSTEM_DIR", tmp_path / "system")
    monkeypatch.setattr(
        embedded, "reachable_by_others", lambda path: str(tmp_path / "system") in str(path)
    )
    tmp_path.chmod(0o755)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = embedded.EmbeddedPostgres(closed / "state")
    assert server.home.parent == tmp_path / "system"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    # the programs were copied to where the server's user reaches them
    assert server._binaries().is_relative_to(tmp_path / "system")


def test_reachable_by_others_looks_at_every_parent(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a").chmod(0o700)
    assert not embedded.reachable_by_others(inner / "file")


@ROOT_ONLY
def test_no_place_for_the_server_is_an_error_with_a_mend(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "reachable_by_others", lambda path: False)
    monkeypatch.setattr(embedded, "SYSTEM_DIR", tmp_path / "system")
    with pytest.raises(embedded.EmbeddedError, match=r"cannot enter .*set NONGQING_DSN"):
        embedded.EmbeddedPostgres(tmp_path / "state")
    (tmp_path / "file").touch()
    monkeypatch.setattr(embedded, "SYSTEM_DIR", tmp_path / "file")
    with pytest.raises(embedded.EmbeddedError, match=r"cannot be made .*set NONGQING_DSN"):
        embedded.EmbeddedPostgres(tmp_path / "state")


@ROOT_ONLY
def test_no_user_for_the_server_is_an_error_with_a_mend(monkeypatch):
    monkeypatch.setattr(embedded, "SERVER_USER", "not a valid user name")
    with pytest.raises(embedded.EmbeddedError, match="must not run as root.*ordinary user"):
        embedded._server_user()


def test_a_server_that_does_not_start_shows_its_log(open_dir):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = embedded.EmbeddedPostgres(open_dir / "state", taken.getsockname()[1])
        with pytest.raises(embedded.EmbeddedError, match="did not start.*Address already in use"):
            server.start()


def test_failed_initdb_leaves_nothing_half_made(open_dir, monkeypatch):
    server = embedded.EmbeddedPostgres(open_dir / "state")
    (server.home / "postgres.password").mkdir()  # initdb cannot read it
    with pytest.raises(embedded.EmbeddedError, match="initdb failed"):
        server.start()
    assert [path.name for path in server.home.iterdir()] == ["postgres.password"]


START = """
import sys
from pathlib import Path
from collector.one_machine.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).start()
"""


def test_an_initdb_that_was_cut_off_is_done_again(open_dir):
    """A half-made data directory has a PG_VERSION already."""
    starter = subprocess.Popen([sys.executable, "-c", START, str(open_dir / "state")])
    follower = embedded.EmbeddedPostgres(open_dir / "state")
    while not list(follower.home.glob("pgdata*/PG_VERSION")):
        assert starter.poll() is None
    family = [*psutil.Process(starter.pid).children(recursive=True), psutil.Process(starter.pid)]
    for act in (psutil.Process.suspend, psutil.Process.kill):
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):  # some last a moment only
                act(process)
    starter.wait()
    psutil.wait_procs(family, timeout=20)  # what is not gone yet still holds its files
    try:
        follower.start()
        assert query(follower, "select 1") == "1"
        follower.stop()
        # what the killed programs may have written until they were gone goes at the next start
        (follower.home / "pgdata.left").mkdir(exist_ok=True)
        follower.start()
        assert query(follower, "select 1") == "1"
        assert sorted(path.name for path in follower.home.glob("pgdata*")) == ["pgdata"]
    finally:
        follower.stop()


def test_initdb_ends_when_its_starter_is_killed(open_dir):
    starter = subprocess.Popen([sys.executable, "-c", START, str(open_dir / "state")])
    home = embedded.EmbeddedPostgres(open_dir / "state").home
    while not list(home.glob("pgdata*/PG_VERSION")):
        assert starter.poll() is None
    (initdb,) = psutil.Process(starter.pid).children()
    initdb.suspend()  # so that it does not end by itself
    starter.kill()
    starter.wait()
    _, alive = psutil.wait_procs([initdb], timeout=20)
    for process in alive:
        process.resume()
    assert alive == []
    assert not (home / "pgdata").exists()


def test_a_password_that_was_cut_off_is_made_again(open_dir):
    server = embedded.EmbeddedPostgres(open_dir / "state")
    (server.home / "postgres.password").touch(mode=0o600)
    assert len(server._password_file.read_text()) > 20
    assert stat.S_IMODE(server._password_file.stat().st_mode) == 0o600


def test_a_strangers_process_is_not_taken_for_the_server(open_dir):
    """After a crash the number in postmaster.pid may be anybody's, in a container above all."""
    server = embedded.EmbeddedPostgres(open_dir / "state")
    ids = {} if server.user is None else {"user": server.user.pw_uid}
    stranger = subprocess.Popen(["sleep", "600"], cwd="/", **ids)
    try:
        server.start()
        note = server.data / "postmaster.pid"
        lines = note.read_text().splitlines()
        server.process.kill()
        server.process.wait()
        note.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        server.start()
        assert query(server, "select 1") == "1"
        assert stranger.poll() is None
    finally:
        server.stop()
        stranger.kill()
        stranger.wait()


@ROOT_ONLY
def test_programs_are_copied_once_and_as_a_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "SYSTEM_DIR", tmp_path / "system")
    package = embedded.postgres_binaries().parents[1]
    target = tmp_path / "target"
    target.mkdir()
    embedded._copy_programs(package, target)
    first = (target / embedded.PROGRAMS).stat()
    embedded._copy_programs(package, target)  # another start that looked before this one was done
    assert os.path.samestat(first, (target / embedded.PROGRAMS).stat())
    assert [path.name for path in target.iterdir()] == [embedded.PROGRAMS]


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    with pytest.raises(embedded.EmbeddedError, match="run make install, or set NONGQING_DSN"):
        embedded.postgres_binaries()


def test_a_crashed_server_recovers(open_dir):
    server = embedded.EmbeddedPostgres(open_dir / "state")
    try:
        server.start()
        query(server, "create table kept as select 1 as answer")
        server.process.kill()
        server.process.wait()
        server.start()
        assert query(server, "select answer from kept") == "1"
    finally:
        server.stop()


def test_a_server_left_behind_is_taken_over(open_dir):
    left = embedded.EmbeddedPostgres(open_dir / "state")
    left.start()
    follower = embedded.EmbeddedPostgres(open_dir / "state")
    try:
        follower.start()
        assert left.process.wait(10) is not None
        assert query(follower, "select 1") == "1"
    finally:
        follower.stop()
        left.stop()


def test_the_server_ends_when_its_starter_is_killed(open_dir):
    program = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from collector.one_machine.embedded import EmbeddedPostgres
        server = EmbeddedPostgres(Path(sys.argv[1]))
        server.start()
        print(server.process.pid, flush=True)
        time.sleep(600)
        """)
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(open_dir / "state")], stdout=subprocess.PIPE, text=True
    )
    server = psutil.Process(int(starter.stdout.readline()))
    starter.kill()
    starter.wait()
    starter.stdout.close()
    server.wait(timeout=20)
    assert not server.is_running()


def test_broker_starts_and_frees_its_port():
    broker = embedded.EmbeddedBroker()
    try:
        assert broker.start() == f"mqtt://127.0.0.1:{broker.port}"
        assert embedded.port_taken(broker.port)
    finally:
        broker.stop()
    broker.stop()
    assert not embedded.port_taken(broker.port)


def test_a_port_that_needs_rights_is_not_called_taken(monkeypatch):
    def denied(self, address):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(embedded.socket, "socket", type("S", (socket.socket,), {"bind": denied}))
    with pytest.raises(embedded.EmbeddedError, match="port 80 .*rights.*choose a port above 1023"):
        embedded.port_taken(80)


@pytest.mark.parametrize("port", [-1, 0, 99999])
def test_a_port_that_does_not_exist_is_named(port):
    with pytest.raises(embedded.EmbeddedError, match=f"port {port}: .* from 1 to 65535"):
        embedded.port_taken(port)


def test_broker_on_a_taken_port_names_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(embedded.EmbeddedError, match=f"127.0.0.1:{port} .*set NONGQING_BROKER"):
            embedded.EmbeddedBroker(port).start()
