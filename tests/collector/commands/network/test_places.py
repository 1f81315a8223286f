"""The commands `places`: a station at a wrong position has a way back."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from collector.commands.import_ import import_
from collector.commands.network.places import places_group
from tests.collector.conftest import Parts

HEAD = "place,time,longitude,latitude,air_temperature"


@pytest.fixture
def run(parts: Parts):
    return lambda *words: CliRunner().invoke(places_group, [str(w) for w in words], obj=parts)


@pytest.fixture
def take(parts: Parts, tmp_path):
    def take(*lines):
        path = tmp_path / "w.csv"
        path.write_text("\n".join((HEAD, *lines)), "utf-8")
        words = [str(path), "--kind", "observed"]
        return CliRunner().invoke(import_, words, obj=parts)

    return take


def test_none_and_some(run, take):
    assert run("list").exit_code == 1
    take("station-1,2016-05-01T09:00Z,15.2,35.9,12", "qf-liuge,2016-05-01T09:00Z,,,13")
    result = run("list")
    assert result.exit_code == 0
    assert [line.split() for line in result.output.splitlines()] == [
        ["qf-liuge", "115.1400", "36.0100", "registry"],
        ["observed", "1", "values,", "2016-05-01", "09:00", "to", "2016-05-01", "09:00", "UTC"],
        ["station-1", "15.2000", "35.9000", "station"],
        ["observed", "1", "values,", "2016-05-01", "09:00", "to", "2016-05-01", "09:00", "UTC"],
    ]


def test_a_wrong_position_is_mended_with_who_and_why(run, take):
    take("station-1,2016-05-01T09:00Z,15.2,35.9,12")
    right = "station-1,2016-05-01T10:00Z,115.2,35.9,12"
    assert "a wrong position is mended by `nongqing places move`" in take(right).output
    moved = run("move", "station-1", "--longitude", 115.2, "--latitude", 35.9, "--by", "Li",
                "--reason", "a digit was lost")  # fmt: skip
    assert moved.output.strip() == "station-1: moved from 15.2, 35.9 to 115.2, 35.9"
    assert "w.csv: 1 new, 0 there already, 0 refused" in take(right).output
    values = json.loads(run("list", "--changes", "--json").output)
    assert [(c["action"], c["changed_by"], c["reason"]) for c in values["changes"]] == [
        ("moved", "Li", "a digit was lost"),
        ("added", "import", "w.csv"),
    ]
    assert "station-1: moved (115.2000, 35.9000) by Li: a digit was lost" in (
        run("list", "--changes").output
    )


def test_a_mistyped_station_is_removed_and_its_name_is_free(run, take):
    take("statoin-1,2016-05-01T09:00Z,115.2,35.9,12")
    assert run("remove", "statoin-1").output.startswith("statoin-1: removed; what it measured is")
    assert run("list").exit_code == 1
    assert "new station statoin-1 at 116, 36" in take("statoin-1,2016-05-01T09:00Z,116,36,9").output


@pytest.mark.parametrize("command", [("remove",), ("move", "--longitude", 1, "--latitude", 1)])
def test_what_is_no_station(run, take, command):
    take("qf-liuge,2016-05-01T09:00Z,,,13")
    unknown = run(*command, "nowhere")
    assert unknown.exit_code == 1
    assert "nowhere: no weather was given for such a place; see `nongqing places list`" in (
        unknown.output
    )
    village = run(*command, "qf-liuge")
    assert village.exit_code == 2
    assert "qf-liuge is a village or field: mend its position in field_configs/sites/" in (
        village.output
    )


def test_the_front_door_has_them():
    import nongqing

    result = CliRunner().invoke(nongqing.main, ["places", "list", "--help"])
    assert result.exit_code == 0


@pytest.mark.parametrize("command", [(), ("list",), ("move",), ("remove",)])
def test_help_has_an_example(run, command):
    assert "Example:" in run(*command, "--help").output
