"""Outputs of the real firmware under MicroPython, by way of a real broker; the world answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firmware.wire import outputs, seal, topics
from firmware.wire.outputs import Order, Outputs, State
from firmware.workbench.simulate import Fleet
from tests.firmware.field import Collector, FleetMaker, wait_for

pytestmark = pytest.mark.system
NODE = "gh-001"
TOPIC = topics.topic(NODE, "cmd")
BOOT = 1
DRIP, VENT = 0, 1


def order(collector: Collector, given: Order) -> None:
    body = outputs.encode_order(given)
    collector.client.publish(TOPIC, seal.seal(collector.key, collector.epoch, TOPIC, body), 1)


def states(collector: Collector, boot: int = BOOT) -> list[State]:
    """States of a boot, each once, in their order."""
    found = {
        state.k: state
        for event in collector.kinds("output")
        if event.boot == boot
        for state in [outputs.state_of(event.detail)]
    }
    return [found[k] for k in sorted(found)]


def snapshots(collector: Collector) -> list[Outputs]:
    return [outputs.outputs_of(event.detail) for event in collector.kinds("outputs")]


def said(collector: Collector, number: int, boot: int = BOOT) -> list[str]:
    return [each.state for each in states(collector, boot) if each.by == number]


def seconds_on(collector: Collector, channel: int) -> int:
    return sum(
        value
        for frame in collector.frames.values()
        for value in frame.channels[channel]
        if isinstance(value, int)
    )


def uptime(collector: Collector) -> int:
    """Uptime [s] that the node told last."""
    with collector.lock:
        frames = [f.t0 + f.step * (len(f.channels[0]) - 1) for f in collector.frames.values()]
        told = [
            event.detail[:2] for _, event in collector.events if event.kind.startswith("output")
        ]
    return max([*frames, *(row[1] for row in told), 0])


@pytest.fixture
def greenhouse(make_fleet: FleetMaker, collector: Collector) -> Callable[..., Fleet]:
    """Start a node with outputs whose first rest is over; it measures every minute."""

    def start(board: str = "greenhouse-2", rate: float = 120.0, **more: object) -> Fleet:
        config = {"rules": [], "sample_s": 60, "samples_per_frame": 2, "ack_ms": 500}
        config |= dict(more.pop("config", {}))
        fleet = make_fleet(NODE, board=board, rate=rate, config=config, **more)
        fleet.start()
        wait_for(lambda: bool(snapshots(collector)))
        wait_for(lambda: uptime(collector) > 300)
        return fleet

    return start


def test_what_is_ordered_is_proven_and_ends_by_itself(
    greenhouse: Callable[..., Fleet], collector: Collector
) -> None:
    fleet = greenhouse()
    assert [row.on for row in snapshots(collector)[0].rows] == [False, False]
    given = outputs.on(1, 501, DRIP, 600, BOOT, outputs.until(uptime(collector), 0, 600))
    order(collector, given)
    order(collector, given)
    wait_for(lambda: "off" in said(collector, 501))
    assert said(collector, 501) == ["accepted", "on", "proof", "off"]
    by_state = {each.state: each for each in states(collector) if each.by == 501}
    assert by_state["off"].more == "lease"
    assert 600 <= by_state["off"].uptime - by_state["on"].uptime <= 602
    channel, litres = by_state["proof"].more
    assert channel == 4
    assert litres > 0
    wait_for(lambda: seconds_on(collector, 6) >= 600)
    assert seconds_on(collector, 6) <= 602
    counted = seconds_on(collector, 4) / 10  # litres of the meter
    assert counted == pytest.approx(0.55 * 600, abs=8)
    assert fleet.alive() == {NODE: True}
