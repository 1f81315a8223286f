"""The risk job that goes on from a kept state says, bit for bit, what it says without one."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from psycopg2.extras import execute_values

from collector.jobs import kept_states, neighbours
from collector.jobs import risk as risk_job
from collector.jobs.context import Context
from collector.jobs.risk import Computed
from collector.jobs.upkeep import roll_up
from collector.store import db, reading_log, readings, risk_state, settings_table, weather
from collector.store.risk_state import digest_of
from collector.store.weather import WeatherValue
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.state import days_to_keep, pack, unpack
from models.weather.local_days import midnight

if TYPE_CHECKING:
    from collector.store.db import Pool

QUANTITIES = ("air_temperature", "precipitation_amount", "relative_humidity")
FIELDS = ("qf-liuge-1", "qf-mazhuangqiao-1")
BARE = "bare-1"
SOWN = date(2016, 6, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: First hour that is measured, and the local midnight on which the story begins.
FIRST = datetime(2016, 5, 31, 16, tzinfo=UTC)
BEGIN = datetime(2016, 6, 29, 16, tzinfo=UTC)
#: An hour before which states of the story's first days stand.
LATE = BEGIN - 3 * DAY + 5 * HOUR

Start = Callable[[], datetime]


@pytest.fixture
def maize(registered: db.Connection, monkeypatch: pytest.MonkeyPatch) -> db.Connection:
    """Maize in two fields with sensors and in one without."""
    hazards = {k: h for k, h in catalogue().items() if "summer_maize" in h.crops}
    monkeypatch.setattr(risk_job, "catalogue", lambda: hazards)
    with registered, registered.cursor() as cur:
        cur.execute("DELETE FROM stage_observation; DELETE FROM season")
        cur.execute(
            "INSERT INTO village (id, zh, en, county, longitude, latitude, position) "
            "VALUES ('bare', '无设备村', 'Bare', '410922', 115.10, 35.92, 'illustrative')"
        )
        cur.execute(
            "INSERT INTO field (id, village, zh, en, kind) VALUES (%s, 'bare', '地', 'f', 'open')",
            (BARE,),
        )
        for field in (*FIELDS, BARE):
            cur.execute(
                "INSERT INTO season (field, crop, sown, resistance) "
                "VALUES (%s, 'summer_maize', %s, 'S')",
                (field, SOWN - 2 * DAY * (field == FIELDS[0])),
            )
    return registered


def hours_of(field: str, quantity: str, start: datetime, end: datetime) -> list[tuple[object, ...]]:
    """What a field measures from one hour to before another: the same each time it is asked."""
    found = []
    for n in range(int((end - start) / HOUR)):
        hour = start + n * HOUR
        seed = [int(hour.timestamp()) // 3600, FIELDS.index(field), QUANTITIES.index(quantity)]
        rng = np.random.default_rng(seed)
        if rng.random() < 0.04:
            continue
        warm = 24 + 6 * np.sin((hour.hour - 1) / 24 * 2 * np.pi)
        value = {
            "air_temperature": warm + rng.normal(0, 2),
            "precipitation_amount": rng.gamma(0.7, 4) if rng.random() < 0.06 else 0.0,
            "relative_humidity": float(np.clip(85 - 3 * (warm - 24) + rng.normal(0, 9), 20, 100)),
        }[quantity]
        found.append((field, quantity, hour, float(value)))
    return found


def measure(conn: db.Connection, start: datetime, end: datetime, *places: str) -> None:
    """Keep the hours of fields, rolled up."""
    rows = [r for f in places or FIELDS for q in QUANTITIES for r in hours_of(f, q, start, end)]
    put(conn, rows)


def put(conn: db.Connection, rows: list[tuple[object, ...]]) -> None:
    with conn, conn.cursor() as cur:
        execute_values(
            cur,
            "INSERT INTO reading_hourly SELECT s.id, r.hour, r.v, r.v, r.v, r.v, r.v, 6, 1, 1 "
            "FROM (VALUES %s) AS r (field, quantity, hour, v) JOIN placement p "
            "ON (p.field, p.quantity) = (r.field, r.quantity) JOIN series s ON s.placement = p.id "
            "ON CONFLICT (series_id, hour) DO UPDATE SET mean = excluded.mean, sum = excluded.sum",
            rows,
            "(%s, %s, %s::timestamptz, %s::float8)",
            page_size=10_000,
        )


def station(conn: db.Connection, start: datetime, end: datetime, kind: str = "observed") -> None:
    """Hours of a place of others near the field without sensors."""
    count = int((end - start) / HOUR)
    times = [start + n * HOUR for n in range(count)]
    issued = start - HOUR
    values = [
        WeatherValue(n, "station", name, t, t if kind == "observed" else issued, value)
        for n, t in enumerate(times)
        for name, value in (("air_temperature", 25.5), ("relative_humidity", 91.0))
    ]
    with conn:
        weather.put_values(conn, kind, "test", {"station": (115.1, 35.93)}, values, times[0])


def bits(status: RiskStatus) -> tuple[object, ...]:
    values = {f.name: getattr(status, f.name) for f in fields(status)}
    values["drivers"] = tuple((k, float(v).hex()) for k, v in sorted(status.drivers.items()))
    return tuple(v.hex() if isinstance(v, float) else v for v in values.values())


def said(found: Computed) -> tuple[object, ...]:
    return [bits(s) for s in found.today], [bits(s) for s in found.coming], found.told


def run(conn: db.Connection, at: datetime) -> Computed:
    """What the job does, with what it said."""
    with conn:
        found = risk_job.compute_risk(conn, at)
        kept_states.keep(conn, found.ground, found.states, at)
    return found


def anew(conn: db.Connection, at: datetime) -> Computed:
    """What the job says without any state."""
    with conn, pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_states, "newest", lambda *_: None)
        return risk_job.compute_risk(conn, at)


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """The hour from which the last dataset was read."""
    asked: list[datetime] = []
    real = readings.hourly_dataset

    def reading(conn, names, start, end):
        asked.append(start)
        return real(conn, names, start, end)

    monkeypatch.setattr(readings, "hourly_dataset", reading)
    return lambda: asked[-1]


@pytest.fixture
def stood(maize: db.Connection) -> db.Connection:
    """A month of hours, and the states that the job kept after it."""
    measure(maize, FIRST, BEGIN + 10 * HOUR)
    station(maize, BEGIN - 10 * DAY, BEGIN + 9 * HOUR)
    run(maize, NOW)
    return maize


NOW = BEGIN + 10 * HOUR + timedelta(minutes=10)
NEWEST = BEGIN - DAY


def check(conn: db.Connection, start: Start, since: datetime, at: datetime = NOW) -> None:
    """The job goes on from `since` and says the same as anew."""
    found = run(conn, at)
    assert start() == since
    assert said(found) == said(anew(conn, at))
    assert found.today


def scratch_start(conn: db.Connection) -> datetime:
    with conn:
        return risk_job.first_hour(risk_job.current_seasons(conn), NOW)


def test_forty_days_with_gaps_and_late_hours(maize: db.Connection, start: Start) -> None:
    measure(maize, FIRST, BEGIN)
    station(maize, BEGIN - 6 * DAY, BEGIN + 20 * DAY)
    rng = np.random.default_rng(7)
    behind = dict.fromkeys(FIELDS, BEGIN)
    statuses, coming, goes_on = set(), 0, 0
    for day in range(40):
        for clock in range(24):
            now = BEGIN + day * DAY + (clock + 1) * HOUR
            for field in FIELDS:
                # a node is out of reach for hours or days, and then brings what it measured
                if rng.random() < (0.03 if day % 9 == 4 else 0.4):
                    measure(maize, behind[field], now, field)
                    behind[field] = now
            if clock % 8 == 1 or day == 11:
                found = run(maize, now + timedelta(minutes=10))
                goes_on += start() > FIRST
        if day % 10 == 3:
            station(maize, now, now + 8 * DAY, "forecast")
        found = run(maize, now + timedelta(minutes=10))
        assert said(found) == said(anew(maize, now + timedelta(minutes=10)))
        statuses |= {s.status for s in found.today}
        coming += len(found.coming)
        assert {s.site for s in found.today} == {*FIELDS, BARE}
    assert len(statuses) >= 3
    assert coming > 0
    assert goes_on > 100


def test_where_nothing_is_new_the_past_is_not_read(stood: db.Connection, start: Start) -> None:
    check(stood, start, NEWEST)
    # hours of the day that closed last, and of the open one, are read anew in any case
    put(stood, [(FIELDS[0], "air_temperature", NEWEST + 3 * HOUR, 31.0)])
    check(stood, start, NEWEST)
    measure(stood, BEGIN + 10 * HOUR, BEGIN + DAY + HOUR)
    check(stood, start, NEWEST, BEGIN + DAY + 2 * HOUR)
    check(stood, start, BEGIN, BEGIN + DAY + 2 * HOUR)
    # nobody is heard for days: what is known of the last hours lies before what is read
    run(stood, NOW + 4 * DAY)
    check(stood, start, NEWEST + 4 * DAY, NOW + 4 * DAY + HOUR)


def test_late_data_take_the_job_back_before_them(stood: db.Connection, start: Start) -> None:
    older = [midnight(day) for day in days_to_keep(NOW)[1:]]
    assert older[0] < LATE
    put(stood, [(FIELDS[1], "relative_humidity", LATE, 99.5)])
    check(stood, start, older[0])
    check(stood, start, NEWEST)
    put(stood, [(FIELDS[1], "precipitation_amount", FIRST, 40.0)])
    check(stood, start, scratch_start(stood))
    check(stood, start, NEWEST)
    # the same value once more is no change
    put(stood, [(FIELDS[1], "precipitation_amount", FIRST, 40.0)])
    check(stood, start, NEWEST)
    with stood, stood.cursor() as cur:
        cur.execute("DELETE FROM reading_hourly WHERE hour = %s", (FIRST,))
    check(stood, start, scratch_start(stood))


def test_late_readings_take_the_job_back_through_the_roll_up(
    stood: db.Connection, pool: Pool, start: Start
) -> None:
    with stood, stood.cursor() as cur:
        cur.execute(
            "SELECT s.id FROM series s JOIN placement p ON p.id = s.placement "
            "WHERE (p.field, p.quantity) = (%s, 'air_temperature')",
            (FIELDS[0],),
        )
        ((series,),) = cur.fetchall()
        rows = np.zeros(1, reading_log.READING)
        rows[0] = (series, int(LATE.timestamp()) + 60, 33.0, 0, 0, 3600)
        reading_log.insert_readings(stood, rows, NOW)
    check(stood, start, NEWEST)
    roll_up(Context(pool, NOW))
    check(stood, start, midnight(days_to_keep(NOW)[1]))


def test_late_hours_of_other_stations_count_too(stood: db.Connection, start: Start) -> None:
    before = said(run(stood, NOW))
    station(stood, BEGIN - 20 * DAY, BEGIN - 19 * DAY)
    check(stood, start, scratch_start(stood))
    assert said(run(stood, NOW)) != before
    station(stood, BEGIN - 20 * DAY, BEGIN - 19 * DAY, "forecast")
    check(stood, start, NEWEST)


def test_a_change_that_comes_while_the_job_works_is_not_lost(
    stood: db.Connection, start: Start, monkeypatch: pytest.MonkeyPatch, dsn: str
) -> None:
    real = risk_job.assess_ahead

    def meanwhile(*args):
        with closing(db.connect(dsn)) as other:
            put(other, [(FIELDS[1], "relative_humidity", LATE, 99.0)])
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(risk_job, "assess_ahead", meanwhile)
        run(stood, NOW + DAY)
    check(stood, start, midnight(days_to_keep(NOW)[1]), NOW + DAY)


def test_a_void_state_stays_void_while_nothing_is_grown(
    stood: db.Connection, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(stood, [(FIELDS[1], "relative_humidity", LATE, 99.5)])
    real = risk_job.current_seasons
    with monkeypatch.context() as patch:
        patch.setattr(risk_job, "current_seasons", lambda conn: replace(real(conn), seasons=()))
        assert run(stood, NOW).today == []
    check(stood, start, midnight(days_to_keep(NOW)[1]))


SEASON = {
    "resistance": "UPDATE season SET resistance = 'VS' WHERE field = 'qf-liuge-1'",
    "stage": "INSERT INTO stage_observation (field, crop, date, bbch, observer) "
    "VALUES ('qf-liuge-1', 'summer_maize', '2016-06-12', 5, 'x')",
    "sowing": "UPDATE season SET sown = '2016-06-14' WHERE field = 'qf-liuge-1'",
    "another crop": "INSERT INTO season (field, crop, sown) "
    "VALUES ('qf-liuge-1', 'winter_wheat', '2016-10-10')",
    "harvest of the first": "UPDATE season SET harvested = '2016-06-29' WHERE field = 'qf-liuge-1'",
    "position": "UPDATE village SET longitude = longitude + 0.02 WHERE id = 'bare'",
    "threshold": "UPDATE placement SET wet_threshold = 82 "
    "WHERE field = 'qf-liuge-1' AND quantity = 'relative_humidity'",
    "placement": "UPDATE placement SET height_m = 9 WHERE field = 'qf-liuge-1'",
}


@pytest.mark.parametrize("change", SEASON.values(), ids=SEASON)
def test_changed_facts_of_the_past_fold_anew(
    stood: db.Connection, start: Start, change: str
) -> None:
    with stood, stood.cursor() as cur:
        cur.execute(change)
    check(stood, start, scratch_start(stood))
    check(stood, start, NEWEST)


def test_a_stage_seen_yesterday_needs_no_past(stood: db.Connection, start: Start) -> None:
    with stood, stood.cursor() as cur:
        cur.execute(
            "INSERT INTO stage_observation (field, crop, date, bbch, observer) "
            "VALUES ('qf-liuge-1', 'summer_maize', '2016-06-29', 15, 'x')"
        )
    check(stood, start, NEWEST)


def test_a_changed_setting_folds_anew(stood: db.Connection, start: Start) -> None:
    with stood:
        settings_table.put(stood, neighbours.RANGE_KEY, "5", NOW)
    check(stood, start, scratch_start(stood))


def test_a_changed_crop_table_folds_anew(
    stood: db.Connection, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = risk_job.current_seasons

    def colder(conn):
        seasons = real(conn)
        crop = replace(seasons.crops["summer_maize"], base_c=6.0)
        return replace(seasons, crops={**seasons.crops, "summer_maize": crop})

    monkeypatch.setattr(risk_job, "current_seasons", colder)
    check(stood, start, scratch_start(stood))


def test_a_changed_hazard_folds_anew(
    stood: db.Connection, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    hazards = risk_job.catalogue()
    first = next(iter(hazards))
    changed = hazards | {first: replace(hazards[first], version="9")}
    monkeypatch.setattr(risk_job, "catalogue", lambda: changed)
    check(stood, start, scratch_start(stood))


def test_changed_code_folds_anew(
    stood: db.Connection, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_states, "code", lambda: "other")
    check(stood, start, scratch_start(stood))


DAMAGE = {
    "cut off": (lambda data: data[:1000], "saved state: its bytes are not those that"),
    "no archive": (lambda _: b"old", "saved state: damaged"),
    "another archive": (lambda data: pack(b"old", {}), "saved state: damaged"),
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_state_is_logged_and_not_used(
    stood: db.Connection,
    start: Start,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[bytes], bytes],
    reason: str,
) -> None:
    caplog.set_level(logging.INFO, "nongqing.risk")
    with stood, stood.cursor() as cur:
        for row in risk_state.states(stood, date(2100, 1, 1)):
            data = damage(risk_state.bytes_of(stood, row.open_day))
            digest = row.digest if "not those" in reason else digest_of(data)
            cur.execute(
                "UPDATE risk_state SET bytes = %s, digest = %s WHERE open_day = %s",
                (data, digest, row.open_day),
            )
    check(stood, start, scratch_start(stood))
    assert f"state of the morning of 2016-06-29 is not used: {reason}" in caplog.text
    check(stood, start, NEWEST)


def test_a_state_of_other_quantities_is_not_used(stood: db.Connection) -> None:
    with stood:
        seasons, hazards = risk_job.current_seasons(stood), tuple(risk_job.catalogue().values())
        data = risk_state.bytes_of(stood, days_to_keep(NOW)[0])
    with np.load(io.BytesIO(data)) as archive:
        fold = archive["fold"].tobytes()
    with pytest.raises(kept_states.StateError, match="of other quantities; fold anew"):
        unpack(pack(fold, {}), hazards, seasons)


def test_the_log_gives_the_reason(
    stood: db.Connection, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "nongqing.risk")
    put(stood, [(FIELDS[1], "relative_humidity", LATE, 99.5)])
    run(stood, NOW)
    assert "not used: hours from 2016-06-26 21:00 UTC on have changed since" in caplog.text
    with stood, stood.cursor() as cur:
        cur.execute("UPDATE village SET longitude = longitude + 0.02 WHERE id = 'bare'")
    run(stood, NOW)
    assert "placements, settings or the first hour have changed" in caplog.text


def test_states_and_changes_do_not_pile_up(stood: db.Connection) -> None:
    with stood, stood.cursor() as cur:
        cur.execute("UPDATE hourly_change SET recorded = recorded - interval '3 days'")
    for day in range(1, 20):
        run(stood, NOW + day * DAY)
    with stood, stood.cursor() as cur:
        cur.execute("SELECT count(*) FROM risk_state")
        ((states,),) = cur.fetchall()
        cur.execute("SELECT count(*) FROM hourly_change")
        ((changes,),) = cur.fetchall()
    assert states <= 3
    assert changes <= 1


def test_the_job_itself_keeps_its_state(maize: db.Connection, pool: Pool, start: Start) -> None:
    measure(maize, FIRST, BEGIN + 10 * HOUR)
    risk_job.assess_risk(Context(pool, NOW))
    assert start() == scratch_start(maize)
    risk_job.assess_risk(Context(pool, NOW))
    assert start() == NEWEST
