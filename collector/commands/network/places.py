"""The commands `places`: where weather was given for, and how a wrong position is mended."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

import click

from collector.commands.actor import by_command, user
from collector.commands.named import MAY_BE_BLANK, NAME
from collector.commands.parts import Parts, plain_errors
from collector.store import audit
from collector.store.measured import places
from collector.store.measured.places import Place, UnknownPlace
from collector.store.postgres.db import Connection

_F = TypeVar("_F", bound=Callable[..., Any])


@click.group("places")
def places_group() -> None:
    """Places that weather was given for: list them, mend a position, remove one.

    \b
    Example:
      nongqing places list
    """


def _who_and_why(command: _F) -> _F:
    options = (
        click.option("--by", type=NAME, default=user, help="Who changes it [who is logged in]."),
        click.option(
            "--reason", type=MAY_BE_BLANK, default="", help="Why; it is kept with the change."
        ),
    )
    for option in options:
        command = option(command)
    return command


@places_group.command("list")
@click.option("--changes", "with_changes", is_flag=True, help="List what was changed, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_command(parts: Parts, with_changes: bool, as_json: bool) -> None:
    """List the places, their positions and what is kept of them.

    Exit code 1 when there are none.

    \b
    Example:
      nongqing places list --changes
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found, stock = places.places(conn), places.stock(conn)
        changes = places.changes(conn) if with_changes else []
    if as_json:
        values = {
            "places": [asdict(place) for place in found],
            "values": [asdict(row) for row in stock],
            "changes": [asdict(change) for change in changes],
        }
        click.echo(json.dumps(values, ensure_ascii=False, default=str))
    for place in () if as_json else found:
        kind = "registry" if place.own else "station"
        click.echo(f"{place.name:<24} {place.longitude:10.4f} {place.latitude:9.4f}  {kind}")
        for row in (row for row in stock if row.place == place.name):
            click.echo(
                f"  {row.kind:<9} {row.values:9d} values, {row.first:%Y-%m-%d %H:%M} to "
                f"{row.last:%Y-%m-%d %H:%M} UTC"
            )
    for change in () if as_json else changes:
        click.echo(
            f"{change.at:%Y-%m-%d %H:%M} UTC {change.place}: {change.action} "
            f"({change.longitude:.4f}, {change.latitude:.4f}) by {change.changed_by}: "
            f"{change.reason}"
        )
    raise SystemExit(0 if found else 1)


def _station(conn: Connection, name: str) -> Place:
    """Return a station by its name.

    Raises
    ------
    UnknownPlace
        When there is none.
    click.UsageError
        When it is a village or field, whose position the registry holds.
    """
    place = next((p for p in places.places(conn) if p.name == name), None)
    if place is None:
        raise UnknownPlace(name)
    if place.own:
        raise click.UsageError(
            f"{name} is a village or field: mend its position in field_configs/sites/ and run "
            "`nongqing sites import`"
        )
    return place


@places_group.command("move")
@click.argument("name")
@click.option("--longitude", type=click.FloatRange(-180, 180), required=True, help="[degree]")
@click.option("--latitude", type=click.FloatRange(-90, 90), required=True, help="[degree]")
@_who_and_why
@click.pass_obj
def move_command(
    parts: Parts, name: str, longitude: float, latitude: float, by: str, reason: str
) -> None:
    """Mend the position of a station; all that it measured counts as measured there.

    A station that was really moved gets a new name, or is removed and imported again.

    \b
    Example:
      nongqing places move station-1 --longitude 115.2 --latitude 35.9 --reason "digits swapped"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        before = _station(conn, name)
        now = parts.clock().now()
        places.move(conn, name, (longitude, latitude), by=by, reason=reason, at=now)
        told = {"longitude": f"{longitude:g}", "latitude": f"{latitude:g}"}
        told |= {"by": by, "reason": reason}
        audit.append(conn, by_command("places move"), "place_moved", name, told, at=now)
    click.echo(
        f"{name}: moved from {before.longitude:g}, {before.latitude:g} to "
        f"{longitude:g}, {latitude:g}"
    )


@places_group.command("remove")
@click.argument("name")
@_who_and_why
@click.pass_obj
def remove_command(parts: Parts, name: str, by: str, reason: str) -> None:
    """Remove a station: what it measured is kept and counts no longer; its name is free.

    \b
    Example:
      nongqing places remove statoin-1 --reason "mistyped"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        _station(conn, name)
        now = parts.clock().now()
        places.remove(conn, name, by=by, reason=reason, at=now)
        told = {"by": by, "reason": reason}
        audit.append(conn, by_command("places remove"), "place_removed", name, told, at=now)
    click.echo(f"{name}: removed; what it measured is kept and counts no longer")
