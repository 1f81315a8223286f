"""The slice from hourly data to a status."""

from datetime import UTC, datetime

import pytest

from models.hazards.catalogue import catalogue
from models.risk.answers import assess
from models.risk.hazard import CANNOT_SAY, HIGH

AT = datetime(2016, 5, 9, 18, tzinfo=UTC)


def test_humid_fortnight_before_flowering_is_high(weather, seasons):
    (status,) = assess(weather(), seasons(resistance="VS"), [catalogue()["wheat_fhb"]], AT)
    assert status.status == HIGH
    assert status.score == pytest.approx(0.6162, abs=5e-5)
    assert status.time == datetime(2016, 5, 9, 16, tzinfo=UTC)
    assert status.missing == ()


def test_nothing_before_the_first_day_is_over(weather, seasons):
    at = datetime(2016, 4, 20, 3, tzinfo=UTC)
    assert assess(weather(1), seasons(), [catalogue()["wheat_fhb"]], at) == []


def test_data_that_stopped_are_missing_and_their_age_is_told(weather, seasons):
    data = weather(15)
    at = datetime(2016, 5, 9, 18, tzinfo=UTC)
    (found,) = assess(data, seasons(resistance="S"), [catalogue()["wheat_fhb"]], at)
    assert found.status == CANNOT_SAY
    assert found.data_age_h == 5 * 24 + 2 + 1
    never = data.drop_vars("relative_humidity")
    (found,) = assess(never, seasons(), [catalogue()["wheat_fhb"]], at)
    assert found.status == CANNOT_SAY
    assert found.data_age_h == float("inf")


def test_the_hash_tells_inputs_apart(weather, seasons):
    hazards = [catalogue()["wheat_fhb"]]
    (one,) = assess(weather(), seasons(), hazards, AT)
    (same,) = assess(weather(), seasons(), hazards, AT)
    (other,) = assess(weather(relative_humidity=80.1), seasons(), hazards, AT)
    assert one.inputs_hash == same.inputs_hash != other.inputs_hash
    assert one.validated is False
    (shown,) = assess(weather(), seasons(), hazards, AT, validated=frozenset({"wheat_fhb"}))
    assert shown.validated


def test_hours_after_the_time_of_asking_are_not_looked_at(weather, seasons):
    data = weather(30)
    data["relative_humidity"].values[24 * 20 :] = 20.0
    (found,) = assess(data, seasons(resistance="VS"), [catalogue()["wheat_fhb"]], AT)
    assert found.drivers == {"rh14": 80.0}


def test_a_wetness_sensor_is_named_in_place_of_what_stands_in_for_it(weather, seasons):
    rust = [catalogue()["wheat_stripe_rust"]]
    data = weather(leaf_wetness_duration=30.0).assign_coords(wetness_measured=("site", [True]))
    data["relative_humidity"].values[:] = float("nan")
    (dry,) = assess(data, seasons(), rust, AT)
    assert dry.status != CANNOT_SAY
    data["leaf_wetness_duration"].values[24 * 8 :] = float("nan")
    (found,) = assess(data, seasons(), rust, AT)
    assert found.status == CANNOT_SAY
    assert "leaf_wetness_duration" in found.missing
    assert found.data_age_h == float("inf"), "humidity, which the rule beside it reads"
