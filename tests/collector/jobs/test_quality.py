"""Doubts of the hourly and daily look: set, kept with their evidence, lifted by whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner, Result

from collector.commands.network.quality import decided, quality
from collector.jobs.context import Context
from collector.jobs.devices import look_after_devices
from collector.jobs.quality.daily import look_at_day
from collector.jobs.quality.hourly import BY, look_at_hours
from collector.store.items import closed_items, open_items
from collector.store.measured import qc_decisions, reading_log, readings
from collector.store.measured.qc_decisions import Decision, Span
from collector.store.network import limits
from collector.store.network.limits import Limits
from models.weather.local_days import local_day, midnight
from models.weather.quality import AT_ODDS, DRIFT, FREEZE, STRUCK, UNLIKE_NEIGHBOURS
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import NOW, enrol
from tests.collector.ingest.test_intake import rows, take

if TYPE_CHECKING:
    from collector.store.postgres import db
    from collector.store.postgres.db import Pool
    from field_configs.schema import Configs

HOUR = timedelta(hours=1)
AIR = "air_temperature"


def open_series(conn: db.Connection, quantity: str) -> dict[str, int]:
    found = rows(
        conn,
        "SELECT p.id, s.id FROM placement p JOIN series s ON s.placement = p.id"
        " JOIN field f ON f.id = p.field AND f.kind = 'open'"
        f" WHERE p.quantity = '{quantity}' ORDER BY p.id",
    )
    return dict(found)


def put_hours(conn: db.Connection, series: int, end: datetime, values: np.ndarray) -> None:
    """Hours as the roll-up leaves them, the last one before `end`."""
    start = end - len(values) * HOUR
    rows_of = [
        (series, start + place * HOUR, None if np.isnan(value) else float(value))
        for place, value in enumerate(values)
    ]
    with conn, conn.cursor() as cur:
        cur.executemany(
            "INSERT INTO reading_hourly (series_id, hour, mean, sum, min, max, last, count,"
            " completeness, qc) VALUES (%s, %s, %s, %s, %s, %s, %s, 6, 1, 3)"
            " ON CONFLICT (series_id, hour) DO UPDATE SET mean = excluded.mean",
            [(s, hour, *[value] * 5) for s, hour, value in rows_of],
        )


def doubts(conn: db.Connection, series: int, bit: int) -> list[datetime]:
    found = rows(
        conn,
        f"SELECT hour FROM reading_hourly WHERE series_id = {series} AND qc & {bit} <> 0"
        " ORDER BY hour",
    )
    return [hour for (hour,) in found]


def history(conn: db.Connection, series: int) -> list[Decision]:
    with conn:
        return qc_decisions.history(
            conn, series, NOW - timedelta(days=900), NOW + timedelta(days=900)
        )


@pytest.fixture
def air(registered: db.Connection) -> dict[str, int]:
    """Air temperature of the open fields, alike; the first is off by 12 degrees at the end."""
    found = open_series(registered, AIR)
    assert len(found) >= 3
    base = 15 + 5 * np.sin(np.arange(49) / 24 * 2 * np.pi)
    for place, (name, series) in enumerate(found.items()):
        values = base + 0.1 * place
        if place == 0:
            values[-3:] += 12
        put_hours(registered, series, NOW, values)
        assert name
    return found


def test_a_doubt_is_set_with_its_evidence_and_used_nevertheless(
    registered: db.Connection, pool: Pool, air: dict[str, int]
) -> None:
    odd, *others = air.values()
    said = str(look_at_hours(Context(pool, NOW + timedelta(minutes=10))))
    assert said == "decisions: 1; hours in doubt: 3"
    assert doubts(registered, odd, UNLIKE_NEIGHBOURS) == [NOW - h * HOUR for h in (3, 2, 1)]
    assert not any(doubts(registered, other, UNLIKE_NEIGHBOURS) for other in others)
    (kept,) = history(registered, odd)
    assert (kept.name, kept.stands, kept.person, kept.by) == (
        "unlike_neighbours",
        True,
        False,
        BY,
    )
    assert (kept.since, kept.until) == (NOW - 3 * HOUR, NOW)
    assert kept.evidence["rule"] == "unlike"
    assert kept.evidence["neighbours"] == 3  # of five others two are further than 35 km
    assert kept.evidence["value"] - kept.evidence["around"] == pytest.approx(12, abs=0.5)
    with registered:
        data = readings.hourly_dataset(registered, [AIR], NOW - 3 * HOUR, NOW)
    assert not np.isnan(data[AIR].values[:, 0]).any()
    # once more: nothing new
    assert str(look_at_hours(Context(pool, NOW))) == "decisions: 0; hours in doubt: 3"


def test_a_doubt_that_late_values_take_away_is_lifted(
    registered: db.Connection, pool: Pool, air: dict[str, int]
) -> None:
    odd, *others = air.values()
    look_at_hours(Context(pool, NOW))
    for series in others:
        put_hours(registered, series, NOW, np.full(2, 30.0))
    put_hours(registered, odd, NOW, np.full(2, 30.0))
    assert str(look_at_hours(Context(pool, NOW))) == "decisions: 1; hours in doubt: 1"
    assert doubts(registered, odd, UNLIKE_NEIGHBOURS) == [NOW - 3 * HOUR]
    newest, oldest = history(registered, odd)
    assert (newest.stands, newest.since, newest.until) == (False, NOW - 2 * HOUR, NOW)
    assert oldest.stands


def test_where_a_person_decided_the_job_keeps_silent(
    registered: db.Connection, pool: Pool, air: dict[str, int]
) -> None:
    name, odd = next(iter(air.items()))
    look_at_hours(Context(pool, NOW))
    span = Span(NOW - 3 * HOUR, NOW)
    with registered:
        decided(registered, name, span, UNLIKE_NEIGHBOURS, False, "Li", "brick kiln", NOW)
        with registered.cursor() as cur:  # as the roll-up leaves it, which needs the readings
            cur.execute("UPDATE reading_hourly SET qc = 3 WHERE series_id = %s AND qc > 3", [odd])
    assert str(look_at_hours(Context(pool, NOW))) == "decisions: 0; hours in doubt: 3"
    assert doubts(registered, odd, UNLIKE_NEIGHBOURS) == []


def test_a_placement_may_be_further_from_its_neighbours(
    registered: db.Connection, pool: Pool, air: dict[str, int]
) -> None:
    name = next(iter(air))
    span = (NOW - timedelta(days=9), None)
    with registered:
        limits.give(registered, name, span, Limits(apart=15), by="Li", reason="hill", at=NOW)
    assert str(look_at_hours(Context(pool, NOW))) == "decisions: 0; hours in doubt: 0"


def test_what_was_found_holds_of_readings_that_come_again(
    registered: db.Connection, pool: Pool, configs: Configs
) -> None:
    """Real frames; then every hour is rolled up anew from its readings."""
    outdoors = [
        n for n in sorted(configs.nodes) if configs.fields[configs.nodes[n].field].kind == "open"
    ]
    benches = [enrol(registered, name) for name in outdoors]
    for place, bench in enumerate(benches):
        hot = {0: [1500 + (1500 if place == 0 else 0) + i for i in range(6)]}
        take(registered, *(bench.frame(t0=3600 * hour, values=hot) for hour in range(6)))
    with registered:
        reading_log.roll_up(registered)
    look_at_hours(Context(pool, NOW))
    ((odd,),) = rows(
        registered,
        "SELECT s.id FROM series s JOIN assignment a ON a.placement = s.placement"
        f" WHERE a.node = '{benches[0].key.node}' AND a.channel = 0",
    )
    assert len(doubts(registered, odd, UNLIKE_NEIGHBOURS)) == 6
    marked = (
        f"SELECT count(*) FROM reading WHERE series_id = {odd} AND qc & {UNLIKE_NEIGHBOURS} <> 0"
    )
    assert rows(registered, marked) == [(36,)]
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE reading SET qc = 3")
        cur.execute("INSERT INTO dirty_hour SELECT series_id, hour, 600 FROM reading_hourly")
    with registered:
        reading_log.roll_up(registered)
    assert len(doubts(registered, odd, UNLIKE_NEIGHBOURS)) == 6
    assert rows(registered, marked) == [(36,)]


def test_soil_that_rises_without_water_is_in_doubt(registered: db.Connection, pool: Pool) -> None:
    moist = open_series(registered, "soil_moisture")
    gauges = open_series(registered, "precipitation_amount")
    for series in gauges.values():
        put_hours(registered, series, NOW, np.zeros(49))
    series = next(iter(moist.values()))
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE placement SET height_m = -0.1 WHERE quantity = 'soil_moisture'")
    values = np.full(49, 0.2)
    values[-2:] = 0.3
    put_hours(registered, series, NOW, values)
    look_at_hours(Context(pool, NOW))
    assert doubts(registered, series, AT_ODDS) == [NOW - 2 * HOUR]
    (kept,) = history(registered, series)
    assert kept.evidence["rule"] == "rises dry"
    assert kept.evidence["day_before"] == 0.2


DAY = date(2016, 4, 30)
END = midnight(DAY + timedelta(days=1))


def drifting(conn: db.Connection, count: int, last: float) -> dict[str, int]:
    """Days of the open fields, the first one off by `last` in its last seven days.

    Of the 24 days before these, what the job keeps of a day.
    """
    found = open_series(conn, AIR)
    rng = np.random.default_rng(4)
    with conn, conn.cursor() as cur:
        cur.executemany(
            "INSERT INTO departure VALUES (%s, %s, %s, NULL, 10, 10)",
            [
                (series, DAY - timedelta(days=back), float(rng.normal(0, 0.1)))
                for series in found.values()
                for back in range(count, count + 24)
            ],
        )
    base = 15 + 5 * np.sin(np.arange(count * 24) / 24 * 2 * np.pi)
    for place, series in enumerate(found.values()):
        values = base + rng.normal(0, 0.1, len(base))
        if place == 0:
            values[-7 * 24 :] += last
        put_hours(conn, series, END, values)
    return found


def days(pool: Pool, first: int, last: int = 0) -> str:
    """Let the job look at days, some before `DAY` to some after."""
    said = ""
    for back in range(first, -last - 1, -1):
        said = str(look_at_day(Context(pool, END + timedelta(hours=4, days=-back))))
    return said


def test_drift_is_an_item_with_evidence_that_closes_by_itself(
    registered: db.Connection, pool: Pool
) -> None:
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE assignment SET valid_from = NULL")
    found = drifting(registered, 8, 3.0)
    odd = next(iter(found.values()))
    assert days(pool, 7, 0) == "drifting: 1; hardly moving: 0; unlike in dew point: 0"
    with registered:
        (item,) = [i for i in open_items(registered) if i.event.kind == "sensor_drifts"]
    params = item.event.params
    assert item.subject == next(iter(found))
    assert params["apart"] == pytest.approx(3.0, abs=0.2)
    assert params["usual"] == pytest.approx(0.0, abs=0.2)
    assert params["since"] == "2016-04-24"
    assert "-t " in str(params["neighbours"])
    text = str(item.event)
    assert "since 2016-04-24 the air temperature of node" in text
    assert "nongqing quality strike" in text
    assert len(doubts(registered, odd, DRIFT)) >= 24
    # mended: the week after it is as usual
    for series in found.values():
        put_hours(registered, series, END + timedelta(days=7), np.full(7 * 24, 15.0))
    days(pool, -1, 7)
    with registered:
        assert [i for i in open_items(registered) if i.event.kind == "sensor_drifts"] == []
        assert [i.closed_by for i in closed_items(registered)] == [None]


def test_another_probe_begins_anew(registered: db.Connection, pool: Pool) -> None:
    drifting(registered, 8, 3.0)
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE assignment SET valid_from = %s", [END - timedelta(days=10)])
    assert days(pool, 7, 0) == "drifting: 0; hardly moving: 0; unlike in dew point: 0"


def test_a_sensor_that_hardly_moves_is_an_item(registered: db.Connection, pool: Pool) -> None:
    found = drifting(registered, 3, 0.0)
    odd = next(iter(found.values()))
    put_hours(registered, odd, END, 15 + 0.1 * np.sin(np.arange(48)))
    assert days(pool, 2) == "drifting: 0; hardly moving: 1; unlike in dew point: 0"
    with registered:
        (item,) = [i for i in open_items(registered) if i.event.kind == "sensor_stands"]
    assert "on 2016-04-30 and the day before the air temperature of node" in str(item.event)
    assert item.event.params["around"] == pytest.approx(10, abs=1)


def test_soil_that_swings_like_the_air_is_in_doubt(registered: db.Connection, pool: Pool) -> None:
    soil = open_series(registered, "soil_temperature")
    assert soil
    series = next(iter(soil.values()))
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE placement SET height_m = -0.3 WHERE quantity = 'soil_temperature'")
    drifting(registered, 2, 0.0)
    put_hours(registered, series, END, 15 + 5 * np.sin(np.arange(48) / 24 * 2 * np.pi))
    days(pool, 0)
    assert len(doubts(registered, series, AT_ODDS)) == 24
    assert local_day(doubts(registered, series, AT_ODDS)[0]) == DAY
    assert history(registered, series)[0].evidence["rule"] == "swings"


def test_struck_hours_are_no_neighbours(
    registered: db.Connection, pool: Pool, air: dict[str, int]
) -> None:
    """What was struck has no value in its hours, so that nobody is judged by it."""
    odd, *others = air.values()
    with registered, registered.cursor() as cur:
        for series in others[1:]:
            cur.execute(
                "UPDATE reading_hourly SET mean = NULL, count = 0, completeness = 0, qc = %s"
                " WHERE series_id = %s",
                [STRUCK, series],
            )
    assert str(look_at_hours(Context(pool, NOW))) == "decisions: 0; hours in doubt: 0"


def test_a_value_that_a_person_let_stand_is_not_called_frozen_again(
    registered: db.Connection, pool: Pool, configs: Configs
) -> None:
    bench = enrol(registered, sorted(configs.nodes)[0])
    calm = {3: [250] * 6}
    take(registered, *(bench.frame(t0=3600 * hour, values=calm) for hour in range(6)))
    ((place, series),) = rows(
        registered,
        "SELECT s.placement, s.id FROM series s JOIN assignment a ON a.placement = s.placement"
        f" WHERE a.node = '{bench.key.node}' AND a.channel = 3",
    )
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE series_tail SET qc = qc | 64 WHERE series_id = %s", [series])
    look = Context(pool, NOW)
    frozen = f"SELECT count(*) FROM reading WHERE series_id = {series} AND qc & 64 <> 0"
    look_after_devices(look)
    assert rows(registered, frozen) == [(36,)]
    with registered:
        decided(registered, place, Span(NOW - 9 * HOUR, NOW), FREEZE, False, "Li", "calm", NOW)
        with registered.cursor() as cur:
            cur.execute("UPDATE series_tail SET qc = qc | 64 WHERE series_id = %s", [series])
    look_after_devices(look)
    assert rows(registered, frozen) == [(0,)]


def test_a_past_time_is_checked_by_command(
    registered: db.Connection, air: dict[str, int], dsn: str
) -> None:
    def run(*words: str) -> Result:
        return CliRunner().invoke(quality, ["check", *words], obj=Parts({"NONGQING_DSN": dsn}))

    begun, end = (NOW - 24 * HOUR).isoformat(), NOW.isoformat()
    found = run("--from", begun, "--to", end)
    assert (found.exit_code, found.output) == (
        1,
        "to 2016-05-01 12:00 UTC: 3 hours in doubt, 1 decisions\n",
    )
    calm = (NOW - 48 * HOUR).isoformat()
    assert run("--from", calm, "--to", begun).exit_code == 0
    wrong = run("--from", end, "--to", begun)
    assert wrong.exit_code == 2
    assert "--to must lie after --from" in wrong.output


def test_soil_may_hold_more_where_somebody_says_so(registered: db.Connection, pool: Pool) -> None:
    (name, series), *_ = open_series(registered, "soil_moisture").items()
    put_hours(registered, series, NOW, np.full(49, 0.65))
    assert str(look_at_hours(Context(pool, NOW))) == "decisions: 1; hours in doubt: 24"
    assert history(registered, series)[0].evidence["rule"] == "above pores"
    span = (NOW - timedelta(days=9), None)
    with registered:
        limits.give(registered, name, span, Limits(high=0.7), by="Li", reason="peat", at=NOW)
    assert str(look_at_hours(Context(pool, NOW))) == "decisions: 1; hours in doubt: 0"
    assert doubts(registered, series, AT_ODDS) == []
