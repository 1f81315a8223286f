"""The commands `desk`: from which status and spread on each colour of a warning holds."""

from __future__ import annotations

import click

from collector.commands.actor import by_command
from collector.commands.parts import Parts, plain_errors
from collector.store import audit, settings_table
from collector.store.bureau.desk import COLOURS_KEY
from collector.store.postgres.db import StoreError
from models.advice.colours import ColourError, read_thresholds


@click.group("desk")
def desk_group() -> None:
    """The desk of the bureau: its settings.

    \b
    Example:
      nongqing desk colours
    """


@desk_group.command("colours")
@click.argument("mapping", required=False)
@click.pass_obj
def colours(parts: Parts, mapping: str | None) -> None:
    """Show from which status and share of villages on each colour holds, or set it by MAPPING.

    MAPPING is JSON, see docs/desk.md; a status is 3 (medium) or 4 (high). An empty one brings the
    shipped ones back.

    \b
    Example:
      nongqing desk colours ""
    """
    now = parts.clock().now()
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        try:
            if mapping is not None:
                read_thresholds(mapping)
                settings_table.put(conn, COLOURS_KEY, mapping, now)
                detail = {"mapping": mapping}
                actor = by_command("desk colours")
                audit.append(conn, actor, "colours_changed", COLOURS_KEY, detail, at=now)
            found = read_thresholds(settings_table.get(conn, COLOURS_KEY))
        except ColourError as error:
            raise StoreError(str(error)) from error
    for each in found:
        click.echo(f"{each.colour:<8} from status {each.status} in {each.share:.0%} of villages on")
