"""Advice over a noisy season: worse at once, better only after a while, drafts as of today."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.advice.advisory import LEAST_HOLD, advise
from models.hazards.catalogue import catalogue, unlevelled
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK

START = datetime(2016, 5, 2, 16, tzinfo=UTC)
NOISE = np.random.default_rng(20160505).choice([CANNOT_SAY, NO_RISK, MEDIUM, HIGH], 120)
LEVELS = [h for h in catalogue().values() if h.id not in unlevelled()]
SHORTEST = min(LEVELS, key=lambda h: h.act_days[1])


def status(hazard, code, day, validated=False):
    return RiskStatus(
        site="a",
        crop=next(iter(hazard.crops)),
        hazard=hazard.id,
        time=START + timedelta(days=day),
        status=int(code),
        score=0.3,
        certainty=0.6,
        stage_bbch=60.0,
        stage_source="observed",
        drivers={},
        missing=(),
        data_age_h=1.0,
        inputs_hash="",
        model_version="1.1",
        validated=validated,
    )


def course(hazard, codes):
    """Level of the advice after each day (0 without advice), as the job hands it on."""
    held, levels = [], []
    for day, code in enumerate(codes):
        held = advise([status(hazard, code, day)], held, hazards={hazard.id: hazard})
        levels.append(held[0].status if held else 0)
    return np.array(levels)


@pytest.mark.parametrize("name", sorted(unlevelled()))
def test_of_a_hazard_not_shown_as_a_level_there_is_no_advice(name):
    hazard = catalogue()[name]
    assert not course(hazard, NOISE).any()
    assert course(replace(hazard, shown="level"), NOISE).any()


@pytest.mark.parametrize("hazard", LEVELS, ids=lambda h: h.id)
def test_a_noisy_season_does_not_flip_daily(hazard):
    levels = course(hazard, NOISE)
    falls = np.flatnonzero(np.diff(levels) < 0) + 1
    least = max(LEAST_HOLD.days, hazard.act_days[1])
    for day in falls:
        assert (levels[max(day - least, 0) : day] == levels[day - 1]).all()
    assert (np.diff(levels) != 0).sum() < (np.diff(NOISE) != 0).sum() / 2
    alarm = np.where(NOISE >= MEDIUM, NOISE, 0)
    assert (levels >= alarm).all()  # never below what the day itself says


def test_even_a_hazard_with_a_day_to_act_does_not_flip_daily():
    short = replace(SHORTEST, act_days=(0, 1))
    held, levels = [], []
    for day, code in enumerate([HIGH, NO_RISK] * 5):
        held = advise([status(short, code, day)], held, hazards={short.id: short})
        levels.append(held[0].status if held else 0)
    assert levels == [HIGH] * 10


@pytest.mark.parametrize("code", [NO_RISK, CANNOT_SAY, MEDIUM])
def test_held_advice_is_a_draft_again_when_validation_is_lost(code):
    hazard = catalogue()["wheat_fhb"]
    public = advise([status(hazard, HIGH, 0, validated=True)])
    assert not public[0].draft
    (held,) = advise([status(hazard, code, 1, validated=False)], public)
    assert held.status == HIGH
    assert held.draft
