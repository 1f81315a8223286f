"""The commands `advice`: what is in force in a village, and how an officer releases it."""

from __future__ import annotations

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, plain_errors
from collector.store import audit
from collector.store.advice import village as store
from collector.store.postgres.db import StoreError


class NothingInForce(StoreError):  # noqa: N818 - named for what happened
    """There is no advice of this kind to release."""

    def __init__(self, village: str, hazard: str, known: list[str]) -> None:
        there = f"in force there: {', '.join(known)}" if known else "none is in force there"
        super().__init__(f"{village}: no advice on {hazard}; {there}")


@click.group("advice")
def advice_group() -> None:
    """Advice in force in a village: list it, release it to the public page.

    \b
    Example:
      nongqing advice list qf-liuge
    """


@advice_group.command("list")
@click.argument("village")
@click.pass_obj
def list_command(parts: Parts, village: str) -> None:
    """List the advice in force in VILLAGE. Exit code 1 when there is none.

    \b
    Example:
      nongqing advice list qf-liuge
    """
    now = parts.clock().now()
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = store.advice(conn, village, now)
    for each in found:
        state = "draft" if not each.public else f"released by {each.released_by or 'itself'}"
        ends = f"{each.advisory.window_to:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{each.advisory.site:<16} {each.advisory.hazard:<28} until {ends}  {state}")
    if not found:
        click.echo(f"{village}: no advice is in force")
    raise SystemExit(0 if found else 1)


@advice_group.command("release")
@click.argument("village")
@click.argument("hazard")
@click.option(
    "--by", type=NAME, required=True, help="Who stands for it; the public page names them."
)
@click.pass_obj
def release(parts: Parts, village: str, hazard: str, by: str) -> None:
    """Release the advice on HAZARD in VILLAGE: from now on the public page gives it, by name.

    It stays released while it goes on; worse or new advice is a draft again.

    \b
    Example:
      nongqing advice release qf-liuge wheat_fhb --by "Li, county station"
    """
    now = parts.clock().now()
    with plain_errors():
        if not by.strip() or not by.isprintable():
            raise StoreError("--by: name who stands for it, in printable letters")
        with parts.store() as pool, pool.connection() as conn:
            store.release(conn, village, hazard, by.strip(), now)
            found = store.advice(conn, village, now)
            of = [each for each in found if each.advisory.hazard == hazard]
            if of:
                actor, what = by_command("advice release"), f"{village} {hazard}"
                audit.append(conn, actor, "advice_published", what, {"by": by.strip()}, at=now)
            else:
                known = sorted({each.advisory.hazard for each in found})
                raise NothingInForce(village, hazard, known)
    for each in of:
        click.echo(f"{each.advisory.site}: released by {each.released_by or 'itself'}")
