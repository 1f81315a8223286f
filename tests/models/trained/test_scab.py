"""The ridge logit and the scab estimator's answers."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from models.sheets.refused import Refusals
from models.trained.artefact import load
from models.trained.scab import RidgeLogit, Terms, agronomy, design, expit, logit, settled
from models.trained.scab_cases import RESISTANCE, UNKNOWN, Cases


def case(n=1, weather=None, **levels):
    given = {"resistance": "S", "wheat": "winter", "residue": "yes", **levels}
    values = weather or {"RH.A.PRE14.24H": 72.0, "RH7": 72.0, "D.A.1": 11.0}
    return Cases(
        id=tuple(str(i) for i in range(n)),
        line=tuple(range(2, n + 2)),
        **{name: (word,) * n for name, word in given.items()},
        weather={name: np.full(n, value) for name, value in values.items()},
        year=None,
        state=None,
        epidemic=None,
        faults=Refusals("cases.csv"),
        lost=Refusals("cases.csv"),
    )


@pytest.fixture
def sample():
    random = np.random.default_rng(8)
    x = random.normal([70, 10, 1], [6, 3, 1], (400, 3))
    y = (random.uniform(size=400) < expit(0.1 * (x[:, 0] - 70) + x[:, 2] - 1)).astype(float)
    return x, y


def test_equal_penalties_agree_with_scikit_learn(sample):
    x, y = sample
    mine = RidgeLogit((4.0, 4.0, 4.0)).fit(x, y)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    other = LogisticRegression(C=1 / 4, tol=1e-10, max_iter=1000).fit(z, y)
    assert mine.coefficient_[1:] == pytest.approx(other.coef_[0], abs=1e-5)
    assert mine.predict_proba(x) == pytest.approx(other.predict_proba(z), abs=1e-5)
    assert (mine.predict(x) == other.predict(z)).all()


def test_a_larger_penalty_shrinks_its_own_column_only(sample):
    x, y = sample
    free, held = RidgeLogit((1.0, 1.0, 1.0)).fit(x, y), RidgeLogit((1e6, 1.0, 1.0)).fit(x, y)
    assert abs(held.coefficient_[1]) < 1e-3 < abs(free.coefficient_[1])
    assert held.coefficient_[3] == pytest.approx(free.coefficient_[3], rel=0.2)


def test_beyond_the_fitted_range_it_does_not_extrapolate(sample):
    x, y = sample
    model = RidgeLogit((1.0, 1.0, 1.0)).fit(x, y)
    far = np.array([[500.0, 10, 1], [x[:, 0].max(), 10, 1]])
    assert model.decision_function(far)[0] == model.decision_function(far)[1]


def test_a_given_slope_is_not_fitted_and_counts_outside_its_range_only(sample):
    x, y = sample
    model = RidgeLogit((1.0, 1.0), ((66.0, 72.0, 0.05),)).fit(x[:, [1, 2, 0]], y)
    dry, low, edge, more, most, beyond = model.decision_function(
        [[10, 1, h] for h in (64.0, 66.0, 72.0, 74.0, x[:, 0].max(), 500.0)]
    )
    assert low == edge
    assert (more - edge, edge - dry) == pytest.approx((2 * 0.05, 2 * 0.05))
    assert beyond == most
    other = RidgeLogit((1.0, 1.0)).fit(x[:, 1:], y)
    assert model.coefficient_[0] < other.coefficient_[0]  # the others are fitted beside it


def test_contributions_sum_to_the_logit_and_gaps_stay_gaps(sample):
    x, y = sample
    model = RidgeLogit((1.0, 1.0, 1.0)).fit(x, y)
    assert model.contributions(x).sum(axis=1) == pytest.approx(model.decision_function(x))
    assert np.isnan(model.predict_proba([[np.nan, 1, 1]])).all()
    assert logit(expit([-3.0, 0.0, 2.0])) == pytest.approx([-3.0, 0.0, 2.0])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([[1.0]], [1.0, 0.0], "shape"),
        ([[1.0, 2.0], [1.0, 2.0]], [1.0, 0.0], "shape"),
        ([[np.nan], [1.0]], [1.0, 0.0], "missing"),
        ([[0.0], [1.0]], [1.0, 1.0], "only one class"),
    ],
)
def test_what_it_cannot_learn_from_is_refused(x, y, message):
    with pytest.raises(ValueError, match=message):
        RidgeLogit((1.0,)).fit(x, y)


def test_a_constant_column_does_no_harm():
    model = RidgeLogit((1.0,)).fit([[5.0], [5.0], [5.0]], [1.0, 0.0, 0.0])
    assert model.predict_proba([[5.0]])[0, 1] == pytest.approx(1 / 3)


def test_agronomy_as_numbers():
    x = agronomy(("VS", "MR", "S"), ("winter", "winter", "spring"), ("yes", "no", "yes"))
    assert x.tolist() == [[0, 1, 0], [3, 0, 0], [1, 0, 1]]
    with pytest.raises(ValueError, match="unknown agronomic level"):
        agronomy(("R",), ("winter",), ("no",))


def test_settled_cases_take_the_level_of_most_risk():
    x = design(settled(case(resistance=UNKNOWN, wheat=UNKNOWN, residue=UNKNOWN)), ("RH7",))
    assert x.tolist() == [[0, 1, 0, 72.0]]
    assert Terms(("RH7",), 30.0).penalties == (1.0, 1.0, 1.0, 30.0)


@pytest.fixture
def shipped():
    return load("wheat_fhb", "pre")


def test_the_shipped_model_follows_the_biology(shipped):
    by_class = [shipped.answer(case(resistance=c)).probability[0] for c in RESISTANCE]
    assert by_class == sorted(by_class, reverse=True)
    assert shipped.answer(case(residue="no")).probability < by_class[1]
    damp, drier = ({"RH.A.PRE14.24H": humidity} for humidity in (84.0, 50.0))
    assert shipped.answer(case(weather=damp)).probability > by_class[1]
    assert shipped.answer(case(weather=drier)).probability < by_class[1]


def test_an_unknown_level_is_answered_with_the_most_risk_and_wider_bounds(shipped):
    unknown = shipped.answer(case(resistance=UNKNOWN))
    every = [shipped.answer(case(resistance=c)) for c in RESISTANCE]
    assert unknown.probability[0] == max(a.probability[0] for a in every)
    assert unknown.low[0] == min(a.low[0] for a in every)
    assert unknown.high[0] == max(a.high[0] for a in every)
    one = every[0]
    assert unknown.high[0] - unknown.low[0] > one.high[0] - one.low[0]


def test_bounds_hold_the_probability_and_a_gap_has_no_answer(shipped):
    cases = case(n=2)
    cases.weather["RH.A.PRE14.24H"][1] = np.nan
    answer = shipped.answer(cases)
    assert answer.low[0] < answer.probability[0] < answer.high[0]
    assert np.isnan([answer.probability[1], answer.low[1], answer.high[1]]).all()
