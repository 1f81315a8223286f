"""The commands `device network`: LoRaWAN network servers that post what their devices send."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, plain_errors
from collector.store import audit
from collector.store.network import external_devices
from field_configs.device import NETWORK_KINDS
from firmware.wire import topics


@click.group("network")
def network_group() -> None:
    """LoRaWAN network servers: who may post to /uplinks, and with which token.

    \b
    Example:
      nongqing device network add coop --kind chirpstack --by "Li"
    """


def _say(network: str, token: str) -> None:
    click.echo(f"network {network}: let it post uplinks to /uplinks with the header")
    click.echo(f"Authorization: Bearer {token}")
    click.echo("The token is shown once: only its digest is kept.")


@network_group.command("add")
@click.argument("network")
@click.option("--kind", type=click.Choice(NETWORK_KINDS), required=True, help="What it runs.")
@click.option("--by", type=NAME, required=True, help="Who adds it; kept.")
@click.pass_obj
def add(parts: Parts, network: str, kind: str, by: str) -> None:
    """Add a network server and print its token.

    \b
    Example:
      nongqing device network add coop --kind chirpstack --by "Li"
    """
    try:
        topics.check_node_id(network)
    except topics.TopicError as error:
        raise click.UsageError(str(error).replace("node id", "network")) from error
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        at = parts.clock().now()
        token = external_devices.add_network(conn, network, kind, at=at, by=by)
        told = {"kind": kind, "by": by}
        actor = by_command("device network add")
        audit.append(conn, actor, "device_network_opened", network, told, at=at)
    _say(network, token)


@network_group.command("token")
@click.argument("network")
@click.option("--close", is_flag=True, help="Give it none: nothing of it is taken any more.")
@click.option("--by", type=NAME, required=True, help="Who says so; kept.")
@click.pass_obj
def token_(parts: Parts, network: str, close: bool, by: str) -> None:
    """Print a new token of a network server; the one before is worth nothing from then on.

    \b
    Example:
      nongqing device network token coop --by "Li"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        at = parts.clock().now()
        token = external_devices.new_token(conn, network, close=close)
        action = "device_network_closed" if close else "device_network_opened"
        told = {"by": by}
        audit.append(conn, by_command("device network token"), action, network, told, at=at)
    if close:
        click.echo(f"network {network}: closed")
    else:
        _say(network, token)


@network_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(parts: Parts, as_json: bool) -> None:
    """List the network servers. Exit code 1 when there are none.

    \b
    Example:
      nongqing device network list
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = external_devices.networks(conn)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, default=str))
    elif not found:
        click.echo("no network servers")
    for one in () if as_json else found:
        state = "open" if one.open else "closed"
        click.echo(f"{one.id}  {one.kind}  {state}  {one.devices} devices  added by {one.made_by}")
    raise SystemExit(0 if found else 1)
