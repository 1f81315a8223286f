"""Batches are gathered and proven ahead of the database, and not believed for too long."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from collector.ingest import intake, preparing
from collector.ingest.authenticity import Message, Proven, prove
from collector.ingest.known_nodes import KnownNodes, read_known_nodes
from collector.ingest.preparing import Preparing
from collector.store.network import registry
from collector.store.postgres import db
from tests.collector.conftest import MASTER, NOW, Bench


@pytest.fixture
def known(registered: db.Connection, bench: Bench) -> KnownNodes:
    with registered:
        return read_known_nodes(registered, MASTER)


@pytest.fixture
def inbox() -> queue.Queue[Message]:
    return queue.Queue(20_000)


@pytest.fixture
def ahead(inbox: queue.Queue[Message], known: KnownNodes) -> Iterator[Preparing]:
    ahead = Preparing(inbox, lambda: known)
    ahead.start()
    yield ahead
    ahead.stop()


def test_one_message_waits_for_no_others(
    ahead: Preparing, inbox: queue.Queue[Message], bench: Bench
) -> None:
    for message in bench.hours(3):
        inbox.put(message)
        batch = ahead.next()
        assert batch is not None
        assert list(batch.messages) == [message]


def test_what_comes_while_nobody_takes_is_one_batch(
    ahead: Preparing, inbox: queue.Queue[Message], bench: Bench
) -> None:
    messages = bench.hours(20)
    for message in messages:
        inbox.put(message)
        time.sleep(0.01)  # longer together than a message waits for others
    first = ahead.next()
    assert first is not None
    assert list(first.messages) == messages
    assert [one.read for one in first.arrived if one.read is None] == []


def test_a_batch_is_no_larger_than_the_most(
    ahead: Preparing, inbox: queue.Queue[Message], bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "BATCH_FRAMES", 8)
    for message in bench.hours(20):
        inbox.put(message)
    sizes = []
    while sum(sizes) < 20:
        batch = ahead.next()
        assert batch is not None
        sizes.append(len(batch.messages))
    assert sizes == [8, 8, 4]


def test_nothing_is_nothing(ahead: Preparing) -> None:
    assert ahead.next() is None


def test_what_breaks_the_preparing_comes_unproven(
    inbox: queue.Queue[Message],
    known: KnownNodes,
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> Proven:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(preparing, "prove", broken)
    ahead = Preparing(inbox, lambda: known)
    ahead.start()
    message = bench.frame()
    inbox.put(message)
    assert ahead.next() == Proven([message])
    ahead.stop()
    assert "a batch of 1 messages cannot be prepared" in caplog.text


def test_a_key_revoked_since_then_opens_nothing(
    registered: db.Connection, known: KnownNodes, bench: Bench
) -> None:
    """What was proven by another state of the registry is proven again."""
    batch = prove(known, [bench.frame()])
    assert len(batch.arrived) == 1
    with registered:
        registry.revoke(registered, bench.key.node, reason="stolen", by="Li", at=NOW)
    with registered:
        now_known = read_known_nodes(registered, MASTER, known)
        outcome = intake.take(registered, now_known, batch, NOW + timedelta(minutes=1))
    assert (outcome.new_frames, dict(outcome.refused)) == (0, {"revoked": 1})


def test_what_was_proven_is_not_proven_again(
    registered: db.Connection, known: KnownNodes, bench: Bench
) -> None:
    batch = prove(known, [bench.frame()])
    forged = replace(batch, messages=[Message("nonsense", b"")])
    with registered:
        assert intake.take(registered, known, forged, NOW).new_frames == 1
