"""Causes of warm spells on series made by hand: a cold store by Newton's law of cooling."""

import numpy as np
import pytest

from models.coldchain.causes import Cause, causes, without_coil
from models.coldchain.readings import known_readings

START, STEP = 1.5e9 - 1.5e9 % 86400, 300.0
LIMIT = 3.0


def store(days=4, seed=1):
    """A store at 1 degC, read every five minutes."""
    times = START + STEP * np.arange(int(days * 86400 / STEP))
    return times, 1.0 + np.random.default_rng(seed).normal(0, 0.1, len(times))


def warm(times, values, hour, minutes, towards, tau_min, back_min=20.0):
    """Let the sensor drift towards a temperature for some minutes, then come back."""
    since = (times - START) / 60.0 - 60.0 * hour
    top = (towards - 1.0) * (1 - np.exp(-minutes / tau_min))
    rise = (towards - 1.0) * (1 - np.exp(-np.clip(since, 0, minutes) / tau_min))
    fall = top * np.exp(-np.clip(since - minutes, 0, None) / back_min)
    values += np.where(since < 0, 0.0, np.where(since <= minutes, rise, fall))


def said(judged):
    return [cause.value for cause in judged.cause]


def defrosts(times, values, towards=25.0, tau=40.0, hours=(2, 8, 14, 20), shift=0.0):
    for day in range(int((times[-1] - START) / 86400) + 1):
        for hour in hours:
            warm(times, values, 24 * day + hour + shift * (day % 2), 30, towards, tau)


def test_defrosts_on_a_timetable(minutes):
    times, values = store()
    defrosts(times, values)
    judged = causes(known_readings(times, values), LIMIT)
    assert set(said(judged)) == {"defrost"}
    assert len(judged.cause) == 16
    assert not judged.on_coil.item(), "the air rose by less than a coil does"


def test_a_sensor_on_the_coil():
    times, values = store()
    defrosts(times, values, towards=60.0, tau=25.0)
    judged = causes(known_readings(times, values), LIMIT)
    assert judged.on_coil.item()
    assert set(said(judged)) == {"defrost"}


def test_a_defrost_out_of_turn_is_known_by_its_steepness_on_the_coil_only():
    for towards, tau, wanted in ((60.0, 25.0, "defrost"), (25.0, 40.0, "brief")):
        times, values = store()
        defrosts(times, values, towards, tau)
        warm(times, values, 29.0, 30, towards, tau)
        judged = causes(known_readings(times, values), LIMIT)
        assert said(judged).count("defrost") == 16 + (wanted == "defrost")
        assert said(judged).count("brief") == (wanted == "brief")


@pytest.mark.parametrize("tau", [30.0, 300.0], ids=["fast", "slow"])
def test_a_failed_compressor_is_a_failure_also_on_a_store_that_defrosts(tau):
    times, values = store()
    defrosts(times, values, 60.0, 25.0)
    warm(times, values, 65.0, 300, 25.0, tau)
    judged = causes(known_readings(times, values), LIMIT)
    assert said(judged).count("failure") == 1


def test_a_defrost_that_does_not_end_is_a_failure():
    times, values = store(2)
    defrosts(times, values, 60.0, 25.0)
    warm(times, values, 44.0, 600, 60.0, 25.0)
    judged = causes(known_readings(times, values), LIMIT)
    assert judged.cause[-1] is Cause.FAILURE


def test_one_that_still_goes_on_is_a_defrost_on_its_turn_and_undecided_else():
    for hour, wanted in ((44.0, Cause.DEFROST), (41.0, Cause.UNDECIDED)):
        times, values = store(2)
        defrosts(times[times < START + 43 * 3600], values[: int(43 * 3600 / STEP)])
        warm(times, values, hour, 300, 25.0, 40.0)
        now = times <= START + (hour * 60 + 20) * 60
        judged = causes(known_readings(times[now], values[now]), LIMIT)
        assert judged.cause[-1] is wanted


def test_a_gap_hides_how_it_ended():
    times, values = store(1)
    warm(times, values, 6.0, 40, 25.0, 40.0)
    values[(times > START + 6.4 * 3600) & (times < START + 9 * 3600)] = np.nan
    judged = causes(known_readings(times, values), LIMIT)
    assert said(judged) == ["undecided"]


def test_a_gap_hides_how_it_ended_also_on_the_timetable():
    times, values = store(3)
    defrosts(times, values)
    since = START + 44 * 3600
    values[(times > since + 25 * 60) & (times < since + 3 * 3600)] = np.nan
    judged = causes(known_readings(times, values), LIMIT)
    assert said(judged).count("undecided") == 1
    assert said(judged).count("defrost") == 11


def test_loading_once_a_day_is_no_timetable():
    times, values = store(7)
    for day in range(7):
        warm(times, values, 24 * day + 7.5, 25, 20.0, 30.0)
    assert said(causes(known_readings(times, values), LIMIT)) == ["brief"] * 7


def test_a_door_that_was_open_explains_it():
    times, values = store()
    for hour in (9.1, 30.7, 57.4):
        warm(times, values, hour, 20, 18.0, 30.0)
    known = known_readings(times, values)
    assert said(causes(known, LIMIT)) == ["brief"] * 3
    since = START + 9.05 * 3600
    judged = causes(known, LIMIT, ((0, since, since + 900), (1, START, START + 4 * 86400)))
    assert said(judged) == ["door", "brief", "brief"], "another logger's door explains nothing"


def test_a_door_left_open_is_a_failure():
    times, values = store(1)
    warm(times, values, 6.0, 200, 25.0, 40.0)
    door = ((0, START + 6 * 3600, START + 10 * 3600),)
    assert said(causes(known_readings(times, values), LIMIT, door)) == ["failure"]


def test_doors_at_any_hour_are_no_timetable():
    times, values = store(6)
    for hour in np.random.default_rng(3).uniform(0, 143, 12):
        warm(times, values, hour, 15, 18.0, 30.0)
    assert "defrost" not in said(causes(known_readings(times, values), LIMIT))


def test_the_coils_defrosts_are_unknown_to_the_product():
    times, values = store(2)
    defrosts(times, values, 60.0, 25.0)
    known = known_readings(times, values)
    judged = causes(known, LIMIT)
    hidden = without_coil(known, judged)
    assert len(judged.cause) == 8
    assert hidden.value.max() <= LIMIT
    assert hidden.gaps.item() == known.gaps.item() + 8
    kept = np.isin(times, hidden.time)
    asked = known_readings(times, np.where(kept, values, np.nan), longest_gap_s=STEP)
    assert hidden.weight == pytest.approx(asked.weight)
    assert hidden.unknown.item() == pytest.approx(asked.unknown.item())


def test_defrosts_of_air_stay_known_to_the_product():
    times, values = store(2)
    defrosts(times, values)
    known = known_readings(times, values)
    assert without_coil(known, causes(known, LIMIT)).unknown == known.unknown


def test_no_excursion_has_no_cause():
    times, values = store(1)
    judged = causes(known_readings(times, values), LIMIT)
    assert judged.cause == ()
