"""The heap of a node that starts with a long backlog, sends it and goes on measuring.

The firmware, compiled by mpy-cross, runs under MicroPython's Unix port, whose words are twice as
wide as an ESP32's. The emulated chips and what measures are in the same heap, compiled too; what
they take by themselves is counted apart (`_heap_probe.py`). What the chips hold later is not: it
counts as the node's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import iotcore

from field_configs.load import load
from firmware.workbench import bundle as bundles
from firmware.workbench import weather
from firmware.workbench.simulate import Fleet
from firmware.workbench.simulated import LAUNCH, SHIMS, SimulatedNode
from tests.firmware.field import Collector, Key, Shared, free_port

NODE = "qf-001"
RATE = 3600.0
PROBE, NODE_ALONE = "_heap_probe", "run_node"
BOARD = "soilair-1"
HEAP = 160 * 1024
STEP = 4 * 1024
MINUTES = 5


class Backlog(NamedTuple):
    """A node whose flash holds so many frames, and where it looks for its broker."""

    node: SimulatedNode
    frames: int
    port: int


def make_backlog(folder: Path, frames: int) -> Backlog:
    """Let a simulated node measure `frames` hours that it cannot send; all are on its flash."""
    prepared = weather.prepare(folder)
    days = frames / 24
    spec = Shared.set((prepared.begins.timestamp() - Shared.sim) / 86400 + days + 1, RATE)
    board = load(site=None).boards["soilair-1"]
    port = free_port()
    fleet = Fleet(
        [(NODE, Key(NODE), board)],
        f"mqtt://127.0.0.1:{port}",
        spec,
        prepared.path,
        folder / "nodes",
        days,
        folder / "journal",
        {"flash_blocks": 512},
        {"ack_ms": 2000},
    )
    node = fleet.nodes[NODE]
    fleet.start()
    _until(lambda: not node.mark.exists() or not node.alive())
    node.cut_power()
    journal = (folder / "journal" / f"{NODE}.txt").read_text(encoding="utf-8")
    return Backlog(node, len(journal.splitlines()), port)


class Heap(NamedTuple):
    """Bytes at the moment when most lived, and whose they are.

    Names are in pools, each twice as long as the one before, whoever's name made it necessary:
    `pools` bytes of them are not the node's, which would by its own names have fewer (below 0:
    more) than are left beside those of the emulation.
    """

    peak: int
    emulation: int
    looking: int
    pools: int
    names: int

    @property
    def node(self) -> int:
        """The most that is the node's."""
        return self.peak - self.emulation - self.looking - self.pools


class Look(NamedTuple):
    """What lived at one moment: bytes without pools of names, these, and the names."""

    bytes: int
    pools: int
    names: int


LOOK = re.compile(
    r"^qstr pool: n_pool=\d+, n_qstr=(\d+), n_str_data_bytes=(\d+), n_total_bytes=(\d+)\n"
    r"(\w+) (\d+)$",
    re.MULTILINE,
)
#: The first pool of names (MicroPython, py/qstr.c: twice MICROPY_ALLOC_QSTR_ENTRIES_INIT).
FIRST_POOL = 20


def room_for(names: int) -> int:
    """How many names there is room for in the pools that so many take."""
    room, pool = 0, FIRST_POOL
    while room < names:
        room, pool = room + pool, 2 * pool
    return room


def heap_of(said: str) -> Heap:
    """Whose the bytes are, by what the probe printed."""
    looks: dict[str, Look] = {}
    for names, texts, total, what, held in LOOK.findall(said):
        pools = int(total) - int(texts)
        looks[what] = Look(int(held) - pools, pools, int(names))  # of peaks the last
    emulated, peak = looks["emulated"], looks["peak"]
    starting = looks["started"].bytes - looks["ready"].bytes
    looking = looks["watched"].bytes - looks["loaded"].bytes
    others = emulated.names + looks["started"].names - looks["ready"].names
    names = peak.names - others - (looks["watched"].names - looks["loaded"].names)
    own = peak.pools * room_for(names) // room_for(peak.names)
    return Heap(
        peak.bytes + peak.pools,
        emulated.bytes + starting,
        looking,
        peak.pools - own,
        names,
    )


def make_program(folder: Path) -> Path:
    """Compile a board's program, the emulated chips and what measures into one folder."""
    bundles.build(BOARD, load(site=None).boards[BOARD], folder)
    for source in (*SHIMS.glob("*.py"), Path(__file__).with_name(f"{PROBE}.py")):
        bundles.compile_file(source, folder / f"{source.stem}.mpy")
    return folder


def run(backlog: Backlog, folder: Path, program: Path, module: str, heap: int) -> str:
    """Switch the node on in a heap of so many bytes until all is sent and measuring has gone on.

    Returns what it printed; AssertionError if it ends, reports a fault or loses a frame.
    """
    shutil.copytree(backlog.node.folder, folder)
    Shared.real = time.time()
    text = (folder / "bench.json").read_text(encoding="utf-8")
    bench = json.loads(text.replace(str(backlog.node.folder), str(folder)))
    bench |= {"clock": f"sim:{Shared.sim:.0f}@{Shared.real:.3f}*{RATE:g}", "backlog_s": 0}
    (folder / "bench.json").write_text(json.dumps(bench), encoding="utf-8")
    with iotcore.Broker(port=backlog.port, listen="127.0.0.1"):
        collector = Collector(backlog.port)
        process = _start(folder, program, module, heap)
        try:
            wanted = backlog.frames + 5
            _until(lambda: len(collector.received()) >= wanted or process.poll() is not None)
        finally:
            process.kill()
            process.wait()
            collector.stop()
    said = (folder / "node.log").read_text(encoding="utf-8", errors="replace")
    came = len(collector.received())
    assert came >= wanted, f"{came} of {wanted} frames came; the node said {said[-500:]}"
    troubles = collector.kinds("lost") + [
        one
        for one in collector.kinds("fault")
        if not str(one.detail).startswith("time of ")  # milliseconds here are minutes there
    ]
    assert troubles == [], troubles
    return said


def _start(folder: Path, program: Path, module: str, heap: int) -> subprocess.Popen[bytes]:
    """Start a module of the program; it finds the others by the paths that they have on a board."""
    command = [sys.executable, "-c", LAUNCH, "-X", f"heapsize={heap}", "-m", module]
    environment = {
        "NONGQING_BENCH": str(folder / "bench.json"),
        "MICROPYPATH": ".frozen",
        "PATH": os.environ.get("PATH", os.defpath),
    }
    with (folder / "node.log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=program,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def measure(folder: Path, frames: int) -> tuple[Backlog, Heap]:
    """Make a node with so many frames that wait; return it and what its heap held."""
    backlog = make_backlog(folder, frames)
    program = make_program(folder / "program")
    said = run(backlog, folder / "probed", program, PROBE, HEAP)
    return backlog, heap_of(said)


def least(folder: Path, backlog: Backlog, low: int) -> int:
    """The smallest heap, in whole `STEP`, from `low` on, in which the node does all that."""
    program = folder / "program"
    fits, too_small = HEAP, low // STEP * STEP
    while fits - too_small > STEP:
        tried = (fits + too_small) // 2 // STEP * STEP
        try:
            run(backlog, folder / f"in-{tried}", program, NODE_ALONE, tried)
        except AssertionError:
            too_small = tried
        else:
            fits = tried
    return fits


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + MINUTES * 60
    while not done() and time.monotonic() < deadline:
        time.sleep(0.1)
