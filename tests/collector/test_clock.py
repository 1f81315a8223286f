import time
from datetime import UTC, datetime

import pytest

from collector import clock


def test_system_clock_is_aware_and_utc():
    now = clock.SystemClock().now()
    assert now.tzinfo is UTC
    assert abs((now - datetime.now(UTC)).total_seconds()) < 5


def test_simulated_clock_runs_at_its_rate():
    # read one real hour after both clocks were set
    started = time.time() - 3600
    simulated = clock.SimulatedClock(1_462_060_800, started, 24)
    passed = simulated.now().timestamp() - 1_462_060_800
    assert passed == pytest.approx(24 * 3600, abs=24 * 5)
    assert simulated.real_seconds(3600) == 150


@pytest.mark.parametrize(
    "one", [clock.SystemClock(), clock.SimulatedClock(1_462_060_800, 1_763_800_000.5, 60)]
)
def test_specification_round_trips(one):
    assert clock.from_spec(one.spec()) == one


@pytest.mark.parametrize(
    "text", ["", "sim", "sim:1@2", "sim:a@b*c", "sim:1@2*0", "sim:1@2*-3", "sun:1@2*3"]
)
def test_unreadable_specification_names_itself_and_the_mend(text):
    with pytest.raises(clock.ClockSpecError) as error:
        clock.from_spec(text)
    assert f'NONGQING_CLOCK: cannot read "{text}"' in str(error.value)
    assert 'write "system" or "sim:' in str(error.value)
