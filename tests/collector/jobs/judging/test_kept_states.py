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
from psycopg2.errors import LockNotAvailable
from psycopg2.extras import execute_values

from collector.jobs.context import Context
from collector.jobs.judging import kept_states, neighbours
from collector.jobs.judging import risk as risk_job
from collector.jobs.judging.field_hours import FieldHours
from collector.jobs.judging.risk import Computed
from collector.jobs.judging.walk import Walk
from collector.jobs.upkeep import roll_up
from collector.store import settings_table
from collector.store.advice import risk_state
from collector.store.advice.risk_state import digest_of
from collector.store.measured import reading_log, weather
from collector.store.measured.weather import WeatherValue
from collector.store.postgres import db
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.state import days_to_keep
from models.weather.local_days import midnight

if TYPE_CHECKING:
    from collector.store.postgres.db import Pool

QUANTITIES = ("air_temperature", "precipitation_amount", "relative_humidity", "soil_moisture")
FIELDS = ("qf-liuge-1", "qf-mazhuangqiao-1")
BARE = "bare-1"
SOWN = date(2016, 6, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: First hour that is measured, and the local midnight on which the story begins.
FIRST = datetime(2016, 5, 31, 16, tzinfo=UTC)
BEGIN = datetime(2016, 6, 29, 16, tzinfo=UTC)
#: An hour before which states of the story's first days stand.
LATE = BEGIN - 3 * DAY + 5 * HOUR

Since = Callable[[], dict[str, datetime]]


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
            "soil_moisture": rng.uniform(0.1, 0.3),
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
    today, coming = list(found.today), list(found.coming)
    assert today
    return [bits(s) for s in today], [bits(s) for s in coming], found.origins


def run(conn: db.Connection, at: datetime) -> tuple[object, ...]:
    """What the job says; it keeps its states."""
    with conn:
        return said(risk_job.compute_risk(conn, at))


def from_nothing(conn: db.Connection, at: datetime) -> tuple[object, ...]:
    """What the job says without any state."""
    with conn:
        return said(risk_job.compute_risk(conn, at, kept=False))


@pytest.fixture
def since(monkeypatch: pytest.MonkeyPatch) -> Since:
    """From when on hours of each field were read since this was last asked."""
    asked: dict[str, datetime] = {}
    real = FieldHours.read

    def reading(self, sites, start, end):
        for site in sites:
            asked[site] = min(start, asked.get(site, start))
        return real(self, sites, start, end)

    def ask() -> dict[str, datetime]:
        found = dict(asked)
        asked.clear()
        return found

    monkeypatch.setattr(FieldHours, "read", reading)
    return ask


@pytest.fixture
def stood(maize: db.Connection, since: Since) -> db.Connection:
    """A month of hours, and the states that the job kept after it."""
    measure(maize, FIRST, BEGIN + 10 * HOUR)
    station(maize, BEGIN - 10 * DAY, BEGIN + 9 * HOUR)
    run(maize, NOW)
    since()
    return maize


NOW = BEGIN + 10 * HOUR + timedelta(minutes=10)
NEWEST = BEGIN - DAY


def check(
    conn: db.Connection,
    since: Since,
    usual: datetime = NEWEST,
    at: datetime = NOW,
    **back: datetime,
) -> None:
    """The job says what it says from nothing; it goes on from `usual`, some from elsewhere."""
    since()
    found = run(conn, at)
    wanted = dict.fromkeys((*FIELDS, BARE), usual) | {NAMES[k]: v for k, v in back.items()}
    assert since() == wanted
    assert found == from_nothing(conn, at)
    since()


NAMES = {"liuge": FIELDS[0], "mazhuangqiao": FIELDS[1], "bare": BARE}
#: Where the fields' computations begin: on the first of the month, 75 days before their sowing.
BEGINS = midnight(date(2016, 3, 1))
#: The morning of the newest kept state before `LATE`.
BEFORE_LATE = midnight(days_to_keep(NOW)[1])


def test_four_weeks_with_gaps_and_late_hours(maize: db.Connection, since: Since) -> None:
    measure(maize, FIRST, BEGIN)
    station(maize, BEGIN - 6 * DAY, BEGIN + 20 * DAY)
    rng = np.random.default_rng(7)
    behind = dict.fromkeys(FIELDS, BEGIN)
    statuses, coming, goes_on, apart = set(), 0, 0, 0

    def counted(goes_on: int, apart: int) -> tuple[int, int]:
        starts = since().values()
        return goes_on + (min(starts) > BEGINS), apart + (len(set(starts)) > 1)

    for day in range(28):
        for clock in range(24):
            now = BEGIN + day * DAY + (clock + 1) * HOUR
            for place, field in enumerate(FIELDS):
                # a node is out of reach for hours or days, and then brings what it measured
                if rng.random() < (0.01 if (day + 5 * place) % 9 in (3, 4, 5) else 0.4):
                    measure(maize, behind[field], now, field)
                    behind[field] = now
            if clock % 8 == 1 or day == 11:
                run(maize, now + timedelta(minutes=10))
                goes_on, apart = counted(goes_on, apart)
        if day % 10 == 3:
            station(maize, now, now + 8 * DAY, "forecast")
        if day == 21:
            with maize, maize.cursor() as cur:
                cur.execute(
                    "INSERT INTO stage_observation (field, crop, date, bbch, observer) "
                    "VALUES (%s, 'summer_maize', '2016-07-05', 19, 'x')",
                    (FIELDS[1],),
                )
        found = run(maize, now + timedelta(minutes=10))
        goes_on, apart = counted(goes_on, apart)
        assert found == from_nothing(maize, now + timedelta(minutes=10))
        since()
        statuses |= {dict(zip(ANSWER, s, strict=True))["status"] for s in found[0]}
        coming += len(found[1])
        assert {s[0] for s in found[0]} == {*FIELDS, BARE}
    assert len(statuses) >= 3
    assert coming > 0
    assert goes_on > 70
    assert apart > 3


ANSWER = [f.name for f in fields(RiskStatus)]


def test_where_nothing_is_new_the_past_is_not_read(stood: db.Connection, since: Since) -> None:
    check(stood, since)
    # hours of the day that closed last, and of the open one, are read again in any case
    put(stood, [(FIELDS[0], "air_temperature", NEWEST + 3 * HOUR, 31.0)])
    check(stood, since)
    measure(stood, BEGIN + 10 * HOUR, BEGIN + DAY + HOUR)
    check(stood, since, NEWEST, BEGIN + DAY + 2 * HOUR)
    check(stood, since, BEGIN, BEGIN + DAY + 2 * HOUR)
    # nobody is heard for days: what is known of the last hours lies before what is read
    run(stood, NOW + 4 * DAY)
    check(stood, since, NEWEST + 4 * DAY, NOW + 4 * DAY + HOUR)


def test_late_hours_take_back_their_field_and_what_is_told_from_it(
    stood: db.Connection, since: Since
) -> None:
    assert BEFORE_LATE < LATE
    put(stood, [(FIELDS[1], "relative_humidity", LATE, 99.5)])
    check(stood, since, mazhuangqiao=BEFORE_LATE, bare=BEFORE_LATE)
    check(stood, since)
    put(stood, [(FIELDS[1], "precipitation_amount", FIRST, 40.0)])
    check(stood, since, mazhuangqiao=BEGINS, bare=BEGINS)
    check(stood, since)
    # the same value once more is no change
    put(stood, [(FIELDS[1], "precipitation_amount", FIRST, 40.0)])
    check(stood, since)
    # nobody says anything of the soil
    put(stood, [(FIELDS[0], "soil_moisture", LATE, 0.11)])
    check(stood, since, liuge=BEFORE_LATE)
    with stood, stood.cursor() as cur:
        cur.execute("DELETE FROM reading_hourly WHERE hour = %s", (FIRST,))
    check(stood, since, BEGINS)


def test_late_and_fresh_hours_of_one_statement_are_told_apart(
    stood: db.Connection, since: Since
) -> None:
    fresh = [r for q in QUANTITIES for r in hours_of(FIELDS[0], q, BEGIN + 10 * HOUR, BEGIN + DAY)]
    put(stood, [*fresh, (FIELDS[1], "soil_moisture", LATE, 0.11)])
    check(stood, since, mazhuangqiao=BEFORE_LATE)


def test_late_readings_take_fields_back_through_the_roll_up(
    stood: db.Connection, pool: Pool, since: Since
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
    check(stood, since)
    roll_up(Context(pool, NOW))
    check(stood, since, liuge=BEFORE_LATE, bare=BEFORE_LATE)


def test_late_hours_of_other_stations_reach_what_is_told_from_them(
    stood: db.Connection, since: Since
) -> None:
    before = run(stood, NOW)
    station(stood, BEGIN - 20 * DAY, BEGIN - 19 * DAY)
    check(stood, since, bare=BEGINS)
    station(stood, BEGIN - 20 * DAY, BEGIN - 19 * DAY, "forecast")
    check(stood, since)
    station(stood, BEGIN - 15 * DAY, BEGIN - 14 * DAY)  # of days on which maize stood
    assert run(stood, NOW) != before


def test_a_change_that_comes_while_the_job_works_is_not_lost(
    stood: db.Connection, since: Since, monkeypatch: pytest.MonkeyPatch, dsn: str
) -> None:
    real = Walk.to

    def meanwhile(*args):
        with closing(db.connect(dsn)) as other:
            put(other, [(FIELDS[1], "relative_humidity", LATE, 99.0)])
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(Walk, "to", meanwhile)
        run(stood, NOW + DAY)
    back = {"mazhuangqiao": BEFORE_LATE, "bare": BEFORE_LATE}
    check(stood, since, BEGIN, NOW + DAY, **back)


def test_two_at_once_wait_for_each_other(stood: db.Connection, dsn: str) -> None:
    # each would drop what the other holds for valid
    with closing(db.connect(dsn)) as other, stood:
        said(risk_job.compute_risk(stood, NOW))
        with other.cursor() as cur:
            cur.execute("SET lock_timeout = '100ms'")
        with pytest.raises(LockNotAvailable):
            risk_job.compute_risk(other, NOW)


def test_a_void_state_stays_void_while_nothing_is_grown(
    stood: db.Connection, since: Since, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(stood, [(FIELDS[1], "relative_humidity", LATE, 99.5)])
    real = risk_job.current_seasons

    def only_maize(conn):
        found = real(conn)
        return replace(found, seasons=tuple(s for s in found.seasons if s.site == FIELDS[0]))

    with monkeypatch.context() as patch:
        patch.setattr(risk_job, "current_seasons", only_maize)
        run(stood, NOW)
    check(stood, since, mazhuangqiao=BEGINS, bare=BEGINS)


LIUGE = "WHERE field = 'qf-liuge-1'"
VARIETY = f"UPDATE season SET resistance = 'VS' {LIUGE}"
SPRAYED = (
    "INSERT INTO field_work (field, kind, date, recorded_by, done, product, target, note, origin, "
    "received) VALUES ('qf-liuge-1', 'spray', '{}', '', {}, '', '', '', 'x', now())"
)
FACTS = {
    "resistance": (VARIETY, {"liuge"}),
    "stage": (
        "INSERT INTO stage_observation (field, crop, date, bbch, observer) "
        "VALUES ('qf-liuge-1', 'summer_maize', '2016-06-12', 5, 'x')",
        {"liuge"},
    ),
    "spray": (SPRAYED.format("2016-06-12", "true"), {"liuge"}),
    "a spray before sowing": (SPRAYED.format("2016-06-01", "true"), set()),
    "a spray taken back": (SPRAYED.format("2016-06-20", "false"), set()),
    "an irrigation": (
        SPRAYED.format("2016-06-20", "true").replace("'spray'", "'irrigation'"),
        set(),
    ),
    "sowing": (f"UPDATE season SET sown = '2016-06-14' {LIUGE}", {"liuge"}),
    "another crop": (
        "INSERT INTO season (field, crop, sown) "
        "VALUES ('qf-liuge-1', 'winter_wheat', '2016-10-10')",
        {"liuge"},
    ),
    "threshold": (
        f"UPDATE placement SET wet_threshold = 82 {LIUGE} AND quantity = 'relative_humidity'",
        {"liuge"},
    ),
    # where a field without sensors lies decides what it gets
    "position": ("UPDATE village SET longitude = longitude + 0.02 WHERE id = 'bare'", {"bare"}),
    # where a station stands decides what it tells others, not what it measures
    "position of a station": (
        "UPDATE village SET longitude = longitude + 0.02 WHERE id = 'qf-liuge'",
        {"bare"},
    ),
    # one sensor more, without hours of the past: of use to its own field from now on
    "a new sensor": (
        "WITH made AS (INSERT INTO placement (id, field, quantity, height_m) "
        "VALUES ('new', 'bare-1', 'relative_humidity', 2) RETURNING id) "
        "INSERT INTO series (placement) SELECT id FROM made",
        {"bare"},
    ),
    "a sensor nearer to the standard height": (
        "WITH made AS (INSERT INTO placement (id, field, quantity, height_m) "
        "VALUES ('new', 'qf-liuge-1', 'soil_moisture', -0.05) RETURNING id) "
        "INSERT INTO series (placement) SELECT id FROM made",
        {"liuge"},
    ),
    "a sensor further from it": (
        "WITH made AS (INSERT INTO placement (id, field, quantity, height_m) "
        "VALUES ('new', 'qf-liuge-1', 'air_temperature', 0.1) RETURNING id) "
        "INSERT INTO series (placement) SELECT id FROM made",
        set(),
    ),
    "a sensor that changes its field": (
        "UPDATE placement SET field = 'py-bagongqiao-1' "
        "WHERE field = 'qf-liuge-1' AND quantity = 'air_temperature'",
        {"liuge", "bare"},
    ),
    "a greenhouse": ("UPDATE field SET kind = 'greenhouse' WHERE id = 'qf-liuge-1'", {"bare"}),
}


@pytest.mark.parametrize(("change", "reached"), FACTS.values(), ids=FACTS)
def test_a_changed_fact_takes_back_only_what_it_reaches(
    stood: db.Connection, since: Since, change: str, reached: set[str]
) -> None:
    with stood, stood.cursor() as cur:
        cur.execute(change)
    check(stood, since, **dict.fromkeys(reached, BEGINS))
    check(stood, since)


def test_a_spray_entered_late_goes_back_to_the_morning_before_it(
    stood: db.Connection, since: Since
) -> None:
    with stood, stood.cursor() as cur:
        cur.execute(SPRAYED.format("2016-06-20", "true"))
    check(stood, since, liuge=midnight(date(2016, 6, 13)))
    check(stood, since)


def test_a_new_station_speaks_from_its_first_hour_on(stood: db.Connection, since: Since) -> None:
    """One more node reaches the fields around it from now on, and takes none of them back."""
    with stood, stood.cursor() as cur:
        cur.execute(
            "INSERT INTO field (id, village, zh, en, kind) VALUES ('b2', 'bare', '', '', 'open')"
        )
        cur.execute(FACTS["a new sensor"][0].replace("bare-1", "b2"))
    check(stood, since)
    before = run(stood, NOW)
    with stood, stood.cursor() as cur:
        cur.execute(
            "INSERT INTO reading_hourly SELECT s.id, %s, 50, 50, 50, 50, 50, 6, 1, 1 FROM series s "
            "JOIN placement p ON p.id = s.placement WHERE p.id = 'new'",
            (NEWEST + 5 * HOUR,),
        )
    check(stood, since)
    assert run(stood, NOW) != before


def test_a_harvest_takes_back_its_own_field(stood: db.Connection, since: Since) -> None:
    """It may move the day on which the field begins; the others go on from where they stand."""
    with stood, stood.cursor() as cur:
        cur.execute(f"UPDATE season SET harvested = '2016-06-29' {LIUGE}")
    check(stood, since)
    with stood, stood.cursor() as cur:
        cur.execute(f"UPDATE season SET harvested = '2016-06-28' {LIUGE}")
    check(stood, since, liuge=BEFORE_LATE)
    with stood, stood.cursor() as cur:
        cur.execute(
            "INSERT INTO season (field, crop, sown) VALUES ('qf-liuge-1', 'peanut', '2016-06-29')"
        )
    check(stood, since, liuge=midnight(date(2016, 4, 1)))


def test_a_stage_seen_yesterday_needs_no_past(stood: db.Connection, since: Since) -> None:
    with stood, stood.cursor() as cur:
        cur.execute(
            "INSERT INTO stage_observation (field, crop, date, bbch, observer) "
            "VALUES ('qf-liuge-1', 'summer_maize', '2016-06-29', 15, 'x')"
        )
    check(stood, since)


def test_a_changed_setting_takes_back_what_is_told(stood: db.Connection, since: Since) -> None:
    with stood:
        settings_table.put(stood, neighbours.RANGE_KEY, "5", NOW)
    check(stood, since, bare=BEGINS)


def test_a_changed_crop_table_takes_back_those_that_grow_it(
    stood: db.Connection, since: Since, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = risk_job.current_seasons
    for crop, usual in (("garlic", NEWEST), ("summer_maize", BEGINS)):

        def colder(conn, crop=crop):
            seasons = real(conn)
            changed = replace(seasons.crops[crop], base_c=6.0)
            return replace(seasons, crops={**seasons.crops, crop: changed})

        monkeypatch.setattr(risk_job, "current_seasons", colder)
        check(stood, since, usual)


def test_a_changed_hazard_computes_anew(
    stood: db.Connection, since: Since, monkeypatch: pytest.MonkeyPatch
) -> None:
    hazards = risk_job.catalogue()
    first = next(iter(hazards))
    changed = hazards | {first: replace(hazards[first], version="9")}
    monkeypatch.setattr(risk_job, "catalogue", lambda: changed)
    check(stood, since, BEGINS)


def test_changed_code_computes_anew(
    stood: db.Connection, since: Since, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_states, "code", lambda: "other")
    check(stood, since, BEGINS)


def another_archive(_: bytes) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, a=np.zeros(1))
    return buffer.getvalue()


DAMAGE = {
    "cut off": (lambda data: data[:1000], "saved state: its bytes are not those that"),
    "no archive": (lambda _: b"old", "saved state: damaged"),
    "another archive": (another_archive, "saved state: damaged"),
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_state_is_logged_and_an_older_one_used(
    stood: db.Connection,
    since: Since,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[bytes], bytes],
    reason: str,
) -> None:
    caplog.set_level(logging.INFO, "nongqing.risk")
    with stood, stood.cursor() as cur:
        for state, digest in newest_states(stood):
            data = damage(risk_state.bytes_of(stood, state))
            if "not those" not in reason:
                digest = digest_of(data)
            cur.execute(
                "UPDATE risk_state SET bytes = %s, digest = %s WHERE id = %s", (data, digest, state)
            )
    check(stood, since, BEFORE_LATE)
    assert f"state of the morning of 2016-06-29 is not used: {reason}" in caplog.text
    check(stood, since)


def newest_states(conn: db.Connection) -> set[tuple[int, str]]:
    kept = risk_state.held(conn, date(2100, 1, 1))
    return {(h.state, h.digest) for h in kept if h.open_day == kept[0].open_day}


def test_the_log_gives_the_reason(
    stood: db.Connection, since: Since, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "nongqing.risk")
    put(stood, [(FIELDS[1], "soil_moisture", LATE, 0.12)])
    run(stood, NOW)
    assert "of 2016-06-29 is not used for 1 fields: hours before it changed" in caplog.text
    with stood, stood.cursor() as cur:
        cur.execute("UPDATE village SET longitude = longitude + 0.02 WHERE id = 'bare'")
    run(stood, NOW)
    assert "sensors, stations, trap counts, settings or the first day changed" in caplog.text
    with stood, stood.cursor() as cur:
        cur.execute("DELETE FROM season WHERE field = 'bare-1'")
    run(stood, NOW)
    assert "for 1 fields: nothing is grown there, or nothing tells its weather" in caplog.text


def test_states_and_changes_do_not_pile_up(stood: db.Connection) -> None:
    with stood, stood.cursor() as cur:
        cur.execute("UPDATE hourly_change SET recorded = recorded - interval '3 days'")
    for day in range(1, 20):
        put(stood, [(FIELDS[day % 2], "soil_moisture", LATE + day * DAY, 0.01 * day)])
        run(stood, NOW + day * DAY)
    with stood, stood.cursor() as cur:
        cur.execute("SELECT count(*) FROM risk_state")
        ((states,),) = cur.fetchall()
        cur.execute("SELECT count(*), count(DISTINCT open_day) FROM risk_state_field")
        ((rows, days),) = cur.fetchall()
        cur.execute("SELECT count(*) FROM hourly_change WHERE recorded < now() - interval '2 days'")
        ((changes,),) = cur.fetchall()
    assert days <= 3
    assert rows == 3 * days
    assert states <= rows
    assert changes <= 1


def test_the_job_itself_keeps_its_state(maize: db.Connection, pool: Pool, since: Since) -> None:
    measure(maize, FIRST, BEGIN + 10 * HOUR)
    risk_job.assess_risk(Context(pool, NOW))
    assert set(since().values()) == {BEGINS}
    risk_job.assess_risk(Context(pool, NOW))
    assert set(since().values()) == {NEWEST}


def test_many_fields_are_kept_in_parts(
    stood: db.Connection, since: Since, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_states, "TOGETHER", 2)
    monkeypatch.setattr(kept_states, "code", lambda: "in parts of two")
    check(stood, since, BEGINS)
    assert len(newest_states(stood)) == 2
    put(stood, [(FIELDS[0], "soil_moisture", LATE, 0.11)])
    check(stood, since, liuge=BEFORE_LATE)
    assert len(newest_states(stood)) == 3
    check(stood, since)
