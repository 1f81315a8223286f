"""Outputs on a node: each limit, refusal, proof and alarm; the timer; what is remembered."""

from __future__ import annotations

import random
from typing import Any

import pytest

from firmware.actuators.motor import Motor
from firmware.actuators.relay import Relay
from firmware.wire import outputs, seal
from firmware.wire.outputs import Order
from tests.faults.lease_rig import FLOW, KEY, MOIST, NODE, PRESSURE, WIND, Rig, missing

TOPIC = f"nq/1/{NODE}/cmd"
VALVE, PUMP, FAN = range(3)
LIMITS = {"driver": "relay", "longest_s": 600, "rest_s": 60, "day_s": 1200}


def station(**changes: Any) -> list[dict[str, Any]]:
    return [
        LIMITS | {"pins": [18], "proof": [FLOW, 5, 100, 0]} | changes,
        LIMITS | {"pins": [19], "proof": [PRESSURE, 100, 20, 1], "behind": [0]},
        LIMITS | {"pins": [23], "proof": [WIND, 1, 60, 2], "forbidden": [[WIND, -9, 120]]},
    ]


class Bench(Rig):
    """A station whose server's words all arrive; every rest after the start is over."""

    def __init__(self, rules: list[Any] | None = None, **changes: Any) -> None:
        super().__init__(random.Random(1), station(**changes), rules or [], None)
        self.seq = 0
        self.values[MOIST] = 230
        self.pass_s(70)

    def pass_s(self, seconds: float) -> None:
        self.pass_until(self.now + int(1000 * seconds))

    def tell(self, given: Order) -> None:
        if given.act == "on":
            self.orders[given.id], self.deadlines[given.seq] = given, self.now + 10**9
        body = outputs.encode_order(given)
        self.control.hear(seal.seal(KEY, 1, TOPIC, body))
        self.look()

    def on(self, output: int, seconds: int, number: int = 0, **changes: Any) -> None:
        self.seq += 1
        until = self.uptime_ms() // 1000 + 60
        given = outputs.on(self.seq, number or self.seq, output, seconds, self.boot, until)
        self.tell(given._replace(**changes))

    def off(self, output: int, hold: bool = False) -> None:
        self.seq += 1
        self.tell(outputs.off(self.seq, self.seq, output, hold))

    def said(self, *states: str) -> list[tuple[Any, ...]]:
        """Output, state, by and more of what was said in this start, of some states."""
        rows = [outputs.state_of(row) for row in self.control.rows]
        return [
            (row.output, row.state, row.by, row.more)
            for row in rows
            if not states or row.state in states
        ]

    @property
    def last(self) -> tuple[Any, ...]:
        return self.said()[-1]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_order_is_accepted_on_proven_and_off(bench: Bench) -> None:
    bench.on(VALVE, 300)
    assert bench.watched[VALVE].is_on
    bench.pass_s(310)
    accepted, on, proof, off = bench.said()
    assert accepted == (VALVE, "accepted", 1, None)
    assert on == (VALVE, "on", 1, 300)
    assert proof[:3] == (VALVE, "proof", 1)
    assert proof[3][1] >= 5
    assert off == (VALVE, "off", 1, "lease")
    assert not bench.watched[VALVE].is_on
    assert bench.control.on_s(VALVE) == 300


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"boot": 99}, "boot"),
        ({"until": 0}, "late"),
        ({"until": 70 + 3601}, "ahead"),
        ({"argument": [7, 60]}, "unknown"),
        ({"argument": [VALVE, 601]}, "longest"),
        ({"argument": [PUMP, 60]}, "order"),
    ],
)
def test_an_order_that_may_not_is_refused(
    bench: Bench, changes: dict[str, Any], reason: str
) -> None:
    bench.on(VALVE, 60, **changes)
    assert [row[1:] for row in bench.said()] == [("refused", 1, reason)]
    assert not any(each.is_on for each in bench.watched)


def test_rest_and_a_days_time_are_kept_over_a_reset(bench: Bench) -> None:
    bench.on(VALVE, 600)
    bench.pass_s(605)
    bench.on(VALVE, 10)
    assert bench.last == (VALVE, "refused", 2, "rest")
    bench.pass_s(60)
    bench.on(VALVE, 600)
    bench.reset()
    bench.start()
    bench.on(VALVE, 10)
    assert bench.last == (VALVE, "refused", 4, "rest")
    bench.pass_s(61)
    bench.on(VALVE, 10)
    assert bench.last == (VALVE, "refused", 5, "day"), "the lease that a reset ended counts whole"
    bench.pass_s(26 * 3600)
    bench.on(VALVE, 10)
    assert bench.last == (VALVE, "on", 6, 10)


def test_what_was_not_used_of_a_lease_is_given_back(bench: Bench) -> None:
    for _ in range(8):
        bench.on(VALVE, 600)
        assert bench.last[1] == "on"
        bench.pass_s(30)
        bench.off(VALVE)
        bench.pass_s(120)
    assert bench.control.account.used(VALVE) <= 8 * 33


def test_a_new_lease_renews_and_never_beyond_the_longest(bench: Bench) -> None:
    bench.on(VALVE, 400)
    bench.pass_s(300)
    bench.on(VALVE, 250)
    assert bench.last[:3] == (VALVE, "proof", 2), "what was shown holds for it too"
    bench.pass_s(150)
    bench.on(VALVE, 300)
    assert bench.last == (VALVE, "refused", 3, "longest")
    assert bench.watched[VALVE].is_on
    bench.pass_s(101)
    assert bench.last == (VALVE, "off", 2, "lease")


def test_a_pump_goes_off_before_its_valve(bench: Bench) -> None:
    bench.on(VALVE, 300)
    bench.on(PUMP, 301)
    assert bench.last == (PUMP, "refused", 2, "order")
    bench.on(PUMP, 200)
    assert bench.watched[PUMP].is_on
    bench.pass_s(30)
    bench.off(VALVE)
    assert bench.said("off") == [(PUMP, "off", 3, "order"), (VALVE, "off", 4, "command")]
    bench.pass_s(200)
    assert bench.said("alarm") == []


def test_all_off_is_all_off_and_no_rule_undoes_it() -> None:
    bench = Bench(rules=[[VALVE, MOIST, 200, 260]])
    bench.values[MOIST] = 150
    bench.pass_s(120)
    assert (VALVE, "on", -1, 600) in bench.said()
    bench.on(PUMP, 100)
    bench.seq += 1
    bench.tell(outputs.all_off(bench.seq, 77))
    assert bench.said("off") == [(PUMP, "off", 77, "all_off"), (VALVE, "off", 77, "all_off")]
    assert (None, "hold", 77, None) in bench.said()
    bench.pass_s(600)
    bench.reset()
    bench.start()
    bench.pass_s(600)
    assert bench.said("on") == [], "held over a reset, too"
    until = bench.uptime_ms() // 1000 + 60
    bench.tell(outputs.auto(99, 78, [], bench.boot, until))
    assert bench.said("auto") == [(each, "auto", 78, None) for each in range(3)]
    bench.pass_s(60)
    assert [row[:2] for row in bench.said("on")] == [(VALVE, "on")]


def test_without_proof_the_lease_ends_with_an_alarm(bench: Bench) -> None:
    bench.dry = True
    bench.on(VALVE, 600)
    bench.pass_s(110)
    assert bench.said()[2:] == [(VALVE, "alarm", 1, "no_proof"), (VALVE, "off", 0, "no_proof")]
    bench.pass_s(60)
    bench.on(VALVE, 20)
    bench.pass_s(30)
    assert bench.said()[-2:] == [(VALVE, "off", 2, "lease"), (VALVE, "alarm", 2, "unproven")]


def test_a_sensor_that_is_silent_is_no_proof(bench: Bench) -> None:
    bench.measure = lambda only=None: [missing()] * 4  # type: ignore[method-assign]
    bench.control.proofs.measure = bench.measure
    bench.on(VALVE, 600)
    bench.pass_s(110)
    assert (VALVE, "alarm", 1, "no_proof") in bench.said()


def test_water_that_flows_while_all_is_off_alarms_once_and_clears(bench: Bench) -> None:
    bench.on(VALVE, 60)
    bench.pass_s(300)
    bench.litres = 40.0
    bench.pass_s(61)
    assert bench.last == (VALVE, "alarm", 0, "off_flow")
    bench.litres = 40.0
    bench.pass_s(61)
    assert len(bench.said("alarm")) == 1
    bench.pass_s(61)
    assert bench.last == (VALVE, "clear", 0, "off_flow")


def test_a_meter_that_counts_backward_is_told(bench: Bench) -> None:
    bench.litres = -3.0
    bench.pass_s(61)
    assert bench.last == (VALVE, "alarm", 0, "backward")
    bench.litres = 0.0
    bench.pass_s(61)
    assert bench.last == (VALVE, "clear", 0, "backward")


def test_wind_ends_what_is_on_and_keeps_it_off(bench: Bench) -> None:
    bench.on(FAN, 300)
    bench.values[WIND] = 130
    bench.pass_s(61)
    assert (FAN, "off", 0, "limit") in bench.said()
    bench.pass_s(61)
    for value in (130, missing()):
        bench.values[WIND] = value
        bench.pass_s(61)
        bench.on(FAN, 300)
        assert bench.last[3] == "limit"


@pytest.mark.parametrize(("kind", "least", "then"), [(1, 230, 231), (2, 20, 231), (3, 20, 180)])
def test_a_value_or_a_change_proves(kind: int, least: int, then: int) -> None:
    bench = Bench(proof=[MOIST, least, 100, kind])
    bench.values[MOIST] = 205
    bench.pass_s(61)
    bench.on(VALVE, 600)
    bench.pass_s(30)
    assert bench.said("proof") == []
    bench.values[MOIST] = then
    bench.pass_s(60)
    assert bench.said("proof") == [(VALVE, "proof", 1, (MOIST, then))]


def test_an_order_that_comes_again_is_answered_and_not_done(bench: Bench) -> None:
    bench.on(VALVE, 30)
    bench.pass_s(100)
    bench.events.clear()
    bench.seq -= 1
    bench.on(VALVE, 30)
    assert [event.detail[3] for event in bench.events][:3] == ["accepted", "on", "proof"]
    bench.on(VALVE, 30, number=1)  # another number, the same id
    assert not bench.watched[VALVE].is_on
    bench.reset()
    bench.start()
    bench.pass_s(70)
    bench.on(VALVE, 30, number=1)
    assert bench.last == (VALVE, "refused", 1, "repeated")


def test_an_old_one_is_counted(bench: Bench) -> None:
    bench.seq = 9
    bench.on(VALVE, 30)
    for _ in range(10):
        bench.seq = 3
        bench.on(VALVE, 30)
    refused = [event.detail for event in bench.events if event.kind == "refused"]
    assert refused == [["replayed", 1], ["replayed", 10]]


def test_a_strange_one_is_none_of_ours(bench: Bench) -> None:
    body = outputs.encode_order(outputs.on(1, 1, VALVE, 60, bench.boot, 99))
    for message in (
        None,
        b"x",
        seal.seal(bytes(32), 1, TOPIC, body),
        seal.seal(KEY, 2, TOPIC, body),
        seal.seal(KEY, 1, TOPIC, body[:-1]),
        seal.seal(KEY, 1, TOPIC, b"\x87\x02\x01\x62on\x01\x01\x01\x01"),
        seal.seal(KEY, 1, TOPIC, b"\x85\x01\x01\x01\x01\x01"),
    ):
        assert bench.control.hear(message) is False
    assert bench.said() == []


def test_a_flash_that_takes_nothing_switches_nothing_on_and_everything_off(bench: Bench) -> None:
    bench.on(VALVE, 60)
    bench.flash.is_full = True
    bench.off(VALVE)
    assert not bench.watched[VALVE].is_on
    bench.pass_s(61)
    bench.on(VALVE, 60)
    assert bench.last == (VALVE, "refused", 3, "flash")
    bench.tell(outputs.auto(9, 9, [], bench.boot, bench.uptime_ms() // 1000))
    assert bench.last == (None, "refused", 9, "flash")


def test_a_switch_that_fails_is_told(bench: Bench) -> None:
    def fails(to: bool) -> None:
        raise OSError(5, "no answer")

    switch = bench.control.leases.outputs[VALVE]
    bench.on(VALVE, 30)
    bench.control.leases.outputs[VALVE] = fails
    bench.look = lambda: None  # type: ignore[method-assign]  # it is on for too long: see below
    bench.pass_s(40)
    assert (VALVE, "alarm", 0, "stuck") in bench.said()
    bench.control.leases.outputs[VALVE] = switch
    bench.pass_s(2)
    assert (VALVE, "clear", 0, "stuck") in bench.said()
    assert not bench.watched[VALVE].is_on
    bench.pass_s(100)
    bench.control.leases.outputs[VALVE] = fails
    bench.on(VALVE, 30)
    assert bench.last == (VALVE, "refused", 2, "fault")


def test_states_are_told_again_from_where_it_is_asked(bench: Bench) -> None:
    bench.on(VALVE, 30)
    bench.pass_s(60)
    bench.events.clear()
    bench.tell(outputs.state(2))
    first, *rest = bench.events
    assert outputs.outputs_of(first.detail).seq == 1
    assert [event.detail[0] for event in rest] == [2, 3]
    bench.pass_s(1)
    assert len(bench.events) <= 5, "no more than four wait at a time"


def test_what_nobody_hears_waits_and_the_gap_is_seen(bench: Bench) -> None:
    for _ in range(60):
        bench.on(VALVE, 601)
    assert bench.control.k == 60
    waiting = [event for event in bench.events if event.kind == "output"]
    assert len(waiting) == 4
    assert [row[0] for row in bench.control.rows] == list(range(20, 60))


def test_a_threshold_holds_and_lets_go_and_needs_its_sensor() -> None:
    bench = Bench(rules=[[VALVE, MOIST, 200, 260]], longest_s=1200, day_s=86400)
    bench.values[MOIST] = 205
    bench.pass_s(120)
    assert bench.said() == []
    bench.values[MOIST] = 190
    bench.pass_s(90)
    assert bench.said("on") == [(VALVE, "on", -1, 900)]
    bench.values[MOIST] = 240
    bench.pass_s(700)
    assert bench.watched[VALVE].is_on, "between the two it stays, by a new lease that is not told"
    bench.values[MOIST] = 261
    bench.pass_s(90)
    assert bench.last == (VALVE, "off", -1, "rule")
    bench.values[MOIST] = 190
    bench.pass_s(200)
    bench.values[MOIST] = missing()
    bench.pass_s(1000)
    assert bench.last == (VALVE, "off", -1, "lease"), "what is not known renews nothing"


def test_a_rule_switches_by_its_time_and_only_with_one() -> None:
    monday = 4 * 86400 - 8 * 3600  # 1970-01-05 00:00 UTC+8
    bench = Bench(rules=[[VALVE, 0b1000001, 1430, 20, 0]], longest_s=1200, rest_s=0, day_s=86400)
    times = [(day * 1440 + at, on) for day in (0, 6, 7) for at, on in ((1429, 0), (1431, 1))]
    times += [(1441, True), (1451, False), (2 * 1440 + 1435, False), (7 * 1440 + 5, True)]
    for minute, on in times:
        bench.clock.offset = monday + minute * 60 - bench.uptime_ms() // 1000
        bench.pass_s(45)
        assert bench.watched[VALVE].is_on is bool(on), minute
    bench.clock.offset = None
    bench.pass_s(1300)
    assert not bench.watched[VALVE].is_on


def test_an_order_goes_before_rules_while_its_lease_lasts() -> None:
    bench = Bench(rules=[[VALVE, MOIST, 200, 260]])
    bench.values[MOIST] = 300
    bench.on(VALVE, 300)
    bench.pass_s(200)
    assert bench.watched[VALVE].is_on
    bench.off(VALVE, hold=True)
    bench.values[MOIST] = 100
    bench.pass_s(300)
    assert not bench.watched[VALVE].is_on


def test_what_is_damaged_on_flash_switches_nothing_by_itself(bench: Bench) -> None:
    bench.flash.files["/outputs"] = "[1, 2"
    bench.reset()
    bench.start()
    bench.pass_s(70)
    assert bench.control.account.holds == [0, 1, 2]
    bench.on(VALVE, 30)
    assert bench.last == (VALVE, "refused", 1, "day")


class Pin:
    level = 0

    def value(self, level: int) -> None:
        self.level = level


def test_a_relay_is_on_at_its_level() -> None:
    for high in (True, False):
        pin = Pin()
        relay = Relay(pin, high)
        relay(True)
        assert pin.level == high
        relay(False)
        assert pin.level != high


def test_a_motor_rests_before_it_turns_and_stops_at_its_end() -> None:
    now, pins = [0], [Pin(), Pin()]
    motor = Motor(pins, 2000, False, lambda: now[0], lambda a, b: a - b)

    def levels(ms: int) -> list[int]:
        for _ in range(ms // 250):
            now[0] += 250
            motor.tick()
        return [pin.level for pin in pins]

    motor(False)
    assert levels(250) == [0, 0]
    assert levels(500) == [0, 1]
    motor(True)
    assert [pin.level for pin in pins] == [0, 0]
    assert levels(500) == [1, 0]
    assert levels(2250) == [0, 0]
    stays = Motor(pins, 2000, True, lambda: now[0], lambda a, b: a - b)
    stays(False)
    assert levels(5000) == [0, 0]
    stays(True)
    assert [stays.left, pins[0].level] == [500, 0]
