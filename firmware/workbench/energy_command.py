"""The command `node energy`: what a board takes, and how long its battery lasts."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Protocol

import click

from firmware.workbench import energy
from firmware.workbench.build import find_board
from firmware.workbench.parts import Board, BoardChannel, Parts
from firmware.workbench.words import both

OF = {
    "sample": ("每次测量", "a sample"),
    "report": ("每次上报", "a report"),
    "day": ("全天", "all day"),
}
STATES = {
    "asleep": ("深睡", "deep sleep"),
    "starting": ("启动", "starting"),
    "awake": ("运行", "awake"),
    "joined": ("联网等待", "awake, joined"),
    "reporting": ("上报", "radio on"),
    "transmitting": ("发射", "sending"),
    "resting": ("待机", "idle"),
    "measuring": ("测量", "measuring"),
}
MJ_A_MWH = 3600


class PowerParts(Parts, Protocol):
    """What the front door hands over for a budget."""

    def power_parts(self) -> Mapping[str, energy.Part]:
        """Return what parts take, by part or driver."""


def plan_of(board: Board, link: str, volts: float) -> energy.Plan:
    """How a node of a board type spends a day while its battery is full."""
    sensors: dict[tuple[str, str, int | None], BoardChannel] = {}
    for channel in board.channels:
        sensors.setdefault((channel.driver, channel.bus, channel.address), channel)
    samples = energy.DAY_S / board.sample_s
    return energy.Plan(
        [channel.driver for channel in sensors.values()],
        sum(channel.bus == "rs485" for channel in sensors.values()),
        samples,
        samples / board.samples_per_frame,
        link,
        board.power is not None and board.power.deep_sleep,
        volts,
        board.power.supply_s if board.power and board.power.supply_pin is not None else None,
    )


@click.command("energy")
@click.argument("board_id", metavar="BOARD")
@click.option(
    "--link",
    type=click.Choice(energy.LINKS),
    help="What carries its messages: Wi-Fi, or an NB-IoT modem; else what the board has.",
)
@click.option(
    "--battery",
    type=click.FloatRange(1, 1_000_000),
    metavar="MAH",
    help="Charge of the battery in mAh.  [default: the board's]",
)
@click.option("--sources", is_flag=True, help="Say of each figure where it was read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def energy_(
    parts: PowerParts,
    board_id: str,
    link: str | None,
    battery: float | None,
    sources: bool,
    as_json: bool,
) -> None:
    """Add up what a BOARD takes in a day, part by part, and how long its battery lasts.

    Currents and times are those of field_configs/parts.toml, each with the data sheet and page; a
    star marks what could not be read in one. The day is one with a full battery: samples and
    reports as the board type has them, and deep sleep where it says so. An update is one of
    48 KiB, of which nothing is there.

    \b
    Example:
      nongqing node energy greenhouse-1 --link nbiot --battery 6800
    """
    board = find_board(parts, board_id)
    if board.battery is None:
        raise click.ClickException(
            f"board {board_id}: field_configs/boards/{board_id}.toml has no [battery]; add it with "
            "mah, volts, usable and source"
        )
    plan = plan_of(board, link or board.link["kind"], board.battery.volts)
    table = parts.power_parts()
    try:
        rows = energy.budget(plan, table)
    except KeyError as error:
        raise click.ClickException(
            f"board {board_id}: field_configs/parts.toml has no part {error}; add it with what it "
            "takes and where you read that"
        ) from error
    mah = board.battery.mah if battery is None else battery
    solar = board.solar
    gained = 0.0 if solar is None else solar.watts * solar.sun_h * solar.efficiency * 3.6e6
    own = energy.days(rows, mah, board.battery.volts, board.battery.usable, 0.0)
    lit = energy.days(rows, mah, board.battery.volts, board.battery.usable, gained)
    spent = sum(row.mj_a_day for row in rows)
    seconds, updating = energy.update(plan, table)
    if as_json:
        told = {
            "board": board_id,
            "link": link,
            "deep_sleep": plan.deep_sleep,
            "samples_a_day": plan.samples,
            "reports_a_day": plan.reports,
            "mj_a_sample": energy.of_one(rows, plan, "sample"),
            "mj_a_report": energy.of_one(rows, plan, "report"),
            "mj_an_update": updating,
            "mj_a_day": spent,
            "battery_mah": mah,
            "days": own,
            "panel_mj_a_day": gained if solar else None,
            "days_with_panel": None if math.isinf(lit) else lit,
            "rows": [asdict(row) | {"mj_a_day": row.mj_a_day} for row in rows],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    click.echo(f"{'mA':>9} {'s':>10} {'mJ':>11} {'x/d':>7} {'mJ/d':>11}")
    for row in rows:
        part, state = table[row.part], both(*STATES[row.state])
        figures = f"{row.ma:9.4g} {row.seconds:10.5g} {row.mj:11.4g} {row.times:7.5g}"
        star = " " if row.verified else "*"
        click.echo(f"{figures} {row.mj_a_day:11.4g}{star} {both(part.zh, part.en)}: {state}")
        if sources:
            click.echo(f"{'':10}{row.source}")
    for of in ("sample", "report"):
        one = energy.of_one(rows, plan, of)
        count = plan.samples if of == "sample" else plan.reports
        click.echo(f"{both(*OF[of])}: {one:.4g} mJ, {count:g}/d")
    click.echo(
        both(
            f"一次远程更新，射频开 {seconds:.0f} s*：{updating / 1000:.4g} J",
            f"an update over the air, radio on for {seconds:.0f} s*: {updating / 1000:.4g} J",
        )
    )
    click.echo(both(f"一天 {spent / 1000:.4g} J", f"a day: {spent / 1000:.4g} J"))
    click.echo(
        both(
            f"电池 {mah:g} mAh：{own:.1f} 天",
            f"battery {mah:g} mAh: {own:.1f} days",
        )
    )
    if solar:
        click.echo(_of_panel(gained, lit))
    shares: Counter[str] = Counter()
    for row in rows:
        shares[row.part] += round(row.mj_a_day)
    worst, taken = shares.most_common(1)[0]
    part, share = table[worst], 100 * taken / spent
    click.echo(both(f"耗电最多：{part.zh}，{share:.0f} %", f"takes most: {part.en}, {share:.0f} %"))


def _of_panel(gained: float, days: float) -> str:
    joule = gained / 1000
    if math.isinf(days):
        return both(
            f"太阳能板一天 {joule:.4g} J：够用", f"panel {joule:.4g} J a day: covers it, no end"
        )
    return both(
        f"太阳能板一天 {joule:.4g} J：{days:.1f} 天", f"panel {joule:.4g} J a day: {days:.1f} days"
    )
