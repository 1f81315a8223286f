"""Nodes and probes that change hands: replaced, moved, retired; curves go on with their places.

A series belongs to a placement, so whoever serves the placement next carries its curve on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extras import Json

from collector.store.network import nodes, registry, sites
from collector.store.network.registry_version import begin_change, touch
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run
from firmware.wire.quantities import by_id

SQL = queries.load("handover")


class CannotHandOver(StoreError):  # noqa: N818 - named for what is wrong
    """A node cannot take over what is asked; `why` is one of the words below.

    ``same``: it is the node itself. ``busy``: it serves another field. ``lacks``: it has no channel
    for `what`. ``early``: it began to serve only after the time that was given. ``taken``: another
    node, `what`, serves that field.
    """

    def __init__(self, node: str, why: str, what: str = "") -> None:
        self.node, self.why, self.what = node, why, what
        super().__init__(f"node {node}: cannot take over ({why}{f' {what}' if what else ''})")


@dataclass(frozen=True)
class Done:
    """What somebody did with a node: when, who, what they wrote, and where they stood.

    Attributes
    ----------
    at : datetime
        When it was done, aware.
    received : datetime
        When it was sent, aware.
    person : int or None
        Whose account; `name` says who.
    name, note : str
    place : tuple of float or None
        Longitude and latitude [degree].
    """

    at: datetime
    received: datetime
    person: int | None
    name: str
    note: str = ""
    place: tuple[float, float] | None = None


@dataclass(frozen=True)
class _Device:
    """A node as it is locked for a change: `channels` is its channel numbers by quantity."""

    id: str
    field: str
    channels: Mapping[str, Sequence[int]]


def note(
    conn: Connection, node: str, kind: str, done: Done, detail: Mapping[str, object] | None = None
) -> None:
    """Keep what somebody did with a node."""
    longitude, latitude = done.place or (None, None)
    nodes.add_event(
        conn,
        node=node,
        kind=kind,
        at=done.at,
        received=done.received,
        person=done.person,
        name=done.name,
        note=done.note,
        longitude=longitude,
        latitude=latitude,
        detail=Json(dict(detail or {})),
    )


def replace_node(conn: Connection, old: str, new: str, done: Done) -> list[str]:
    """Let a node take over all that another serves; the other is retired. Return the placements.

    Parameters
    ----------
    conn : Connection
    old, new : str
        Nodes of the registry; the new one serves nothing yet, or the same field.
    done : Done

    Raises
    ------
    CannotHandOver
        When the new node has no channel for what the old one measures, serves another field
        already, or the time lies before the old one began.
    UnknownNode
        When the registry does not hold one of them.
    """
    if old == new:
        raise CannotHandOver(new, "same")
    begin_change(conn)
    devices = _locked(conn, [old, new])
    serving = fetch(conn, SQL["serving"], node=old)
    if fetch(conn, SQL["serving"], node=new):
        raise CannotHandOver(new, "busy", devices[new].field)
    _after_all(conn, [old, new], done.at)
    channels = _matched(devices[new], [row[2] for row in serving])
    placements = [row[1] for row in serving]
    _end(conn, old, [row[0] for row in serving], done.at)
    _begin(conn, new, channels, placements, done.at)
    run(conn, SQL["set_field"], node=new, field=devices[old].field)
    run(conn, registry.SQL["retire_keys"], node=old, at=done.at)
    touch(conn, [old, new])
    note(conn, old, "replaced", done, {"by": new})
    note(conn, new, "replaces", done, {"node": old})
    return placements


def renew(conn: Connection, node: str, done: Done) -> list[str]:
    """Let another board take over a node's name: its places stay, its key counts no more.

    Return the placements that it serves. The board wants a new key (`registry.enroll`).

    Raises
    ------
    UnknownNode
    """
    begin_change(conn)
    _locked(conn, [node])
    run(conn, registry.SQL["retire_keys"], node=node, at=done.at)
    touch(conn, [node])
    note(conn, node, "replaced", done, {"by": node})
    return [row[1] for row in fetch(conn, SQL["serving"], node=node)]


def move(conn: Connection, node: str, field: str, done: Done) -> list[str]:
    """Let a node measure in another field from a time on; return the placements it serves there.

    Where the field has a placement of the same quantity and height that nobody serves, its curve
    goes on; else the field gets one.

    Raises
    ------
    CannotHandOver
        When another node serves that field, or the time lies before this one began where it is.
    UnknownNode
    """
    begin_change(conn)
    device = _locked(conn, [node])[node]
    if device.field == field:
        raise CannotHandOver(node, "same")
    serving = fetch(conn, SQL["serving"], node=node)
    there = fetch(conn, SQL["placements_in"], field=field)
    wanted = {(quantity, height) for _, _, quantity, height in serving}
    for _, quantity, height, other in there:
        if other is not None and (quantity, height) in wanted:
            raise CannotHandOver(node, "taken", other)
    _after_all(conn, [node], done.at)
    known = {(quantity, height): name for name, quantity, height, _ in there}
    placements = []
    for channel, _, quantity, height in serving:
        name = known.get((quantity, height))
        if name is None:
            name = f"{field}-{node}-{channel}"
            run(
                conn, SQL["add_placement"], id=name, field=field, quantity=quantity, height_m=height
            )
        placements.append(name)
    run(conn, sites.SQL["put_series"])
    channels = [row[0] for row in serving]
    _end(conn, node, channels, done.at)
    _begin(conn, node, channels, placements, done.at)
    run(conn, SQL["set_field"], node=node, field=field)
    touch(conn, [node])
    note(conn, node, "moved", done, {"from": device.field, "to": field})
    return placements


def retire(conn: Connection, node: str, done: Done) -> None:
    """Take a node out of service: it serves nothing and its key counts no more from a time on.

    What it measured before that and sends later is still taken.

    Raises
    ------
    UnknownNode
    """
    begin_change(conn)
    _locked(conn, [node])
    channels = [row[0] for row in fetch(conn, SQL["serving"], node=node)]
    _end(conn, node, channels, done.at)
    run(conn, registry.SQL["retire_keys"], node=node, at=done.at)
    touch(conn, [node])
    note(conn, node, "retired", done)


def _locked(conn: Connection, names: Sequence[str]) -> dict[str, _Device]:
    found = {}
    for name, field, _board, layout in fetch(conn, SQL["lock"], nodes=list(names)):
        channels: dict[str, list[int]] = {}
        for number, quantity, _scale in layout or ():
            channels.setdefault(by_id(quantity).name, []).append(number)
        found[name] = _Device(name, field, channels)
    for name in names:
        if name not in found:
            known = (row[0] for row in fetch(conn, registry.SQL["node_ids"]))
            raise registry.UnknownNode(name, known)
    return found


def _after_all(conn: Connection, names: Sequence[str], at: datetime) -> None:
    ((newest,),) = fetch(conn, SQL["newest_event"], nodes=list(names))
    if newest is not None and newest >= at:
        raise CannotHandOver(names[-1], "early", newest.isoformat())


def _matched(device: _Device, quantities: Sequence[str]) -> list[int]:
    """The channels of a device for quantities: of equal ones in the order of their numbers."""
    left = {quantity: list(numbers) for quantity, numbers in device.channels.items()}
    found = []
    for quantity in quantities:
        if not left.get(quantity):
            raise CannotHandOver(device.id, "lacks", quantity)
        found.append(left[quantity].pop(0))
    return found


def _end(conn: Connection, node: str, channels: Sequence[int], at: datetime) -> None:
    if channels:
        names = [node] * len(channels)
        run(conn, sites.SQL["end_assignments"], nodes=names, channels=list(channels), at=at)


def _begin(
    conn: Connection, node: str, channels: Sequence[int], placements: Sequence[str], at: datetime
) -> None:
    if channels:
        run(
            conn,
            SQL["begin"],
            node=node,
            channels=list(channels),
            placements=list(placements),
            at=at,
        )
