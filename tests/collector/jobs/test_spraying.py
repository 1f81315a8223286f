"""From a stored forecast to the hours fit for spraying in the advice of a field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collector.jobs.advisories import issue_advisories, with_forecast_hours
from collector.jobs.context import Context
from collector.jobs.judging import forecasts
from collector.jobs.judging import risk as risk_job
from collector.store.advice import risk
from collector.store.measured import weather
from collector.store.measured.weather import WeatherValue
from collector.store.postgres import db
from models.advice.advisory import Advisory
from models.risk.answers import RiskStatus
from models.risk.hazard import HIGH

NOW = datetime(2016, 5, 1, 12, 20, tzinfo=UTC)  # 20:20 local
DAWN = datetime(2016, 5, 1, 22, tzinfo=UTC)
GOOD = {
    "air_temperature": 18.0,
    "relative_humidity": 60.0,
    "precipitation_amount": 0.0,
    "wind_speed": 2.0,
}
POSITIONS = dict.fromkeys(("qf-liuge", "qf-liuge-1", "qf-liuge-2"), (115.0, 36.0))


def put(conn, place, hours=72, **changes):
    """A forecast for a place from the hour that runs."""
    start = NOW.replace(minute=0)
    values = [
        WeatherValue(h, place, quantity, start + timedelta(hours=h), start, value)
        for h in range(hours)
        for quantity, value in (GOOD | changes).items()
    ]
    weather.put_values(conn, "forecast", "test", POSITIONS, values, NOW)


def advisory(site="qf-liuge-1", actions=("drain", "ask_officer_fungicide")):
    return Advisory(
        site=site,
        crop="winter_wheat",
        hazard="wheat_fhb",
        status=HIGH,
        certainty=0.6,
        issued=NOW,
        window_from=NOW - timedelta(days=1),
        window_to=NOW + timedelta(days=1),
        confirmed=NOW,
        reason_key="wheat_fhb.reason",
        reason_params={},
        actions=actions,
        draft=True,
    )


def test_without_a_forecast_nothing_is_said(registered: db.Connection):
    assert forecasts.known(registered, list(GOOD), NOW) is None
    (found,) = with_forecast_hours(registered, [advisory()], NOW)
    assert found.spraying is None


def test_a_field_takes_the_forecast_of_its_village(registered: db.Connection):
    put(registered, "qf-liuge")
    found = with_forecast_hours(
        registered, [advisory(), advisory("qf-liuge-2"), advisory("py-bagongqiao-1")], NOW
    )
    daylight = ((DAWN, DAWN + timedelta(hours=12)),)
    assert [each.spraying for each in found] == [daylight, daylight, None]


def test_a_field_with_a_forecast_of_its_own_takes_that(registered: db.Connection):
    put(registered, "qf-liuge")
    put(registered, "qf-liuge-1", wind_speed=9.0)
    first, second = with_forecast_hours(registered, [advisory(), advisory("qf-liuge-2")], NOW)
    assert first.spraying == ()
    assert second.spraying


def test_a_greenhouse_takes_no_hours_of_the_open_air(registered: db.Connection):
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE field SET kind = 'greenhouse' WHERE id = 'qf-liuge-2'")
    put(registered, "qf-liuge")
    found = with_forecast_hours(registered, [advisory(), advisory("qf-liuge-2")], NOW)
    assert found[0].spraying
    assert found[1].spraying is None
    # what is forecast for the greenhouse itself is its own
    put(registered, "qf-liuge-2", wind_speed=9.0)
    (found,) = with_forecast_hours(registered, [advisory("qf-liuge-2")], NOW)
    assert found.spraying == ()


def test_a_field_near_the_place_of_a_forecast_takes_what_it_tells(registered: db.Connection):
    put(registered, "qf-liuge")
    (found,) = with_forecast_hours(registered, [advisory("qf-mazhuangqiao-1")], NOW)
    assert found.spraying == ((DAWN, DAWN + timedelta(hours=12)),)


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_without_one_of_the_quantities_nothing_is_said(registered: db.Connection, missing):
    start = NOW.replace(minute=0)
    values = [
        WeatherValue(h, "qf-liuge", q, start + timedelta(hours=h), start, v)
        for h in range(48)
        for q, v in GOOD.items()
        if q != missing
    ]
    weather.put_values(registered, "forecast", "test", POSITIONS, values, NOW)
    (found,) = with_forecast_hours(registered, [advisory()], NOW)
    assert not found.spraying


def test_the_advice_job_keeps_the_hours(registered: db.Connection, pool, monkeypatch):
    put(registered, "qf-liuge")
    registered.commit()
    said = RiskStatus(
        site="qf-liuge-1",
        crop="winter_wheat",
        hazard="wheat_fhb",
        time=NOW.replace(hour=16, minute=0) - timedelta(days=1),
        status=HIGH,
        score=0.4,
        certainty=0.6,
        stage_bbch=61.0,
        stage_source="observed",
        drivers={},
        missing=(),
        data_age_h=1.0,
        inputs_hash="",
        model_version="1.1",
    )
    monkeypatch.setattr(
        risk_job,
        "compute_risk",
        lambda *_: risk_job.Computed(iter([said]), iter(()), {}, []),
    )
    for _ in range(2):
        risk_job.assess_risk(Context(pool, NOW))
        shown = issue_advisories(Context(pool, NOW))
    assert str(shown) == "1 in force, 0 new, 0 ended"
    (found,) = risk.current_advisories(registered)
    assert found.spraying[0] == (DAWN, DAWN + timedelta(hours=12))
