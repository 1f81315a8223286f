"""Commands from the store to a node and its answers back, by way of the collector."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from collector.ingest import intake
from collector.ingest.authenticity import Message
from collector.ingest.batches import Collector
from collector.ingest.known_nodes import read_known_nodes
from collector.store.network import frames, node_commands, registry
from collector.store.network.node_commands import AGAIN, NodeCommand
from firmware.wire import codec, commands, seal, topics
from firmware.wire.commands import Command
from tests.collector.conftest import MASTER, NOW

if TYPE_CHECKING:
    from collector.store.postgres import db
    from tests.collector.conftest import Bench, FixedClock

HOUR = timedelta(hours=1)


class Air:
    """What goes to nodes, by topic."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def publish(self, topic: str, payload: bytes) -> None:
        self.sent.append((topic, payload))

    def done(self, messages: object) -> None:
        """Nobody sent them again."""

    def heard(self, kind: str, key: registry.NodeKey) -> list[bytes]:
        """Bodies that are sealed for a node under a key."""
        topic = topics.topic(key.node, kind)
        sent = [each for to, each in self.sent if to == topic]
        ours = [each for each in sent if seal.peek_epoch(each) == key.epoch]
        return [seal.open_(key.key, topic, each)[1] for each in ours]


@pytest.fixture
def air() -> Air:
    return Air()


@pytest.fixture
def collector(pool: db.Pool, clock: FixedClock, air: Air, bench: Bench) -> Collector:
    return Collector(pool, MASTER, clock, air)


def give(conn: db.Connection, node: str, word: str = "send", argument: object = None) -> int:
    if argument is None and word != "key":
        with conn:
            return node_commands.give(conn, node, word, by="Li", at=NOW, expires=NOW + 6 * HOUR)
    with conn:
        return node_commands.give_more(
            conn,
            MASTER,
            node,
            word,
            argument,
            shown={},
            by="Li",
            at=NOW,
            expires=NOW + 6 * HOUR,
        )


def told(conn: db.Connection, node: str) -> NodeCommand:
    with conn:
        return node_commands.of_node(conn, node)[0]


def said(key: registry.NodeKey, boot: int, kind: str, detail: object) -> Message:
    topic = topics.topic(key.node, "evt")
    body = codec.encode_event(codec.Event(boot, kind, detail))
    return Message(topic, seal.seal(key.key, key.epoch, topic, body))


def test_a_command_goes_out_at_once_and_again_when_the_node_is_heard(
    registered: db.Connection, bench: Bench, collector: Collector, air: Air, clock: FixedClock
) -> None:
    number = give(registered, bench.key.node)
    collector._command()
    collector._command()
    assert [commands.decode_command(each) for each in air.heard("cmd", bench.key)] == [
        Command(number, int((NOW + 6 * HOUR).timestamp()), "send", None)
    ]
    collector.store([bench.frame()])
    assert len(air.heard("cmd", bench.key)) == 1  # a moment ago
    clock.moment += AGAIN + timedelta(seconds=1)
    collector._command()
    assert len(air.heard("cmd", bench.key)) == 1  # nobody was heard
    collector.store([bench.frame(seq=1)])
    assert len(air.heard("cmd", bench.key)) == 2
    collector.store([said(bench.key, 1, "answer", [number, "done", 7])])
    clock.moment += HOUR
    collector.store([bench.frame(seq=2)])
    assert len(air.heard("cmd", bench.key)) == 2
    found = told(registered, bench.key.node)
    assert (found.result, found.more, found.times) == ("done", 7, 2)
    assert found.answered is not None


def test_one_on_trial_waits_for_its_last_word(
    registered: db.Connection, bench: Bench, collector: Collector
) -> None:
    number = give(registered, bench.key.node, "config", [{"sample_s": 300}, 600])
    collector.store([said(bench.key, 1, "answer", [number, "trial", None])])
    assert told(registered, bench.key.node).answered is None
    collector.store([said(bench.key, 2, "answer", [number, "undone", "why"])])
    found = told(registered, bench.key.node)
    assert (found.result, found.more) == ("undone", "why")
    assert found.answered is not None
    collector.store([said(bench.key, 2, "answer", [number, "done", None])])
    assert told(registered, bench.key.node).result == "undone"  # the last word was said


def test_one_that_is_too_late_is_not_sent(
    registered: db.Connection, bench: Bench, collector: Collector, air: Air, clock: FixedClock
) -> None:
    give(registered, bench.key.node)
    clock.moment += 6 * HOUR
    collector.store([bench.frame()])
    assert air.heard("cmd", bench.key) == []


def test_a_node_that_was_enrolled_anew_is_not_told_what_was_meant_for_before(
    registered: db.Connection, bench: Bench, collector: Collector, air: Air
) -> None:
    give(registered, bench.key.node)
    with registered:
        registry.enroll(registered, MASTER, bench.key.node, at=NOW)
    collector._command()
    assert air.sent == []


def test_two_collectors_send_it_once(
    registered: db.Connection, bench: Bench, collector: Collector, air: Air, pool, clock
) -> None:
    give(registered, bench.key.node)
    other = Collector(pool, MASTER, clock, air)
    other._command()
    collector._command()
    assert len(air.sent) == 1


def test_what_may_hold_a_password_is_encrypted_in_the_store(
    registered: db.Connection, bench: Bench
) -> None:
    give(registered, bench.key.node, "config", [{"wifi": {"ssid": "a", "password": "s3cret"}}, 600])
    with registered, registered.cursor() as cur:
        cur.execute("SELECT body FROM node_command")
        assert b"s3cret" not in bytes(cur.fetchone()[0])


def test_whom_nobody_knows_or_who_has_no_key_is_told_nothing(
    registered: db.Connection, bench: Bench
) -> None:
    with pytest.raises(registry.UnknownNode, match="node qf-0x1: not in the registry"):
        give(registered, "qf-0x1")
    with pytest.raises(node_commands.NoKey, match="node py-002: has no key; run `nongqing node"):
        give(registered, "py-002")


def test_a_new_key_takes_over_when_the_node_says_so_under_it(
    registered: db.Connection, bench: Bench, collector: Collector, air: Air, clock: FixedClock
) -> None:
    old = bench.key
    number = give(registered, old.node, "key")
    collector._refresh()
    collector._command()
    (body,) = air.heard("cmd", old)
    epoch, hidden = commands.decode_command(body).argument
    new = registry.NodeKey(old.node, epoch, commands.wrap_key(old.key, old.node, number, hidden))
    assert epoch == old.epoch + 1
    # both count while it is tried, and each is answered under its own
    collector.store([bench.frame()])
    bench.key = new
    collector.store([bench.frame(boot=65537, seq=0)])
    assert codec.decode_ack(air.heard("ack", old)[0]).frames == ((1, 0),)
    assert codec.decode_ack(air.heard("ack", new)[0]).frames == ((65537, 0),)
    with registered:
        assert registry.key(registered, MASTER, old.node).epoch == old.epoch
    collector.store([said(new, 65537, "answer", [number, "done", None])])
    with registered:
        assert registry.key(registered, MASTER, old.node) == new
    clock.moment += HOUR
    collector.store([said(old, 1, "fault", "from under the old key")])
    with registered:
        reasons = {each.reason for each in frames.refusals(registered, 9)}
    assert reasons == {"retired_epoch"}


@pytest.mark.parametrize("result", ["undone", "refused", "expired"])
def test_a_new_key_that_was_given_up_is_forgotten(
    registered: db.Connection, bench: Bench, collector: Collector, result: str
) -> None:
    number = give(registered, bench.key.node, "key")
    collector.store([said(bench.key, 1, "answer", [number, result, None])])
    with registered:
        assert [each.next for each in registry.keys(registered, MASTER)] == [False]
        assert registry.key(registered, MASTER, bench.key.node) == bench.key


def test_enrolling_and_revoking_forget_the_next_key(
    registered: db.Connection, bench: Bench
) -> None:
    give(registered, bench.key.node, "key")
    with registered:
        assert registry.enroll(registered, MASTER, bench.key.node, at=NOW).epoch == 3
        assert not any(each.next for each in registry.keys(registered, MASTER))
    give(registered, bench.key.node, "key")
    with registered:
        registry.revoke(registered, bench.key.node, reason="stolen", by="Li", at=NOW)
        assert not any(each.next for each in registry.keys(registered, MASTER))


def test_what_a_node_does_not_take_is_kept_by_reason(
    registered: db.Connection, bench: Bench, collector: Collector
) -> None:
    for count in (1, 10):
        collector.store([said(bench.key, 1, "refused", ["seal", count])])
    collector.store([said(bench.key, 1, "refused", ["replayed", 1])])
    with registered:
        found = node_commands.refused(registered, bench.key.node)
    assert [(each.reason, each.count) for each in found] == [("replayed", 1), ("seal", 10)]


@pytest.mark.parametrize(
    ("kind", "detail", "why"),
    [
        ("answer", 5, "answer: must be an array of 3"),
        ("answer", [0, "done", None], "answer: number 0 must be"),
        ("answer", [1, "fine", None], "answer: result 'fine' must be one of"),
        ("refused", ["seal"], "refused: must be an array of 2"),
        ("refused", ["", 1], "refused: the reason must be a word"),
        ("refused", [7, 1], "refused: the reason must be a word"),
        ("refused", ["seal", 0], "refused: the count must be from 1"),
    ],
)
def test_what_says_neither_is_kept_with_its_reason(
    registered: db.Connection, bench: Bench, kind: str, detail: object, why: str
) -> None:
    with registered:
        known = read_known_nodes(registered, MASTER)
        intake.take(registered, known, [said(bench.key, 1, kind, detail)], NOW)
    with registered:
        (letter,) = frames.dead_letters(registered)
    assert why in letter.reason.params["detail"]


def test_an_answer_to_nothing_changes_nothing(
    registered: db.Connection, bench: Bench, collector: Collector
) -> None:
    give(registered, bench.key.node)
    collector.store([said(bench.key, 1, "answer", [9, "done", None])])
    assert told(registered, bench.key.node).result is None
