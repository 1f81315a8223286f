"""What pages say of fields whose weather comes from elsewhere, or from nowhere."""

import pytest

from collector.store.measured.field_weather import FieldWeather
from field_configs.load import load
from models.risk.hazard import CANNOT_SAY, MEDIUM
from webapp.views.village import risks as risk_view

CROPS = load(site=None).crops
FIELDS = load(site="demo").fields


@pytest.fixture
def english(app):
    with app.test_request_context("/?lang=en"):
        yield


def test_a_field_without_sensors_says_where_its_weather_is_from(english, seed):
    status = seed.status("qf-liuge-1", "wheat_fhb", MEDIUM)
    given = [
        FieldWeather("qf-liuge-1", "relative_humidity", "interpolated", 12.3, 3, 6.4, seed.NOW),
        FieldWeather("qf-liuge-1", "wind_speed", "interpolated", 12.3, 3, 1.0, seed.NOW),
        FieldWeather("qf-liuge-2", "relative_humidity", "interpolated", 9.0, 3, 5.0, seed.NOW),
    ]
    coming = risk_view.Coming({}, None, given)
    (row,) = risk_view.show_crops([status], [], CROPS, FIELDS, coming)[0].rows
    origins = [fact.text for fact in row.facts if "stations around" in fact.text]
    assert origins == ["from stations around, the nearest 12 km away; standard error 6.4 %"]


def test_too_far_from_every_station_is_said(english, seed):
    missing = ("relative_humidity", "no_station_near")
    status = seed.status("qf-liuge-1", "wheat_fhb", CANNOT_SAY, missing=missing)
    (row,) = risk_view.show_crops([status], [], CROPS, FIELDS)[0].rows
    assert "oo far from the nearest station" in row.reason
    shown = row.reason + " ".join(fact.text for fact in row.facts)
    assert "no_station_near" not in shown
