"""Commands to the real firmware under MicroPython, by way of a real broker."""

from __future__ import annotations

import pytest

from firmware.wire import commands, seal, topics
from firmware.wire.commands import Command
from firmware.workbench.simulate import Fleet
from tests.firmware.field import Collector, FleetMaker, Shared, free_port, wait_for

pytestmark = pytest.mark.system
NODE = "qf-001"
TOPIC = topics.topic(NODE, "cmd")


def tell(
    collector: Collector, number: int, word: str, argument: object = None, *, late: bool = False
) -> None:
    expires = Shared.now() + (-1 if late else 86400)
    body = commands.encode_command(Command(number, expires, word, argument))
    collector.client.publish(TOPIC, seal.seal(collector.key, collector.epoch, TOPIC, body), 1)


def answers(collector: Collector) -> list[list[object]]:
    return [event.detail for event in collector.kinds("answer")]


@pytest.fixture
def fleet(make_fleet: FleetMaker, collector: Collector) -> Fleet:
    fleet = make_fleet(NODE, days=0.2, rate=120.0)
    fleet.start()
    wait_for(lambda: len(collector.received()) >= 4)
    return fleet


def again(fleet: Fleet, collector: Collector, number: int, result: str) -> list[object]:
    """Start the node whenever it ends, until a command has its last answer."""

    def there() -> bool:
        fleet.restart_ended()
        return any(each[:2] == [number, result] for each in answers(collector))

    wait_for(there, 60)
    return next(each for each in answers(collector) if each[:2] == [number, result])


def test_a_node_measures_when_it_is_told(fleet: Fleet, collector: Collector) -> None:
    tell(collector, 1, "send", late=True)
    wait_for(lambda: [1, "expired", None] in answers(collector))
    tell(collector, 2, "send")
    tell(collector, 2, "send")
    wait_for(lambda: len(answers(collector)) >= 3)
    number, result, frames = answers(collector)[1]
    assert (number, result) == (2, "done")
    assert answers(collector)[2] == [2, "done", frames]
    wait_for(lambda: any(seq == frames - 1 for _, _, seq in collector.received()))
    tell(collector, 3, "selftest")
    number, result, found = again(fleet, collector, 3, "done")
    assert [channel for channel, *_ in found] == [0, 1, 2, 3, 4, 5]
    assert 200 < found[3][1] < 300
    assert fleet.alive() == {NODE: True}


def test_a_configuration_is_kept_when_the_node_can_report(
    fleet: Fleet, collector: Collector
) -> None:
    tell(collector, 1, "config", [{"sample_s": 300, "samples_per_frame": 2}, 3600])
    again(fleet, collector, 1, "trial")
    again(fleet, collector, 1, "done")
    assert len(collector.kinds("boot")) == 2
    wait_for(lambda: any(frame.step == 300 for frame in collector.frames.values()))
    fleet.nodes[NODE].cut_power()
    fleet.nodes[NODE].start()
    wait_for(lambda: len(collector.kinds("boot")) == 3)
    newest = max(collector.received())
    wait_for(lambda: max(collector.received()) > newest)
    assert collector.frames[max(collector.received())].step == 300


def test_a_broker_that_is_not_there_is_undone(fleet: Fleet, collector: Collector) -> None:
    changes = {"broker": {"host": "127.0.0.1", "port": free_port()}}
    tell(collector, 1, "config", [changes, 600])
    number, result, why = again(fleet, collector, 1, "undone")
    assert why == "not acknowledged in 600 s"
    first = {seq for _, boot, seq in collector.received() if boot == min(collector.received())[1]}
    assert first == set(range(len(first)))
    tell(collector, 2, "send")
    wait_for(lambda: len({boot for _, boot, _ in collector.received()}) == 3)  # of the trial, too


def test_channels_that_end_every_start_are_undone(fleet: Fleet, collector: Collector) -> None:
    row = {"number": 0, "quantity": 1, "scale": 100, "driver": "sht4x", "bus": "i2c", "address": 68}
    tell(collector, 1, "config", [{"channels": [row, dict(row, scale="x")]}, 3600])
    _, _, why = again(fleet, collector, 1, "undone")
    assert why == "ended with channels [0, 0]: must be 1 to 32 different, ascending"


def test_a_new_key_takes_over_when_the_server_answers_to_it(
    fleet: Fleet, collector: Collector
) -> None:
    old, new = collector.key, bytes(range(32, 64))
    tell(collector, 1, "key", [2, commands.wrap_key(old, NODE, 1, new)])
    again(fleet, collector, 1, "trial")
    collector.key, collector.epoch = new, 2
    again(fleet, collector, 1, "done")
    assert fleet.alive() == {NODE: True}
