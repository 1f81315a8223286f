"""A small collector that acknowledges, and what tests of simulated nodes share."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import paho.mqtt.client as mqtt

from firmware.wire import codec, seal, topics, topics_read
from firmware.workbench.simulate import Fleet

START = 1_459_468_800  # 2016-04-01 00:00 UTC
DAYS = 200


@dataclass(frozen=True)
class Key:
    """A node's key, as a registry would hand it out."""

    node: str
    epoch: int = 1
    key: bytes = bytes(range(32))


def wait_for(what: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until `what` holds; fail if it does not."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Shared:
    """The clock that the test's fleet and collector share; `make_fleet` sets it."""

    sim, real, rate = float(START), 0.0, 1.0

    @classmethod
    def set(cls, at_day: float, rate: float) -> str:
        cls.sim, cls.real, cls.rate = START + at_day * 86400, round(time.time(), 3), rate
        return f"sim:{cls.sim:.0f}@{cls.real:.3f}*{rate:g}"

    @classmethod
    def now(cls) -> int:
        return int(cls.sim + (time.time() - cls.real) * cls.rate)


class Collector:
    """Checks seals, keeps frames and events, and acknowledges under `epoch` as `acking` says.

    `refuses` is a key epoch whose messages it does not take.
    """

    def __init__(self, port: int, key: bytes = bytes(range(32))) -> None:
        self.key = key
        self.epoch = 1
        self.refuses: int | None = None
        self.frames: dict[tuple[str, int, int], codec.Frame] = {}
        self.arrivals: list[tuple[str, int, int, bytes]] = []
        self.events: list[tuple[str, codec.Event]] = []
        self.refused: list[str] = []
        self.acking = True
        self.lock = threading.Lock()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def stop(self) -> None:
        self.client.disconnect()
        with suppress(AttributeError):  # it was over between the client's look at it and waiting
            self.client.loop_stop()

    def publish_ack(self, node: str, message: bytes, *, retain: bool = False) -> None:
        self.client.publish(topics.topic(node, "ack"), message, 1, retain)

    def ack(self, node: str, now: int, pairs: list[tuple[int, int]], **options: object) -> None:
        body = codec.encode_ack(now, pairs, **options)
        self.publish_ack(node, seal.seal(self.key, self.epoch, topics.topic(node, "ack"), body))

    def received(self) -> set[tuple[str, int, int]]:
        with self.lock:
            return set(self.frames)

    def kinds(self, kind: str) -> list[codec.Event]:
        with self.lock:
            return [event for _, event in self.events if event.kind == kind]

    def _on_connect(self, client: mqtt.Client, *rest: object) -> None:
        client.subscribe([("nq/1/+/up", 1), ("nq/1/+/evt", 1)])

    def _on_message(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        node, kind = topics_read.parse_topic(message.topic)
        try:
            epoch, body = seal.open_(self.key, message.topic, message.payload)
            if epoch == self.refuses:
                raise seal.SealError("retired_epoch")
        except seal.SealError as error:
            self.refused.append(str(error))
            return
        with self.lock:
            if kind == "evt":
                self.events.append((node, codec.decode_event(body)))
                return
            frame = codec.decode(body)
            self.frames[node, frame.boot, frame.seq] = frame
            self.arrivals.append((node, frame.boot, frame.seq, message.payload))
            if self.acking:
                self.ack(node, Shared.now(), [(frame.boot, frame.seq)])


FleetMaker = Callable[..., Fleet]
