"""What probes measure corrects a balance, by as much as its error allows."""

import numpy as np
import pytest

from models.water.measured import Ranges, observe
from models.water.measured_correction import GROWTH, Correction
from models.water.measured_layers import MeasuredError

FULL, EMPTY, ROOTS = 0.30, 0.10, 1.0
TAW = 1000 * (FULL - EMPTY) * ROOTS


def seen(values, bits=None, depths=(0.2, 0.5, 0.8), error=0.03):
    values = np.asarray(values, float)
    shape = values.shape[1:]
    full = np.full(shape, FULL)
    ranges = Ranges(full, np.full(shape, EMPTY), np.full(shape, error), full > 1)
    return observe(values, list(depths), np.array([ROOTS]), ranges, quality=bits)


def even(theta, fields=1):
    return np.repeat(np.asarray(theta, float)[:, None, None], 3, axis=2).repeat(fields, axis=1)


def balance(correct, uses, rain, start=0.0):
    """Run the smallest balance there is: rain in, a constant use out, the rest drains."""
    fields = correct.observed.share.shape[1]
    taw = np.full(fields, TAW)
    depletion = np.full(fields, start)
    course = []
    for day, (use, fell) in enumerate(zip(uses, rain, strict=True)):
        depletion = np.clip(depletion + use - fell, 0, taw)
        depletion = correct(day, depletion, taw)
        course.append(depletion)
    return np.array(course)


def truth(uses, rain):
    depletion, course = 60.0, []
    for use, fell in zip(uses, rain, strict=True):
        depletion = min(max(depletion + use - fell, 0.0), TAW)
        course.append(depletion)
    return np.array(course)


def test_the_first_look_weighs_by_the_errors_alone():
    correct = Correction(seen(even([0.2])))
    after = correct(0, np.array([0.0]), np.array([TAW]))
    prior = TAW**2 / 12
    probe = float((correct.observed.weights**2 * correct.observed.lasting).sum() * TAW**2)
    daily = float((correct.observed.weights**2 * correct.observed.passing).sum() * TAW**2)
    gain = prior / (prior + probe + daily)
    assert correct.gain[0, 0] == pytest.approx(gain)
    assert after[0] == pytest.approx(gain * TAW / 2)
    assert correct.error[0, 0] ** 2 == pytest.approx((1 - gain) * prior)
    assert correct.before[0, 0] == 0
    assert correct.after[0, 0] == after[0]


def test_looking_often_brings_nearer_but_not_nearer_than_the_probes_own_error():
    correct = Correction(seen(even([0.2] * 200)))
    taw, depletion = np.array([TAW]), np.array([0.0])
    for day in range(200):
        depletion = correct(day, depletion, taw)
    assert depletion[0] == pytest.approx(TAW / 2, abs=0.5)
    gain = correct.gain[:, 0]
    assert gain[0] > 0.6
    # It settles where what the look brings is what a day takes: K^2 R = (1 - K) growth^2.
    r = (correct.observed.weights**2 * (correct.observed.lasting + correct.observed.passing)).sum(
        -1
    )
    settled = gain[-1] ** 2 * r[-1, 0] * TAW**2 / (1 - gain[-1])
    assert settled == pytest.approx(GROWTH**2, rel=0.01)
    # White noise would claim a few mm.
    lasting = (correct.observed.weights**2 * correct.observed.lasting).sum(-1)[-1, 0] ** 0.5 * TAW
    assert correct.error[-1, 0] == pytest.approx(lasting, rel=0.2)


def test_the_error_that_is_told_is_the_error_that_is_made():
    rng = np.random.default_rng(11)
    days, fields = 150, 400
    walk = np.cumsum(rng.normal(0, GROWTH, (days, fields)), axis=0)
    true = TAW / 2 + walk * 0.3
    lasting = rng.normal(0, (0.03**2 + 0.03**2) ** 0.5, (fields, 3))
    daily = rng.normal(0, 0.005, (days, fields, 3))
    theta = (FULL - true / 1000)[:, :, None] + lasting + daily
    correct = Correction(seen(theta), growth=GROWTH * 0.3)
    taw, depletion = np.full(fields, TAW), true[0] + rng.normal(0, TAW / 12**0.5, fields)
    for day in range(days):
        # The balance knows nothing of the walk.
        depletion = correct(day, depletion, taw)
    made = np.sqrt(((correct.after[20:] - true[20:]) ** 2).mean())
    told = np.sqrt((correct.error[20:] ** 2).mean())
    assert 0.75 < made / told < 1.1


def test_a_balance_that_is_wrong_follows_the_probes():
    days = 120
    rain = np.where(np.arange(days) % 20 == 7, 40.0, 0.0)
    uses = np.full(days, 3.5)
    true = truth(uses, rain)
    theta = FULL - true / (1000 * ROOTS)
    free = balance(Correction(seen(even([np.nan] * days))), uses * 0.6, rain)[:, 0]
    bound = balance(Correction(seen(even(theta)), water=rain[:, None]), uses * 0.6, rain)[:, 0]
    off = np.abs(free - true)[20:].mean(), np.abs(bound - true)[20:].mean()
    assert off[1] < 0.25 * off[0]


def test_a_probe_wrong_by_its_own_error_pulls_no_more_than_that():
    days = 200
    uses, rain = np.full(days, 3.0), np.where(np.arange(days) % 25 == 10, 75.0, 0.0)
    true = truth(uses, rain)
    theta = FULL - true / (1000 * ROOTS) + 0.03
    course = balance(Correction(seen(even(theta)), water=rain[:, None]), uses, rain, 60.0)[:, 0]
    assert np.abs(course - true).max() <= 0.03 * 1000 * ROOTS + 1


def test_after_rain_the_balance_is_trusted_less():
    dry, wet = (np.array([[0.0], [0.0], [fell]]) for fell in (0.0, 80.0))
    gains = []
    for water in (dry, wet):
        correct = Correction(seen(even([0.2] * 3)), water=water)
        for day in range(3):
            correct(day, np.array([100.0]), np.array([TAW]))
        gains.append(correct.gain[2, 0])
    assert gains[1] > gains[0] + 0.05


def test_days_without_a_probe_are_the_balances_and_grow_uncertain():
    theta = [0.2] + [np.nan] * 9
    correct = Correction(seen(even(theta)))
    taw = np.array([TAW])
    correct(0, np.array([100.0]), taw)
    for day in range(1, 10):
        assert correct(day, np.array([50.0 + day]), taw)[0] == 50.0 + day
    assert np.isnan(correct.gain[1:]).all()
    assert correct.observed.cannot_say[1:].all()
    grown = correct.error[9, 0] ** 2 - correct.error[0, 0] ** 2
    assert grown == pytest.approx(9 * GROWTH**2)


def test_no_gap_makes_less_certain_than_not_knowing_at_all():
    correct = Correction(seen(even([np.nan] * 400)))
    for day in range(400):
        correct(day, np.array([10.0]), np.array([TAW]))
    assert correct.error[-1, 0] == pytest.approx(TAW / 12**0.5)


def test_depletion_stays_between_full_and_empty():
    wet = Correction(seen(even([0.5, 0.5])))
    dry = Correction(seen(even([0.01, 0.01])))
    for day in range(2):
        # A balance may end outside, as when its root zone has just changed.
        assert wet(day, np.array([-80.0]), np.array([TAW]))[0] >= 0
        assert dry(day, np.array([400.0]), np.array([TAW]))[0] <= TAW


def test_fields_do_not_touch_each_other():
    both = Correction(seen(np.concatenate([even([0.2] * 5), even([0.15] * 5)], axis=1)))
    alone = Correction(seen(even([0.15] * 5)))
    for day in range(5):
        two = both(day, np.array([10.0, 20.0]), np.array([TAW, TAW]))
        one = alone(day, np.array([20.0]), np.array([TAW]))
        assert two[1] == one[0]


def test_a_field_without_roots_is_left_alone():
    correct = Correction(seen(even([0.2])))
    assert correct(0, np.array([0.0]), np.array([0.0]))[0] == 0.0


def test_days_come_in_order_and_water_has_the_days_of_what_was_measured():
    correct = Correction(seen(even([0.2, 0.2])))
    one = np.array([1.0]), np.array([TAW])
    correct(0, *one)
    with pytest.raises(MeasuredError, match="day 0 was given, day 1 of 2 is next"):
        correct(0, *one)
    correct(1, *one)
    with pytest.raises(MeasuredError, match="day 2 was given, day 2 of 2 is next"):
        correct(2, *one)
    with pytest.raises(MeasuredError, match=r"water of \(3, 1\) days and fields, measured \(2, 1"):
        Correction(seen(even([0.2, 0.2])), water=np.zeros((3, 1)))
