"""What needs a person at a device is found, and closes by itself when its cause is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from collector.ingest import intake
from collector.jobs.context import Context
from collector.jobs.devices import QUIET_AFTER, look_after_devices
from collector.jobs.judging.risk import assess_risk
from collector.store import items
from collector.store.advice import risk
from collector.store.items import open_items
from collector.store.measured import reading_log
from collector.store.network import registry
from collector.store.network.frames import BootId
from firmware.wire import codec
from models.hazards.catalogue import catalogue
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, OUT_OF_SEASON
from tests.collector.conftest import NOW, enrol
from tests.collector.ingest.test_intake import take

if TYPE_CHECKING:
    from collector.store.postgres import db
    from collector.store.postgres.db import Pool
    from field_configs.schema import Configs
    from tests.collector.conftest import Bench


def looked(conn: db.Connection, pool: Pool, at: datetime) -> dict[str, str]:
    """Let the job look; what it leaves open, by kind."""
    look_after_devices(Context(pool, at))
    with conn:
        return {item.event.kind: str(item.event) for item in open_items(conn)}


def test_a_silent_node_is_noted_until_it_is_heard(
    registered: db.Connection, pool: Pool, bench: Bench
) -> None:
    day = NOW + timedelta(hours=1)
    assert str(look_after_devices(Context(pool, day))).startswith("silent: 1 nodes, 0 probes;")
    with registered:
        (item,) = open_items(registered)
    assert (item.event.kind, item.node) == ("silent_node", bench.key.node)
    assert "last heard never; check its power" in str(item.event)
    take(registered, bench.frame())
    assert str(look_after_devices(Context(pool, NOW))).startswith("silent: 0 nodes, 0 probes;")
    with registered:
        assert open_items(registered) == []
    later = NOW + timedelta(hours=25)
    assert str(look_after_devices(Context(pool, later))).startswith("silent: 1 nodes, 0 probes;")
    with registered:
        (item,) = open_items(registered)
    assert "last heard 2016-05-01 12:00 UTC" in str(item.event)


def test_a_silent_probe_is_noted_until_it_answers(
    registered: db.Connection, pool: Pool, bench: Bench
) -> None:
    gone = {3: [codec.Missing(codec.NO_ANSWER)] * 6}
    take(registered, bench.frame(), bench.frame(t0=5 * 3600, values=gone))
    context = Context(pool, NOW)
    assert str(look_after_devices(context)).startswith("silent: 0 nodes, 1 probes;")
    with registered:
        (item,) = open_items(registered)
    assert item.event.kind == "silent_placement"
    assert "last valid value 2016-05-01 06:50 UTC; check the probe" in str(item.event)
    take(registered, bench.frame(t0=6 * 3600), now=NOW + timedelta(hours=1))
    later = Context(pool, NOW + timedelta(hours=1))
    assert str(look_after_devices(later)).startswith("silent: 0 nodes, 0 probes;")


def test_a_stuck_sensor_is_named_until_it_moves(
    registered: db.Connection, pool: Pool, bench: Bench
) -> None:
    """Humidity of exactly 100 % for twelve days is no fog."""
    bench.offset = int((NOW - timedelta(days=12)).timestamp())
    for day in range(5):
        moving = {c: [100 * c + day + i for i in range(6)] for c in (0, 3, 4, 5)}
        take(registered, bench.frame(t0=day * 86_400, values={1: [10_000] * 6, **moving}))
    start = datetime.fromtimestamp(bench.offset, UTC)
    seen = NOW - timedelta(days=8)
    text = looked(registered, pool, seen)["frozen_sensor"]
    assert "has reported air humidity 100 %" in text
    assert f"unchanged since {start:%Y-%m-%d %H:%M} UTC; it counts as missing" in text
    take(registered, bench.frame(t0=5 * 86_400, values={1: [9_990] * 6}))
    assert "frozen_sensor" not in looked(registered, pool, NOW - timedelta(days=7))


def test_what_a_stuck_sensor_says_is_no_disease(
    registered: db.Connection, pool: Pool, bench: Bench
) -> None:
    """Humidity of 100 % for twelve days made four diseases of wheat "high"."""
    bench.offset = int((NOW - timedelta(days=40)).timestamp())
    hours = range(40 * 24)
    frames = [
        bench.frame(
            t0=3600 * hour,
            values={
                0: [1500 + hour % 7] * 6,
                1: [10_000 if hour > 28 * 24 else 5000 + hour % 11] * 6,
                2: [0] * 6,
            },
        )
        for hour in hours
    ]
    take(registered, *frames)
    with registered:
        reading_log.roll_up(registered)
    look_after_devices(Context(pool, NOW))
    with registered:
        again = reading_log.roll_up(registered)
    assert again.hours == 72  # from when it stopped moving to when it was known to be stuck
    assess_risk(Context(pool, NOW))
    with registered:
        (node,) = registry.nodes(registered, bench.key.node)
        found = {s.hazard: s for s in risk.latest_statuses(registered, NOW) if s.site == node.field}
    damp = [
        h
        for h in catalogue().values()
        if "relative_humidity" in {i.quantity for i in h.inputs} and h.shown != "background"
    ]
    asked = [found[h.id] for h in damp if h.id in found and found[h.id].status != OUT_OF_SEASON]
    assert len(asked) >= 4
    assert {s.hazard for s in asked if s.status in (MEDIUM, HIGH)} == set()
    assert all("relative_humidity" in s.missing for s in asked if s.status == CANNOT_SAY)


def test_a_sensor_unlike_those_around_it_is_named_until_it_is_like_them(
    registered: db.Connection, pool: Pool, configs: Configs
) -> None:
    nodes = [enrol(registered, name) for name in sorted(configs.nodes)]
    outdoors = [n for n in nodes if is_open(configs, n.key.node) and humid(n)]
    odd, *others = outdoors
    assert len(others) >= 2
    for bench in outdoors:
        bench.offset = int((NOW - timedelta(hours=24)).timestamp())
        wet = {1: [9_700 + i for i in range(6)]} if bench is odd else {1: [3_000] * 6}
        take(registered, *(bench.frame(t0=3600 * hour, values=wet) for hour in range(12)))
        take(registered, *(bench.frame(t0=3600 * hour) for hour in range(12, 24)))
    with registered:
        reading_log.roll_up(registered)
    look_after_devices(Context(pool, NOW))
    with registered:
        (item,) = [i for i in open_items(registered) if i.event.kind == "unlike_neighbours"]
    assert item.node == odd.key.node
    assert (
        f"in 12 of the last 24 hours the air humidity of node {odd.key.node} averaged 97.02 %, "
        "that of the stations around it 30 %" in str(item.event)
    )
    # once fewer than six hours of the last day are far off, it is like them again
    assert "unlike_neighbours" in looked(registered, pool, NOW + timedelta(hours=6))
    assert "unlike_neighbours" not in looked(registered, pool, NOW + timedelta(hours=7))


def is_open(configs: Configs, node: str) -> bool:
    return configs.fields[configs.nodes[node].field].kind == "open"


def humid(bench: Bench) -> bool:
    return any(c.number == 1 for c in bench.layout.channels)


def test_frames_that_are_missing_are_named_after_a_while(
    registered: db.Connection, pool: Pool, bench: Bench
) -> None:
    """A restored older copy of the database: frames that the node has freed are gone."""
    messages = [bench.frame(t0=3600 * number) for number in range(10)]
    take(registered, *messages)
    with registered:
        intake.advance(registered, [boot_of(registered)])
        with registered.cursor() as cur:
            cur.execute("DELETE FROM frame WHERE seq BETWEEN 4 AND 6")
            cur.execute("UPDATE watermark SET seq = 3")
    assert "frames_missing" not in looked(registered, pool, NOW + timedelta(hours=23))
    text = looked(registered, pool, NOW + timedelta(hours=25))["frames_missing"]
    assert text.startswith(f"node {bench.key.node}, boot 1: frames 4 to 6 are missing")
    take(registered, *messages[4:7])
    with registered:
        intake.advance(registered, [boot_of(registered)])
    assert "frames_missing" not in looked(registered, pool, NOW + timedelta(hours=26))


def boot_of(conn: db.Connection) -> object:
    ((node, epoch, boot),) = rows_of(conn, "SELECT DISTINCT node, epoch, boot FROM frame")
    return BootId(str(node), int(epoch), int(boot))


def rows_of(conn: db.Connection, statement: str) -> list[tuple[object, ...]]:
    with conn.cursor() as cur:
        cur.execute(statement)
        return cur.fetchall()


def test_a_node_whose_messages_are_refused_is_named(
    registered: db.Connection, pool: Pool, bench: Bench
) -> None:
    take(registered, bench.sealed(bench.body(), key=bytes(32)))
    text = looked(registered, pool, NOW)["node_refused"]
    assert text.startswith(f"node {bench.key.node}: 1 messages were refused: seal is wrong; enrol")
    assert "node_refused" not in looked(registered, pool, NOW + timedelta(hours=2))


def test_readings_of_the_future_are_named(
    registered: db.Connection, pool: Pool, bench: Bench
) -> None:
    take(registered, bench.frame(t0=90 * 86_400), now=NOW + timedelta(days=90))
    text = looked(registered, pool, NOW)["readings_ahead"]
    assert "which has not come yet; see `nongqing clock misplaced`" in text
    assert "readings_ahead" not in looked(registered, pool, NOW + timedelta(days=90))


def test_what_was_not_found_again_closes_by_itself(
    registered: db.Connection, pool: Pool, bench: Bench
) -> None:
    take(registered, bench.event("fault", "sht4x: no answer"))
    assert "node_fault" in looked(registered, pool, NOW + QUIET_AFTER["node_fault"])
    later = NOW + QUIET_AFTER["node_fault"] + timedelta(seconds=1)
    assert "node_fault" not in looked(registered, pool, later)
    with registered:
        (closed,) = [i for i in items.closed_items(registered) if i.event.kind == "node_fault"]
    assert (closed.closed, closed.closed_by) == (later, None)


def nights(conn: db.Connection, volts: list[float], now: datetime) -> None:
    """Lowest voltages of the last nights of the first node, at two in the morning local."""
    with conn, conn.cursor() as cur:
        for back, lowest in enumerate(reversed(volts)):
            hour = now.replace(hour=18, minute=0) - timedelta(days=back + 1)
            cur.execute(
                "INSERT INTO reading_hourly (series_id, hour, min, count, completeness, qc) "
                "SELECT s.id, %s, %s, 6, 1, 3 FROM series s "
                "JOIN assignment a ON a.placement = s.placement AND a.valid_to IS NULL "
                "JOIN placement p ON p.id = s.placement "
                "WHERE p.quantity = 'battery_voltage' AND a.node = 'qf-001'",
                (hour, lowest),
            )


@pytest.mark.parametrize(
    ("volts", "falls"),
    [
        ([3.90, 3.85, 3.80, 3.70], True),
        ([3.90, 3.85, 3.85, 3.70], False),
        ([3.90, 3.89, 3.88, 3.87], False),
        ([3.60, 3.70, 3.65, 3.60], False),
        ([3.85, 3.80, 3.70], False),
    ],
    ids=["falls", "stood once", "by less than counts", "rose once", "a night is missing"],
)
def test_a_battery_that_falls_three_nights_is_named_until_it_rises(
    registered: db.Connection, pool: Pool, volts: list[float], falls: bool
) -> None:
    nights(registered, volts, NOW)
    found = looked(registered, pool, NOW)
    assert ("battery_falling" in found) == falls
    if falls:
        said = found["battery_falling"]
        assert "fell 3 nights in a row, from 3.90 V to 3.70 V; check its solar panel" in said
        assert "battery_falling" not in looked(registered, pool, NOW + timedelta(days=1))


def test_a_silent_device_of_another_maker_is_noted_until_it_is_heard(
    registered: db.Connection, pool: Pool
) -> None:
    with registered, registered.cursor() as cur:
        cur.execute(
            "INSERT INTO external_device (id, step_s, time_of_receipt, enrolled, enrolled_by) "
            "VALUES ('quick', 600, false, %(at)s, 'Li'), ('slow', 86400, false, %(at)s, 'Li')",
            {"at": NOW - timedelta(days=2)},
        )
    assert "device quick: last heard never" in looked(registered, pool, NOW)["silent_external"]
    with registered:
        assert [item.subject for item in open_items(registered)] == ["quick"]
    later = NOW + timedelta(days=2)
    looked(registered, pool, later)
    with registered:
        assert [item.subject for item in open_items(registered)] == ["quick", "slow"]
    with registered, registered.cursor() as cur:
        cur.execute("UPDATE external_device SET last_seen = %s", (later,))
    assert looked(registered, pool, later) == {}


def test_a_stuck_sensor_of_another_maker_is_noted(registered: db.Connection, pool: Pool) -> None:
    with registered, registered.cursor() as cur:
        cur.execute(
            "INSERT INTO external_device (id, step_s, time_of_receipt, enrolled, enrolled_by, "
            "last_seen) VALUES ('gauge', 600, false, %(at)s, 'Li', %(at)s); "
            "INSERT INTO placement (id, field, quantity) VALUES ('p', 'qf-liuge-1', 'wind_speed'); "
            "INSERT INTO series (placement) VALUES ('p'); "
            "INSERT INTO external_channel (device, name, placement, unit, factor) "
            "VALUES ('gauge', 'w', 'p', '', 1); "
            "INSERT INTO series_tail (series_id, time, value, qc, valid_time, valid_value, "
            "same_since) SELECT id, %(at)s, 2, 67, %(at)s, 2, "
            "%(at)s::timestamptz - interval '2 days' "
            "FROM series WHERE placement = 'p'",
            {"at": NOW},
        )
    assert "gauge" in looked(registered, pool, NOW)["frozen_sensor"]
    with registered:
        (item,) = open_items(registered)
    assert (item.subject, item.node) == ("p", None)  # there is no page of a node to lead to
