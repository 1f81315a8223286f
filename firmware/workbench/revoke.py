"""The command `node revoke`: a node that was taken away is not listened to any more."""

from __future__ import annotations

import click

from firmware.workbench.cli import find_node
from firmware.workbench.parts import Parts


@click.command()
@click.argument("node_id")
@click.option("--reason", required=True, help="Why: stolen, lost, sold. Kept and shown.")
@click.option("--by", required=True, help="Who says so. Kept and shown.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def revoke(parts: Parts, node_id: str, reason: str, by: str, yes: bool) -> None:
    """Take NODE_ID away: nothing that any key of it sealed is taken in any more.

    What it still holds unsent is refused, too; what it sent before stays. Running collectors know
    within seconds. It can come back: nongqing node enroll NODE_ID --after-revocation

    \b
    Example:
      nongqing node revoke qf-001 --reason "stolen from the field" --by "Li"
    """
    registry = parts.registry()
    row = find_node(registry, node_id)
    if row.revoked is not None:
        click.echo(f"{node_id}: was revoked on {row.revoked:%Y-%m-%d %H:%M} UTC already")
        return
    if not (yes or _sure(f"{node_id} in {row.village}: refuse it, its unsent frames included?")):
        raise click.ClickException(f"{node_id}: not revoked, nothing changed; --yes does not ask")
    keys = registry.revoke(node_id, reason=reason, by=by, at=parts.clock().now())
    if not keys:
        raise click.ClickException(
            f"node {node_id}: has no key, so there is nothing to revoke; it is not listened to"
        )
    click.echo(f"{node_id}: revoked, {keys} of its keys; collectors refuse it from now on")


def _sure(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        click.echo(err=True)
        return False
