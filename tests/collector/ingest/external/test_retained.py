"""What a broker had retained: no new value at each start, and no time that nobody knows."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from collector.ingest import broker
from collector.ingest.authenticity import Message, Refusals
from collector.ingest.broker import MqttLink
from collector.ingest.external.taking import retake
from tests.collector.conftest import NOW
from tests.collector.ingest.external.conftest import World
from tests.collector.ingest.test_acknowledging import until
from tests.mosquitto import mosquitto

SAID = [{"n": "t1", "u": "Cel", "v": 15.0}]
DATED = [{"n": "t1", "u": "Cel", "t": int(NOW.timestamp()) - 900, "v": 14.0}]
T = int(NOW.timestamp())


@pytest.fixture
def plain(world: World) -> World:
    world.enrol("plain-1", [("t1", "soil_temperature", "Cel")], time_of_receipt=True)
    return world


def message(said: object, *, retained: bool) -> Message:
    return Message("senml/plain-1", json.dumps(said).encode(), retained=retained)


def test_a_retained_value_without_a_time_is_refused_once(plain: World) -> None:
    for _ in range(3):
        assert plain.take(message(SAID, retained=True)).readings == 0
        plain.now += timedelta(hours=2)
    assert plain.refusals() == {("plain-1", "retained_no_time"): 1}
    assert plain.rows("SELECT transport FROM external_message") == [
        ("mqtt:senml/plain-1, retained",)
    ]
    with plain.conn:
        retake(plain.conn, "plain-1", NOW - timedelta(days=1), plain.now, Refusals(plain.now))
    assert plain.readings("t1") == []


def test_a_value_that_came_live_is_repeated_by_the_retained_one(plain: World) -> None:
    assert plain.take(message(SAID, retained=False)).readings == 1
    plain.now += timedelta(days=3)
    assert plain.take(message(SAID, retained=True)).readings == 0
    assert plain.refusals() == {}
    assert plain.readings("t1") == [(T, 15.0)]


def test_the_device_may_say_the_same_again_after_a_retained_one(plain: World) -> None:
    plain.take(message(SAID, retained=True))
    plain.now += timedelta(seconds=60)
    assert plain.take(message(SAID, retained=False)).readings == 1
    assert plain.readings("t1") == [(T + 60, 15.0)]


def test_what_tells_its_time_is_taken_once(plain: World) -> None:
    both = [*DATED, {"n": "t1", "u": "Cel", "v": 15.0}]
    assert plain.take(message(both, retained=True)).readings == 1
    assert plain.take(message(both, retained=True)).readings == 0
    assert plain.readings("t1") == [(T - 900, 14.0)]
    assert plain.refusals() == {("plain-1", "retained_no_time"): 1}


def _publish(port: int, said: object) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish("senml/plain-1", json.dumps(said), 1, True).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


@pytest.mark.parametrize("protocol", [broker.FIVE, broker.FOUR])
def test_starts_at_a_real_broker_add_nothing(plain: World, tmp_path: Path, protocol: int) -> None:
    """The device publishes to be retained; the collector starts three times under passing names."""

    def start(publish: object = None) -> list[int]:
        came: list[Message] = []
        link = MqttLink(f"mqtt://127.0.0.1:{port}", came.append)
        link.protocol = protocol
        link.client = link._make_client()
        link.start()
        try:
            assert link.subscribed.wait(10)
            if publish is not None:
                until(lambda: bool(came))
                _publish(port, publish)
                until(lambda: len(came) == 2)
            else:
                until(lambda: bool(came))
        finally:
            link.stop()
        assert [one.retained for one in came] == [True, False][: len(came)]
        return [plain.take(one).readings for one in came]

    with mosquitto(tmp_path, "allow_anonymous true") as port:
        _publish(port, SAID)
        assert start() == [0]
        plain.now += timedelta(hours=1)
        assert start([{"n": "t1", "u": "Cel", "v": 16.0}]) == [0, 1]
        plain.now += timedelta(hours=1)
        assert start() == [0]
    assert plain.readings("t1") == [(T + 3600, 16.0)]
    assert plain.refusals() == {("plain-1", "retained_no_time"): 1}
