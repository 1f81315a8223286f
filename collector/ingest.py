"""The collector: takes sealed messages from the broker, stores them, acknowledges what is safe.

The broker's client has a thread of its own and only puts messages into a bounded queue. The
caller's thread takes them out in batches; each batch is one transaction. A node is told that a
frame is safe only after the commit, from rows read back. While the database does not answer,
the batch in hand is kept and tried again; what no longer fits the queue is dropped unacknowledged
and comes again from the nodes.
"""

from __future__ import annotations

import logging
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from collector import intake
from collector.clock import Clock
from collector.directory import Directory, read_directory
from collector.keys import MasterKey, MasterKeyError
from collector.proof import Message
from collector.settings import parse_broker
from collector.store import registry
from collector.store.db import Connection, DatabaseDown, Pool, TransactionRollback
from collector.store.frames import BootId, FrameId
from collector.trouble import Trouble
from firmware.wire import codec, seal, topics

BATCH_FRAMES = 500
BATCH_SECONDS = 0.2
QUEUE_FRAMES = 20_000
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
ACK_FRAMES = 100
SUBSCRIPTIONS = ("nq/1/+/up", "nq/1/+/evt")

log = logging.getLogger("nongqing.ingest")


class BrokerError(RuntimeError):
    """The broker refuses this collector; the message names the broker, the reason, the mend."""


@dataclass
class Counters:
    """What a collector has done since it started."""

    messages: int = 0
    batches: int = 0
    new_frames: int = 0
    readings: int = 0
    refused: int = 0
    dead: int = 0
    dropped: int = 0
    acks: int = 0
    retries: int = 0

    def __str__(self) -> str:
        """Name every figure that is not zero."""
        figures = [f"{value} {name}" for name, value in asdict(self).items() if value]
        return ", ".join(figures).replace("_", " ") or "nothing came in"


class Link(Protocol):
    """Where acknowledgements go."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message with QoS 1."""
        ...


class Collector:
    """Stores batches of messages and acknowledges them.

    Parameters
    ----------
    pool : Pool
        Connections to the database.
    master : MasterKey
        Opens the nodes' keys.
    clock : Clock
        Gives the time of receipt, and the time in acknowledgements.
    link : Link
        Where acknowledgements go.
    queue_frames : int
        Most messages that wait.
    """

    def __init__(
        self,
        pool: Pool,
        master: MasterKey,
        clock: Clock,
        link: Link,
        queue_frames: int = QUEUE_FRAMES,
    ) -> None:
        self.pool = pool
        self.master = master
        self.clock = clock
        self.link = link
        self.counters = Counters()
        self.stopping = threading.Event()
        self._inbox: queue.Queue[Message] = queue.Queue(queue_frames)
        self._directory: Directory | None = None
        self._failure: BaseException | None = None

    def put(self, message: Message) -> None:
        """Hand a message in, from any thread; dropped, and counted, when the queue is full."""
        try:
            self._inbox.put_nowait(message)
        except queue.Full:
            self.counters.dropped += 1

    def run(self) -> None:
        """Store batches until `stopping` is set; the batch in hand is finished if it can be."""
        try:
            self._retry(self._refresh)
            while not self.stopping.is_set():
                batch = self._gather()
                self._retry(partial(self._store_or_set_aside, batch) if batch else self._idle)
        except MasterKeyError as error:
            self._failure = error  # one line for a person, by way of `check`
        except BaseException as error:
            self._failure = error
            raise

    def check(self) -> None:
        """Raise what ended `run` on another thread, if anything did."""
        if self._failure is not None:
            raise self._failure

    def _gather(self) -> list[Message]:
        """Wait up to a second for a first message, then take what comes within a short time."""
        try:
            batch = [self._inbox.get(timeout=1.0)]
        except queue.Empty:
            return []
        deadline = time.monotonic() + BATCH_SECONDS
        while len(batch) < BATCH_FRAMES:
            try:
                batch.append(self._inbox.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                break
        return batch

    def _retry(self, work: Callable[[], object]) -> None:
        """Do work until it is done, waiting longer and longer while the database is away."""
        for attempt in range(1 << 30):
            try:
                work()
            except (DatabaseDown, TransactionRollback) as error:
                self.counters.retries += 1
                wait = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]
                log.warning(
                    "%s; trying again in %.1f s. Until then nodes keep their frames and send them "
                    "again; nothing is lost",
                    error,
                    wait,
                )
                if self.stopping.wait(wait):
                    return
            else:
                return

    def _idle(self) -> None:
        """Look whether the registry changed while nothing comes in."""
        with self.pool.connection() as conn:
            changed = self._directory is None or registry.version(conn) != self._directory.version
        if changed:
            self._refresh()

    def _refresh(self) -> None:
        """Read the registry anew, then the frames that waited for something in it."""
        with self.pool.connection() as conn:
            self._directory = read_directory(conn, self.master)
        while True:
            with self.pool.connection() as conn:
                taken = intake.replay(conn, self._directory, self.clock.now())
            if not taken:
                return

    def _current(self, conn: Connection) -> Directory:
        """Return the registry as it stands in this transaction."""
        if self._directory is None or registry.version(conn) != self._directory.version:
            self._directory = read_directory(conn, self.master)
        return self._directory

    def store(self, messages: list[Message]) -> None:
        """Store one batch in one transaction, then acknowledge it.

        Raises
        ------
        DatabaseDown, TransactionRollback
            When nothing of it was stored, or it is not known; storing it again is harmless.
        """
        before = self._directory
        with self.pool.connection() as conn:
            directory = self._current(conn)
            outcome = intake.take(conn, directory, messages, self.clock.now())
        counters = self.counters
        counters.batches += 1
        counters.messages += len(messages)
        counters.new_frames += outcome.new_frames
        counters.readings += outcome.readings
        counters.refused += outcome.refused.total()
        counters.dead += outcome.dead
        if outcome.boots:
            with self.pool.connection() as conn:
                marks = intake.advance(conn, outcome.boots)
            self._acknowledge(directory, outcome.ids, marks)
        if before is not directory:
            self._refresh()

    def _store_or_set_aside(self, messages: list[Message]) -> None:
        """Store a batch; a message that makes the collector fail must not stop the others."""
        try:
            self.store(messages)
        except (DatabaseDown, TransactionRollback, MasterKeyError):
            raise
        except Exception as error:
            if len(messages) > 1:
                for message in messages:
                    self._store_or_set_aside([message])
                return
            log.exception("a message on %s makes the collector fail", messages[0].topic)
            with self.pool.connection() as conn:
                intake.set_aside(conn, messages[0], error, self.clock.now())

    def _acknowledge(
        self, directory: Directory, ids: Iterable[FrameId], marks: dict[BootId, int]
    ) -> None:
        """Tell each node which of its frames are safe."""
        pairs: dict[BootId, list[tuple[int, int]]] = {boot: [] for boot in marks}
        for one in sorted(ids):
            pairs.setdefault(one.boot_id, []).append((one.boot, one.seq))
        now = int(self.clock.now().timestamp())
        for boot, frames in pairs.items():
            key = directory.nodes[boot.node].keys[boot.epoch]
            topic = topics.topic(boot.node, "ack")
            mark = (boot.boot, marks[boot]) if boot in marks else None
            for start in range(0, max(1, len(frames)), ACK_FRAMES):
                body = codec.encode_ack(now, frames[start : start + ACK_FRAMES], mark)
                self.link.publish(topic, seal.seal(key.key, boot.epoch, topic, body))
                self.counters.acks += 1


class MqttLink:
    """The connection to the broker; it comes back by itself.

    Parameters
    ----------
    url : str
        ``mqtt[s]://[user:password@]host[:port]``
    deliver : callable
        Takes each message, on the client's thread.
    shared_group : str, optional
        Divide messages among all collectors of this group.
    """

    def __init__(
        self, url: str, deliver: Callable[[Message], None], shared_group: str | None = None
    ) -> None:
        self.address = parse_broker(url)
        self.deliver = deliver
        self.prefix = f"$share/{shared_group}/" if shared_group else ""
        self.subscribed = threading.Event()
        self.refusal: str | None = None
        self.connected = False
        self._trouble = Trouble(log)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, clean_session=True)
        self.client.reconnect_delay_set(min_delay=1, max_delay=10)
        if self.address.tls:
            self.client.tls_set()
        if self.address.user:
            self.client.username_pw_set(self.address.user, self.address.password)
        self.client.on_connect = self._on_connect
        self.client.on_connect_fail = self._on_connect_fail
        self.client.on_disconnect = self._on_disconnect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message

    @property
    def place(self) -> str:
        """Host and port."""
        return f"{self.address.host}:{self.address.port}"

    def start(self) -> None:
        """Begin to connect, on a thread of the client's own."""
        self.client.connect_async(self.address.host, self.address.port, keepalive=30)
        self.client.loop_start()

    def stop(self) -> None:
        """Disconnect and end the thread."""
        self.client.disconnect()
        self.client.loop_stop()

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message with QoS 1; one that cannot be sent now is dropped.

        An acknowledgement that gets lost costs nothing: the node sends its frame again.
        """
        if self.client.is_connected():
            self.client.publish(topic, payload, qos=1)

    def _on_connect(
        self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, props: Any
    ) -> None:
        if reason.is_failure:
            self.refusal = str(reason)
            self._trouble.say(
                logging.ERROR,
                f"broker {self.place} refuses this collector ({reason}); check user and password "
                "in NONGQING_BROKER",
            )
            return
        self.refusal, self.connected = None, True
        self._trouble.over()
        log.info("broker %s: connected", self.place)
        client.subscribe([(self.prefix + topic, 1) for topic in SUBSCRIPTIONS])

    def _on_connect_fail(self, client: mqtt.Client, userdata: Any) -> None:
        # the client calls this while it handles the error that it met
        error = sys.exception()
        self._no_answer(str(error) or type(error).__name__)

    def _no_answer(self, reason: str) -> None:
        self.refusal = None
        self._trouble.say(
            logging.WARNING,
            f"broker {self.place}: no answer ({reason}); start it, or mend NONGQING_BROKER",
        )

    def _on_subscribe(
        self, client: mqtt.Client, userdata: Any, mid: int, reasons: Any, props: Any
    ) -> None:
        self.subscribed.set()

    def _on_disconnect(
        self, client: mqtt.Client, userdata: Any, flags: Any, reason: Any, props: Any
    ) -> None:
        self.subscribed.clear()
        before, self.connected = self.connected, False
        if not reason.is_failure or self.refusal is not None:
            return
        if not before:
            self._no_answer("it hangs up before a word; is it mqtt:// or mqtts://?")
        else:
            log.warning("broker %s: connection lost (%s); connecting again", self.place, reason)

    def _on_message(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self.deliver(Message(message.topic, bytes(message.payload)))


@contextmanager
def running(
    pool: Pool, master: MasterKey, clock: Clock, broker: str, shared_group: str | None = None
) -> Iterator[tuple[Collector, MqttLink]]:
    """Run a collector on a thread of its own while the block lasts."""
    collector, link = connect(pool, master, clock, broker, shared_group)
    worker = threading.Thread(target=collector.run, name="collector")
    link.start()
    worker.start()
    try:
        yield collector, link
    finally:
        collector.stopping.set()
        worker.join()
        link.stop()


def connect(
    pool: Pool, master: MasterKey, clock: Clock, broker: str, shared_group: str | None = None
) -> tuple[Collector, MqttLink]:
    """Make a collector and its link to the broker; neither is started."""
    inbox: list[Callable[[Message], None]] = []
    link = MqttLink(broker, lambda message: inbox[0](message), shared_group)
    collector = Collector(pool, master, clock, link)
    inbox.append(collector.put)
    return collector, link
