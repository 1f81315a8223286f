"""Where a node is by what it said: never later than it is, of the newest start, not for ever."""

from __future__ import annotations

from collector.control.heard import OLD_S, Heard
from collector.store.control.output_orders import Now
from collector.store.network.frames import BootId
from tests.collector.conftest import FixedClock

BOOT = BootId("n", 1, 7)


class Real:
    """Real time of a test [s]."""

    at = 50.0

    def __call__(self) -> float:
        return self.at


def made(rate: float = 1.0) -> tuple[Heard, Real]:
    real, clock = Real(), FixedClock()
    clock.real_seconds = lambda seconds: seconds / rate  # type: ignore[method-assign]
    return Heard(clock, real), real


def test_uptime_goes_on_with_real_time() -> None:
    heard, real = made()
    assert heard.where("n") is None
    heard.hear(BOOT, 1000)
    real.at += 20.9
    assert heard.where("n") == Now(1, 7, 1020)


def test_on_a_simulated_clock_it_goes_as_fast_as_that() -> None:
    heard, real = made(rate=60)
    heard.hear(BOOT, 1000)
    real.at += 2
    assert heard.where("n") == Now(1, 7, 1120)


def test_a_message_that_was_long_on_its_way_takes_nothing_back() -> None:
    heard, real = made()
    heard.hear(BOOT, 1000)
    real.at += 10
    heard.hear(BOOT, 400)
    assert heard.where("n") == Now(1, 7, 1010)
    heard.hear(BOOT, 1015)
    assert heard.where("n") == Now(1, 7, 1015)


def test_the_newest_start_counts_and_an_older_one_told_late_does_not() -> None:
    heard, _ = made()
    heard.hear(BOOT, 1000)
    heard.hear(BOOT._replace(boot=8), 3)
    heard.hear(BOOT, 2000)
    assert heard.where("n") == Now(1, 8, 3)
    heard.hear(BootId("n", 2, 1), 5)
    assert heard.where("n") == Now(2, 1, 5)


def test_what_was_heard_long_ago_is_asked_for_again() -> None:
    heard, real = made()
    heard.hear(BOOT, 1000)
    real.at += OLD_S
    assert heard.where("n") is not None
    real.at += 1
    assert heard.where("n") is None
