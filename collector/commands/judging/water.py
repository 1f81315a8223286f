"""The commands `water`: the water accounts of fields, told and computed."""

from __future__ import annotations

import json
from typing import Any

import click

from collector.commands.parts import Parts, plain_errors
from collector.jobs.context import Context
from collector.jobs.upkeep import roll_up
from collector.jobs.water.accounts import keep_accounts
from collector.store.advice import water
from collector.store.advice.water import Account


@click.group("water")
def water_group() -> None:
    """Water of fields: what each holds, needs and was given."""


def _json(account: Account) -> dict[str, Any]:
    return {
        "field": account.field,
        "computed": account.computed.isoformat(),
        "today": account.today.isoformat(),
        "level": account.level,
        **account.advice,
    }


def _line(account: Account) -> str:
    said = account.advice
    amount = f"{said['mm']:.0f} mm" if said.get("mm") else ""
    days = f"{said['first']} to {said['last']}" if said.get("first") else ""
    sure = f"{said['certainty']:.2f}" if said.get("certainty") else ""
    why = ", ".join(code for code, _ in said["reasons"])
    return f"{account.field:<20} {account.level:<11} {amount:>7} {days:<25} {sure:>5}  {why}"


@water_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(parts: Parts, as_json: bool) -> None:
    """Tell how many fields need water, and when that was computed.

    \b
    Example:
      nongqing water status
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = water.counts(conn)
    if as_json:
        values = {
            level: {"fields": n, "computed": at.isoformat()} for level, (n, at) in found.items()
        }
        click.echo(json.dumps(values))
    elif found:
        for level, (count, newest) in found.items():
            click.echo(f"{level:<11} {count:>6} fields, computed {newest:%Y-%m-%d %H:%M} UTC")
    else:
        click.echo("no water accounts yet; compute them with: nongqing water run")
    raise SystemExit(0 if found else 1)


@water_group.command("run")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def run(parts: Parts, as_json: bool) -> None:
    """Compute the water account of every field, keep it and print it.

    \b
    Example:
      nongqing water run
    """
    with plain_errors(), parts.store() as pool:
        context = Context(pool, parts.clock().now())
        for task in (roll_up, keep_accounts):
            task(context)
        with pool.connection() as conn:
            found = water.accounts(conn)
    if as_json:
        click.echo(json.dumps([_json(each) for each in found], ensure_ascii=False))
    elif found:
        click.echo("\n".join(_line(each) for each in found))
    else:
        click.echo("no fields: bring a site in with: nongqing sites import")
    raise SystemExit(0 if found else 1)


@water_group.command("show")
@click.argument("field")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the days.")
@click.pass_obj
def show(parts: Parts, field: str, as_json: bool) -> None:
    """Tell the water account of a field, day by day.

    \b
    Example:
      nongqing water show qf-liuge-1
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = water.accounts(conn, field=field)
        if not found and water.field(conn, field) is None:
            raise click.UsageError(f'no field "{field}" in the registry; see: nongqing water run')
    if not found:
        raise click.ClickException(
            f"{field}: no water account yet; compute it with: nongqing water run"
        )
    account = found[0]
    if as_json:
        days = {"days_from": account.first.isoformat(), "days": account.days}
        click.echo(json.dumps(_json(account) | days, ensure_ascii=False))
        return
    click.echo(_line(account))
    for code, numbers in (*account.advice["reasons"], *account.advice["notes"]):
        told = ", ".join(f"{name} {_short(value)}" for name, value in numbers.items())
        click.echo(f"  {code}" + (f": {told}" if told else ""))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
