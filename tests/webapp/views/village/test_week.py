"""The days around today: the seam stands between what was measured and what is forecast."""

from dataclasses import replace
from datetime import timedelta

import pytest

from collector.store.advice.risk import KeptStatus
from collector.store.advice.village import WeatherDay
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from models.weather.local_days import local_day
from webapp.views.village.week import show_week

DAY = timedelta(days=1)


@pytest.fixture
def english(app):
    with app.test_request_context("/?lang=en"):
        yield


def weather(seed, n, quantity="air_temperature", of=2, **values):
    forecast = n >= 0
    known = {"low": None, "high": None, "total": None} | values
    day = local_day(seed.NOW) + n * DAY
    return WeatherDay(
        forecast, day, quantity, **known, of=of, issued=seed.NOW if forecast else None
    )


def outlook(seed, site, codes, hazard="wheat_fhb"):
    end = seed.NOW.replace(hour=16, minute=0)
    status = vars(seed.status(site, "wheat_fhb", NO_RISK)) | {"hazard": hazard}
    return [
        KeptStatus(
            **status | {"status": code, "time": end + n * DAY, "source": "forecast"},
            issued=seed.NOW,
            forecast_issued=seed.NOW,
        )
        for n, code in enumerate(codes)
    ]


def test_two_days_were_measured_and_seven_are_forecast(english, seed):
    days = [weather(seed, n, low=9.6, high=21.4) for n in range(-2, 7)]
    days += [weather(seed, n, "precipitation_amount", total=2.6) for n in (-1, 1)]
    week = show_week(days, [], seed.NOW)
    measured, coming = week.parts
    assert [day.name for day in measured.days] == ["6 May", "7 May"]
    assert [day.name for day in coming.days][:2] == ["today", "9 May"]
    assert len(coming.days) == 7
    assert {day.air for part in week.parts for day in part.days} == {"10 to 21"}
    assert [day.rain for day in measured.days] == ["—", "3"]
    assert coming.title == "By the weather forecast of 8 May, 14:20"
    assert "mean of 2 fields" in week.source
    assert not week.forecast, "no level without an outlook"


def test_without_a_forecast_the_coming_days_are_not_made_up(english, seed):
    week = show_week([weather(seed, -1, low=1.0, high=2.0, of=1)], [], seed.NOW)
    assert week.parts[1].days == []
    assert week.parts[1].title == "There is no weather forecast for the coming days."
    assert "in one field" in week.source
    assert show_week([], [], seed.NOW).source == ""


def test_a_coming_day_has_the_gravest_verdict_of_any_field(english, seed):
    rows = outlook(seed, "qf-liuge-1", [NO_RISK, MEDIUM, CANNOT_SAY, OUT_OF_SEASON])
    rows += outlook(seed, "qf-liuge-2", [NO_RISK, NO_RISK, NO_RISK, OUT_OF_SEASON])
    days = show_week([], rows, seed.NOW).parts[1].days
    assert [(day.status, day.hazard) for day in days[:4]] == [
        ("no_risk", ""),
        ("medium", "Fusarium head blight of wheat"),
        ("cannot_say", ""),
        ("", ""),
    ]


def test_a_day_is_coloured_by_a_verdict_and_not_by_a_model_behind_it(english, seed):
    verdict = outlook(seed, "qf-liuge-1", [MEDIUM], "wheat_stripe_rust_ensemble")
    member = [
        replace(each, hazard="wheat_stripe_rust", status=HIGH, drivers={}) for each in verdict
    ]
    (day, *_) = show_week([], verdict + member, seed.NOW).parts[1].days
    assert (day.status, day.hazard) == ("medium", "Stripe rust of wheat")
