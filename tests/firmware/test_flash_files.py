"""`node flash --file`: the real mpremote against a raw REPL of the real Unix port."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import threading
import time
import tty
from pathlib import Path
from typing import Any

import littlefs
import pytest
from click.testing import CliRunner

from firmware.workbench import flash_files
from firmware.workbench.filesystem import BLOCK
from nongqing import main
from tests.firmware.raw_repl import RawRepl

CONFIG = {
    "node": "qf-001",
    "epoch": 1,
    "key": "00" * 32,
    "broker": {"host": "h", "port": 1883},
    "sample_s": 600,
    "samples_per_frame": 6,
    "channels": [{"number": 0, "quantity": 1, "scale": 10, "driver": "sht4x", "bus": "i2c"}],
}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["node", "flash", *arguments])


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A board's file system with a program and a configuration."""
    monkeypatch.chdir(tmp_path)
    disk = littlefs.LittleFS(block_size=BLOCK, block_count=64, disk_version=0x00020000)
    disk.makedirs("b/firmware/node", exist_ok=True)
    files = {"node.json": b"{}", "b/firmware/node/main.mpy": b"old", "slot": b"b"}
    for name, data in files.items():
        with disk.open(name, "wb") as file:
            file.write(data)
    disk.unmount()
    path = tmp_path / "flash.img"
    path.write_bytes(bytes(disk.context.buffer))
    (tmp_path / "qf-001.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    return path


def held(image: Path) -> dict[str, bytes]:
    """The files of an image."""
    disk = littlefs.LittleFS(block_size=BLOCK, block_count=64, mount=False)
    disk.context.buffer = bytearray(image.read_bytes())
    disk.mount()
    found = {}
    for folder, _, names in disk.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with disk.open(path, "rb") as file:
                found[path.lstrip("/")] = file.read()
    return found


@pytest.mark.system
def test_mpremote_writes_a_configuration_and_a_part_of_the_program(
    tmp_path: Path, image: Path
) -> None:
    program = tmp_path / "bundle" / "firmware" / "node" / "main.mpy"
    program.parent.mkdir(parents=True)
    program.write_bytes(bytes(range(256)) * 9)
    with RawRepl(tmp_path, image) as board:
        done = run(board.port, "--file", "qf-001.json", "--file", str(program))
        assert done.exit_code == 0, done.output
        assert board.process.wait(10) == 7, "it was reset"
        ran = board.log.read_text()
    found = held(image)
    assert found["node.json"] == (tmp_path / "qf-001.json").read_bytes()
    assert found["b/firmware/node/main.mpy"] == program.read_bytes(), "in the slot that runs"
    assert set(found) == {"node.json", "b/firmware/node/main.mpy", "slot"}
    assert "node.json written and verified" in done.output
    assert "1 of 1 boards done" in done.output
    opened = re.findall(r"open\('([^']+)','wb'\)", ran)
    assert opened == ["node.json.new", "b/firmware/node/main.mpy.new"], "never over what is there"


@pytest.mark.system
@pytest.mark.parametrize("slot", ["a>", "ab1"])
def test_no_part_of_the_program_is_changed_under_an_update(
    tmp_path: Path, image: Path, slot: str
) -> None:
    disk = littlefs.LittleFS(block_size=BLOCK, block_count=64, mount=False)
    disk.context.buffer = bytearray(image.read_bytes())
    disk.mount()
    with disk.open("slot", "wb") as file:
        file.write(slot.encode())
    disk.unmount()
    image.write_bytes(bytes(disk.context.buffer))
    program = tmp_path / "firmware" / "node" / "main.mpy"
    program.parent.mkdir(parents=True)
    program.write_bytes(b"new")
    with RawRepl(tmp_path, image) as board:
        done = run(board.port, "--file", str(program))
    assert done.exit_code == 1
    assert "an update is under way on the board: wait until it is kept or undone" in done.output
    assert held(image)["b/firmware/node/main.mpy"] == b"old"


@pytest.mark.system
def test_a_folder_that_is_not_there_is_named_with_the_mend(tmp_path: Path, image: Path) -> None:
    (tmp_path / "x.mpy").write_bytes(b"x")
    with RawRepl(tmp_path, image) as board:
        done = run(board.port, "--file", "x.mpy:other/x.mpy")
    assert done.exit_code == 1
    assert "the board has no such folder: flash it with --image and --micropython" in done.output
    assert held(image)["node.json"] == b"{}"


@pytest.mark.system
def test_a_board_that_does_not_hold_what_was_written_is_named(
    tmp_path: Path, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And keeps what it had: nothing is renamed before all is compared."""
    named = flash_files.named

    def other(text: str) -> flash_files.OneFile:
        file = named(text)
        return flash_files.OneFile(file.path, file.target, file.data + b" ")

    monkeypatch.setattr(flash_files, "named", other)
    with RawRepl(tmp_path, image) as board:
        done = run(board.port, "--file", "qf-001.json")
    assert "node.json: the board does not hold what was written; run it again" in done.output
    assert held(image)["node.json"] == b"{}"


@pytest.mark.system
def test_a_port_that_is_not_there_is_named(image: Path) -> None:
    done = run("/dev/none", "--file", "qf-001.json")
    assert done.exit_code == 1
    assert "/dev/none: is not there" in done.output


@pytest.mark.system
@pytest.mark.parametrize("is_talking", [False, True])
def test_a_board_that_does_not_answer_is_given_up_soon(
    image: Path, is_talking: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """mpremote itself waits without end."""
    monkeypatch.setattr(flash_files, "REPLY_S", 4)
    part, board = os.openpty()
    tty.setraw(board)
    over = threading.Event()

    def talk() -> None:
        while is_talking and not over.wait(0.1):
            os.write(part, b"sample taken\r\n")

    talker = threading.Thread(target=talk)
    talker.start()
    began = time.monotonic()
    done = run(os.ttyname(board), "--file", "qf-001.json")
    took = time.monotonic() - began
    over.set()
    talker.join()
    os.close(part)
    os.close(board)
    assert done.exit_code == 1
    assert "MicroPython does not answer: nothing is flashed" in done.output
    assert took < 12


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("mpremote: could not enter raw repl", "MicroPython does not answer: nothing is flashed"),
        ("OSError: [Errno 28] ENOSPC\ncp: No space left on device.", "the board has no room"),
        ("strange", "mpremote did not succeed: strange"),
    ],
)
def test_what_mpremote_says_is_put_into_words(said: str, meaning: str) -> None:
    assert meaning in flash_files._meaning(said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("p", "--file", "none.json"), "none.json: 读不了；请看文件名 | cannot be read (No such"),
        (("p", "--file", "x.json:node.json"), "x.json: 不是设备的配置；请用 nongqing node enroll"),
        (("p", "--file", "y.json"), "y.json: broker.port 缺了或不对，设备会启动不了"),
        (("p", "--file", "x.json:../y"), "../y: 板上的路径不对 | is no path on a board; letters"),
        (("p", "q", "--file", "qf-001.json"), "a configuration is for one board, or two would be"),
        (("p", "--file", "x.json", "--image", "i"), "--file goes alone: leave out --image and"),
        (("p",), "give --image and --micropython, or --file"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_the_mend(
    image: Path, arguments: tuple[str, ...], said: str
) -> None:
    Path("x.json").write_text("{}", encoding="utf-8")
    less = CONFIG | {"broker": {"host": "h", "port": "1883"}}
    Path("y.json").write_text(json.dumps(less), encoding="utf-8")
    done = run(*arguments)
    assert done.exit_code != 0
    assert said in " ".join(done.output.split())


def test_without_mpremote_it_says_so(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "mpremote is missing: pip install mpremote" in run("p", "--file", "qf-001.json").output
