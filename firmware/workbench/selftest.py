"""The command `node selftest`: what a node says since somebody stands beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import timedelta

import click

from firmware.workbench.cli import find_node
from firmware.workbench.parts import SelfTester


def wide(text: str) -> int:
    """Columns that a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Write rows of cells as lines whose columns stand below each other."""
    widths = [max(wide(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(
            cell + " " * (width - wide(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


@click.command()
@click.argument("node_id", metavar="NODE")
@click.option(
    "--minutes",
    type=click.FloatRange(0, 720),
    default=60.0,
    show_default=True,
    help="What came before so many minutes ago does not count.",
)
@click.pass_obj
def selftest(parts: SelfTester, node_id: str, minutes: float) -> None:
    """Print the self-test of NODE, to sign: a frame, and the newest value of each channel.

    It is the one that the web shows when a node is commissioned, in Chinese and in English. Ends
    with code 1 where not all of it has passed.

    \b
    Example:
      nongqing node selftest qf-001 --minutes 90
    """
    find_node(parts.registry(), node_id)
    told = parts.self_test(node_id, parts.clock().now() - timedelta(minutes=minutes))
    for each in told:
        click.echo("\n".join([each.title, *table(each.rows), each.outcome, ""]))
    if not all(each.passed for each in told):
        raise click.exceptions.Exit(1)
