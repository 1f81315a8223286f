"""Weather for simulated nodes: files good and broken, gaps, the generator, the compact file."""

from __future__ import annotations

import gzip
import os
import struct
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from firmware.wire import quantities
from firmware.workbench import climate, hourly, weather, weather_files
from firmware.workbench.hourly import WeatherError

HEAD = "time,air_temperature,relative_humidity,precipitation_amount\n"


def write_csv(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "own.csv"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_csv_is_read_hour_by_hour(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path,
        "2016-05-01T08:00+08:00,10.5,60,0",
        "2016-05-01T01:00Z,11,61,0.2",
        "2016-05-01 02:00,12,,0",
    )
    read = weather_files.read_csv(path)
    assert datetime.fromtimestamp(read.start, UTC) == datetime(2016, 5, 1, tzinfo=UTC)
    assert read.series["air_temperature"].tolist() == [10.5, 11, 12]
    assert read.series["precipitation_amount"].tolist() == [0, 0.2, 0]
    assert np.isnan(read.series["relative_humidity"][2])
    assert read.missing["relative_humidity"] == 1
    assert read.problems == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("yesterday,1,50,0", "time 'yesterday' is not ISO 8601"),
        ("2016-05-01T01:30Z,1,50,0", "time '2016-05-01T01:30Z' is not a full hour"),
        ("1016-05-01T01:00Z,1,50,0", "time '1016-05-01T01:00Z' is outside 1970 to 2106"),
        ("2016-05-01T01:00Z,warm,50,0", "air_temperature 'warm' is not a number"),
        ("2016-05-01T01:00Z,1,104,0", "relative_humidity 104 is not between 0 and 100"),
        ("2016-05-01T01:00Z,1,50,-1", "precipitation_amount -1 is not between 0 and 250"),
        ("2016-05-01T01:00Z,inf,50,0", "air_temperature inf is not between -40 and 60"),
        ("2016-05-01T00:00Z,1,50,0", "hour 2016-05-01T00:00Z was there before"),
        ("2016-05-01T01:00Z,1,50,0,9", "more fields than columns"),
    ],
)
def test_a_broken_line_is_named_and_the_rest_read(tmp_path: Path, line: str, reason: str) -> None:
    path = write_csv(tmp_path, "2016-05-01T00:00Z,1,50,0", line, "2016-05-01T02:00Z,3,52,0")
    read = weather_files.read_csv(path)
    assert read.problems == (f"own.csv:3: {reason}",)
    assert read.hours == 3
    assert f"1 lines left out, the first: own.csv:3: {reason}" in read.summary()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no hour of weather in it"),
        (HEAD.encode(), "no hour of weather in it"),
        (b"time,air_temperature\n2016-05-01,1\n", "no column relative_humidity, precip"),
        (HEAD.encode() + b"x,1,1,1\n", "no hour of weather in it; the first line left out: own"),
        (HEAD.encode() + b"\xff\xfe,1,1,1\n", "cannot be read"),
        (
            HEAD.encode() + b"1980-01-01T00:00Z,1,1,1\n2016-01-01T00:00Z,1,1,1\n",
            "spans more than 20 years",
        ),
    ],
)
def test_a_file_without_weather_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(content)
    with pytest.raises(WeatherError, match=reason) as caught:
        weather_files.read_csv(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", hourly.NAMES)
def test_a_column_takes_what_the_vocabulary_allows(tmp_path: Path, name: str) -> None:
    row = quantities.by_name(name)
    head = ",".join(("time", *hourly.NAMES)) + "\n"

    def line(hour: int, value: float) -> str:
        values = dict.fromkeys(hourly.NAMES, 20) | {"air_pressure": 1000, "soil_moisture": 0}
        texts = [str(number) for number in (values | {name: value}).values()]
        return f"2016-05-01T0{hour}:00Z," + ",".join(texts)

    lines = [line(0, row.low), line(1, row.high), line(2, row.high + 0.1), line(3, row.low - 0.1)]
    read = weather_files.read_csv(write_csv(tmp_path, *lines, head=head))
    assert read.series[name].tolist() == [row.low, row.high]
    assert [problem.split(":")[1] for problem in read.problems] == ["4", "5"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeatherError, match="cannot be read"):
        weather_files.read_csv(tmp_path / "none.csv")


def test_short_gaps_are_filled_long_ones_stay(tmp_path: Path) -> None:
    lines = []
    for hour in range(60):
        value = "" if 10 <= hour < 13 or 20 <= hour < 27 else f"{hour}"
        lines.append(f"2016-05-{1 + hour // 24:02}T{hour % 24:02}:00Z,{value},50,0")
    del lines[40:43]
    read = weather_files.read_csv(write_csv(tmp_path, *lines))
    air = read.series["air_temperature"]
    assert air[10:13].tolist() == [10, 11, 12]
    assert air[40:43].tolist() == [40, 41, 42]
    assert np.isnan(air[20:27]).all()
    assert (read.filled["air_temperature"], read.missing["air_temperature"]) == (6, 7)
    assert read.filled["precipitation_amount"] == 3
    assert "air_temperature: 6 hours filled, 7 hours missing" in read.summary()


BEIJING_HEAD = "year,month,day,hour,TEMP,PRES,DEWP,RAIN,wd,WSPM,station,RH_pct\n"


def test_beijing_rows_are_local_time(tmp_path: Path) -> None:
    path = tmp_path / "prsa.csv.gz"
    rows = (
        "2016,5,1,8,15.0,1010,5,0.1,NNW,2.5,Shunyi,51.2\n"
        "2016,5,1,8,99,1010,5,0.1,NNW,2.5,Gucheng,51.2\n"
        "2016,5,1,9,16.0,1010,5,0,NA,2.5,Shunyi,100.4\n"
        "2016,5,31,24,16.0,1010,5,0,NA,2.5,Shunyi,100.4\n"
    )
    path.write_bytes(gzip.compress((BEIJING_HEAD + rows).encode()))
    read = weather_files.read_beijing(path)
    assert datetime.fromtimestamp(read.start, UTC) == datetime(2016, 5, 1, tzinfo=UTC)
    assert read.series["air_temperature"].tolist() == [15, 16]
    assert read.series["relative_humidity"].tolist() == [51.2, 100]
    assert read.series["wind_from_direction"][0] == 337.5
    assert len(read.problems) == 1


def test_beijing_without_the_station_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prsa.csv"
    path.write_text(BEIJING_HEAD)
    with pytest.raises(WeatherError, match="no hour of weather"):
        weather_files.read_beijing(path)


@pytest.mark.skipif(not weather.BEIJING.is_file(), reason="the measured series is not here")
def test_the_measured_series() -> None:
    read = weather_files.read_beijing(weather.BEIJING)
    assert read.hours == 35064
    assert read.problems == ()
    assert read.missing["air_temperature"] == 0
    assert 0 < read.filled["air_temperature"] < 100
    assert weather.opening(read) == datetime(2016, 5, 10, tzinfo=UTC)


START = int(datetime(2010, 1, 1, tzinfo=UTC).timestamp())


def test_generated_weather_keeps_its_normals() -> None:
    """Monthly means over 30 years stay near the figures that the generator is fitted to."""
    read = climate.generate(START, 30 * 365, 7)
    local = np.datetime64(START + 8 * 3600, "s") + np.arange(read.hours) * np.timedelta64(1, "h")
    month = local.astype("datetime64[M]").astype(int) % 12
    air, rain = read.series["air_temperature"], read.series["precipitation_amount"]
    days = air[: 30 * 365 * 24].reshape(-1, 24)
    for number in range(12):
        of_month = month[::24] == number
        middle = (climate.MAXIMUM_C[number] + climate.MINIMUM_C[number]) / 2
        assert days[of_month].mean() == pytest.approx(middle, abs=1.2)
        total = rain[month == number].sum() / 30
        assert total == pytest.approx(climate.RAIN_MM[number], rel=0.45, abs=3)
    assert rain.sum() / 30 == pytest.approx(sum(climate.RAIN_MM), rel=0.1)
    wet = (rain.reshape(-1, 24).sum(axis=1) > 0).sum() / 30
    assert wet == pytest.approx(sum(climate.RAIN_DAYS), rel=0.1)


def test_generated_weather_is_possible_and_repeatable() -> None:
    one, same, other = (climate.generate(START, 400, seed) for seed in (1, 1, 2))
    for name in hourly.NAMES:
        low, high = hourly.limits(name)
        values = one.series[name]
        assert np.array_equal(values, same.series[name], equal_nan=True)
        known = values[~np.isnan(values)]
        assert ((known >= low) & (known <= high)).all(), name
    assert not np.array_equal(one.series["air_temperature"], other.series["air_temperature"])
    raining = one.series["precipitation_amount"] > 0
    assert (one.series["relative_humidity"][raining] >= 92).all()


def test_soil_follows_the_weather() -> None:
    air = np.full(24 * 60, 20.0)
    dry, watered = hourly.soil_moisture(air, np.full(len(air), 40.0), np.zeros(len(air)), START)
    rain = np.zeros(len(air))
    rain[50] = 30.0
    wet, _ = hourly.soil_moisture(air, np.full(len(air), 40.0), rain, START)
    assert dry[49] < dry[0]
    assert wet[50] - dry[50] == pytest.approx(0.1, abs=0.01)
    assert (dry >= 0.19).all()  # irrigated before it gets too dry
    assert len(watered) >= 2
    assert np.flatnonzero(np.diff(dry) > 0.15).tolist() == [hour - 1 for hour in watered]
    assert (wet <= 0.45).all()
    wave = 20 + 10 * np.sin(np.arange(24 * 30) * np.pi / 12)
    soil = hourly.soil_temperature(wave)[24 * 10 :]
    assert soil.mean() == pytest.approx(20, abs=0.5)
    assert 0.5 < soil.max() - 20 < 3


def test_the_soil_is_watered_when_dry_in_the_morning_of_a_day_without_rain() -> None:
    made = climate.generate(START, 200, 1)
    rain, moisture = made.series["precipitation_amount"], made.series["soil_moisture"]
    assert made.watered
    for time in made.watered:
        hour = (time - START) // 3600
        assert datetime.fromtimestamp(time + 8 * 3600, UTC).hour == 7
        assert moisture[hour - 1] < 0.215
        assert moisture[hour] - moisture[hour - 1] == pytest.approx(60 / 300, abs=0.01)
        assert rain[hour - 7 : hour + 17].sum() < 1


def test_the_compact_file_says_the_same(tmp_path: Path) -> None:
    """Read back by the boards' own reader, under MicroPython."""
    made = climate.generate(START, 3, 1)
    made.series["air_temperature"][5] = np.nan
    path = tmp_path / "w.nqw"
    hourly.write_compact(made, path)
    assert path.stat().st_size == 12 + 16 * made.hours
    assert struct.unpack("<4sII", path.read_bytes()[:12]) == (b"NQW1", START, 72)
    bench = tmp_path / "bench.json"
    bench.write_text(f'{{"clock": "system", "weather": "{path}"}}')
    script = tmp_path / "read.py"
    script.write_text(
        "import bench\n"
        "w = bench.world.weather\n"
        "print(' '.join('%s=%d' % pair for pair in zip(bench.COLUMNS, bench.SCALES)))\n"
        f"for h in range({START // 3600 - 1}, {START // 3600 + 73}):\n"
        "    print(w.hourly('air_temperature', h), w.hourly('relative_humidity', h))\n"
    )
    shims = Path(weather.__file__).parent / "shims"
    run = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"
    done = subprocess.run(
        [sys.executable, "-c", run, str(script)],
        env={
            "NONGQING_BENCH": str(bench),
            "MICROPYPATH": f"{shims}:.frozen",
            "PATH": os.environ["PATH"],
        },
        capture_output=True,
        text=True,
        check=True,
    )
    columns, *lines = done.stdout.splitlines()
    assert columns == " ".join(f"{name}={scale}" for name, scale in hourly.SCALES.items())
    rows = [line.split() for line in lines]
    assert rows[0] == rows[73] == ["None", "None"]
    for hour in range(72):
        air, humidity = rows[1 + hour]
        if hour == 5:
            assert air == "None"
        else:
            assert float(air) == pytest.approx(made.series["air_temperature"][hour], abs=0.006)
        assert float(humidity) == pytest.approx(made.series["relative_humidity"][hour], abs=0.006)


def test_prepared_weather_says_what_it_is(tmp_path: Path) -> None:
    none = tmp_path / "none"
    made = weather.prepare(tmp_path, beijing=none)
    assert weather.is_compact(made.path)
    assert made.opens == datetime(2016, 5, 10, tzinfo=UTC)
    assert (made.zh, made.en) == ("演示：模拟生成的天气", "demonstration: generated weather")
    own = write_csv(tmp_path, "2019-05-01T00:00Z,1,50,0", "2019-05-01T01:00Z,1,50,0")
    made = weather.prepare(tmp_path, own, none)
    assert made.en == "demonstration: weather from own.csv"
    assert made.opens == datetime(2019, 5, 1, tzinfo=UTC)
    assert not weather.is_compact(own)


def test_own_weather_opens_in_its_own_may(tmp_path: Path) -> None:
    made = climate.generate(int(datetime(2018, 9, 1, tzinfo=UTC).timestamp()), 700, 1)
    assert weather.opening(made) == datetime(2019, 5, 10, tzinfo=UTC)
