"""The command `node list`: which nodes there are, all or those that are looked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import click

from firmware.workbench.parts import NodeInfo, Parts


def _is_wanted(
    row: NodeInfo,
    now: datetime,
    village: str | None,
    board: str | None,
    version: str | None,
    silent: float | None,
    no_updates: bool,
) -> bool:
    """Whether a node is among those that are looked for."""
    named = ((village, row.village), (board, row.board), (version, row.version))
    if any(wanted not in (None, found) for wanted, found in named):
        return False
    if no_updates and row.update_key is not None:
        return False
    if silent is None:
        return True
    is_heard = row.last_seen is not None and row.last_seen > now - timedelta(hours=silent)
    return row.epoch is not None and not is_heard


@click.command(name="list")
@click.option("--village", help="Only nodes of this village.")
@click.option("--board", help="Only nodes of this board type.")
@click.option("--version", help="Only nodes that said that they run this version.")
@click.option(
    "--silent",
    type=click.FloatRange(0),
    metavar="HOURS",
    help="Only nodes with a key that were not heard for so long, or never.",
)
@click.option("--no-updates", is_flag=True, help="Only nodes that take no updates over the air.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(
    parts: Parts,
    village: str | None,
    board: str | None,
    version: str | None,
    silent: float | None,
    no_updates: bool,
    as_json: bool,
) -> None:
    """List the nodes, their key epochs, what they run and when they were last heard.

    \b
    Example:
      nongqing node list --silent 24
      nongqing node list --json
    """
    registry = parts.registry()
    now = parts.clock().now()
    wanted = (now, village, board, version, silent, no_updates)
    rows = [row for row in registry.nodes() if _is_wanted(row, *wanted)]
    not_taken: dict[str, dict[str, int]] = {}
    for each in registry.refused():
        not_taken.setdefault(each.node, {})[each.reason] = each.count
    if as_json:
        given = [_as_json(row) | {"not_taken": not_taken.get(row.id, {})} for row in rows]
        click.echo(json.dumps(given, indent=1))
        return
    columns = f"{'node':<16} {'board':<12} {'village':<20} {'epoch':>5}  {'version':<9}"
    lines = [f"{columns} last heard (UTC)", *(_line(row, not_taken) for row in rows)]
    click.echo("\n".join(lines))


def _line(row: NodeInfo, not_taken: Mapping[str, Mapping[str, int]]) -> str:
    epoch = "-" if row.epoch is None else row.epoch
    heard = "never" if row.last_seen is None else f"{row.last_seen:%Y-%m-%d %H:%M}"
    gone = "" if row.revoked is None else f"  revoked {row.revoked:%Y-%m-%d %H:%M}"
    counts = ", ".join(f"{n} x {why}" for why, n in not_taken.get(row.id, {}).items())
    refused = f"  did not take: {counts}" if counts else ""
    place = f"{row.id:<16} {row.board:<12} {row.village:<20}"
    return f"{place} {epoch:>5}  {row.version or '-':<9} {heard}{gone}{refused}"


def _as_json(row: NodeInfo) -> dict[str, Any]:
    return {
        "id": row.id,
        "board": row.board,
        "village": row.village,
        "epoch": row.epoch,
        "version": row.version,
        "last_seen": None if row.last_seen is None else row.last_seen.isoformat(),
        "revoked": None if row.revoked is None else row.revoked.isoformat(),
        "update_key": row.update_key,
    }
