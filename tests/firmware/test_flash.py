"""Flash that is full, torn or damaged: real littlefs2, in a node and by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.node.outbox import _SEGMENT_BYTES, MOST_SEGMENTS
from firmware.workbench.simulated import SHIMS
from tests.firmware.field import Collector, FleetMaker, wait_for
from tests.paths import ROOT

pytestmark = pytest.mark.system

NODE = "qf-001"
BLOCKS = 240  # of 4 KiB: a 4 MiB part less MicroPython's two OTA partitions

MOUNT = """
import gc
import os
from flash import Flash
chip = Flash()
try:
    vfs = os.VfsLfs2(chip)
except OSError:
    os.VfsLfs2.mkfs(chip)
    vfs = os.VfsLfs2(chip)
os.mount(vfs, "/flash")
from firmware.node.outbox import Outbox
lost = 0

def free():
    blocks, count = os.statvfs("/flash")[2:4]
    return count if count <= blocks else 0

def count(boot, first, last):
    global lost
    lost += last - first + 1

def waiting(box):
    return sum(last - first + 1 for s in box.segments for first, last in s.unacked_ranges())

def fill(*sizes):
    "Write files of these sizes until flash is full."
    number = 0
    for size in sizes:
        try:
            while True:
                with open("/flash/filler%d" % number, "wb") as file:
                    file.write(bytes(size))
                number += 1
        except OSError:
            pass
    print(free())
"""

# Frames of earlier boots up to the last block, one of them torn; the boot is kept beforehand.
FILL = (
    MOUNT
    + """
with open("/flash/boot", "w") as file:
    file.write("60")
box = Outbox("/flash/outbox", 1 << 30, count)
for seq in range(20):
    box.append(2, seq, bytes(150))
with open("%s/%08x.seg" % (box.folder, box.number), "ab") as file:
    file.write(b"\x00\x96torn record")
try:
    for boot in range(3, 100):
        for seq in range(100):
            box._write(boot, seq, bytes(150))
        gc.collect()
except OSError:
    fill(8192, 300)
"""
)


def run(tmp_path: Path, weather_file: Path, image: Path, script: str, blocks: int = BLOCKS) -> str:
    """Run a script under MicroPython with the flash image mounted; return what it prints."""
    bench = tmp_path / "flash-bench.json"
    settings = {
        "clock": "system",
        "weather": str(weather_file),
        "image": str(image),
        "flash_blocks": blocks,
    }
    bench.write_text(json.dumps(settings))
    path = tmp_path / "script.py"
    path.write_text(script)
    start = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"
    done = subprocess.run(
        [sys.executable, "-c", start, "-X", "heapsize=160k", str(path)],
        env={
            "NONGQING_BENCH": str(bench),
            "MICROPYPATH": f"{SHIMS}:{ROOT}:.frozen",
            "PATH": os.environ["PATH"],
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("frames_a_boot", "frames"), [(10_000, 6000), (6, 2000), (1, 1000)])
def test_the_outbox_leaves_room_for_the_rest(
    tmp_path: Path, weather_file: Path, frames_a_boot: int, frames: int
) -> None:
    """No write meets a full flash, whether segments are long or of one frame each."""
    script = f"""
from firmware.node.boot_number import next_boot
full = 0
write = Outbox._write

def counting(self, boot, seq, frame):
    global full
    try:
        write(self, boot, seq, frame)
    except OSError:
        full += 1
        raise

Outbox._write = counting
with open("/flash/node.json", "w") as file:
    file.write(" " * 2000)
box = Outbox("/flash/outbox", None, count)
least, boot = free(), 0
for number in range({frames}):
    if number % {frames_a_boot} == 0:
        boot, fault = next_boot("/flash", 1, lambda: False)
        assert fault is None
    box.append(boot, number % {frames_a_boot}, bytes(150))
    gc.collect()
    if number % 25 == 0:
        least = min(least, free())
print(full, least, waiting(box), box.bytes() // 4096, lost)
"""
    out = run(tmp_path, weather_file, tmp_path / "flash.img", MOUNT + script)
    full, least, waiting, blocks, lost = (int(word) for word in out.split())
    assert full == 0
    assert least >= 5
    if frames_a_boot == 10_000:
        assert waiting > 4500  # half a year of hours
        assert blocks > 180
    assert lost


def test_a_full_flash_leaves_no_more_than_it_has(tmp_path: Path, weather_file: Path) -> None:
    """Of a full flash littlefs says that fewer than 0 blocks are free, without a sign."""
    script = """
print(os.statvfs("/flash")[3], Outbox("/flash/outbox", None, count).limit // 4096)
"""
    out = run(tmp_path, weather_file, tmp_path / "flash.img", FILL + script)
    said_free, limit = (int(word) for word in out.split()[1:])
    assert said_free == 0 or said_free > BLOCKS
    assert _SEGMENT_BYTES // 4096 < limit < BLOCKS - BLOCKS // 12


def test_a_torn_record_on_a_full_flash_ends_no_node(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path, weather_file: Path
) -> None:
    fleet = make_fleet(NODE, settings={"flash_blocks": BLOCKS})
    node = fleet.nodes[NODE]
    node.start()
    wait_for(lambda: (NODE, 1, 0) in collector.received())
    node.switch_off()
    assert run(tmp_path, weather_file, node.image, FILL) == "0\n"
    fleet.start()
    wait_for(lambda: any(seq == 3 for _, boot, seq in collector.received() if boot > 60), 20)
    wait_for(lambda: bool(collector.kinds("lost")))
    lost = [event.detail for event in collector.kinds("lost")]
    # the samples that the switch left unfinished need room before anything can be sent
    assert [2, 0, 19] in lost[:2]
    assert len(lost) < 12  # what the spare room needs, and not all there is
    assert fleet.alive() == {NODE: True}
    assert [event.detail[1] > 0 for event in collector.kinds("boot")] == [False, True]


def test_a_flash_full_of_other_things_ends_no_node(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path, weather_file: Path
) -> None:
    """Nothing can be kept, not even the number of the boot; the node says so and goes on."""
    fleet = make_fleet(NODE, settings={"flash_blocks": BLOCKS})
    node = fleet.nodes[NODE]
    node.start()
    wait_for(lambda: (NODE, 1, 0) in collector.received())
    node.switch_off()
    script = """
for name in os.listdir("/flash/outbox"):
    os.remove("/flash/outbox/" + name)
os.rmdir("/flash/outbox")
fill(8192, 300, 1)
"""
    assert run(tmp_path, weather_file, node.image, MOUNT + script) == "0\n"
    fleet.start()
    wait_for(lambda: bool(collector.kinds("lost")))
    assert fleet.alive() == {NODE: True}
    (fault,) = collector.kinds("fault")
    assert fault.detail.startswith("boot number not kept: ")
    assert fault.boot > 2


def test_a_boot_number_that_cannot_be_read_is_not_used_again(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path, weather_file: Path
) -> None:
    """With an empty outbox nothing else knows how far boots had come."""
    fleet = make_fleet(NODE)
    node = fleet.nodes[NODE]
    node.start()
    wait_for(lambda: (NODE, 1, 0) in collector.received())
    node.switch_off()
    script = """
for name in os.listdir("/flash/outbox"):
    os.remove("/flash/outbox/" + name)
with open("/flash/boot", "wb") as file:
    file.write(b"\\xff\\x00?")
"""
    run(tmp_path, weather_file, node.image, MOUNT + script, blocks=512)
    node.start()
    wait_for(lambda: len(collector.kinds("boot")) == 2)
    wait_for(lambda: bool(collector.kinds("fault")))
    assert collector.kinds("boot")[1].boot > 1
    assert collector.kinds("fault")[0].detail.startswith("boot number not readable: ")


def test_hundreds_of_boots_without_network_fit_the_heap(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path, weather_file: Path
) -> None:
    """A battery that fails every few minutes leaves a segment of one frame for each boot."""
    script = """
box = Outbox("/flash/outbox", None, count)
for boot in range(1, 500):
    box.append(boot, 0, bytes(150))
    gc.collect()
print(len(box.segments), waiting(box) + lost)
"""
    fleet = make_fleet(NODE, settings={"flash_blocks": 1024})
    node = fleet.nodes[NODE]
    out = run(tmp_path, weather_file, node.image, MOUNT + script, blocks=1024)
    assert out == f"{MOST_SEGMENTS} 499\n"
    fleet.start()
    wait_for(lambda: any(boot >= 500 for _, boot, _ in collector.received()))
    assert fleet.alive() == {NODE: True}


WEAR = """
import gc
import os
from flash import Flash

erased = {}

class Worn(Flash):
    def ioctl(self, request, argument):
        if request == 6:
            erased[argument] = erased.get(argument, 0) + 1
        return Flash.ioctl(self, request, argument)

chip = Worn()
os.VfsLfs2.mkfs(chip)
os.mount(os.VfsLfs2(chip), "/flash")
from firmware.node.outbox import Outbox
from firmware.node.samples import SampleLog
from firmware.wire import codec

box = Outbox("/flash/outbox", None, lambda *lost: None)
log = SampleLog("/flash/samples", print)
erased.clear()
for hour in range(24 * 10):
    for number in range(5):
        sample = [[2000 + hour + number]] * 15
        frame = codec.Frame(b"abcd", 1, hour, 1459468800, 3600 * hour + 600 * number, 600, sample)
        assert log.append(frame)
    box.append(1, hour, bytes(155))
    log.clear()
    gc.collect()
print(sum(erased.values()) // 10, max(erased.values()))
"""


def test_the_sample_log_wears_no_flash_out(tmp_path: Path, weather_file: Path) -> None:
    """Ten days of fifteen channels: some 120 erases a day, spread over all blocks.

    A block stands 100,000 of them (unverified); the busiest would last for more than a century.
    """
    out = run(tmp_path, weather_file, tmp_path / "flash.img", WEAR, 512)
    a_day, busiest = (int(word) for word in out.split())
    assert 60 < a_day < 150
    assert 100_000 / (busiest / 10) > 100 * 365
