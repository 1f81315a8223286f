"""The commands `items`: what a person should look at, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, plain_errors
from collector.store import audit
from collector.store import items as store
from collector.store.postgres.db import Connection


@click.group()
def items() -> None:
    """Maintenance items: list them, note that somebody has seen one, close one.

    Items whose cause is gone close by themselves.

    \b
    Example:
      nongqing items list
    """


@items.command("list")
@click.option("--closed", is_flag=True, help="Those that were closed last, instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(parts: Parts, closed: bool, as_json: bool) -> None:
    """List the open items, oldest first. Exit code 1 when there are none.

    \b
    Example:
      nongqing items list --json
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = store.closed_items(conn, 100) if closed else store.open_items(conn)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], default=str, ensure_ascii=False))
    for one in () if as_json else found:
        state = f"closed by {one.closed_by or 'itself'}" if closed else "open"
        state = f"seen by {one.seen_by}" if one.seen_by and not closed else state
        click.echo(f"{one.id:>6}  {one.opened:%Y-%m-%d %H:%M}  {state:<20}  {one.event}")
    if not found and not as_json:
        click.echo("no item is closed" if closed else "nothing to do")
    raise SystemExit(0 if found else 1)


@items.command("seen")
@click.argument("number", type=int)
@click.option("--by", type=NAME, required=True, help="Who has seen it.")
@click.pass_obj
def seen(parts: Parts, number: int, by: str) -> None:
    """Note that somebody has taken note of item NUMBER.

    \b
    Example:
      nongqing items seen 12 --by "Li"
    """
    now = parts.clock().now()

    def change(conn: Connection) -> None:
        store.note_seen(conn, number, by, now)
        actor = by_command("items seen")
        audit.append(conn, actor, "item_seen", str(number), {"by": by}, at=now)

    _change(parts, change)
    click.echo(f"item {number}: seen by {by}")


@items.command("close")
@click.argument("number", type=int)
@click.option("--by", type=NAME, required=True, help="Who closes it.")
@click.option("--note", type=NAME, help="What was found or done.")
@click.pass_obj
def close(parts: Parts, number: int, by: str, note: str | None) -> None:
    """Close item NUMBER; it opens again where its trouble is found again.

    \b
    Example:
      nongqing items close 12 --by "Li" --note "cable replaced"
    """
    now = parts.clock().now()

    def change(conn: Connection) -> None:
        store.close(conn, number, by, note, now)
        told = {"by": by, "note": note}
        audit.append(conn, by_command("items close"), "item_closed", str(number), told, at=now)

    _change(parts, change)
    click.echo(f"item {number}: closed by {by}")


def _change(parts: Parts, change: Callable[[Connection], None]) -> None:
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        try:
            change(conn)
        except store.NoSuchItem as error:
            raise click.ClickException(str(error)) from error
