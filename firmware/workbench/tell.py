"""The commands `node tell` and `node told`: what a node is to do, and what came of it."""

from __future__ import annotations

import inspect
import json
from datetime import timedelta
from typing import Any

import click

from firmware.workbench.cli import board_of, find_node
from firmware.workbench.config import broker_of, changeable, parse_broker_url
from firmware.workbench.parts import NodeTold, Parts

RESULTS = {
    None: "no answer yet",
    "done": "done",
    "trial": "being tried",
    "undone": "undone",
    "refused": "refused",
    "expired": "came too late",
    "cut": "power went in the middle",
}


@click.group()
def tell() -> None:
    """Tell a node to do something; it answers when it is next in touch.

    \b
    Example:
      nongqing node tell config qf-001 --wifi shed s3cret --by "Li"
    """


def _options(function: Any) -> Any:
    hours = click.option(
        "--within",
        type=click.FloatRange(0.1, 24 * 30),
        default=24.0,
        show_default=True,
        help="Hours after which the node does it no more.",
    )
    by = click.option("--by", required=True, help="Who says so; kept.")
    return click.argument("node_id")(hours(by(click.pass_obj(function))))


def _give(
    parts: Parts,
    node_id: str,
    word: str,
    within: float,
    by: str,
    argument: object = None,
    shown: dict[str, Any] | None = None,
) -> None:
    registry = parts.registry()
    row = find_node(registry, node_id)
    now = parts.clock().now()
    number = registry.tell(
        node_id, word, argument, shown or {}, by=by, at=now, expires=now + timedelta(hours=within)
    )
    heard = "never" if row.last_seen is None else f"{row.last_seen:%Y-%m-%d %H:%M} UTC"
    click.echo(
        f"{node_id}: command {number} is kept; it goes out when a collector runs and the node is "
        f"in touch (last heard: {heard}). What comes of it: nongqing node told {node_id}"
    )


#: Commands without an argument: what each lets a node do.
PLAIN = {
    "send": "Let NODE_ID measure now and send it, beside its usual times.",
    "selftest": "Let NODE_ID ask every sensor and answer with what each said.",
    "key": """Let NODE_ID change its key; the one of now counts until the node says it has changed.

    The new key travels hidden under the one of now. Where somebody else may know that, revoke the
    node and enrol it anew instead; also a node whose broker knows its key for TLS.
    """,
}


def _plain(word: str, does: str) -> None:
    """Add a command without an argument."""

    def command(parts: Parts, node_id: str, within: float, by: str) -> None:
        _give(parts, node_id, word, within, by)

    example = f'\b\nExample:\n  nongqing node tell {word} qf-001 --by "Li"'
    command.__doc__ = f"{inspect.cleandoc(does)}\n\n{example}"
    tell.command(name=word)(_options(command))


for _word, _does in PLAIN.items():
    _plain(_word, _does)


@tell.command()
@click.option("--broker", help="mqtt://[user:password@]host[:port]")
@click.option("--wifi", nargs=2, metavar="NAME PASSWORD", help="Wireless network.")
@click.option("--board", "as_board", is_flag=True, help="Times and channels as its board has them.")
@click.option("--sample-s", type=click.IntRange(10, 86400), help="Time between samples [s].")
@click.option("--samples-per-frame", type=click.IntRange(1, 256), help="Samples in one report.")
@click.option(
    "--window",
    type=click.IntRange(60, 86400),
    default=900,
    show_default=True,
    help="The node goes back to what it has if no report gets through in so many seconds.",
)
@_options
def config(
    parts: Parts,
    node_id: str,
    within: float,
    by: str,
    broker: str | None,
    wifi: tuple[str, str] | None,
    as_board: bool,
    sample_s: int | None,
    samples_per_frame: int | None,
    window: int,
) -> None:
    """Change the configuration of NODE_ID: it is tried, and kept when a report gets through.

    \b
    Example:
      nongqing node tell config qf-001 --broker mqtt://new.example --wifi shed s3cret --by "Li"
    """
    registry = parts.registry()
    row = find_node(registry, node_id)
    changes: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    if as_board:
        board = board_of(parts.boards(), row)
        changes = changeable(board)
        shown["board"] = row.board
        registry.know_layout(parts.layout_of(board), at=parts.clock().now())
    try:
        if broker is not None:
            address = parse_broker_url(broker)
            own = registry.key(node_id) if address.get("tls") else None
            changes["broker"] = address if own is None else broker_of(own, address)
            shown["broker"] = f"{changes['broker']['host']}:{changes['broker']['port']}"
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if wifi:
        changes["wifi"] = {"ssid": wifi[0], "password": wifi[1]}
        shown["wifi"] = wifi[0]
    given = {"sample_s": sample_s, "samples_per_frame": samples_per_frame}
    given = {name: value for name, value in given.items() if value is not None}
    changes |= given
    shown |= given
    if not changes:
        raise click.UsageError(
            "nothing to change: give --broker, --wifi, --board, --sample-s or --samples-per-frame"
        )
    _give(parts, node_id, "config", within, by, [changes, window], shown)


@click.command()
@click.argument("node_id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def told(parts: Parts, node_id: str, as_json: bool) -> None:
    """List what NODE_ID was told, newest first, and what it did not take. Exit code 1 when nothing.

    \b
    Example:
      nongqing node told qf-001
    """
    registry = parts.registry()
    find_node(registry, node_id)
    found, refused = registry.told(node_id), registry.refused(node_id)
    if as_json:
        everything = {
            "commands": [vars(each) for each in found],
            "refused": [vars(each) for each in refused],
        }
        click.echo(json.dumps(everything, ensure_ascii=False, default=str, indent=1))
    else:
        for each in found:
            click.echo(_line(each))
        for one in refused:
            last = f"{one.received:%Y-%m-%d %H:%M} UTC"
            click.echo(f"not taken: {one.count} x {one.reason}, last told {last}")
        if not found and not refused:
            click.echo(f"{node_id}: was told nothing yet")
    raise SystemExit(0 if found or refused else 1)


def _line(each: NodeTold) -> str:
    more = f": {json.dumps(each.more, ensure_ascii=False)}" if each.more is not None else ""
    what = " ".join(f"{name}={value}" for name, value in each.shown.items())
    return (
        f"{each.number:>4}  {each.made:%Y-%m-%d %H:%M}  {each.word} {what}".rstrip()
        + f"  by {each.made_by}, sent {each.times} x: {RESULTS[each.result]}{more}"
    )
