"""The water accounts of fields: from hours in the database to what is said of each field."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from collector.jobs.context import Context
from collector.jobs.water import accounts
from collector.jobs.water.accounts import JOBS, compute, keep_accounts
from collector.jobs.water.days import daily_weather
from collector.jobs.water.growing import SOILS, standing
from collector.jobs.water.wetness import joined, of_wet_leaves
from collector.store.advice import water, works
from collector.store.advice.water import Account, Watering
from collector.store.advice.works import FieldWork
from collector.store.measured import weather
from collector.store.measured.weather import WeatherValue
from collector.store.network import own_fields
from collector.store.postgres import db
from field_configs.irrigated import METHODS, TEXTURES
from field_configs.load import load
from field_configs.schema import Season
from models.water import soils, wetting
from models.water.needs import NEEDS
from tests.webapp import seed

NOW, FIELD = seed.NOW, "qf-liuge-1"
TODAY = date(2016, 5, 8)


@pytest.fixture(scope="module")
def dsn(postgres, known_world: str) -> str:
    return postgres.create(known_world)


@pytest.fixture(scope="module")
def world(dsn: str) -> Iterator[db.Connection]:
    """The known world, with the accounts of its fields."""
    pool = db.Pool(dsn)
    keep_accounts(Context(pool, NOW))
    pool.close()
    conn = db.connect(dsn)
    yield conn
    conn.close()


@contextmanager
def changed(conn: db.Connection, *statements: str) -> Iterator[None]:
    """The world with changes, which are taken back."""
    with conn.cursor() as cur:
        for each in statements:
            cur.execute(each)
    try:
        yield
    finally:
        conn.rollback()


def of(conn: db.Connection, field: str = FIELD, at: datetime = NOW) -> Account:
    return next(each for each in compute(conn, at) if each.field == field)


def reasons(account: Account) -> dict[str, dict[str, object]]:
    return dict(account.advice["reasons"])


def notes(account: Account) -> list[str]:
    return [code for code, _ in account.advice["notes"]]


def forecast(conn: db.Connection, rain: float) -> None:
    """A forecast for the village of the field, from today's first hour on."""
    start = NOW.replace(hour=0, minute=0)
    good = {"air_temperature": 22.0, "relative_humidity": 60.0, "wind_speed": 2.0,
            "shortwave_irradiance": 250.0, "precipitation_amount": rain}  # fmt: skip
    values = [
        WeatherValue(h, "qf-liuge", quantity, start + timedelta(hours=h), start, value)
        for h in range(24 * 9)
        for quantity, value in good.items()
    ]
    weather.put_values(conn, "forecast", "test", {"qf-liuge": (115.1, 36.0)}, values, NOW)


def watering(day: date, amount: float | None, **other: object) -> FieldWork:
    made = FieldWork(FIELD, works.IRRIGATION, day, "x", True, "", "", amount, "", "test:1")
    return replace(made, **other)  # type: ignore[arg-type]


def test_the_words_of_a_site_are_those_of_the_tables():
    assert tuple(soils.TEXTURES) == TEXTURES
    assert tuple(wetting.METHODS) == METHODS
    assert all(each in TEXTURES for bounds in SOILS.values() for each in bounds)
    assert set(SOILS) == set(own_fields.SOILS)
    assert set(NEEDS) <= set(load(site=None).crops)


def test_the_job_keeps_an_account_of_every_field(world: db.Connection):
    kept = {each.field: each for each in water.accounts(world)}
    loam = soils.soil_of("loam").middle
    assert len(kept) == 6
    account = kept[FIELD]
    assert (account.today, account.computed, account.level) == (TODAY, NOW, "none")
    assert account.first == TODAY - timedelta(days=60)
    assert {len(line) for line in account.days.values()} == {68}
    assert account.days["middle"][-1] > account.days["middle"][-8]  # it dries
    assert reasons(account)["depletion"]["full"] == pytest.approx(
        1000 * (loam.capacity - loam.wilting) * NEEDS["winter_wheat"].roots[0]
    )
    assert "probe_used" in notes(account)
    assert water.counts(world)["now"] == (1, NOW)


def test_accounts_are_computed_each_night_and_after_news(
    world: db.Connection, dsn: str, monkeypatch: pytest.MonkeyPatch
):
    night = NOW - timedelta(hours=10)
    assert water.is_wanted(world, night, 6)
    assert not water.is_wanted(world, night, 5)
    assert water.is_wanted(world, NOW + timedelta(minutes=1), 5)
    later = NOW + timedelta(minutes=5)
    works.put(world, [watering(TODAY, 40.0)], later)
    assert water.is_wanted(world, night, 5)
    world.rollback()
    water.put_waterings(world, [Watering(FIELD, water.SOIL, TODAY, 30.0, "job")], later)
    assert water.is_wanted(world, night, 5)
    world.rollback()
    with changed(world, "DELETE FROM water_account WHERE field = 'qf-liuge-1'"):
        assert water.is_wanted(world, night, 5)
    monkeypatch.setattr(accounts, "FEW", 5)
    (job,) = JOBS
    assert job.wanted is not None
    pool = db.Pool(dsn)
    at_three, at_four = (
        datetime(2016, 5, 8, 19, 59, tzinfo=UTC),
        datetime(2016, 5, 8, 20, tzinfo=UTC),
    )
    assert not job.wanted(Context(pool, at_three))
    assert job.wanted(Context(pool, at_four))
    pool.close()


def test_the_night_after_goes_on_from_what_is_kept(world: db.Connection):
    before = water.weather(world)[FIELD]
    known = ~np.isnan(before.values[0])
    assert known.sum() == 9
    with changed(world, "DELETE FROM reading_hourly WHERE hour < '2016-05-05'"):
        list(compute(world, NOW + timedelta(days=1)))
        after = water.weather(world)[FIELD]
    assert after.first == before.first == date(2015, 10, 1)
    np.testing.assert_array_equal(after.values[:, :-4], before.values[:, :-3])
    assert after.values.shape[1] == before.values.shape[1] + 1


def test_readings_that_come_late_are_taken_in(world: db.Connection):
    late = "UPDATE water_weather SET eto[215] = 'NaN', rain[215] = 'NaN' WHERE field = 'qf-liuge-1'"
    with changed(world, late):
        assert np.isnan(water.weather(world)[FIELD].values[0, 214])
        list(compute(world, NOW))
        assert not np.isnan(water.weather(world)[FIELD].values[0, 214])


def test_without_weather_for_thirty_days_nothing_can_be_said(world: db.Connection):
    # of the probe, too, nothing is heard
    account = of(world, at=NOW + timedelta(days=31))
    assert account.level == "cannot_say"
    assert reasons(account)["weather_missing"]["days"] >= 30
    assert account.days["middle"][-8] is None


def test_a_field_on_which_nothing_stands_or_an_unknown_crop_says_so(world: db.Connection):
    with changed(world, "UPDATE season SET harvested = '2016-05-01' WHERE field = 'qf-liuge-1'",
                 "UPDATE season SET crop = 'sesame' WHERE field = 'qf-liuge-2'"):  # fmt: skip
        assert reasons(of(world)) == {"nothing_sown": {}}
        other = of(world, "qf-liuge-2")
    assert other.level == "cannot_say"
    assert reasons(other) == {"crop_unknown": {"crop": "sesame"}}


def test_what_is_not_known_of_a_field_is_said_and_widens_its_answer(world: db.Connection):
    known = of(world)
    with changed(world, "UPDATE field SET texture = NULL, method = NULL, area_ha = NULL "
                        "WHERE id = 'qf-liuge-1'"):  # fmt: skip
        bare = of(world)
    assert notes(bare)[:3] == ["no_texture", "no_method", "no_area"]
    assert bare.advice["total"] is None
    assert bare.advice["certainty"] < known.advice["certainty"]

    def width(account: Account) -> float:
        return max(account.advice["depletion"]) - min(account.advice["depletion"])

    assert width(bare) > width(known)


def test_a_watering_that_a_person_wrote_down_fills_the_soil(world: db.Connection):
    forecast(world, 0.0)
    without = of(world, "qf-liuge-2").advice["depletion"][1]
    made = watering(TODAY, 45.0, field="qf-liuge-2")
    works.put(world, [made], NOW)
    account = of(world, "qf-liuge-2")
    world.rollback()
    assert account.advice["depletion"][1] == pytest.approx(without - 45, abs=0.2)
    assert account.days["watered"][60] == 45.0
    assert account.advice["used"] == pytest.approx(45 * 0.8 * 15 * 2 / 3)


def test_a_watering_of_half_the_field_counts_half(world: db.Connection):
    works.put(world, [watering(TODAY, 40.0, area_ha=0.6)], NOW)
    account = of(world)
    world.rollback()
    assert account.days["watered"][60] == 20.0


def test_a_watering_without_amount_widens_the_answer_and_is_told(world: db.Connection):
    works.put(world, [watering(TODAY, None)], NOW)
    account = of(world)
    world.rollback()
    dry, middle, wet = account.advice["depletion"]
    assert wet == 0.0
    assert dry > middle == 0.0
    assert ["amount_unknown", {"day": "2016-05-08"}] in account.advice["notes"]


@pytest.mark.parametrize(
    ("also", "expected"), [((), 30.0), (("person",), 25.0), (("person", "meter"), 12.0)]
)
def test_a_meter_counts_before_a_person_and_a_person_before_the_soil(
    world: db.Connection, also: tuple[str, ...], expected: float
):
    seen = [Watering(FIELD, water.SOIL, TODAY, 30.0, "job")]
    if "meter" in also:
        seen.append(Watering(FIELD, water.METER, TODAY, 12.0, "m1"))
    water.put_waterings(world, seen, NOW)
    if "person" in also:
        works.put(world, [watering(TODAY, 25.0)], NOW)
    account = of(world)
    world.rollback()
    assert account.days["watered"][60] == expected


def test_rain_of_the_forecast_is_shown_and_taken_off(world: db.Connection):
    forecast(world, 0.0)
    dry = of(world, "qf-liuge-2")
    world.rollback()
    forecast(world, 0.4)
    wet = of(world, "qf-liuge-2")
    world.rollback()
    assert "no_forecast" not in notes(wet)
    assert wet.days["rain"][-1] == pytest.approx(9.6)
    assert wet.days["middle"][-1] < dry.days["middle"][-1] - 40
    assert wet.advice["reasons"] != dry.advice["reasons"]


def test_nothing_is_left_of_a_share(world: db.Connection):
    share = "UPDATE field SET allocation_m3 = 1 WHERE id = 'qf-liuge-2'"
    with changed(world, share):
        assert "allocation_short" in reasons(of(world, "qf-liuge-2"))
        works.put(world, [watering(TODAY - timedelta(days=30), 5.0, field="qf-liuge-2")], NOW)
        spent = of(world, "qf-liuge-2")
    assert spent.level in ("now", "soon")
    assert spent.advice["mm"] == 0.0
    assert "allocation_spent" in reasons(spent)


def test_a_sprinkled_field_is_not_watered_while_a_hazard_waits_for_wet_leaves(world: db.Connection):
    days = ", ".join(f"('2016-05-{day:02} 16:00Z'::timestamptz)" for day in (8, 9, 10))
    with changed(world, "INSERT INTO risk_outlook (site, crop, hazard, time, issued, "
                        "forecast_issued, status, drivers, missing, inputs_hash, model_version, "
                        "validated) SELECT 'qf-liuge-2', 'winter_wheat', 'wheat_fhb', t, t, t, 4, "
                        f"'{{}}', '{{}}', '', '', false FROM (VALUES {days}) v (t)"):  # fmt: skip
        account = of(world, "qf-liuge-2")
    assert reasons(account)["no_wet_leaves"] == {
        "hazard": "wheat_fhb", "from": "2016-05-08", "to": "2016-05-10"
    }  # fmt: skip
    assert account.advice["first"] == account.advice["last"] == "2016-05-11"


def test_a_greenhouse_is_not_rained_on_and_asks_for_its_own_sensors(world: db.Connection):
    with changed(world, "UPDATE field SET kind = 'greenhouse' WHERE id = 'qf-liuge-1'",
                 "DELETE FROM water_weather"):  # fmt: skip
        account = of(world)
    assert set(account.days["rain"][:61]) <= {0.0, None}
    assert account.level == "cannot_say"  # no light is measured inside


def test_days_of_hours_are_those_of_fao_56():
    """Example 18: Uccle, 6 July, 3.9 mm; here by hours whose extremes are the example's."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)[:, None]
    air = 16.9 + 4.6 * np.sin(turn)
    air += 21.5 - air.max()
    vapour = 1.409
    damp = 100 * vapour / (0.6108 * np.exp(17.27 * air / (air + 237.3)))
    hours = {
        "air_temperature": air,
        "relative_humidity": damp,
        "wind_speed": np.full((24, 1), 2.078),
        "shortwave_irradiance": np.full((24, 1), 22.07 / 0.0864),
        "precipitation_amount": np.full((24, 1), 0.1),
    }
    first = date(2015, 7, 6)
    one = daily_weather(hours, first, np.array([50.8]), np.array([False]))[:, 0, 0]
    assert one[0] == pytest.approx(3.9, abs=0.1)
    assert one[1] == pytest.approx(2.4)
    hours["precipitation_amount"][:5] = np.nan
    hours["air_temperature"][:5] = np.nan
    few = daily_weather(hours, first, np.array([50.8]), np.array([False]))[:, 0, 0]
    assert np.isnan(few[[0, 1, 4]]).all()


def test_what_stands_is_what_was_sown_last_and_is_not_harvested():
    crops = load(site=None).crops
    wheat = Season(FIELD, "winter_wheat", None, None, date(2015, 10, 5), None)
    maize = Season(FIELD, "summer_maize", None, None, date(2015, 6, 5), None)
    assert standing([maize, wheat], crops, TODAY) == wheat
    assert standing([wheat], crops, date(2015, 10, 4)) is None
    assert standing([wheat], crops, date(2017, 1, 1)) is None
    assert standing([replace(wheat, harvested=TODAY)], crops, TODAY) is None


def test_days_that_follow_one_another_are_one_window():
    days = [date(2016, 5, d) for d in (8, 9, 12)]
    assert [(w.first.day, w.last.day) for w in joined(days, "x")] == [(8, 9), (12, 12)]
    waits = of_wet_leaves()
    assert "wheat_fhb" in waits
    assert "wheat_dry_hot_wind" not in waits
