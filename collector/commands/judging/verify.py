"""The command `risk verify`: how often what was said of coming days came true."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from collector.commands.parts import Parts, plain_errors
from collector.jobs.risk_outlook_skill import judge
from collector.store.advice import risk_account
from models.risk.hazard import STATUS
from models.skill.risk_outlooks import ClassSaid, RiskOutlookRow, SeenRow


@click.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def verify(parts: Parts, as_json: bool) -> None:
    """Set kept outlooks of risk against what came, by lead day, keep the account and print it.

    What the job `risk_outlook_skill` does each night. First against the risk computed from measured
    weather, which is not disease seen in the field; then against what people saw there. A warning
    is medium or high; the score is the Brier score of yes and no, skill is against the better of
    persistence and climatology. Exit code 1 when nothing can be verified yet.

    \b
    Example:
      nongqing risk verify
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        now = parts.clock().now()
        rows, seen = judge(conn, now)
        risk_account.replace_rows(conn, rows, seen, now)
    if as_json:
        values = {
            "measured": [asdict(each) for each in rows],
            "seen": [asdict(each) for each in seen],
        }
        click.echo(json.dumps(values, ensure_ascii=False))
    else:
        click.echo("\n".join([*_measured(rows), *_seen(seen)]))
    raise SystemExit(0 if rows or seen else 1)


def _measured(rows: Sequence[RiskOutlookRow]) -> Iterator[str]:
    yield (
        "agreement with the risk computed from measured weather, not with disease seen in the "
        "field:"
    )
    if not rows:
        yield "  none yet: no kept outlook is of a day that is over and was measured"
        return
    yield (
        f"  {'hazard':<26} {'day':>3} {'pairs':>7} {'days':>4} {'bias':>6} {'mae':>5} {'hit':>6} "
        f"{'missed':>6} {'in vain':>7} {'Brier':>6} {'same':>6}  skill"
    )
    for row in rows:
        table = row.table
        yield (
            f"  {row.hazard:<26} {row.lead:>3} {row.pairs:>7} {row.days:>4} {row.bias:>+6.2f} "
            f"{row.mae:>5.2f} {table.hits:>6} {table.misses:>6} {table.false_alarms:>7} "
            f"{_number(row.score):>6} {_number(row.same_score):>6}  {_skill(row)}; "
            f"{_reliability(row.reliability, 'warned')}{_chance(row)}"
        )


def _seen(rows: Sequence[SeenRow]) -> Iterator[str]:
    yield "against what people saw in the field:"
    if not rows:
        yield "  none yet: no report is of a field of which an outlook is kept"
        return
    yield (
        f"  {'hazard':<26} {'day':>3} {'cases':>5} {'hit':>4} {'missed':>6} {'in vain':>7} "
        f"{'Brier':>6} {'base':>6}  set aside"
    )
    for row in rows:
        table = row.table
        yield (
            f"  {row.hazard:<26} {row.lead:>3} {row.cases:>5} {table.hits:>4} {table.misses:>6} "
            f"{table.false_alarms:>7} {_number(row.score):>6} {_number(row.base):>6}  "
            f"{row.unanswered} unanswered, {row.treated} treated, {row.other_version} of an older "
            f"model; {_reliability(row.reliability, 'seen')}"
        )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _skill(row: RiskOutlookRow) -> str:
    if row.skill is None:
        return "-"
    if row.low is None or row.high is None:
        return f"{row.skill:+.2f} ({row.common} pairs)"
    return f"{row.skill:+.2f} ({row.low:+.2f} to {row.high:+.2f}, {row.common} pairs)"


def _reliability(classes: Sequence[ClassSaid], word: str) -> str:
    return ", ".join(
        f"{STATUS[each.status]} {each.pairs}: {word} {each.warned}" for each in classes
    )


def _chance(row: RiskOutlookRow) -> str:
    if row.chance_bias is None:
        return ""
    return (
        f"; chance {row.chance_bias:+.3f}, mean error {row.chance_mae:.3f} "
        f"({row.chance_pairs} pairs)"
    )
