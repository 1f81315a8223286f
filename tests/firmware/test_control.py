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


def test_rules_go_on_alone_and_the_frames_tell_what_they_did(
    make_fleet: FleetMaker, collector: Collector
) -> None:
    """A day without a link, made up at the start: vent by heat, drip by dry soil; both are told."""
    rules = [[VENT, 0, 1700, 1500], [DRIP, 2, 300, 350]]
    with make_fleet(NODE, board="greenhouse-2", days=1, rate=1, config={"rules": rules}):
        wait_for(lambda: len(collector.received()) >= 44)
    frames = [frame for _, frame in sorted(collector.frames.items())]
    channels = [[value for f in frames for value in f.channels[number]] for number in range(8)]
    temperature, _, moisture, _, litres, open_min, drip_s, vent_s = channels
    assert collector.kinds("fault") == []
    # The weather is 11 to 12 degrees outside; shut, the house gathers 9 more by day.
    assert max(temperature) > 1700
    hot = [value for value, on in zip(temperature, vent_s, strict=True) if on == 300]
    assert hot, "open for whole steps"
    assert min(hot) < 1550, "an open vent cools"
    assert sum(open_min) * 60 == pytest.approx(sum(vent_s), rel=0.3), "and the way back"
    assert sum(litres) / 10 == pytest.approx(0.55 * sum(drip_s), rel=0.05)
    assert sum(drip_s) > 3600
    assert moisture[-1] > moisture[0] + 5, "what flowed came to the probe"
    assert sum(drip_s) <= 14400 + 10, "what it may in a day"


def test_a_pump_station_loses_power_while_it_runs(
    greenhouse: Callable[..., Fleet], collector: Collector
) -> None:
    fleet = greenhouse(board="pump-1")
    for number, output in ((1, 0), (2, 1)):
        seconds = 3600 - 600 * output
        until = outputs.until(uptime(collector), 0, 600)
        order(collector, outputs.on(number, number, output, seconds, BOOT, until))
    wait_for(lambda: said(collector, 1)[2:] == said(collector, 2)[2:] == ["proof"])
    fleet.nodes[NODE].cut_power()
    fleet.nodes[NODE].start()
    wait_for(lambda: len(snapshots(collector)) == 2)
    after = snapshots(collector)[1]
    assert [(row.on, row.left_s) for row in after.rows] == [(False, 0), (False, 0)]
    assert after.seq == 2
    assert [row.used_s for row in after.rows] == [3600, 3000], "in full: nobody knows how much"
    order(collector, outputs.on(2, 2, 1, 3000, BOOT, 1 << 20))
    order(collector, outputs.on(3, 3, 0, 60, BOOT, 1 << 20))
    wait_for(lambda: said(collector, 3, boot=2) == ["refused"])
    assert [each.more for each in states(collector, boot=2)] == ["boot"]
