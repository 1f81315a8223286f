"""What becomes of every kind of message, with a real database and without a broker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from collector.ingest import intake
from collector.ingest.authenticity import Message
from collector.ingest.known_nodes import read_known_nodes
from collector.store.items import Item, open_items
from collector.store.measured import reading_log
from collector.store.network import frames, registry
from firmware.wire import cbor, codec, seal, topics
from tests.collector.conftest import MASTER, NOW, enrol

if TYPE_CHECKING:
    from collector.store.postgres import db
    from tests.collector.conftest import Bench


def take(conn: db.Connection, *messages: Message, now: datetime = NOW) -> intake.Outcome:
    with conn:
        return intake.take(conn, read_known_nodes(conn, MASTER), messages, now)


def rows(conn: db.Connection, statement: str) -> list[tuple[Any, ...]]:
    with conn, conn.cursor() as cur:
        cur.execute(statement)
        return cur.fetchall()


def items(conn: db.Connection) -> dict[str, Item]:
    with conn:
        return {item.event.kind: item for item in open_items(conn)}


def letters(conn: db.Connection) -> list[frames.DeadLetter]:
    with conn:
        return frames.dead_letters(conn)


def refusals(conn: db.Connection) -> dict[tuple[str, str], int]:
    with conn:
        return {(r.node, r.reason): r.count for r in frames.refusals(conn, 1000)}


def watermark(conn: db.Connection, bench: Bench, boot: int = 1) -> int | None:
    key = frames.BootId(bench.key.node, bench.key.epoch, boot)
    with conn:
        return intake.advance(conn, [key]).get(key)


def test_a_frame_becomes_readings(registered: db.Connection, bench: Bench) -> None:
    outcome = take(registered, bench.frame())
    assert (outcome.new_frames, outcome.readings) == (1, 36)
    assert [tuple(i) for i in outcome.ids] == [(bench.key.node, 1, 1, 0)]
    found = rows(
        registered,
        "SELECT p.quantity, r.time, r.value, r.qc FROM reading r "
        "JOIN series s ON s.id = r.series_id JOIN placement p ON p.id = s.placement "
        "WHERE p.quantity = 'air_temperature' ORDER BY time",
    )
    start = NOW - timedelta(hours=6)
    assert [row[1] for row in found] == [start + timedelta(minutes=10 * i) for i in range(6)]
    assert [row[2] for row in found] == [15.0, 15.01, 15.02, 15.03, 15.04, 15.05]
    assert [row[3] for row in found] == [1, 3, 3, 3, 3, 3]
    with registered:
        assert registry.nodes(registered, bench.key.node)[0].last_seen == NOW


def test_a_repeated_frame_adds_nothing_and_is_acknowledged_again(
    registered: db.Connection, bench: Bench
) -> None:
    message = bench.frame()
    take(registered, message, message)
    again = take(registered, message)
    assert (again.new_frames, again.readings, len(again.ids)) == (0, 0, 1)
    assert rows(registered, "SELECT count(*) FROM frame") == [(1,)]
    assert rows(registered, "SELECT count(*) FROM reading") == [(36,)]
    assert letters(registered) == []


def test_another_frame_under_a_used_name_is_kept_aside(
    registered: db.Connection, bench: Bench
) -> None:
    first = bench.frame()
    other = bench.sealed(bench.body(values={0: [100] * 6}, seq=0))
    outcome = take(registered, first)
    outcome = take(registered, other)
    assert len(outcome.ids) == 1
    (letter,) = letters(registered)
    assert (letter.reason.kind, letter.bytes) == ("identity_reused", other.payload)
    assert "enrol it again" in str(items(registered)["identity_reused"].event)


def test_a_forged_frame_is_refused_and_counted(registered: db.Connection, bench: Bench) -> None:
    forged = bench.sealed(bench.body(), key=bytes(32))
    outcome = take(registered, forged, forged)
    assert outcome.ids == set()
    assert refusals(registered) == {(bench.key.node, "wrong_seal"): 2}
    take(registered, forged)
    assert refusals(registered) == {(bench.key.node, "wrong_seal"): 3}
    assert rows(registered, "SELECT count(*) FROM frame") == [(0,)]


def test_a_frame_moved_to_another_nodes_topic_is_refused(
    registered: db.Connection, bench: Bench, second: Bench
) -> None:
    moved = Message(second.topic, bench.frame().payload)
    assert take(registered, moved).refused == {"wrong_seal": 1}


@pytest.mark.parametrize(
    ("payload", "reason"), [(b"", "not_sealed"), (b"\xd1\x84", "not_sealed"), (b"hi", "not_sealed")]
)
def test_bytes_without_a_seal_are_refused(
    registered: db.Connection, bench: Bench, payload: bytes, reason: str
) -> None:
    assert take(registered, Message(bench.topic, payload)).refused == {reason: 1}


def test_an_unknown_node_is_refused(registered: db.Connection, bench: Bench) -> None:
    stranger = Message("nq/1/np-999/up", bench.frame().payload)
    assert take(registered, stranger).ids == set()
    assert refusals(registered) == {("np-999", "unknown_node"): 1}


def test_a_node_without_a_key_is_refused(registered: db.Connection, bench: Bench) -> None:
    nodes = rows(registered, "SELECT id FROM node ORDER BY id")
    message = Message(f"nq/1/{nodes[-1][0]}/up", bench.frame().payload)
    assert take(registered, message).refused == {"unknown_node": 1}


def test_unknown_names_cannot_fill_the_table(registered: db.Connection, bench: Bench) -> None:
    payload = bench.frame().payload
    for batch in range(2):
        take(registered, *(Message(f"nq/1/x{batch}{i}/up", payload) for i in range(75)))
    take(registered, Message("nq/1/x03/up", payload))
    found = refusals(registered)
    assert len(found) == frames.MOST_UNKNOWN_NAMES + 1
    assert found[frames.OTHERS, "unknown_node"] == 50
    assert found["x03", "unknown_node"] == 2


def test_what_was_measured_since_a_key_was_retired_and_an_unknown_epoch_are_refused(
    registered: db.Connection, bench: Bench
) -> None:
    """The last sample decides: one of the frame's six is later than the new key."""
    enrol(registered, bench.key.node, at=NOW - timedelta(hours=5, minutes=11))
    late, future = bench.frame(), bench.sealed(bench.body(), epoch=7)
    outcome = take(registered, late, future, bench.event("fault", "flash"))
    assert outcome.refused == {"retired_epoch": 2, "unknown_epoch": 1}
    assert outcome.ids == set()
    assert rows(registered, "SELECT count(*) FROM frame") == [(0,)]


def test_what_was_measured_before_a_key_was_retired_is_taken(
    registered: db.Connection, bench: Bench
) -> None:
    """A node that is enrolled again has frames on its flash that could not be sent before."""
    unsent = bench.frame()
    bench.boot, bench.seq, bench.offset = 2, 0, None
    untimed = bench.frame()
    enrol(registered, bench.key.node, at=NOW - timedelta(hours=5, minutes=10))
    outcome = take(registered, unsent, untimed)
    assert [tuple(i)[1:] for i in sorted(outcome.ids)] == [(1, 1, 0), (1, 2, 0)]
    assert (outcome.readings, outcome.refused.total()) == (36, 0)
    assert rows(registered, "SELECT state FROM frame ORDER BY boot") == [
        ("decoded",),
        ("waiting_time",),
    ]


def test_a_reenrolled_node_is_no_replay(registered: db.Connection, bench: Bench) -> None:
    take(registered, bench.frame())
    again = enrol(registered, bench.key.node)
    outcome = take(registered, again.frame(t0=3600))
    assert outcome.new_frames == 1
    assert [i.epoch for i in outcome.ids] == [2]


def test_an_undecodable_frame_is_kept_and_acknowledged(
    registered: db.Connection, bench: Bench
) -> None:
    whole = bench.body()
    for broken in (whole[:-3], whole[:-1] + b"\xff", whole + b"\x00"):
        message = bench.sealed(broken)
        outcome = take(registered, message)
        assert [(i.boot, i.seq) for i in outcome.ids] == [(1, 0)]
    assert {letter.reason.kind for letter in letters(registered)} == {
        "undecodable",
        "identity_reused",
    }
    assert "cannot be decoded" in str(items(registered)["undecodable"].event)
    assert rows(registered, "SELECT state FROM frame") == [("dead",)]
    assert watermark(registered, bench) == 0


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x88\x02", cbor.encode([1, 2, 3])])
def test_a_frame_without_identity_is_kept_but_cannot_be_acknowledged(
    registered: db.Connection, bench: Bench, body: bytes
) -> None:
    message = bench.sealed(body)
    assert take(registered, message).ids == set()
    assert take(registered, message).ids == set()
    (letter,) = letters(registered)
    assert (letter.reason.kind, letter.bytes) == ("undecodable", message.payload)


def test_identity_is_read_from_every_whole_head(bench: Bench) -> None:
    for boot, seq in ((1, 0), (23, 24), (255, 256), (65535, 65536), (2**32 - 1, 2**32 - 1)):
        body = bench.body(boot=boot, seq=seq)
        assert codec.identity(body) == (boot, seq)
        size = 5 + sum(max(1, -(-number.bit_length() // 7)) for number in (boot, seq))
        assert codec.identity(body[:size]) == (boot, seq)
        assert codec.identity(body[: size - 1]) is None
        head = cbor.encode([1, bench.layout.id, boot, seq, 0, 0, 0, 0])[:-4]
        assert codec.identity(head) == (boot, seq)
        assert codec.identity(head[:-1]) in (None, (boot, seq // 256), (boot, 0))
    assert codec.identity(b"\x88\x01\x44abcd\x00\x00") is None


def test_an_unknown_layout_waits_and_is_replayed(registered: db.Connection, bench: Bench) -> None:
    strange = codec.make_layout([(0, 1, 100), (1, 7, 10)])
    known, bench.layout = bench.layout, strange
    body = codec.encode(
        codec.Frame(strange.id, 1, 0, bench.offset, 0, 600, ((1500, 1510), (10130, 10131)))
    )
    outcome = take(registered, bench.sealed(body))
    assert len(outcome.ids) == 1
    assert outcome.readings == 0
    assert rows(registered, "SELECT state FROM frame") == [("waiting_layout",)]
    item = items(registered)["unknown_layout"]
    assert strange.id.hex() in str(item.event)
    assert "nongqing sites import" in str(item.event)
    with registered:
        registry.put_layout(registered, strange, NOW)
    with registered:
        assert intake.replay(registered, read_known_nodes(registered, MASTER), NOW) == 1
    assert rows(registered, "SELECT state FROM frame") == [("decoded",)]
    # Channel 1 serves humidity in the registry; the layout says pressure, and the placement rules.
    assert rows(registered, "SELECT count(*) FROM reading") == [(4,)]
    with registered:
        assert intake.replay(registered, read_known_nodes(registered, MASTER), NOW) == 0
    assert items(registered) == {}
    bench.layout = known


def test_a_frame_on_uptime_waits_for_its_boots_time(
    registered: db.Connection, bench: Bench
) -> None:
    start, bench.offset = bench.offset, None
    outcome = take(registered, bench.frame(), bench.frame(t0=3600))
    assert len(outcome.ids) == 2
    assert rows(registered, "SELECT state, count(*) FROM frame GROUP BY 1") == [("waiting_time", 2)]
    assert rows(registered, "SELECT count(*) FROM reading") == [(0,)]
    bench.offset = start
    assert take(registered, bench.frame(t0=7200)).readings == 108
    assert rows(registered, "SELECT state, count(*) FROM frame GROUP BY 1") == [("decoded", 3)]
    found = rows(registered, "SELECT min(time), max(time) FROM reading")
    first = datetime.fromtimestamp(start, UTC)
    assert found == [(first, first + timedelta(hours=2, minutes=50))]


def test_a_later_frame_on_uptime_uses_the_known_time(
    registered: db.Connection, bench: Bench
) -> None:
    take(registered, bench.frame())
    bench.offset = None
    assert take(registered, bench.frame(t0=3600)).readings == 36


def test_two_values_for_one_time_are_both_kept(registered: db.Connection, bench: Bench) -> None:
    take(registered, bench.frame())
    other = bench.frame(values={0: [1500, 1501, 1502, 1503, 1504, 2000]})
    outcome = take(registered, other)
    assert len(outcome.ids) == 1
    with registered:
        (conflict,) = reading_log.conflicts(registered)
    assert (conflict.kept, conflict.other) == (15.05, 20.0)
    assert conflict.time == NOW - timedelta(hours=5, minutes=10)
    assert "reading_conflict" in str(items(registered)["two_values"].event)


def test_two_values_in_one_batch_and_in_a_large_one(
    registered: db.Connection, bench: Bench
) -> None:
    messages = bench.hours(10) + [bench.frame(values={0: [1500, 1501, 1502, 1503, 1504, 2000]})]
    assert take(registered, *messages).readings == 396
    with registered:
        (conflict,) = reading_log.conflicts(registered)
    assert (conflict.kept, conflict.other) == (15.05, 20.0)
    assert rows(registered, "SELECT count(*) FROM reading") == [(360,)]


def test_a_value_out_of_range_is_kept_and_flagged(registered: db.Connection, bench: Bench) -> None:
    take(registered, bench.frame(values={1: [5000, 5000, 12000, 5000, 5000, 5000]}))
    found = rows(registered, "SELECT value, qc FROM reading WHERE value = 120")
    assert found == [(120.0, 1 | 8)]
    with registered:
        reading_log.roll_up(registered)
    hourly = rows(registered, "SELECT mean, count, qc FROM reading_hourly WHERE mean = 50")
    assert hourly == [(50.0, 5, 1 | 2 | 8)]


def test_missing_values_are_kept_as_missing(registered: db.Connection, bench: Bench) -> None:
    gone = [codec.Missing(codec.NO_ANSWER)] * 6
    absent = [codec.Missing(codec.NOT_FITTED)] * 6
    assert take(registered, bench.frame(values={3: gone, 4: absent})).readings == 30
    assert rows(
        registered, "SELECT value, qc, count(*) FROM reading WHERE qc > 3 GROUP BY 1, 2"
    ) == [(None, 128, 6)]


@pytest.mark.parametrize(
    "start",
    [0, 3600, int((NOW + timedelta(days=2)).timestamp()), 4_000_000_000, (1 << 40) - 1],
    ids=["1970", "1970-01-01 01:00", "in two days", "2096", "year 36812"],
)
def test_times_outside_the_window_never_reach_a_partition(
    registered: db.Connection, bench: Bench, start: int
) -> None:
    outcome = take(registered, bench.frame(offset=start))
    assert len(outcome.ids) == 1
    assert outcome.readings == 0
    (letter,) = letters(registered)
    assert letter.reason.kind == "time_out_of_window"
    assert str(items(registered)["node_clock"].event).endswith("kept in dead_letter")
    assert items(registered)["node_clock"].node == bench.key.node
    assert rows(
        registered, "SELECT count(*) FROM pg_inherits WHERE inhparent = 'reading'::regclass"
    ) == [(0,)]
    assert watermark(registered, bench) == 0


def test_a_channel_without_a_placement_is_kept_aside(
    registered: db.Connection, bench: Bench
) -> None:
    with registered, registered.cursor() as cur:
        cur.execute("DELETE FROM assignment WHERE node = %s AND channel = 5", (bench.key.node,))
    assert take(registered, bench.frame()).readings == 30
    (letter,) = letters(registered)
    assert letter.reason.kind == "no_placement"
    assert "channel 5" in str(letter.reason)


def test_the_watermark_stops_at_a_gap_and_passes_reported_losses(
    registered: db.Connection, bench: Bench
) -> None:
    frames_ = bench.hours(5)
    take(registered, frames_[0], frames_[1], frames_[4])
    assert watermark(registered, bench) == 1
    outcome = take(registered, bench.event("lost", [1, 2, 3]))
    assert outcome.boots == {frames.BootId(bench.key.node, 1, 1)}
    assert watermark(registered, bench) == 4
    assert "frames 2 to 3 are lost" in str(items(registered)["frames_lost"].event)


def test_the_watermark_needs_the_first_frame(registered: db.Connection, bench: Bench) -> None:
    frames_ = bench.hours(3)
    take(registered, frames_[1], frames_[2])
    assert watermark(registered, bench) is None
    take(registered, frames_[0])
    assert watermark(registered, bench) == 2


@pytest.mark.parametrize(
    "detail", ["all", [1, 3, 2], [0, 1, 2], [1, 2], [1, -1, 2], [1, 2, 1 << 33]]
)
def test_a_nonsense_loss_report_is_kept_aside(
    registered: db.Connection, bench: Bench, detail: object
) -> None:
    take(registered, bench.event("lost", detail))
    assert letters(registered)[0].reason.kind == "undecodable_event"
    assert rows(registered, "SELECT count(*) FROM lost_frames") == [(0,)]


def test_an_undecodable_event_is_kept_aside(registered: db.Connection, bench: Bench) -> None:
    topic = topics.topic(bench.key.node, "evt")
    payload = seal.seal(bench.key.key, 1, topic, b"\x00")
    take(registered, Message(topic, payload))
    assert letters(registered)[0].reason.kind == "undecodable_event"


def test_a_nodes_fault_becomes_a_maintenance_item(registered: db.Connection, bench: Bench) -> None:
    take(registered, bench.event("fault", "sht4x: no answer"), bench.event("boot", [1, 0]))
    assert str(items(registered)["node_fault"].event).endswith("sht4x: no answer")


def test_older_frames_are_compared_with_what_was_before_them(
    registered: db.Connection, bench: Bench
) -> None:
    def at(hour: int, celsius: int) -> Message:
        return bench.frame(t0=3600 * hour, values={0: [100 * celsius] * 6})

    # Three hours arrive as first, last, middle: 0, 44 and 30 degrees.
    messages = [at(0, 0), at(1, 30), at(2, 44)]
    take(registered, messages[0], messages[2])
    take(registered, messages[1])
    found = rows(
        registered,
        "SELECT value, qc, count(*) FROM reading WHERE value IN (0, 30, 44) "
        "AND qc & 32 > 0 GROUP BY 1, 2 ORDER BY 1, 2",
    )
    # 30 is a jump from 0, though none towards the 44 that were there before it; and 44 was
    # judged against the 0 of more than an hour before, the last that was known then.
    assert found == [(30.0, 3 | 32, 1), (44.0, 3 | 32, 1)]


def test_older_frames_are_not_compared_with_newer_ones(
    registered: db.Connection, bench: Bench
) -> None:
    cold = [bench.frame(t0=3600 * hour, values={0: [0] * 6}) for hour in range(2)]
    warm = bench.frame(t0=7200, values={0: [4000] * 6})
    take(registered, cold[0], warm)
    take(registered, cold[1])
    found = rows(registered, "SELECT count(*) FROM reading WHERE value = 0 AND qc & 32 > 0")
    # The only flagged zeros could come from comparing the second hour with the third.
    assert found == [(0,)]
