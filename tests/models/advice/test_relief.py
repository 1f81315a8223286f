"""The newest reading against the day's answer: water that came after the day counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collector.store.measured.readings import LatestReading
from models.advice.relief import MARGIN
from models.advice.relief import relieved as keys_relieved
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.hazard import HIGH

DAY = datetime(2016, 5, 1, 16, tzinfo=UTC)
LATER = DAY + timedelta(hours=9)
# Wheat, FAO-56: p 0.55; loam 0.31 and 0.15 m3 m-3, so that stress begins at 0.31 - 0.55 x 0.16.
LIMIT = 0.222


def status(hazard: str = "soil_drought", crop: str = "winter_wheat") -> RiskStatus:
    return RiskStatus(
        site="a",
        crop=crop,
        hazard=hazard,
        time=DAY,
        status=HIGH,
        score=0.6,
        certainty=0.4,
        stage_bbch=60.0,
        stage_source="observed",
        drivers={},
        missing=(),
        data_age_h=1.0,
        inputs_hash="",
        model_version="1.1",
    )


def reading(value: float | None, time: datetime | None = LATER, quantity: str = "soil_moisture"):
    return LatestReading(quantity, "a", -0.2, time, value, 3)


def relieved(answer: RiskStatus, readings: list[LatestReading]) -> bool:
    found = keys_relieved([answer], readings, catalogue())
    assert found <= {(answer.site, answer.crop, answer.hazard)}
    return bool(found)


@pytest.mark.parametrize(
    ("value", "over"),
    [
        (0.40, True),
        (LIMIT + MARGIN + 0.001, True),
        (LIMIT + MARGIN - 0.001, False),
        (LIMIT - 0.01, False),
        (0.16, False),
    ],
)
def test_drought_is_over_when_the_newest_reading_is_above_its_limit(value, over):
    assert relieved(status(), [reading(value)]) is over


def test_waterlogging_is_over_when_the_newest_reading_is_below_its_limit():
    # Saturation 0.46 and least air 0.05 m3 m-3.
    water = status("soil_waterlogging")
    assert relieved(water, [reading(0.35)])
    assert not relieved(water, [reading(0.42)])
    assert not relieved(water, [reading(0.40)])


def test_every_probe_of_the_field_must_say_so():
    assert not relieved(status(), [reading(0.40), reading(0.17)])


def test_a_reading_from_before_the_end_of_the_day_says_nothing_new():
    assert not relieved(status(), [reading(0.40, DAY)])
    assert not relieved(status(), [])


def test_other_quantities_and_hazards_are_left_alone():
    humid = reading(0.40, quantity="relative_humidity")
    assert not relieved(status(), [humid])
    assert not relieved(status("wheat_fhb"), [reading(0.4), humid])


def test_a_probe_that_never_had_a_value_says_nothing():
    assert not relieved(status(), [reading(None, None)])


def test_a_reading_of_another_field_says_nothing():
    answer = replace(status(), site="b")
    assert not relieved(answer, [reading(0.40)])
