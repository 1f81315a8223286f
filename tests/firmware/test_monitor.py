"""What a node prints, read from a serial line and from a log."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from firmware.workbench.monitor import monitor
from tests.firmware.field import wait_for
from tests.paths import ROOT


def run(*arguments: str) -> Result:
    return CliRunner().invoke(monitor, list(arguments))


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    master, slave = os.openpty()
    yield master, os.ttyname(slave)
    os.close(slave)
    os.close(master)


def test_lines_of_a_serial_port_carry_their_time(line: tuple[int, str]) -> None:
    master, port = line

    def speak() -> None:
        wait_for(lambda: not termios.tcgetattr(master)[3] & termios.ICANON)
        os.write(master, b"MicroPython v1.29\r\nboot \xff\r\nhalf")
        os.write(master, b" a line\r\n")

    speaker = threading.Thread(target=speak)
    speaker.start()
    result = run(port, "--lines", "3")
    speaker.join()
    assert result.exit_code == 0, result.output
    shown = result.output.splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d ", each) for each in shown)
    assert [each[9:] for each in shown] == ["MicroPython v1.29", r"boot \xff", "half a line"]
    assert termios.tcgetattr(master)[5] == termios.B115200


def test_a_line_without_an_end_is_shown_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "node.log").write_bytes(b"x" * 5000)
    result = run(str(tmp_path / "node.log"), "--lines", "1")
    assert len(result.output) > 4000


def test_a_missing_port_is_named(tmp_path: Path) -> None:
    result = run(str(tmp_path / "ttyUSB0"))
    assert result.exit_code == 1
    assert "ttyUSB0: 没有这个串口" in result.output
    assert "| is not there" in result.output


def test_what_is_no_serial_port_is_named() -> None:
    result = run("/dev/null")
    assert result.exit_code == 1
    assert "/dev/null: 不是串口：请看串口名 | is no serial port: see its name" in result.output


def test_a_port_that_is_being_flashed_is_left_alone() -> None:
    part, board = os.openpty()
    fcntl.flock(board, fcntl.LOCK_EX)
    over = threading.Event()

    def talk() -> None:
        while not over.wait(0.1):
            os.write(part, b"a line\r\n")

    talker = threading.Thread(target=talk)
    talker.start()
    result = run(os.ttyname(board), "--lines", "1")
    over.set()
    talker.join()
    assert result.exit_code == 1
    assert "another program holds it" in result.output
    os.close(part)
    os.close(board)


def test_ctrl_c_ends_it_without_an_error(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    log.write_text("broker answers\n")
    call = "import nongqing, sys; nongqing.main(['node', 'monitor', sys.argv[1]])"
    with subprocess.Popen(
        [sys.executable, "-c", call, str(log)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().endswith(" broker answers\n")
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 0


def test_the_example_is_in_the_help() -> None:
    assert "nongqing node monitor /dev/ttyUSB0" in run("--help").output
