"""Daily features: values on complete days, bounds on days with holes, spans over midnight."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from firmware.wire.quantities import UnknownQuantity
from models.hazards.catalogue import catalogue
from models.risk.features import (
    DayHours,
    Feature,
    at_hour,
    highest,
    hours_where,
    lowest,
    mean,
    spanned,
    total,
)
from models.risk.fold import features_of
from models.risk.hazard import Use
from models.risk.wetness import wet_hours
from models.risk.window import Ring

MILD = hours_where("mild", lambda t: (t > 5) & (t < 15), ("air_temperature",))
FEATURES = [
    mean("air_temperature"),
    total("precipitation_amount"),
    lowest("air_temperature"),
    highest("air_temperature"),
    at_hour("relative_humidity", 14),
    MILD,
    wet_hours(),
]


def day_of(seed, sites=4, holes=0.0):
    random = np.random.default_rng(seed)
    shape = (24, sites)
    hours = {
        "air_temperature": random.normal(10, 6, shape),
        "relative_humidity": random.uniform(40, 100, shape),
        "precipitation_amount": random.exponential(0.2, shape),
    }
    for values in hours.values():
        values[random.random(shape) < holes] = np.nan
    return DayHours(date(2016, 5, 1), hours, shape)


def test_values_of_a_complete_day():
    t = np.arange(24.0)[:, None].repeat(2, axis=1)
    day = DayHours(date(2016, 5, 1), {"air_temperature": t, "relative_humidity": t * 4}, (24, 2))
    for feature, wanted in [
        (mean("air_temperature"), 11.5),
        (total("air_temperature"), 276.0),
        (lowest("air_temperature"), 0.0),
        (highest("air_temperature"), 23.0),
        (at_hour("air_temperature", 14), 14.0),
        (MILD, 9.0),
    ]:
        lo, hi = feature.compute(day)
        assert lo is hi
        assert lo.tolist() == [wanted, wanted], feature.name


@pytest.mark.parametrize("feature", FEATURES, ids=lambda f: f.name)
def test_bounds_enclose_the_truth(feature):
    for seed in range(20):
        true = feature.compute(day_of(seed))
        assert true.lo is true.hi
        lo, hi = feature.compute(day_of(seed, holes=0.2))
        slack = 1e-9
        assert (lo <= true.lo + slack).all()
        assert (true.lo <= hi + slack).all()


@pytest.mark.parametrize("feature", FEATURES, ids=lambda f: f.name)
def test_a_quantity_that_is_not_there_is_all_missing(feature):
    lo, hi = feature.compute(DayHours(date(2016, 5, 1), {}, (24, 2)))
    assert (lo < hi).all()


@pytest.mark.parametrize("span", [(-12, 12), (-6, 8), (-24, 24), (0, 12)])
def test_a_span_over_midnight_is_put_together_from_two_days(span):
    before, today = day_of(1), day_of(2)
    night = spanned(before, today, span)
    for quantity in ("air_temperature", "relative_humidity"):
        both = np.concatenate([before.get(quantity).lo, today.get(quantity).lo])
        assert (night.get(quantity).lo == both[24 + span[0] : 24 + span[1]]).all()
    assert night.clock[0] == span[0] % 24
    lo, hi = wet_hours(span).compute(night)
    assert lo is hi
    assert (lo <= span[1] - span[0]).all()


def test_a_quantity_without_a_plausible_range_is_named():
    with pytest.raises(UnknownQuantity, match="unknown quantity 'pollen'"):
        DayHours(date(2016, 5, 1), {}, (24, 2)).get("pollen")


def test_one_name_for_two_different_features_is_refused():
    fhb = catalogue()["wheat_fhb"]
    name = next(iter(fhb.uses.values())).feature.name
    other = Feature(name, lambda day: day.total("air_temperature"), ("air_temperature",), "degC")
    clash = replace(fhb, id="x", uses={"humidity": Use(other, "raises")})
    with pytest.raises(ValueError, match=r"hazard x: feature .* declared differently"):
        features_of([fhb, clash])


def test_a_ring_keeps_the_last_days_in_order():
    ring = Ring(3, 2)
    for day in range(20):
        value = np.full(2, float(day))
        ring.push(type(ring.window(1))(value, value if day != 5 else value + 1))
        lo, hi = ring.window(3)
        if day >= 2:
            assert lo[:, 0].tolist() == [day - 2, day - 1, day]
            assert ring.sound >= 3
        assert (hi is lo) == (day == 0 or day > 7 or (day < 5))
    assert np.isnan(Ring(4, 2).window(4).lo).all()
