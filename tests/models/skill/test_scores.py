"""Scores against scikit-learn and worked examples from the literature."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, cohen_kappa_score, roc_auc_score

from models.skill import scores


@pytest.fixture
def forecast():
    random = np.random.default_rng(4)
    p = np.clip(np.round(random.uniform(0.0, 1.0, 300), 1), 0.05, 0.95)
    return (random.uniform(size=300) < p).astype(float), p


def test_brier_and_auc_agree_with_scikit_learn_ties_included(forecast):
    o, p = forecast
    assert scores.brier_score(o, p) == pytest.approx(brier_score_loss(o, p), abs=1e-12)
    assert scores.auc(o, p) == pytest.approx(roc_auc_score(o, p), abs=1e-12)
    assert scores.auc(o, 1 - p) == pytest.approx(1 - roc_auc_score(o, p), abs=1e-12)


def test_brier_skill_is_nought_for_the_reference_and_one_for_the_truth(forecast):
    o, p = forecast
    assert scores.brier_skill(o, np.full(o.size, o.mean()), o.mean()) == pytest.approx(0.0)
    assert scores.brier_skill(o, o, o.mean()) == 1.0
    expected = 1 - brier_score_loss(o, p) / brier_score_loss(o, np.full(o.size, 0.3))
    assert scores.brier_skill(o, p, 0.3) == pytest.approx(expected)


def test_finley_1884_tornado_forecasts():
    """28 hits, 72 false alarms, 23 misses, 2680 correct negatives: a textbook table."""
    o = np.repeat([1, 0, 1, 0], [28, 72, 23, 2680])
    s = np.repeat([1, 1, 0, 0], [28, 72, 23, 2680])
    counts = scores.contingency(o, s)
    assert (counts.hits, counts.false_alarms, counts.misses) == (28, 72, 23)
    assert counts.pod == pytest.approx(0.549, abs=5e-4)
    assert counts.far == pytest.approx(0.720, abs=5e-4)
    assert counts.csi == pytest.approx(0.228, abs=5e-4)
    assert counts.kappa == pytest.approx(0.355, abs=5e-4)
    assert counts.kappa == pytest.approx(cohen_kappa_score(o, s), abs=1e-12)


def test_scores_without_events_or_alarms_are_not_numbers():
    counts = scores.contingency([0, 0], [0, 0])
    assert np.isnan([counts.pod, counts.far, counts.csi, counts.kappa]).all()


def test_reliability_counts_every_case_once(forecast):
    o, p = forecast
    bins = scores.reliability(o, p)
    assert sum(b.count for b in bins) == o.size
    for b in bins:
        assert b.low <= b.mean_probability <= b.high
    low = bins[0]
    assert low.frequency == pytest.approx(o[p < 0.1].mean())
    assert scores.reliability([0, 1], [0.0, 1.0])[-1].count == 1


def test_calibration_line_agrees_with_scikit_learn(forecast):
    o, p = forecast
    z = np.log(p / (1 - p))[:, None]
    other = LogisticRegression(C=1e10, tol=1e-10).fit(z, o)
    intercept, slope = scores.calibration_line(o, p)
    assert intercept == pytest.approx(other.intercept_[0], abs=1e-4)
    assert slope == pytest.approx(other.coef_[0, 0], abs=1e-4)


def test_relative_value_of_perfect_constant_and_worked_forecasts():
    """Ten seasons, two epidemics, C/L 0.3: never acting costs 0.2, perfect 0.06.

    Acting in three seasons, both epidemics among them, costs 0.09: (0.2-0.09)/(0.2-0.06).
    """
    o = np.array([1, 1] + [0] * 8)
    p = np.array([0.9, 0.4, 0.5] + [0.1] * 7)
    assert scores.relative_value(o, p, 0.3, 0.2)[0] == pytest.approx(0.11 / 0.14)
    assert scores.relative_value(o, o, [0.1, 0.3, 0.7], 0.2) == pytest.approx([1, 1, 1])
    assert scores.relative_value(o, np.full(10, 0.2), [0.1, 0.5], 0.2) == pytest.approx([0, 0])


def test_a_block_bootstrap_is_wider_than_one_that_ignores_blocks_and_repeats_itself():
    random = np.random.default_rng(1)
    blocks = np.repeat(np.arange(12), 30)
    p = np.full(360, 0.5)
    o = (random.uniform(size=12) < 0.5).astype(float)[blocks]
    by_block = scores.block_bootstrap(lambda o, _: o.mean(), [o, p], blocks, draws=300)
    by_case = scores.block_bootstrap(lambda o, _: o.mean(), [o, p], np.arange(360), draws=300)
    assert by_block.high - by_block.low > 3 * (by_case.high - by_case.low)
    assert by_block == scores.block_bootstrap(lambda o, _: o.mean(), [o, p], blocks, draws=300)
    assert by_block.low <= by_block.estimate <= by_block.high


def test_draws_without_a_score_are_passed_over_unless_they_are_most():
    """One year of four holds the only events: a third of the draws misses it."""
    o, p = np.array([1.0, 0.0, 0.0, 0.0, 0.0]), np.array([0.9, 0.1, 0.2, 0.3, 0.8])
    found = scores.block_bootstrap(scores.auc, [o, p], [1, 1, 2, 3, 4], draws=200)
    assert found.estimate == found.low == found.high == 1.0

    def never(_):
        raise scores.ScoreError("no")

    with pytest.raises(scores.ScoreError, match="undefined in most draws"):
        scores.block_bootstrap(never, [o], [1, 1, 2, 3, 4], draws=20)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scores.brier_score([1, 0], [0.5]), "equal length"),
        (lambda: scores.brier_score([], []), "at least one case"),
        (lambda: scores.brier_score([2, 0], [0.5, 0.5]), "other than 0 and 1"),
        (lambda: scores.brier_score([1, 0], [0.5, np.nan]), "missing values"),
        (lambda: scores.brier_score([1, 0], [50, 20]), "not percent"),
        (lambda: scores.auc([1, 1], [0.5, 0.6]), "only one class"),
        (lambda: scores.calibration_line([1, 1], [0.5, 0.6]), "only one class"),
        (lambda: scores.relative_value([1, 1], [0.5, 0.6], 0.5, 0.5), "only one class"),
        (lambda: scores.relative_value([1, 0], [0.5, 0.6], 1.0, 0.5), "outside 0..1"),
        (lambda: scores.brier_skill([1, 0], [0.5, 0.6], [1, 0]), "reference forecast is perfect"),
        (lambda: scores.contingency([1, 0], [0.5, 0.6]), "apply a threshold"),
        (lambda: scores.reliability([1, 0], [0.5, 0.6], (0.0, 0.55)), "do not cover"),
        (lambda: scores.block_bootstrap(np.mean, [[1, 0]], [7, 7]), "one block only"),
    ],
)
def test_what_cannot_be_scored_is_refused(call, message):
    with pytest.raises(scores.ScoreError, match=message):
        call()
