"""The commands `clock`: whether the servers' clocks are right, and what a wrong one misplaced."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, moment, plain_errors
from collector.ingest.known_nodes import read_known_nodes
from collector.ingest.moving import Apart, MoveError, find_apart, move
from collector.keys import load_master_key
from collector.store import audit
from collector.store.measured import misplaced
from collector.store.network import server_clock
from field_configs.events import event


@click.group()
def clock() -> None:
    """Look after the servers' clocks, and after readings that a wrong one has misplaced.

    \b
    Example:
      nongqing clock status
    """


@clock.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(parts: Parts, as_json: bool) -> None:
    """Say which servers' clocks are in doubt, and why. Exit code 1 when one is.

    \b
    Example:
      nongqing clock status --json
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = server_clock.doubts(conn)
    if as_json:
        click.echo(json.dumps([asdict(one) | {"said": one.said.isoformat()} for one in found]))
    for one in () if as_json else found:
        click.echo(str(event("server_clock", host=one.host, reason=one.reason, said=one.said)))
    if not found and not as_json:
        click.echo("no clock is in doubt")
    raise SystemExit(1 if found else 0)


@clock.command("accept")
@click.option("--host", default=socket.gethostname, help="The server [this machine].")
@click.option("--by", type=NAME, required=True, help="Who accepts it; kept and shown.")
@click.pass_obj
def accept(parts: Parts, host: str, by: str) -> None:
    """Accept a server's clock as it is; what was received "later" counts no longer.

    Look at the clock first: nodes take their time from it.

    \b
    Example:
      nongqing clock accept --by "Li"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        now = parts.clock().now()
        if not server_clock.accept(conn, host, by, now):
            raise click.UsageError(
                f"no collector has run on {host}; --host names the server as `nongqing clock "
                "status` shows it"
            )
        audit.append(conn, by_command("clock accept"), "clock_accepted", host, {"by": by}, at=now)
    click.echo(f"{host}: {now:%Y-%m-%d %H:%M:%S} UTC is accepted")


@clock.command("misplaced")
@click.option("--node", help="Only this node's frames.")
@click.option("--since", callback=moment, help="Only frames received from then on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def misplaced_(parts: Parts, node: str | None, since: datetime | None, as_json: bool) -> None:
    """List frames whose times do not fit those of their boot's other frames.

    Exit code 1 when there are none. A boot of which all frames are wrong alike cannot be found in
    this way; `nongqing clock place` moves it all the same.

    \b
    Example:
      nongqing clock misplaced --since 2016-05-01T00:00+08:00
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        folder = parts.settings().archive_folder
        found = list(find_apart(misplaced.frames(conn, node, since=since, archive=folder)))
    if as_json:
        rows = [asdict(one) | {"boot": one.boot._asdict()} for one in found]
        click.echo(json.dumps(rows))
    elif found:
        click.echo("\n".join(_lines(found)))
    else:
        click.echo("every frame fits the others of its boot")
    raise SystemExit(0 if found else 1)


def _lines(found: list[Apart]) -> Iterator[str]:
    for one in found:
        yield (
            f"node {one.boot.node}, boot {one.boot.boot}, frames {one.first} to {one.last}: "
            f"readings at {_utc(one.first_sample)} to {_utc(one.last_sample)} are off by "
            f"{one.says_s - one.most_say_s:+d} s; to move them: nongqing clock place "
            f"{one.boot.node} --boot {one.boot.boot} --frames {one.first}-{one.last} "
            f"--began {_utc(one.most_say_s)} --by NAME --reason TEXT"
        )


def _utc(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat().replace("+00:00", "Z")


def _frames(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise click.BadParameter(f'"{text}" names no frames; write 3 or 3-9', context, parameter)
    return int(match[1]), int(match[2] or match[1])


@clock.command("place")
@click.argument("node")
@click.option("--boot", required=True, type=click.IntRange(1), help="Boot of the node.")
@click.option("--frames", callback=_frames, help="Numbers of the frames, as 3-9 [all].")
@click.option("--began", required=True, callback=moment, help="When that boot began.")
@click.option("--by", type=NAME, required=True, help="Who moves them; kept.")
@click.option("--reason", type=NAME, required=True, help="Why; kept.")
@click.pass_obj
def place(
    parts: Parts,
    node: str,
    boot: int,
    frames: tuple[int, int] | None,
    began: datetime,
    by: str,
    reason: str,
) -> None:
    """Move the readings of frames of NODE to the time at which they were taken.

    Hours, risk and the newest values follow; who moved what and why is kept.

    \b
    Example:
      nongqing clock place qf-001 --boot 3 --frames 12-15 --began 2016-05-01T00:00Z \\
        --by "Li" --reason "the server was 90 days behind"
    """
    with plain_errors(), parts.store() as pool:
        settings = parts.settings()
        master = load_master_key(settings.state_dir, settings.master_key)
        try:
            with pool.connection() as conn:
                stored = [
                    one
                    for one in misplaced.frames(conn, node, boot, archive=settings.archive_folder)
                    if frames is None or frames[0] <= one.id.seq <= frames[1]
                ]
                known = read_known_nodes(conn, master)
                at, to_s = parts.clock().now(), round(began.timestamp())
                moved = move(conn, known, stored, to_s, by=by, reason=reason, at=at)
                told = {"boot": boot, "readings": moved, "by": by, "reason": reason}
                audit.append(conn, by_command("clock place"), "readings_moved", node, told, at=at)
        except MoveError as error:
            raise click.ClickException(f"node {node}, boot {boot}: {error}") from error
    click.echo(f"node {node}, boot {boot}: {moved} readings stand at their new times")
