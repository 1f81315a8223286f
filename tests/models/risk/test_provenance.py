"""The hash of an answer's inputs: what differs in them differs in it, and nothing else does."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from models.hazards.catalogue import catalogue
from models.risk.answers import assess

AT = datetime(2016, 5, 9, 18, tzinfo=UTC)
LATER = datetime(2016, 5, 24, 18, tzinfo=UTC)
BLOOM = ((date(2016, 5, 2), 63),)


def answer(data, seasons, hazard, at=AT):
    (found,) = assess(data, seasons, [catalogue()[hazard]], at)
    return found


def with_threshold(data, *limits):
    return data.assign_coords(wet_threshold=("site", np.array(limits)))


@pytest.mark.parametrize("hazard", ["wheat_fhb", "wheat_fhb_trained"])
def test_the_crop_before_is_an_input(weather, seasons, hazard):
    hashes = {
        answer(weather(30), seasons(previous_crop=crop), hazard).inputs_hash
        for crop in (None, "summer_maize", "peanut")
    }
    assert len(hashes) == 3


@pytest.mark.parametrize("hazard", ["wheat_stripe_rust", "wheat_leaf_rust"])
def test_the_wetness_rule_is_an_input_where_wetness_is(weather, seasons, hazard):
    dry = weather(relative_humidity=50.0)
    plain = answer(dry, seasons(), hazard)
    low, high = (answer(with_threshold(dry, rh), seasons(), hazard) for rh in (85.0, 95.0))
    assert low.score == high.score, "so dry that both rules see no wet hour"
    assert len({plain.inputs_hash, low.inputs_hash, high.inputs_hash}) == 3
    said = [answer(with_threshold(dry, rh), seasons(), "wheat_fhb") for rh in (85.0, 95.0)]
    assert said[0].inputs_hash == said[1].inputs_hash, "it reads no wetness"


def test_a_threshold_elsewhere_changes_nothing_here(weather, seasons):
    two = ("a", "b")
    data, grown = weather(sites=two, relative_humidity=91.0), seasons(two)
    hazard = [catalogue()["wheat_leaf_rust"]]
    plain = assess(data, grown, hazard, AT)
    mixed = assess(with_threshold(data, 95.0, np.nan), grown, hazard, AT)
    assert mixed[1] == plain[1]
    assert mixed[0].drivers["dew_hours"] < plain[0].drivers["dew_hours"]


def test_a_site_added_without_a_sensor_has_none(weather, seasons):
    two = ("a", "b")
    data = weather(sites=two, relative_humidity=95.0, leaf_wetness_duration=0.0)
    fitted = data.assign_coords(wetness_measured=("site", np.array([True, np.nan], dtype=object)))
    dry, wet = assess(fitted, seasons(two), [catalogue()["wheat_leaf_rust"]], AT)
    assert (dry.drivers["dew_hours"], wet.drivers["dew_hours"] > 0) == (0.0, True)


def test_what_was_carried_from_before_the_window_is_an_input(weather, seasons):
    humid = weather(40, first=date(2016, 4, 15))
    wetter = humid.copy(deep=True)
    wetter["relative_humidity"].values[: 24 * 14] = 95.0
    grown = seasons(observed=BLOOM)
    one, other = (answer(data, grown, "wheat_fhb", LATER) for data in (humid, wetter))
    assert one.time == other.time
    assert one.drivers != other.drivers
    assert one.inputs_hash != other.inputs_hash
    assert answer(humid.copy(), grown, "wheat_fhb", LATER).inputs_hash == one.inputs_hash
