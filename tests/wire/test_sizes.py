"""What reports take beside SenML-CBOR, on a sample of what `tests/bench/wire.py` measures."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import cbor2
import numpy as np
import pytest

from firmware.wire import codec, seal
from firmware.workbench.hourly import Weather
from firmware.workbench.weather import BEIJING, open_weather
from tests.bench import _wire_bytes
from tests.bench._wire_weather import LAYOUT, ROWS, hours
from tests.bench.wire import BATCH_STRETCH, SINGLE_BAR

EVERY = 41  # hours


def made_up() -> Weather:
    """Generated weather, with wind and pressure that it lacks: waves of some days."""
    weather = open_weather(beijing=Path("no such file"))
    wave = np.sin(np.arange(weather.hours) / 17) + np.sin(np.arange(weather.hours) / 90)
    wind = {"wind_speed": 3 + wave, "wind_from_direction": 180 + 60 * wave}
    return replace(weather, series=weather.series | wind | {"air_pressure": 1010 + 8 * wave})


@pytest.mark.parametrize("measured", [True, False], ids=["measured", "generated"])
def test_reports_keep_to_their_bars(measured: bool) -> None:
    if measured and not BEIJING.is_file():
        pytest.skip(f"the Beijing series is not there: {BEIJING}")
    sizes = _wire_bytes.measure(open_weather() if measured else made_up(), EVERY)
    assert sizes.reports > 200
    single, batch = _wire_bytes.ratios(sizes)
    assert single <= SINGLE_BAR
    assert batch <= BATCH_STRETCH
    assert sizes.single_format_1 > sizes.single
    assert sizes.batch_format_1 > sizes.batch


def test_what_it_is_measured_against_is_senml() -> None:
    """RFC 8428, section 6: an array of maps with integer labels, here with 32-bit floats."""
    pack = _wire_bytes.senml(1_451_606_400, [20.5, -1.25])
    assert cbor2.loads(pack) == [{-3: 1_451_606_400, 0: "a", 2: 20.5}, {0: "b", 2: -1.25}]
    assert b"\x02\xfa" + struct.pack(">f", 20.5) in pack
    assert len(pack) == 1 + 2 * (1 + 1 + 2 + 1 + 5) + 1 + 5


def test_frames_that_are_measured_hold_the_readings() -> None:
    start, raw = next(hours(made_up()))
    frame = codec.Frame(LAYOUT.id, 1, 0, start - 7, 7, 600, raw)
    sealed = seal.seal(_wire_bytes.KEY, _wire_bytes.EPOCH, _wire_bytes.TOPIC, codec.encode(frame))
    _, body = seal.open_(_wire_bytes.KEY, _wire_bytes.TOPIC, sealed)
    read = codec.readings(codec.decode(body), LAYOUT)
    assert len(read) == 6 * len(ROWS) == 54
    for reading in read:
        row = ROWS[reading.channel]
        assert row.low <= reading.value <= row.high
