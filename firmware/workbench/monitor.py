"""The command `node monitor`: what a node prints, each line with its time."""

from __future__ import annotations

import fcntl
import os
import select
import stat
import termios
import tty
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from firmware.workbench.ports import trouble
from firmware.workbench.words import both

LOOK_S = 0.5
LONGEST = 4096


@click.command()
@click.argument("port", type=click.Path(path_type=Path))
@click.option("--lines", type=click.IntRange(1), help="End after so many lines.")
def monitor(port: Path, lines: int | None) -> None:
    """Show what the node at PORT prints, with the time (UTC) of each line; Ctrl-C ends it.

    PORT is a serial port, read at 115200 baud as MicroPython speaks, or the log file of a
    simulated node, shown from its beginning. Nothing is sent, so the program of the node goes on.

    \b
    Example:
      nongqing node monitor /dev/ttyUSB0
    """
    try:
        for count, line in enumerate(read_lines(port), 1):
            click.echo(f"{datetime.now(UTC):%H:%M:%S} {line}")
            if count == lines:
                return
    except KeyboardInterrupt:
        return
    except (OSError, termios.error) as error:
        said = trouble(str(port)) or both(
            f"读不了（{error.args[-1]}）：请看 USB 线插好没有",
            f"cannot be read ({error.args[-1]}): see that the cable is in",
        )
        raise click.ClickException(f"{port}: {said}") from error


def read_lines(port: Path) -> Iterator[str]:
    """Yield lines as they come, what is no UTF-8 shown as escapes; OSError where it ends."""
    descriptor = os.open(port, os.O_RDONLY | os.O_NOCTTY)
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if not is_file:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # as those who flash do
            set_speed(descriptor)
        pending = b""
        while True:
            select.select([descriptor], [], [], LOOK_S)
            read = os.read(descriptor, LONGEST)
            if not read and is_file:
                select.select([], [], [], LOOK_S)
            elif not read:
                raise OSError("the port was closed")
            pending += read
            if len(pending) > LONGEST:
                pending += b"\n"
            *whole, pending = pending.split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r").decode("utf-8", "backslashreplace")
    finally:
        os.close(descriptor)


def set_speed(descriptor: int) -> None:
    """Set a serial port to 115200 baud, eight bits, nothing of it interpreted."""
    tty.setraw(descriptor)
    modes = termios.tcgetattr(descriptor)
    modes[4] = modes[5] = termios.B115200
    termios.tcsetattr(descriptor, termios.TCSANOW, modes)
