"""The commands `node replace` and `node retire`: who measures at a place from now on."""

from __future__ import annotations

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, plain_errors
from collector.store import audit
from collector.store.network import handover, registry
from collector.store.network.handover import CannotHandOver, Done

#: What is wrong and what to do, by the word of `CannotHandOver`.
WHY = {
    "busy": "serves the field {what}; retire it there first: nongqing node retire {node}",
    "lacks": "has no channel for {what}; take a node of the same board",
    "early": "began to serve at {what}, which is not over yet; look at the clock of this machine",
}


@click.command("replace")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--by", type=NAME, required=True, help="Who replaced it; kept.")
@click.option("--reason", type=NAME, required=True, help="What was wrong with it; kept.")
@click.pass_obj
def replace(parts: Parts, old: str, new: str, by: str, reason: str) -> None:
    """Let the node NEW measure where OLD did, from now on; the curves of its places go on.

    OLD is out of service: what it measured before and sends later is still taken, nothing else.
    NEW is in the registry and serves nothing yet. Where the new board gets the old one's name, give
    that name twice: its places stay, the old board's key counts no more, and it wants a new one.

    \b
    Example:
      nongqing node replace qf-001 qf-009 --by "Li" --reason "struck by lightning"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        at = parts.clock().now()
        done = Done(at, at, None, by, reason)
        try:
            if old == new:
                kept = handover.renew(conn, old, done)
            else:
                kept = handover.replace_node(conn, old, new, done)
        except CannotHandOver as error:
            said = WHY[error.why].format(node=error.node, what=error.what)
            raise click.ClickException(f"node {error.node}: {said}") from error
        told = {"by": new, "placements": len(kept), "reason": reason, "said_by": by}
        audit.append(conn, by_command("node replace"), "node_replaced", old, told, at=at)
        has_key = registry.nodes(conn, new)[0].epoch is not None
    if old == new:
        click.echo(f"{old}: another board has its name and its {len(kept)} places; give it a key:")
        click.echo(f"  nongqing node enroll {new}")
        return
    click.echo(f"{old}: out of service; {new} serves {', '.join(kept) or 'nothing'} from now on")
    if not has_key:
        click.echo(f"{new}: has no key yet: nongqing node enroll {new}")


@click.command("retire")
@click.argument("node", metavar="NODE")
@click.option("--by", type=NAME, required=True, help="Who took it out of service; kept.")
@click.option("--reason", type=NAME, required=True, help="Why; kept.")
@click.pass_obj
def retire(parts: Parts, node: str, by: str, reason: str) -> None:
    """Take NODE out of service: it serves no place and its key counts no more from now on.

    What it measured before and sends later is still taken. Where somebody else may have it, revoke
    it instead. To use it again, enrol it and let it replace another.

    \b
    Example:
      nongqing node retire qf-001 --by "Li" --reason "the field is let"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        at = parts.clock().now()
        handover.retire(conn, node, Done(at, at, None, by, reason))
        told = {"reason": reason, "said_by": by}
        audit.append(conn, by_command("node retire"), "node_retired", node, told, at=at)
    click.echo(f"{node}: out of service; it serves no place from now on")
