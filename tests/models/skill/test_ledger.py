"""The skill ledger: what counts as a case, what a forecast stood for, and who is validated."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from models.skill.ledger import LedgerRow, account, interval, probabilities, shortfalls
from models.skill.matching import (
    ANSWERED,
    OTHER_VERSION,
    TREATED,
    UNANSWERED,
    Case,
    Issued,
    Report,
    episodes,
    in_window,
    match,
)
from models.skill.rules import BOUNDS, DEFAULTS, RuleError, Rules, with_rule
from models.weather.local_days import midnight

HAZARD, COUNTY, VERSION = "wheat_fhb", "410922", "1.1"
KINDS, VERSIONS = {HAZARD: "disease"}, {HAZARD: VERSION}
SEEN = date(2016, 5, 25)


def report(day=SEEN, found=True, site="a", season=2015, **change):
    plain = Report(site, "winter_wheat", HAZARD, COUNTY, season, day, found)
    return replace(plain, **change)


def said(status, lead=10, seen=SEEN, site="a", score=0.3, delay_h=0.2, version=VERSION):
    """An answer for the day that ended `lead` days before the day of the report."""
    time = midnight(seen) - timedelta(days=lead)
    at = time + timedelta(hours=delay_h)
    return Issued(site, "winter_wheat", HAZARD, time, at, status, score, version)


def matched(reports, answers, rules=DEFAULTS):
    return match(reports, answers, KINDS, VERSIONS, rules)


def case(season, found, status=HIGH, score=0.3, county=COUNTY, number=0):
    day = date(season + 1, 5, 1) + timedelta(days=number % 20)
    seen = report(day, found, site=f"f{number}", season=season, county=county)
    return Case(seen, ANSWERED, status, score)


def ledger(cases, rules=DEFAULTS, scores_are=True):
    cases = sorted(cases, key=lambda c: c.report.season)
    rows = account(cases, {HAZARD: scores_are}, VERSIONS, rules)
    return {(row.county, row.season): row for row in rows}


# Matching -------------------------------------------------------------------------------------


def test_days_begin_at_local_midnight():
    assert midnight(date(2016, 5, 25)) == datetime(2016, 5, 24, 16, tzinfo=UTC)


def test_a_report_meets_the_gravest_answer_of_its_window():
    answers = [said(NO_RISK, 12), said(HIGH, 10, score=0.4), said(MEDIUM, 8), said(NO_RISK, 6)]
    (found,) = matched([report()], answers)
    assert (found.outcome, found.status, found.score) == (ANSWERED, HIGH, 0.4)


@pytest.mark.parametrize(
    ("lead", "inside"), [(4, False), (5, True), (30, True), (31, False), (-1, False)]
)
def test_the_window_of_a_disease(lead, inside):
    (found,) = matched([report()], [said(HIGH, lead)])
    assert (found.outcome == ANSWERED) is inside


def test_each_kind_has_its_window():
    rules = Rules(pest_first=2, pest_last=3, weather_first=4, weather_last=4)
    assert rules.window("pest") == (2, 3)
    for kind, lead in (("pest", 2), ("weather", 4)):
        (found,) = match([report()], [said(HIGH, lead)], {HAZARD: kind}, VERSIONS, rules)
        assert found.outcome == ANSWERED
        (found,) = match([report()], [said(HIGH, lead - 1)], {HAZARD: kind}, VERSIONS, rules)
        assert found.outcome == UNANSWERED


def test_what_was_issued_after_the_report_never_counts():
    late = said(HIGH, lead=10, delay_h=24 * 10)  # issued as the day of the report begins
    in_time = said(NO_RISK, lead=10)
    (found,) = matched([report()], [in_time, late])
    assert found.status == NO_RISK
    (found,) = matched([report()], [late])
    assert found.outcome == UNANSWERED


def test_of_a_day_the_last_answer_before_the_report_counts():
    first, corrected = said(HIGH), said(NO_RISK, delay_h=5)
    assert in_window([corrected, first], SEEN, 5, 30) == [corrected]


@pytest.mark.parametrize("status", [CANNOT_SAY, OUT_OF_SEASON])
def test_no_forecast_is_no_case(status):
    (found,) = matched([report()], [said(status)])
    assert (found.outcome, found.status) == (UNANSWERED, None)


def test_other_fields_answers_do_not_count():
    (found,) = matched([report()], [said(HIGH, site="b")])
    assert found.outcome == UNANSWERED


def test_evidence_for_another_model_version_is_set_aside():
    (found,) = matched([report()], [said(HIGH, version="1.0")])
    assert found.outcome == OTHER_VERSION
    (found,) = matched([report()], [said(HIGH, 9, version="1.0"), said(NO_RISK)])
    assert (found.outcome, found.status) == (ANSWERED, NO_RISK)


@pytest.mark.parametrize(("found", "outcome"), [(False, TREATED), (True, ANSWERED)])
def test_nothing_found_after_a_treatment_proves_nothing(found, outcome):
    (case_,) = matched([report(found=found, treated=True)], [said(HIGH)])
    assert case_.outcome == outcome


def test_reports_within_one_window_are_one_case():
    reports = [report(SEEN + timedelta(days=d), found=d == 7) for d in (0, 7, 14, 26)]
    merged = episodes(reports, 25)
    assert [(r.date, r.found) for r in merged] == [
        (SEEN + timedelta(days=7), True),
        (SEEN + timedelta(days=26), False),
    ]
    assert len(matched(reports, [])) == 2
    assert len(episodes([*reports, report(site="b")], 25)) == 3


def test_reports_of_unknown_hazards_are_left_out():
    assert matched([report(hazard="gone")], []) == []


# Probability ----------------------------------------------------------------------------------


def test_a_score_that_is_a_probability_stands_for_itself():
    cases = [case(2015, True, score=0.7), case(2015, False, score=math.nan)]
    assert np.array_equal(probabilities(cases, True), [0.7, math.nan], equal_nan=True)


def test_a_status_stands_for_its_frequency_in_earlier_seasons():
    before = [case(2014, n < 6, HIGH if n < 8 else NO_RISK, number=n) for n in range(12)]
    now = [case(2015, True, HIGH), case(2015, True, NO_RISK), case(2015, False, MEDIUM)]
    found = probabilities([*before, *now], False)
    assert np.isnan(found[:12]).all()  # the first season has nothing before it
    base = 6 / 12
    expected = [(6 + 2 * base) / 10, (0 + 2 * base) / 6, base]
    assert found[12:] == pytest.approx(expected)


def test_neither_a_case_nor_its_season_nor_a_later_one_enters_its_own_probability():
    before = [case(2014, n % 2 == 0, number=n) for n in range(12)]
    own = case(2015, True, number=1)
    alone = probabilities([*before, own], False)[12]
    others = [case(2015, False, number=n) for n in range(50)]
    later = [case(2016, False, number=n) for n in range(50)]
    assert probabilities([*before, own, *others, *later], False)[12] == alone
    opposite = replace(own, report=replace(own.report, found=False))
    assert probabilities([*before, opposite], False)[12] == alone


def test_too_few_earlier_cases_give_no_probability():
    before = [case(2014, n % 2 == 0, number=n) for n in range(9)]
    assert np.isnan(probabilities([*before, case(2015, True)], False)).all()


# The account ----------------------------------------------------------------------------------


def skilful(count, seasons=(2013, 2014, 2015), right=1.0, county=COUNTY):
    """Cases of a forecast that says .9 or .1 and is right in that share of them."""
    cases = []
    for n in range(count):
        event = n // len(seasons) % 2 == 0
        wrong = (n * 7919 % 100) / 100 >= right
        score = 0.9 if event != wrong else 0.1
        status = HIGH if score > 0.5 else NO_RISK
        cases.append(case(seasons[n % len(seasons)], event, status, score, county, n))
    return cases


def test_hits_misses_false_alarms():
    counted = [(HIGH, True), (MEDIUM, True), (NO_RISK, True), (HIGH, False), (NO_RISK, False)]
    cases = [case(2015, found, status, number=n) for n, (status, found) in enumerate(counted)]
    cases += [
        Case(report(season=2015, site="x"), UNANSWERED),
        Case(report(season=2015, site="y"), TREATED, HIGH, 0.3),
        Case(report(season=2015, site="z"), OTHER_VERSION),
    ]
    row = ledger(cases)[COUNTY, 2015]
    assert (row.hits, row.misses, row.false_alarms, row.correct_negatives) == (2, 1, 1, 1)
    assert (row.cases, row.unanswered, row.treated, row.other_version) == (5, 1, 1, 1)


def test_brier_skill_by_hand():
    cases = [case(2014, True, score=0.8), case(2015, False, score=0.2, number=1)]
    row = ledger(cases)[COUNTY, None]
    assert row.brier_skill == pytest.approx(1 - 0.04 / 0.25)


def test_a_row_for_all_seasons_and_for_each():
    rows = ledger(skilful(30))
    assert set(rows) == {(COUNTY, None), (COUNTY, 2013), (COUNTY, 2014), (COUNTY, 2015)}
    assert rows[COUNTY, None].seasons == 3
    assert rows[COUNTY, None].scored == 30
    assert rows[COUNTY, 2014].scored == 10
    assert rows[COUNTY, 2014].low is not None


@pytest.mark.parametrize(
    ("observed", "probability", "blocks", "why"),
    [
        ([], [], [], "no_scores"),
        ([1, 1], [0.9, 0.8], [1, 2], "one_outcome"),
        ([0, 1], [0.1, 0.8], [1, 1], "one_block"),
        ([0, 0, 0, 1], [0.1, 0.1, 0.1, 0.9], [1, 2, 3, 4], ""),
        ([0, 1], [0.1, 0.9], [1, 2], "few_events"),
        ([0, 1, 0, 1], [0.1, 0.8, 0.1, 0.8], [1, 1, 2, 2], ""),
    ],
)
def test_an_interval_or_the_reason_why_there_is_none(observed, probability, blocks, why):
    found, reason = interval(np.array(observed, float), np.array(probability), blocks, 0.95)
    assert reason == why
    assert (found is not None and not math.isnan(found.low)) is (why == "")


# Validation -----------------------------------------------------------------------------------


def overall(cases, rules=DEFAULTS, scores_are=True):
    return shortfalls(ledger(cases, rules, scores_are)[COUNTY, None], rules)


def test_29_cases_are_not_enough():
    assert overall(skilful(29)) == ("cases",)


def test_30_cases_surely_better_than_climatology_are():
    assert overall(skilful(30)) == ()


def test_30_cases_without_skill_are_not():
    row = ledger(skilful(30, right=0.5))[COUNTY, None]
    assert row.scored == 30
    assert row.low <= 0
    assert shortfalls(row, DEFAULTS) == ("bound",)


def test_a_bound_of_exactly_zero_is_not_above_it():
    row = LedgerRow(HAZARD, COUNTY, None, VERSION, scored=30, seasons=3, low=0.0)
    assert shortfalls(row, DEFAULTS) == ("bound",)
    assert shortfalls(replace(row, low=0.001), DEFAULTS) == ()


def test_bad_new_cases_take_it_back():
    good = skilful(36)
    assert overall(good) == ()
    bad = [
        case(2016, n % 2 == 0, HIGH if n % 2 else NO_RISK, 0.9 if n % 2 else 0.1, number=n)
        for n in range(24)
    ]
    assert overall([*good, *bad]) == ("bound",)


def test_one_season_is_no_evidence_for_others():
    assert overall(skilful(60, seasons=(2015,))) == ("seasons", "interval")


def test_the_first_seasons_statuses_are_for_learning_only():
    cases = skilful(45)
    assert overall(cases, scores_are=True) == ()
    row = ledger(cases, scores_are=False)[COUNTY, None]
    assert (row.cases, row.scored, row.seasons) == (45, 30, 2)
    assert overall(skilful(44), scores_are=False) == ("cases",)


def test_counties_stand_for_themselves():
    rows = ledger([*skilful(30), *skilful(12, county="410928")])
    assert shortfalls(rows[COUNTY, None], DEFAULTS) == ()
    assert "cases" in shortfalls(rows["410928", None], DEFAULTS)


# Rules ----------------------------------------------------------------------------------------


def test_the_defaults():
    assert (DEFAULTS.least_cases, DEFAULTS.lower_bound, DEFAULTS.level) == (30, 0.0, 0.95)
    assert DEFAULTS.lowered == DEFAULTS.changed == ()


def test_lowered_thresholds_take_effect_and_are_told():
    rules = with_rule(DEFAULTS, "least_cases", "20")
    assert overall(skilful(20), rules) == ()
    assert rules.lowered == ("least_cases",)
    assert with_rule(DEFAULTS, "least_cases", "40").lowered == ()
    assert with_rule(DEFAULTS, "pest_last", "10").changed == ("pest_last",)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("least_case", "20", r'no rule "least_case" \(did you mean "least_cases"\?\); rules: '),
        ("zzz", "20", r'no rule "zzz"; rules: least_cases'),
        ("least_cases", "many", r'least_cases: "many" is not a whole number; give one'),
        ("least_cases", "20.5", r"is not a whole number"),
        ("lower_bound", "x", r'lower_bound: "x" is not a number; give one'),
        ("lower_bound", "nan", r"lower_bound: nan is not within -1.0..1.0; give a value in"),
        ("least_cases", "1", r"least_cases: 1 is not within 2..100000"),
        ("level", "1", r"level: 1 is not within 0.5..0.999"),
        ("disease_first", "0", r"disease_first: 0 is not within 1..120"),
        ("pest_first", "20", r"window of pest would be from 20 to 14 days; change pest_last bef"),
        ("pest_last", "20", None),
        ("disease_last", "4", r"window of disease would be from 5 to 4 days; change disease_first"),
    ],
)
def test_a_rule_that_cannot_be(name, text, message):
    if message is None:
        assert with_rule(DEFAULTS, name, text).pest_last == 20
        return
    with pytest.raises(RuleError, match=message):
        with_rule(DEFAULTS, name, text)


def test_every_rule_has_bounds():
    assert set(BOUNDS) == set(vars(DEFAULTS))
    assert all(low <= getattr(DEFAULTS, n) <= high for n, (low, high) in BOUNDS.items())
