"""Weather from files: what is taken in, and what each broken line is told."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from click.testing import CliRunner

from collector.commands.import_ import import_
from collector.files import weather as forecast
from collector.files.weather import Given, WeatherFileError, import_weather, parse_csv, parse_json
from collector.store import db, ledger, weather
from tests.collector.conftest import NOW

HEAD = "place,time,issued,longitude,latitude,air_temperature,relative_humidity"
KNOWN = {"qf-liuge": (115.14, 36.01)}
FORECAST = Given("forecast", "test", NOW)
GOOD = "qf-liuge,2016-05-01T21:00+08:00,2016-05-01T08:00Z,,,15.5,80"


def refusals(*lines: str, given: Given = FORECAST, head: str = HEAD) -> list[str]:
    return [str(r) for r in parse_csv("\n".join((head, *lines)), "w.csv", given, KNOWN).refused]


def test_a_line_becomes_values_in_utc():
    parsed = parse_csv(f"{HEAD}\n\n{GOOD}", "w.csv", FORECAST, KNOWN)
    first, second = parsed.values
    assert (first.place, first.quantity, first.value) == ("qf-liuge", "air_temperature", 15.5)
    assert (second.quantity, second.value, second.line) == ("relative_humidity", 80.0, 3)
    assert first.time == datetime(2016, 5, 1, 13, tzinfo=UTC)
    assert first.issued == datetime(2016, 5, 1, 8, tzinfo=UTC)
    assert parsed.refused == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("qf-liuge,2016-05-01T21:00,,,,1,2", 'time "2016-05-01T21:00" has no time zone'),
        ("qf-liuge,yesterday,,,,1,2", 'time "yesterday" is no time; write 2016-05-01T08:00'),
        ("qf-liuge,2016-05-01T21:30Z,,,,1,2", "is not the start of an hour"),
        ("qf-liuge,2016-05-01T21:00Z,2016-05-02T00:00Z,,,1,2", "lies in the future (now 2016"),
        ("qf-liuge,1970-01-01T00:00Z,,,,1,2", "lies outside what a forecast issued 2016-05-01"),
        ("qf-liuge,2016-06-01T00:00Z,,,,1,2", "lies outside what a forecast issued 2016-05-01"),
        ("qf-liugee,2016-05-01T21:00Z,,,,1,2", 'unknown place "qf-liugee" (did you mean "qf-liu'),
        (",2016-05-01T21:00Z,,,,1,2", "no place; give a village's id"),
        ("p,2016-05-01T21:00Z,,200,36,1,2", "longitude 200, latitude 36: no place on Earth"),
        ("qf-liuge,2016-05-01T21:00Z,,116,36,1,2", "a station that moved gets a new name"),
        ("qf-liuge,2016-05-01T21:00Z,,,,warm,2", 'air_temperature "warm" is no number'),
        ("qf-liuge,2016-05-01T21:00Z,,,,nan,2", 'air_temperature "nan" is no number'),
        ("qf-liuge,2016-05-01T21:00Z,,,,288,2", "air_temperature 288 degC is out of range (-40 to"),
        ("qf-liuge,2016-05-01T21:00Z,,,,,", "no value in it"),
        ("qf-liuge,2016-05-01T21:00Z,,,,1,5,2", "8 cells under 7 columns; give a dot as"),
        ('qf-liuge,"2016-05-01T21:00Z,,,,1,2', "not CSV"),
    ],
)
def test_a_broken_line_is_named_and_the_rest_goes_on(line, message):
    (refused,) = refusals(GOOD, line, GOOD)
    assert refused.startswith("w.csv:3: ")
    assert message in refused


def test_the_future_cannot_have_been_observed():
    given = Given("observed", "test", NOW)
    line = f"qf-liuge,{NOW:%Y-%m-%dT%H:%M}Z,,,,1,2"
    (refused,) = refusals(line, given=given)
    assert "is not over yet" in refused
    assert "--kind forecast" in refused
    assert refusals("qf-liuge,2016-05-01T11:00Z,,,,1,2", given=given) == []


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("place,air_temperature", "w.csv:1: no column time; the first line names the columns"),
        ("place,time,air_temperatur", 'unknown quantity "air_temperatur" (did you mean "air_temp'),
        ("place,time,time,air_temperature", 'column "time" comes twice'),
        ("place,time", "no quantity; add a column such as air_temperature"),
        ("", "no column place, time"),
    ],
)
def test_a_file_with_a_wrong_first_line_is_refused(head, message):
    with pytest.raises(WeatherFileError, match=r"w\.csv:1: ") as error:
        parse_csv(head, "w.csv", FORECAST, KNOWN)
    assert message in str(error.value)


def document(**changes) -> str:
    place = {"longitude": 115.14, "latitude": 36.01, "data": [[15.0, 80.0], [None, 400.0]]}
    whole = {
        "timeStart": "2016-05-01T12:00:00Z",
        "timeEnd": "2016-05-01T13:00:00Z",
        "interval": 3600,
        "weatherParameters": [1002, 3002],
        "QC": [3, -1],
        "locationWeatherData": [place],
    }
    return json.dumps(whole | changes)


def test_json_hours_become_values_and_broken_ones_are_named():
    given = Given("forecast", "test", NOW, place="qf-liuge")
    parsed = parse_json(document(), "w.json", given, KNOWN)
    assert [(v.quantity, v.value, v.qc) for v in parsed.values] == [
        ("air_temperature", 15.0, 3),
        ("relative_humidity", 80.0, 0),
    ]
    (refused,) = map(str, parsed.refused)
    assert refused.startswith("w.json: locationWeatherData[0].data[1][1]: relative_humidity 400")


def test_json_places_are_named_by_position_and_unknown_parameters_left_out():
    text = document(weatherParameters=[1002, 1901])
    parsed = parse_json(text, "w.json", FORECAST, {})
    assert {v.place for v in parsed.values} == {"115.1400,36.0100"}
    (refused,) = map(str, parsed.refused)
    assert refused == (
        "w.json: weatherParameters: parameter 1901 has no quantity in the vocabulary; "
        "it is left out"
    )
    late = Given("forecast", "test", NOW - timedelta(days=40))
    assert all(
        "tells (from 1 d" in str(r) for r in parse_json(document(), "w.json", late, {}).refused
    )


def test_one_name_cannot_stand_for_two_places():
    two = json.loads(document())["locationWeatherData"] * 2
    given = Given("forecast", "test", NOW, place="p")
    with pytest.raises(WeatherFileError, match="2 places in it, so --place can name none"):
        parse_json(document(locationWeatherData=two), "w.json", given, {})
    with pytest.raises(WeatherFileError, match=r"w\.json: line 1: not JSON"):
        parse_json("{", "w.json", given, {})
    moved = {"115.1400,36.0100": (1.0, 2.0)}
    with pytest.raises(WeatherFileError, match=r"locationWeatherData\[0\]: .* stands elsewhere"):
        parse_json(document(), "w.json", FORECAST, moved)


# On a real database ---------------------------------------------------------------------------


@pytest.fixture
def take(registered: db.Connection, tmp_path):
    def take(*lines: str, given: Given = FORECAST, head: str = HEAD):
        path = tmp_path / "w.csv"
        path.write_text("\n".join((head, *lines)), "utf-8")
        with registered:
            return import_weather(registered, path, given)

    return take


def test_values_are_kept_once_and_contradictions_refused(take, registered):
    assert take(GOOD, GOOD).new == 1
    again = take(GOOD, GOOD.replace("15.5", "16"), GOOD.replace("08:00Z", "09:00Z"))
    assert (again.new, len(again.same)) == (1, 1)
    (refused,) = map(str, again.refused)
    assert refused == (
        "w.csv:3: air_temperature 16 contradicts 15.5, which is there for the same place and hour "
        "and stays; mend one, or import it under another --source"
    )
    with registered:
        assert len(ledger.refused(registered)) == 1
        assert weather.places(registered) == {"qf-liuge": (115.14, 36.01)}


def test_a_line_that_contradicts_is_left_out_as_a_whole(take, registered):
    take(GOOD.replace(",80", ","))
    done = take(GOOD.replace("15.5", "16"))
    assert (done.new, len(done.refused)) == (0, 1)
    with registered:
        found = weather.forecast_dataset(
            registered, ["relative_humidity"], NOW, NOW + timedelta(days=1), NOW
        )
    assert found is None


def test_two_lines_of_a_file_that_contradict_each_other(take):
    done = take(GOOD, GOOD.replace(",80", ",81"))
    assert done.new == 1
    assert "relative_humidity 81 contradicts 80" in str(done.refused[0])


def test_the_newest_forecast_known_at_a_time_counts(take, registered):
    names = ["air_temperature"]
    newer = GOOD.replace("08:00Z", "11:00Z").replace("15.5", "17")
    take(GOOD, newer, GOOD.replace("21:00", "22:00"))
    start, end = NOW, NOW + timedelta(days=1)
    with registered:
        found = weather.forecast_dataset(registered, names, start, end, NOW)
        assert found is not None
        np.testing.assert_array_equal(found["air_temperature"].values, [[17.0], [15.5]])
        assert found["issued"].values[0] == np.datetime64("2016-05-01T08:00")
        before = weather.forecast_dataset(
            registered, names, start, end, datetime(2016, 5, 1, 10, tzinfo=UTC)
        )
        assert before is not None
        assert before["air_temperature"].values[0, 0] == 15.5
        stale = NOW + timedelta(days=3)
        assert weather.forecast_dataset(registered, names, start, end, stale) is None


def test_an_observation_exists_once(take, registered):
    given = Given("observed", "cma", NOW)
    line = "station-1,2016-05-01T09:00Z,,115.2,35.9,15,70"
    assert take(line, given=given).new == 1
    assert len(take(line, given=Given("observed", "cma", NOW + timedelta(days=1))).same) == 1
    with registered:
        found = weather.observed_dataset(
            registered, ["relative_humidity"], NOW - timedelta(days=1), NOW
        )
    assert found is not None
    assert found["relative_humidity"].values.tolist() == [[70.0]]
    assert found["longitude"].values.tolist() == [115.2]


# The command ----------------------------------------------------------------------------------


class Parts:
    def __init__(self, dsn):
        self.dsn = dsn

    def clock(self):
        class Clock:
            def now(self):
                return NOW

        return Clock()

    @contextmanager
    def store(self):
        pool = db.Pool(self.dsn)
        yield pool
        pool.close()


@pytest.fixture
def run(registered: db.Connection, dsn: str):
    return lambda *words: CliRunner().invoke(import_, [str(w) for w in words], obj=Parts(dsn))


def test_the_command_names_what_it_refused_and_exits_1(run, tmp_path):
    path = tmp_path / "w.csv"
    path.write_text("\n".join((HEAD, GOOD, GOOD.replace("80", "800"))), "utf-8")
    result = run(path, "--kind", "forecast")
    assert result.exit_code == 1
    assert "w.csv:3: relative_humidity 800 % is out of range" in result.output
    assert "w.csv: 1 new, 0 there already, 1 refused" in result.output
    values = json.loads(run(path, "--kind", "forecast", "--json").stdout)
    assert (values["new"], len(values["same"]), len(values["refused"])) == (0, 1, 1)


def test_the_command_takes_json_and_exits_0(run, tmp_path):
    path = tmp_path / "w.json"
    path.write_text(document().replace("400.0", "40.0"), "utf-8")
    result = run(path, "--place", "qf-liuge", "--issued", "2016-05-01T18:00+08:00")
    assert result.output.strip() == "w.json: 2 new, 0 there already, 0 refused"
    assert result.exit_code == 0


def test_the_command_used_wrongly(run, tmp_path):
    path = tmp_path / "w.csv"
    path.write_text(f"{HEAD}\n{GOOD}", "utf-8")
    asked = run(path)
    assert asked.exit_code == 2
    assert "w.csv holds weather: say --kind forecast or --kind observed" in asked.output
    odd = run(path, "--kind", "forecast", "--issued", "2016-05-01")
    assert odd.exit_code == 2
    assert '"2016-05-01" is no time with zone' in odd.output
    path.write_bytes(HEAD.encode() + b"\n\xff")
    broken = run(path, "--kind", "forecast")
    assert broken.exit_code == 2
    assert "w.csv:2: not UTF-8" in broken.output


def test_many_refusals_are_counted(run, tmp_path):
    path = tmp_path / "w.csv"
    path.write_text("\n".join((HEAD, *["x"] * 25)), "utf-8")
    output = run(path, "--kind", "observed").output
    assert "and 5 more; --json names them all" in output
    assert timedelta(days=16) == forecast.LONGEST


def test_scouting_reports_are_told_by_their_first_line(run, tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("field,hazard,date,found\nqf-liuge-1,wheat_fhb,2016-04-20,no\n", "utf-8")
    assert "s.csv: 1 new" in run(path).output
    assert "Examples:" in run("--help").output
