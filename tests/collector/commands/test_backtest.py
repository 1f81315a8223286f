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

from collector.commands.backtest import backtest
from collector.jobs import risk as risk_job
from collector.jobs.context import Context
from collector.jobs.upkeep import roll_up
from collector.store import reading_log, risk
from firmware.wire.quantities import by_name
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.replay import replay
from models.weather.dataset import dataset
from models.weather.local_days import midnight

if TYPE_CHECKING:
    from collector.store import db
    from collector.store.db import Pool

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
            job = {s.hazard: bits(s) for s in risk.latest_statuses(maize) if s.site == FIELD}
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
        (("--hazard", "wheat_fbh"), 'unknown "wheat_fbh" (one of cucumber_downy_mildew,'),
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
    path.write_bytes(b"place,time\xff")
    assert "s.csv:1: not UTF-8" in run(path).output
