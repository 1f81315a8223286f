"""The command `risk run`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import isnan

import click

from collector.commands.judging.answers import status_json
from collector.commands.named import no_village
from collector.commands.parts import Parts, plain_errors
from collector.jobs.advisories import issue_advisories
from collector.jobs.context import Context
from collector.jobs.judging.risk import assess_risk
from collector.jobs.upkeep import roll_up
from collector.store.advice import risk
from collector.store.network import registry
from models.risk.answers import RiskStatus
from models.risk.hazard import STATUS


@click.command("run")
@click.option("--village", help="Only this village's fields.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def risk_run(parts: Parts, village: str | None, as_json: bool) -> None:
    """Compute today's risk of every field, crop and hazard, keep it and print it.

    \b
    Example:
      nongqing risk run --village qf-liuge
    """
    with plain_errors(), parts.store() as pool:
        context = Context(pool, parts.clock().now())
        for task in (roll_up, assess_risk, issue_advisories):
            task(context)
        with pool.connection() as conn:
            if village is not None and registry.village(conn, village) is None:
                raise no_village(conn, village)
            rows = risk.latest_statuses(conn, context.now, village)
    if as_json:
        values = [status_json(row) for row in rows]
        click.echo(json.dumps(values, ensure_ascii=False, allow_nan=False))
    elif rows:
        click.echo("\n".join(_status_lines(rows)))
    else:
        click.echo("no statuses: no field has a season and a day of data yet")
    raise SystemExit(0 if rows else 1)


def _status_lines(rows: Sequence[RiskStatus]) -> Iterator[str]:
    head = f"{'field':<20} {'crop':<14} {'hazard':<20} {'status':<13} "
    yield f"{head}{'score':>8} {'sure':>5}  missing"
    for row in rows:
        score = "" if isnan(row.score) else f"{row.score:.3f}"
        sure = "" if isnan(row.certainty) else f"{row.certainty:.2f}"
        yield (
            f"{row.site:<20} {row.crop:<14} {row.hazard:<20} {STATUS[row.status]:<13} "
            f"{score:>8} {sure:>5}  {', '.join(row.missing)}"
        )
