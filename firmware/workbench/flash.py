"""The command `node flash`: MicroPython and a node's file system onto boards, by esptool.

Single files go onto a board that runs by mpremote (`flash_files`). esptool is under the GPL: it
runs as a program of its own, and nothing of it is imported.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click

from firmware.workbench import esp32, flash_files
from firmware.workbench.esp32 import MIB, NotForThis
from firmware.workbench.ports import CANNOT_OPEN, trouble
from firmware.workbench.words import both, lines

ATTEMPTS = "3"
STEP_PERCENT = 20
SIZE = re.compile(r"Detected flash size: (\d+)MB")
FILE = re.compile(r"Writing '(.+)' at (0x[0-9a-f]+)")
PERCENT = re.compile(r"Writing at 0x[0-9a-f]+ .*?(\d+)\.\d%")
VERIFIED, SKIPPED = "Hash of data verified", "already in flash, skipping"

#: What esptool says when it fails, and what that means to who stands at the bench. Pins and boot
#: mode: esptool documentation, "Boot Mode Selection" (ESP32).
FAILURES = (
    (
        re.compile(r"This chip is (\S+), not (\S+?)\."),
        "这块板的芯片是 {0}，不是 {1}，没有写入；请换一块 ESP32 板。",
        "this board's chip is {0}, not {1}: nothing was written; take a board with an ESP32.",
    ),
    (
        re.compile(r"(port is busy or doesn't exist)"),
        *CANNOT_OPEN,
    ),
    (
        re.compile(r"(Failed to connect|Wrong boot mode)"),
        "芯片没有应答。接线：板的 TX 接转换器的 RX，RX 接 TX，GND 接 GND，电平 3.3 V。下载模式："
        "按住 BOOT（GPIO0 接地），按一下 EN，再松开 BOOT；GPIO2 悬空或接地，GPIO12 不要接高。",
        "the chip does not answer. Wiring: the board's TX to the adapter's RX, RX to TX, GND to "
        "GND, 3.3 V. Boot mode: hold BOOT (GPIO0 to ground), press EN once, let BOOT go; GPIO2 "
        "open or to ground, GPIO12 not high.",
    ),
    (
        re.compile(r"(MD5 of file does not match)"),
        "闪存里的内容和文件不一致：再运行一次；还不一致，这块板的闪存坏了，请换板。",
        "the flash does not hold what was written: run it again; if it is so again, the board's "
        "flash is broken: take another.",
    ),
    (
        re.compile(r"A (?:fatal|serial exception) error occurred: (.+)"),
        "中途断了（{0}）。请检查 USB 线和供电，再运行同一条命令：已写好的文件会跳过；"
        "还不行就加 --baud 115200，再不行加 --no-stub。",
        "it broke off ({0}). Check the cable and the power and run the same command again: a file "
        "that is on the board is skipped; if that does not help, add --baud 115200, then "
        "--no-stub, too.",
    ),
)


class Failed(Exception):  # noqa: N818 - what happened to a board
    """A board was not flashed; the message says why in Chinese and in English."""


@dataclass(frozen=True)
class Flasher:
    """How boards are flashed: with which MicroPython, how fast, by the ROM alone or not."""

    micropython: Path
    baud: int
    stub: bool

    def flash(self, port: str, image: Path) -> None:
        """Flash the board at a port with an image.

        Raises
        ------
        Failed
        """
        if wrong := trouble(port, lines):
            raise Failed(wrong)
        say(port, "正在连接", "connecting")
        found = SIZE.search("\n".join(self._run(port, "flash-id")))
        if found is None:
            raise Failed(
                "读不出闪存大小；请检查模块的闪存。\n"
                "the size of its flash cannot be read; check the module's flash."
            )
        held = self.micropython.read_bytes()
        try:
            region = esp32.filesystem_of(held, int(found[1]) * MIB)
            esp32.check_image(image.read_bytes(), region)
        except NotForThis as error:
            raise Failed(
                f"{image.name} 与这块板不配，没有写入：{error.chinese}\n{image}: {error}"
            ) from error
        files = [f"{esp32.BEGIN:#x}", str(self.micropython)]
        files += [f"{region.offset:#x}", str(image)]
        self._run(port, "write-flash", "--compress", "--skip-flashed", *files)
        say(
            port,
            f"完成，已校验：MicroPython 在 {esp32.BEGIN:#x}，文件系统在 {region.offset:#x}",
            f"done and verified: MicroPython at {esp32.BEGIN:#x}, files at {region.offset:#x}",
        )

    def _run(self, port: str, *words: str) -> list[str]:
        """Run esptool, tell its progress, return what it said."""
        command = [sys.executable, "-m", "esptool", "--chip", "esp32", "--port", port]
        command += ["--baud", str(self.baud), "--connect-attempts", ATTEMPTS]
        command += [] if self.stub else ["--no-stub"]
        environment = os.environ | {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "200"}
        with subprocess.Popen(
            [*command, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
        ) as process:
            assert process.stdout is not None
            lines, progress = [], Progress(port)
            for line in process.stdout:
                lines.append(line.rstrip())
                progress.hear(line)
        if process.returncode:
            raise Failed(meaning("\n".join(lines)))
        return lines


class Progress:
    """What esptool says of how far it is, one line for every fifth of a file."""

    def __init__(self, port: str) -> None:
        self.port = port
        self.file = ""
        self.next = 0

    def hear(self, line: str) -> None:
        """Take a line of esptool; tell what is new in it."""
        if begun := FILE.search(line):
            self.file, self.next = f"{Path(begun[1]).name} @ {int(begun[2], 16):#x}", 0
        elif (found := PERCENT.search(line)) and int(found[1]) >= self.next:
            self.next = int(found[1]) // STEP_PERCENT * STEP_PERCENT + STEP_PERCENT
            say(self.port, f"{self.file} {found[1]} %")
        elif VERIFIED in line:
            say(self.port, f"{self.file} 已校验", "verified")
        elif SKIPPED in line:
            say(self.port, f"{self.file} 已在板上，跳过", "is on the board already, skipped")


def meaning(said: str) -> str:
    """Say in both languages what a failure of esptool means."""
    for pattern, chinese, english in FAILURES:
        if found := pattern.search(said):
            return f"{chinese.format(*found.groups())}\n{english.format(*found.groups())}"
    last = (said.strip().splitlines() or ["-"])[-1]
    return f"esptool 没有成功：{last}\nesptool did not succeed: {last}"


def say(port: str, chinese: str, english: str = "") -> None:
    """Tell one thing of one port."""
    click.echo(f"{port}: {both(chinese, english) if english else chinese}")


@click.command()
@click.argument("ports", metavar="PORT...", nargs=-1, required=True)
@click.option(
    "--image",
    "images",
    multiple=True,
    type=click.Path(path_type=Path),
    help="File system of a node, as `nongqing node image` made it; one for each port, in order.",
)
@click.option(
    "--micropython",
    type=click.Path(path_type=Path),
    help="MicroPython for the ESP32, the .bin of micropython.org/download/ESP32_GENERIC.",
)
@click.option(
    "--baud",
    type=click.IntRange(9600, 2_000_000),
    default=460_800,
    show_default=True,
    help="Speed of the port.",
)
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="PATH[:ON-BOARD]",
    help="Write this one file onto a board that runs, and nothing else; may be given again.",
)
@click.option("--no-stub", is_flag=True, help="Speak to the chip's ROM alone: slower.")
def flash(
    ports: Sequence[str],
    images: Sequence[Path],
    micropython: Path | None,
    baud: int,
    files: Sequence[str],
    no_stub: bool,
) -> None:
    """Write MicroPython and the files of a node onto the board at each PORT, and verify both.

    An image is one node: each port wants its own. Run again after a failure, it goes on with the
    file that is not on the board yet. Another chip than an ESP32 is left as it is.

    What a board kept of its measurements is overwritten, and it counts its frames anew: enrol the
    node again (nongqing node enroll) and make a new image before a board that has run is flashed.

    \b
    Example:
      nongqing node flash /dev/ttyUSB0 --image qf-001.img --micropython ESP32_GENERIC.bin
      nongqing node flash /dev/ttyUSB0 --file qf-001.json
    """
    if len(set(ports)) < len(ports):
        said = both("同一个串口写了两次", "a port is named twice")
        raise click.UsageError(f"{said}: {', '.join(ports)}")
    if files:
        _write_files(ports, files, bool(images or micropython))
        return
    if micropython is None or not images:
        raise click.UsageError(
            both(
                "要给 --image 和 --micropython，或者 --file",
                "give --image and --micropython, or --file",
            )
        )
    if len(set(images)) != len(ports):
        raise click.UsageError(
            both(
                f"{len(ports)} 个串口，{len(set(images))} 个镜像：两块板不能是同一台设备；请按串口"
                "的顺序给每个串口自己的 --image",
                f"{len(ports)} ports and {len(set(images))} images: two boards must never be the "
                "same node; give each port its own --image, in the order of the ports",
            )
        )
    if importlib.util.find_spec("esptool") is None:
        raise click.ClickException("esptool is missing: pip install esptool")
    for path, check in ((micropython, esp32.check_micropython), *((i, _is_image) for i in images)):
        try:
            check(path.read_bytes())
        except OSError as error:
            said = both("读不了；请看文件名", f"cannot be read ({error.strerror}); see its name")
            raise click.ClickException(f"{path}: {said}") from error
        except NotForThis as error:
            said = both(error.chinese, str(error))
            raise click.ClickException(f"{path}: {said}") from error
    if len({path.read_bytes() for path in images}) < len(images):
        said = both(
            "镜像里有两个一样的，会是同一台设备；请给每台设备做自己的镜像",
            "two of the images are the same, and two boards would be one node; make one for each",
        )
        raise click.ClickException(f"{', '.join(map(str, images))}: {said}")
    flasher = Flasher(micropython, baud, not no_stub)
    with ThreadPoolExecutor(len(ports)) as pool:
        told = pool.map(lambda port, image: _outcome(flasher, port, image), ports, images)
        _tell(ports, list(told))


def _write_files(ports: Sequence[str], files: Sequence[str], more: bool) -> None:
    """Write single files onto each board."""
    if more:
        said = both("--file 不和 --image、--micropython 一起用", "--file goes alone")
        raise click.UsageError(f"{said}: leave out --image and --micropython")
    if not flash_files.is_there():
        raise click.ClickException("mpremote is missing: pip install mpremote")
    try:
        found = [flash_files.named(each) for each in files]
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if len(ports) > 1 and any(file.is_config for file in found):
        said = both(
            "一份配置只给一块板，不然两块板会是同一台设备；请一块一块来",
            "a configuration is for one board, or two would be one node; take one port at a time",
        )
        raise click.UsageError(f"{flash_files.CONFIG}: {said}")
    with ThreadPoolExecutor(len(ports)) as pool:
        _tell(ports, list(pool.map(lambda port: _written(port, found), ports)))


def _written(port: str, files: Sequence[flash_files.OneFile]) -> str:
    """Write files onto one board; return why not, empty where they were."""
    try:
        flash_files.write(port, files)
    except flash_files.NotWritten as failure:
        return str(failure)
    for file in files:
        say(port, f"{file.target} 已写入，已校验", f"{file.target} written and verified")
    say(port, "重新启动", "starts anew")
    return ""


def _tell(ports: Sequence[str], said: Sequence[str]) -> None:
    """Say of which boards it went wrong and why; exit with 1 if of any."""
    outcomes = dict(zip(ports, said, strict=True))
    failed = {port: why for port, why in outcomes.items() if why}
    for port, why in failed.items():
        for line in why.splitlines():
            click.echo(f"{port}: {line}", err=True)
    done = len(ports) - len(failed)
    click.echo(both(f"{done} / {len(ports)} 块板完成", f"{done} of {len(ports)} boards done"))
    if failed:
        raise click.exceptions.Exit(1)


def _outcome(flasher: Flasher, port: str, image: Path) -> str:
    """Flash one board; return why not, empty where it was."""
    try:
        flasher.flash(port, image)
    except Failed as failure:
        return str(failure)
    return ""


def _is_image(held: bytes) -> None:
    esp32.check_image(held, esp32.Region(0, len(held)))
