"""Reports, ledger and rules on a real database, up to the mark on status and advice."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from math import inf, isnan, nan

import numpy as np
import psycopg2
import pytest

from collector.jobs.advisories import issue_advisories
from collector.jobs.context import Context
from collector.jobs.judging import risk as risk_job
from collector.jobs.skill import update_skill
from collector.store import settings_table
from collector.store.advice import ledger, risk, spraying
from collector.store.advice.ledger import ScoutingReport
from collector.store.advice.spraying import Seen
from collector.store.network import registry
from collector.store.postgres import db
from models.advice.advisory import Advisory
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus, assess
from models.risk.hazard import CANNOT_SAY, HIGH, NO_RISK
from models.skill.rules import DEFAULTS, RuleError
from models.weather.dataset import dataset
from models.weather.local_days import midnight

NOW = datetime(2016, 5, 1, 12, tzinfo=UTC)
HAZARD, CROP, FIELD, COUNTY = "wheat_fhb", "winter_wheat", "qf-liuge-1", "410922"
HAZARDS = {HAZARD: catalogue()[HAZARD]}
VERSION = ledger.versions(HAZARDS)[HAZARD]


def status(code, time, score=0.3, site=FIELD, **change):
    found = RiskStatus(
        site=site,
        crop=CROP,
        hazard=HAZARD,
        time=time,
        status=code,
        score=score,
        certainty=0.6,
        stage_bbch=61.0,
        stage_source="observed",
        drivers={"rh14": 74.6},
        missing=(),
        data_age_h=1.0,
        inputs_hash="1" * 64,
        model_version=VERSION,
    )
    return replace(found, **change)


def report(day, found, number=0, site=FIELD, season=2015, **change):
    plain = ScoutingReport(
        site, CROP, HAZARD, season, day, found, False, None, "scouting", "", "", f"f.csv:{number}"
    )
    return replace(plain, **change)


def end_of(day):
    return datetime(day.year, day.month, day.day, 16, tzinfo=UTC)


def add_case(conn, number, season, found, score):
    """A field's answer and, ten days later, what was seen there."""
    site = f"x{season}-{number}"
    with conn.cursor() as cur:
        cur.execute("INSERT INTO field VALUES (%s, 'qf-liuge', '', '', 'open', NULL)", (site,))
    day = date(season + 1, 5, 1) + timedelta(days=number % 20)
    code = HIGH if score > 0.5 else NO_RISK
    said = status(code, end_of(day), score, site=site)
    risk.save_statuses(conn, [said], said.time + timedelta(minutes=10))
    seen = report(day + timedelta(days=11), found, number, site, season)
    assert ledger.put_reports(conn, [seen], NOW).new == 1


def add_good(conn, count, start=0):
    for n in range(start, start + count):
        event = n // 3 % 2 == 0
        add_case(conn, n, (2013, 2014, 2015)[n % 3], event, 0.9 if event else 0.1)
    ledger.update(conn, HAZARDS, NOW)


def is_valid(conn):
    return (HAZARD, COUNTY) in ledger.validated(conn, HAZARDS)


# History of statuses --------------------------------------------------------------------------


def rows_of(conn):
    start = NOW - timedelta(days=1)
    return risk.status_history(conn, FIELD, HAZARD, start, NOW + timedelta(days=1))


def said_in(kept):
    """The answer of a kept row, without when it was issued."""
    return RiskStatus(**{f.name: getattr(kept, f.name) for f in fields(RiskStatus)})


@pytest.mark.parametrize(
    "change",
    [
        {"status": NO_RISK},
        {"score": 0.31},
        {"certainty": 0.5},
        {"inputs_hash": "2" * 64},
        {"model_version": "1.9"},
        {"validated": True},
        {"missing": ("relative_humidity",)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_status_that_differs_is_kept_to_and_fro(registered, change):
    first = status(HIGH, NOW)
    other = replace(first, **change)
    saved = [
        risk.save_statuses(registered, [s], NOW + timedelta(hours=h))
        for h, s in enumerate([first, first, other, other, first, replace(first, data_age_h=9.0)])
    ]
    assert saved == [(1, new) for new in (1, 0, 1, 0, 1, 0)]
    kept = rows_of(registered)
    assert [said_in(row) for row in kept] == [first, other, first]
    assert [row.issued for row in kept] == [NOW + timedelta(hours=h) for h in (0, 2, 4)]
    (latest,) = risk.latest_statuses(registered, NOW)
    assert said_in(latest) == first


def test_what_is_no_number_is_null_in_the_store_and_nan_outside(registered):
    unknown = replace(
        status(CANNOT_SAY, NOW, nan),
        stage_bbch=nan,
        data_age_h=inf,
        drivers={"rh14": nan, "warm_days": np.float64(3.0)},
    )
    assert risk.save_statuses(registered, [unknown], NOW) == (1, 1)
    with registered.cursor() as cur:
        cur.execute("SELECT score, stage_bbch, data_age_h, drivers::text FROM risk_status")
        assert cur.fetchall() == [(None, None, None, '{"rh14": null, "warm_days": 3.0}')]
    (kept,) = rows_of(registered)
    assert all(isnan(v) for v in (kept.score, kept.stage_bbch, kept.data_age_h))
    assert isnan(kept.drivers["rh14"])
    assert (kept.drivers["warm_days"], kept.certainty) == (3.0, unknown.certainty)


def test_many_statuses_are_written_in_pages(registered, monkeypatch):
    monkeypatch.setattr(risk, "PAGE", 2)
    said = (status(HIGH, NOW - timedelta(hours=h)) for h in range(5))
    assert risk.save_statuses(registered, said, NOW) == (5, 5)


@pytest.mark.parametrize(
    "statement", ["UPDATE risk_status SET status = 2", "DELETE FROM risk_status"]
)
def test_what_was_issued_cannot_be_changed(registered, statement):
    risk.save_statuses(registered, [status(HIGH, NOW)], NOW)
    with (
        registered.cursor() as cur,
        pytest.raises(
            psycopg2.errors.RaiseException,
            match="rows of risk_status are never changed or deleted; add",
        ),
    ):
        cur.execute(statement)


# Reports --------------------------------------------------------------------------------------


def test_a_report_twice_is_named_and_kept_once(registered):
    first = report(date(2016, 5, 1), True, 2)
    assert ledger.put_reports(registered, [first], NOW).new == 1
    again = replace(first, origin="g.csv:7")
    kept = ledger.put_reports(registered, [again, again, replace(again, observer="Li")], NOW)
    assert kept.new == 1
    assert [str(each) for each in kept.same] == [
        "g.csv:7: the same report is there already, from f.csv:2"
    ] * 2
    assert kept.contradicting == ()


def test_of_reports_that_contradict_in_one_delivery_none_is_taken(registered):
    first = report(date(2016, 5, 1), True, 2)
    other = replace(first, found=False, origin="f.csv:3")
    kept = ledger.put_reports(registered, [first, other, first], NOW)
    assert (kept.new, kept.corrected, kept.same) == (0, (), ())
    assert [str(each) for each in kept.contradicting] == [
        f"{here}: contradicts the report of the same observer, field, hazard and day from {there}; "
        "neither is taken in; mend one of them, or name the observers apart"
        for here, there in (("f.csv:2", "f.csv:3"), ("f.csv:3", "f.csv:2"), ("f.csv:2", "f.csv:3"))
    ]
    assert ledger.cases(registered, HAZARDS) == []


def test_the_newest_report_counts_and_those_before_are_kept(registered):
    first = report(date(2016, 5, 1), True, 2)
    ledger.put_reports(registered, [first], NOW)
    for found in (False, True, False):
        kept = ledger.put_reports(registered, [replace(first, found=found)], NOW)
        assert (kept.new, len(kept.corrected)) == (0, 1)
    (case,) = ledger.cases(registered, HAZARDS)
    assert case.report.found is False
    with registered.cursor() as cur:
        cur.execute("SELECT count(*) FROM scouting_report")
        assert cur.fetchone() == (4,)


def test_nothing_to_keep(registered):
    assert ledger.put_reports(registered, [], NOW) == ledger.Kept(0, (), (), ())


def test_an_answer_counts_like_a_scouting_report(registered):
    said = status(HIGH, end_of(date(2016, 5, 1)), 0.9)
    risk.save_statuses(registered, [said], said.time)
    ledger.put_reports(registered, [report(date(2016, 5, 12), True, source="answer")], NOW)
    (case,) = ledger.cases(registered, HAZARDS)
    assert (case.outcome, case.status, case.score) == ("answered", HIGH, 0.9)


def test_a_report_of_a_disease_judges_every_model_of_it(registered):
    """People see stripe rust, not a model: verdict and members are judged, scab's are not."""
    names = ("wheat_stripe_rust", "wheat_stripe_rust_rule", "wheat_stripe_rust_ensemble")
    said = status(HIGH, end_of(date(2016, 5, 1)), 0.9)
    for name in (*names, "wheat_fhb"):
        risk.save_statuses(registered, [replace(said, hazard=name)], said.time)
    seen = replace(report(date(2016, 5, 8), True), hazard="wheat_stripe_rust_rule")
    ledger.put_reports(registered, [seen], NOW)
    found = {case.report.hazard: case.status for case in ledger.cases(registered, catalogue())}
    assert found == dict.fromkeys(names, HIGH)


# The ledger -----------------------------------------------------------------------------------


def test_validation_both_ways(registered):
    add_good(registered, 29)
    assert not is_valid(registered)
    (found,) = ledger.evidence(registered, HAZARDS)
    assert found.lacks == ("cases",)
    add_good(registered, 1, start=29)
    assert is_valid(registered)
    (found,) = ledger.evidence(registered, HAZARDS)
    assert (found.row.scored, found.row.county, found.validated) == (30, COUNTY, True)
    # New cases that went wrong take it back.
    for n in range(24):
        add_case(registered, n, 2016, n % 2 == 0, 0.1 if n % 2 == 0 else 0.9)
    ledger.update(registered, HAZARDS, NOW)
    (found,) = ledger.evidence(registered, HAZARDS)
    assert found.lacks == ("bound",)
    assert not is_valid(registered)


def test_30_cases_without_skill_are_not_validated(registered):
    for n in range(30):
        add_case(registered, n, (2013, 2014, 2015)[n % 3], n // 3 % 2 == 0, 0.9 if n % 2 else 0.1)
    ledger.update(registered, HAZARDS, NOW)
    (found,) = ledger.evidence(registered, HAZARDS)
    assert (found.row.scored, found.lacks) == (30, ("bound",))


def test_rows_are_kept_only_when_they_change(registered):
    add_case(registered, 0, 2015, True, 0.9)
    assert ledger.update(registered, HAZARDS, NOW) == 2  # all seasons, and the one
    assert ledger.update(registered, HAZARDS, NOW) == 0
    assert {row.season for row in ledger.rows(registered)} == {None, 2015}


def test_another_model_version_starts_from_nothing(registered):
    add_good(registered, 30)
    newer = {HAZARD: replace(HAZARDS[HAZARD], version="2")}
    # Even before the ledger is computed again.
    assert ledger.validated(registered, newer) == frozenset()
    ledger.update(registered, newer, NOW)
    (found,) = ledger.evidence(registered, newer)
    assert (found.row.scored, found.row.other_version) == (0, 30)
    assert ledger.validated(registered, HAZARDS) == frozenset()


def test_rows_without_cases_any_more_are_emptied(registered):
    add_good(registered, 30)
    with registered.cursor() as cur:
        cur.execute("DELETE FROM scouting_report")
    assert ledger.update(registered, HAZARDS, NOW) == 4
    assert {row.cases for row in ledger.rows(registered)} == {0}
    assert not is_valid(registered)
    assert ledger.update(registered, HAZARDS, NOW) == 0


def test_the_version_is_the_one_that_statuses_carry(registered):
    """Were it another, no evidence would ever count."""
    start = NOW.replace(hour=0) - timedelta(days=3)
    values = {"relative_humidity": np.full((48, 1), 80.0)}
    data = dataset([start + timedelta(hours=h) for h in range(48)], [FIELD], values)
    found = assess(data, risk_job.current_seasons(registered), tuple(catalogue().values()), NOW)
    versions = ledger.versions(catalogue())
    assert len(found) > 3
    assert all(s.model_version == versions[s.hazard] for s in found)


# Rules ----------------------------------------------------------------------------------------


def change(conn, name, value, by="Li", reason="trial"):
    return ledger.change_rule(conn, name, value, by=by, reason=reason, at=NOW)


def test_a_lowered_threshold_takes_effect_and_is_logged(registered):
    add_good(registered, 27)
    assert not is_valid(registered)
    assert change(registered, "least_cases", "20").lowered == ("least_cases",)
    assert is_valid(registered)
    change(registered, "least_cases", "40", by="Wang", reason="strict")
    assert not is_valid(registered)
    found = [
        (c.name, c.old, c.new, c.changed_by, c.reason, c.lowered, c.at)
        for c in ledger.rule_changes(registered)
    ]
    assert found == [
        ("least_cases", "20", "40", "Wang", "strict", False, NOW),
        ("least_cases", None, "20", "Li", "trial", True, NOW),
    ]


def test_a_change_past_the_function_is_logged_too(registered):
    settings_table.put(registered, "skill.lower_bound", "-0.5", NOW)
    with registered.cursor() as cur:
        cur.execute("UPDATE setting SET value = '-0.6' WHERE key = 'skill.lower_bound'")
        cur.execute("UPDATE setting SET value = '-0.6' WHERE key = 'skill.lower_bound'")
        cur.execute("DELETE FROM setting WHERE key = 'skill.lower_bound'")
    settings_table.put(registered, "banner", "{}", NOW)
    changes = ledger.rule_changes(registered)
    assert [(c.old, c.new, c.lowered) for c in changes] == [
        ("-0.6", None, False),
        ("-0.5", "-0.6", True),
        (None, "-0.5", True),
    ]
    assert all(c.changed_by for c in changes)


def test_who_changed_a_rule_is_not_carried_over(registered):
    change(registered, "least_cases", "20")
    settings_table.put(registered, "skill.least_cases", "10", NOW)
    assert ledger.rule_changes(registered)[0].changed_by != "Li"


@pytest.mark.parametrize("table", ["setting_change", "skill_row"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}"])
def test_the_log_cannot_be_changed(registered, table, statement):
    change(registered, "least_cases", "20")
    add_case(registered, 0, 2015, True, 0.9)
    ledger.update(registered, HAZARDS, NOW)
    with (
        registered.cursor() as cur,
        pytest.raises(psycopg2.errors.RaiseException, match=f"rows of {table} are never changed"),
    ):
        cur.execute(statement.format(table))


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("Li", " ")])
def test_a_change_needs_who_and_why(registered, by, reason):
    with pytest.raises(RuleError, match="say who changes the rule and why; both are kept"):
        change(registered, "least_cases", "20", by=by, reason=reason)
    assert ledger.rules(registered) == DEFAULTS


def test_a_setting_that_cannot_be_leaves_the_default(registered, caplog):
    settings_table.put(registered, "skill.least_cases", "few", NOW)
    settings_table.put(registered, "skill.pest_last", "9", NOW)
    rules = ledger.rules(registered)
    assert (rules.least_cases, rules.pest_last) == (30, 9)
    assert 'skill.least_cases: least_cases: "few" is not a whole number' in caplog.text
    assert "the default stays in force" in caplog.text


@pytest.mark.parametrize(("first", "last"), [("40", "60"), ("2", "3")])
def test_both_ends_of_a_window_may_move(registered, first, last):
    settings_table.put(registered, "skill.disease_first", first, NOW)
    settings_table.put(registered, "skill.disease_last", last, NOW)
    assert ledger.rules(registered).window("disease") == (int(first), int(last))


# Status and advice ----------------------------------------------------------------------------


@pytest.fixture
def always_high(monkeypatch):
    """The risk job with an assessment that says high everywhere in one crop."""

    def say(fold, result, ages, validated):
        end = midnight(fold.day)
        for place in result.index if result.hazard.id == HAZARD else ():
            yield status(HIGH, end, 0.9, site=fold.sites[place])

    monkeypatch.setattr(risk_job, "records", say)


def advice(conn):
    return {(a.site, a.draft) for a in risk.current_advisories(conn)}


def test_the_job_marks_by_county_and_drafts_follow(registered, pool, always_high):
    counties = ledger.county_of(registered)
    wheat = {s.field for s in registry.seasons(registered)}
    add_good(registered, 30)
    registered.commit()
    context = Context(pool, NOW)
    risk_job.assess_risk(context)
    issue_advisories(context)
    public = {site for site, draft in advice(registered) if not draft}
    assert public == {site for site in wheat if counties[site] == COUNTY}
    drafts = {site for site, draft in advice(registered) if draft} & wheat
    assert drafts == wheat - public
    assert public
    assert drafts
    # The evidence turns: within the hour the same advice is a draft again.
    change(registered, "least_cases", "31")
    registered.commit()
    later = Context(pool, NOW + timedelta(hours=1))
    risk_job.assess_risk(later)
    issue_advisories(later)
    registered.rollback()
    assert {draft for _, draft in advice(registered)} == {True}


def test_without_evidence_all_advice_is_a_draft(registered, pool, always_high):
    registered.commit()
    context = Context(pool, NOW)
    risk_job.assess_risk(context)
    issue_advisories(context)
    assert {draft for _, draft in advice(registered)} == {True}


def test_the_job_keeps_advice_through_a_day_without_risk(registered, pool, monkeypatch):
    registered.commit()
    for day, code in enumerate([HIGH, NO_RISK, NO_RISK, NO_RISK]):
        now = NOW + timedelta(days=day)
        said = status(code, now.replace(hour=16) - timedelta(days=1))
        found = risk_job.Computed(iter([said]), iter(()), {}, [])
        monkeypatch.setattr(risk_job, "compute_risk", lambda *_, found=found, **__: found)
        risk_job.assess_risk(Context(pool, now))
        issue_advisories(Context(pool, now))
        registered.rollback()
        assert len(risk.current_advisories(registered)) == (day < 3)


def test_the_skill_job_tells_what_changed(registered, pool):
    add_case(registered, 0, 2015, True, 0.9)
    registered.commit()
    said = update_skill(Context(pool, NOW))
    assert str(said) == "4 rows changed, 0 hazards validated in a county"  # of both models


@pytest.mark.parametrize(
    "hours",
    [
        None,
        (),
        ((NOW, NOW + timedelta(hours=3)), (NOW + timedelta(hours=9), NOW + timedelta(hours=10))),
    ],
)
def test_spraying_hours_are_kept_by_field(registered: db.Connection, hours):
    spraying.keep(registered, {FIELD: hours, "gone": hours}, Seen(1, ""))
    kept = Advisory(
        site=FIELD,
        crop=CROP,
        hazard=HAZARD,
        status=HIGH,
        certainty=0.6,
        issued=NOW,
        window_from=NOW,
        window_to=NOW + timedelta(days=3),
        confirmed=NOW,
        reason_key="wheat_fhb.reason",
        reason_params={"rh14": 74.6},
        actions=("drain", "ask_officer"),
        draft=True,
        spraying=hours,
    )
    risk.save_advisories(registered, [kept], NOW)
    assert risk.current_advisories(registered) == [kept]
