"""Several lanes that look like one collector."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from collector.ingest.authenticity import Message
from collector.ingest.lanes import LANES, InOrder, Lanes
from collector.store.postgres.db import Pool
from firmware.wire import topics
from tests.collector.conftest import MASTER, FixedClock


class Broker:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Message] = []

    def publish(self, topic: str, payload: bytes) -> None:
        """Send to nobody."""

    def done(self, messages: Iterable[Message]) -> None:
        self.told += messages


def message(number: int, node: str = "n-1", connection: int = 1) -> Message:
    return Message(topics.topic(node, "up"), b"%d" % number, (connection, number))


def test_the_broker_hears_in_the_order_of_arrival() -> None:
    broker = Broker()
    link = InOrder(broker)
    sent = [message(number) for number in range(1, 7)]
    for one in sent:
        link.came(one)
    link.done(sent[3:5])
    assert broker.told == []
    link.done([sent[1]])
    link.done([sent[0]])
    assert broker.told == sent[:2]
    link.done(sent[5:])
    link.done(sent[2:3])
    assert broker.told == sent


def test_a_number_counts_on_its_connection_alone() -> None:
    broker = Broker()
    link = InOrder(broker)
    old, new = message(1, connection=1), message(1, connection=2)
    for one in (old, new):
        link.came(one)
    link.done([new])
    assert broker.told == []
    link.done([old])
    assert [one.came for one in broker.told] == [(1, 1), (2, 1)]


def test_what_needs_no_answer_holds_nobody_up() -> None:
    broker = Broker()
    link = InOrder(broker)
    free, sent = Message("nq/1/n-1/up", b"", None), message(1)
    for one in (free, sent):
        link.came(one)
    link.done([sent])
    assert broker.told == [sent]
    link.done([free])
    assert broker.told == [sent]


@pytest.fixture
def lanes(pool: Pool, clock: FixedClock) -> Lanes:
    return Lanes(pool, MASTER, clock, Broker())


def test_all_of_a_node_goes_by_one_lane_and_the_nodes_by_all(lanes: Lanes) -> None:
    waiting = [lane._inbox for lane in lanes._lanes]
    used = set()
    for number in range(40):
        before = [inbox.qsize() for inbox in waiting]
        for kind in ("up", "evt", "ask"):
            lanes.put(Message(topics.topic(f"n-{number}", kind), b""))
        grown = [now.qsize() - then for now, then in zip(waiting, before, strict=True)]
        assert sorted(grown) == [0] * (LANES - 1) + [3]
        used.add(grown.index(3))
    assert used == set(range(LANES))


def test_what_fails_in_one_lane_ends_all(lanes: Lanes) -> None:
    lanes._lanes[-1]._failure = RuntimeError("full")
    with pytest.raises(RuntimeError, match="full"):
        lanes.check()


def test_figures_are_those_of_all_lanes(lanes: Lanes) -> None:
    for lane in lanes._lanes:
        lane.counters.messages += 2
    assert str(lanes.counters) == f"{2 * LANES} messages"
