"""The coming days: the seam between measured and forecast hours."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pytest
import xarray as xr

from models.hazards.catalogue import catalogue
from models.risk.answers import ages_at, assess, closed, records
from models.risk.hazard import CANNOT_SAY, HIGH
from models.risk.outlook import FORECAST, LEAD, MEASURED, ahead, seamed

FHB = (catalogue()["wheat_fhb"],)
AT = datetime(2016, 5, 8, 4, tzinfo=UTC)  # noon of 8 May in Puyang
FLOWERS = ((date(2016, 5, 6), 61),)


def assess_ahead(data, forecast, crops, hazards, at):
    past = closed(data, crops, hazards, at)
    if past is None:
        return Outlook([], [])
    ages = ages_at(past.fold, at, past.open_hours)
    today = [s for r in past.results for s in records(past.fold, r, ages, frozenset())]
    return Outlook(today, list(ahead(past, forecast, at, ages)))


class Outlook(NamedTuple):
    """Statuses of the day that closed last, and of the days ahead."""

    today: list
    coming: list


def measured(weather, **values):
    """Hours from 20 April up to now."""
    return weather(days=19, **values).sel(time=slice(None, np.datetime64("2016-05-08T03")))


def shown(weather, days=9, first=date(2016, 5, 8), **values):
    return weather(days=days, first=first, **values)


def test_today_is_what_it_is_without_a_forecast(weather, seasons):
    data, crops = measured(weather), seasons(observed=FLOWERS)
    alone = assess(data, crops, FHB, AT)
    both = assess_ahead(data, shown(weather), crops, FHB, AT)
    assert both.today == alone
    assert {s.source for s in both.today} == {"measured"}
    none = shown(weather).isel(time=slice(0, 0))
    assert assess_ahead(data, none, crops, FHB, AT).coming == []


def test_seven_days_are_told_and_marked(weather, seasons):
    data = measured(weather, relative_humidity=60.0)
    wet = shown(weather, relative_humidity=100.0)
    heading = seasons(observed=((date(2016, 5, 7), 57),))
    coming = assess_ahead(data, wet, heading, FHB, AT).coming
    assert [s.time.date().isoformat() for s in coming] == [f"2016-05-{d:02}" for d in range(8, 15)]
    assert {s.source for s in coming} == {"forecast"}
    scores = [s.score for s in coming]
    assert scores == sorted(scores)
    assert scores[-1] > scores[0]


def test_what_is_said_of_a_day_is_what_would_be_said_were_it_measured(weather, seasons):
    crops = seasons(observed=FLOWERS)
    whole = weather(days=30)
    rng = np.random.default_rng(7)
    whole["relative_humidity"] += rng.uniform(-20, 20, whole["relative_humidity"].shape)
    past = whole.sel(time=slice(None, np.datetime64("2016-05-08T03")))
    coming = assess_ahead(past, whole, crops, FHB, AT).coming
    for status in coming:
        (later,) = assess(whole, crops, FHB, status.time)
        assert (status.score, status.status) == (later.score, later.status)
        assert status.inputs_hash == later.inputs_hash


def test_certainty_falls_with_the_days_ahead(weather, seasons):
    found = assess_ahead(measured(weather), shown(weather), seasons(observed=FLOWERS), FHB, AT)
    (today,) = found.today
    np.testing.assert_allclose(
        [s.certainty for s in found.coming], [today.certainty * LEAD**n for n in range(1, 8)]
    )


def test_days_end_with_the_forecast(weather, seasons):
    short = shown(weather, days=3).isel(time=slice(0, 60))
    coming = assess_ahead(measured(weather), short, seasons(observed=FLOWERS), FHB, AT).coming
    assert [s.time.date().day for s in coming] == [8, 9]
    over = shown(weather, first=date(2016, 4, 1), days=10)
    assert assess_ahead(measured(weather), over, seasons(observed=FLOWERS), FHB, AT).coming == []


def test_a_site_without_forecast_is_told_nothing(weather, seasons):
    data = measured(weather, sites=("a", "b"))
    crops = seasons(sites=("a", "b"), observed=FLOWERS)
    coming = assess_ahead(data, shown(weather, sites=("b",)), crops, FHB, AT).coming
    assert {s.site for s in coming} == {"b"}


def test_the_forecast_begins_after_the_last_measured_hour(weather, seasons):
    data = measured(weather, sites=("a", "b"), air_temperature=10.0)
    data["air_temperature"].loc[{"site": "b", "time": slice("2016-05-07T22", None)}] = np.nan
    data["air_temperature"].loc[{"site": "a", "time": slice("2016-05-07T18", "2016-05-07T19")}] = (
        np.nan
    )
    past = closed(data, seasons(sites=("a", "b")), FHB, AT)
    assert past is not None
    hours = seamed(past, shown(weather, sites=("a", "b"), air_temperature=20.0), AT)
    a = hours["air_temperature"].sel(site="a").values
    # local midnight is 16:00 UTC; two hours of the open day are a gap, and stay one
    np.testing.assert_array_equal(a[:14], [10.0, 10.0, np.nan, np.nan] + [10.0] * 8 + [20.0] * 2)
    b = hours["air_temperature"].sel(site="b").values
    np.testing.assert_array_equal(b[:8], [10.0] * 6 + [20.0] * 2)
    source = hours["source"]
    assert source.sel(site="a").values[:12].tolist() == [MEASURED] * 12
    assert (source.sel(site="a").values[12:] == FORECAST).all()
    assert source.sel(site="b").values[5:7].tolist() == [MEASURED, FORECAST]


def test_a_gap_of_the_past_is_not_filled_by_an_old_forecast(weather, seasons):
    data = measured(weather)
    data["relative_humidity"].loc[{"time": slice("2016-05-05T00", "2016-05-06T20")}] = np.nan
    older = shown(weather, first=date(2016, 5, 1), days=16)
    found = assess_ahead(data, older, seasons(observed=FLOWERS), FHB, AT)
    assert found.today == assess(data, seasons(observed=FLOWERS), FHB, AT)
    np.testing.assert_array_equal([s.missing for s in found.coming], [found.today[0].missing] * 7)


def test_hours_that_are_not_over_are_forecast(weather, seasons):
    data = weather(days=30, relative_humidity=10.0)
    past = closed(data, seasons(), FHB, AT)
    assert past is not None
    hours = seamed(past, shown(weather, relative_humidity=90.0), AT)
    assert (hours["relative_humidity"].values[:12] == 10.0).all()
    assert (hours["relative_humidity"].values[12:] == 90.0).all()


@pytest.mark.parametrize("hazard", sorted(catalogue()))
def test_missing_forecast_quantities_never_make_risk_vanish(weather, seasons, hazard):
    data = measured(weather, relative_humidity=97.0, precipitation_amount=1.0)
    crops = seasons(observed=FLOWERS)
    found = assess_ahead(
        data,
        shown(weather, relative_humidity=97.0, precipitation_amount=1.0)[["air_temperature"]],
        crops,
        (catalogue()[hazard],),
        AT,
    )
    for status in found.coming:
        assert status.missing or status.status != CANNOT_SAY
        assert status.status != HIGH or asdict(status)["source"] == "forecast"


def test_before_the_first_day_is_over_nothing_is_said(weather, seasons):
    data = weather(days=1, first=date(2016, 5, 8))
    found = assess_ahead(data, shown(weather), seasons(), FHB, AT)
    assert (found.today, found.coming) == ([], [])
    empty = xr.Dataset(coords={"time": data["time"].values[:0], "site": ["a"]})
    late = AT + timedelta(days=1)
    assert assess_ahead(data, empty, seasons(), FHB, late).coming == []
