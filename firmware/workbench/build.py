"""The command `node build`: the program of a board, compiled."""

from __future__ import annotations

from pathlib import Path

import click

from firmware.workbench import bundle, release
from firmware.workbench.parts import Board, Parts


def find_board(parts: Parts, board_id: str) -> Board:
    """Return a board type by its id; a ClickException names those that there are."""
    boards = parts.boards()
    if board_id not in boards:
        raise click.ClickException(
            f"board {board_id}: is not in field_configs/boards; there are "
            f"{', '.join(sorted(boards))}"
        )
    return boards[board_id]


@click.command()
@click.argument("board_id", metavar="BOARD")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder that takes the bundle; one that holds an earlier bundle is written anew.",
)
@click.option(
    "--link",
    type=click.Choice(sorted(bundle.LINKS)),
    help="What carries its messages: Wi-Fi, or a modem that speaks MQTT; else what the board has.",
)
@click.pass_obj
def build(parts: Parts, board_id: str, out: Path, link: str | None) -> None:
    """Compile the program of a BOARD type: the node, its wire format and the board's sensors.

    The folder holds .mpy files and manifest.json: of each file its size and SHA-256, the version of
    the firmware and of the .mpy format, and the board. The same sources give the same bytes. Shown
    is how many bytes each takes on flash, and how many of it travel with an update.

    \b
    Example:
      nongqing node build soilair-1 --out bundle
    """
    board = find_board(parts, board_id)
    try:
        made = bundle.build(board_id, board, out, link)
        _, _, travels = release.describe(board_id, bundle.read(out)[1])
    except bundle.BundleError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or out}: {error.strerror}") from error
    manifest, *files = map(len, travels)
    click.echo("on flash  travels")
    for each, size in zip(made.files, files, strict=True):
        click.echo(f"{each.bytes:>8} {size:>8}  {each.file}")
    click.echo(f"{'':8} {manifest:>8}  manifest of an update")
    total = manifest + sum(files)
    click.echo(
        f"{made.bytes:>8} {total:>8}  {board_id}, firmware {made.firmware}, mpy {made.mpy}, in "
        f"{out}"
    )
    most = bundle.MOST_BYTES
    click.echo(
        f"it travels as {total} of {most} bytes ({total / 1024:.1f} of 48 KiB)"
        + (f": {total - most} too many" if total > most else "")
    )
