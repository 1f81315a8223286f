"""A season through the job on a real database, and the same season in one batch: the same bits."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from collector.commands.judging.backtest import backtest, read_season
from collector.jobs.context import Context
from collector.jobs.judging import risk as risk_job
from collector.jobs.upkeep import roll_up
from collector.store.advice import risk
from collector.store.measured import reading_log
from firmware.wire.quantities import by_name
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.replay import replay
from models.weather.dataset import dataset
from models.weather.local_days import midnight

if TYPE_CHECKING:
    from collector.store.postgres import db
    from collector.store.postgres.db import Pool

SOWN, LAST = date(2016, 6, 12), date(2016, 9, 25)
FIELD = "qf-liuge-1"
QUANTITIES = ("air_temperature", "precipitation_amount", "relative_humidity")
DAY = timedelta(days=1)


def summer(hours: int) -> dict[str, np.ndarray]:
    """A summer of warm days, damp nights and showers, with an hour and a day missing."""
    rng = np.random.default_rng(20160612)
    clock = np.arange(hours) % 24
    warm = 24 + 6 * np.sin((clock - 9) / 24 * 2 * np.pi) + rng.normal(0, 1.7, hours)
    damp = np.clip(82 - 3 * (warm - 24) + rng.normal(0, 7, hours), 20, 100)
    rain = np.where(rng.random(hours) < 0.06, rng.gamma(0.7, 4, hours), 0.0)
    made = dict(zip(QUANTITIES, (warm, rain, damp), strict=True))
    for values in made.values():
        values[hours // 2 + 7] = np.nan
        values[2 * hours // 3 : 2 * hours // 3 + 24] = np.nan
    return made


@pytest.fixture
def maize(registered: db.Connection) -> db.Connection:
    """The registry with one crop in it: summer maize in one field."""
    with registered, registered.cursor() as cur:
        cur.execute("DELETE FROM stage_observation")
        cur.execute("DELETE FROM season")
        cur.execute(
            "INSERT INTO season (field, crop, sown) VALUES (%s, 'summer_maize', %s)", (FIELD, SOWN)
        )
    return registered


def put(conn: db.Connection, times: list[datetime], values: dict[str, np.ndarray]) -> None:
    """Readings of the field's own series, one for each hour."""
    with conn, conn.cursor() as cur:
        cur.execute(
            "SELECT p.quantity, s.id FROM series s JOIN placement p ON p.id = s.placement "
            "WHERE p.field = %s",
            (FIELD,),
        )
        series = dict(cur.fetchall())
        # a sum is read at the end of what it sums up
        late = {name: 3600 * (by_name(name).method == "sum") for name in values}
        rows = [
            (series[name], int(time.timestamp()) + late[name], value, 0, 0, 3600)
            for name in sorted(values, key=series.get)
            for time, value in zip(times, values[name], strict=True)
            if not math.isnan(value)
        ]
        named = np.zeros(len(rows), reading_log.READING)
        order = ("series", "time", "value", "qc", "frame", "step")
        for i, name in enumerate(order):
            named[name] = [row[i] for row in rows]
        reading_log.insert_readings(conn, named, times[-1])


def bits(status: RiskStatus) -> dict[str, object]:
    """Everything that is said, floats as their bits; the data's age depends on when one asks."""
    said = {}
    for each in fields(RiskStatus):
        value = getattr(status, each.name)
        if each.name == "drivers":
            value = {k: float(v).hex() for k, v in sorted(value.items())}
        elif isinstance(value, float):
            value = value.hex()
        if each.name not in ("data_age_h", "validated", "issued"):
            said[each.name] = value
    return said


def test_a_season_through_the_job_is_the_batch_bit_for_bit(
    maize: db.Connection, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hazards = {k: h for k, h in catalogue().items() if "summer_maize" in h.crops}
    # the others have no crop here and would only take time
    monkeypatch.setattr(risk_job, "catalogue", lambda: hazards)
    with maize:
        begins = risk_job.first_days(risk_job.current_seasons(maize), midnight(LAST))
    first = midnight(begins[FIELD])
    hours = int((midnight(LAST) - first).total_seconds()) // 3600
    times = [first + timedelta(hours=h) for h in range(hours)]
    values = summer(hours)
    data = dataset(times, [FIELD], {name: v[:, None] for name, v in values.items()})
    with maize:
        seasons = risk_job.current_seasons(maize)
    batch = {s[0].time: s for s in replay(data, seasons, tuple(hazards.values()), first=SOWN) if s}
    start = 0
    days = [SOWN + n * DAY for n in range((LAST - SOWN).days)]
    compared = set()
    for day in days:
        end = midnight(day + DAY)
        stop = times.index(end) if end in times else len(times)
        put(maize, times[start:stop], {name: v[start:stop] for name, v in values.items()})
        start = stop
        context = Context(pool, end + timedelta(minutes=10))
        roll_up(context)
        risk_job.assess_risk(context)
        with maize:
            found = risk.latest_statuses(maize, context.now)
            job = {s.hazard: bits(s) for s in found if s.site == FIELD}
        assert job == {s.hazard: bits(s) for s in batch[end]}
        compared |= {(s.hazard, s.status) for s in batch[end]}
    assert len({status for _, status in compared}) >= 4
    assert len(days) > 100


# The command ----------------------------------------------------------------------------------


@pytest.fixture
def season_csv(tmp_path):
    path = tmp_path / "season.csv"
    first = datetime(2016, 4, 1, tzinfo=UTC)
    lines = ["place,time,air_temperature,relative_humidity,precipitation_amount"]
    for hour in range(45 * 24):
        lines.append(f"here,{(first + timedelta(hours=hour)).isoformat()},16,88,0")
    lines[30] = "here,2016-04-02T05:00Z,16,880,0"
    path.write_text("\n".join(lines), "utf-8")
    return path


def run(path, *words):
    args = ["--weather", path, "--crop", "winter_wheat", "--sown", "2015-10-08", *words]
    return CliRunner().invoke(backtest, [str(a) for a in args])


def test_the_command_prints_what_would_have_been_said(season_csv):
    words = ("--stage", "2016-05-06=61", "--resistance", "VS", "--hazard", "wheat_fhb")
    result = run(season_csv, *words, "--from", "2016-05-05", "--to", "2016-05-07")
    assert result.exit_code == 0
    assert "season.csv:31: relative_humidity 880 % is out of range" in result.output
    lines = [line for line in result.output.splitlines() if line.startswith("2016-")]
    # RH14 of 88 %: logit -3.6432643 + 0.051459669 * 88 = 0.88519, probability 0.7079
    assert [line.split()[:5] for line in lines] == [
        [f"2016-05-0{day}", "here", "wheat_fhb", "high", "0.7079"] for day in (5, 6, 7)
    ]
    answers = json.loads(
        run(season_csv, *words, "--from", "2016-05-07", "--json").stdout.split("\n")[0]
    )
    assert answers[0]["status"] == "high"
    assert answers[0]["time"] == "2016-05-07T16:00:00+00:00"


def test_a_season_out_of_season_exits_1(season_csv):
    result = run(season_csv, "--hazard", "wheat_dry_hot_wind", "--to", "2016-04-10")
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--hazard", "wheat_fbh"), 'unknown "wheat_fbh" (one of armyworm_flight, '),
        (("--stage", "2016-05-06"), '"2016-05-06" is no stage; write the day and its BBCH code'),
        (("--from", "May"), '"May" is no day; write it as 2016-05-08'),
    ],
)
def test_used_wrongly(season_csv, words, message):
    result = run(season_csv, *words)
    assert result.exit_code == 2
    assert message in result.output


def test_a_file_without_hours_is_used_wrongly(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("place,time,air_temperature\nx,never,1\n", "utf-8")
    result = run(path)
    assert result.exit_code == 2
    assert "s.csv: no hour in it" in result.output
    assert 's.csv:2: time "never" is no time' in result.output
    path.write_bytes(b"place,time\xff")
    assert "s.csv:1: not UTF-8" in run(path).output


def test_positions_may_stand_in_the_file(season_csv):
    words = ("--stage", "2016-05-06=61", "--resistance", "VS", "--hazard", "wheat_fhb")
    plain = run(season_csv, *words, "--from", "2016-05-05", "--to", "2016-05-07")
    lines = season_csv.read_text("utf-8").splitlines()
    lines[0] = lines[0].replace("time", "time,longitude,latitude", 1)
    lines[1:] = [line.replace(",", ",,", 1).replace(",,", ",", 1) for line in lines[1:]]
    lines[1:] = [
        ",".join((*line.split(",")[:2], "115.1", "35.8", *line.split(",")[2:]))
        for line in lines[1:]
    ]
    season_csv.write_text("\n".join(lines), "utf-8")
    placed = run(season_csv, *words, "--from", "2016-05-05", "--to", "2016-05-07")
    assert placed.exit_code == 0
    assert placed.stdout == plain.stdout


def test_an_hour_told_twice_and_unequal_is_missing_as_documented(season_csv):
    data, _, refusals = read_season(season_csv, date(2015, 10, 8))
    before = data["air_temperature"].values[:3, 0].tolist()
    with season_csv.open("a", encoding="utf-8") as file:
        file.write("\nhere,2016-04-01T00:00Z,16,88,0\nhere,2016-04-01T01:00Z,17,88,0\n")
    data, table, refusals = read_season(season_csv, date(2015, 10, 8))
    assert before == [16.0, 16.0, 16.0]
    assert np.isnan(data["air_temperature"].values[:3, 0]).tolist() == [False, True, False]
    assert data["relative_humidity"].values[:3, 0].tolist() == [88.0, 88.0, 88.0]
    assert table.repeats == [1082]
    assert [r.event.kind for r in refusals].count("hour_contradicts") == 2


def test_a_rain_counter_is_no_season_of_floods(season_csv):
    lines = season_csv.read_text("utf-8").splitlines()
    counted = [f"{line.rpartition(',')[0]},{n // 4 * 0.6:.1f}" for n, line in enumerate(lines[1:])]
    season_csv.write_text("\n".join((lines[0], *counted)), "utf-8")
    result = run(season_csv)
    assert result.exit_code == 2
    assert "it is a counter, not the rain of each hour" in result.output
    season_csv.write_text(
        "\n".join((lines[0].replace("amount", "amount (counter)"), *counted)), "utf-8"
    )
    data, _, _ = read_season(season_csv, date(2015, 10, 8))
    assert np.nansum(data["precipitation_amount"].values) == pytest.approx(1079 // 4 * 0.6, abs=0.7)


@pytest.mark.parametrize(
    ("hour", "message"),
    [
        ("2106-05-01T00:00Z", "lies outside 1950 to 2099"),
        ("2026-05-01T00:00Z", "is not of this season (2014-09-02 16:00 UTC to 2017-12-15 16:00"),
        ("0001-05-01T00:00+08:00", "lies outside 1950 to 2099"),
        ("9999-12-31T23:00-08:00", "lies outside 1950 to 2099"),
    ],
)
def test_a_year_that_was_mistyped_costs_its_line(season_csv, hour, message):
    with season_csv.open("a", encoding="utf-8") as file:
        file.write(f"\nhere,{hour},16,88,0\n")
    data, _, refusals = read_season(season_csv, date(2015, 10, 8))
    assert data.sizes["time"] == 45 * 24
    assert any(message in str(refused) for refused in refusals)


@pytest.mark.parametrize("word", ["maise", "玉"])
def test_an_unknown_crop_before_is_refused_and_lowers_no_risk(season_csv, word):
    result = run(season_csv, "--previous-crop", word)
    assert result.exit_code == 2
    assert f'unknown "{word}" (one of' in result.output.replace("\n", " ")


def test_crops_and_hazards_may_be_named_in_chinese(season_csv):
    words = ("--stage", "2016-05-06=61", "--resistance", "VS", "--from", "2016-05-07")
    english = run(season_csv, *words, "--hazard", "wheat_fhb", "--previous-crop", "summer_maize")
    chinese = run(season_csv, *words, "--hazard", "小麦赤霉病", "--previous-crop", "夏玉米")
    assert english.exit_code == chinese.exit_code == 0
    assert chinese.stdout == english.stdout
    assert run(season_csv, "--crop", "冬小麦", "--previous-crop", "fallow").exit_code in (0, 1)
