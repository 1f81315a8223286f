"""Readings that a wrong clock has misplaced are found and moved to where they belong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from collector.commands.network.clock import clock as clock_commands
from collector.ingest.known_nodes import read_known_nodes
from collector.ingest.moving import MoveError, find_apart, move
from collector.store.measured import misplaced, reading_log
from collector.store.network import frames, server_clock
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import MASTER, NOW
from tests.collector.ingest.test_intake import rows, take

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from collector.ingest.moving import Apart
    from collector.store.postgres import db
    from tests.collector.conftest import Bench

BACK_S = 90 * 86_400
Readings = dict[tuple[int, datetime], float | None]


def readings(conn: db.Connection) -> Readings:
    """Every reading by series and time."""
    return {
        (series, time): value
        for series, time, value in rows(conn, "SELECT series_id, time, value FROM reading")
    }


@pytest.fixture
def mixed(registered: db.Connection, bench: Bench) -> tuple[Readings, Readings]:
    """Four frames; the middle two were taken while the node believed in a time 90 days ago.

    Returns what should stand, and what stands.
    """
    right = bench.offset
    assert right is not None
    wanted: Readings = {}
    for number in range(4):
        values = {c: [1000 * c + 10 * number + i for i in range(6)] for c in range(3)}
        bench.offset = right - (BACK_S if number in (1, 2) else 0)
        take(registered, bench.frame(t0=3600 * number, values=values))
    bench.offset = right
    shift = timedelta(seconds=BACK_S)
    stands = readings(registered)
    for (series, time), value in stands.items():
        moved = time + shift if time < NOW - timedelta(days=30) else time
        wanted[series, moved] = value
    assert wanted != stands
    return wanted, stands


def found(conn: db.Connection) -> list[Apart]:
    with conn:
        return list(find_apart(misplaced.frames(conn, archive=None)))


def moved(conn: db.Connection, seqs: tuple[int, ...], to_s: int) -> int:
    with conn:
        known = read_known_nodes(conn, MASTER)
        stored = [one for one in misplaced.frames(conn, archive=None) if one.id.seq in seqs]
        return move(conn, known, stored, to_s, by="Li", reason="the server was behind", at=NOW)


def test_frames_that_do_not_fit_their_boot_are_found(
    mixed: object, registered: db.Connection, bench: Bench
) -> None:
    (apart,) = found(registered)
    assert (apart.boot.node, apart.first, apart.last, apart.frames) == (bench.key.node, 1, 2, 2)
    assert apart.says_s - apart.most_say_s == -BACK_S
    assert apart.most_say_s == bench.offset


def test_readings_are_moved_with_their_hours_and_newest_values(
    mixed: tuple[Readings, Readings], registered: db.Connection, bench: Bench
) -> None:
    wanted, _ = mixed
    with registered:
        reading_log.roll_up(registered)
    assert bench.offset is not None
    assert moved(registered, (1, 2), bench.offset) == 72
    assert readings(registered) == wanted
    with registered:
        reading_log.roll_up(registered)
        with registered.cursor() as cur:
            cur.execute(
                "SELECT hour < %s, sum(count) FROM reading_hourly GROUP BY 1", (NOW - _MONTH,)
            )
            assert dict(cur.fetchall()) == {True: 0, False: 144}
            cur.execute("SELECT min(time), max(time) FROM series_tail")
            first, last = cur.fetchone()
            assert last - first == timedelta(0)
            cur.execute("SELECT from_s, to_s, placed_by, reason FROM frame_placement")
            kept = cur.fetchall()
    assert kept == [(bench.offset - BACK_S, bench.offset, "Li", "the server was behind")] * 2
    assert found(registered) == []
    with pytest.raises(MoveError, match="stands at other times; nothing is moved"):
        moved(registered, (1, 2), bench.offset)


_MONTH = timedelta(days=30)


def test_moved_back_they_are_as_before(
    mixed: tuple[Readings, Readings], registered: db.Connection, bench: Bench
) -> None:
    assert bench.offset is not None
    moved(registered, (1, 2), bench.offset)
    moved(registered, (1, 2), bench.offset - BACK_S)
    assert readings(registered) == mixed[1]


def test_a_value_that_stood_back_for_a_misplaced_one_comes_into_its_own(
    registered: db.Connection, bench: Bench
) -> None:
    """A misplaced frame held the times that a right one came for later."""
    right = bench.offset
    assert right is not None
    bench.offset = right - 7200  # believes to be two hours earlier
    take(registered, bench.frame(t0=7200, values={0: [9000 + i for i in range(6)]}))
    bench.offset = right
    take(registered, bench.frame(t0=0, values={0: [1500 + i for i in range(6)]}))
    with registered:
        assert len(reading_log.conflicts(registered)) == 6
    moved(registered, (0,), right)
    with registered:
        assert reading_log.conflicts(registered) == []
        with registered.cursor() as cur:
            cur.execute(
                "SELECT r.value FROM reading r JOIN series s ON s.id = r.series_id "
                "JOIN assignment a ON a.placement = s.placement WHERE a.channel = 0 "
                "AND a.node = %s AND r.time < %s ORDER BY r.time",
                (bench.key.node, datetime.fromtimestamp(right + 3600, UTC)),
            )
            assert [v for (v,) in cur.fetchall()] == pytest.approx(
                [15.0 + i / 100 for i in range(6)]
            )


def test_times_that_cannot_be_right_move_nothing(
    mixed: tuple[Readings, Readings], registered: db.Connection, bench: Bench
) -> None:
    assert bench.offset is not None
    with pytest.raises(MoveError, match=r"lie outside .*; nothing is moved"):
        moved(registered, (1,), bench.offset + BACK_S)
    assert readings(registered) == mixed[1]
    with registered:
        assert frames.dead_letters(registered) == []


@pytest.fixture
def run(dsn: str, tmp_path: Path) -> Callable[..., object]:
    env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": str(tmp_path)}
    env["NONGQING_MASTER_KEY"] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    def invoke(*arguments: str) -> object:
        return CliRunner().invoke(clock_commands, list(arguments), obj=Parts(env))

    return invoke


def test_the_commands_find_and_move(
    mixed: tuple[Readings, Readings],
    registered: db.Connection,
    bench: Bench,
    run: Callable[..., object],
) -> None:
    listed = run("misplaced")
    assert listed.exit_code == 0, listed.output
    assert f"are off by {-BACK_S:+d} s; to move them: nongqing clock place" in listed.output
    words = listed.output.split("nongqing clock ")[1].split()
    words = [{"NAME": "Li", "TEXT": "wrong clock"}.get(word, word) for word in words]
    done = run(*words)
    assert done.exit_code == 0, done.output
    assert "72 readings stand at their new times" in done.output
    assert readings(registered) == mixed[0]
    assert (run("misplaced").exit_code, run("misplaced", "--json").output.strip()) == (1, "[]")
    again = run(*words)
    assert again.exit_code == 1
    assert f"node {bench.key.node}, boot 1: no frame of this boot" in again.output


def test_the_commands_refuse_what_they_cannot_read(run: Callable[..., object]) -> None:
    wrong = run("place", "x", "--boot", "1", "--frames", "9-3", "--began", "2016-05-01T00:00Z")
    assert (wrong.exit_code, '"9-3" names no frames; write 3 or 3-9' in wrong.output) == (2, True)
    wrong = run("misplaced", "--since", "yesterday")
    assert (wrong.exit_code, '"yesterday" is no time with zone' in wrong.output) == (2, True)


def test_the_state_of_the_clocks_is_told_and_accepted(
    conn: db.Connection, run: Callable[..., object]
) -> None:
    assert (run("status").exit_code, run("status").output) == (0, "no clock is in doubt\n")
    with conn:
        server_clock.put(conn, "gate", datetime(2016, 2, 1, tzinfo=UTC), "behind_received")
    shown = run("status")
    assert shown.exit_code == 1
    assert shown.output.startswith("server gate says 2016-02-01 00:00 UTC: it is behind the time")
    assert '"behind_received"' in run("status", "--json").output
    nobody = run("accept", "--host", "other", "--by", "Li")
    assert (nobody.exit_code, "no collector has run on other" in nobody.output) == (2, True)
    assert run("accept", "--host", "gate", "--by", "Li").exit_code == 0
    assert run("status").exit_code == 0
