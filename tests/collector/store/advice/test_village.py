"""What the village's page reads: the fewest looks at the database, now and as of a day gone by."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from collector.commands.judging.advice import advice_group
from collector.store.advice import outlook, risk, village
from collector.store.measured import readings, weather
from collector.store.measured.weather import WeatherValue
from models.risk.hazard import HIGH, MEDIUM, NO_RISK
from models.weather.local_days import local_day, midnight
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import FixedClock

if TYPE_CHECKING:
    from collector.clock import Clock
    from collector.store.postgres import db

_spec = importlib.util.spec_from_file_location(
    "seed_of_a_village", Path(__file__).parents[3] / "webapp" / "seed.py"
)
assert _spec is not None
assert _spec.loader is not None
seed: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(seed)
NOW, DAY = seed.NOW, timedelta(days=1)
LIUGE = "qf-liuge"


class LaterParts(Parts):
    """What the front door hands over, at the time of the tests' small world."""

    def clock(self) -> Clock:
        return FixedClock(NOW)


@pytest.fixture
def dsn(world_dsn: str) -> str:
    """The tests' small world."""
    return world_dsn


@pytest.fixture
def filled(conn: db.Connection) -> db.Connection:
    """A connection to it."""
    return conn


def test_facts_are_those_of_the_registry(filled: db.Connection) -> None:
    found = village.facts(filled, LIUGE, NOW)
    assert found is not None
    assert (found.village.zh, found.village.fields, found.village.nodes) == ("柳格示范村", 2, 2)
    assert list(found.fields) == ["qf-liuge-1", "qf-liuge-2"]
    assert found.grown["qf-liuge-1"].crop == "winter_wheat"
    before = village.facts(filled, LIUGE, NOW - 400 * DAY)
    assert before is not None
    assert before.grown == {}
    assert village.facts(filled, "nowhere", NOW) is None


def test_answers_and_outlook_come_at_once(filled: db.Connection) -> None:
    status = seed.status("qf-liuge-1", "wheat_fhb", MEDIUM)
    coming = replace(status, time=status.time + 2 * DAY, source="forecast")
    outlook.replace_outlook(filled, [coming], {"qf-liuge-1": NOW}, NOW)
    answers, ahead = village.answers(filled, LIUGE, NOW)
    assert {(a.site, a.hazard, a.status) for a in answers} == {
        (s.site, s.hazard, s.status) for s in risk.latest_statuses(filled, NOW, LIUGE)
    }
    assert [(a.time, a.source, a.forecast_issued) for a in ahead] == [
        (coming.time, "forecast", NOW)
    ]
    assert village.answers(filled, LIUGE, NOW + 3 * DAY)[0] == [], "days old: not of today"


def test_a_day_gone_by_tells_what_was_known_then(filled: db.Connection) -> None:
    status = seed.status("qf-liuge-1", "wheat_fhb", NO_RISK)
    later = replace(status, time=status.time + DAY, status=HIGH)
    risk.save_statuses(filled, [later], NOW + DAY)
    moment = midnight(local_day(NOW) + DAY) - timedelta(seconds=1)
    (then,) = (
        a
        for a in village.answers(filled, LIUGE, moment, past=True)[0]
        if (a.site, a.hazard) == ("qf-liuge-1", "wheat_fhb")
    )
    assert then.time == status.time
    assert village.answers(filled, LIUGE, NOW - DAY, past=True) == ([], [])


def test_advice_of_a_day_gone_by_is_what_stood_then(filled: db.Connection) -> None:
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    key = [("qf-liuge-1", "winter_wheat", "wheat_fhb")]
    first = seed.advisory(status, actions=("drain",))
    risk.end_advisories(filled, key, NOW)
    risk.save_advisories(filled, [first], NOW + timedelta(hours=1))
    risk.save_advisories(filled, [seed.advisory(status, actions=("scout_heads",))], NOW + DAY)
    risk.end_advisories(filled, key, NOW + 2 * DAY)

    def stood(at: Any) -> list[tuple[str, ...]]:
        found = [each.advisory for each in village.advice(filled, LIUGE, at)]
        return [each.actions for each in found if each.site == "qf-liuge-1"]

    assert stood(NOW + timedelta(hours=2)) == [("drain",)]
    assert stood(NOW + DAY + timedelta(hours=2)) == [("scout_heads",)]
    assert stood(NOW + 3 * DAY) == []


def test_a_release_bears_a_name_and_lasts_while_the_advice_goes_on(filled: db.Connection) -> None:
    def public(at: Any) -> set[tuple[str, str | None]]:
        found = village.advice(filled, LIUGE, at)
        return {(e.advisory.site, e.released_by) for e in found if e.public}

    assert public(NOW) == set()
    sites = ["qf-liuge-1", "qf-liuge-2"]
    assert village.release_in(filled, [LIUGE], "wheat_fhb", "Wang", NOW) == sites
    assert village.release_in(filled, [LIUGE], "wheat_fhb", "Li", NOW) == [], "once"
    assert public(NOW) == {(site, "Wang") for site in sites}
    assert public(NOW - timedelta(seconds=1)) == set(), "nobody had released it then"
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    confirmed = seed.advisory(status, confirmed=NOW + DAY)
    risk.save_advisories(filled, [confirmed], NOW + DAY)
    assert ("qf-liuge-1", "Wang") in public(NOW + DAY)
    worse = seed.advisory(status, issued=NOW + DAY)
    risk.save_advisories(filled, [worse], NOW + 2 * DAY)
    assert public(NOW + 2 * DAY) == {("qf-liuge-2", "Wang")}


def test_release_from_the_command_line(dsn: str, filled: db.Connection) -> None:
    filled.commit()

    def run(*arguments: str) -> Any:
        parts = LaterParts({"NONGQING_DSN": dsn})
        return CliRunner().invoke(advice_group, list(arguments), obj=parts)

    assert "draft" in run("list", LIUGE).output
    wrong = run("release", LIUGE, "wheat_rust", "--by", "Wang")
    assert wrong.exit_code == 1
    assert "no advice on wheat_rust; in force there: wheat_fhb" in wrong.output
    assert "--by" in run("release", LIUGE, "wheat_fhb", "--by", " ").output
    done = run("release", LIUGE, "wheat_fhb", "--by", "Wang")
    assert "qf-liuge-2: released by Wang" in done.output
    assert "released by Wang" in run("list", LIUGE).output
    assert run("list", "nowhere").exit_code == 1


def test_readings_now_are_the_latest_and_rain_that_of_a_day(filled: db.Connection) -> None:
    found, rain = village.newest_readings(filled, LIUGE, NOW)
    assert found == readings.latest(filled, LIUGE)
    _, wet = village.newest_readings(filled, LIUGE, NOW - timedelta(hours=40))
    assert rain["qf-liuge-1", 1.0] == 0.0
    assert wet["qf-liuge-1", 1.0] == pytest.approx(6 * 1.8, abs=2)


def test_days_are_whole_and_the_forecast_begins_today(filled: db.Connection) -> None:
    start = midnight(local_day(NOW))
    hours = [start + timedelta(hours=n) for n in range(36)]
    values = [
        WeatherValue(n, LIUGE, "air_temperature", hour, NOW, float(n))
        for n, hour in enumerate(hours)
    ]
    weather.put_values(filled, "forecast", "test", {LIUGE: (115.1, 36.0)}, values, NOW)
    found = village.weather_days(filled, LIUGE, NOW)
    air = {(d.day, d.forecast): d for d in found if d.quantity == "air_temperature"}
    today = local_day(NOW)
    assert sorted(air) == [
        (today - 2 * DAY, False),
        (today - DAY, False),
        (today, True),
        (today + DAY, True),
    ]
    assert (air[today, True].low, air[today, True].high) == (0.0, 23.0)
    assert air[today, True].issued == NOW
    assert air[today - DAY, False].of == 2
    stale = village.weather_days(filled, LIUGE, NOW + 3 * DAY)
    assert not any(each.forecast for each in stale)
