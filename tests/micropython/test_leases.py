"""Leases of outputs under MicroPython: the timer ends them while the program is stuck."""

import sys

if sys.implementation.name == "micropython":
    import _thread
    import time

    from firmware.actuators.leases import PERIOD_MS, Leases

    class Timer:
        """Stands for `machine.Timer`, which the Unix port has not: a thread that calls."""

        PERIODIC = 1

        def init(self, period, mode, callback):
            """Call from now on."""

            def run():
                while True:
                    time.sleep_ms(period)
                    callback(self)

            assert mode == self.PERIODIC
            _thread.start_new_thread(run, ())

    on = {}
    leases = Leases({"valve": lambda to: on.update(valve=to)}, time.ticks_ms, time.ticks_diff)
    print("after a reset", on["valve"])
    leases.start(Timer())
    leases.grant("valve", 1)
    began = time.ticks_ms()
    print("granted", on["valve"], leases.left("valve"))
    while on["valve"] and time.ticks_diff(time.ticks_ms(), began) < 5000:
        time.sleep_ms(5)  # stuck: nothing here ends it
    took = time.ticks_diff(time.ticks_ms(), began)
    print("ended", not on["valve"], took >= 990, PERIOD_MS < 1000)
else:
    import subprocess
    from pathlib import Path

    import pytest
    from hypothesis import given
    from hypothesis import strategies as st

    from firmware.actuators.leases import LONGEST_S, PERIOD_MS, Leases
    from tests.paths import ROOT

    WRAP = 1 << 30

    class Pump:
        """An output with a clock that wraps like the ESP32's, and a switch that may fail."""

        def __init__(self, ticks: int = 0) -> None:
            self.ticks, self.on, self.fails = ticks, True, False
            self.leases = Leases({"pump": self}, lambda: self.ticks % WRAP, self.diff)

        @staticmethod
        def diff(a: int, b: int) -> int:
            """As `time.ticks_diff` of a port of 32 bits."""
            return ((a - b + WRAP // 2) % WRAP) - WRAP // 2

        def __call__(self, to: bool) -> None:
            if self.fails:
                raise OSError(5, "no answer of the expander")
            self.on = to

        def wait(self, ms: int) -> None:
            """Let time pass, and the timer look."""
            for _ in range(ms // PERIOD_MS):
                self.ticks += PERIOD_MS
                self.leases.tick()
            self.ticks += ms % PERIOD_MS

    def test_a_timer_ends_a_lease_while_the_program_is_stuck() -> None:
        start = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"
        done = subprocess.run(
            [sys.executable, "-c", start, str(Path(__file__))],
            env={"MICROPYPATH": f"{ROOT}:.frozen"},
            capture_output=True,
            text=True,
            check=False,
        )
        said = "after a reset False\ngranted True 1\nended True True True\n"
        assert done.stdout == said, done.stdout + done.stderr

    @given(
        start=st.integers(0, WRAP),
        acts=st.lists(
            st.tuples(
                st.one_of(st.none(), st.integers(1, 90)), st.integers(0, 60_000), st.booleans()
            ),
            max_size=12,
        ),
    )
    def test_an_output_is_never_on_beyond_its_last_lease(
        start: int, acts: list[tuple[int | None, int, bool]]
    ) -> None:
        """Whatever is granted, ended and waited for, also where ticks wrap and switches fail."""
        pump = Pump(start)
        assert not pump.on, "off after a reset"
        until = pump.ticks
        for seconds, ms, fails in acts:
            pump.fails = fails
            if seconds is None:
                pump.leases.end("pump")
                until = pump.ticks
            else:
                try:
                    pump.leases.grant("pump", seconds)
                    until = pump.ticks + 1000 * seconds
                    assert pump.on
                except OSError:
                    until = pump.ticks
            pump.wait(ms)
            if pump.ticks >= until + PERIOD_MS and not fails:
                assert not pump.on
            elif pump.ticks < until:
                assert pump.on
                assert pump.leases.left("pump") == -(-(until - pump.ticks) // 1000)
            assert pump.leases.busy() or not pump.on
        pump.fails = False
        pump.wait(91_000)
        assert not pump.on
        assert pump.leases.left("pump") == 0

    def test_the_longest_lease_ends_where_ticks_wrap() -> None:
        pump = Pump(WRAP - 1000)
        pump.leases.grant("pump", LONGEST_S)
        pump.wait(LONGEST_S * 1000 - PERIOD_MS)
        assert pump.on
        pump.wait(2 * PERIOD_MS)
        assert not pump.on

    def test_a_switch_that_fails_is_tried_again_and_counted() -> None:
        pump = Pump()
        pump.leases.grant("pump", 5)
        pump.fails = True
        pump.wait(6000)
        assert (pump.on, pump.leases.left("pump"), pump.leases.faults) == (True, None, 5)
        pump.fails = False
        pump.wait(PERIOD_MS)
        assert (pump.on, pump.leases.left("pump"), pump.leases.busy()) == (False, 0, False)

    def test_a_switch_that_takes_longer_than_the_lease_is_off_again() -> None:
        pump = Pump()

        def slow(to: bool) -> None:
            pump.on = False if not to else pump.on
            if to:
                pump.wait(2000)
                pump.on = True

        pump.leases.outputs["pump"] = slow
        pump.leases.grant("pump", 1)
        assert (pump.on, pump.leases.busy()) == (False, False)

    @pytest.mark.parametrize("seconds", [0, -1, LONGEST_S + 1])
    def test_a_lease_without_an_end_is_none(seconds: int) -> None:
        pump = Pump()
        with pytest.raises(ValueError, match=f"a lease of {seconds} s: give 1 to 86400"):
            pump.leases.grant("pump", seconds)
        assert not pump.on

    def test_an_output_that_is_none_is_named() -> None:
        with pytest.raises(ValueError, match="no output valve: there are pump"):
            Pump().leases.grant("valve", 5)
