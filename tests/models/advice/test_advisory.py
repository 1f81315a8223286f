"""Advice: when to act, drafts until validated, and no flipping from day to day."""

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
    assert found.actions == hazard.actions
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


def test_an_unchanged_status_keeps_its_first_issue_and_moves_the_window():
    first = advise([status(MEDIUM)])
    (found,) = advise([status(MEDIUM, 2)], first)
    assert found.issued == DAY
    assert found.window_to == DAY + timedelta(days=5)


def test_other_sites_are_left_alone():
    first = advise([status(HIGH)])
    assert advise([status(NO_RISK, 1, site="b")], first) == []
