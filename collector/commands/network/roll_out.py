"""The commands `node ota offer|status|halt|resume`: updates on their way to nodes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.network.roll_out_choice import (
    LEFT_OUT,
    choose,
    choose_first,
    tell_left_out,
)
from collector.commands.parts import Parts, plain_errors
from collector.jobs.rings import divide
from collector.store import audit
from collector.store.network import releases, roll_outs
from collector.store.network.roll_outs import FAILURES, STATES, Plan, RollOut
from collector.store.postgres.db import Connection
from firmware.wire import update
from firmware.wire.update import Head

SHOWN = 10
NUMBER = click.IntRange(1, 2**62)
#: Nodes that failed are named one by one up to so many.
MOST_NAMED = 1000


class Release(Protocol):
    """A signed update, read from its folder."""

    head: Head
    head_bytes: bytes
    signature: bytes
    manifest_bytes: bytes
    travels: list[bytes]


class OfferParts(Parts, Protocol):
    """What `ota offer` is handed."""

    def read_signed(self, folder: Path, key_file: Path) -> Release:
        """Return an update whose files are whole and signed with the key of this public one.

        RuntimeError with the mend where they are not.
        """
        ...

    def signer(self, key_file: Path) -> str:
        """Return the public key in a file, in hexadecimal."""
        ...


def _names(context: click.Context, parameter: click.Parameter, text: str | None) -> list[str]:
    return [each.strip() for each in (text or "").split(",") if each.strip()]


def _check_number(head: Head) -> None:
    try:
        number = update.number_of(head.version)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if number != head.number:
        raise click.ClickException(
            f"{head.version}: is number {number}, and the update was signed as {head.number}; "
            "build and sign it anew"
        )


@click.command("offer")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--by", type=NAME, required=True, help="Who offers it; kept.")
@click.option("--nodes", "named", callback=_names, help="Only these nodes, apart by commas.")
@click.option("--all", "everybody", is_flag=True, help="All nodes that it is for.")
@click.option("--first", callback=_names, help="The nodes of the first ring.  [default: one]")
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File of the public key that nodes trust.  [default: NONGQING_UPDATE_KEY]",
)
@click.option(
    "--soak",
    type=click.FloatRange(0, 720),
    default=24.0,
    show_default=True,
    help="Hours that a ring rests before the next one.",
)
@click.option(
    "--unreachable",
    type=click.FloatRange(0.1, 2160),
    default=72.0,
    show_default=True,
    help="Hours after which a silent node holds its ring up no longer.",
)
@click.option(
    "--failures",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Failures that halt it in each of the first two rings.",
)
@click.option(
    "--percent",
    type=click.FloatRange(0.1, 100),
    default=5.0,
    show_default=True,
    help="Per cent of a later ring whose failure halts it.",
)
@click.pass_obj
def offer(
    parts: OfferParts,
    folder: Path,
    by: str,
    named: list[str],
    everybody: bool,
    first: list[str],
    key_file: Path | None,
    soak: float,
    unreachable: float,
    failures: int,
    percent: float,
) -> None:
    """Offer the signed update in FOLDER to nodes: one, then 5 %, 25 % and the rest.

    A ring begins when all of the one before keep the update, but for those that cannot be reached,
    and some hours are over. It halts by itself when too many fail. The jobs service does it.

    \b
    Example:
      nongqing node ota offer build/soilair-1 --all --first qf-001 --by "Li"
    """
    if everybody == bool(named):
        raise click.UsageError("say to whom: --nodes qf-001,qf-002 or --all")
    with plain_errors(), parts.store() as pool:
        key = key_file or parts.settings().update_key
        if key is None:
            raise click.UsageError(
                "which key do the nodes trust? Name the file of the public one with --key or in "
                "NONGQING_UPDATE_KEY: an update that nobody has checked is not offered"
            )
        try:
            release = parts.read_signed(folder, key)
        except RuntimeError as error:
            raise click.ClickException(str(error)) from error
        head, at = release.head, parts.clock().now()
        _check_number(head)
        with pool.connection() as conn:
            found = roll_outs.candidates(conn)
            chosen, left_out = choose(found, head, parts.signer(key), named)
            strange = [each for each in first if each not in chosen]
            if strange:
                why = next((why for why, nodes in left_out.items() if strange[0] in nodes), "")
                said = f"is of those that {LEFT_OUT[why]}" if why else "is not among the nodes"
                raise click.UsageError(f"--first {strange[0]}: {said}; name another")
            for line in tell_left_out(left_out):
                click.echo(line)
            if not chosen:
                raise click.ClickException(
                    f"{head.version} for {head.target}: there is no node to offer it to; "
                    "`nongqing node list` says what each runs"
                )
            rings = divide(chosen, first or choose_first(found, chosen), release.head_bytes.hex())
            kept = releases.keep(
                conn,
                release.head_bytes,
                release.signature,
                release.manifest_bytes,
                release.travels,
                by=by,
                at=at,
            )
            halted = roll_outs.halted_of(conn, kept)
            if everybody and halted:
                raise click.ClickException(
                    f"{head.version} for {head.target}: roll-out {halted[0]} of it is halted; see "
                    f"why (nongqing node ota status {halted[0]}), then let that go on (nongqing "
                    "node ota resume), name the nodes with --nodes, or offer a mended version"
                )
            plan = Plan(
                timedelta(hours=soak), timedelta(hours=unreachable), failures, percent / 100
            )
            number = roll_outs.begin(conn, kept, rings, plan, by=by, at=at)
            told = {"version": head.version, "target": head.target, "nodes": len(rings), "by": by}
            audit.append(
                conn, by_command("node ota offer"), "update_offered", str(number), told, at=at
            )
    sizes = Counter(rings.values())
    shown = ", ".join(f"ring {ring}: {sizes[ring]}" for ring in sorted(sizes))
    begins = ", ".join(sorted(node for node, ring in rings.items() if ring == 1))
    click.echo(
        f"roll-out {number}: {head.version} for {head.target} goes to {len(rings)} nodes "
        f"({shown}); the jobs service begins with {begins}. What comes of it: "
        f"nongqing node ota status {number}"
    )


@click.command("status")
@click.argument("number", type=NUMBER, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(parts: Parts, number: int | None, as_json: bool) -> None:
    """Say how far roll-out NUMBER is, or each of the last ten. Exit code 1 when there is none.

    \b
    Example:
      nongqing node ota status 3
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        one = [] if number is None else [roll_outs.find(conn, number)]
        found = one or roll_outs.newest(conn, SHOWN)
        told = [_told(conn, each) for each in found]
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, default=str, indent=1))
    elif not told:
        click.echo("no update was offered yet")
    for each in () if as_json else told:
        _print(each)
    raise SystemExit(0 if found else 1)


def _told(conn: Connection, one: RollOut) -> dict[str, Any]:
    return {
        "roll_out": asdict(one),
        "rings": roll_outs.counts(conn, [one.number])[one.number],
        "steps": [asdict(each) for each in roll_outs.steps(conn, one.number)],
        "failed": [
            asdict(each)
            for each in roll_outs.nodes(conn, one.number, (*FAILURES, "excused"), limit=MOST_NAMED)
        ],
    }


def _print(told: Mapping[str, Any]) -> None:
    one, last = told["roll_out"], told["steps"][-1]
    click.echo(
        f"roll-out {one['number']}: {one['version']} for {one['target']}, {one['state']}, "
        f"offered {one['made']:%Y-%m-%d %H:%M} UTC by {one['made_by']}"
    )
    if one["state"] == "halted":
        why = last["detail"].get(
            "reason"
        ) or "{failures} failures in ring {ring}, {most} halt it".format(**last["detail"])
        who = f" by {last['by']}" if last["by"] else " by itself"
        click.echo(f"  halted {last['at']:%Y-%m-%d %H:%M} UTC{who}: {why}")
    for ring, states in sorted(told["rings"].items()):
        shown = ", ".join(
            f"{states[state]} {state}" for state in (*STATES, "excused") if state in states
        )
        begun = "" if ring <= one["ring"] else " (not begun)"
        click.echo(f"  ring {ring}{begun}: {sum(states.values())} nodes: {shown}")
    for each in told["failed"]:
        why = f": {each['more']}" if each["more"] else ""
        click.echo(f"  {each['node']}  {each['state']} {each['since']:%Y-%m-%d %H:%M} UTC{why}")


def _decision(command: Callable[..., None]) -> Callable[..., None]:
    """Add what each decision about a roll-out asks for."""
    for option in (
        click.option("--reason", type=NAME, required=True, help="Why; kept."),
        click.option("--by", type=NAME, required=True, help="Who says so; kept."),
        click.argument("number", type=NUMBER),
    ):
        command = option(command)
    return command


@click.command("halt")
@_decision
@click.pass_obj
def halt(parts: Parts, number: int, by: str, reason: str) -> None:
    """Halt roll-out NUMBER: no offer goes out any more, and no part of the update is given.

    Nodes that have all of it go on; those in the middle keep what they have.

    \b
    Example:
      nongqing node ota halt 3 --by "Li" --reason "rain gauge counts double"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        at = parts.clock().now()
        taken = roll_outs.halt(conn, number, {"reason": reason}, by=by, at=at)
        told = {"by": by, "reason": reason}
        audit.append(conn, by_command("node ota halt"), "roll_out_halted", str(number), told, at=at)
    click.echo(f"roll-out {number}: halted; {taken} offers that waited were taken back")


@click.command("resume")
@_decision
@click.option("--once-more", is_flag=True, help="Offer it again to the nodes that failed.")
@click.pass_obj
def resume(parts: Parts, number: int, by: str, reason: str, once_more: bool) -> None:
    """Let roll-out NUMBER, which is halted, go on; failures so far count no more.

    \b
    Example:
      nongqing node ota resume 3 --by "Li" --reason "cable was loose" --once-more
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        at = parts.clock().now()
        roll_outs.resume(conn, number, reason, once_more=once_more, by=by, at=at)
        told = {"by": by, "reason": reason, "once_more": once_more}
        audit.append(
            conn, by_command("node ota resume"), "roll_out_resumed", str(number), told, at=at
        )
    click.echo(f"roll-out {number}: goes on")
