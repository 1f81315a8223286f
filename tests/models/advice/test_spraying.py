"""Hours fit for spraying, limit by limit, and how they come into advice."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from models.advice.spraying import PARAMETERS, fit_hours, spans, within
from models.risk.hazard import Parameter

START = datetime(2016, 5, 2, 22, tzinfo=UTC)  # 06:00 local
HOUR = timedelta(hours=1)
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


def test_hours_that_follow_one_another_are_one_span():
    data = forecast(sites="ab")
    data["wind_speed"].loc[{"site": "b"}] = [2.0, 2.0, 2.0, 9.0, 9.0, 2.0, *[9.0] * 18]
    found = spans(data)
    assert found == {
        "a": ((START, START + 12 * HOUR),),
        "b": ((START, START + 3 * HOUR), (START + 5 * HOUR, START + 6 * HOUR)),
    }


def test_a_span_may_begin_with_the_forecast_and_go_on_to_its_last_known_hour():
    assert spans(forecast(8, sites="a")) == {"a": ((START, START + 2 * HOUR),)}


def test_no_fit_hour_is_not_the_same_as_no_forecast():
    assert spans(forecast(sites="a", wind_speed=9.0)) == {"a": ()}
    assert spans(forecast(0, sites="a")) == {"a": ()}
    assert spans(forecast(sites="a").drop_vars("wind_speed")) == {}


def test_a_gap_in_the_forecast_is_not_dry():
    data = forecast(sites="a").isel(time=[*range(10), *range(11, 24)])
    assert spans(data) == {"a": ((START, START + 4 * HOUR), (START + 11 * HOUR, START + 12 * HOUR))}


DAY = ((START, START + 12 * HOUR), (START + 24 * HOUR, START + 36 * HOUR))
CHEMICAL = ("drain", "ask_officer_fungicide")


def test_advice_tells_the_hours_within_its_window_to_act():
    assert within(DAY, CHEMICAL, START - HOUR, START + 48 * HOUR) == DAY
    assert within(DAY, CHEMICAL, START + 3 * HOUR, START + 30 * HOUR) == (
        (START + 3 * HOUR, START + 12 * HOUR),
        (START + 24 * HOUR, START + 30 * HOUR),
    )
    assert within(DAY, CHEMICAL, START + 12 * HOUR, START + 24 * HOUR) == ()
    assert within((), CHEMICAL, START, START + HOUR) == ()


def test_nothing_is_told_of_what_is_not_known_or_not_asked():
    assert within(None, CHEMICAL, START, START + HOUR) is None
    assert within(DAY, ("drain",), START, START + HOUR) is None
