"""The commands `control schedule` and those about water: release, account, allocation, flow."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime

import click

from collector.commands.network.control import BY, JSON, OUTPUT, WHY, control, opened
from collector.commands.parts import Parts, plain_errors
from collector.control import giving, scheduling, watering
from collector.control.boards import output_of
from collector.store.control import schedules
from models.weather.local_days import local_day

FIRST = click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True)
LAST = click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True)


def _span(first: datetime, last: datetime) -> tuple[date, date]:
    if last < first:
        raise click.UsageError("--to must not lie before --from")
    return first.date(), last.date()


def _days(context: click.Context, parameter: click.Parameter, text: str) -> tuple[int, ...]:
    if not all(each.isascii() and each.isdigit() for each in text.split(",")):
        raise click.BadParameter(
            f'"{text}": write days as 1,3,5; 1 is Monday, 7 Sunday', context, parameter
        )
    return tuple(int(each) for each in text.split(","))


@control.group("schedule")
def schedule_group() -> None:
    """Schedules that the server keeps: an output on at local times.

    \b
    Example:
      nongqing control schedule add gh-001 0 06:30 07:00 --days 1,3,5 --by lina --why "seedlings"
    """


@schedule_group.command("add")
@click.argument("node")
@OUTPUT
@click.argument("start")
@click.argument("finish")
@click.option("--days", callback=_days, default="1,2,3,4,5,6,7", help="1 Monday to 7 Sunday [all].")
@BY
@WHY
@click.pass_obj
def schedule_add(
    parts: Parts,
    node: str,
    output: int,
    start: str,
    finish: str,
    days: tuple[int, ...],
    by: str,
    why: str,
) -> None:
    """Let OUTPUT of NODE be on from START to FINISH, local times; refused where it overlaps.

    \b
    Example:
      nongqing control schedule add gh-001 0 06:30 07:00 --by lina --why "seedlings"
    """
    with opened(parts, "schedule add", by, why) as it:
        it.ask_switch(giving.node_of(it.conn, node).field)
        number = scheduling.add(it.conn, node, output, start, finish, days, it.who, it.now)
    click.echo(f"schedule {number}: node {node}, output {output}, {start} to {finish}")


@schedule_group.command("list")
@JSON
@click.pass_obj
def schedule_list(parts: Parts, as_json: bool) -> None:
    """List the schedules in force. 1: none.

    \b
    Example:
      nongqing control schedule list --json
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = schedules.in_force(conn)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, default=str))
    for one in () if as_json else found:
        days = ",".join(map(str, one.days))
        click.echo(
            f"{one.id:>6}  {one.node} {one.output}  {one.start} to {one.finish} on {days}  "
            f"by {one.made_by}: {one.why}"
        )
    raise SystemExit(0 if found else 1)


@schedule_group.command("end")
@click.argument("number", type=int)
@BY
@WHY
@click.pass_obj
def schedule_end(parts: Parts, number: int, by: str, why: str) -> None:
    """End schedule NUMBER; what it has on stays on until its lease ends.

    \b
    Example:
      nongqing control schedule end 4 --by lina --why "harvested"
    """
    with opened(parts, "schedule end", by, why) as it:
        found = schedules.find(it.conn, number)
        it.ask_switch(giving.node_of(it.conn, found.node).field)
        scheduling.end(it.conn, number, it.who, it.now)
    click.echo(f"schedule {number}: ended")


@control.command("release")
@click.argument("field")
@FIRST
@LAST
@click.option("--most-mm", type=click.FloatRange(0, 300, min_open=True), required=True)
@BY
@WHY
@click.pass_obj
def release(
    parts: Parts,
    field: str,
    first: datetime,
    last: datetime,
    most_mm: float,
    by: str,
    why: str,
) -> None:
    """Release that the advice is followed on FIELD for a season's days, up to so many mm a time.

    \b
    Example:
      nongqing control release qf-liuge-1 --from 2016-03-01 --to 2016-06-15 --most-mm 30 \\
        --by lina --why "drip line checked"
    """
    span = _span(first, last)
    with opened(parts, "release", by, why) as it:
        it.ask_switch(field)
        watering.release(it.conn, field, *span, most_mm, it.who, it.now)
    click.echo(f"field {field}: the advice is followed up to {most_mm:g} mm at a time")


@control.command("unrelease")
@click.argument("field")
@BY
@WHY
@click.pass_obj
def unrelease(parts: Parts, field: str, by: str, why: str) -> None:
    """Take back that the advice is followed on FIELD; what is under way goes on. 1: none.

    \b
    Example:
      nongqing control unrelease qf-liuge-1 --by lina --why "rain is coming"
    """
    with opened(parts, "unrelease", by, why) as it:
        it.ask_switch(field)
        done = watering.withdraw(it.conn, field, it.who, it.now)
    click.echo(f"field {field}: the advice is not followed any more")
    raise SystemExit(0 if done else 1)


@control.command("water")
@click.argument("field")
@click.argument("mm", type=float)
@BY
@WHY
@click.pass_obj
def water(parts: Parts, field: str, mm: float, by: str, why: str) -> None:
    """Give FIELD so many MM of water by its valves, one after another, as a release allows.

    \b
    Example:
      nongqing control water qf-liuge-1 12 --by lina --why "as advised"
    """
    with opened(parts, "water", by, why) as it:
        it.ask_switch(field)
        number = watering.follow_advice(it.conn, field, mm, it.who, it.now)
    click.echo(f"field {field}: sequence {number} gives {mm:g} mm")


@control.command("flow")
@click.argument("node")
@OUTPUT
@click.argument("m3_h", type=click.FloatRange(0, 1000, min_open=True))
@BY
@WHY
@click.pass_obj
def flow(parts: Parts, node: str, output: int, m3_h: float, by: str, why: str) -> None:
    """Say that M3_H [m3 h-1] flow while OUTPUT of NODE is open; the newest counts.

    \b
    Example:
      nongqing control flow gh-001 0 2.1 --by lina --why "bucket: 35 L a minute"
    """
    with opened(parts, "flow", by, why) as it:
        now = giving.node_of(it.conn, node)
        output_of(node, now.board, output)
        it.ask_switch(now.field)
        watering.give_flow(it.conn, node, output, m3_h, it.who, it.now)
    click.echo(f"node {node}, output {output}: {m3_h:g} m3/h")


@control.command("allocate")
@click.argument("field")
@click.argument("m3", type=click.FloatRange(0, min_open=True))
@FIRST
@LAST
@BY
@WHY
@click.pass_obj
def allocate(
    parts: Parts, field: str, m3: float, first: datetime, last: datetime, by: str, why: str
) -> None:
    """Say that FIELD may have so many M3 of water in a season's days.

    \b
    Example:
      nongqing control allocate qf-liuge-1 400 --from 2016-03-01 --to 2016-06-15 \\
        --by lina --why "share of the well"
    """
    span = _span(first, last)
    with opened(parts, "allocate", by, why) as it:
        it.ask_switch(field)
        watering.allocate(it.conn, field, *span, m3, it.who, it.now)
    click.echo(f"field {field}: {m3:g} m3 from {span[0]} to {span[1]}")


@control.command("account")
@click.argument("field")
@JSON
@click.pass_obj
def account(parts: Parts, field: str, as_json: bool) -> None:
    """Print the water that the meters of FIELD counted, against its allocation. 1: it has none.

    \b
    Example:
      nongqing control account qf-liuge-1
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = watering.account(conn, field, local_day(parts.clock().now()))
    if as_json:
        told = asdict(found) | {"left": found.left}
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
    else:
        for each in found.days:
            more = f", {each.not_whole} hours not whole" if each.not_whole else ""
            click.echo(f"{each.day}  {each.meter}  {each.m3:.2f} m3{more}")
        least = "at least " if found.not_whole else ""
        left = "no allocation" if found.left is None else f"{found.left:.2f} m3 left"
        click.echo(f"since {found.first}: {least}{found.used:.2f} m3; {left}")
    raise SystemExit(0 if found.days else 1)
