"""The broker keeps a message until the collector says that it is stored.

On Debian's Mosquitto, which speaks MQTT 5, and on rumqttd, which speaks 3.1.1 alone and holds its
clients to the order of acknowledgements. Half of what is tried here are troubles that others
reported of these brokers and of the client; they are named where they are tried.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from collector.ingest import broker, intake
from collector.ingest.authenticity import Message
from collector.ingest.broker import FIVE, FOUR, MqttLink
from collector.ingest.inbox import Inbox
from collector.ingest.service import started
from collector.ingest.session import FILE, Session
from collector.one_machine.embedded import EmbeddedBroker, free_port
from collector.store.postgres.db import DatabaseDown, Pool
from tests.collector.conftest import MASTER, Bench, FixedClock
from tests.mosquitto import mosquitto

TOPIC = "nq/1/qf-001/up"


def until(happened: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that failed is tried again at once."""
    monkeypatch.setattr(broker, "CONNECT_AGAIN_SECONDS", (0.02, 0.1))


@pytest.fixture(params=["mosquitto", "rumqttd"])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """The port of each of the two brokers."""
    if request.param == "mosquitto":
        with mosquitto(tmp_path, "allow_anonymous true") as port:
            yield port
    else:
        embedded = EmbeddedBroker()
        embedded.start()
        yield embedded.port
        embedded.stop()


@dataclass
class Heard:
    """A collector's link and what came by it."""

    link: MqttLink
    messages: list[Message] = field(default_factory=list)

    @property
    def numbers(self) -> list[int]:
        """What the messages say."""
        return [int(message.payload) for message in self.messages]

    def has(self, *numbers: int) -> None:
        """Wait until exactly these came."""
        until(lambda: len(self.messages) >= len(numbers))
        assert self.numbers == list(numbers)

    def lose_connection(self) -> None:
        """Cut the connection, as a network does."""
        before = self.link._connection
        self.link.client.socket().shutdown(2)
        until(lambda: self.link._connection > before)
        assert self.link.subscribed.wait(10)


@contextmanager
def hearing(port: int, folder: Path | None, group: str | None = None) -> Iterator[Heard]:
    heard = Heard(None)  # type: ignore[arg-type]
    heard.link = MqttLink(
        f"mqtt://127.0.0.1:{port}", heard.messages.append, group, session=Session(folder)
    )
    heard.link.start()
    try:
        assert heard.link.subscribed.wait(10)
        yield heard
    finally:
        heard.link.stop()


def send(port: int, *numbers: int, retain: bool = False, topic: str = TOPIC) -> None:
    """Send messages with QoS 1, each once the broker has the one before."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for number in numbers:
        client.publish(topic, str(number), 1, retain).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def test_each_broker_is_spoken_to_in_the_newest_way_it_has(port: int, tmp_path: Path) -> None:
    with hearing(port, tmp_path) as heard:
        is_mosquitto = (tmp_path / "mosquitto.conf").exists()
        assert heard.link.protocol == (FIVE if is_mosquitto else FOUR)


def test_what_is_not_stored_comes_again_and_what_is_does_not(port: int, tmp_path: Path) -> None:
    with hearing(port, tmp_path) as heard:
        send(port, *range(6))
        heard.has(*range(6))
        heard.link.done(heard.messages[:2])
        time.sleep(0.1)
        heard.lose_connection()
        heard.has(0, 1, 2, 3, 4, 5, 2, 3, 4, 5)
    with hearing(port, tmp_path) as again:
        again.has(2, 3, 4, 5)
        again.link.done(again.messages)
    with hearing(port, tmp_path) as at_last:
        send(port, 7)
        at_last.has(7)


def test_what_comes_while_the_collector_is_away_waits(port: int, tmp_path: Path) -> None:
    with hearing(port, tmp_path):
        pass
    send(port, 1, 2, 3)
    with hearing(port, tmp_path) as heard:
        heard.has(1, 2, 3)


def test_numbers_of_a_lost_connection_acknowledge_nothing(port: int, tmp_path: Path) -> None:
    """rumqttd numbers anew with each connection: an old number would free another message."""
    with hearing(port, tmp_path) as heard:
        send(port, *range(4))
        heard.has(*range(4))
        old = list(heard.messages)
        heard.link.done(old[:2])
        time.sleep(0.1)
        heard.lose_connection()
        until(lambda: len(heard.messages) == 6)
        heard.link.done(old)
        time.sleep(0.1)
        heard.lose_connection()
        until(lambda: len(heard.messages) == 8)
        assert heard.numbers[6:] == [2, 3]


def test_acknowledgements_keep_to_the_order_of_arrival(port: int, tmp_path: Path) -> None:
    """rumqttd ends a connection whose acknowledgements are out of order."""
    with hearing(port, tmp_path) as heard:
        done = 0
        sender = threading.Thread(target=send, args=(port, *range(400)))
        sender.start()
        while done < 400:
            new = heard.messages[done : done + 7]
            heard.link.done(new)
            done += len(new)
        sender.join()
        assert heard.numbers == list(range(400))
        assert heard.link._connection == (0 if heard.link.protocol == FIVE else 1)


def test_more_than_is_taken_stays_with_the_broker(tmp_path: Path) -> None:
    """Mosquitto 2.0 goes beyond the number that it was asked to keep to: eclipse-mosquitto/
    mosquitto issue 2301. So a full inbox must do with what comes all the same."""
    inbox = Inbox(100)
    giving = threading.Event()

    def put(message: Message) -> None:
        while not giving.is_set():
            with suppress(queue.Full):
                inbox.put(message, timeout=0.05)
                break

    with mosquitto(tmp_path, "allow_anonymous true", "max_queued_messages 10000") as port:
        link = MqttLink(f"mqtt://127.0.0.1:{port}", put, session=Session(tmp_path))
        link.start()
        assert link.subscribed.wait(10)
        send(port, *range(1000))
        assert inbox.qsize() == 100
        numbers = []
        while len(numbers) < 1000:
            message = inbox.get(timeout=10)
            numbers.append(int(message.payload))
            link.done([message])
        assert numbers == list(range(1000))
        giving.set()
        link.stop()


def test_an_inbox_is_full_at_so_many_bytes() -> None:
    inbox = Inbox(100, most_bytes=1000)
    for _ in range(2):
        inbox.put_nowait(Message(TOPIC, bytes(500)))
    with pytest.raises(queue.Full):
        inbox.put_nowait(Message(TOPIC, b""))
    inbox.get_nowait()
    inbox.put_nowait(Message(TOPIC, bytes(5000)))
    with pytest.raises(queue.Full):
        inbox.put_nowait(Message(TOPIC, b""))
    assert len(inbox.get_nowait().payload) == 500
    assert len(inbox.get_nowait().payload) == 5000
    with pytest.raises(queue.Empty):
        inbox.get_nowait()


def test_a_queue_that_overflows_at_the_broker_drops_silently(tmp_path: Path) -> None:
    """eclipse-mosquitto/mosquitto issues 2349 and 2733: at max_queued_messages (1000) Mosquitto
    acknowledges to the sender and drops. Nothing here may count on the broker's word."""
    with mosquitto(tmp_path, "allow_anonymous true", "max_queued_messages 10") as port:
        with hearing(port, tmp_path):
            pass
        send(port, *range(50))  # each of them is acknowledged
        with hearing(port, tmp_path) as heard:
            time.sleep(0.5)
            assert 10 <= len(heard.numbers) < 50
    assert "dropped" in (tmp_path / "mosquitto.log").read_text()


def test_two_collectors_of_one_folder_have_a_name_each(tmp_path: Path) -> None:
    first, second = Session(tmp_path), Session(tmp_path)
    names = first.name, second.name
    assert names[0] != names[1]
    assert all(len(name) <= 23 for name in names)
    first.close()
    again = Session(tmp_path)
    assert again.name == names[0]
    again.close()
    second.close()


def test_a_name_is_free_as_soon_as_its_holder_was_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib; from collector.ingest.session import Session;"
        "print(Session(pathlib.Path(sys.argv[1])).name, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    name = holder.stdout.readline().strip()
    beside = Session(tmp_path)
    assert beside.name != name
    holder.kill()
    holder.communicate()
    after = Session(tmp_path)
    assert after.name == name
    after.close()
    beside.close()


@pytest.mark.parametrize("torn", ["", "{", '{"name": "x"}', "[]"])
def test_a_note_that_is_torn_is_written_anew(torn: str, tmp_path: Path) -> None:
    path = tmp_path / FILE.format(place=1)
    path.write_text(torn)
    session = Session(tmp_path)
    assert json.loads(path.read_text()) == {"name": session.name, "topics": []}
    assert session.lasts
    session.close()


def test_a_folder_that_cannot_be_written_gives_a_passing_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    session = Session(tmp_path / "file")
    assert not session.lasts
    assert "does not wait at the broker, and they send it again" in caplog.text
    assert "NONGQING_STATE_DIR" in caplog.text


def test_a_name_that_two_have_is_given_up_by_one(
    port: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each would put the other out for ever: eclipse-mosquitto/mosquitto issue 2340. Mosquitto 2.0
    does not say why it ends a connection, so it is told by its coming again and again."""
    caplog.set_level(logging.WARNING)
    copy = tmp_path / "copy"
    copy.mkdir()
    first = Session(tmp_path)
    (copy / FILE.format(place=1)).write_text((tmp_path / FILE.format(place=1)).read_text())
    first.close()
    with hearing(port, tmp_path) as one, hearing(port, copy) as other:
        until(lambda: one.link.session.name != other.link.session.name)
        until(lambda: one.link.subscribed.is_set() and other.link.subscribed.is_set())
        time.sleep(0.5)
        assert one.link.subscribed.is_set()
        assert other.link.subscribed.is_set()
        send(port, 1)
        until(lambda: 1 in one.numbers and 1 in other.numbers)
    assert "another collector seems to have the name nongqing-" in caplog.text
    assert "Remove " in caplog.text


def test_what_an_earlier_start_subscribed_to_ends(tmp_path: Path) -> None:
    """A session goes on with topics that the new start knows nothing of: eclipse-paho/
    paho.mqtt.python issue 855. Here a collector that was alone joins a group."""
    with mosquitto(tmp_path, "allow_anonymous true") as port:
        with hearing(port, tmp_path):
            pass
        with hearing(port, tmp_path, "group") as heard:
            send(port, 1)
            until(lambda: bool(heard.numbers))
            time.sleep(0.3)
            assert heard.numbers == [1]


def test_who_leaves_a_group_leaves_nothing_waiting(tmp_path: Path) -> None:
    """Mosquitto divides among all who have a session, there or not: eclipse-mosquitto/mosquitto
    issue 2662. So one who leaves in order takes its session along."""
    with (
        mosquitto(tmp_path, "allow_anonymous true") as port,
        hearing(port, tmp_path / "a", "g") as stays,
    ):
        with hearing(port, tmp_path / "b", "g"):
            pass
        send(port, *range(20))
        stays.has(*range(20))


def test_who_was_killed_in_a_group_finds_its_share_and_for_a_minute_only(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path, "allow_anonymous true") as port,
        hearing(port, tmp_path / "a", "g") as stays,
    ):
        with hearing(port, tmp_path / "b", "g") as falls:
            assert falls.link._expiry_s == broker.GROUP_EXPIRY_S == 60
            falls.link.client.loop_stop = lambda: None
            falls.link.client.disconnect = lambda properties=None: None
            falls.link.client.reconnect = lambda: 1
            falls.link.client.socket().shutdown(2)
            until(lambda: not falls.link.client.is_connected())
        send(port, *range(20))
        with hearing(port, tmp_path / "b", "g") as back:
            until(lambda: len(stays.numbers) + len(back.numbers) == 20)
            assert sorted(stays.numbers + back.numbers) == list(range(20))
            assert back.numbers


def test_a_retained_message_comes_once(tmp_path: Path) -> None:
    """With each new connection it would come again, for ever, with MQTT 3.1.1."""
    with mosquitto(tmp_path, "allow_anonymous true") as port:
        send(port, 1, retain=True)
        with hearing(port, tmp_path) as heard:
            heard.has(1)
            heard.link.done(heard.messages)
            time.sleep(0.1)
            heard.lose_connection()
            send(port, 2)
            heard.has(1, 2)


def test_a_frame_outlives_the_collector_that_had_it(
    port: int,
    pool: Pool,
    clock: FixedClock,
    bench: Bench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody sends it again: it was acknowledged to its sender, and not yet to the broker."""
    url = f"mqtt://127.0.0.1:{port}"
    frame = bench.frame()

    def gone(*_: object) -> None:
        raise DatabaseDown(pool.dsn, "gone in the middle")

    with (
        monkeypatch.context() as away,
        started(pool, MASTER, clock, url, state_dir=tmp_path) as (first, link),
    ):
        away.setattr(intake, "take", gone)
        assert link.subscribed.wait(10)
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", port)
        client.loop_start()
        client.publish(frame.topic, frame.payload, 1).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()
        until(lambda: first.counters.retries > 0)
    with started(pool, MASTER, clock, url, state_dir=tmp_path) as (second, _):
        until(lambda: second.counters.new_frames == 1)
    with started(pool, MASTER, clock, url, state_dir=tmp_path) as (third, link):
        assert link.subscribed.wait(10)
        time.sleep(0.3)
    assert third.counters.messages == 0


FLOODED = """
import logging, sys, threading, time
from pathlib import Path
from datetime import UTC, datetime
from collector.clock import SystemClock
from collector.ingest import broker, lanes
from collector.ingest.service import started
from collector.keys import MasterKey
from collector.store.postgres.db import DatabaseDown, Pool
logging.basicConfig(level=logging.INFO)
dsn, url, folder = sys.argv[1:]
broker.RECEIVE_MOST = 65535  # so that the inbox alone is what holds
lanes.QUEUE_FRAMES = 5000
with started(Pool(dsn), MasterKey(bytes(32)), SystemClock(), url, None, None, Path(folder)) as (
    collector, link,
):
    link.subscribed.wait(20)
    print("ready", flush=True)
    sys.stdin.readline()
    print(collector.counters.waited > 0, flush=True)
"""


def test_a_flood_while_the_database_is_away_takes_no_more_memory(tmp_path: Path) -> None:
    """What does not fit stays with the broker: 20,000 messages, an inbox of 5,000."""
    nobody = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    lines = ["allow_anonymous true", "max_queued_messages 1000000", "max_inflight_messages 5000"]
    with mosquitto(tmp_path, *lines) as port:
        collector = subprocess.Popen(
            [sys.executable, "-c", FLOODED, nobody, f"mqtt://127.0.0.1:{port}", str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ,
        )
        try:
            assert collector.stdin is not None
            assert collector.stdout is not None
            assert collector.stdout.readline() == "ready\n"
            process = psutil.Process(collector.pid)
            flood(port, 8_000)
            time.sleep(0.5)
            first = process.memory_info().rss
            flood(port, 12_000)
            time.sleep(0.5)
            second = process.memory_info().rss
            assert second - first < 2 << 20, (first, second)
            said, _ = collector.communicate("\n", timeout=30)
            assert said == "True\n", "the inbox was never full"
        finally:
            collector.kill()
            collector.wait()


def flood(port: int, count: int) -> None:
    """Send so many messages of 200 bytes, as fast as they go."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()
    last = None
    for _ in range(count):
        last = client.publish(TOPIC, bytes(200), 1)
    assert last is not None
    last.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()
