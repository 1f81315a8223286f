"""The commands that speak IPM Decisions, on a real database."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from collector.commands.judging.ipmd import ipmd_group
from collector.store.advice import risk
from collector.store.measured import reading_log
from collector.store.postgres import db
from models.exchange.ipmd_weather import parse_weather
from models.risk.answers import RiskStatus
from tests.collector.conftest import NOW, Parts
from tests.collector.ingest.test_intake import take

if TYPE_CHECKING:
    from tests.collector.conftest import Bench


@pytest.fixture
def run(registered: db.Connection, dsn: str):
    return lambda *words: CliRunner().invoke(ipmd_group, [str(w) for w in words], obj=Parts(dsn))


def test_the_catalogue_is_yaml_and_the_provider_is_checked(run, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text('organization = "Station"\n', "utf-8")
    result = run("catalogue", "--provider", path, "--lang", "zh_CN")
    assert result.exit_code == 0
    document = yaml.safe_load(result.stdout)
    assert document["organization"]["name"] == "Station"
    assert "赤霉病" in result.stdout
    path.write_text('organisation = "Station"\n', "utf-8")
    wrong = run("catalogue", "--provider", path)
    assert wrong.exit_code == 2
    assert 'p.toml: unknown "organisation" (one of id' in wrong.output.replace("\n", "")
    path.write_text("organization = \n", "utf-8")
    assert run("catalogue", "--provider", path).exit_code == 2


def test_a_villages_hours_go_out_with_their_quality_bits(
    run, registered: db.Connection, bench: Bench
) -> None:
    take(registered, *bench.hours(6))
    with registered:
        reading_log.roll_up(registered)
        with registered.cursor() as cur:
            cur.execute("SELECT field FROM node WHERE id = %s", (bench.key.node,))
            ((field,),) = cur.fetchall()
    village = field.rpartition("-")[0]
    result = run("weather", "--village", village, "--from", "2016-05-01")
    assert result.exit_code == 0
    weather = parse_weather(result.stdout)
    assert weather.parameters[:3] == (1002, 3002, 2001)
    assert all(bits & 3 for bits in weather.qc[:2])
    (place,) = weather.locations
    assert np.nanmax(place.data[:, 0]) == pytest.approx(15.02, abs=0.1)
    assert (~np.isnan(place.data[:, 0])).sum() == 6
    empty = run("weather", "--village", village, "--from", "2016-04-01", "--to", "2016-04-02")
    assert empty.exit_code == 1
    assert "nothing was measured in these days" in empty.output


def test_what_was_said_goes_out_as_model_output(run, registered: db.Connection) -> None:
    day = NOW.replace(hour=16)
    rows = [
        RiskStatus(
            site="qf-liuge-1",
            crop="winter_wheat",
            hazard="wheat_fhb",
            time=day - timedelta(days=back),
            status=status,
            score=score,
            certainty=0.6,
            stage_bbch=61.0,
            stage_source="observed",
            drivers={"rh14": 70.0},
            missing=(),
            data_age_h=1.0,
            inputs_hash=f"{score}",
            model_version="1.1",
        )
        for back, status, score in ((3, 3, 0.3), (1, 4, 0.3), (1, 3, 0.29))
    ]
    with registered:
        for row in rows:
            risk.save_statuses(registered, [row], NOW)
    result = run("output", "--field", "qf-liuge-1", "--hazard", "wheat_fhb")
    assert result.exit_code == 0
    output = json.loads(result.stdout)
    (place,) = output["locationResult"]
    assert (output["timeStart"], output["timeEnd"]) == (
        "2016-04-28T00:00:00+08:00",
        "2016-04-30T00:00:00+08:00",
    )
    # the newest of two statuses for a day counts; nothing said is "cannot say"
    assert place["warningStatus"] == [3, 1, 3]
    assert place["data"][2] == [0.29, 70.0]
    assert place["longitude"] == 115.14
    assert output["message"] == "Not validated in Puyang: a draft for an officer."
    assert run("output", "--field", "qf-liuge-2", "--hazard", "wheat_fhb").exit_code == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("weather", "--village", "nowhere"), 'no village "nowhere" in the registry (known: '),
        (("weather", "--village", "qf-liuge", "--from", "May"), '"May" is no day; write it as'),
        (("output", "--field", "x", "--hazard", "wheat_fhb"), 'no field "x" in the registry (kn'),
        (("output", "--field", "x", "--hazard", "y"), 'unknown hazard "y" (one of armyworm_flight'),
    ],
)
def test_used_wrongly(run, words, message):
    result = run(*words)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize("command", ["catalogue", "weather", "output"])
def test_help_has_an_example(run, command):
    assert "Example:" in run(command, "--help").output


def test_a_village_that_nobody_measured_is_told(run, registered):
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE village SET longitude = NULL, latitude = NULL, position = 'unknown'")
    result = run("output", "--field", "qf-liuge-1", "--hazard", "wheat_fhb")
    assert result.exit_code == 2
    assert "qf-liuge: nobody measured where this village lies; give its longitude" in result.output


def test_among_many_villages_only_the_nearest_name_is_told(run, registered):
    with registered, registered.cursor() as cur:
        cur.execute(
            "INSERT INTO village (id, zh, en, county, position) SELECT 'v-' || n, n::text, "
            "n::text, '410922', 'unknown' FROM generate_series(1, 20) n"
        )
    result = run("weather", "--village", "qf-liugee")
    assert 'no village "qf-liugee" among 23 in the registry; did you mean "qf-liuge"?' in (
        result.output
    )
