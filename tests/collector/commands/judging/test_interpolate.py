"""Stations of an installation left out in turn, on a real database."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from collector.commands.judging.interpolate import interpolate_command
from collector.jobs.context import Context
from collector.jobs.judging import neighbours
from collector.jobs.judging.risk import assess_risk
from collector.store import settings_table
from collector.store.postgres import db
from tests.collector.conftest import NOW, Parts
from tests.collector.jobs.judging.test_neighbours import HOURS, NEAR, measure, observed, village

__all__ = ["village"]


@pytest.fixture
def run(village: db.Connection, dsn: str):
    return lambda *words: CliRunner().invoke(interpolate_command, list(words), obj=Parts(dsn))


def test_stations_are_left_out_and_fields_listed(run, village, pool):
    measure(village, NEAR)
    observed(village, "station", (115.10, 35.93), 21.0)
    assess_risk(Context(pool, NOW))
    result = run("--days", "20")
    assert result.exit_code == 0
    assert "station                air_temperature" in result.output
    assert "bare-1: air_temperature: interpolated ± " in result.output
    values = json.loads(run("--json").stdout)
    rows = {row["station"]: row for row in values["left_out"]["air_temperature"]}
    assert rows["qf-liuge-1"]["hours"] == HOURS
    assert rows["qf-liuge-1"]["bias"] > 0
    assert values["range_km"] == 30.0
    # the second field of the village has sensors that never reported: it is no neighbour
    assert rows["qf-liuge-1"]["nearest_km"] > 5


def test_fewer_than_two_stations_is_no_answer(run, village):
    result = run()
    assert result.exit_code == 1
    assert "fewer than two stations within 30 km of each other" in result.output
    with village:
        settings_table.put(village, neighbours.RANGE_KEY, "0", NOW)
    wrong = run()
    assert wrong.exit_code == 1
    assert 'interpolation.range_km is "0"; set it to a distance in km' in wrong.output
    assert "Example:" in run("--help").output
