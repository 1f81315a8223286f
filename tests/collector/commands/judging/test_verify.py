"""How often what was said of coming days came true, printed from a real database."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from collector.commands.judging.verify import verify
from collector.jobs.context import Context
from collector.jobs.judging import risk as risk_job
from collector.store.advice import ledger, risk_account
from collector.store.postgres import db
from collector.store.postgres.db import Pool
from tests.collector.conftest import Parts
from tests.collector.jobs.judging.test_keeping import (
    BEGIN,
    DAY,
    HOUR,
    forecast,
    observe,
    report,
    wheat,
)

__all__ = ["wheat"]
#: The last day of the story is over.
LATER = BEGIN + 3 * DAY + HOUR


@pytest.fixture
def run(wheat: db.Connection, dsn: str):
    return lambda *words: CliRunner().invoke(verify, list(words), obj=Parts(dsn, LATER))


def test_where_nothing_is_kept_it_says_so(run, wheat: db.Connection) -> None:
    wheat.commit()
    done = run()
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "agreement with the risk computed from measured weather, not with disease seen in the "
        "field:",
        "  none yet: no kept outlook is of a day that is over and was measured",
        "against what people saw in the field:",
        "  none yet: no report is of a field of which an outlook is kept",
    ]
    assert json.loads(run("--json").output) == {"measured": [], "seen": []}


def test_each_lead_day_is_printed_and_kept(run, wheat: db.Connection, pool: Pool) -> None:
    for day in range(3):
        now = BEGIN + day * DAY + 12 * HOUR
        observe(wheat, now - 12 * HOUR, now + 12 * HOUR)
        forecast(wheat, now)
        risk_job.assess_risk(Context(pool, now))
    risk_job.assess_risk(Context(pool, LATER))
    seen = (BEGIN + 12 * DAY).date() + timedelta(days=1)
    with wheat:
        ledger.put_reports(wheat, [report("bare-1", seen, True)], BEGIN)
    done = run()
    assert done.exit_code == 0
    lines = [line.split() for line in done.output.splitlines()]
    rows = [line for line in lines if line[0] == "wheat_stripe_rust"]
    assert [row[1] for row in rows] == ["1", "2"]
    assert rows[0][2:4] == ["4", "2"], "two fields on two days"
    assert any("warned" in word for word in rows[0])
    cases = [line for line in lines if line[0] == "wheat_fhb" and "unanswered," in line]
    assert cases[0][1:3] == ["1", "1"]
    found = json.loads(run("--json").output)
    with wheat:
        kept = risk_account.rows(wheat)
    assert [row["pairs"] for row in found["measured"]] == [row.pairs for row in kept]
    assert len(found["seen"]) == len(cases)
