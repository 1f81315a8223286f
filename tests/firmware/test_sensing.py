"""Sensors that fail, hang and make things up: each costs its own channels only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from firmware.node.sensing import Sensing
from firmware.wire import codec
from firmware.wire.codec import Missing


class Board:
    """Buses by name, and memory that outlives a reset."""

    def __init__(self, memory: str = "") -> None:
        self.memory = memory

    def bus(self, name: str, address: int | None) -> str:
        return f"{name}-{address}"

    def keep(self, text: str) -> None:
        self.memory = text

    def kept(self) -> str:
        return self.memory


class Driver:
    """Answers what `says` gives, one after another, the last for ever; or raises it."""

    def __init__(self, *says: Any) -> None:
        self.says = list(says)
        self.asked = 0

    def measure(self) -> Any:
        self.asked += 1
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, BaseException):
            raise said
        return said


@pytest.fixture
def plant() -> Iterator[Callable[..., Driver]]:
    """Put a driver where firmware/sensors/<name>.py would be."""
    planted = []

    def make(name: str, *says: Any) -> Driver:
        driver = Driver(*says)
        module = ModuleType(f"firmware.sensors.{name}")

        def make_driver(board: Board, bus: str, address: int | None, **settings: Any) -> Driver:
            if isinstance(says[0], OSError) and len(says) == 1 and name == "dead":
                raise says[0]
            driver.bus, driver.settings = bus, settings  # type: ignore[attr-defined]
            return driver

        module.make = make_driver  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module
        planted.append(module.__name__)
        return driver

    yield make
    for name in planted:
        del sys.modules[name]


def row(number: int, quantity: int, driver: str, **more: Any) -> dict[str, Any]:
    place = {"driver": driver, "bus": "i2c", "address": 1}
    return {"number": number, "quantity": quantity, "scale": 100} | place | more


def make(*rows: dict[str, Any], board: Board | None = None) -> tuple[Sensing, list[Any]]:
    reports: list[Any] = []
    sensing = Sensing(board or Board(), rows, lambda *report: reports.append(report))
    return sensing, reports


def test_a_sensor_of_two_channels_is_asked_once(plant: Callable[..., Driver]) -> None:
    driver = plant("a", {1: 20.0, 2: 50.0})
    sensing, reports = make(row(0, 1, "a"), row(1, 2, "a"))
    assert sensing.sample() == [2000, 5000]
    assert driver.asked == 1
    assert reports == []


def test_a_driver_gets_its_bus_and_its_settings(plant: Callable[..., Driver]) -> None:
    driver = plant("a", {1: 20.0})
    make(row(0, 1, "a", bus="pulse", address=27, settings={"bucket_mm": 0.1}))
    assert driver.bus == "pulse-27"  # type: ignore[attr-defined]
    assert driver.settings == {"bucket_mm": 0.1}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("says", "reason", "report"),
    [
        (OSError(19), codec.NO_ANSWER, "a/i2c/1: no answer: 19"),
        (
            ValueError("probe 1: checksum"),
            codec.BAD_CHECKSUM,
            "a/i2c/1: bad checksum: probe 1: checksum",
        ),
        (ZeroDivisionError("x"), codec.DRIVER_FAULT, "a/i2c/1: ZeroDivisionError('x')"),
        (None, codec.DRIVER_FAULT, "a/i2c/1: measures nothing"),
        (20.0, codec.DRIVER_FAULT, "a/i2c/1: measures nothing"),
        ({}, codec.DRIVER_FAULT, "a/i2c/1: quantity 1 is None"),
        ({1: float("nan")}, codec.DRIVER_FAULT, "a/i2c/1: quantity 1 is nan"),
        ({1: float("-inf")}, codec.DRIVER_FAULT, "a/i2c/1: quantity 1 is -inf"),
        ({1: "warm"}, codec.DRIVER_FAULT, "a/i2c/1: quantity 1 is 'warm'"),
    ],
)
def test_a_failing_sensor_gives_its_reason_and_one_report(
    plant: Callable[..., Driver], says: Any, reason: int, report: str
) -> None:
    plant("a", says)
    plant("b", {2: 50.0})
    sensing, reports = make(row(0, 1, "a"), row(1, 2, "b"))
    for _ in range(3):
        assert sensing.sample() == [Missing(reason), 5000]
    assert reports == [("fault", report)]


def test_what_fails_once_is_asked_again_at_once(plant: Callable[..., Driver]) -> None:
    driver = plant("a", OSError(19), {1: 20.0}, ValueError("x"), {1: 21.0})
    sensing, reports = make(row(0, 1, "a"))
    assert [sensing.sample(), sensing.sample()] == [[2000], [2100]]
    assert driver.asked == 4
    assert reports == []


def test_a_sensor_that_fails_again_later_is_reported_again(plant: Callable[..., Driver]) -> None:
    error = OSError(19)
    plant("a", error, error, {1: 20.0}, error)
    sensing, reports = make(row(0, 1, "a"))
    assert [sensing.sample() for _ in range(4)] == [
        [Missing(codec.NO_ANSWER)],
        [2000],
        [Missing(codec.NO_ANSWER)],
        [Missing(codec.NO_ANSWER)],
    ]
    assert len(reports) == 2


def test_a_driver_says_why_one_quantity_has_no_reading(plant: Callable[..., Driver]) -> None:
    """The 85 degC that a DS18B20 holds after power-on is no temperature."""
    plant("a", {9: Missing(codec.WARMING_UP), 10: 0.25})
    sensing, reports = make(row(0, 9, "a"), row(1, 10, "a"))
    assert sensing.sample() == [Missing(codec.WARMING_UP), 25]
    assert reports == []


def test_what_the_wire_cannot_carry_is_out_of_range(plant: Callable[..., Driver]) -> None:
    plant("a", {1: 1e9})
    assert make(row(0, 1, "a"))[0].sample() == [Missing(codec.OUT_OF_RANGE)]


@pytest.mark.parametrize(
    ("driver", "report"),
    [
        ("dead", "dead/i2c/1: cannot start: 19"),
        ("nowhere", "nowhere/i2c/1: cannot start: there is no such sensor in this firmware"),
    ],
)
def test_a_sensor_that_cannot_start_is_not_fitted(
    plant: Callable[..., Driver], driver: str, report: str
) -> None:
    plant("dead", OSError(19))
    plant("b", {2: 50.0})
    sensing, reports = make(row(0, 1, driver), row(1, 2, "b"))
    assert sensing.sample() == [Missing(codec.NOT_FITTED), 5000]
    assert reports == [("fault", report)]


class Reset(BaseException):
    """The watchdog's bite: nothing in the program can catch it."""


def test_a_sensor_that_hangs_is_left_out_after_the_watchdog(plant: Callable[..., Driver]) -> None:
    """And a second one too: the first must not be asked again because the second hung."""
    plant("a", Reset())
    plant("b", Reset())
    plant("c", {2: 50.0})
    board, rows = Board(), (row(0, 1, "a"), row(1, 1, "b"), row(2, 2, "c"))
    for hung in ("a", "b"):
        sensing, _ = make(*rows, board=board)
        with pytest.raises(Reset):
            sensing.sample()
        assert board.memory.endswith(f">{hung}/i2c/1")
    sensing, reports = make(*rows, board=board)
    assert sensing.sample() == [Missing(codec.NO_ANSWER), Missing(codec.NO_ANSWER), 5000]
    assert reports == [
        ("fault", "a/i2c/1: does not return; left out until the power is off"),
        ("fault", "b/i2c/1: does not return; left out until the power is off"),
    ]
    again, _ = make(*rows, board=Board())  # the power was off
    with pytest.raises(Reset):
        again.sample()


def test_a_driver_that_hangs_when_it_is_made_is_left_out_too(plant: Callable[..., Driver]) -> None:
    board = Board(">a/i2c/1")
    plant("a", {1: 20.0})
    assert make(row(0, 1, "a"), board=board)[0].sample() == [Missing(codec.NO_ANSWER)]
    assert board.memory == "a/i2c/1>"


def test_a_sensor_that_answers_leaves_nothing_behind(plant: Callable[..., Driver]) -> None:
    plant("a", {1: 20.0})
    board = Board()
    make(row(0, 1, "a"), board=board)[0].sample()
    assert board.memory == ">"
