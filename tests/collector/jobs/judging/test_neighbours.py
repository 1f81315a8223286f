"""Fields without sensors, and the days ahead, on a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from collector.jobs.context import Context
from collector.jobs.judging import forecasts, neighbours
from collector.jobs.judging.field_hours import FieldHours
from collector.jobs.judging.neighbours import RangeError
from collector.jobs.judging.risk import assess_risk
from collector.store import settings_table
from collector.store.advice import outlook as outlook_store
from collector.store.advice import risk
from collector.store.measured import field_weather, weather
from collector.store.measured.weather import WeatherValue
from models.risk.hazard import CANNOT_SAY
from models.weather.interpolate import SPREADS
from tests.collector.conftest import NOW

if TYPE_CHECKING:
    from collector.store.postgres import db
    from collector.store.postgres.db import Pool
    from models.risk.answers import RiskStatus

HOURS = 20 * 24
START = NOW - timedelta(hours=HOURS)
BARE = "bare-1"
LEVEL = {"air_temperature": 16.0, "relative_humidity": 95.0, "precipitation_amount": 0.2}


@pytest.fixture
def village(registered: db.Connection) -> db.Connection:
    """The demonstration's registry with a village whose field grows wheat and has no sensor."""
    with registered, registered.cursor() as cur:
        cur.execute(
            "INSERT INTO village (id, zh, en, county, longitude, latitude, position) "
            "VALUES ('bare', '无设备村', 'Bare', '410922', 115.10, 35.92, 'illustrative')"
        )
        cur.execute(
            "INSERT INTO field (id, village, zh, en, kind) VALUES "
            "(%s, 'bare', '地', 'field', 'open'), ('bare-house', 'bare', '棚', 'house', "
            "'greenhouse')",
            (BARE,),
        )
        for field in (BARE, "bare-house"):
            cur.execute(
                "INSERT INTO season (field, crop, sown) VALUES (%s, 'winter_wheat', '2015-10-08')",
                (field,),
            )
    return registered


def measure(conn: db.Connection, fields: dict[str, float], start: datetime = START) -> None:
    """Hours of temperature, humidity and rain in fields, each warmer by so much."""
    hours = int((NOW - start).total_seconds()) // 3600
    with conn, conn.cursor() as cur:
        for field, warmer in fields.items():
            for quantity, value in LEVEL.items():
                value += warmer if quantity == "air_temperature" else 0
                cur.execute(
                    "INSERT INTO reading_hourly (series_id, hour, mean, sum, min, max, last, "
                    "count, completeness, qc) SELECT s.id, t, %(v)s, %(v)s, %(v)s, %(v)s, %(v)s, "
                    "6, 1, 1 FROM series s JOIN placement p ON p.id = s.placement, "
                    "generate_series(%(start)s::timestamptz, %(last)s, '1 hour') t "
                    "WHERE p.field = %(field)s AND p.quantity = %(quantity)s",
                    {
                        "v": value,
                        "start": start,
                        "last": start + timedelta(hours=hours - 1),
                        "field": field,
                        "quantity": quantity,
                    },
                )


NEAR = {"qf-liuge-1": 0.0, "qf-mazhuangqiao-1": 2.0}


def today(conn: db.Connection, site: str) -> dict[str, RiskStatus]:
    with conn:
        return {s.hazard: s for s in risk.latest_statuses(conn, NOW) if s.site == site}


def test_a_village_without_nodes_gets_its_answers_from_its_neighbours(
    village: db.Connection, pool: Pool
) -> None:
    measure(village, NEAR)
    assess_risk(Context(pool, NOW))
    rust, own = today(village, BARE)["wheat_leaf_rust"], today(village, "qf-liuge-1")
    assert rust.status == own["wheat_leaf_rust"].status != CANNOT_SAY
    assert rust.certainty == pytest.approx(
        own["wheat_leaf_rust"].certainty * neighbours.INTERPOLATED
    )
    assert "bare-house" not in {s.site for s in risk.latest_statuses(village, NOW)}
    with village:
        shown = {w.quantity: w for w in field_weather.field_weather(village, "bare")}
    air = shown["air_temperature"]
    assert (air.origin, air.stations, air.at) == ("interpolated", 2, NOW)
    assert 8 < air.nearest_km < 13
    assert SPREADS["air_temperature"].place < air.standard_error < 2.0
    assert "wind_speed" not in shown


def test_the_weather_between_two_stations_lies_between_theirs(
    village: db.Connection, pool: Pool
) -> None:
    measure(village, NEAR)
    with village:
        hours = FieldHours(village, list(LEVEL), [BARE, "qf-liuge-1"])
        data = hours.dataset(START - timedelta(days=3), NOW)
    here = data["air_temperature"].sel(site=BARE).values
    assert np.isnan(here[:-HOURS]).all()
    assert (here[-HOURS:] > 16.2).all()
    assert (here[-HOURS:] < 17.8).all()
    assert (data["air_temperature"].sel(site="qf-liuge-1").values[-HOURS:] == 16.0).all()


def test_an_hour_does_not_depend_on_what_else_is_read(village: db.Connection) -> None:
    measure(village, NEAR)
    with village, village.cursor() as cur:
        # stations that fall silent at times, so that hours differ in who reports
        cur.execute(
            "DELETE FROM reading_hourly WHERE (series_id + extract(hour FROM hour)) % 7 = 0"
        )
        hours = FieldHours(village, list(LEVEL), [BARE, "qf-liuge-1", "qf-liuge-2"])
        whole = hours.dataset(START, NOW)
        for sites in ((BARE,), ("qf-liuge-1",), (BARE, "qf-liuge-2")):
            for day in (0, 7, 19):
                start = START + timedelta(days=day)
                part = hours.dataset(start, start + timedelta(hours=5), sites)
                same = whole.sel(site=list(sites), time=part["time"])
                for name in LEVEL:
                    assert part[name].values.tobytes() == same[name].values.copy("C").tobytes()


def test_hours_that_cannot_be_are_missing(village: db.Connection) -> None:
    measure(village, NEAR)
    with village, village.cursor() as cur:
        for quantity, value, hour in (
            ("relative_humidity", 103.0, 3),
            ("relative_humidity", 0.0, 4),
            ("precipitation_amount", 300.0, 5),
        ):
            cur.execute(
                "UPDATE reading_hourly SET mean = %s, sum = %s FROM series s, placement p "
                "WHERE p.id = s.placement AND s.id = series_id AND p.field = 'qf-liuge-1' "
                "AND p.quantity = %s AND hour = %s",
                (value, value, quantity, START + timedelta(hours=hour)),
            )
        data = FieldHours(village, list(LEVEL), ["qf-liuge-1"]).dataset(START, NOW)
    own = data.isel(site=0)
    assert own["relative_humidity"].values[3] == 100.0
    assert np.isnan(own["relative_humidity"].values[4])
    assert np.isnan(own["precipitation_amount"].values[5])


def test_few_fields_are_read_in_long_stretches_many_stations_in_short_ones(
    village: db.Connection,
) -> None:
    """What is in memory at a time does not grow with the stations around one field."""
    hours = FieldHours(village, list(LEVEL), [BARE, "qf-liuge-1"])
    # three series to three quantities, and room for one more
    own = hours.values_an_hour(("qf-liuge-1",))
    assert own == 3 + 1 * 4
    stations = sum(len(each.own) for each in hours.stations.values())
    assert stations > 6
    assert hours.values_an_hour((BARE,)) == stations + 1 * 4


def test_too_far_from_every_station_is_cannot_say_with_the_reason(
    village: db.Connection, pool: Pool
) -> None:
    measure(village, NEAR)
    with village:
        settings_table.put(village, neighbours.RANGE_KEY, "5", NOW)
    assess_risk(Context(pool, NOW))
    rust = today(village, BARE)["wheat_leaf_rust"]
    assert rust.status == CANNOT_SAY
    assert rust.missing[-1] == neighbours.NO_STATION
    assert "relative_humidity" in rust.missing
    with village:
        (origin,) = {w.origin for w in field_weather.field_weather(village, "bare")}
    assert origin == neighbours.NO_STATION
    with village:
        settings_table.put(village, neighbours.RANGE_KEY, "near", NOW)
        with pytest.raises(RangeError, match=r'interpolation.range_km is "near"; set it to a dist'):
            neighbours.range_km(village)


def observed(conn: db.Connection, place: str, position: tuple[float, float], value: float) -> None:
    values = [
        WeatherValue(n, place, "air_temperature", START + timedelta(hours=n), NOW, value)
        for n in range(HOURS)
    ]
    with conn:
        weather.put_values(conn, "observed", "test", {place: position}, values, NOW)


def test_a_station_of_others_speaks_for_fields_too(village: db.Connection, pool: Pool) -> None:
    measure(village, {"py-bagongqiao-1": 0.0})
    observed(village, "station", (115.10, 35.93), 21.0)
    with village:
        hours = FieldHours(village, list(LEVEL), [BARE])
        data, shown = hours.dataset(START, NOW), hours.origins((BARE,), NOW, NOW)
    here = data["air_temperature"].sel(site=BARE).values
    assert (here[-HOURS:] > 19.0).all()
    nearest = {w.quantity: w.nearest_km for w in shown if w.site == BARE}
    assert nearest["air_temperature"] < 2.0
    assert nearest["relative_humidity"] > 30.0


def predict(
    conn: db.Connection, places: dict[str, tuple[float, float]], hours: int = 9 * 24
) -> None:
    values = [
        WeatherValue(n, place, name, NOW + timedelta(hours=n), NOW - timedelta(hours=2), value)
        for place in places
        for n in range(hours)
        for name, value in LEVEL.items()
    ]
    with conn:
        weather.put_values(conn, "forecast", "test", places, values, NOW)


def test_the_coming_days_come_from_the_forecast(village: db.Connection, pool: Pool) -> None:
    measure(village, NEAR)
    assert assess_risk(Context(pool, NOW)).params["ahead"] == 0
    with village:
        assert outlook_store.outlook(village, NOW) == []
    before = today(village, "qf-liuge-1")
    predict(village, {"qf-liuge": (115.14, 36.01)})
    assert assess_risk(Context(pool, NOW)).params["ahead"] > 0
    with village:
        rows = outlook_store.outlook(village, NOW, "qf-liuge")
    first = [r for r in rows if (r.site, r.hazard) == ("qf-liuge-1", "wheat_leaf_rust")]
    assert [r.time for r in first] == [
        datetime(2016, 5, day, 16, tzinfo=UTC) for day in range(1, 8)
    ]
    assert {r.forecast_issued for r in first} == {NOW - timedelta(hours=2)}
    assert first[0].status != CANNOT_SAY
    assert {(r.source, r.validated) for r in first} == {("forecast", False)}
    assert {r.stage_source for r in first} == {"observed", "estimated"}
    assert first[0].data_age_h == before["wheat_leaf_rust"].data_age_h
    assert today(village, "qf-liuge-1") == before
    # the neighbours' villages are within the range of the one forecast, one is not
    with village:
        sites = {r.site for r in outlook_store.outlook(village, NOW)}
    assert BARE in sites
    assert "py-bagongqiao-1" not in sites
    late = NOW + timedelta(days=4)
    assert assess_risk(Context(pool, late)).params["ahead"] == 0
    with village:
        assert outlook_store.outlook(village, late) == []


def test_a_greenhouse_takes_no_forecast_of_the_open_air(village: db.Connection) -> None:
    sites = [BARE, "bare-house"]
    predict(village, {"bare": (115.10, 35.92)})
    with village:
        known = forecasts.known(village, list(LEVEL), NOW)
    assert known is not None
    assert list(known.of(sites)["site"].values) == [BARE]
    predict(village, {"bare-house": (115.10, 35.92)})
    with village:
        known = forecasts.known(village, list(LEVEL), NOW)
    assert known is not None
    assert set(known.of(sites)["site"].values) == set(sites)
    assert known.issued(sites) == dict.fromkeys(sites, NOW - timedelta(hours=2))


def test_a_field_that_nobody_measured_has_no_station_and_is_none(
    village: db.Connection, pool: Pool
) -> None:
    with village, village.cursor() as cur:
        cur.execute(
            "UPDATE village SET longitude = NULL, latitude = NULL, position = 'unknown' "
            "WHERE id IN ('bare', 'qf-mazhuangqiao')"
        )
    measure(village, NEAR)
    assess_risk(Context(pool, NOW))
    rust = today(village, BARE)["wheat_leaf_rust"]
    assert (rust.status, rust.missing[-1]) == (CANNOT_SAY, neighbours.NO_STATION)
    own = today(village, "qf-mazhuangqiao-1")["wheat_leaf_rust"]
    assert own.status != CANNOT_SAY
    with village:
        places = neighbours.open_fields(village)
    assert np.isnan(places[BARE]).all()
