"""Commands of the skill ledger: risk skill, risk rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, plain_errors
from collector.store import audit
from collector.store.advice import ledger
from models.hazards.catalogue import catalogue
from models.skill.ledger import LedgerRow
from models.skill.rules import BOUNDS, DEFAULTS, RuleError


@click.command("skill")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def skill(parts: Parts, as_json: bool) -> None:
    """Print how well each hazard did in each county, and whether it is validated there.

    Exit code 1 when no hazard is validated anywhere.

    \b
    Example:
      nongqing risk skill --json
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        ledger.update(conn, catalogue(), parts.clock().now())
        found = ledger.evidence(conn, catalogue())
        rules, rows = ledger.rules(conn), ledger.rows(conn)
    if as_json:
        values = {
            "rules": asdict(rules),
            "lowered": rules.lowered,
            "evidence": [
                asdict(x.row) | {"validated": x.validated, "lacks": x.lacks} for x in found
            ],
            "seasons": [asdict(row) for row in rows if row.season is not None],
        }
        click.echo(json.dumps(values))
    else:
        click.echo("\n".join(_lines(found)))
        for name in rules.lowered:
            value, default = getattr(rules, name), getattr(DEFAULTS, name)
            click.echo(f"lowered: {name} is {value}, by default {default}")
    raise SystemExit(0 if any(each.validated for each in found) else 1)


def _lines(evidence: list[ledger.Evidence]) -> Iterator[str]:
    if not evidence:
        yield "no report has been matched to a status yet; nongqing import scouting.csv"
        return
    yield (
        f"{'hazard':<26} {'county':<7} {'cases':>5} {'hit':>4} {'miss':>4} {'false':>5} "
        f"{'right no':>8}  {'Brier skill':<24} state"
    )
    for each in evidence:
        row = each.row
        state = "validated here" if each.validated else f"not validated: {', '.join(each.lacks)}"
        yield (
            f"{row.hazard:<26} {row.county:<7} {row.scored:>5} {row.hits:>4} {row.misses:>4} "
            f"{row.false_alarms:>5} {row.correct_negatives:>8}  {_skill(row):<24} {state}"
        )


def _skill(row: LedgerRow) -> str:
    if row.brier_skill is None:
        return row.why
    if row.low is None or row.high is None:
        return f"{row.brier_skill:.2f} ({row.why})"
    return f"{row.brier_skill:.2f} [{row.low:.2f}, {row.high:.2f}]"


@click.command("rule")
@click.argument("name", type=click.Choice(list(BOUNDS)))
@click.argument("value")
@click.option("--by", type=NAME, required=True, help="Who changes it; kept and shown.")
@click.option("--reason", type=NAME, required=True, help="Why; kept and shown.")
@click.pass_obj
def rule(parts: Parts, name: str, value: str, by: str, reason: str) -> None:
    """Change a threshold of validation or a matching window; every change is logged.

    \b
    Example:
      nongqing risk rule least_cases 40 --by "Li" --reason "few villages report"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        now = parts.clock().now()
        before = str(getattr(ledger.rules(conn), name))
        try:
            rules = ledger.change_rule(conn, name, value, by=by, reason=reason, at=now)
        except RuleError as error:
            raise click.UsageError(str(error)) from error
        ledger.update(conn, catalogue(), now)
        told = {"before": before, "after": str(getattr(rules, name)), "by": by, "reason": reason}
        audit.append(conn, by_command("risk rule"), "rule_changed", name, told, at=now)
    lowered = f", below the default of {getattr(DEFAULTS, name)}" if name in rules.lowered else ""
    click.echo(f"{name} is now {getattr(rules, name)}{lowered}; the change is logged")
