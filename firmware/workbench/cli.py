"""The `node` commands: enrol, simulate and list field nodes."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import FrameType

import click

from firmware.wire.quantities import nearest
from firmware.workbench import weather as weathers
from firmware.workbench.config import (
    BrokerUrlError,
    need_nodes_broker,
    node_config,
    parse_broker_url,
    write_config,
)
from firmware.workbench.faults import read_faults
from firmware.workbench.hourly import WeatherError, covered
from firmware.workbench.parts import Board, Clock, NodeInfo, NodeKey, Parts, Registry
from firmware.workbench.psk import psk_line
from firmware.workbench.release_cli import hex_of
from firmware.workbench.simulate import Fleet
from firmware.workbench.simulated import SimulationError

CHECK_S = 1.0
#: Nodes that an error names.
MOST_NAMED = 10


@click.group()
def node() -> None:
    """Field nodes: enrol, build, flash, label, simulate, list.

    \b
    Example:
      nongqing node enroll qf-001 --broker mqtt://broker.example
      nongqing node simulate qf-001
    """


def find_node(registry: Registry, node_id: str) -> NodeInfo:
    """Return a node of the registry; a ClickException names what it has when it is not there."""
    rows = {row.id: row for row in registry.nodes()}
    if node_id not in rows:
        known = ", ".join(sorted(rows)[:MOST_NAMED])
        if len(rows) > MOST_NAMED:
            near = nearest(node_id, list(rows))
            known += f" and {len(rows) - MOST_NAMED} more"
            known += f'; did you mean "{near}"?' if near else ""
        known = known or "none; bring some in with `nongqing sites import`"
        raise click.ClickException(f"node {node_id}: not in the registry; it has {known}")
    return rows[node_id]


def board_of(boards: Mapping[str, Board], row: NodeInfo) -> Board:
    """Return the board type of a node; a ClickException names those there are."""
    if row.board not in boards:
        raise click.ClickException(
            f"node {row.id}: board {row.board} is not in field_configs/boards; "
            f"there are {', '.join(sorted(boards))}"
        )
    return boards[row.board]


@node.command()
@click.argument("node_id")
@click.option(
    "--broker",
    help="mqtt://[user:password@]host[:port], with the node's own user and password, or "
    "mqtts://host[:port], with a pre-shared key; else the address in NONGQING_BROKER, without any.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file to write (readable by you alone).  [default: <node>.json]",
)
@click.option("--wifi", nargs=2, metavar="NAME PASSWORD", help="Wireless network of the node.")
@click.option("--apn", help="Access point of a board with a modem; else the network chooses one.")
@click.option("--json", "as_json", is_flag=True, help="Print the configuration, key included.")
@click.option(
    "--update-key",
    type=click.Path(path_type=Path),
    help="Public key of who signs updates (`nongqing node ota keygen`); without it the node takes "
    "none over the air.",
)
@click.option("--after-revocation", is_flag=True, help="Take back a node that was revoked.")
@click.pass_obj
def enroll(
    parts: Parts,
    node_id: str,
    broker: str | None,
    out: Path | None,
    wifi: tuple[str, str] | None,
    apn: str | None,
    as_json: bool,
    update_key: Path | None,
    after_revocation: bool,
) -> None:
    """Give NODE_ID a new key and write its configuration file.

    Its earlier key is retired at once: what it measures from now on under that is refused. Frames
    that it measured before and could not send yet are still taken. Where someone else may know the
    key, revoke it first.

    \b
    Example:
      nongqing node enroll qf-001 --broker mqtts://broker.example --out qf-001.json
    """
    registry = parts.registry()
    row = find_node(registry, node_id)
    board = board_of(parts.boards(), row)
    signer = hex_of(update_key)
    try:
        url = broker or need_nodes_broker(parts.settings().need_broker())
        address = parse_broker_url(url)
        # Everything that can fail is tried before the old key is retired.
        node_config(_NoKey(node_id), board, address, wifi, apn)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    path = out or Path(f"{node_id}.json")
    if not path.absolute().parent.is_dir():
        raise click.ClickException(f"{path}: its folder does not exist; make it first")
    key = registry.enroll(
        node_id,
        layout=parts.layout_of(board),
        at=parts.clock().now(),
        after_revocation=after_revocation,
        update_key=signer,
    )
    if broker is None and (address["user"] or address["password"]):
        # A node stands in the open: whoever takes it must not have the collector's rights.
        address |= {"user": None, "password": None}
        click.echo(
            f"{node_id}: gets no user and password: those in NONGQING_BROKER are the collector's; "
            "where the broker asks for some, give the node its own: "
            f"--broker mqtt://user:password@{address['host']}:{address['port']}",
            err=True,
        )
    config = node_config(key, board, address, wifi, apn)
    config |= {"update_key": signer} if signer else {}
    if key.epoch > 1:  # also where somebody else has enrolled it meanwhile
        said = "is retired; files and images that hold it are of no use any more"
        click.echo(f"{node_id}: the key of epoch {key.epoch - 1} {said}", err=True)
    if "psk" in config["broker"]:
        click.echo(f"{node_id}: its line of the broker's psk_file (keep it secret):", err=True)
        click.echo(psk_line(key), err=True)
    if as_json:
        click.echo(json.dumps(config, indent=1))
        if out is None:
            return
    if path.exists():
        click.echo(f"{path}: the file that was there is replaced", err=True)
    write_config(path, config)
    if not as_json:
        click.echo(f"{node_id}: key epoch {key.epoch}; configuration in {path} (keep it secret)")


class _NoKey:
    """Stands in for a key that is not made yet."""

    def __init__(self, node_id: str) -> None:
        self.node = node_id
        self.epoch = 0
        self.key = b""


@node.command()
@click.argument("node_ids", nargs=-1)
@click.option(
    "--weather",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Hourly weather: a CSV, or a compact file made before.",
)
@click.option("--broker", help="mqtt://[user:password@]host[:port]; else NONGQING_BROKER.")
@click.option(
    "--backlog-days",
    type=click.FloatRange(0, 200),
    default=0.0,
    show_default=True,
    help="What a node has measured before it first reaches the broker.",
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that takes boot, seq and SHA-256 of every frame.",
)
@click.option(
    "--update-key",
    type=click.Path(path_type=Path),
    help="Public key of who signs updates: the nodes have two slots, and take updates.",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file of what goes wrong with which node, and when (docs/technician.md).",
)
@click.pass_obj
def simulate(
    parts: Parts,
    node_ids: tuple[str, ...],
    weather: Path | None,
    broker: str | None,
    backlog_days: float,
    journal: Path | None,
    update_key: Path | None,
    faults: Path | None,
) -> None:
    """Run the real firmware of NODE_IDS (or of every enrolled node) on emulated boards.

    A CSV needs the columns time (ISO 8601, start of the hour), air_temperature [degC],
    relative_humidity [%] and precipitation_amount [mm]. The nodes sign in at the broker as this
    machine does. Ctrl-C stops them.

    \b
    Example:
      nongqing node simulate qf-001 --weather weather.csv --backlog-days 7
      nongqing node simulate --faults faults.toml
    """
    settings, clock = parts.settings(), parts.clock()
    signer = hex_of(update_key)
    nodes = _enrolled(parts, node_ids)
    folder = settings.state_dir / "nodes"
    try:
        url = broker or need_nodes_broker(settings.need_broker())
        parse_broker_url(url)
        folder.mkdir(parents=True, exist_ok=True)
        path = _weather_file(folder, weather)
        days = _covered_backlog(path, weather, clock.now(), backlog_days)
        if signer:
            parts.registry().trust([name for name, *_ in nodes], signer)
        wrong = read_faults(faults, {name: board for name, _, board in nodes}) if faults else None
        fleet = Fleet(
            nodes,
            url,
            clock.spec(),
            path,
            folder,
            days,
            journal,
            update_key=signer,
            faults=wrong,
        )
        _warn_of_flash(fleet, backlog_days)
        _run(fleet, clock, covered(path)[1])
    except (WeatherError, BrokerUrlError, SimulationError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _covered_backlog(path: Path, source: Path | None, now: datetime, backlog_days: float) -> float:
    """Refuse weather that does not cover `now`; return the backlog that it does cover [d].

    Outside its weather a node would measure no rain where nobody knows whether it rained.
    """
    first, last = covered(path)
    if not first <= now < last:
        raise WeatherError(
            f"weather {source or path} covers {first:%F %H:%M} to {last:%F %H:%M} UTC, "
            f"the clock says {now:%F %H:%M}; give --weather that covers it"
        )
    days = (now - first).total_seconds() / 86400
    if backlog_days > days:
        click.echo(f"backlog: begins with the weather on {first:%F %H:%M} UTC, {days:.1f} days ago")
    return min(backlog_days, days)


def _warn_of_flash(fleet: Fleet, backlog_days: float) -> None:
    old = [name for name, node in fleet.nodes.items() if node.image.exists()]
    if backlog_days and old:
        click.echo(
            f"--backlog-days is for a first start; not for {', '.join(old)}, whose flash exists "
            f"({fleet.nodes[old[0]].image}); remove it to start from nothing",
            err=True,
        )


def _weather_file(folder: Path, source: Path | None) -> Path:
    if source is not None and weathers.is_compact(source):
        return source
    prepared = weathers.prepare(folder, source)
    click.echo(prepared.summary)
    return prepared.path


def _enrolled(parts: Parts, node_ids: tuple[str, ...]) -> list[tuple[str, NodeKey, Board]]:
    registry, boards = parts.registry(), parts.boards()
    rows = [find_node(registry, node_id) for node_id in node_ids] or list(registry.nodes())
    result = []
    for row in rows:
        key = registry.key(row.id)
        if key is not None:
            result.append((row.id, key, board_of(boards, row)))
        elif node_ids:
            raise click.ClickException(
                f"node {row.id}: has no key; run `nongqing node enroll {row.id}` first"
            )
    if not result:
        raise click.ClickException(
            "no node is enrolled; run `nongqing node enroll <node>`, or `nongqing sites import` "
            "if the registry is empty"
        )
    return result


def _run(fleet: Fleet, clock: Clock, weather_ends: datetime) -> None:
    stopped = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with fleet:
        click.echo(f"{len(fleet.nodes)} nodes run; Ctrl-C stops them")
        while not stopped:
            time.sleep(CHECK_S)
            for line in (*fleet.switch_power(), *fleet.broker_news()):
                click.echo(line, err=True)
            if clock.now() >= weather_ends:
                raise WeatherError(
                    f"the weather ended on {weather_ends:%F %H:%M} UTC, and the clock has come to "
                    "it; give --weather that goes on"
                )
            for name, code in fleet.restart_ended().items():
                click.echo(f"node {name}: ended with code {code}; started again", err=True)
