"""The loader under MicroPython: which slot it runs, and how it counts the starts of a trial."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from firmware.workbench.filesystem import MAIN

RUN = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"
MACHINE = """
class WDT:
    def __init__(self, timeout):
        print("watchdog", timeout)


def reset():
    raise SystemExit(3)
"""


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    """A flash with two slots whose programs say which they are."""
    for name in ("a", "b"):
        program(tmp_path, name, f'print("runs {name}")')
    (tmp_path / "main.py").write_bytes(MAIN.read_bytes())
    (tmp_path / "chips").mkdir()
    (tmp_path / "chips" / "machine.py").write_text(MACHINE)
    return tmp_path


def program(flash: Path, slot: str, line: str) -> None:
    folder = flash / slot / "firmware" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for package in (folder.parent, folder):
        (package / "__init__.py").touch()
    (folder / "main.py").write_text(f"def main():\n    {line}\n")


def start(flash: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RUN, "main.py"],
        cwd=flash,
        env={"MICROPYPATH": f"{flash / 'chips'}:.frozen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 3), done.stderr
    said, *_, last = done.stdout.splitlines()
    assert said == "watchdog 120000"
    return f"{last}, restarts" if done.returncode else last


@pytest.mark.parametrize(
    ("text", "runs", "then"),
    [
        (None, "a", None),
        ("", "a", ""),
        ("a", "a", "a"),
        ("b", "b", "b"),
        ("b+", "b", "b+"),
        ("a>", "a", "a>"),
        ("b!not acknowledged in 3600 s", "b", "b!not acknowledged in 3600 s"),
        ("axwhy", "a", "axwhy"),
        ("ab0", "b", "ab1"),
        ("ab2", "b", "ab3"),
        ("ab3", "a", "ab3"),
        ("ba1", "a", "ba2"),
        ("ba3", "b", "ba3"),
        ("ab", "a", "ab"),
        ("ab9", "a", "ab9"),
        ("\x00\x00", "a", "\x00\x00"),
    ],
)
def test_the_slot_that_runs(flash: Path, text: str | None, runs: str, then: str | None) -> None:
    if text is not None:
        (flash / "slot").write_text(text)
    assert start(flash) == f"runs {runs}"
    held = (flash / "slot").read_text() if text is not None else None
    assert held == then


def test_a_trial_that_ends_is_started_three_times(flash: Path) -> None:
    program(flash, "b", "raise MemoryError('no room')")
    (flash / "slot").write_text("ab0")
    ended = "MemoryError: no room, restarts"
    assert [start(flash) for _ in range(4)] == [ended] * 3 + ["runs a"]


def test_a_trial_whose_program_is_not_whole_is_started_again(flash: Path) -> None:
    (flash / "b" / "firmware" / "node" / "main.py").write_text("def main(:\n")
    (flash / "slot").write_text("ab2")
    ended = "SyntaxError: invalid syntax, restarts"
    assert [start(flash) for _ in range(2)] == [ended, "runs a"]


def test_starts_that_cannot_be_counted_are_none(flash: Path) -> None:
    """With a flash that takes nothing any more a trial would be started for ever."""
    (flash / "slot").write_text("ab0")
    (flash / "slot.new").mkdir()
    assert start(flash) == "runs a"
