"""A sensor is one file: planted in a copy of the tree, it is checked, enrolled and measured with.

Nothing else in the copy is changed but for the board type that names it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import iotcore
import pytest

from firmware.wire import codec
from tests.firmware.field import Collector, Shared, free_port, wait_for
from tests.paths import ROOT

ROOMS = ("firmware", "field_configs", "models", "collector", "webapp")

SENSOR = '''
"""Temperature in the box, by a thermistor on an ADC pin."""

BUS = "adc"
QUANTITIES = (17,)
(ENCLOSURE_TEMPERATURE,) = QUANTITIES
SETTINGS = {"offset_c": (-5, 5)}


def make(board, bus, address, offset_c=0):
    """Make the driver; `offset_c` [degC] is added."""
    return Thermistor(bus, offset_c)


class Thermistor:
    """A thermistor on `adc` (``read_uv``)."""

    def __init__(self, adc, offset_c):
        self.adc = adc
        self.offset_c = offset_c

    def measure(self):
        """Return {17: temperature in the box [degC]}."""
        return {ENCLOSURE_TEMPERATURE: (20 if self.adc.read_uv() > 0 else -40) + self.offset_c}
'''

BOARD = """
zh = "箱温板"
en = "Box temperature board"
sample_s = 600
samples_per_frame = 2

[[channels]]
number = 0
quantity = "enclosure_temperature"
driver = "box_thermistor"
bus = "adc"
address = 35
settings = { offset_c = 1.5 }
"""

RUN = """
import sys
from pathlib import Path
from types import SimpleNamespace

import firmware.workbench.simulate as simulate
from field_configs.load import load
from firmware.workbench import climate
from firmware.workbench.hourly import write_compact

assert Path(simulate.__file__).is_relative_to(Path.cwd()), simulate.__file__
start = 1_459_468_800
write_compact(climate.generate(start, 30, 1), Path("weather.nqw"))
key = SimpleNamespace(node="qf-009", epoch=1, key=bytes(range(32)))
board = load(site=None).boards["box-1"]
clock = sys.argv[2]
url = "mqtt://127.0.0.1:" + sys.argv[1]
fleet = simulate.Fleet([("qf-009", key, board)], url, clock, Path("weather.nqw"), Path("nodes"), 0)
with fleet:
    print("runs", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the rooms."""
    copy = tmp_path_factory.mktemp("tree")
    for room in ROOMS:
        ignored = shutil.ignore_patterns("__pycache__", "static")
        shutil.copytree(ROOT / room, copy / room, ignore=ignored)
    shutil.copy(ROOT / "nongqing.py", copy)
    return copy


def start(tree: Path, program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "PATH": str(Path(sys.executable).parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def check(tree: Path) -> tuple[int, str]:
    """Run `nongqing check` of the copy."""
    with start(tree, "import nongqing; nongqing.main()", "check") as process:
        output, _ = process.communicate(timeout=120)
    return process.returncode, output


def test_a_planted_sensor_needs_its_file_and_a_board(tree: Path) -> None:
    (tree / "field_configs/boards/box-1.toml").write_text(BOARD, encoding="utf-8")
    code, output = check(tree)
    assert code == 1
    place = "field_configs/boards/box-1.toml: channels[0].driver"
    assert f'error: {place}: unknown driver "box_thermistor"' in output
    assert "1 errors" in output, output

    (tree / "firmware/sensors/box_thermistor.py").write_text(textwrap.dedent(SENSOR))
    code, output = check(tree)
    assert (code, "8 boards" in output) == (0, True), output

    port = free_port()
    with iotcore.Broker(port=port, listen="127.0.0.1"):
        collector = Collector(port)
        wait_for(collector.client.is_connected)
        with start(tree, RUN, str(port), Shared.set(10, 3600)) as process:
            try:
                wait_for(lambda: len(collector.received()) >= 2 or process.poll() is not None, 60)
            finally:
                output, _ = process.communicate("", timeout=30)
        collector.stop()
    assert process.returncode == 0, output
    assert collector.refused == []
    assert collector.kinds("fault") == []
    layout = codec.make_layout([(0, 17, 10)])
    for frame in collector.frames.values():
        assert {reading.value for reading in codec.readings(frame, layout)} == {21.5}
