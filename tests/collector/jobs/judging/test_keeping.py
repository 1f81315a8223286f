"""What the risk job keeps: the outlook of each lead day as issued, and what came of each day.

A station measures; each evening a forecast says the same with errors that grow, and the job runs.
What is kept, and each figure of the account, is held against what the job wrote for all to read.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from collector.jobs.context import Context
from collector.jobs.judging import keeping
from collector.jobs.judging import risk as risk_job
from collector.jobs.risk_outlook_skill import judge, judge_risk_outlooks
from collector.store import settings_table
from collector.store.advice import ledger, risk, risk_account, risk_kept
from collector.store.advice import outlook as outlook_store
from collector.store.advice.ledger import ScoutingReport
from collector.store.measured import weather
from collector.store.measured.weather import WeatherValue
from collector.store.postgres import db
from collector.store.postgres.db import Pool
from models.hazards.catalogue import catalogue
from models.risk.hazard import HIGH, MEDIUM, NO_RISK
from models.skill.risk_outlooks import ABSENT
from models.weather.local_days import day_ended, local_day

HERE = (115.2, 35.9)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: A local midnight: wheat flowers in the weeks that follow.
BEGIN = datetime(2016, 4, 29, 16, tzinfo=UTC)
#: Weather is measured from here on.
FIRST = BEGIN - 25 * DAY
DAYS = 16
HAZARDS = ("wheat_fhb", "wheat_stripe_rust")
Key = tuple[str, str, str, date]


def truth(hour: datetime, quantity: str, error: float = 0.0) -> float:
    """What is measured in an hour; a forecast is `error` spreads away."""
    day = np.random.default_rng([(hour - FIRST) // DAY + 50, 7])
    damp = day.normal(0, 1) + error
    warm = 18 + 6 * np.sin((hour.hour - 1) / 24 * 2 * np.pi)
    return float(
        {
            "air_temperature": warm + damp,
            "relative_humidity": np.clip(73 + 16 * damp - 2 * (warm - 18), 20, 100),
            "precipitation_amount": max(damp, 0.0) if hour.hour < 4 else 0.0,
            "wind_speed": 2.0,
            "global_radiation": 300.0,
        }[quantity]
    )


QUANTITIES = ("air_temperature", "relative_humidity", "precipitation_amount", "wind_speed")


def observe(conn: db.Connection, start: datetime, end: datetime, error: float = 0.0) -> None:
    hours = [start + n * HOUR for n in range(int((end - start) / HOUR))]
    values = [
        WeatherValue(n, "station", q, t, t + HOUR, truth(t, q, error))
        for n, t in enumerate(hours)
        for q in QUANTITIES
    ]
    with conn:
        weather.put_values(conn, "observed", "cma", {"station": HERE}, values, end)


def forecast(conn: db.Connection, at: datetime, seed: int = 0) -> None:
    """Eight days from an hour on, the further away the worse."""
    errors = np.random.default_rng([seed, (at - FIRST) // HOUR]).normal(0, 1, 9)
    hours = [at + n * HOUR for n in range(8 * 24)]
    values = [
        WeatherValue(n, "grid", q, t, at, truth(t, q, 0.8 * (t - at) / DAY * errors[n // 24]))
        for n, t in enumerate(hours)
        for q in QUANTITIES
    ]
    with conn:
        weather.put_values(conn, "forecast", "svc", {"grid": HERE}, values, at)


@pytest.fixture
def wheat(registered: db.Connection, monkeypatch: pytest.MonkeyPatch) -> db.Connection:
    """Wheat in two fields without sensors, beside one station, and some hazards to judge."""
    hazards = {k: h for k, h in catalogue().items() if k in HAZARDS}
    monkeypatch.setattr(risk_job, "catalogue", lambda: hazards)
    with registered, registered.cursor() as cur:
        cur.execute("DELETE FROM stage_observation; DELETE FROM season")
        cur.execute(
            "INSERT INTO village (id, zh, en, county, longitude, latitude, position) "
            "VALUES ('bare', '无设备村', 'Bare', '410922', 115.18, 35.92, 'illustrative')"
        )
        for field, resistance in (("bare-1", "S"), ("bare-2", "MS")):
            cur.execute(
                "INSERT INTO field (id, village, zh, en, kind) "
                "VALUES (%s, 'bare', '地', 'f', 'open')",
                (field,),
            )
            cur.execute(
                "INSERT INTO season (field, crop, sown, resistance) "
                "VALUES (%s, 'winter_wheat', '2015-10-08', %s)",
                (field, resistance),
            )
            cur.execute(
                "INSERT INTO stage_observation (field, crop, date, bbch, observer) "
                "VALUES (%s, 'winter_wheat', '2016-04-25', 59, 'x')",
                (field,),
            )
    observe(registered, FIRST, BEGIN)
    return registered


def said_of(conn: db.Connection, at: datetime) -> dict[Key, int]:
    """The outlook in force."""
    rows = outlook_store.outlook(conn, at)
    return {(r.site, r.crop, r.hazard, day_ended(r.time)): r.status for r in rows}


def kept_said(conn: db.Connection) -> dict[date, dict[Key, int]]:
    """What is kept of outlooks, by the day that was next, read byte by byte."""
    fields = {number: field for field, number in risk_kept.numbers(conn).items()}
    found: dict[date, dict[Key, int]] = {}
    with conn, conn.cursor() as cur:
        cur.execute("SELECT next_day, crop, hazard, day, classes FROM risk_said")
        for issue, crop, hazard, day, classes in cur.fetchall():
            for number, code in enumerate(risk_kept.inflated(classes, len(fields)).tolist()):
                if code != ABSENT:
                    found.setdefault(issue, {})[fields[number], crop, hazard, day] = code
    return found


def kept_came(conn: db.Connection) -> dict[Key, int]:
    fields = {number: field for field, number in risk_kept.numbers(conn).items()}
    with conn, conn.cursor() as cur:
        cur.execute("SELECT crop, hazard, day, classes FROM risk_came")
        return {
            (fields[number], crop, hazard, day): code
            for crop, hazard, day, classes in cur.fetchall()
            for number, code in enumerate(risk_kept.inflated(classes, len(fields)).tolist())
            if code != ABSENT
        }


def everything(conn: db.Connection) -> list[tuple[object, ...]]:
    """The rows that keep outlooks, with when each was written."""
    with conn, conn.cursor() as cur:
        cur.execute("SELECT next_day, issued, xmin::text FROM risk_issue ORDER BY 1")
        found = cur.fetchall()
        cur.execute(
            "SELECT next_day, crop, hazard, day, classes::text, xmin::text FROM risk_said "
            "ORDER BY 1, 2, 3, 4"
        )
        return [*found, *cur.fetchall()]


@pytest.fixture
def story(wheat: db.Connection, pool: Pool) -> dict[date, dict[Key, int]]:
    """Sixteen evenings; what each outlook said of days that had not begun, by issue."""
    told = {}
    for day in range(DAYS):
        now = BEGIN + day * DAY + 12 * HOUR
        observe(wheat, BEGIN + max(0, day * 24 - 12) * HOUR, now)
        forecast(wheat, now)
        risk_job.assess_risk(Context(pool, now + timedelta(minutes=10)))
        tomorrow = local_day(now) + DAY
        with wheat:
            said = said_of(wheat, now)
        told[tomorrow] = {key: code for key, code in said.items() if key[3] >= tomorrow}
    return told


END = BEGIN + DAYS * DAY + 2 * HOUR


def close_last_day(conn: db.Connection, pool: Pool) -> None:
    observe(conn, END - 14 * HOUR, END)
    risk_job.assess_risk(Context(pool, END))


def test_what_was_said_and_what_came_is_kept_and_judged(
    wheat: db.Connection, pool: Pool, story: dict[date, dict[Key, int]]
) -> None:
    kept = kept_said(wheat)
    told = {issue: {k: c for k, c in said.items() if c} for issue, said in story.items()}
    assert {issue: {k: c for k, c in said.items() if c} for issue, said in kept.items()} == told
    leads = {(key[3] - issue).days + 1 for issue, said in kept.items() for key in said}
    assert leads == {1, 2, 3, 4, 5, 6}
    close_last_day(wheat, pool)
    came = kept_came(wheat)
    with wheat:
        first = BEGIN - DAY
        for hazard in HAZARDS:
            for field in risk_kept.numbers(wheat):
                for row in risk.status_history(wheat, field, hazard, first, END):
                    key = field, row.crop, hazard, day_ended(row.time)
                    assert came.get(key, 0) == row.status, key
        rows, seen = judge(wheat, END)
    assert seen == []
    by_hand(rows, story, came)
    corrected_late(wheat, pool, story, came)


def corrected_late(
    wheat: db.Connection, pool: Pool, story: dict[date, dict[Key, int]], came: dict[Key, int]
) -> None:
    """Weather that is corrected late is judged anew; what was said stays."""
    with wheat:
        before, _ = judge(wheat, END)
    said = everything(wheat)
    observe(wheat, BEGIN + 3 * DAY, BEGIN + 8 * DAY, error=-2.0)
    risk_job.assess_risk(Context(pool, END))
    after = kept_came(wheat)
    changed = {key[3] for key in came if came[key] != after[key]}
    assert changed
    assert min(changed) >= local_day(BEGIN + 3 * DAY)
    assert everything(wheat) == said
    with wheat:
        rows, _ = judge(wheat, END)
        found = risk_job.compute_risk(wheat, BEGIN + 6 * DAY, kept=False)
        for each in found.today:  # as it is known now, from the beginning
            key = each.site, each.crop, each.hazard, day_ended(each.time)
            assert after.get(key, 0) == each.status
    assert rows != before
    by_hand(rows, story, after)


def by_hand(rows, story, came) -> None:  # type: ignore[no-untyped-def]
    """Each figure once more, pair by pair."""
    levels = (NO_RISK, MEDIUM, HIGH)
    wanted = {}
    for issue, said in story.items():
        for key, code in said.items():
            lead = (key[3] - issue).days + 1
            if key[3] < local_day(END) and code in levels and came.get(key) in levels:
                wanted.setdefault((key[2], lead), []).append((key, code, came[key]))
    assert {(row.hazard, row.lead) for row in rows} == wanted.keys()
    assert sum(row.table.hits for row in rows) > 10
    assert sum(row.table.misses + row.table.false_alarms for row in rows) > 10
    for row in rows:
        pairs = wanted[row.hazard, row.lead]
        apart = [said - seen for _, said, seen in pairs]
        assert row.pairs == len(pairs)
        assert row.fields == len({key[:2] for key, *_ in pairs})
        assert row.days == len({key[3] for key, *_ in pairs})
        assert row.bias == pytest.approx(sum(apart) / len(apart))
        assert row.mae == pytest.approx(sum(map(abs, apart)) / len(apart))
        both = [(said >= MEDIUM, seen >= MEDIUM) for _, said, seen in pairs]
        table = row.table
        assert table.hits == both.count((True, True))
        assert table.misses == both.count((False, True))
        assert table.false_alarms == both.count((True, False))
        assert table.correct_negatives == both.count((False, False))
        for each in row.reliability:
            of = [seen >= MEDIUM for _, said, seen in pairs if said == each.status]
            assert (each.pairs, each.warned) == (len(of), sum(of))
        leads = {lead for hazard, lead in wanted if hazard == row.hazard}
        shared = set.intersection(*({p[0] for p in wanted[row.hazard, k]} for k in leads))
        wrong = [
            said != seen
            for (key, *_), (said, seen) in zip(pairs, both, strict=True)
            if key in shared
        ]
        assert row.same_pairs == len(wrong)
        assert row.same_score == (pytest.approx(sum(wrong) / len(wrong)) if wrong else None)


def test_an_issue_that_is_computed_again_is_neither_doubled_nor_changed(
    wheat: db.Connection, pool: Pool
) -> None:
    now = BEGIN + 12 * HOUR
    observe(wheat, BEGIN, now)
    forecast(wheat, now - HOUR)
    risk_job.assess_risk(Context(pool, now))
    before = everything(wheat)
    assert len(before) > 10
    forecast(wheat, now, seed=1)  # another one: the same issue would say something else
    risk_job.assess_risk(Context(pool, now))
    assert everything(wheat) == before
    risk_job.assess_risk(Context(pool, now - HOUR))  # by a clock that was set back
    assert everything(wheat) == before
    risk_job.assess_risk(Context(pool, now + HOUR))
    after = everything(wheat)
    assert {row[0] for row in after} == {row[0] for row in before}, "of the same lead day"
    assert [row[:-1] for row in after] != [row[:-1] for row in before]
    # the last of the 24 hours is midnight itself; behind it lies the next lead day
    for at, days in ((BEGIN + DAY, 1), (BEGIN + DAY + timedelta(minutes=10), 2)):
        risk_job.assess_risk(Context(pool, at))
        assert len({row[0] for row in everything(wheat)}) == days


def report(field: str, day: date, found: bool, observer: str = "李娜") -> ScoutingReport:
    return ScoutingReport(
        field, "winter_wheat", "wheat_fhb", 2015, day, found, False, None, "scouting", observer, "",
        f"test:{field}",
    )  # fmt: skip


def test_what_people_saw_is_set_against_what_had_been_said(
    wheat: db.Connection, pool: Pool
) -> None:
    now = BEGIN + 12 * HOUR
    observe(wheat, BEGIN, now)
    forecast(wheat, now)
    risk_job.assess_risk(Context(pool, now))
    said = kept_said(wheat)
    ((issue, told),) = said.items()
    last = issue + 5 * DAY
    reports = [
        report("bare-1", last + 6 * DAY, True),
        report("bare-2", last + 6 * DAY, False),
        report("bare-2", issue - 9 * DAY, True),  # before any outlook was kept
    ]
    with wheat:
        ledger.put_reports(wheat, reports, END)
        rows, seen = judge(wheat, now)
    assert rows == []
    assert {row.lead for row in seen} == {1, 2, 3, 4, 5, 6}
    for row in seen:
        day = issue + (row.lead - 1) * DAY
        codes = {f: told.get((f, "winter_wheat", row.hazard, day), 0) for f in ("bare-1", "bare-2")}
        judged = {field: code for field, code in codes.items() if code >= NO_RISK}
        assert row.cases == len(judged)
        assert row.unanswered == 2 - len(judged)
        warned = {field for field, code in judged.items() if code >= MEDIUM}
        assert row.table.hits == ("bare-1" in warned)
        assert row.table.false_alarms == ("bare-2" in warned)
    assert any(row.cases for row in seen)


def test_the_job_keeps_the_account_and_forgets_what_is_old(
    wheat: db.Connection, pool: Pool
) -> None:
    wheat.commit()
    context = Context(pool, END)
    nothing = "risk outlooks against what came: 0 pairs, 0 rows; against what was seen in fields: "
    assert str(judge_risk_outlooks(context)) == f"{nothing}0 cases"
    for day in range(3):
        now = BEGIN + day * DAY + 12 * HOUR
        observe(wheat, now - 12 * HOUR, now + 12 * HOUR)
        forecast(wheat, now)
        risk_job.assess_risk(Context(pool, now))
    at = BEGIN + 3 * DAY + HOUR
    risk_job.assess_risk(Context(pool, at))
    with wheat:
        ledger.put_reports(wheat, [report("bare-1", date(2016, 5, 12), True)], at)
    for _ in range(2):
        judge_risk_outlooks(Context(pool, at))
        with wheat:
            rows, seen = judge(wheat, at)
            assert rows
            assert risk_account.rows(wheat) == rows
            assert risk_account.seen_rows(wheat) == seen != []
    assert len(kept_said(wheat)) == 4
    with wheat:
        settings_table.put(wheat, keeping.KEEP_MONTHS, "1", at)
    judge_risk_outlooks(Context(pool, at + 30 * DAY))
    assert sorted(kept_said(wheat)) == [date(2016, 5, 2), date(2016, 5, 3), date(2016, 5, 4)]
    assert min(key[3] for key in kept_came(wheat)) == date(2016, 5, 2)
    judge_risk_outlooks(Context(pool, at + 60 * DAY))
    assert kept_said(wheat) == {}
    assert kept_came(wheat) == {}
    with wheat:
        assert risk_account.rows(wheat) == []


def test_a_setting_that_is_no_number_of_months_is_named(wheat: db.Connection) -> None:
    with wheat:
        settings_table.put(wheat, keeping.KEEP_MONTHS, "a year", END)
        with pytest.raises(ValueError, match=r"risk_outlooks.keep_months.*whole months.*a year"):
            keeping.kept_from(wheat, END)
