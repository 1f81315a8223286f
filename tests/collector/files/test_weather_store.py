"""Weather from files into a real database: what is in force, what is kept, what is in doubt."""

from __future__ import annotations

import gc
import json
import tracemalloc
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from collector.files.given import Given
from collector.files.weather import import_weather
from collector.store.advice import ledger, risk_state
from collector.store.measured import places, reading_log, readings, weather
from collector.store.postgres import db
from field_configs.events import Event
from models.sheets.refused import SheetError
from tests.collector.conftest import NOW, Bench
from tests.collector.files.test_weather_csv import GOOD, HEAD
from tests.collector.ingest.test_intake import take as take_in

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STATIONS = "place,time,longitude,latitude,air_temperature"


@pytest.fixture
def take(registered: db.Connection, tmp_path):
    def take(text, kind="forecast", source="test", now=NOW, name="w.csv", **more):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else "\n".join(text), "utf-8")
        with registered:
            return import_weather(registered, path, Given(kind, source, now, **more))

    return take


@pytest.fixture
def in_force(registered: db.Connection):
    """What is measured or forecast by place and hour."""

    def in_force(quantity="air_temperature", kind="observed", at=NOW):
        start, end = at - 60 * DAY, at + 30 * DAY
        with registered:
            if kind == "observed":
                data = weather.observed_dataset(registered, [quantity], start, end)
            else:
                data = weather.forecast_dataset(registered, [quantity], start, end, at)
        if data is None:
            return {}
        table = data[quantity].transpose("site", "time").to_pandas()
        return {
            (str(place), moment.strftime("%d %H")): value
            for place, row in table.iterrows()
            for moment, value in row.items()
            if not np.isnan(value)
        }

    return in_force


def line(value, place="station-1", hour="2016-05-01T09:00Z", position="115.2,35.9"):
    return f"{place},{hour},{position},{value}"


def lines(values, place="station-1", position="115.2,35.9", start=datetime(2016, 4, 1, tzinfo=UTC)):
    return [line(v, place, (start + n * HOUR).isoformat(), position) for n, v in enumerate(values)]


# Corrections ----------------------------------------------------------------------------------


def test_a_correction_counts_is_said_and_what_was_before_is_kept(take, in_force, registered):
    assert take([STATIONS, line(12)], "observed", "cma").new == 1
    done = take([STATIONS, line(15)], "observed", "cma", NOW + HOUR)
    assert (done.new, done.corrected.total, done.refused.total) == (0, 1, 0)
    assert [str(each) for each in done.corrected.first] == [
        "w.csv:2: air_temperature 15 of station-1, 2016-05-01 09:00 UTC, is in force now in the "
        "place of 12, which cma had said (2016-05-01 12:00 UTC)"
    ]
    assert in_force() == {("station-1", "01 09"): 15.0}
    with registered, registered.cursor() as cur:
        cur.execute(
            "SELECT w.value, d.source, d.name FROM weather_value w "
            "JOIN weather_delivery d ON d.id = w.delivery ORDER BY d.id"
        )
        assert cur.fetchall() == [(12.0, "cma", "w.csv"), (15.0, "cma", "w.csv")]


@pytest.mark.parametrize(("first", "second"), [("a", "z"), ("z", "a")])
@pytest.mark.parametrize("kind", ["observed", "forecast"])
def test_the_newest_delivery_counts_whatever_its_source_is_called(
    take, in_force, first, second, kind
):
    hour = "2016-05-01T09:00Z" if kind == "observed" else "2016-05-01T15:00Z"
    issued = {} if kind == "observed" else {"issued": NOW}
    take([STATIONS, line(12, hour=hour)], kind, first, **issued)
    take([STATIONS, line(15, hour=hour)], kind, second, NOW + HOUR, **issued)
    assert list(in_force(kind=kind, at=NOW + HOUR).values()) == [15.0]
    again = take([STATIONS, line(12, hour=hour)], kind, first, NOW + 2 * HOUR, **issued)
    assert again.corrected.total == 1
    assert list(in_force(kind=kind, at=NOW + 2 * HOUR).values()) == [12.0]


def test_what_is_in_force_already_is_not_kept_again(take, registered):
    take([STATIONS, line(12)], "observed")
    again = take([STATIONS, line(12)], "observed", "another", NOW + DAY)
    assert (again.new, again.corrected.total, again.same.total) == (0, 0, 1)
    assert [str(each) for each in again.same.first] == [
        "w.csv:2: the same values are there already"
    ]
    with registered, registered.cursor() as cur:
        cur.execute("SELECT (SELECT count(*) FROM weather_value), count(*) FROM weather_delivery")
        assert cur.fetchone() == (1, 1)


def test_a_correction_of_observations_takes_kept_states_back(take, registered):
    take([STATIONS, line(12)], "observed")
    with registered:
        before = risk_state.last_change(registered)
    take([STATIONS, line(15)], "observed", now=NOW + HOUR)
    with registered, registered.cursor() as cur:
        cur.execute("SELECT day, observed FROM hourly_change WHERE number > %s", (before,))
        assert cur.fetchall() == [(date(2016, 5, 1), True)]


def test_a_forecast_issued_later_stays_in_force_and_that_is_said(take, in_force):
    newer = GOOD.replace("08:00Z", "11:00Z").replace("15.5", "17")
    take([HEAD, GOOD, newer, GOOD.replace("21:00", "22:00")])
    assert in_force(kind="forecast") == {("qf-liuge", "01 13"): 17.0, ("qf-liuge", "01 14"): 15.5}
    done = take([HEAD, GOOD.replace("15.5", "16")], now=NOW + HOUR)
    assert done.corrected.total == 1
    assert [str(note) for note in done.notes] == [
        "w.csv: 1 values are kept and not in force: a forecast made later is there for their hours"
    ]
    assert in_force(kind="forecast")[("qf-liuge", "01 13")] == 17.0


def test_the_newest_forecast_known_at_a_time_counts(take, registered):
    newer = GOOD.replace("08:00Z", "11:00Z").replace("15.5", "17")
    take([HEAD, GOOD, newer, GOOD.replace("21:00", "22:00")])
    start, end = NOW, NOW + DAY

    def shown(at):
        with registered:
            return weather.forecast_dataset(registered, ["air_temperature"], start, end, at)

    found = shown(NOW)
    np.testing.assert_array_equal(found["air_temperature"].values, [[17.0], [15.5]])
    assert found["issued"].values[0] == np.datetime64("2016-05-01T08:00")
    before = shown(datetime(2016, 5, 1, 10, tzinfo=UTC))
    assert before["air_temperature"].values[0, 0] == 15.5
    assert shown(NOW + timedelta(days=3)) is None


def test_a_line_counts_by_what_became_of_it(take):
    text = [HEAD, GOOD, GOOD, GOOD.replace("21:00", "22:00").replace(",80", ",800")]
    done = take(text)
    assert (done.new, done.same.total, done.refused.total) == (2, 1, 1)
    assert [str(each) for each in done.refused.first] == [
        "w.csv:4: relative_humidity 800 % is out of range (0 to 100); check the unit, or leave the "
        "cell empty"
    ]


def test_an_observation_exists_once(take, in_force):
    text = [HEAD, "station-1,2016-05-01T09:00Z,,115.2,35.9,15,70"]
    assert take(text, "observed").new == 1
    assert take(text, "observed", now=NOW + DAY).same.total == 1
    assert in_force("relative_humidity") == {("station-1", "01 09"): 70.0}


# Places ---------------------------------------------------------------------------------------


def test_a_new_station_is_named_and_a_village_is_not(take):
    done = take([STATIONS, line(12), line(13, "qf-liuge", position=",")], "observed")
    assert [str(note) for note in done.notes] == [
        "w.csv: new station station-1 at 115.2, 35.9; `nongqing places remove` takes it back"
    ]
    assert take([STATIONS, line(12), line(13, "qf-liuge", position=",")], "observed").notes == ()


def test_a_wrong_position_is_mended_and_right_lines_are_taken_again(take, in_force, registered):
    take([STATIONS, line(12, position="15.2,35.9")], "observed")
    right = [STATIONS, line(13, hour="2016-05-01T10:00Z")]
    refused = take(right, "observed").refused
    assert "a wrong position is mended by `nongqing places move`" in str(refused.first[0])
    with registered:
        places.move(registered, "station-1", (115.2, 35.9), by="Li", reason="typed", at=NOW)
    assert take(right, "observed").new == 1
    assert in_force() == {("station-1", "01 09"): 12.0, ("station-1", "01 10"): 13.0}
    with registered:
        data = weather.observed_dataset(registered, ["air_temperature"], NOW - DAY, NOW)
        assert data["longitude"].values.tolist() == [115.2]
        assert [(c.action, c.longitude, c.changed_by) for c in places.changes(registered)] == [
            ("moved", 115.2, "Li"),
            ("added", 15.2, "import"),
        ]


def test_a_place_that_is_removed_counts_no_longer_and_frees_its_name(take, in_force, registered):
    take([STATIONS, line(12)], "observed")
    take([STATIONS, line(12, hour="2016-05-01T15:00Z")])
    with registered:
        before = risk_state.last_change(registered)
        places.remove(registered, "station-1", by="Li", reason="none such", at=NOW)
        assert risk_state.last_change(registered) == before + 1
        assert places.places(registered) == []
    assert in_force() == in_force(kind="forecast") == {}
    done = take([STATIONS, line(20, position="116.5,36.5")], "observed")
    assert (done.new, done.refused.total) == (1, 0)
    assert in_force() == {("station-1", "01 09"): 20.0}
    with registered, registered.cursor() as cur:
        cur.execute("SELECT count(*) FROM weather_value")
        assert cur.fetchone() == (3,)


def test_moving_a_station_takes_kept_states_back(take, registered):
    take([STATIONS, line(12)], "observed")
    with registered, registered.cursor() as cur:
        before = risk_state.last_change(registered)
        places.move(registered, "station-1", (115.3, 35.9), by="Li", reason="", at=NOW)
        cur.execute("SELECT day, observed FROM hourly_change WHERE number > %s", (before,))
        assert cur.fetchall() == [(date(2016, 5, 1), True)]


def test_a_village_stands_where_the_registry_says(take, registered):
    take([STATIONS, line(12, "qf-liuge", position=",")], "observed")
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE village SET longitude = 115.5 WHERE id = 'qf-liuge'")
        (place,) = places.places(registered)
        assert (place.longitude, place.own) == (115.5, True)
        (station,) = weather.observed_stations(registered, ["air_temperature"])
        assert station.longitude == 115.5


def test_a_refused_line_registers_nothing(take, registered):
    take([STATIONS, "odd,2016-05-01T09:00Z,15.2,35.9,warm"], "observed")
    with registered:
        assert places.places(registered) == []
        (refused,) = ledger.refused(registered)
        assert refused.event == Event(
            "cell_no_number", {"column": "air_temperature", "value": "warm"}
        )
        assert refused.text == "odd,2016-05-01T09:00Z,15.2,35.9,warm"


# Quality --------------------------------------------------------------------------------------

WAVE = np.round(12 + 5 * np.sin(np.arange(240) / 24 * 2 * np.pi) + 0.1 * (np.arange(240) % 7), 1)


def test_a_sensor_that_stands_still_is_kept_and_not_used(take, in_force):
    values = WAVE.copy()
    values[100:130] = values[100]
    done = take([STATIONS, *lines(values)], "observed")
    assert done.new == 240
    assert [str(note) for note in done.notes if "stands" in str(note)] == [
        "w.csv: station-1: air_temperature stands still in 18 hours from 2016-04-05 16:00 UTC on; "
        "they are kept and not used; see to the sensor"
    ]
    found = in_force()
    assert len(found) == 240 - 18
    assert ("station-1", "05 16") not in found


def test_a_value_that_jumps_is_kept_and_not_used(take, in_force):
    values = WAVE.copy()
    values[50] = 45.0
    done = take([STATIONS, *lines(values)], "observed")
    assert [n.event.params["count"] for n in done.notes if n.event.kind == "series_jumps"] == [2]
    assert ("station-1", "03 02") not in in_force()


def test_hours_that_come_one_by_one_stand_still_too(take, in_force):
    shown = []
    for n in range(15):
        done = take([STATIONS, *lines([12.0], start=NOW - (20 - n) * HOUR)], "observed")
        shown += [note.event.kind for note in done.notes]
    assert shown == ["station_new", *["series_stands"] * 3]
    assert len(in_force()) == 12


def test_a_counter_that_comes_hour_by_hour_is_told_when_it_shows(take, in_force):
    head = "place,time,longitude,latitude,precipitation_amount"
    shown = []
    for n in range(60):
        done = take([head, *lines([n // 5 * 1.2], start=NOW - (70 - n) * HOUR)], "observed")
        shown += [(n, note.event.kind) for note in done.notes if note.event.kind != "station_new"]
    assert {kind for _, kind in shown} == {"series_counts"}
    # 5 dry hours, then 24 wet ones that are followed by another
    assert [n for n, _ in shown][0] == 29
    assert len(in_force("precipitation_amount")) == 29


def test_a_forecast_may_stand_still(take, in_force):
    text = [STATIONS, *lines([12.0] * 40, start=NOW)]
    assert [n.event.kind for n in take(text).notes] == ["station_new"]
    assert len(in_force(kind="forecast")) == 40


def test_a_file_that_stands_still_is_refused_as_a_whole(take, in_force):
    with pytest.raises(SheetError) as error:
        take([STATIONS, *lines([16.0] * 240)], "observed")
    assert str(error.value) == (
        "w.csv: air_temperature: 228 of 240 values are in doubt, most because they stand still; "
        "check that the column is what its name says: nothing of the file was taken in"
    )
    assert in_force() == {}


def test_a_wild_station_is_found_by_its_neighbours_in_the_file(take, in_force):
    three = [
        *lines(WAVE, "a", "115.2,35.9"),
        *lines(WAVE + 1, "b", "115.1,35.9"),
        *lines(WAVE + 15, "c", "115.2,35.8"),
    ]
    done = take([STATIONS, *three], "observed")
    assert [str(note) for note in done.notes if note.event.kind == "series_unlike"] == [
        "w.csv: c: air_temperature is unlike all around it in 240 hours from 2016-04-01 00:00 UTC "
        "on; they are kept and not used; see to the sensor, its unit and its position"
    ]
    assert {place for place, _ in in_force()} == {"a", "b"}


def test_a_wild_station_is_found_by_what_is_there_already(take, in_force):
    take([STATIONS, *lines(WAVE, "a"), *lines(WAVE, "b", "115.1,35.9")], "observed")
    with pytest.raises(SheetError, match="240 of 240 values are in doubt, most because they are"):
        take([STATIONS, *lines(WAVE + 15, "c", "115.2,35.8")], "observed")
    half = np.where(np.arange(240) < 40, WAVE + 15, WAVE)
    done = take([STATIONS, *lines(half, "c", "115.2,35.8")], "observed")
    (note,) = [n for n in done.notes if n.event.kind == "series_unlike"]
    assert note.event.params["count"] == 40
    assert len([1 for place, _ in in_force() if place == "c"]) < 200 + 1


def test_a_station_is_compared_with_the_nodes_of_fields(take, registered, bench: Bench):
    take_in(registered, *bench.hours(6))
    with registered:
        reading_log.roll_up(registered)
        measured = readings.hourly_dataset(registered, ["air_temperature"], NOW - DAY, NOW + HOUR)[
            "air_temperature"
        ]
        first = measured.dropna("time", how="all")["time"].values[0]
    start = datetime.fromtimestamp(int(first.astype("datetime64[s]").astype(int)), UTC)
    near = "115.1,35.6"
    done = take([STATIONS, *lines([50.0, 51.0], "wild", near, start)], "observed")
    assert "series_unlike" in [note.event.kind for note in done.notes]
    done = take([STATIONS, *lines([15.0, 16.0], "calm", near, start)], "observed")
    assert "series_unlike" not in [note.event.kind for note in done.notes]


def test_values_that_their_maker_doubts_are_kept_and_not_used(take, in_force, registered):
    document = {
        "timeStart": "2016-05-01T08:00:00Z", "timeEnd": "2016-05-01T09:00:00Z", "interval": 3600,
        "weatherParameters": [1002, 3002], "QC": [8, 1],
        "locationWeatherData": [
            {"longitude": 115.2, "latitude": 35.9, "data": [[15.0, 80], [16.0, 81]]}
        ],
    }  # fmt: skip
    done = take(json.dumps(document), "observed", name="w.json")
    assert done.new == 2
    assert in_force() == {}
    assert len(in_force("relative_humidity")) == 2
    with registered, registered.cursor() as cur:
        cur.execute("SELECT count(*) FROM weather_value WHERE qc & 8 <> 0")
        assert cur.fetchone() == (2,)


# Size -----------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_number_of_refused_lines(take):
    text = "\n".join([STATIONS, *["x" * 200 + ",never,,,1"] * 30_000])
    take([STATIONS, line(1)], "observed")
    gc.collect()
    tracemalloc.start()
    done = take(text, "observed")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert done.refused.total == 30_000
    assert len(done.refused.first) == 1000
    # 30,000 kept lines would be some 30 MB
    assert peak < 10e6


def test_lines_are_counted_over_several_blocks(take, monkeypatch, in_force):
    monkeypatch.setattr(weather, "BLOCK", 7)
    done = take([STATIONS, *lines(WAVE), *lines(WAVE, "b", "115.1,35.9")], "observed")
    assert done.new == 480
    again = take([STATIONS, *lines(WAVE + 0.1)], "observed")
    assert (again.new, again.corrected.total) == (0, 240)
    assert len(in_force()) == 480
