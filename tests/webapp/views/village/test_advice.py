"""Advice as pages tell it, and the coming days."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from collector.store.advice.risk import KeptStatus
from field_configs.load import load
from models.advice.spraying import PARAMETERS
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from webapp.views.village import advice as advice_view
from webapp.views.village import outlook as outlook_view
from webapp.views.village import risks as risk_view

CROPS = load(site=None).crops
FIELDS = load(site="demo").fields


@pytest.fixture(params=["zh", "en"])
def both(app, request):
    with app.test_request_context(f"/?lang={request.param}"):
        yield request.param


@pytest.fixture
def english(app):
    with app.test_request_context("/?lang=en"):
        yield


def hours(*spans):
    day = datetime(2016, 5, 8, tzinfo=UTC)
    return tuple((day + timedelta(hours=a), day + timedelta(hours=b)) for a, b in spans)


def test_cultural_measures_come_before_what_may_be_chemical(english, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    advice = seed.advisory(status, actions=("ask_officer_fungicide_flowering", "drain"))
    shown = advice_view.show_advice(advice)
    assert [text.split()[0] for text in shown.measures + shown.chemical] == ["First", "Ask"]


def test_hours_fit_for_spraying_are_local_and_those_gone_are_left_out(both, seed):
    spans = hours((0, 3), (22, 26))
    shown = advice_view.show_spraying(spans, seed.NOW)
    day = "5月9日" if both == "zh" else "9 May"
    assert shown.hours == [f"{day} 06:00–10:00"]
    assert len(advice_view.show_spraying(spans).hours) == 2


def test_no_fit_hour_is_not_the_same_as_nothing_known(english, seed):
    none_fit = advice_view.show_spraying((), seed.NOW)
    assert none_fit.text == "No hour of the forecast is fit for spraying."
    unknown = advice_view.show_spraying(None, seed.NOW)
    assert unknown.text == "Hours fit for spraying: not known, there is no forecast."
    assert advice_view.show_spraying(hours((0, 3)), seed.NOW) == none_fit


@pytest.mark.parametrize("spraying", [None, (), hours((22, 26))])
def test_spraying_is_told_only_where_an_action_may_be_chemical(english, seed, spraying):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    chemical = seed.advisory(status, spraying=spraying)
    cultural = replace(chemical, actions=("drain", "scout_heads"))
    assert advice_view.show_advice(chemical).spraying is not None
    assert advice_view.show_advice(cultural).spraying is None


def test_a_deadline_that_is_past_is_called_past(both, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    advice = seed.advisory(status, spraying=hours((22, 26)))
    last = advice.window_to
    within = advice_view.show_advice(advice, last)
    assert (within.overdue, within.spraying is not None) == (False, True)
    past = advice_view.show_advice(advice, last + timedelta(days=1))
    assert (past.overdue, past.spraying) == (True, None)
    assert ("已过期" if both == "zh" else "was to be done by") in past.title
    assert ("截至" if both == "zh" else "By the readings up to") in past.by


def test_the_limits_of_spraying_are_told_as_provisional(both, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    advice = seed.advisory(status, spraying=hours((22, 26)))
    (row,) = risk_view.show_crops([status], [advice], CROPS, FIELDS)[0].rows
    (fact,) = (fact for fact in row.facts if "DB12/T 332-2007" in fact.text)
    assert ("暂定" if both == "zh" else "provisional") in fact.name
    for parameter in PARAMETERS.values():
        assert f"{parameter.value:g}" in fact.text
    silent = seed.advisory(status, spraying=None)
    (row,) = risk_view.show_crops([status], [silent], CROPS, FIELDS)[0].rows
    assert not any("DB12/T 332-2007" in fact.text for fact in row.facts)


def outlook(seed, site, codes, hazard="wheat_fhb"):
    end = seed.NOW.replace(hour=16, minute=0)
    return [
        KeptStatus(
            **asdict(seed.status(site, "wheat_fhb", code))
            | {"hazard": hazard, "time": end + timedelta(days=day), "source": "forecast"},
            issued=seed.NOW,
            forecast_issued=seed.NOW,
        )
        for day, code in enumerate(codes)
    ]


def test_coming_days_show_the_gravest_field_of_each(english, seed):
    rows = outlook(seed, "qf-liuge-1", [NO_RISK, MEDIUM, CANNOT_SAY])
    rows += outlook(seed, "qf-liuge-2", [NO_RISK, NO_RISK, NO_RISK])
    shown = outlook_view.show_ahead(rows, seed.NOW)
    assert [(day.name, day.word) for day in shown.days] == [
        ("today", "none"),
        ("9 May", "mid"),
        ("10 May", "n/k"),
    ]
    assert shown.title == "Forecast for the next 3 days"
    assert shown.warns


def test_days_that_are_over_and_days_out_of_season_are_not_shown(english, seed):
    rows = outlook(seed, "qf-liuge-1", [HIGH, NO_RISK])
    (day,) = outlook_view.show_ahead(rows, seed.NOW + timedelta(days=1)).days
    assert day.status == "no_risk"
    assert outlook_view.show_ahead(rows, seed.NOW + timedelta(days=9)) is None
    for code in (OUT_OF_SEASON, CANNOT_SAY):
        assert outlook_view.show_ahead(outlook(seed, "x", [code] * 7), seed.NOW) is None


def test_without_a_forecast_nothing_is_shown(english, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    (row,) = risk_view.show_crops([status], [], CROPS, FIELDS)[0].rows
    assert row.ahead is None
    assert outlook_view.by_hazard([], seed.NOW) == {}


@pytest.mark.parametrize(("code", "rows"), [(HIGH, 1), (NO_RISK, 0)])
def test_a_hazard_that_the_forecast_brings_into_season_is_not_put_away(english, seed, code, rows):
    resting = seed.status("qf-liuge-1", "wheat_fhb", OUT_OF_SEASON)
    days = outlook_view.by_hazard(outlook(seed, "qf-liuge-1", [OUT_OF_SEASON, code]), seed.NOW)
    coming = risk_view.Coming(days, seed.NOW)
    (crop,) = risk_view.show_crops([resting], [], CROPS, FIELDS, coming)
    assert len(crop.rows) == rows
    assert len(crop.resting) == 1 - rows


def test_an_answer_that_the_newest_reading_contradicts_gives_no_advice(both, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", HIGH)
    advice = seed.advisory(status)
    key = (status.site, status.crop, status.hazard)
    coming = risk_view.Coming({}, seed.NOW, relieved=frozenset({key}))
    (row,) = risk_view.show_crops([status], [advice], CROPS, FIELDS, coming)[0].rows
    assert row.advice is None
    assert ("最新读数" if both == "zh" else "newest reading") in row.relief
    (row,) = risk_view.show_crops([status], [advice], CROPS, FIELDS)[0].rows
    assert row.advice is not None
    assert row.relief == ""
    assert ("截至" if both == "zh" else "By the readings up to") in row.by
