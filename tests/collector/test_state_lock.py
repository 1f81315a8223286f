"""One `nongqing up` on a state folder, whatever becomes of it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collector import state_lock
from collector.state_lock import LOCK, StateLock, StateLockError, held
from tests.conftest import open_folder
from tests.paths import ROOT

ADDRESS = "http://127.0.0.1:8000/"
HOLD = """
import subprocess, sys
from pathlib import Path
from collector.state_lock import StateLock
lock = StateLock(Path(sys.argv[1]), "http://127.0.0.1:8000/")
lock.take(print)
child = None
if len(sys.argv) > 2:  # what it starts keeps the lock, and outlives it
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(command, pass_fds=(lock.fileno,), stdout=subprocess.DEVNULL)
print("held", child.pid if child else 0, flush=True)
sys.stdin.readline()
lock.release()
"""


@contextmanager
def holding(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that holds the lock, and the process that it started, if it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), *more],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    word, child = process.stdout.readline().split()
    assert word == "held"
    try:
        yield process, int(child)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[StateLock]:
    one = StateLock(tmp_path, ADDRESS)
    yield one
    one.release()


def test_a_second_one_is_told_who_has_it_and_what_to_do(
    tmp_path: Path, lock: StateLock, lines: list[str]
) -> None:
    with holding(tmp_path) as (first, _):
        assert held(tmp_path)
        for attempt in (lock.refuse_second, lambda: lock.take(lines.append)):
            with pytest.raises(StateLockError) as caught:
                attempt()
            text = str(caught.value)
            assert text.startswith(f"{tmp_path}: `nongqing up` runs here already (process ")
            assert f"(process {first.pid}, since 20" in text
            assert f"open {ADDRESS}, or end it with Ctrl-C where it was started" in text
            assert f"or `kill {first.pid}`" in text
            assert "NONGQING_STATE_DIR=… nongqing up --port …" in text
        first.stdin.write("\n")
        first.stdin.flush()
        first.wait()
    assert not held(tmp_path)
    assert (tmp_path / LOCK).read_bytes() == b"", "an orderly end leaves nothing to read"
    lock.take(lines.append)
    assert lines == []


def test_another_path_to_the_folder_is_the_same_folder(tmp_path: Path, lock: StateLock) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with holding(tmp_path / "link"), pytest.raises(StateLockError, match="runs here already"):
        lock.refuse_second()


def test_it_ends_with_its_process_however_that_ended(
    tmp_path: Path, lock: StateLock, lines: list[str]
) -> None:
    with holding(tmp_path) as (first, _):
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert json.loads((tmp_path / LOCK).read_bytes())["pid"] == first.pid
        assert not held(tmp_path)
        lock.refuse_second()
        lock.take(lines.append)
    assert json.loads((tmp_path / LOCK).read_bytes())["pid"] == os.getpid()


def test_the_number_of_a_process_that_somebody_else_has_by_now_means_nothing(
    tmp_path: Path, lock: StateLock, lines: list[str]
) -> None:
    note = {"pid": os.getppid(), "host": socket.gethostname(), "address": ADDRESS, "since": "x"}
    (tmp_path / LOCK).write_text(json.dumps(note))
    lock.refuse_second()
    lock.take(lines.append)
    assert lines == []


def test_what_a_killed_one_left_running_is_waited_for(
    tmp_path: Path, lock: StateLock, lines: list[str]
) -> None:
    with holding(tmp_path, "and a child") as (first, child):
        first.kill()
        first.wait()
        assert held(tmp_path)
        lock.refuse_second()
        threading.Timer(0.5, os.kill, (child, signal.SIGKILL)).start()
        lock.take(lines.append)
    assert lines == [
        f"{tmp_path}: a former start has ended; waiting for what it left running",
    ]


def test_what_does_not_end_is_named(
    tmp_path: Path, lock: StateLock, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_lock, "REMAINS_SECONDS", 0.3)
    with holding(tmp_path, "and a child") as (first, child):
        first.kill()
        first.wait()
        with pytest.raises(StateLockError) as caught:
            lock.take(lines.append)
        os.kill(child, signal.SIGKILL)
    text = str(caught.value)
    assert f"what process {first.pid} started on 20" in text
    assert f"`fuser -v {tmp_path / LOCK}`" in text


def test_one_on_another_machine_is_said_to_be_there(
    tmp_path: Path, lock: StateLock, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of several containers or machines: their processes' numbers are not ours."""
    with holding(tmp_path, "and a child") as (first, child):
        first.kill()  # of its number we know nothing there
        first.wait()
        monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
        with pytest.raises(StateLockError) as caught:
            lock.take(lines.append)
        name = json.loads((tmp_path / LOCK).read_bytes())["host"]
        os.kill(child, signal.SIGKILL)
    assert f"(process {first.pid} on {name}, since" in str(caught.value)
    assert "where it was started, on that machine" in str(caught.value)
    assert "kill" not in str(caught.value)


def test_one_that_is_just_starting_is_waited_for_or_named(
    tmp_path: Path, lock: StateLock, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_lock, "READER_SECONDS", 0.2)
    with holding(tmp_path):
        (tmp_path / LOCK).write_bytes(b"")
        for attempt in (lock.refuse_second, lambda: lock.take(lines.append)):
            with pytest.raises(StateLockError, match="starting or stopping here just now; wait"):
                attempt()


def test_those_who_only_look_are_in_nobodys_way(tmp_path: Path, lines: list[str]) -> None:
    (tmp_path / LOCK).touch()
    looker = os.open(tmp_path / LOCK, os.O_RDONLY)
    fcntl.flock(looker, fcntl.LOCK_SH)
    threading.Timer(0.3, os.close, (looker,)).start()
    lock = StateLock(tmp_path, ADDRESS)
    lock.take(lines.append)
    assert held(tmp_path)
    lock.release()
    lock.release()
    assert not held(tmp_path)


def test_a_folder_taken_away_is_noticed(tmp_path: Path, lock: StateLock, lines: list[str]) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    lock = StateLock(folder, ADDRESS)
    lock.take(lines.append)
    lock.check()
    folder.rename(tmp_path / "moved")
    with pytest.raises(StateLockError, match="was removed or replaced while"):
        lock.check()
    folder.mkdir()
    other = StateLock(folder, ADDRESS)
    other.take(lines.append)
    with pytest.raises(StateLockError, match="start it again"):
        lock.check()
    other.check()
    lock.release()
    other.release()


def test_a_file_that_was_replaced_while_it_was_locked_is_not_the_lock(
    tmp_path: Path, lock: StateLock, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody deletes the folder to begin afresh, at the same moment."""
    flock, replaced = fcntl.flock, []

    def late(file: int, how: int) -> None:
        if not replaced:
            replaced.append((tmp_path / LOCK).rename(tmp_path / "old"))
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    lock.take(lines.append)
    assert replaced
    lock.check()
    assert held(tmp_path)


def test_a_folder_that_is_not_there_is_held_by_nobody(tmp_path: Path) -> None:
    assert not held(tmp_path / "nowhere")
    StateLock(tmp_path / "nowhere", ADDRESS).refuse_second()
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_locks_is_named(
    tmp_path: Path, lock: StateLock, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS without a lock server answers so."""

    def none(file: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(StateLockError) as caught:
        lock.take(lines.append)
    assert "this file system has no locks (No locks available); name a folder on a local disk" in (
        str(caught.value)
    )
    assert not held(tmp_path)


@contextmanager
def without_rights(folder: Path) -> Iterator[None]:
    """Work as one who may look into the folder and write nothing there."""
    root = os.geteuid() == 0
    folder.chmod(0o755 if root else 0o500)
    if root:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_a_folder_of_somebody_else_is_named(lines: list[str]) -> None:
    """Started as root once, then as a user."""
    owner = pwd.getpwuid(os.getuid()).pw_name
    with open_folder() as folder:
        with without_rights(folder), pytest.raises(StateLockError) as caught:
            StateLock(folder, ADDRESS).take(lines.append)
        assert str(caught.value) == (
            f"{folder / LOCK}: cannot be opened (Permission denied); start as {owner}, whose "
            "folder it is, or name a folder of yours in NONGQING_STATE_DIR"
        )
