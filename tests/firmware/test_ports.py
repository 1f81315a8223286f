"""Ports that cannot be used, each for its own reason, before a tool is started on them."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware.workbench import ports
from nongqing import main

#: root opens everything; without these rights it is like everybody else.
LIKE_OTHERS = "-dac_override,-dac_read_search"
PRINT = "import sys; from firmware.workbench.ports import trouble; print(trouble(sys.argv[1]))"


@pytest.fixture
def port() -> Iterator[str]:
    part, board = os.openpty()
    tty.setraw(board)
    yield os.ttyname(board)
    os.close(part)
    os.close(board)


def test_a_port_that_is_free(port: str) -> None:
    assert ports.trouble(port) == ""


def test_a_port_of_somebody_else(port: str) -> None:
    os.chmod(port, 0)
    prefix = []
    if os.getuid() == 0:
        prefix = ["setpriv", "--bounding-set", LIKE_OTHERS, "--inh-caps", LIKE_OTHERS]
    command = [*prefix, sys.executable, "-c", PRINT, port]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "请把自己加进 dialout 组" in said
    assert "join the group dialout (sudo usermod -a -G dialout $USER)" in said


def test_a_port_that_another_program_holds(port: str, tmp_path: Path) -> None:
    held = os.open(port, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(held, fcntl.LOCK_EX)
    (tmp_path / "any.py").write_text("1")
    command = ["node", "flash", port, "--file", str(tmp_path / "any.py")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 1
    assert f"{port}: 别的程序正占着它" in done.output
    assert f"{port}: another program holds it: end the monitor" in done.output
    assert "another program holds it" in ports.trouble(port)
    os.close(held)


def test_a_port_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = ports.trouble("/dev/ttyNONE9")
    assert "现在一个串口也没有" in said or "现在有 /dev/tty" in said
    (tmp_path / "ttyUSB1").touch()
    monkeypatch.setattr(ports, "KNOWN", (str(tmp_path / "ttyUSB*"),))
    said = ports.trouble(str(tmp_path / "ttyUSB0"))
    assert f"there are {tmp_path}/ttyUSB1: a board that was plugged in again" in said
    assert f"现在有 {tmp_path}/ttyUSB1" in said
    monkeypatch.setattr(ports, "KNOWN", ())
    assert "and no other port is: see that the cable is in" in ports.trouble("/dev/ttyNONE9")


def test_what_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "node.img").write_text("x")
    for path in (tmp_path / "node.img", tmp_path):
        assert "is no serial port: see its name" in ports.trouble(str(path))
