"""The job that sets outlooks of risk, as issued, against what came and what people saw."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from collector.jobs.context import Context, Job
from collector.jobs.judging.keeping import kept_from
from collector.store.advice import ledger, risk_account, risk_kept
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from models.hazards.catalogue import catalogue
from models.skill.matching import Issued, match
from models.skill.risk_outlooks import RiskOutlookRow, SeenRow, account, seen_account
from models.weather.local_days import local_day


def judge(conn: Connection, now: datetime) -> tuple[list[RiskOutlookRow], list[SeenRow]]:
    """Return the account of all kept outlooks: against what came, and against what people saw.

    Parameters
    ----------
    conn : Connection
    now : datetime
        Aware; days that are not over by then are left out.
    """
    found = []
    for hazard in catalogue().values():
        kept = risk_account.kept(conn, hazard, local_day(now))
        if kept is not None:
            found += account(kept)
    return found, _seen(conn)


def _seen(conn: Connection) -> list[SeenRow]:
    hazards = catalogue()
    reports = risk_account.reports(conn, hazards)
    by_lead: defaultdict[int, list[Issued]] = defaultdict(list)
    for lead, answer in risk_account.issued(conn, hazards, reports):
        by_lead[lead].append(answer)
    kinds: dict[str, str] = {name: hazard.kind for name, hazard in hazards.items()}
    rules, versions = ledger.rules(conn), ledger.versions(hazards)
    rows: list[SeenRow] = []
    for lead, said in by_lead.items():
        told = {answer.hazard for answer in said}
        of = [report for report in reports if report.hazard in told]
        rows += seen_account(match(of, said, kinds, versions, rules), lead)
    return sorted(rows, key=lambda row: (row.hazard, row.lead))


def judge_risk_outlooks(context: Context) -> Event:
    """Judge kept outlooks, keep the account, and forget what is older than the setting says."""
    with context.pool.connection() as conn:
        risk_kept.drop_before(conn, kept_from(conn, context.now))
        rows, seen = judge(conn, context.now)
        risk_account.replace_rows(conn, rows, seen, context.now)
    return event(
        "risk_outlooks_judged",
        rows=len(rows),
        pairs=sum(row.pairs for row in rows),
        cases=sum(row.cases for row in seen),
    )


JOBS = (Job("risk_outlook_skill", timedelta(days=1), judge_risk_outlooks, timedelta(hours=19)),)
