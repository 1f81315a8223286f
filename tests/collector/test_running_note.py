"""The note of a running `nongqing up`, and the commands that follow it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.running_note import (
    Running,
    RunningNoteError,
    read_running,
    remove_running,
    write_running,
)
from collector.settings import Settings, SettingsError
from collector.state_lock import StateLock

DSN, BROKER, CLOCK = "postgresql://u:p@127.0.0.1:1/x", "mqtt://127.0.0.1:2", "sim:0.000@0.000*2"


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[StateLock]:
    """The lock of the `nongqing up` whose note it is."""
    lock = StateLock(tmp_path, "http://127.0.0.1:8000/")
    lock.take(print)
    yield lock
    lock.release()


@pytest.fixture
def state(tmp_path: Path, lock: StateLock) -> Path:
    write_running(tmp_path, DSN, BROKER, CLOCK)
    return tmp_path


def settings(state: Path, **env: str) -> Settings:
    return Settings.from_env({"NONGQING_STATE_DIR": str(state), **env})


def leave(state: Path, pid: int) -> None:
    note = {"dsn": DSN, "broker": BROKER, "clock": CLOCK, "pid": pid}
    (state / "running.json").write_text(json.dumps(note))


def test_the_note_is_for_its_user_alone_and_taken_away(state: Path) -> None:
    assert sorted(path.name for path in state.iterdir()) == ["running.json", "up.lock"]
    assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}
    assert read_running(state) == Running(DSN, BROKER, CLOCK, os.getpid())
    remove_running(state)
    remove_running(state)
    assert [path.name for path in state.iterdir()] == ["up.lock"]
    assert read_running(state / "nowhere") is None


def test_anothers_note_stays(state: Path) -> None:
    leave(state, os.getppid())
    remove_running(state)
    assert (state / "running.json").exists()


def test_commands_follow_what_runs(state: Path) -> None:
    found = settings(state)
    assert (found.dsn, found.broker) == (None, None), "a second `up` must bring its own"
    assert (found.need_dsn(), found.need_broker(), found.clock().spec()) == (DSN, BROKER, CLOCK)


def test_what_is_set_goes_before(state: Path) -> None:
    other = settings(state, NONGQING_DSN="postgresql://other/y")
    assert (other.need_dsn(), other.clock().spec()) == ("postgresql://other/y", "system")
    with pytest.raises(SettingsError, match="NONGQING_BROKER is not set"):
        other.need_broker()
    same = settings(state, NONGQING_DSN=DSN, NONGQING_CLOCK="sim:1@1*1", NONGQING_BROKER="mqtt://b")
    assert (same.clock().spec(), same.need_broker()) == ("sim:1.000@1.000*1", "mqtt://b")


def test_the_note_of_one_that_ended_is_not_followed(state: Path, lock: StateLock) -> None:
    """Whatever process has its number by now: here, this one."""
    lock.release()
    with pytest.raises(SettingsError, match="NONGQING_DSN is not set"):
        settings(state).need_dsn()
    assert settings(state).clock().spec() == "system"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"dsn": 1, "broker": 2, "clock": 3, "pid": "x"}']
)
def test_a_broken_note_is_named(state: Path, text: str) -> None:
    (state / "running.json").write_text(text)
    with pytest.raises(RunningNoteError, match=r"running.json: is broken; delete it"):
        settings(state).need_dsn()


def test_a_note_that_cannot_be_read_is_named(state: Path) -> None:
    (state / "running.json").unlink()
    (state / "running.json").mkdir()
    with pytest.raises(
        RunningNoteError, match=r"cannot be read \(Is a directory\); work as the user"
    ):
        settings(state).need_dsn()
