"""The collector with a real broker and a real database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from collector.ingest import intake
from collector.ingest.authenticity import Proven
from collector.ingest.batches import Collector
from collector.ingest.service import started
from collector.one_machine.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from collector.settings import parse_broker
from collector.store.items import open_items
from collector.store.measured import reading_log, readings
from collector.store.network import frames, registry
from collector.store.postgres.db import DatabaseDown, Pool, connect, migrate
from firmware.wire import codec, seal, topics
from tests.collector.conftest import MASTER, NOW, enrol

if TYPE_CHECKING:
    from pathlib import Path

    from collector.store.postgres import db
    from field_configs.schema import Configs
    from tests.collector.conftest import Bench, FixedClock


class Device:
    """A node's MQTT side: publishes, and opens the acknowledgements that come back."""

    def __init__(self, url: str, bench: Bench) -> None:
        address = parse_broker(url)
        self.bench = bench
        self.acked: set[tuple[int, int]] = set()
        self.watermarks: list[tuple[int, int] | None] = []
        self.changed = threading.Condition()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.topic = topics.topic(bench.key.node, "ack")
        subscribed = threading.Event()
        self.client.on_connect = lambda c, *_: c.subscribe(self.topic, 1)
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self._on_ack
        self.client.connect(address.host, address.port)
        self.client.loop_start()
        assert subscribed.wait(10)

    def _on_ack(self, client: object, userdata: object, message: mqtt.MQTTMessage) -> None:
        _, body = seal.open_(self.bench.key.key, self.topic, message.payload)
        ack = codec.decode_ack(body)
        with self.changed:
            self.acked |= set(ack.frames)
            self.watermarks.append(ack.watermark)
            self.changed.notify_all()

    def send(self, *messages: object) -> None:
        for message in messages:
            self.client.publish(message.topic, message.payload, qos=1)

    def wait(self, condition: Callable[[], bool], seconds: float = 20.0) -> bool:
        with self.changed:
            return self.changed.wait_for(condition, seconds)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def device(broker_url: str, bench: Bench):
    device = Device(broker_url, bench)
    yield device
    device.close()


@pytest.fixture
def running(pool: Pool, clock: FixedClock, broker_url: str, bench: Bench):
    with started(pool, MASTER, clock, broker_url) as (collector, link):
        assert link.subscribed.wait(10)
        yield collector


def test_a_frame_becomes_a_dataset_and_is_acknowledged(
    running: Collector,
    device: Device,
    bench: Bench,
    registered: db.Connection,
    clock: FixedClock,
) -> None:
    device.send(*bench.hours(6))
    assert device.wait(lambda: len(device.acked) == 6)
    assert device.watermarks[-1] == (1, 5)
    with registered:
        rolled = reading_log.roll_up(registered)
    # Rain taken on the first full hour fell in the hour before.
    assert rolled.hours == 6 * 6 + 1
    names = ["air_temperature", "precipitation_amount", "battery_voltage"]
    data = readings.hourly_dataset(registered, names, clock.now() - timedelta(hours=6), clock.now())
    assert data.sizes == {"site": 6, "time": 6}
    own = data.isel(site=[0])
    np.testing.assert_allclose(own["air_temperature"], np.full((6, 1), 15.025))
    assert own["air_temperature"].attrs["standard_name"] == "air_temperature"
    assert (own["air_temperature_completeness"] == 1).all()
    assert data["air_temperature"].isel(site=1).isnull().all()


def test_two_collectors_answer_the_same_node(
    running: Collector,
    device: Device,
    bench: Bench,
    dsn: str,
    clock: FixedClock,
    broker_url: str,
    registered: db.Connection,
) -> None:
    other = Pool(dsn)
    with started(other, MASTER, clock, broker_url) as (_, link):
        assert link.subscribed.wait(10)
        device.send(*bench.hours(28))
        assert device.wait(lambda: len(device.acked) == 28 and device.watermarks[-1] == (1, 27))
    with registered, registered.cursor() as cur:
        cur.execute("SELECT (SELECT count(*) FROM frame), (SELECT count(*) FROM reading)")
        assert cur.fetchall() == [(28, 28 * 36)]
        cur.execute("SELECT count(*) FROM reading_conflict")
        assert cur.fetchall() == [(0,)]
    other.close()


def test_a_message_that_breaks_the_collector_is_set_aside(
    pool: Pool, clock: FixedClock, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, good = bench.frame(), bench.frame(t0=3600)
    take = intake.take

    def brittle(conn, known, messages, *rest):
        if poison in messages.messages:
            raise ValueError("a fault of ours")
        return take(conn, known, messages, *rest)

    monkeypatch.setattr(intake, "take", brittle)
    sent = Sent()
    collector = Collector(pool, MASTER, clock, sent)
    collector._store_or_set_aside(Proven([poison, good]))
    assert sent.acked(bench) == {(1, 1)}
    with pool.connection() as conn:
        (letter,) = frames.dead_letters(conn)
        (item,) = open_items(conn)
    assert (letter.reason.kind, letter.bytes) == ("collector_fault", poison.payload)
    assert "a fault of ours" in str(item.event)


class Sent:
    """A link that keeps what is published."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    def publish(self, topic: str, payload: bytes) -> None:
        self.messages.append((topic, payload))

    def done(self, messages: object) -> None:
        """Nobody sent them again."""

    def acked(self, bench: Bench) -> set[tuple[int, int]]:
        found: set[tuple[int, int]] = set()
        for topic, payload in self.messages:
            found |= set(codec.decode_ack(seal.open_(bench.key.key, topic, payload)[1]).frames)
        return found


def test_nothing_is_acknowledged_before_the_commit(
    pool: Pool, dsn: str, clock: FixedClock, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Pool(dsn)
    sent = Sent()
    collector = Collector(pool, MASTER, clock, sent)
    take = intake.take

    def dying(conn, known, messages, *rest):
        outcome = take(conn, known, messages, *rest)
        with other.connection() as second, second.cursor() as cur:
            cur.execute("SELECT pg_terminate_backend(%s)", (conn.get_backend_pid(),))
        return outcome

    monkeypatch.setattr(intake, "take", dying)
    message = bench.frame()
    with pytest.raises(DatabaseDown):
        collector.store([message])
    assert sent.messages == []
    monkeypatch.undo()
    collector.store([message])
    assert sent.acked(bench) == {(1, 0)}
    other.close()


def test_who_hands_a_message_into_a_full_queue_waits(
    pool: Pool, clock: FixedClock, bench: Bench
) -> None:
    collector = Collector(pool, MASTER, clock, Sent(), queue_frames=2)
    messages = bench.hours(5)
    giver = threading.Thread(target=lambda: [collector.put(one) for one in messages])
    giver.start()
    until(lambda: collector.counters.waited == 1)
    giver.join(0.2)
    assert giver.is_alive()
    taker = threading.Thread(target=collector.run)
    taker.start()
    giver.join(20)
    until(lambda: collector.counters.new_frames == 5)
    collector.stopping.set()
    taker.join()


def test_who_waits_with_a_message_is_let_go_when_the_collector_stops(
    pool: Pool, clock: FixedClock, bench: Bench
) -> None:
    collector = Collector(pool, MASTER, clock, Sent(), queue_frames=1)
    collector.put(bench.frame())
    giver = threading.Thread(target=collector.put, args=(bench.frame(),))
    giver.start()
    collector.stopping.set()
    giver.join(5)
    assert not giver.is_alive()


def test_the_database_dies_and_comes_back_while_frames_arrive(
    server_folder: Path, clock: FixedClock, configs: Configs, broker_url: str
) -> None:
    server = EmbeddedPostgres(server_folder)
    try:
        a_death_in_the_middle(server, clock, configs, broker_url)
    finally:
        server.stop()


def a_death_in_the_middle(
    server: EmbeddedPostgres, clock: FixedClock, configs: Configs, broker_url: str
) -> None:
    dsn = server.start()
    conn = connect(dsn)
    migrate(conn)
    with conn:
        registry.import_configs(conn, configs, NOW - timedelta(days=1))
    bench = enrol(conn, sorted(configs.nodes)[2])
    conn.close()
    device = Device(broker_url, bench)
    pool = Pool(dsn)
    with started(pool, MASTER, clock, broker_url) as (collector, link):
        assert link.subscribed.wait(10)
        device.send(*bench.hours(3))
        assert device.wait(lambda: len(device.acked) == 3)
        server.process.kill()
        server.process.wait()
        device.send(*[bench.frame(t0=3600 * hour) for hour in range(3, 6)])
        until(lambda: collector.counters.retries > 0)
        assert len(device.acked) == 3
        server.start()
        assert device.wait(lambda: len(device.acked) == 6 and device.watermarks[-1] == (1, 5))
    with pool.connection() as conn:
        assert frames.counts(conn).frames == 6
    pool.close()
    device.close()


def test_the_broker_goes_away_and_comes_back(pool: Pool, clock: FixedClock, bench: Bench) -> None:
    broker = EmbeddedBroker()
    url = broker.start()
    with started(pool, MASTER, clock, url) as (_, link):
        assert link.subscribed.wait(10)
        broker.stop()
        until(lambda: not link.subscribed.is_set())
        again = EmbeddedBroker(broker.port)
        again.start()
        assert link.subscribed.wait(20)
        device = Device(url, bench)
        device.send(bench.frame())
        assert device.wait(lambda: device.acked == {(1, 0)})
        device.close()
    again.stop()


def test_a_database_that_is_down_at_the_start_is_waited_for(
    clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    dsn = f"postgresql://nobody@127.0.0.1:{free_port()}/fields"
    collector = Collector(Pool(dsn), MASTER, clock, Sent())
    worker = threading.Thread(target=collector.run)
    worker.start()
    try:
        until(lambda: collector.counters.retries >= 2)
    finally:
        collector.stopping.set()
        worker.join()
    collector.check()
    assert "start it, or point NONGQING_DSN to one that runs" in caplog.text
    assert "trying again" in caplog.text
    assert "nodes keep their frames and send them again; nothing is lost" in caplog.text


def revoke(pool: Pool, bench: Bench) -> None:
    with pool.connection() as conn:
        registry.revoke(conn, bench.key.node, reason="stolen", by="Li", at=NOW)


def refused(pool: Pool) -> dict[str, int]:
    with pool.connection() as conn:
        return {each.reason: each.count for each in frames.refusals(conn)}


def test_the_batch_after_a_revocation_is_refused(
    pool: Pool, clock: FixedClock, bench: Bench, second: Bench
) -> None:
    """Under load: a collector looks at the registry in each batch, not only when it is idle."""
    collector = Collector(pool, MASTER, clock, Sent())
    collector.store([bench.frame(), second.frame()])
    revoke(pool, bench)
    collector.store([bench.frame(), second.frame(t0=3600)])
    assert refused(pool) == {"revoked": 1}
    assert (collector.counters.new_frames, collector.counters.refused) == (3, 1)


def test_a_node_enrolled_again_is_told_under_its_new_key_what_of_the_old_is_safe(
    pool: Pool, clock: FixedClock, bench: Bench, registered: db.Connection
) -> None:
    """72 hours that it could not send: it opens nothing that is sealed with the old key."""
    bench.offset = int((NOW - timedelta(hours=72)).timestamp())
    unsent = bench.hours(72)
    again, sent = enrol(registered, bench.key.node, at=NOW), Sent()
    collector = Collector(pool, MASTER, clock, sent)
    collector.store(unsent)
    assert sent.acked(again) == {(1, seq) for seq in range(72)}
    assert collector.counters.new_frames == 72
    assert refused(pool) == {}


def test_a_frame_of_an_epoch_before_the_revoked_one_is_refused_too(
    pool: Pool, clock: FixedClock, bench: Bench, registered: db.Connection
) -> None:
    before, again = bench.frame(), enrol(registered, bench.key.node)
    revoke(pool, bench)
    Collector(pool, MASTER, clock, Sent()).store([before, again.frame()])
    assert refused(pool) == {"revoked": 2}


def test_what_waited_before_the_revocation_is_kept(
    pool: Pool, clock: FixedClock, bench: Bench
) -> None:
    """It was authentic when it came; its boot's time came in time, too."""
    bench.offset = None
    collector = Collector(pool, MASTER, clock, Sent())
    collector.store([bench.frame()])
    bench.offset = int((NOW - timedelta(hours=6)).timestamp())
    with pool.connection() as conn:
        frames.put_boot_offsets(conn, {frames.BootId(bench.key.node, 1, 1): bench.offset})
    revoke(pool, bench)
    collector._idle()
    assert collector._registry.known.nodes[bench.key.node].keys[1].revoked, (
        "it looks while it is idle, too"
    )
    with pool.connection() as conn:
        assert frames.counts(conn).waiting_time == 0


def test_a_database_that_was_away_is_read_as_a_whole(
    pool: Pool, dsn: str, clock: FixedClock, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes back may be a restored dump: another state under a number that is known."""
    collector = Collector(pool, MASTER, clock, Sent())
    collector.store([bench.frame()])
    with pool.connection() as conn, conn.cursor() as cur:
        cur.execute("UPDATE node_key SET retired = now(), revoked = true")
    collector.store([bench.frame()])
    assert refused(pool) == {}, "nobody raised the version"
    take = intake.take

    def dying(conn, *rest):
        monkeypatch.setattr(intake, "take", take)
        with Pool(dsn).connection() as second, second.cursor() as cur:
            cur.execute("SELECT pg_terminate_backend(%s)", (conn.get_backend_pid(),))
        return take(conn, *rest)

    monkeypatch.setattr(intake, "take", dying)
    collector._retry(lambda: collector.store([bench.frame()]))
    assert refused(pool) == {"revoked": 1}


def test_every_collector_of_a_shared_subscription_refuses_a_revoked_node(
    pool: Pool, dsn: str, clock: FixedClock, broker_url: str, bench: Bench, second: Bench
) -> None:
    """Two collectors share the work; the device is refused by both, and others go on."""
    other = Pool(dsn)
    device, fellow = Device(broker_url, bench), Device(broker_url, second)
    with (
        started(pool, MASTER, clock, broker_url, "group") as (first, link),
        started(other, MASTER, clock, broker_url, "group") as (also, link_also),
    ):
        assert link.subscribed.wait(10)
        assert link_also.subscribed.wait(10)
        device.send(*bench.hours(20))
        assert device.wait(lambda: len(device.acked) == 20)
        revoke(pool, bench)
        for hour in range(20, 40):
            device.send(bench.frame(t0=3600 * hour))
            fellow.send(second.frame(t0=3600 * hour))
        assert fellow.wait(lambda: len(fellow.acked) == 20)
        until(lambda: refused(pool) == {"revoked": 20})
        both = (first.counters, also.counters)
    assert len(device.acked) == 20
    assert sum(one.new_frames for one in both) == 40
    assert all(one.refused for one in both), "both had a share of it"
    other.close()
    device.close()
    fellow.close()
