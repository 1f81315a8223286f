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

from collector import ingest
from collector.settings import parse_broker
from collector.store import reading_log, readings
from firmware.wire import codec, seal, topics

if TYPE_CHECKING:
    from collector.store import db
    from tests.collector.conftest import Bench, FixedClock
    from tests.conftest import Server


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


@pytest.fixture
def device(broker_url: str, bench: Bench):
    device = Device(broker_url, bench)
    yield device
    device.close()


@pytest.fixture
def running(pool: db.Pool, clock: FixedClock, broker_url: str, bench: Bench):
    from tests.collector.conftest import MASTER

    with ingest.running(pool, MASTER, clock, broker_url) as (collector, link):
        assert link.subscribed.wait(10)
        yield collector


def test_a_frame_becomes_a_dataset_and_is_acknowledged(
    running: ingest.Collector,
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
    assert rolled.hours == 36
    names = ["air_temperature", "precipitation_amount", "battery_voltage"]
    data = readings.hourly_dataset(registered, names, clock.now() - timedelta(hours=6), clock.now())
    assert data.sizes == {"site": 6, "time": 6}
    own = data.isel(site=[0])
    np.testing.assert_allclose(own["air_temperature"], np.full((1, 6), 15.025))
    assert own["air_temperature"].attrs["standard_name"] == "air_temperature"
    assert (own["air_temperature_completeness"] == 1).all()
    assert data["air_temperature"].isel(site=1).isnull().all()
