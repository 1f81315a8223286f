"""Commands below `trace` for the cold chain: assets, and the loggers that ride in them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, moment, plain_errors
from collector.store import audit
from collector.store.coldchain import assets as store
from collector.store.coldchain.assets import KINDS, AssetError
from collector.store.postgres.db import Connection
from collector.store.trace import parties
from collector.store.trace.parties import Party


def _party(conn: Connection, party: str) -> Party:
    for each in parties.parties(conn):
        if each.id == party:
            return each
    raise click.UsageError(f'"{party}": no such party; see: nongqing trace parties')


@click.command("asset")
@click.argument("party")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name", type=NAME)
@click.option("--uri", default="", help="Its GIAI or another URI; else it gets one of its own.")
@click.pass_obj
def asset_(parts: Parts, party: str, kind: str, name: str, uri: str) -> None:
    """Add a store room, truck or box of PARTY, and print its number.

    \b
    Example:
      nongqing trace asset liuge-coop truck 豫J12345
    """
    now = parts.clock().now()
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        by = by_command("trace asset")
        try:
            made = store.add(conn, kind, name, _party(conn, party), now, by, uri)
        except AssetError as error:
            raise click.UsageError(str(error)) from error
        detail = {"kind": kind, "uri": made.uri}
        audit.append(conn, by, "asset_added", str(made.id), detail, at=now)
    click.echo(f"{made.id}  {made.name}  {made.uri}")


@click.command("assets")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def assets_(parts: Parts, as_json: bool) -> None:
    """List assets, whose they are, and the logger in each. Exit code 1 when there are none.

    \b
    Example:
      nongqing trace assets
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = store.assets(conn)
    if as_json:
        rows = [asdict(each) | {"made": each.made.isoformat()} for each in found]
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        lines = [f"{e.id}  {e.kind}  {e.name}  {e.party}  {e.node or '-'}" for e in found]
        click.echo("\n".join(lines) or "no asset yet")
    raise SystemExit(0 if found else 1)


@click.command("logger")
@click.argument("node")
@click.argument("party", required=False)
@click.pass_obj
def logger_(parts: Parts, node: str, party: str | None) -> None:
    """Print whose logger NODE is; with PARTY, make it theirs: they alone attach it from then on.

    A logger that is nobody's becomes that of who attaches it first. Exit code 1: it is nobody's.

    \b
    Example:
      nongqing trace logger lg-001
      nongqing trace logger lg-001 liuge-coop
    """
    now = parts.clock().now()
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        if party is not None:
            by = by_command("trace logger")
            try:
                store.give(conn, node, _party(conn, party).id, by, now)
            except AssetError as error:
                raise click.UsageError(str(error)) from error
            audit.append(conn, by, "logger_given", node, {"party": party}, at=now)
        found = store.owner(conn, node)
    click.echo(f"{node}  {found.id}  {found.name}" if found else f"{node}: nobody's yet")
    raise SystemExit(0 if found else 1)


@click.command("attach")
@click.argument("node")
@click.argument("asset", type=click.IntRange(1, 2**62))
@click.option("--since", callback=moment, help="It hung there since then [now].")
@click.pass_obj
def attach_(parts: Parts, node: str, asset: int, since: datetime | None) -> None:
    """Let NODE ride in ASSET (its number) from now on, and tell it for the asset's party.

    \b
    Example:
      nongqing trace attach lg-001 1
      nongqing trace attach lg-001 1 --since 2016-05-01T06:00+08:00
    """
    now = parts.clock().now()
    if since is not None and since > now:
        raise click.UsageError(
            f"--since {since.isoformat()}: is still to come; give a time before now"
        )
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        by = by_command("trace attach")
        try:
            into = store.asset(conn, asset)
            store.attach(conn, node, asset, Party(into.party, into.party_name), by, now, since)
        except AssetError as error:
            raise click.UsageError(str(error)) from error
        audit.append(conn, by, "logger_attached", node, {"asset": asset}, at=now)
    click.echo(f"{node} rides in {into.name}")


@click.command("detach")
@click.argument("node")
@click.pass_obj
def detach_(parts: Parts, node: str) -> None:
    """Take NODE out of the asset that it rides in, and tell it for the asset's party.

    \b
    Example:
      nongqing trace detach lg-001
    """
    now = parts.clock().now()
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        by = by_command("trace detach")
        try:
            rides = [each for each in store.assets(conn) if each.node == node]
            if not rides:
                raise AssetError("not_attached", node=node)
            party = Party(rides[0].party, rides[0].party_name)
            out_of = store.detach(conn, node, party, by, now)
        except AssetError as error:
            raise click.UsageError(str(error)) from error
        audit.append(conn, by, "logger_detached", node, {"asset": out_of.id}, at=now)
    click.echo(f"{node} rode in {out_of.name}")
