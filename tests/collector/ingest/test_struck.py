"""What a person struck stays struck, whatever comes of its frames; nothing that is read uses it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from collector.commands.network.quality import decided, quality
from collector.ingest.known_nodes import read_known_nodes
from collector.ingest.moving import move
from collector.ingest.recalibrating import recalibrate
from collector.jobs.judging.field_hours import FieldHours
from collector.one_machine.embedded import postgres_binaries
from collector.store.advice import village as village_store
from collector.store.measured import misplaced, reading_log, readings
from collector.store.measured.qc_decisions import Span
from collector.store.network import calibrations, limits
from collector.store.network.calibrations import Calibration
from collector.store.network.limits import Limits
from collector.store.postgres import backup
from collector.store.postgres.db import connect
from models.weather.quality import INTERVAL, STEP, STRUCK
from tests.collector.commands.test_services import Parts
from tests.collector.conftest import MASTER, NOW
from tests.collector.ingest.test_intake import rows, take

if TYPE_CHECKING:
    from collector.store.postgres import db
    from tests.collector.conftest import Bench
    from tests.conftest import Server

BEGAN = NOW - timedelta(hours=6)
HOUR = timedelta(hours=1)
SECOND_HOUR = Span(BEGAN + HOUR, BEGAN + 2 * HOUR)


def placement(conn: db.Connection, bench: Bench, channel: int = 0) -> str:
    ((found,),) = rows(
        conn,
        f"SELECT placement FROM assignment WHERE node = '{bench.key.node}' AND channel = {channel}",
    )
    return str(found)


def judge(
    conn: db.Connection, place: str, span: Span = SECOND_HOUR, *, stands: bool = True, bit: int = 0
) -> int:
    with conn:
        return decided(conn, place, span, bit or STRUCK, stands, "Li", "lay on the ground", NOW)


def roll(conn: db.Connection) -> None:
    with conn:
        reading_log.roll_up(conn)


def hours(conn: db.Connection, place: str) -> list[tuple[Any, ...]]:
    return rows(
        conn,
        "SELECT h.hour, h.mean, h.count, h.completeness, h.qc FROM reading_hourly h JOIN series s"
        f" ON s.id = h.series_id WHERE s.placement = '{place}' ORDER BY h.hour",
    )


def struck(conn: db.Connection, place: str) -> list[datetime]:
    return [
        time
        for (time,) in rows(
            conn,
            "SELECT r.time FROM reading r JOIN series s ON s.id = r.series_id"
            f" WHERE s.placement = '{place}' AND r.qc & {STRUCK} <> 0 ORDER BY r.time",
        )
    ]


@pytest.fixture
def taken(registered: db.Connection, bench: Bench) -> db.Connection:
    """Four hours of the first node, rolled up."""
    take(registered, *bench.hours(4))
    roll(registered)
    return registered


def test_no_hour_uses_what_was_struck_and_it_comes_back(taken: db.Connection, bench: Bench) -> None:
    place = placement(taken, bench)
    before = hours(taken, place)
    assert judge(taken, place) == 6
    roll(taken)
    after = hours(taken, place)
    assert after[1][1:4] == (None, 0, 0.0)
    assert after[1][4] & STRUCK
    assert (after[0], after[2], after[3]) == (before[0], before[2], before[3])
    judge(taken, place, stands=False)
    roll(taken)
    assert hours(taken, place) == before


def test_it_stays_struck_when_its_frames_count_anew(taken: db.Connection, bench: Bench) -> None:
    place = placement(taken, bench)
    judge(taken, place)
    there = struck(taken, place)
    assert len(there) == 6
    with taken:
        new = Calibration(bench.key.node, 0, BEGAN, 1.0, 0.5)
        calibrations.give(taken, new, by="Li", reason="ice point", at=NOW)
        known = read_known_nodes(taken, MASTER)
        assert recalibrate(taken, known, bench.key.node, 0, BEGAN, at=NOW, archive=None) == 24
    assert struck(taken, place) == there
    roll(taken)
    assert hours(taken, place)[1][1] is None
    assert hours(taken, place)[0][1] == pytest.approx(15.525)


def test_it_stays_struck_where_its_frame_is_moved_to(
    registered: db.Connection, bench: Bench
) -> None:
    """Two hours that were taken while the node believed in a time 90 days ago."""
    place, right = placement(registered, bench), bench.offset
    assert right is not None
    back = timedelta(days=90)
    bench.offset = right - int(back.total_seconds())
    take(registered, *bench.hours(2))
    bench.offset = right
    take(registered, bench.frame(t0=2 * 3600))
    judge(registered, place, Span(BEGAN - back + HOUR, BEGAN - back + 2 * HOUR))
    roll(registered)
    with registered:
        known = read_known_nodes(registered, MASTER)
        stored = [one for one in misplaced.frames(registered, archive=None) if one.id.seq < 2]
        move(registered, known, stored, right, by="Wu", reason="clock was behind", at=NOW)
    there = struck(registered, place)
    assert there == [BEGAN + HOUR + timedelta(minutes=10) * i for i in range(6)]
    roll(registered)
    found = {hour: (mean, count) for hour, mean, count, _, _ in hours(registered, place)}
    assert found[BEGAN + HOUR] == (None, 0)
    assert found[BEGAN][1] == found[BEGAN + 2 * HOUR][1] == 6
    with registered:
        known = read_known_nodes(registered, MASTER)
        recalibrate(registered, known, bench.key.node, 0, BEGAN - 2 * back, at=NOW, archive=None)
    assert struck(registered, place) == there


def test_it_stays_struck_though_the_collector_did_not_know_yet(
    taken: db.Connection, bench: Bench
) -> None:
    """A batch that began before the decision may bring readings after it: the roll-up marks."""
    place = placement(taken, bench)
    with taken:
        old = read_known_nodes(taken, MASTER)
    judge(taken, place)
    there = _all(taken, place)
    with taken:
        misplaced.take_away(taken, there)
        assert recalibrate(taken, old, bench.key.node, 0, BEGAN, at=NOW, archive=None) == 0
    assert struck(taken, place) == []
    roll(taken)
    assert len(struck(taken, place)) == 6
    assert hours(taken, place)[1][1] is None


def _all(conn: db.Connection, place: str) -> np.ndarray:
    found = rows(
        conn,
        "SELECT r.series_id, extract(epoch FROM r.time)::bigint, r.value, r.qc, r.frame_id, 600"
        f" FROM reading r JOIN series s ON s.id = r.series_id WHERE s.placement = '{place}'"
        " ORDER BY r.time",
    )
    return np.array(found, reading_log.READING)


def test_what_comes_later_for_a_struck_time_is_struck_at_once(
    registered: db.Connection, bench: Bench
) -> None:
    """A probe that was given up: from then on, until it is mended."""
    place = placement(registered, bench)
    first, second = bench.hours(2)
    take(registered, first)
    judge(registered, place, Span(BEGAN + HOUR, None))
    take(registered, second)
    assert len(struck(registered, place)) == 6
    with registered:
        latest = {x.quantity: x for x in readings.latest(registered)}
    mine = latest["air_temperature"]
    assert (mine.time, mine.value) == (BEGAN + timedelta(minutes=50), 15.05)
    assert mine.qc & STRUCK
    assert latest["relative_humidity"].time == BEGAN + timedelta(minutes=110)


def test_late_readings_are_not_compared_with_what_was_struck(
    taken: db.Connection, bench: Bench
) -> None:
    place = placement(taken, bench)
    judge(taken, place)
    ((series,),) = rows(taken, f"SELECT id FROM series WHERE placement = '{place}'")
    with taken:
        at = int((BEGAN + 2 * HOUR).timestamp())
        before = reading_log.tails(
            taken, np.array([series], np.int32), np.array([at]), {series: 3.0}
        )
    assert before.valid["time"].tolist() == [at - 3600 - 600]


def test_the_newest_value_goes_back_behind_what_was_struck(
    taken: db.Connection, bench: Bench
) -> None:
    place = placement(taken, bench)
    judge(taken, place, Span(BEGAN + 2 * HOUR, None))
    with taken:
        mine = next(x for x in readings.latest(taken) if x.quantity == "air_temperature")
    assert mine.time == BEGAN + timedelta(minutes=110)


def test_curves_and_datasets_lack_it_and_carry_the_flag(taken: db.Connection, bench: Bench) -> None:
    place = placement(taken, bench)
    field = rows(taken, f"SELECT field FROM placement WHERE id = '{place}'")[0][0]
    judge(taken, place)
    roll(taken)
    with taken:
        data = readings.hourly_dataset(taken, ["air_temperature"], BEGAN, NOW)
        (curve, qc) = readings.placement_curves(
            taken, [(place, field, "air_temperature")], BEGAN, NOW
        )[place]
    mine = data["air_temperature"].sel(site=field)
    assert np.isnan(mine.values[1])
    assert not np.isnan(mine.values[[0, 2, 3]]).any()
    flags = data["air_temperature_qc"]
    assert flags.sel(site=field).values[1] & STRUCK
    assert flags.attrs["flag_meanings"].split()[-1] == "struck"
    assert flags.attrs["flag_masks"].dtype == flags.dtype
    assert np.isnan(curve.values[1])
    assert qc[1] & STRUCK


def test_models_and_the_village_page_do_not_see_it(taken: db.Connection, bench: Bench) -> None:
    ((field, village),) = rows(
        taken,
        "SELECT f.id, f.village FROM node n JOIN field f ON f.id = n.field"
        f" WHERE n.id = '{bench.key.node}'",
    )
    rain = placement(taken, bench, 2)
    judge(taken, placement(taken, bench), Span(BEGAN + 2 * HOUR, BEGAN + 4 * HOUR))
    judge(taken, rain, Span(BEGAN, BEGAN + HOUR + timedelta(seconds=1)))
    roll(taken)
    with taken:
        hours_of = FieldHours(taken, ["air_temperature"], [field])
        data = hours_of.dataset(BEGAN, BEGAN + 4 * HOUR, (field,))["air_temperature"]
        now, of_day = village_store.newest_readings(taken, village, NOW)
    assert np.isnan(data.values[:, 0]).tolist() == [False, False, True, True]
    air = next(x for x in now if x.field == field and x.quantity == "air_temperature")
    assert air.time == BEGAN + timedelta(minutes=110)
    (fell,) = [total for (where, _), total in of_day.items() if where == field]
    ((kept,),) = rows(
        taken,
        "SELECT sum(r.value) FROM reading r JOIN series s ON s.id = r.series_id"
        f" WHERE s.placement = '{rain}' AND r.qc & {STRUCK} = 0",
    )
    assert fell == pytest.approx(kept)
    assert fell > 0


def test_rain_is_struck_by_the_hour_that_it_fell_in(
    registered: db.Connection, bench: Bench
) -> None:
    """A sample of a sum stands at the end of its step: that of a full hour is of the one before."""
    place = placement(registered, bench, 2)
    take(registered, bench.frame(values={2: [10] * 6}), bench.frame(t0=3600, values={2: [20] * 6}))
    roll(registered)
    total = "SELECT h.sum FROM reading_hourly h JOIN series s ON s.id = h.series_id"
    total += f" WHERE s.placement = '{place}' ORDER BY h.hour"
    before = rows(registered, total)
    judge(
        registered, place, Span(BEGAN + timedelta(seconds=1), BEGAN + HOUR + timedelta(seconds=1))
    )
    roll(registered)
    after = rows(registered, total)
    assert after[1] == (None,)
    assert (after[0], after[2]) == (before[0], before[2])


def test_a_doubt_is_lifted_for_good(registered: db.Connection, bench: Bench) -> None:
    """Hail made it 20 degrees colder; the check's doubt does not come back with a calibration."""
    place = placement(registered, bench)
    take(registered, bench.frame(values={0: [3000, 3000, 500, 510, 520, 530]}))
    roll(registered)
    assert hours(registered, place)[0][4] & STEP
    assert hours(registered, place)[0][2] == 5
    span = Span(BEGAN, BEGAN + HOUR)
    judge(registered, place, span, stands=False, bit=STEP)
    roll(registered)
    assert hours(registered, place)[0][2] == 6
    assert not hours(registered, place)[0][4] & STEP
    with registered:
        known = read_known_nodes(registered, MASTER)
        recalibrate(registered, known, bench.key.node, 0, BEGAN, at=NOW, archive=None)
    roll(registered)
    assert hours(registered, place)[0][2] == 6


def command(dsn: str, tmp_path: Path, *words: str) -> Result:
    env = {"NONGQING_DSN": dsn, "NONGQING_STATE_DIR": str(tmp_path)}
    env["NONGQING_MASTER_KEY"] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    return CliRunner().invoke(quality, list(words), obj=Parts(env))


def test_limits_of_a_placement_hold_for_their_time(
    registered: db.Connection, bench: Bench, dsn: str, tmp_path: Path
) -> None:
    """A probe at 62 degC is impossible for air, but for this one, from the second hour on."""
    place = placement(registered, bench)
    hot = {0: [6200 + i for i in range(6)]}
    take(registered, *(bench.frame(t0=3600 * hour, values=hot) for hour in range(3)))
    bits = (
        "SELECT r.qc FROM reading r JOIN series s ON s.id = r.series_id"
        f" WHERE s.placement = '{place}' ORDER BY time"
    )
    assert {qc & INTERVAL for (qc,) in rows(registered, bits)} == {INTERVAL}
    give = ["limit", place, "--from", (BEGAN + HOUR).isoformat()]
    give += ["--to", (BEGAN + 2 * HOUR).isoformat(), "--high", "70", "--by", "Li"]
    done = command(dsn, tmp_path, *give, "--reason", "kiln")
    assert done.output == f"placement {place}: limits kept, 12 readings checked anew\n"
    found = [qc & INTERVAL for (qc,) in rows(registered, bits)]
    assert found == [INTERVAL] * 6 + [0] * 6 + [INTERVAL] * 6
    listed = command(dsn, tmp_path, "limits", place)
    assert listed.output == (
        "from 2016-05-01 07:00 UTC to 2016-05-01 08:00 UTC: high 70  by Li: kiln\n"
    )
    # taken back: the usual limits hold again, and both stay in the list
    done = command(dsn, tmp_path, *give[:6], "--by", "Li", "--reason", "gone")
    assert done.exit_code == 0, done.output
    assert {qc & INTERVAL for (qc,) in rows(registered, bits)} == {INTERVAL}
    listed = command(dsn, tmp_path, "limits", place, "--json")
    assert [x["limits"]["high"] for x in json.loads(listed.output)] == [70.0, None]
    noted = rows(registered, "SELECT action, object FROM audit_entry ORDER BY number")
    assert noted[-2:] == [("limits_given", place)] * 2


def test_limits_that_no_reading_passes_are_refused(registered: db.Connection, bench: Bench) -> None:
    place, span = placement(registered, bench), (BEGAN, None)
    with pytest.raises(limits.UnfitLimits, match=r"lowest value 70 is not below the highest 60"):
        limits.give(registered, place, span, Limits(low=70), by="Li", reason="x", at=NOW)
    with pytest.raises(limits.UnfitLimits, match="end before they begin; mend --to"):
        limits.give(registered, place, (NOW, BEGAN), Limits(low=1), by="Li", reason="x", at=NOW)
    with pytest.raises(limits.NoSuchPlacement, match="placement xyz: not in the registry"):
        limits.give(registered, "xyz", span, Limits(low=1), by="Li", reason="x", at=NOW)


def test_the_commands_tell_the_history(
    taken: db.Connection, bench: Bench, dsn: str, tmp_path: Path
) -> None:
    place = placement(taken, bench)
    span = ["--from", BEGAN.isoformat(), "--to", (BEGAN + HOUR).isoformat(), "--by", "Li"]
    none = command(dsn, tmp_path, "history", place)
    assert (none.exit_code, none.output) == (
        1,
        f"placement {place}: nothing was decided later than at its taking in\n",
    )
    done = command(dsn, tmp_path, "strike", place, *span, "--reason", "on the ground")
    assert done.output == f"placement {place}: 6 readings are struck\n"
    done = command(dsn, tmp_path, "unstrike", place, *span, "--reason", "the other one")
    assert done.output == f"placement {place}: 6 readings count again\n"
    done = command(dsn, tmp_path, "accept", place, *span, "--doubt", "step", "--reason", "hail")
    assert done.output == f"placement {place}: 6 readings are free of this doubt\n"
    told = command(dsn, tmp_path, "history", place)
    assert [line.split(": ", 1)[1] for line in told.output.splitlines()] == [
        "step is lifted  by Li: hail",
        "struck is lifted  by Li: the other one",
        "struck stands  by Li: on the ground",
    ]
    assert struck(taken, place) == []
    noted = rows(taken, "SELECT action FROM audit_entry ORDER BY number")
    assert [a for (a,) in noted[-3:]] == [
        "readings_struck",
        "readings_unstruck",
        "readings_accepted",
    ]
    wrong = command(dsn, tmp_path, "strike", "xyz", *span, "--reason", "x")
    assert "placement xyz: not in the registry; `nongqing sites export` lists" in wrong.output
    span[1], span[3] = span[3], span[1]
    wrong = command(dsn, tmp_path, "strike", place, *span, "--reason", "x")
    assert "the span ends before it begins" in wrong.output


def test_it_stays_struck_after_a_restore(
    taken: db.Connection, bench: Bench, dsn: str, postgres: Server, tmp_path: Path
) -> None:
    place = placement(taken, bench)
    judge(taken, place, Span(BEGAN + HOUR, None))
    there = struck(taken, place)
    folder, programs = tmp_path / "monday", postgres_binaries()
    backup.back_up(dsn, folder, NOW, programs)
    other = postgres.create()
    backup.restore(other, folder, programs)
    conn = connect(other)
    assert struck(conn, place) == there
    with conn, conn.cursor() as cur:
        cur.execute("INSERT INTO dirty_hour SELECT series_id, hour, 600 FROM reading_hourly")
    roll(conn)
    assert [mean for _, mean, *_ in hours(conn, place)[1:]] == [None] * 3
    take(conn, bench.frame(t0=4 * 3600))
    assert len(struck(conn, place)) == len(there) + 6
    conn.close()
