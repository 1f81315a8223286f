"""From forecasts as they were issued and what came later to the account that is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from collector.jobs.context import Context
from collector.jobs.outlook_skill import JOBS, judge, judge_outlooks
from collector.store.advice import outlook_skill
from collector.store.measured import weather
from collector.store.measured.weather import WeatherValue
from collector.store.postgres import db

DAY = timedelta(days=1)
#: The beginning of a local day.
FIRST = datetime(2016, 4, 1, 16, tzinfo=UTC)
NOW = FIRST + 20 * DAY
HERE, NEAR = (115.2, 35.9), (115.2, 35.95)


def value(hour: int) -> float:
    return 15 + 5 * np.sin(hour / 24 * 2 * np.pi) + (hour // 24) % 5


def observe(conn, place="station-1", position=HERE, add=0.0, hours=20 * 24):
    values = []
    for hour in range(hours):
        time = FIRST + timedelta(hours=hour)
        end = time + timedelta(hours=1)
        values.append(WeatherValue(hour, place, "air_temperature", time, end, value(hour) + add))
    weather.put_values(conn, "observed", "cma", {place: position}, values, NOW)


def issue(conn, day, at, add, place="station-1", source="svc", days=7, position=HERE):
    """A forecast that is issued at an hour of a day, `add` degrees wrong."""
    issued = FIRST + day * DAY + timedelta(hours=at)
    values = [
        WeatherValue(n, place, "air_temperature", issued + timedelta(hours=n), issued, v + add)
        for n in range(24 * days)
        for v in [value(day * 24 + at + n)]
    ]
    weather.put_values(conn, "forecast", source, {place: position}, values, issued)


def test_the_newest_of_each_lead_day_is_set_against_what_was_measured(registered: db.Connection):
    observe(registered)
    for day in range(12):
        issue(registered, day, 6, add=9.0)  # overtaken within its lead day
        issue(registered, day, 18, add=1.0)
    rows = {row.lead: row for row in judge(registered, NOW)}
    assert sorted(rows) == [1, 2, 3, 4, 5, 6, 7]
    assert rows[1].bias == pytest.approx(1.0)
    assert (rows[1].pairs, rows[1].places) == (12 * 24, 1)
    assert (rows[1].source, rows[1].truth) == ("svc", "measured")
    assert rows[7].pairs == 12 * 18, "which ends at the hour at which it was issued"


def test_corrections_count_and_doubts_do_not(registered: db.Connection):
    observe(registered)
    issue(registered, 3, 18, add=5.0)
    issue(registered, 3, 18, add=2.0)
    (row,) = [each for each in judge(registered, NOW) if each.lead == 1]
    assert row.bias == pytest.approx(2.0)


def test_what_is_near_stands_for_a_place_and_an_analysis_is_told_apart(registered: db.Connection):
    observe(registered, "s2", NEAR)
    issue(registered, 3, 18, add=1.0, place="township x")
    observe(registered, "township y (analysis)", (115.4, 35.6))
    issue(registered, 3, 18, add=2.0, place="township y", position=(115.4, 35.6))
    issue(registered, 3, 18, add=3.0, place="far", position=(114.9, 36.4))
    found = {(r.truth, round(r.bias, 6)) for r in judge(registered, NOW) if r.lead == 1}
    assert found == {("measured", 1.0), ("analysed", 2.0)}


def test_the_job_keeps_the_account_in_the_place_of_the_one_before(registered, dsn):
    pool = db.Pool(dsn)
    registered.commit()
    context = Context(pool, NOW)
    assert str(judge_outlooks(context)) == "outlooks against what came: 0 pairs, 0 rows"
    observe(registered)
    issue(registered, 3, 18, add=1.0)
    registered.commit()
    for _ in range(2):
        judge_outlooks(context)
        rows = outlook_skill.rows(registered)
        registered.commit()
        assert rows == judge(registered, NOW)
        assert len(rows) == 7
    pool.close()
    assert JOBS[0].id == "outlook_skill"


def test_rain_comes_back_as_it_was_kept(registered: db.Connection):
    rng = np.random.default_rng(1)
    values, said = [], []
    for hour in range(18 * 24):
        time = FIRST + timedelta(hours=hour)
        rain = float(rng.choice([0, 0, 0, 0, 0, 0.5]))
        values.append(
            WeatherValue(hour, "s", "precipitation_amount", time, time + timedelta(hours=1), rain)
        )
        issued = FIRST + (hour // 24) * DAY - timedelta(hours=2)
        said.append(WeatherValue(hour, "s", "precipitation_amount", time, issued, rain))
    weather.put_values(registered, "observed", "cma", {"s": HERE}, values, NOW)
    weather.put_values(registered, "forecast", "svc", {"s": HERE}, said, NOW)
    rows = judge(registered, NOW)
    outlook_skill.replace_rows(registered, rows, NOW)
    assert outlook_skill.rows(registered) == rows
    (row,) = rows
    assert (row.pairs, row.rain.misses, row.rain.false_alarms) == (18, 0, 0)
    assert row.rain.hits > 0
    assert row.frequency_bias == 1.0
