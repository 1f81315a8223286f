"""The emulated modem's serial line: bytes in, lines out, and its one thread.

Sources: as firmware/workbench/modem.py.
"""

from __future__ import annotations

import fcntl
import os
import select
import termios
import threading
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from firmware.workbench.modem_faults import Faults
from firmware.workbench.serial_line import serial_line

CTRL_Z, ESC = 0x1A, 0x1B
#: So long a command takes at least: who does not wait for its end is caught.
ANSWER_S = 0.002
#: Bytes that wait for a board that does not read, and how long more do; then they are lost, as on
#: a line. (Beyond what a pseudo-terminal holds writing would wait for ever.)
MOST_WAITING, UNREAD_S, PIECE = 2000, 0.3, 256


@dataclass
class State:
    """What a reset forgets."""

    echo: bool = True
    functional: bool = True
    registered_at: float = 0.0
    configured: dict[str, str] = field(default_factory=dict)
    opened: tuple[str, int] | None = None
    broker: Any = None  # link_ip's, which has no types


class Line(ABC):
    """The line and what has come over it.

    A node opens `path`; a byte written to `reset_path` pulls the reset line.

    Parameters
    ----------
    prompt_s, attach_s : float
        How long it takes until data may follow ``>``, and until it is registered.
    faults : Faults, optional
        What goes wrong.
    apn : str
        The APN that it was left with.
    fixed_length : bool
        Whether it takes messages within the command.
    utc : callable, optional
        The network's time [s since 1970]; without it the network tells none.
    knows_release : bool
        Whether it knows the commands of release assistance.
    """

    def __init__(
        self,
        prompt_s: float = 0.5,
        attach_s: float = 0.0,
        faults: Faults | None = None,
        apn: str = "",
        fixed_length: bool = True,
        utc: Callable[[], float] | None = None,
        knows_release: bool = True,
    ) -> None:
        self.prompt_s, self.attach_s = prompt_s, attach_s
        self.faults = faults
        self.apn = apn
        self.fixed_length = fixed_length
        self.utc = utc
        self.knows_release = knows_release
        self.kept = {"relversion": "13", "MacRAI": "0"}
        self.rai = False
        self.releases = 0  # how often the network was asked to let go
        self.master, self.slave, self.path = serial_line()
        self.reset_line, self.reset_node, self.reset_path = serial_line()
        self.heard: list[str] = []
        self.broken: list[str] = []
        self.lost_reports = self.lost_commands = self.lost_bytes = 0
        self.sleeps = False  # survives no reset here; A 9.10: not kept
        self.sleep_s = 10.0  # A 11.1.5
        self.boot_s = self.detach_s = 0.0  # how long it takes to start and to leave the network
        self.heard_at = 0.0
        self.dumb = False
        self.resets = 0
        self.unfinished = 0  # packet id of the publication under way
        self.subscribing = 0
        self.data: tuple[int, str] | None = None  # packet id and topic that data are awaited for
        self.ready_at = 0.0
        self.buffer = bytearray()
        self.wake_read, self.wake_write = os.pipe()
        self.jobs: list[Callable[[], None]] = []
        self.running = True
        self.state = State()
        self._boot(say=False)
        self.thread = threading.Thread(target=self._run, name="modem", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """End it and its line."""
        self._do(lambda: setattr(self, "running", False))
        self.thread.join(5)
        self._hang_up()
        ends = (self.master, self.slave, self.reset_line, self.reset_node)
        for descriptor in (*ends, self.wake_read, self.wake_write):
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def report(self, line: str) -> None:
        """Have it report `line` by itself, whatever it is doing."""
        self._do(lambda: self._report(line))

    def _do(self, job: Callable[[], None]) -> None:
        self.jobs.append(job)
        os.write(self.wake_write, b".")

    def _run(self) -> None:
        while self.running:
            broker = self.state.broker
            watched = [self.master, self.wake_read, self.reset_line]
            if broker is not None and broker.socket is not None:
                watched.append(broker.socket)
            ready, _, _ = select.select(watched, [], [], 1.0)
            if self.wake_read in ready:
                os.read(self.wake_read, 64)
                while self.jobs:
                    self.jobs.pop(0)()
            if self.reset_line in ready:
                os.read(self.reset_line, 64)
                self._boot()
            if self.master in ready:
                self._take(os.read(self.master, 4096))
            if broker is not None and broker is self.state.broker and broker.socket in ready:
                self._from_broker()

    # Towards the node.

    def _say(self, *lines: str) -> None:
        data = "".join(f"\r\n{line}\r\n" for line in lines).encode("latin-1")
        if self.faults is not None:
            data = self.faults.garble(data)
        if not self.dumb:
            self._write(data)

    def _write(self, data: bytes) -> None:
        waiting = array("i", [0])
        deadline = time.monotonic() + UNREAD_S
        while data and (time.monotonic() < deadline or waiting[0] < MOST_WAITING):
            fcntl.ioctl(self.slave, termios.FIONREAD, waiting)
            if waiting[0] < MOST_WAITING:
                os.write(self.master, data[:PIECE])
                data = data[PIECE:]
            if data:
                time.sleep(0.001)
        self.lost_bytes += len(data)

    def _report(self, line: str) -> None:
        if self.data is not None:
            self.lost_reports += 1  # A 1.4, note 2
        else:
            self._say(line)

    # From the node.

    def _take(self, data: bytes) -> None:
        now = time.monotonic()
        asleep = self.sleeps and self.data is None and now > self.heard_at + self.sleep_s
        self.heard_at = now
        if asleep:  # A 9.10, note 1: what wakes the line is lost
            self.lost_commands += 1
            return
        if self.data is not None and now < self.ready_at and data[0] != ESC:
            if data.strip(b"\r\n"):
                self.broken.append("data before the modem was ready for it")
            return
        place = 0
        while place < len(data):
            byte = data[place]
            place += 1
            if self.data is not None:
                if byte in (CTRL_Z, ESC):
                    self._end_of_data(byte == CTRL_Z)
                else:
                    self.buffer.append(byte)
            elif byte == ESC:
                self.buffer.clear()
            elif byte == ord("\r"):
                line, self.buffer = self.buffer.decode("latin-1"), bytearray()
                if line:
                    if self.state.echo and not self.dumb:
                        os.write(self.master, line.encode("latin-1") + b"\r")
                    data += self._more()
                    following = data[place:].lstrip(b"\r\n")
                    # Who stops waiting says so by Esc, however late this modem is.
                    if following and following[0] != ESC:
                        self.broken.append(f"more before {line} has ended")
                    self._command(line)
            elif byte != ord("\n"):
                self.buffer.append(byte)

    def _more(self) -> bytes:
        """What comes in the moment before an answer."""
        ready, _, _ = select.select([self.master], [], [], ANSWER_S)
        return os.read(self.master, 4096) if ready else b""

    # What the modem itself does.

    @abstractmethod
    def _command(self, line: str) -> None:
        """Answer a whole line."""

    @abstractmethod
    def _end_of_data(self, send: bool) -> None:
        """Take what was sent after a prompt, or drop it."""

    @abstractmethod
    def _from_broker(self) -> None:
        """Tell of what the broker sent."""

    @abstractmethod
    def _boot(self, say: bool = True) -> None:
        """Start anew."""

    @abstractmethod
    def _hang_up(self) -> None:
        """Close the connection to the broker."""
