"""A server whose clock is wrong for a while spoils neither nodes nor readings."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from collector.ingest import intake
from collector.ingest.batches import Collector
from collector.store import items
from collector.store.network import frames, server_clock
from collector.store.postgres.db import TransactionRollback
from firmware.wire import codec, seal
from tests.collector.conftest import MASTER, NOW

if TYPE_CHECKING:
    from collector.store.db import Pool

    from collector.ingest.authenticity import Message
    from collector.store.postgres import db
    from tests.collector.conftest import Bench, FixedClock

BACK = timedelta(days=90)


class Sent:
    """A link that keeps the times in what is published."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.times: list[int | None] = []

    def publish(self, topic: str, payload: bytes) -> None:
        body = seal.open_(self.bench.key.key, topic, payload)[1]
        self.times.append(codec.decode_ack(body).now)

    def done(self, messages: object) -> None:
        """Nobody sent them again."""


class Real:
    """Real time, which nobody sets."""

    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def real() -> Real:
    return Real()


@pytest.fixture
def sent(bench: Bench) -> Sent:
    return Sent(bench)


@pytest.fixture
def collector(
    pool: Pool, registered: db.Connection, clock: FixedClock, sent: Sent, real: Real
) -> Collector:
    return Collector(pool, MASTER, clock, sent, monotonic=real)


def kinds(conn: db.Connection) -> set[str]:
    with conn:
        return {item.event.kind for item in items.open_items(conn)}


def recent(bench: Bench, back_s: int = 3600) -> Message:
    """A frame whose last sample was taken lately by the true time."""
    assert bench.offset is not None
    return bench.frame(t0=int(NOW.timestamp()) - back_s - bench.offset)


def test_while_the_clock_is_in_doubt_nodes_get_no_time_and_frames_wait(
    collector: Collector,
    registered: db.Connection,
    bench: Bench,
    clock: FixedClock,
    sent: Sent,
    real: Real,
) -> None:
    collector.store([recent(bench, 14_400)])
    assert sent.times == [int(NOW.timestamp())]
    clock.moment = NOW - BACK
    real.seconds += 10
    collector.store([recent(bench, 10_800)])
    assert sent.times[1:] == [None]
    assert kinds(registered) == {"server_clock"}
    with registered:
        assert frames.dead_letters(registered) == []
        assert frames.counts(registered).waiting_time == 1
        (doubt,) = server_clock.doubts(registered)
        assert (doubt.reason, doubt.said) == ("behind_received", NOW - BACK)
        (node,) = [n for n in _nodes(registered) if n[0] == bench.key.node]
    assert node[1] == NOW  # when it was heard last, by a clock that was sure
    clock.moment = NOW + timedelta(seconds=20)
    real.seconds += 10
    collector.store([recent(bench, 3600)])
    assert sent.times[2:] == [int(clock.moment.timestamp())]
    assert kinds(registered) == set()
    with registered:
        assert frames.counts(registered).waiting_time == 0
        assert server_clock.doubts(registered) == []
        with registered.cursor() as cur:
            cur.execute("SELECT count(*) FROM reading WHERE time > %s", (NOW,))
            assert cur.fetchall() == [(0,)]


def _nodes(conn: db.Connection) -> list[tuple[str, object]]:
    with conn.cursor() as cur:
        cur.execute("SELECT id, last_seen FROM node")
        return cur.fetchall()


def test_a_clock_that_steps_while_a_batch_is_stored_is_told_to_nobody(
    collector: Collector,
    bench: Bench,
    clock: FixedClock,
    sent: Sent,
    real: Real,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    advance = intake.advance

    def meanwhile(*given: object) -> object:
        clock.moment = NOW + timedelta(hours=5)
        return advance(*given)

    monkeypatch.setattr(intake, "advance", meanwhile)
    real.seconds += 1
    collector.store([recent(bench)])
    assert sent.times == [None]


def test_a_clock_that_was_ahead_poisons_no_latest(
    collector: Collector,
    registered: db.Connection,
    bench: Bench,
    clock: FixedClock,
    real: Real,
    pool: Pool,
    sent: Sent,
) -> None:
    """Ninety days ahead from the start, with nobody to contradict; then set right."""
    clock.moment = NOW + BACK
    collector.store([recent(bench, 7200)])
    clock.moment = NOW
    later = Collector(pool, MASTER, clock, sent, monotonic=real)
    later.store([recent(bench, 3600)])
    assert kinds(registered) == set()  # the node agrees with the time of now
    with registered:
        assert dict(_nodes(registered))[bench.key.node] == NOW
        assert server_clock.newest_receipt(registered) == NOW


def test_frames_given_up_by_a_wrong_clock_are_taken_up_again(
    registered: db.Connection,
    bench: Bench,
    clock: FixedClock,
    sent: Sent,
    real: Real,
    pool: Pool,
) -> None:
    """The clock is behind from the start: until somebody tells, right frames look impossible."""
    clock.moment = NOW - BACK
    collector = Collector(pool, MASTER, clock, sent, monotonic=real)
    collector.store([recent(bench, 7200)])
    with registered:
        assert [x.reason.kind for x in frames.dead_letters(registered)] == ["time_out_of_window"]
    clock.moment, real.seconds = NOW, real.seconds + 5
    collector._idle()
    assert "server_clock" not in kinds(registered)  # its own node confirms the new time
    with registered, registered.cursor() as cur:
        cur.execute("SELECT state, count(*) FROM frame GROUP BY state")
        assert dict(cur.fetchall()) == {"decoded": 1}


def test_a_person_may_accept_the_clock(
    collector: Collector, registered: db.Connection, bench: Bench, clock: FixedClock, real: Real
) -> None:
    collector.store([recent(bench, 14_400)])
    clock.moment, real.seconds = NOW - timedelta(days=3), real.seconds + 10
    collector._idle()
    with registered:
        (doubt,) = server_clock.doubts(registered)
        assert server_clock.accept(registered, doubt.host, "Li", clock.moment)
        assert not server_clock.accept(registered, "elsewhere", "Li", clock.moment)
    collector._idle()
    assert kinds(registered) == set()
    with registered:
        assert server_clock.doubts(registered) == []


def test_frames_set_aside_are_taken_up_whatever_fails_on_the_way(
    collector: Collector,
    registered: db.Connection,
    bench: Bench,
    clock: FixedClock,
    real: Real,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The clock is right again; the database ends the transaction in which they are looked at."""
    collector.store([recent(bench, 14_400)])
    clock.moment, real.seconds = NOW - BACK, real.seconds + 10
    collector.store([recent(bench, 10_800)])
    assert frames.counts(registered).waiting_time == 1
    registered.rollback()
    clock.moment, real.seconds = NOW, real.seconds + 10
    replay = intake.replay

    def fails(*given: object) -> int:
        monkeypatch.setattr(intake, "replay", replay)
        raise TransactionRollback("deadlock detected")

    monkeypatch.setattr(intake, "replay", fails)
    with pytest.raises(TransactionRollback):
        collector._idle()
    collector._idle()
    with registered:
        assert frames.counts(registered).waiting_time == 0
