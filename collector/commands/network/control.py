"""The commands `control`: outputs of nodes, who may switch them, and what they were told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

import click

from collector.clock import SystemClock
from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, plain_errors
from collector.control import giving, shown
from collector.control.giving import Who
from collector.control.shown import OutputNow
from collector.store import people
from collector.store.control import control_list
from collector.store.people import Person
from collector.store.postgres.db import Connection

BY = click.option(
    "--by", type=NAME, required=True, help="Who wants it: number, user name or phone."
)
WHY = click.option("--why", type=NAME, required=True, help="Why; kept.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
OUTPUT = click.argument("output", type=click.IntRange(0, 31))


@click.group()
def control() -> None:
    """Outputs of nodes: valves, pumps, vents. What is switched on ends by itself.

    \b
    Example:
      nongqing control list
      nongqing control on gh-001 0 600 --by lina --why "soil is dry"
    """


@dataclass(frozen=True)
class Opened:
    """A connection, the installation's time, and who acts."""

    conn: Connection
    now: datetime
    person: Person
    who: Who

    def ask_switch(self, field: str) -> None:
        """Refuse who may not switch outputs of a field."""
        giving.ask_switch(self.conn, self.person, field, SystemClock().now())


@contextmanager
def opened(parts: Parts, command: str, by: str, why: str) -> Iterator[Opened]:
    """Open the store for what a person does."""
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        person = people.named(conn, by)
        who = Who(person.id, person.name, by_command(f"control {command}"), why)
        yield Opened(conn, parts.clock().now(), person, who)


@control.command("list")
@click.option("--field", "fields", multiple=True, help="Only of this field; may come again.")
@JSON
@click.pass_obj
def list_(parts: Parts, fields: tuple[str, ...], as_json: bool) -> None:
    """List outputs: what the node last said and when, what is left of the lease. 1: none.

    \b
    Example:
      nongqing control list --field qf-liuge-1 --json
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        for field in fields:
            control_list.field(conn, field)
        now = parts.clock().now()
        found = shown.outputs_of(conn, now, fields=fields or None)
    if as_json:
        click.echo(json.dumps([_plain(one) for one in found], ensure_ascii=False, default=str))
    for one in () if as_json else found:
        click.echo(_line(one))
    if not found and not as_json:
        click.echo("no node has outputs")
    raise SystemExit(0 if found else 1)


def _plain(one: OutputNow) -> dict[str, object]:
    names = (
        "is_on",
        "since",
        "said",
        "left_s",
        "reason",
        "by",
        "hold",
        "proof",
        "alarms",
        "used_s",
    )
    told: dict[str, object] = {"node": one.node.node, "field": one.node.field}
    told |= {"output": one.output.number, "kind": one.output.kind, "name": one.output.en}
    told |= {name: getattr(one, name) for name in names}
    return told | {"order": asdict(one.order) if one.order else None}


def _line(one: OutputNow) -> str:
    state = {True: "on", False: "off", None: "not known"}[one.is_on]
    if one.left_s is not None:
        state += f", {one.left_s} s left"
    elif one.reason:
        state += f" ({one.reason})"
    hands = {True: "by hand", False: "by rules", None: "-"}[one.hold]
    said = f"said {one.said:%Y-%m-%d %H:%M} UTC" if one.said else "said nothing yet"
    rest = [one.proof or "", *one.alarms]
    return (
        f"{one.node.field}  {one.node.node} {one.output.number} {one.output.en}: {state}; {hands}; "
        f"{said}{'; ' if any(rest) else ''}{', '.join(filter(None, rest))}"
    )


@control.command("on")
@click.argument("node")
@OUTPUT
@click.argument("seconds", type=int)
@BY
@WHY
@click.pass_obj
def on(parts: Parts, node: str, output: int, seconds: int, by: str, why: str) -> None:
    """Switch OUTPUT of NODE on for SECONDS; where it is on, that is its new lease.

    \b
    Example:
      nongqing control on gh-001 0 600 --by lina --why "soil is dry"
    """
    with opened(parts, "on", by, why) as it:
        it.ask_switch(giving.node_of(it.conn, node).field)
        number = giving.switch_on(it.conn, node, output, seconds, it.who, it.now)
    click.echo(f"node {node}, output {output}: order {number}, on for {seconds} s; see history")


@control.command("off")
@click.argument("node")
@OUTPUT
@click.option("--leave-to-rules", is_flag=True, help="Rules may switch it on again at once.")
@BY
@WHY
@click.pass_obj
def off(parts: Parts, node: str, output: int, leave_to_rules: bool, by: str, why: str) -> None:
    """Switch OUTPUT of NODE off; rules and schedules leave it off until `auto`.

    \b
    Example:
      nongqing control off gh-001 0 --by lina --why "line is broken"
    """
    with opened(parts, "off", by, why) as it:
        it.ask_switch(giving.node_of(it.conn, node).field)
        hold = not leave_to_rules
        number = giving.switch_off(it.conn, node, output, it.who, it.now, hold=hold)
    click.echo(f"node {node}, output {output}: order {number}, off")


@control.command("auto")
@click.argument("node")
@click.argument("output", type=click.IntRange(0, 31), required=False)
@BY
@WHY
@click.pass_obj
def auto(parts: Parts, node: str, output: int | None, by: str, why: str) -> None:
    """Let rules and schedules switch OUTPUT of NODE again, or all of it.

    \b
    Example:
      nongqing control auto gh-001 0 --by lina --why "line is mended"
    """
    with opened(parts, "auto", by, why) as it:
        it.ask_switch(giving.node_of(it.conn, node).field)
        number = giving.give_back(it.conn, node, output, it.who, it.now)
    click.echo(f"node {node}: order {number}, {'all' if output is None else output} to its rules")


@control.command("all-off")
@click.argument("field")
@BY
@WHY
@click.pass_obj
def all_off(parts: Parts, field: str, by: str, why: str) -> None:
    """Switch everything of FIELD off; being on its list is enough. 1: it has no outputs.

    \b
    Example:
      nongqing control all-off qf-liuge-1 --by lina --why "water in the house"
    """
    with opened(parts, "all-off", by, why) as it:
        giving.ask_switch_off(it.conn, it.person, field)
        given = giving.all_off(it.conn, field, it.who, it.now)
    click.echo(f"field {field}: {len(given)} nodes are told to switch everything off")
    raise SystemExit(0 if given else 1)


@control.command("history")
@click.argument("node")
@click.option("--output", type=click.IntRange(0, 31), help="Only of this output.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@JSON
@click.pass_obj
def history(parts: Parts, node: str, output: int | None, limit: int, as_json: bool) -> None:
    """List orders to NODE with who, why and what came of them, the newest first. 1: none.

    \b
    Example:
      nongqing control history gh-001 --output 0
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        giving.node_of(conn, node)
        now = parts.clock().now()
        found = shown.history(conn, [node], now, output=output, limit=limit)
    if as_json:
        rows = [
            asdict(one.order) | {"state": one.state, "told": [asdict(each) for each in one.told]}
            for one in found
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, default=str))
    for one in () if as_json else found:
        order = one.order
        what = order.act if order.output is None else f"{order.act} {order.output}"
        what += f" {order.seconds} s" if order.seconds else ""
        why = f" ({order.reason})" if order.reason else ""
        click.echo(
            f"{order.made:%Y-%m-%d %H:%M} UTC  {what:<14} {one.state}{why}  by {order.made_by}: "
            f"{order.why}"
        )
    raise SystemExit(0 if found else 1)


@control.command("allow")
@click.argument("field")
@click.argument("person")
@click.option("--by", type=NAME, required=True, help="Who says so; kept.")
@WHY
@click.pass_obj
def allow(parts: Parts, field: str, person: str, by: str, why: str) -> None:
    """Put PERSON on the list of FIELD: they may switch all off, and with the permission switch.

    \b
    Example:
      nongqing control allow qf-liuge-1 lina --by "Zhang" --why "her greenhouse"
    """
    _change_list(parts, "allow", field, person, by, why)


@control.command("disallow")
@click.argument("field")
@click.argument("person")
@click.option("--by", type=NAME, required=True, help="Who says so; kept.")
@WHY
@click.pass_obj
def disallow(parts: Parts, field: str, person: str, by: str, why: str) -> None:
    """Take PERSON off the list of FIELD. 1: they are not on it.

    \b
    Example:
      nongqing control disallow qf-liuge-1 lina --by "Zhang" --why "let it"
    """
    _change_list(parts, "disallow", field, person, by, why)


def _change_list(parts: Parts, act: str, field: str, person: str, by: str, why: str) -> None:
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = people.named(conn, person)
        who = Who(None, by, by_command(f"control {act}"), why)
        change = giving.allow if act == "allow" else giving.disallow
        done = change(conn, field, found, who, parts.clock().now())
        listed = control_list.of_field(conn, field)
    names = ", ".join(each.name for each in listed) or "nobody"
    click.echo(f"field {field}: {names} on its list")
    raise SystemExit(0 if done or act == "allow" else 1)
