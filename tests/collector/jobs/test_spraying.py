"""From a stored forecast to the hours fit for spraying that the advice of a field tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collector.jobs import spraying
from collector.jobs.context import Context
from collector.jobs.judging import forecasts
from collector.jobs.spraying import JOBS, hours_of_fields, tell_hours
from collector.store.advice import risk
from collector.store.measured import weather
from collector.store.measured.weather import WeatherValue
from collector.store.postgres import db
from models.advice.advisory import Advisory
from models.risk.hazard import HIGH

NOW = datetime(2016, 5, 1, 12, 20, tzinfo=UTC)  # 20:20 local
FIELD = "qf-liuge-1"
DAWNS = [datetime(2016, 5, day, 22, tzinfo=UTC) for day in (1, 2, 3)]
#: Daylight of three days.
DAYS = tuple((dawn, dawn + timedelta(hours=12)) for dawn in DAWNS)
GOOD = {
    "air_temperature": 18.0,
    "relative_humidity": 60.0,
    "precipitation_amount": 0.0,
    "wind_speed": 2.0,
}
POSITIONS = dict.fromkeys(("qf-liuge", "qf-liuge-1", "qf-liuge-2"), (115.0, 36.0))


def put(conn, place, hours=84, **changes):
    """A forecast for a place from the hour that runs."""
    start = NOW.replace(minute=0)
    values = [
        WeatherValue(h, place, quantity, start + timedelta(hours=h), start, value)
        for h in range(hours)
        for quantity, value in (GOOD | changes).items()
    ]
    weather.put_values(conn, "forecast", "test", POSITIONS, values, NOW)


def told(conn, *fields):
    """Hours of fields, as the job finds them."""
    found = hours_of_fields(conn, NOW, fields or (FIELD,))
    return [found[field] for field in fields or (FIELD,)]


def test_without_a_forecast_nothing_is_known(registered: db.Connection):
    assert forecasts.known(registered, list(GOOD), NOW) is None
    assert told(registered) == [None]


def test_a_field_takes_the_forecast_of_its_village(registered: db.Connection):
    put(registered, "qf-liuge")
    assert told(registered, FIELD, "qf-liuge-2", "py-bagongqiao-1") == [DAYS, DAYS, None]


def test_a_field_with_a_forecast_of_its_own_takes_that(registered: db.Connection):
    put(registered, "qf-liuge")
    put(registered, FIELD, wind_speed=9.0)
    assert told(registered, FIELD, "qf-liuge-2") == [(), DAYS]


def test_a_greenhouse_takes_no_hours_of_the_open_air(registered: db.Connection):
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE field SET kind = 'greenhouse' WHERE id = 'qf-liuge-2'")
    put(registered, "qf-liuge")
    assert told(registered, FIELD, "qf-liuge-2") == [DAYS, None]
    # what is forecast for the greenhouse itself is its own
    put(registered, "qf-liuge-2", wind_speed=9.0)
    assert told(registered, "qf-liuge-2") == [()]


def test_a_field_near_the_place_of_a_forecast_takes_what_it_tells(registered: db.Connection):
    put(registered, "qf-liuge")
    assert told(registered, "qf-mazhuangqiao-1") == [DAYS]


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_without_one_of_the_quantities_nothing_is_known(registered: db.Connection, missing):
    start = NOW.replace(minute=0)
    values = [
        WeatherValue(h, "qf-liuge", q, start + timedelta(hours=h), start, v)
        for h in range(48)
        for q, v in GOOD.items()
        if q != missing
    ]
    weather.put_values(registered, "forecast", "test", POSITIONS, values, NOW)
    assert not told(registered)[0]


def give(conn: db.Connection, actions=("drain", "ask_officer_fungicide"), days=2) -> None:
    """Advice for a field."""
    said = Advisory(
        site=FIELD,
        crop="winter_wheat",
        hazard="wheat_fhb",
        status=HIGH,
        certainty=0.6,
        issued=NOW,
        window_from=NOW - timedelta(days=1),
        window_to=NOW.replace(minute=0) + timedelta(days=days),
        confirmed=NOW,
        reason_key="wheat_fhb.reason",
        reason_params={},
        actions=actions,
        draft=True,
    )
    risk.save_advisories(conn, [said], NOW)
    conn.commit()


def hours_told(conn: db.Connection):
    (found,) = risk.current_advisories(conn)
    conn.rollback()
    return found.spraying


def test_advice_tells_the_hours_of_its_field_within_its_window(registered: db.Connection, pool):
    give(registered, days=1)
    assert hours_told(registered) is None
    put(registered, "qf-liuge")
    registered.commit()
    said = tell_hours(Context(pool, NOW)).params
    assert said["changed"] == said["fields"] > said["known"] > 0
    assert hours_told(registered) == DAYS[:1]
    give(registered, actions=("drain",))
    assert hours_told(registered) is None


def test_advice_stays_as_it_is_when_its_hours_move(registered: db.Connection, pool):
    give(registered)
    put(registered, "qf-liuge")
    registered.commit()
    tell_hours(Context(pool, NOW))
    (before,) = risk.current_advisories(registered)
    put(registered, "qf-liuge", wind_speed=9.0)
    registered.commit()
    assert tell_hours(Context(pool, NOW)).params["changed"] > 0
    (after,) = risk.current_advisories(registered)
    assert (before.spraying, after) == (DAYS[:2], replace(before, spraying=()))
    with registered.cursor() as cur:
        cur.execute("SELECT count(*) FROM advisory")
        assert cur.fetchone() == (1,)
    assert tell_hours(Context(pool, NOW)).params["changed"] == 0


def test_the_job_has_something_to_do_when_forecast_field_or_code_is_new(
    registered: db.Connection, pool, monkeypatch
):
    (job,) = JOBS

    def due(at=NOW):
        found = job.wanted(Context(pool, at))
        tell_hours(Context(pool, at))
        assert not job.wanted(Context(pool, at))
        return found

    assert due()
    assert not due()
    put(registered, "qf-liuge")
    registered.commit()
    assert due()
    with registered, registered.cursor() as cur:
        cur.execute(
            "INSERT INTO field (id, village, zh, en, kind) "
            "SELECT 'qf-liuge-9', village, zh, en, kind FROM field WHERE id = %s",
            (FIELD,),
        )
    assert due()
    assert due(NOW + timedelta(hours=6))  # what was told grows old
    monkeypatch.setattr(spraying, "code", lambda _: "of another release")
    assert due()


def test_hours_of_a_forecast_that_grew_old_are_not_known_any_more(registered: db.Connection, pool):
    give(registered)
    put(registered, "qf-liuge")
    registered.commit()
    tell_hours(Context(pool, NOW))
    assert hours_told(registered)
    tell_hours(Context(pool, NOW + weather.FORECAST_FRESH + timedelta(hours=1)))
    assert hours_told(registered) is None
