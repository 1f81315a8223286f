"""The command `import`: files as people have them, through the front door's parts."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import timedelta

import pytest
from click.testing import CliRunner

from collector.commands.import_ import import_
from collector.commands.judging.ipmd import ipmd_group
from collector.files.templates import KINDS
from collector.store.advice import ledger
from collector.store.measured import reading_log, weather
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.words import LANGUAGES
from tests.collector.conftest import NOW, Bench, Parts
from tests.collector.files.test_weather_csv import GOOD, HEAD
from tests.collector.files.test_weather_json import document, location
from tests.collector.ingest.test_intake import take
from tests.conftest import TEMPLATE


@pytest.fixture
def run(parts: Parts):
    return lambda *words: CliRunner().invoke(import_, [str(w) for w in words], obj=parts)


@pytest.fixture
def write(tmp_path):
    def write(*lines: str, name: str = "w.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines), "utf-8")
        return path

    return write


def test_what_was_refused_is_named_and_the_exit_code_is_1(run, write):
    path = write(HEAD, GOOD, GOOD.replace("21:00", "22:00").replace("80", "800"))
    result = run(path, "--kind", "forecast")
    assert result.exit_code == 1
    assert "w.csv:3: relative_humidity 800 % is out of range" in result.output
    assert "w.csv: 2 new, 0 there already, 1 refused" in result.output
    values = json.loads(run(path, "--kind", "forecast", "--json").stdout)
    assert (values["new"], len(values["same"]), len(values["refused"])) == (0, 2, 1)
    assert values["refused"][0]["params"]["quantity"] == "relative_humidity"


def test_a_correction_is_named_and_no_refusal(run, write):
    run(write(HEAD, GOOD), "--kind", "forecast")
    result = run(write(HEAD, GOOD.replace("15.5", "16")), "--kind", "forecast", "--source", "b")
    assert result.exit_code == 0
    assert (
        "w.csv:2: air_temperature 16 of qf-liuge, 2016-05-01 13:00 UTC, is in force now in the "
        "place of 15.5, which file had said (2016-05-01 12:00 UTC)"
    ) in result.stderr
    assert result.stdout.strip() == "w.csv: 0 new, 1 corrected, 0 there already, 0 refused"


def test_json_is_a_forecast_and_exits_0(run, write):
    path = write(document(), name="w.json")
    result = run(path, "--place", "qf-liuge", "--issued", "2016-05-01T18:00+08:00")
    assert result.output.strip() == "w.json: 2 new, 0 there already, 0 refused"
    assert result.exit_code == 0


def test_a_document_is_told_by_its_first_character_too(run, write):
    path = write("", " " + document(), name="weather.txt")
    assert "weather.txt: 2 new" in run(path, "--place", "qf-liuge").output


def test_a_mistyped_place_makes_no_station(run, write, registered: db.Connection):
    path = write(document(), name="w.json")
    result = run(path, "--place", "qf-liugee")
    assert result.exit_code == 2
    assert 'unknown place "qf-liugee"; add --new-place if it is a new station (did you' in (
        result.output.replace("\n", " ")
    )
    new = run(path, "--place", "grid-7", "--new-place")
    assert new.exit_code == 0
    assert "new station grid-7 at 115.14, 36.01" in new.output


def test_a_document_of_paris_is_not_the_villages(run, write):
    paris = document(locationWeatherData=[location(longitude=2.35, latitude=48.86)])
    result = run(write(paris, name="w.json"), "--place", "qf-liuge")
    assert result.exit_code == 2
    assert "10247 km from qf-liuge" in result.output


def test_a_file_of_which_all_is_refused_is_kept_on_record(run, write, registered: db.Connection):
    path = write(
        "place,time,air_temperature", *[f"qf-liuge,2016-04-30T{n:02}:00Z,288" for n in range(24)]
    )
    result = run(path, "--kind", "observed")
    assert result.exit_code == 2
    assert "they look like kelvin" in result.output
    with registered:
        (refused,) = ledger.refused(registered)
    assert (refused.origin, refused.event.kind) == ("w.csv", "column_impossible")
    assert refused.event.params["cause"] == "kelvin"


def test_used_wrongly(run, write):
    path = write(HEAD, GOOD)
    asked = run(path)
    assert asked.exit_code == 2
    assert "w.csv holds weather: say --kind forecast or --kind observed" in asked.output
    odd = run(path, "--kind", "forecast", "--issued", "2016-05-01")
    assert odd.exit_code == 2
    assert '"2016-05-01" is no time with zone' in odd.output
    assert "give a FILE, or --template KIND" in run().output
    path.write_bytes(HEAD.encode() + b"\xff")
    assert "w.csv:1: not UTF-8" in run(path).output
    path.write_bytes(b"")
    assert "w.csv:1: empty; the first line names the columns" in run(path).output


def test_one_bad_byte_costs_its_line(run, write):
    path = write(HEAD, GOOD)
    with path.open("ab") as file:
        file.write(b"\n\xff," + GOOD.encode() + b"\n" + GOOD.replace("21:", "22:").encode())
    result = run(path, "--kind", "forecast")
    assert result.exit_code == 1
    assert "w.csv:3: not UTF-8; save the file again" in result.output
    assert "w.csv: 2 new, 0 there already, 1 refused" in result.output


def test_a_file_name_of_other_bytes_is_shown_and_kept(run, write, registered: db.Connection):
    path = write(HEAD, GOOD, "x")
    odd = path.with_name(os.fsdecode(b"w\xff.csv"))
    path.rename(odd)
    result = run(odd, "--kind", "forecast")
    assert result.exit_code == 1, result.output
    assert "w\\xff.csv: 1 new, 0 there already, 1 refused" in result.output
    with registered:
        assert ledger.refused(registered)[0].origin == "w\\xff.csv:3"


def test_many_refusals_are_counted(run, write):
    path = write(HEAD, *["x"] * 25)
    output = run(path, "--kind", "observed").output
    assert output.count("1 cells under 7 columns") == 20
    assert "and 5 more; --json names them all" in output
    path = write(HEAD, *["x"] * 1200)
    assert "and 1180 more; --json names the first 1000" in run(path, "--kind", "observed").output


def test_scouting_reports_are_told_by_their_first_line(run, write):
    path = write("field,hazard,date,found", "qf-liuge-1,wheat_fhb,2016-04-20,no", name="s.csv")
    assert "s.csv: 1 new" in run(path).output
    assert "Examples:" in run("--help").output


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_template_is_taken_in_as_it_is(parts, tmp_path, kind, language):
    run = lambda *words: CliRunner().invoke(import_, [str(w) for w in words], obj=parts)  # noqa: E731
    printed = run("--template", kind, "--lang", language)
    assert printed.exit_code == 0
    header, example = csv.reader(io.StringIO(printed.stdout.removeprefix("\ufeff")))
    assert len(header) == len(example)
    path = tmp_path / "t.csv"
    path.write_text(printed.stdout, "utf-8")
    parts.moment = NOW + timedelta(days=20)
    words = () if kind == "scouting" else ("--kind", kind)
    result = run(path, *words)
    assert "t.csv: 1 new, 0 there already, 0 refused" in result.output, result.output
    # the wind of the example stands on a mast of 10 m
    assert "taken as measured at 2 m" not in result.output


def test_our_own_weather_goes_out_and_comes_in_again(
    parts: Parts, postgres, registered: db.Connection, bench: Bench, tmp_path, configs
):
    take(registered, *bench.hours(6))
    with registered:
        reading_log.roll_up(registered)
        with registered.cursor() as cur:
            cur.execute("SELECT field FROM node WHERE id = %s", (bench.key.node,))
            ((field,),) = cur.fetchall()
            # in every hour a sample was left out
            cur.execute("UPDATE reading_hourly SET qc = qc | 128 | 64 | 8")
    village = field.rpartition("-")[0]
    words = ["weather", "--village", village, "--from", "2016-05-01"]
    out = CliRunner().invoke(ipmd_group, words, obj=parts)
    assert out.exit_code == 0
    assert set(json.loads(out.stdout)["QC"]) <= {0, 1, 2, 3}
    path = tmp_path / "village.json"
    path.write_text(out.stdout, "utf-8")
    elsewhere = postgres.create(TEMPLATE)
    other = db.connect(elsewhere)
    with other:
        registry.import_configs(other, configs, NOW - timedelta(days=1))
    result = CliRunner().invoke(
        import_, [str(path), "--kind", "observed", "--source", "us"], obj=Parts(elsewhere)
    )
    assert result.exit_code == 0, result.output
    with other:
        data = weather.observed_dataset(
            other, ["air_temperature", "relative_humidity"], NOW - timedelta(days=1), NOW
        )
    given = json.loads(out.stdout)
    column = given["weatherParameters"].index(1002)
    sent = [row[column] for row in given["locationWeatherData"][0]["data"]]
    kept = data["air_temperature"].values[:, 0]
    assert [v for v in sent if v is not None] == [v for v in kept.tolist() if v == v]
    assert sum(v is not None for v in sent) == 6
    other.close()
