"""A channel's calibration counts from its day on, once; the frame keeps what the device sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from collector.commands.network.calibrate import calibrate, list_calibrations
from collector.ingest.known_nodes import read_known_nodes
from collector.ingest.recalibrating import recalibrate
from collector.store.measured import reading_log
from collector.store.network import calibrations
from collector.store.network.calibrations import Calibration, NoSuchChannel
from firmware.wire import codec
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import MASTER, NOW
from tests.collector.ingest.test_intake import rows, take

if TYPE_CHECKING:
    from pathlib import Path

    from collector.store.postgres import db
    from tests.collector.conftest import Bench

BEGAN = NOW - timedelta(hours=6)
#: Four hours of channel 0: 15.00 to 15.05 degC.
HOURS = 4


def temperatures(conn: db.Connection) -> dict[datetime, float]:
    found = rows(
        conn,
        "SELECT r.time, r.value FROM reading r JOIN series s ON s.id = r.series_id"
        " JOIN placement p ON p.id = s.placement WHERE p.quantity = 'air_temperature'",
    )
    return dict(found)


def others(conn: db.Connection) -> list[tuple[object, ...]]:
    return rows(
        conn,
        "SELECT r.series_id, r.time, r.value, r.qc, r.frame_id FROM reading r"
        " JOIN series s ON s.id = r.series_id JOIN placement p ON p.id = s.placement"
        " WHERE p.quantity <> 'air_temperature' ORDER BY 1, 2",
    )


def give(
    conn: db.Connection,
    bench: Bench,
    since: datetime,
    slope: float,
    intercept: float,
    *,
    past: bool,
) -> int:
    with conn:
        new = Calibration(bench.key.node, 0, since, slope, intercept)
        calibrations.give(conn, new, by="Li", reason="ice point", at=NOW)
        known = read_known_nodes(conn, MASTER)
        return (
            recalibrate(conn, known, bench.key.node, 0, since, at=NOW, archive=None) if past else 0
        )


def sent(number: int) -> float:
    return (1500 + number % 6) / 100


def test_a_calibration_counts_from_its_time_on(registered: db.Connection, bench: Bench) -> None:
    since = BEGAN + timedelta(hours=1, minutes=30)
    give(registered, bench, since, 2.0, -1.0, past=False)
    for message in bench.hours(HOURS):
        take(registered, message)
    found = temperatures(registered)
    assert len(found) == 6 * HOURS
    for number, time in enumerate(sorted(found)):
        raw = sent(number)
        assert found[time] == pytest.approx(raw if time < since else 2 * raw - 1)


def test_one_for_the_past_makes_the_readings_anew_and_no_others(
    registered: db.Connection, bench: Bench
) -> None:
    for message in bench.hours(HOURS):
        take(registered, message)
    with registered:
        reading_log.roll_up(registered)
    before, rest = temperatures(registered), others(registered)
    frames = rows(registered, "SELECT id, sealed, state FROM frame ORDER BY id")
    since = BEGAN + timedelta(hours=2)
    assert give(registered, bench, since, 1.0, 0.5, past=True) >= 12
    found = temperatures(registered)
    for time, value in before.items():
        assert found[time] == pytest.approx(value + (0.5 if time >= since else 0))
    assert others(registered) == rest
    assert rows(registered, "SELECT id, sealed, state FROM frame ORDER BY id") == frames
    assert rows(registered, "SELECT count(*) FROM reading_conflict") == [(0,)]
    assert rows(registered, "SELECT count(*) FROM dirty_hour") != [(0,)]
    with registered:
        reading_log.roll_up(registered)
    ((newest,),) = rows(
        registered,
        "SELECT t.value FROM series_tail t JOIN series s ON s.id = t.series_id"
        " JOIN placement p ON p.id = s.placement WHERE p.quantity = 'air_temperature'"
        " AND t.value > 0",
    )
    assert newest == pytest.approx(15.55)
    # taken back: everything is as it was
    give(registered, bench, since, 1.0, 0.0, past=True)
    assert temperatures(registered) == pytest.approx(before)


def test_the_later_one_for_a_time_counts_and_a_frame_sent_again_changes_nothing(
    registered: db.Connection, bench: Bench
) -> None:
    give(registered, bench, BEGAN, 1.0, 5.0, past=False)
    give(registered, bench, BEGAN, 1.0, 1.0, past=False)
    message = bench.frame()
    take(registered, message)
    take(registered, message)
    assert sorted(temperatures(registered).values()) == pytest.approx(
        [sent(number) + 1 for number in range(6)]
    )
    assert rows(registered, "SELECT count(*) FROM reading_conflict") == [(0,)]


def test_a_frame_on_uptime_alone_is_made_anew_where_it_was_placed(
    registered: db.Connection, bench: Bench
) -> None:
    offset = bench.offset
    bench.offset = None
    early = bench.frame()
    bench.offset = offset
    for message in (early, bench.frame(t0=3600)):
        take(registered, message)
    before = temperatures(registered)
    assert len(before) == 12
    give(registered, bench, BEGAN - timedelta(days=1), 1.0, 0.25, past=True)
    assert temperatures(registered) == pytest.approx({t: v + 0.25 for t, v in before.items()})


def test_what_is_missing_stays_missing(registered: db.Connection, bench: Bench) -> None:
    give(registered, bench, BEGAN, 2.0, 3.0, past=False)
    values = [1500, codec.Missing(codec.NO_ANSWER), 1500, 1500, 1500, 1500]
    take(registered, bench.frame(values={0: values}))
    assert sorted(temperatures(registered).values(), key=str) == [33.0] * 5 + [None]


def test_a_channel_that_serves_nothing_is_refused(registered: db.Connection, bench: Bench) -> None:
    new = Calibration(bench.key.node, 30, BEGAN, 1.0, 1.0)
    wrong = "channel 30 serves no placement; name a channel"
    with pytest.raises(NoSuchChannel, match=wrong), registered:
        calibrations.give(registered, new, by="Li", reason="x", at=NOW)


def test_the_commands(registered: db.Connection, bench: Bench, dsn: str, tmp_path: Path) -> None:
    take(registered, bench.frame())
    env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": str(tmp_path)}
    env["NONGQING_MASTER_KEY"] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    parts = Parts(env)
    node = bench.key.node
    listed = CliRunner().invoke(list_calibrations, [node], obj=parts)
    assert (listed.exit_code, listed.output) == (1, f"node {node}: no calibration is kept\n")
    words = [node, "--channel", "0", "--from", BEGAN.isoformat(), "--intercept", "-0.3"]
    words += ["--by", "Li", "--reason", "ice point, certificate 17"]
    done = CliRunner().invoke(calibrate, words, obj=parts)
    assert done.exit_code == 0, done.output
    assert done.output == f"node {node}, channel 0: calibrated, 6 readings count anew\n"
    listed = CliRunner().invoke(list_calibrations, [node], obj=parts)
    assert listed.output == (
        f"channel 0   from {BEGAN:%Y-%m-%d %H:%M} UTC: 1 * value -0.3  by Li: "
        "ice point, certificate 17\n"
    )
    words[2] = "9"
    wrong = CliRunner().invoke(calibrate, words, obj=parts)
    assert wrong.exit_code == 1
    assert f"node {node}: channel 9 serves no placement; name a channel" in wrong.output
    noted = rows(registered, "SELECT action FROM audit_entry ORDER BY number DESC LIMIT 1")
    assert noted == [("channel_calibrated",)]
