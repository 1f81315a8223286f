"""`node flash`: the real esptool against an emulated ROM loader of an ESP32."""

from __future__ import annotations

import os
import random
import re
import sys
import termios
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from field_configs.load import load
from firmware.workbench import esp32, flash
from firmware.workbench.config import node_config, parse_broker_url, write_config
from nongqing import main
from tests.firmware.esp32_rom import (
    DEFL_DATA,
    ERASED,
    FLASH_DATA,
    FLASH_MD5,
    TABLE,
    VFS_AT,
    WRITE_REG,
    Rom,
    micropython,
)
from tests.firmware.field import Key


@pytest.fixture(scope="module")
def real_image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A node's file system, by the command that makes it."""
    folder = tmp_path_factory.mktemp("image")
    board = load(site=None).boards["soilair-1"]
    config = node_config(Key("qf-001"), board, parse_broker_url("mqtt://broker.example"))
    write_config(folder / "node.json", config)
    row = SimpleNamespace(id="qf-001", board="soilair-1", epoch=1)
    parts = SimpleNamespace(
        registry=lambda: SimpleNamespace(nodes=lambda: [row]),
        boards=lambda: load(site=None).boards,
    )
    out = folder / "node.img"
    command = ["node", "image", "qf-001", "--config", str(folder / "node.json"), "--out", str(out)]
    assert CliRunner().invoke(main, command, obj=parts).exit_code == 0
    return out.read_bytes()


@pytest.fixture
def folder(tmp_path: Path, real_image: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "node.img").write_bytes(real_image)
    (tmp_path / "mp.bin").write_bytes(micropython())
    return tmp_path


def run(*ports: str, images: tuple[str, ...] = ("node.img",), more: tuple[str, ...] = ()) -> Any:
    named = [word for each in images for word in ("--image", each)]
    command = ["node", "flash", *ports, *named, "--micropython", "mp.bin", "--no-stub", *more]
    return CliRunner().invoke(main, command)


def flashed(path: Path, image: bytes) -> None:
    """The whole flash is what it should be, byte for byte."""
    held = path.read_bytes()
    program = micropython()
    assert held[:0x1000] == ERASED * 0x1000
    assert held[0x1000 : 0x1000 + len(program)] == program
    assert set(held[0x1000 + len(program) : VFS_AT]) == {0xFF}
    assert held[VFS_AT:] == image


def test_esptool_writes_both_files(folder: Path, real_image: bytes) -> None:
    with Rom(folder / "flash") as rom:
        result = run(rom.port)
    assert result.exit_code == 0, result.output
    flashed(folder / "flash", real_image)
    port = rom.port
    assert f"{port}: 正在连接 | connecting\n" in result.output
    assert f"{port}: mp.bin @ 0x1000 100 %\n" in result.output
    assert f"{port}: node.img @ 0x200000 100 %\n" in result.output
    assert result.output.count("已校验 | verified") == 2
    assert (
        f"{port}: 完成，已校验：MicroPython 在 0x1000，文件系统在 0x200000 | done" in result.output
    )
    assert result.output.endswith("1 / 1 块板完成 | 1 of 1 boards done\n")
    assert {DEFL_DATA, FLASH_MD5} <= set(rom.commands)


def test_what_does_not_shrink_is_sent_as_it_is(folder: Path) -> None:
    """esptool takes the commands without compression then; both ways end in the same bytes."""
    noise = random.Random(1).randbytes(VFS_AT // 8)
    held = bytearray(noise)
    held[8:16] = b"littlefs"
    (folder / "noise.img").write_bytes(held)
    (folder / "mp.bin").write_bytes(micropython((*TABLE, (b"vfs", 1, 0x81, VFS_AT, len(held)))))
    with Rom(folder / "flash") as rom:
        result = run(rom.port, images=("noise.img",))
    assert result.exit_code == 0, result.output
    assert FLASH_DATA in rom.commands
    assert (folder / "flash").read_bytes()[VFS_AT : VFS_AT + len(held)] == held


def test_two_boards_at_once(folder: Path, real_image: bytes) -> None:
    other = bytearray(real_image)
    other[-4096:] = bytes(4096)
    (folder / "other.img").write_bytes(other)
    with Rom(folder / "one") as one, Rom(folder / "two") as two:
        result = run(one.port, two.port, images=("node.img", "other.img"))
    assert result.exit_code == 0, result.output
    flashed(folder / "one", real_image)
    flashed(folder / "two", bytes(other))
    assert result.output.endswith("2 / 2 块板完成 | 2 of 2 boards done\n")


def test_another_chip_is_left_as_it_is(folder: Path, real_image: bytes) -> None:
    """And the board beside it is flashed."""
    (folder / "other.img").write_bytes(real_image[:-1] + b"\0")
    with Rom(folder / "one", chip="esp32s2") as one, Rom(folder / "two") as two:
        result = run(one.port, two.port, images=("node.img", "other.img"))
    assert result.exit_code == 1
    assert set((folder / "one").read_bytes()) == {0xFF}
    assert WRITE_REG not in one.commands
    flashed(folder / "two", real_image[:-1] + b"\0")
    assert f"{one.port}: 这块板的芯片是 ESP32-S2，不是 ESP32，没有写入" in result.output
    assert f"{one.port}: this board's chip is ESP32-S2, not ESP32: nothing was" in result.output
    assert "1 / 2 块板完成 | 1 of 2 boards done\n" in result.output


def test_no_answer_tells_wiring_and_boot_mode(folder: Path) -> None:
    with Rom(folder / "flash", silent=True) as rom:
        result = run(rom.port)
    assert result.exit_code == 1
    assert "按住 BOOT（GPIO0 接地），按一下 EN，再松开 BOOT" in result.output
    assert "the board's TX to the adapter's RX" in result.output
    assert "hold BOOT (GPIO0 to ground), press EN once" in result.output


def test_a_port_that_is_not_there(folder: Path) -> None:
    result = run("/dev/ttyNONE9")
    assert result.exit_code == 1
    assert "/dev/ttyNONE9: 没有这个串口" in result.output
    assert "/dev/ttyNONE9: is not there" in result.output


@pytest.mark.parametrize("how", ["dies_after", "unplugged_after"])
def test_cut_in_the_middle_and_run_again(folder: Path, real_image: bytes, how: str) -> None:
    program_blocks = 25  # the image follows
    with Rom(folder / "flash", **{how: program_blocks}) as rom:
        result = run(rom.port)
    assert result.exit_code == 1
    assert "请检查 USB 线和供电，再运行同一条命令" in result.output
    assert "run the same command again: a file that is on the board is skipped" in result.output
    assert (folder / "flash").read_bytes()[VFS_AT:] != real_image
    with Rom(folder / "flash") as rom:
        result = run(rom.port)
    assert result.exit_code == 0, result.output
    flashed(folder / "flash", real_image)


def test_an_adapter_that_is_too_slow_is_told_what_to_add(folder: Path, real_image: bytes) -> None:
    with Rom(folder / "flash", fastest=termios.B230400) as rom:
        result = run(rom.port)
        assert result.exit_code == 1
        assert "还不行就加 --baud 115200，再不行加 --no-stub" in result.output
        assert "add --baud 115200, then --no-stub, too" in result.output
    with Rom(folder / "flash", fastest=termios.B230400) as rom:
        result = run(rom.port, more=("--baud", "115200"))
    assert result.exit_code == 0, result.output
    flashed(folder / "flash", real_image)


@pytest.mark.parametrize(
    "said",
    [
        "Failed to start stub flasher. Unexpected response: b''",
        "Unable to verify flash chip connection (No serial data received.).",
        "Invalid head of packet (0xE0): Possible serial noise or corruption.",
    ],
)
def test_a_stub_that_does_not_run_is_told_what_to_leave_out(said: str) -> None:
    told = flash.meaning(f"Uploading stub flasher...\nA fatal error occurred: {said}")
    assert said.rstrip(".") in told
    assert "--no-stub" in told


def test_flash_that_does_not_keep_what_is_written_is_told(folder: Path) -> None:
    with Rom(folder / "flash", worn_at=VFS_AT + 9) as rom:
        result = run(rom.port)
    assert result.exit_code == 1
    assert "完成" not in result.output.replace("块板完成", "")
    assert "闪存里的内容和文件不一致" in result.output
    assert "the flash does not hold what was written" in result.output


def test_a_file_that_is_on_the_board_is_skipped(folder: Path, real_image: bytes) -> None:
    for _ in range(2):
        with Rom(folder / "flash") as rom:
            result = run(rom.port)
    assert result.exit_code == 0
    assert result.output.count("已在板上，跳过 | is on the board already, skipped") == 2
    assert rom.written == 0
    flashed(folder / "flash", real_image)


def test_a_larger_flash_wants_a_larger_image(folder: Path) -> None:
    """MicroPython looks for a file system that ends with the flash."""
    with Rom(folder / "flash", size=8 * 1024**2) as rom:
        result = run(rom.port)
    assert result.exit_code == 1
    assert (
        "没有写入：镜像有 512 块，这块板的文件系统有 1536 块；请加 --blocks 1536" in result.output
    )
    assert (
        "node.img: has 512 blocks, and the file system on this board has 1536; make it again: "
        "nongqing node image … --blocks 1536\n"
    ) in result.output
    assert rom.written == 0


def test_a_flash_that_is_too_small(folder: Path) -> None:
    with Rom(folder / "flash", size=2 * 1024**2) as rom:
        result = run(rom.port)
    assert result.exit_code == 1
    assert "leaves no room for files in 2 MiB of flash; take a board with 4 MiB" in result.output
    assert "没有写入：闪存只有 2 MiB，放不下文件；请换 4 MiB 以上的板" in result.output
    assert rom.written == 0


def test_a_flash_that_does_not_say_its_size(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.firmware.esp32_rom.READ_ID", 0)
    with Rom(folder / "flash") as rom:
        result = run(rom.port)
    assert result.exit_code == 1
    assert "读不出闪存大小" in result.output
    assert "the size of its flash cannot be read; check the module's flash." in result.output


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (b"", " | is no firmware of an ESP32; take the .bin of ESP32_GENERIC"),
        (micropython(magic=0), " | is no firmware of an ESP32; take the .bin of ESP32_GEN"),
        (micropython(chip=9), " | is for another chip (id 9, an ESP32 has 0); take the .bin"),
        (micropython(()), " | holds no partition table where one belongs; take the .bin"),
    ],
)
def test_a_wrong_micropython(folder: Path, held: bytes, said: str) -> None:
    (folder / "mp.bin").write_bytes(held)
    result = run("/dev/ttyNONE9")
    assert result.exit_code == 1
    assert re.match(r"Error: mp.bin: [^|]*[一-鿿][^|]* \| ", result.output)
    assert said in result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("held", [b"", bytes(4096), b"12345678littlefs"])
def test_a_wrong_image(folder: Path, held: bytes) -> None:
    (folder / "node.img").write_bytes(held)
    result = run("/dev/ttyNONE9")
    assert result.exit_code == 1
    said = " | is no image of a file system; make one: nongqing node image\n"
    assert (
        result.output == f"Error: node.img: 不是文件系统的镜像；请用 nongqing node image 做{said}"
    )


@pytest.mark.parametrize("name", ["node.img", "mp.bin"])
def test_a_file_that_is_not_there(folder: Path, name: str) -> None:
    os.remove(name)
    result = run("/dev/ttyNONE9")
    assert result.exit_code == 1
    said = "读不了；请看文件名 | cannot be read (No such file or directory); see its name"
    assert result.output == f"Error: {name}: {said}\n"


def test_two_boards_never_become_one_node(folder: Path) -> None:
    result = run("/dev/a", "/dev/b")
    assert result.exit_code == 2
    assert "2 ports and 1 images: two boards must never be the same node" in result.output
    assert run("/dev/a", "/dev/b", images=("node.img", "node.img")).exit_code == 2


def test_a_copy_of_an_image_is_the_same_node(folder: Path, real_image: bytes) -> None:
    (folder / "copy.img").write_bytes(real_image)
    with Rom(folder / "one") as one, Rom(folder / "two") as two:
        result = run(one.port, two.port, images=("node.img", "copy.img"))
    assert result.exit_code == 1
    assert "node.img, copy.img: 镜像里有两个一样的" in result.output
    assert "two of the images are the same, and two boards would be one node" in result.output
    assert one.commands == two.commands == []


def test_a_port_named_twice(folder: Path) -> None:
    result = run("/dev/a", "/dev/a", images=("node.img", "b.img"))
    assert result.exit_code == 2
    assert "a port is named twice: /dev/a, /dev/a" in result.output


def test_without_esptool(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run("/dev/a")
    assert result.exit_code == 1
    assert result.output == "Error: esptool is missing: pip install esptool\n"


def test_a_failure_nobody_foresaw_is_told_as_esptool_said_it() -> None:
    assert flash.meaning("a\nSomething new\n").splitlines()[1].endswith(": Something new")
    assert flash.meaning("")


def test_a_file_system_in_the_table_is_where_the_table_says() -> None:
    held = micropython((*TABLE, (b"vfs", 1, 0x81, 0x310000, 0xF0000)))
    assert esp32.filesystem_of(held, 4 * 1024**2) == esp32.Region(0x310000, 0xF0000)
    assert esp32.filesystem_of(micropython(), 8 * 1024**2) == esp32.Region(VFS_AT, 6 * 1024**2)


def test_the_command_has_an_example() -> None:
    help_ = CliRunner().invoke(main, ["node", "flash", "--help"]).output
    assert "nongqing node flash /dev/ttyUSB0 --image qf-001.img" in help_


def test_esptool_is_never_imported() -> None:
    assert "esptool" not in sys.modules
