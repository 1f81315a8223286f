"""Advice: when to act, drafts until validated, and no flipping from day to day."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.advice.advisory import advise
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON

DAY = datetime(2016, 5, 1, 16, tzinfo=UTC)


def status(code, day=0, **change):
    found = RiskStatus(
        site="a",
        crop="winter_wheat",
        hazard="wheat_fhb",
        time=DAY + timedelta(days=day),
        status=code,
        score=0.3,
        certainty=0.6,
        stage_bbch=60.0,
        stage_source="observed",
        drivers={"rh14": 80.0},
        missing=(),
        data_age_h=1.0,
        inputs_hash="",
        model_version="1.1",
    )
    return replace(found, **change)


def course(*codes):
    """Status of the advisory after each day's status, None for no advisory."""
    held, seen = [], []
    for day, code in enumerate(codes):
        held = advise([status(code, day)], held)
        seen.append(held[0].status if held else None)
    return seen


def test_what_an_advisory_says():
    (found,) = advise([status(HIGH)])
    hazard = catalogue()["wheat_fhb"]
    assert (found.status, found.certainty, found.issued) == (HIGH, 0.6, DAY)
    assert (found.window_from, found.window_to) == (DAY, DAY + timedelta(days=3))
    assert found.reason_key == "wheat_fhb.reason"
    assert found.reason_params == {"rh14": 80.0}
    assert found.actions == ("drain", "scout_heads", "ask_officer_fungicide_flowering")
    assert set(found.actions) < set(hazard.actions)
    assert found.actions[0] == "drain"


@pytest.mark.parametrize("validated", [True, False])
def test_a_hazard_not_validated_here_makes_a_draft(validated):
    (found,) = advise([status(HIGH, validated=validated)])
    assert found.draft is not validated


@pytest.mark.parametrize("code", [OUT_OF_SEASON, CANNOT_SAY, NO_RISK])
def test_no_risk_makes_no_advisory(code):
    assert advise([status(code)]) == []


@pytest.mark.parametrize(
    ("codes", "advisories"),
    [
        ((MEDIUM, HIGH), (MEDIUM, HIGH)),
        ((MEDIUM, NO_RISK, MEDIUM, NO_RISK), (MEDIUM, MEDIUM, MEDIUM, MEDIUM)),
        ((HIGH, MEDIUM, NO_RISK, NO_RISK), (HIGH, HIGH, HIGH, None)),
        ((HIGH, MEDIUM, MEDIUM, MEDIUM), (HIGH, HIGH, HIGH, MEDIUM)),
        ((HIGH, CANNOT_SAY, CANNOT_SAY, CANNOT_SAY), (HIGH, HIGH, HIGH, None)),
        ((HIGH, OUT_OF_SEASON), (HIGH, None)),
    ],
)
def test_worse_at_once_better_when_the_window_is_over(codes, advisories):
    assert course(*codes) == list(advisories)


def test_a_warning_that_goes_on_keeps_its_issue_and_its_deadline():
    held = advise([status(MEDIUM)])
    for day in range(1, 6):
        held = advise([status(MEDIUM, day)], held)
        (found,) = held
        assert found.issued == DAY
        assert (found.window_from, found.window_to) == (DAY, DAY + timedelta(days=3))
        assert found.confirmed == DAY + timedelta(days=day)


def test_a_worse_status_gives_a_new_deadline_and_a_better_one_does_not():
    held = advise([status(MEDIUM)])
    (worse,) = held = advise([status(HIGH, 2)], held)
    assert worse.window_to == DAY + timedelta(days=5)
    for day in range(3, 6):
        held = advise([status(MEDIUM, day)], held)
    (milder,) = held
    assert (milder.status, milder.issued) == (MEDIUM, DAY + timedelta(days=5))
    assert milder.window_to == worse.window_to


def test_a_warning_that_comes_back_has_a_deadline_of_its_own():
    held = advise([status(MEDIUM)])
    for day in range(1, 5):
        held = advise([status(NO_RISK, day)], held)
    assert held == []
    (again,) = advise([status(MEDIUM, 5)], held)
    assert again.window_to == DAY + timedelta(days=8)


@pytest.mark.parametrize(
    ("bbch", "shown"),
    [
        (60.0, True),
        (69.0, True),
        (70.0, False),
        (math.nan, True),
    ],
)
def test_what_belongs_to_a_stage_is_asked_for_at_that_stage(bbch, shown):
    (found,) = advise([status(HIGH, stage_bbch=bbch)])
    assert ("ask_officer_fungicide_flowering" in found.actions) is shown
    assert "choose_variety" not in found.actions


@pytest.mark.parametrize("hazard", catalogue().values(), ids=lambda h: h.id)
def test_every_warning_leaves_something_to_do(hazard):
    for first, last in hazard.crops.values():
        for bbch in (*range(first, last + 1), math.nan):
            actions = hazard.actions_at(bbch)
            assert actions
            assert not [a for a in actions if a in hazard.when and hazard.when[a] is None]


def test_a_stage_for_an_action_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="when names chose_variety, which is no action"):
        replace(catalogue()["wheat_fhb"], when={"chose_variety": None})


def test_other_sites_are_left_alone():
    first = advise([status(HIGH)])
    assert advise([status(NO_RISK, 1, site="b")], first) == []
