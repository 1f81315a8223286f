"""Hours fit for spraying, limit by limit, and how they come into advice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from models.advice.advisory import Advisory
from models.advice.spraying import PARAMETERS, fit_hours, is_chemical, spans, with_spraying_hours
from models.hazards.catalogue import catalogue
from models.risk.hazard import MEDIUM, Parameter

START = datetime(2016, 5, 2, 22, tzinfo=UTC)  # 06:00 local
GOOD = {
    "air_temperature": 18.0,
    "relative_humidity": 60.0,
    "precipitation_amount": 0.0,
    "wind_speed": 2.0,
}


def forecast(hours=24, start=START, sites=None, **values):
    times = np.datetime64(start.replace(tzinfo=None), "ns") + np.arange(hours) * np.timedelta64(
        1, "h"
    )
    arrays = {n: np.full(hours, v, float) for n, v in (GOOD | values).items()}
    data = xr.Dataset({n: ("time", a) for n, a in arrays.items()}, {"time": times})
    return data if sites is None else data.expand_dims(site=list(sites)).copy(deep=True)


def advisory(**change):
    plain = Advisory(
        site="a",
        crop="winter_wheat",
        hazard="wheat_fhb",
        status=MEDIUM,
        certainty=0.6,
        issued=START,
        window_from=START,
        window_to=START + timedelta(days=1),
        confirmed=START,
        reason_key="wheat_fhb.reason",
        reason_params={},
        actions=catalogue()["wheat_fhb"].actions,
        draft=True,
    )
    return replace(plain, **change)


def test_daylight_hours_with_a_dry_time_after_them_are_fit():
    fit = fit_hours(forecast())
    assert fit[:12].all()  # 06:00 to 18:00 local
    assert not fit[12:].any()


@pytest.mark.parametrize(
    ("values", "fit"),
    [
        ({"wind_speed": 1.0}, True),
        ({"wind_speed": 0.9}, False),
        ({"wind_speed": 4.0}, True),
        ({"wind_speed": 4.1}, False),
        ({"air_temperature": 5.0}, True),
        ({"air_temperature": 4.9}, False),
        ({"air_temperature": 30.0}, True),
        ({"air_temperature": 30.1}, False),
        ({"air_temperature": 25.1, "relative_humidity": 39.0}, False),
        ({"air_temperature": 25.0, "relative_humidity": 39.0}, True),
        ({"precipitation_amount": 0.1}, False),
        ({"wind_speed": np.nan}, False),
        ({"air_temperature": np.nan}, False),
        ({"relative_humidity": np.nan}, False),
        ({"precipitation_amount": np.nan}, False),
    ],
)
def test_limits(values, fit):
    assert fit_hours(forecast(**values))[2] == fit


@pytest.mark.parametrize("rain", [1.0, np.nan])
def test_six_hours_after_must_be_known_to_be_dry(rain):
    data = forecast()
    data["precipitation_amount"][10] = rain
    assert list(np.flatnonzero(fit_hours(data))) == [0, 1, 2, 3, 11]


@pytest.mark.parametrize("hours", [0, 1, 3, 6, 7])
def test_the_end_of_the_forecast_is_not_known_to_be_dry(hours):
    assert fit_hours(forecast(hours)).sum() == max(hours - 6, 0)


def test_limits_of_a_label_may_take_their_place():
    calm = PARAMETERS | {"wind_high": Parameter(1.5, "m s-1", "a label", "primary")}
    assert not fit_hours(forecast(), calm).any()


def test_every_limit_tells_its_source():
    assert all(p.source and p.unit for p in PARAMETERS.values())


def test_hours_that_follow_one_another_are_one_window():
    fit = np.zeros(24, dtype=bool)
    fit[[0, 1, 2, 5]] = True
    hour = timedelta(hours=1)
    assert spans(forecast(), fit) == (
        (START, START + 3 * hour),
        (START + 5 * hour, START + 6 * hour),
    )


def test_advice_that_may_end_in_spraying_tells_the_hours():
    at = START + timedelta(hours=2, minutes=30)
    (found,) = with_spraying_hours([advisory()], forecast(sites="a"), at)
    assert found.spraying == ((at, START + timedelta(hours=12)),)


def test_hours_outside_the_window_to_act_are_left_out():
    (found,) = with_spraying_hours(
        [advisory(window_to=START + timedelta(hours=3))], forecast(sites="a"), START
    )
    assert found.spraying == ((START, START + timedelta(hours=3)),)


def test_no_fit_hour_is_not_the_same_as_no_forecast():
    (found,) = with_spraying_hours([advisory()], forecast(sites="a", wind_speed=9.0), START)
    assert found.spraying == ()
    for missing in (None, forecast(sites="b"), forecast(sites="a").drop_vars("wind_speed")):
        (found,) = with_spraying_hours([advisory(spraying=())], missing, START)
        assert found.spraying is None


def test_a_gap_in_the_forecast_is_not_dry():
    data = forecast(sites="a")
    (found,) = with_spraying_hours(
        [advisory()], data.isel(time=[*range(10), *range(11, 24)]), START
    )
    hour = timedelta(hours=1)
    assert found.spraying == (
        (START, START + 4 * hour),
        (START + 11 * hour, START + 12 * hour),
    )


def test_cultural_advice_alone_has_no_spraying_hours():
    (found,) = with_spraying_hours([advisory(actions=("drain",))], forecast(sites="a"), START)
    assert found.spraying is None


@pytest.mark.parametrize("hazard", catalogue().values(), ids=lambda h: h.id)
def test_cultural_measures_come_first(hazard):
    chemical = [is_chemical(action) for action in hazard.actions]
    assert not chemical or not chemical[0]
    assert chemical == sorted(chemical)
