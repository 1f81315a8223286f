"""`nongqing up` as a person starts it: twice, killed, and cut off in the middle."""

from __future__ import annotations

import http.client
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from collector.one_machine import demo_control, demo_shipment
from collector.one_machine.embedded import free_port
from collector.one_machine.up import Upkeep
from collector.state_lock import StateLock, StateLockError
from collector.store.postgres import db
from tests.conftest import open_folder

NONGQING = [sys.executable, "-P", "-c", "import nongqing; nongqing.main()"]
PATIENCE_S = 120.0
NODES, BACKLOG_DAYS = 6, 2


class Up:
    """A `nongqing up` on a state folder, and what it prints."""

    def __init__(self, state: Path, *more: str, port: int | None = None) -> None:
        self.state = state
        self.port = port or free_port()
        self.output = ""
        self.seen: list[psutil.Process] = []
        self.process = subprocess.Popen(
            [*NONGQING, "up", "--port", str(self.port), *more],
            env=environment(state),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def wait_for(self, text: str) -> None:
        """Read on until it says so."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.output:
            ready, _, _ = select.select([self.process.stdout], [], [], deadline - time.monotonic())
            assert ready, f"no {text!r}: {self.output}"
            some = os.read(self.process.stdout.fileno(), 4096)
            assert some, f"it ended: {self.output}"
            self.output += some.decode()

    def end(self, sign: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.seen = self.family()
            self.process.send_signal(sign)
        rest, _ = self.process.communicate(timeout=60)
        self.output += rest.decode()
        return self.process.returncode

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def answers(self) -> bool:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            link.request("GET", "/healthz")
            return link.getresponse().status == 200
        finally:
            link.close()


def environment(state: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "NONGQING_STATE_DIR": str(state),
        "LANG": "C.UTF-8",
    }


def run(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*NONGQING, *arguments], env=environment(state), capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def state() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder / "state"


@contextmanager
def started(state: Path, *more: str, port: int | None = None) -> Iterator[Up]:
    up = Up(state, *more, port=port)
    try:
        yield up
    finally:
        up.end()
        # what it started ends with it, but for the last of a killed one
        psutil.wait_procs(up.seen, timeout=30)


@pytest.mark.system
@pytest.mark.timeout(400)
def test_a_second_start_is_told_and_the_first_goes_on(state: Path) -> None:
    with started(state) as first:
        first.wait_for("Ctrl-C stops it")
        family = {process.pid for process in first.family()}
        for port in (first.port, free_port()):
            second = run(state, "up", "--port", str(port))
            assert second.returncode == 1
            assert second.stdout == ""
            assert f"{state}: `nongqing up` runs here already (process {first.process.pid}" in (
                second.stderr
            )
            assert f"open http://127.0.0.1:{first.port}/, or end it with Ctrl-C" in second.stderr
        assert first.answers()
        assert {process.pid for process in first.family()} == family

        # the other commands work beside it
        assert run(state, "db", "status").returncode == 0
        assert run(state, "sites", "import").returncode == 0
        with service_by_hand(state, "jobs", "jobs: database") as beside:
            assert beside.poll() is None
        with service_by_hand(state, "ingest", "ingest: database") as beside:
            assert beside.poll() is None
        assert first.answers()
        assert first.end() == 0
    assert run(state, "db", "status").returncode == 2, "its note is not followed any more"


@contextmanager
def service_by_hand(state: Path, name: str, first: str) -> Iterator[subprocess.Popen[str]]:
    """One service of the collector, started by hand."""
    process = subprocess.Popen(
        [*NONGQING, name],
        env=environment(state) | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(first)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.system
@pytest.mark.timeout(400)
def test_a_killed_start_is_followed_by_another_at_once(state: Path) -> None:
    """It waits for what the killed one started, here a collector that does not end."""
    first = Up(state)
    first.wait_for("Ctrl-C stops it")
    (ingest,) = [one for one in first.family() if one.cmdline()[-1] == "ingest"]
    ingest.suspend()
    first.end(signal.SIGKILL)
    with started(state, port=first.port) as second:
        second.wait_for("a former start has ended; waiting for what it left running")
        assert "[1/6]" not in second.output
        ingest.kill()
        second.wait_for("Ctrl-C stops it")
        assert [process for process in first.seen if process.is_running()] == []
        assert second.answers()
        assert second.end() == 0


@pytest.mark.system
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("moment", "sign"),
    [pytest.param("[5/8]", signal.SIGINT, marks=pytest.mark.whole), ("[7/8]", signal.SIGKILL)],
)
def test_a_first_start_that_was_cut_off_delivers_its_backlog_the_next_time(
    state: Path, moment: str, sign: signal.Signals
) -> None:
    more = ("--demo", "--rate", "1", "--backlog-days", str(BACKLOG_DAYS))
    with started(state, *more) as first:
        first.wait_for(moment)
        first.end(sign)
    with started(state, *more) as second:
        second.wait_for("the first risk is computed")
        assert "the backlog of the nodes is not in yet" in second.output
        assert frames_of(second) == dict.fromkeys(range(NODES), BACKLOG_DAYS * 24)
        assert json.loads((state / "demo.json").read_text())["backlog_days"] == 0
        assert second.end() == 0


def frames_of(up: Up) -> dict[int, int]:
    """How many hours each node of the fields has sent, by place; its own of the start left out."""
    port = re.search(r"embedded PostgreSQL, 127\.0\.0\.1:(\d+)", up.output)
    home = re.search(r"data in (\S+)/pgdata", up.output)
    assert port is not None
    assert home is not None
    password = (Path(home[1]) / "postgres.password").read_text()
    conn = db.connect(f"postgresql://nongqing:{password}@127.0.0.1:{port[1]}/postgres")
    with conn, conn.cursor() as cur:
        cur.execute(
            "SELECT count(DISTINCT (epoch, boot, seq)) FROM frame WHERE node <> ALL(%s) "
            "GROUP BY node HAVING count(*) >= %s ORDER BY node",
            ([demo_shipment.NODE, *demo_control.NODES], BACKLOG_DAYS * 24),
        )
        counts = [min(count, BACKLOG_DAYS * 24) for (count,) in cur.fetchall()]
    conn.close()
    return dict(enumerate(counts))


# Once a second --------------------------------------------------------------------------------


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[StateLock]:
    one = StateLock(tmp_path, "http://127.0.0.1:8000/")
    one.take(print)
    yield one
    one.release()


class Saves:
    """A state whose file cannot always be written."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "demo.json"

    def save(self) -> None:
        with self.path.open("w") as file:
            file.write("{}")


def test_a_full_disk_is_said_once_and_does_not_end_it(
    tmp_path: Path, lock: StateLock, capsys: pytest.CaptureFixture[str]
) -> None:
    state = Saves(tmp_path)
    upkeep = Upkeep(lambda: None, lock, state, None)
    upkeep()
    state.path.unlink()
    state.path.symlink_to("/dev/full")
    for _ in range(3):
        upkeep()
    assert capsys.readouterr().out == (
        f"{tmp_path}: cannot be written (No space left on device); make room\n"
    )
    state.path.unlink()
    upkeep()
    upkeep()
    assert capsys.readouterr().out == f"{tmp_path}: is written again\n"


def test_a_folder_taken_away_ends_it_before_it_writes_into_anothers(
    tmp_path: Path, lock: StateLock
) -> None:
    state = Saves(tmp_path)
    upkeep = Upkeep(lambda: None, lock, state, None)
    (tmp_path / "up.lock").unlink()
    with pytest.raises(StateLockError, match="was removed or replaced"):
        upkeep()
    assert not state.path.exists()


@pytest.mark.parametrize("place", ["a file", "full"])
def test_a_state_folder_that_cannot_be_used_is_one_line(tmp_path: Path, place: str) -> None:
    if place == "a file":
        (tmp_path / "state").write_text("")
        message = "this folder cannot be made (File exists)"
    else:
        # a socket in the way: nothing can be opened there, by root neither
        (tmp_path / "state").mkdir()
        os.mkfifo(tmp_path / "state" / "log")
        message = "File exists; make room or mend its rights, or name another folder"
    done = run(tmp_path / "state", "up", "--port", str(free_port()))
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interruption_that_python_dropped_ends_it_within_a_second(
    tmp_path: Path, lock: StateLock
) -> None:
    """Between fork and exec of a service Python throws exceptions away."""

    def came() -> None:
        raise KeyboardInterrupt

    state = Saves(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        Upkeep(came, lock, state, None)()
    assert not state.path.exists()
