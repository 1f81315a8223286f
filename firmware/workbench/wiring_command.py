"""The command `node wiring`: a drawing of what goes to which pin."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import click

from firmware.workbench.build import find_board
from firmware.workbench.energy import LINKS
from firmware.workbench.energy_command import PowerParts
from firmware.workbench.wiring import Pins, wiring_of
from firmware.workbench.wiring_svg import draw
from firmware.workbench.words import unwritable


class WiringParts(PowerParts, Protocol):
    """What the front door hands over for a drawing."""

    def pins(self) -> Pins:
        """Return the pins of the node's program."""


@click.command()
@click.argument("board_id", metavar="BOARD")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="SVG file to write.",
)
@click.option(
    "--link",
    type=click.Choice(LINKS),
    help="Wi-Fi, which needs no wire, or an NB-IoT modem; else what the board has.",
)
@click.pass_obj
def wiring(parts: WiringParts, board_id: str, out: Path, link: str | None) -> None:
    """Draw how the sensors of a BOARD type are wired to an ESP32, in Chinese and English.

    Pins are those that the node's program uses, sensors and addresses those of the board type.

    \b
    Example:
      nongqing node wiring soilair-1 --out soilair-1.svg
    """
    board = find_board(parts, board_id)
    table = parts.power_parts()
    lacking = sorted({channel.driver for channel in board.channels} - set(table))
    if lacking:
        raise click.ClickException(
            f"board {board_id}: field_configs/parts.toml has no part {lacking[0]}, so it has no "
            "name; add it"
        )
    try:
        wired = wiring_of(board, table, parts.pins(), link)
    except ValueError as error:
        raise click.ClickException(f"board {board_id}: {error}") from error
    drawn = draw((board.zh, f"{board.en} ({board_id})"), wired)
    try:
        out.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise unwritable(out, error) from error
    click.echo(f"{board_id}: drawn in {out}")
