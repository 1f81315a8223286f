"""The commands `advice`: what is in force in a village, and how an officer releases it."""

from __future__ import annotations

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, plain_errors
from collector.store import audit
from collector.store.advice import village as store
from collector.store.bureau import publishing
from collector.store.bureau.decisions import By
from collector.store.postgres.db import StoreError


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
        found = store.advice(conn, village, now, past=False)
    for each in found:
        state = f"released by {each.released_by or 'itself'}" if each.public else "draft"
        state = "kept off at the desk" if each.off else state
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
@click.option(
    "--reason",
    type=NAME,
    default="released by command",
    show_default=True,
    help="Why; it stands among the steps at the desk.",
)
@click.pass_obj
def release(parts: Parts, village: str, hazard: str, by: str, reason: str) -> None:
    """Release the advice on HAZARD in VILLAGE: from now on the public page gives it, by name.

    It stays released while it goes on; worse or new advice is a draft again. What an officer holds
    back, rejected or cancelled at the desk is refused until it is opened again there.

    \b
    Example:
      nongqing advice release qf-liuge wheat_fhb --by "Li, county station"
    """
    now = parts.clock().now()
    with plain_errors():
        said = {"--by: name who stands for it": by.strip(), "--reason: say why": reason.strip()}
        for wrong, text in said.items():
            if not text or not text.isprintable():
                raise StoreError(f"{wrong}, in printable letters")
        who = By(None, by.strip(), now, reason.strip())
        with parts.store() as pool, pool.connection() as conn:
            done = publishing.release(conn, village, hazard, who)
            for each in done:
                what = f"{each.place} {each.hazard} {each.crop}"
                detail = {"by": who.name, "reason": who.reason, "villages": [village]}
                actor = by_command("advice release")
                audit.append(conn, actor, "advice_published", what, detail, at=now)
            crops = {each.crop for each in done}
            found = store.advice(conn, village, now, past=False)
    for one in found:
        if one.advisory.hazard == hazard and one.advisory.crop in crops:
            click.echo(f"{one.advisory.site}: released by {one.released_by or 'itself'}")
