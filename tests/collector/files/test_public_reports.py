"""Troubles that people reported of other projects' importers, tried on this one.

weewx/weewx 965, 532: a day's rain total read as the rain of each record.
weewx/weewx 880: semicolons, decimal commas, blanks behind names, days before months.
openbikesensor/portal 308: one line of random bytes, and the whole file could not be imported.
CartoDB/cartodb 6178, BaRatin-tools/BaRatinAGE 53: empty and malformed lines, left out unsaid.
weewx/weewx 499: a day without data ended the import.
Daveiano/weather-data-center 12: units in brackets that differ from one device to the next.
52North/sos-importer 43: may cells be empty, be 0, and what of a second try?
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.sheets.refused import SheetError
from tests.collector.files.test_weather_csv import hours

HEAD = "place,time,air_temperature,precipitation_amount"


def test_a_days_rain_total_is_not_the_rain_of_each_record(read):
    rng = np.random.default_rng(6)
    rain = np.where(rng.random(480) < 0.15, np.round(rng.gamma(0.7, 4, 480), 1), 0.0)
    day = [np.round(rain[n - n % 24 : n + 1].sum(), 1) for n in range(480)]
    assert sum(day) > 5 * rain.sum()
    with pytest.raises(SheetError, match="it is a counter, not the rain of each hour"):
        read("place,time,rain\n" + "\n".join(hours(480, day)))
    found = read("place,time,rain (cumulative)\n" + "\n".join(hours(480, day)))
    shown = {v.time: v.value for v in found.values}
    start = datetime(2016, 3, 1, tzinfo=UTC)
    # after a reset at midnight an hour as wet as the whole day before cannot be told from none
    wrong = [n for n in range(1, 480) if abs(shown[start + timedelta(hours=n)] - rain[n]) > 0.05]
    assert all(n % 24 == 0 for n in wrong)
    assert sum(shown.values()) == pytest.approx(rain[1:].sum(), rel=0.05)


def test_semicolons_decimal_commas_and_blanks_behind_names(read):
    text = (
        "place;time;Barometer;Temp ;Hum;Wet   Bulb ;Wind Speed ;Rain \r\n"
        "qf-liuge;2016-04-02 15:00;1015,0;28,9;43,0;18,1;16,1;0,0   \r\n"
        "qf-liuge;02/08/2022   15:30;1015,0;28,9;43,0;18,1;16,1;0,0   \r\n"
    )
    found = read(text)
    assert [(v.quantity, v.value) for v in found.values] == [
        ("air_temperature", 28.9),
        ("relative_humidity", 43.0),
        ("precipitation_amount", 0.0),
        ("wind_speed", 16.1),
        ("air_pressure", 1015.0),
    ]
    assert found.refused == [
        'w.csv:1: unknown column "Wet   Bulb"; it is left out',
        'w.csv:3: time "02/08/2022   15:30" is no time; write 2016-05-01T08:00+08:00',
    ]


def test_a_line_of_random_bytes_costs_itself(read):
    rng = np.random.default_rng(308)
    lines = [line.encode() for line in hours(200, np.full(200, 12.5), np.zeros(200))]
    for n in range(10, 200, 20):
        lines[n] = bytes(rng.integers(0, 256, 300).tolist()).replace(b"\n", b"").replace(b"\r", b"")
    found = read(HEAD.encode() + b"\n" + b"\n".join(lines))
    assert len(found.values) == 2 * 190
    assert [r.partition(": ")[0] for r in found.refused] == [
        f"w.csv:{n + 2}" for n in range(10, 200, 20)
    ]


def test_empty_lines_are_nothing_and_malformed_ones_are_named(read):
    line = "qf-liuge,2016-04-02T15:00Z,12,0"
    found = read(f"{HEAD}\n\n{line}\n,,,\n   \nqf-liuge,2016-04-02T16:00Z\n\n\n\r\n")
    assert [v.value for v in found.values] == [12.0, 0.0]
    assert [r.partition(";")[0] for r in found.refused] == ["w.csv:6: 2 cells under 4 columns"]


def test_a_day_without_data_is_a_gap(read):
    lines = hours(72, np.full(72, 12.5), np.zeros(72))
    found = read("\n".join((HEAD, *lines[:24], *lines[48:])))
    assert len(found.values) == 2 * 48
    assert found.refused == []


@pytest.mark.parametrize(
    ("unit", "value", "ours"), [("mph", 10, 4.47), ("km/h", 10, 2.78), ("m/s", 10, 10)]
)
def test_units_in_brackets_differ_from_one_device_to_the_next(read, unit, value, ours):
    (found,) = read(f"place,time,Wind Speed ({unit})\nqf-liuge,2016-04-02T15:00Z,{value}").values
    assert found.value == pytest.approx(ours, abs=0.01)


def test_cells_may_be_empty_and_0_and_places_many(read):
    lines = ("qf-liuge,2016-04-02T15:00Z,,0", "station-1,2016-04-02T15:00Z,0,")
    found = read("\n".join((HEAD, *lines)))
    assert [(v.place, v.quantity, v.value) for v in found.values] == [
        ("qf-liuge", "precipitation_amount", 0.0),
        ("station-1", "air_temperature", 0.0),
    ]
