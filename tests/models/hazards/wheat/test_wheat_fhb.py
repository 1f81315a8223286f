"""Fusarium head blight: the published equation's values, and the fortnight before anthesis."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from models.hazards.catalogue import catalogue
from models.hazards.wheat.wheat_fhb import PARAMETERS, probability
from models.risk.answers import assess
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON

FHB = [catalogue()["wheat_fhb"]]
LATE = datetime(2016, 5, 9, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rh14", "wanted"),
    [(70.0, (0.4897, 0.2955, 0.1791, 0.1313)), (80.0, (0.6162, 0.4123, 0.2674, 0.2018))],
)
def test_probability_by_resistance_class(rh14, wanted):
    terms = np.array([PARAMETERS[f"resistance_{c}"].value for c in ("VS", "S", "MS", "MR")])
    assert probability(np.float64(rh14), terms) == pytest.approx(wanted, abs=5e-5)


@pytest.mark.parametrize(
    ("resistance", "status"), [("VS", HIGH), ("S", MEDIUM), ("MS", NO_RISK), ("MR", NO_RISK)]
)
def test_status_at_70_percent(weather, seasons, resistance, status):
    (found,) = assess(weather(relative_humidity=70.0), seasons(resistance=resistance), FHB, LATE)
    assert found.status == status
    assert found.drivers["rh14"] == pytest.approx(70.0)


def test_class_limits_are_met_from_below_and_above():
    limits = FHB[0].medium, FHB[0].high
    assert limits == (0.24, 0.32)


def test_an_unknown_variety_counts_as_very_susceptible_and_says_so(weather, seasons):
    (known,) = assess(weather(), seasons(resistance="VS"), FHB, LATE)
    (unknown,) = assess(weather(), seasons(), FHB, LATE)
    assert unknown.score == known.score
    assert unknown.certainty == pytest.approx(0.8 * known.certainty)


def test_rh14_stays_as_it_was_on_the_eve_of_anthesis(weather, seasons):
    data = weather(days=25)
    data["relative_humidity"].values[24 * 16 :] = 20.0
    grown = seasons(observed=((date(2016, 5, 6), 61),))
    for at in (datetime(2016, 5, 6, 18, tzinfo=UTC), datetime(2016, 5, 12, 18, tzinfo=UTC)):
        (found,) = assess(data, grown, FHB, at)
        assert found.drivers["rh14"] == 80.0


def test_a_fold_that_began_after_anthesis_cannot_say(weather, seasons):
    data = weather(days=20, first=date(2016, 5, 8))
    grown = seasons(observed=((date(2016, 5, 6), 61),))
    (found,) = assess(data, grown, FHB, datetime(2016, 5, 11, 18, tzinfo=UTC))
    assert found.status == CANNOT_SAY


def test_out_of_season_before_booting_whatever_the_weather(weather, seasons):
    grown = seasons(observed=((date(2016, 5, 1), 31),))
    data = weather(relative_humidity=100.0)
    (found,) = assess(data, grown, FHB, datetime(2016, 5, 3, 18, tzinfo=UTC))
    assert found.status == OUT_OF_SEASON


def test_missing_humidity_is_named(weather, seasons):
    data = weather()
    data["relative_humidity"].values[-24 * 8 : -24] = np.nan
    (found,) = assess(data, seasons(resistance="S"), FHB, LATE)
    assert found.status == CANNOT_SAY
    assert found.missing == ("relative_humidity",)
    assert found.certainty == 0
    assert np.isnan(found.score)
    assert found.drivers == {}


def test_one_missing_hour_far_from_a_limit_keeps_the_status(weather, seasons):
    data = weather(relative_humidity=90.0)
    data["relative_humidity"].values[-30] = np.nan
    (found,) = assess(data, seasons(resistance="VS"), FHB, LATE)
    assert found.status == HIGH
    assert found.missing == ("relative_humidity",)
    assert 0 < found.certainty < 0.7 * 0.8
