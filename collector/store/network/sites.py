"""A declared site into the registry, and the registry back as a site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from operator import attrgetter

from collector.store.network import site_devices
from collector.store.network.registry_version import hold_still, touch, touch_serving
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, put, run
from field_configs.changes import KINDS, Changes, compare
from field_configs.schema import (
    Configs,
    County,
    Field,
    Node,
    Placement,
    Season,
    StageObservation,
    Township,
    Village,
)

SQL, REGISTRY = queries.load("sites"), queries.load("registry")

#: Who enrols devices that a site declares.
BY = "sites import"
# What a record refers to goes in before it.
_PLACES = {
    "counties": "put_counties",
    "townships": "put_townships",
    "villages": "put_villages",
    "fields": "put_fields",
    "placements": "put_placements",
}
_FACTS = {"seasons": "put_seasons", "stage_observations": "put_stage_observations"}


def read_site(conn: Connection) -> Configs:
    """Return the places and devices of the registry as `field_configs.load` would.

    A node's channels are those that serve a placement until further notice. Types (crops, boards,
    regions) are not kept in the registry.
    """
    channels: dict[str, dict[int, str]] = defaultdict(dict)
    for node, channel, placement in fetch(conn, SQL["open_assignments"]):
        channels[node][channel] = placement
    nodes = [
        Node(name, board, place, channels[name]) for name, board, place in fetch(conn, SQL["nodes"])
    ]
    counties = [County(*row) for row in fetch(conn, SQL["counties"])]
    townships = [Township(*row) for row in fetch(conn, SQL["townships"])]
    villages = [Village(*row) for row in fetch(conn, SQL["villages"])]
    places = [Field(*row) for row in fetch(conn, SQL["fields"])]
    placements = [Placement(*row) for row in fetch(conn, REGISTRY["placements"], village=None)]
    known = {each.id for each in places}
    observations = [StageObservation(*row) for row in fetch(conn, REGISTRY["stage_observations"])]
    seasons = [Season(*row) for row in fetch(conn, REGISTRY["seasons"])]
    networks, devices = site_devices.read(conn)
    return Configs(
        counties={each.code: each for each in counties},
        townships={each.code: each for each in townships},
        crops={},
        boards={},
        villages={each.id: each for each in villages},
        fields={each.id: each for each in places},
        seasons=tuple(each for each in seasons if each.field in known),
        stage_observations=tuple(each for each in observations if each.field in known),
        placements={each.id: each for each in placements},
        nodes={each.id: each for each in nodes},
        networks=networks,
        devices=devices,
    )


def counted(configs: Configs) -> dict[str, int]:
    """Return how many records of each kind are declared."""
    return {kind: len(getattr(configs, kind)) for kind in (*KINDS, "boards")}


def planned(conn: Connection, configs: Configs) -> Changes:
    """Say what taking `configs` in would do; nothing is written.

    The registry stands still from here to the end of the transaction, so that an import which
    follows does just this.

    Raises
    ------
    ExternalError
        When two would serve one placement at one time, or have one name.
    """
    hold_still(conn)
    before, after = read_site(conn), site_devices.without_retired(conn, configs)
    site_devices.refuse_two_servers(before, after)
    return compare(before, after)


def other_layouts(conn: Connection, layouts: Mapping[str, bytes]) -> list[str]:
    """Return the nodes whose layout is not the one of their board.

    Parameters
    ----------
    conn : Connection
    layouts : mapping of str to bytes
        Layout id by board type.
    """
    found = fetch(conn, SQL["node_layouts"])
    return [node for node, board, layout in found if layouts.get(board, layout) != layout]


def write(conn: Connection, changes: Changes, layouts: Mapping[str, bytes], at: datetime) -> None:
    """Write what is new and what changed; what is gone stays.

    The caller has begun a change of the registry, and the layouts are known.

    Parameters
    ----------
    conn : Connection
    changes : Changes
        What `planned` found in this transaction.
    layouts : mapping of str to bytes
        Layout id by board type.
    at : datetime
        When channels change what they serve, aware.
    """
    for kind, statement in _PLACES.items():
        _put(conn, SQL[statement], changes, kind)
    run(conn, SQL["put_series"])
    nodes = [x.after for x in (*changes.new("nodes"), *changes.changed("nodes"))]
    rows = [(x.id, x.board, x.field, layouts[x.board]) for x in nodes if isinstance(x, Node)]
    put(conn, SQL["put_nodes"], rows)
    for kind, statement in _FACTS.items():
        _put(conn, SQL[statement], changes, kind)
    _assign(conn, changes, at)
    site_devices.write(conn, changes, at, BY)
    touch(conn, [*(row[0] for row in rows), *(each.node for each in changes.hand_overs)])
    touch_serving(conn, [x.id for x in changes.changed("placements")])


def set_layouts(conn: Connection, nodes: Iterable[str], layouts: Mapping[str, bytes]) -> None:
    """Give nodes the layout of their board."""
    names = sorted(set(nodes))
    run(
        conn,
        SQL["set_layouts"],
        nodes=names,
        boards=list(layouts),
        layouts=[layouts[board] for board in layouts],
    )
    touch(conn, names)


def _put(conn: Connection, statement: str, changes: Changes, kind: str) -> None:
    changed = (*changes.new(kind), *changes.changed(kind))
    records = [x.after for x in changed if x.after is not None]
    if records:
        # values in the order of the declaration, which is that of the table
        columns = attrgetter(*(entry.name for entry in fields(records[0])))
        put(conn, statement, [columns(record) for record in records])


def _assign(conn: Connection, changes: Changes, at: datetime) -> None:
    ends: list[tuple[str, int]] = [(x.node, x.channel) for x in changes.hand_overs]
    begins: list[tuple[str, int, str]] = []
    for change in (*changes.new("nodes"), *changes.changed("nodes")):
        before, after = _channels(change.before), _channels(change.after)
        for channel in sorted(before.keys() | after.keys()):
            if before.get(channel) == after.get(channel):
                continue
            if channel in before:
                ends.append((change.id, channel))
            if channel in after:
                begins.append((change.id, channel, after[channel]))
    if ends:
        run(
            conn,
            SQL["end_assignments"],
            nodes=[node for node, _ in ends],
            channels=[channel for _, channel in ends],
            at=at,
        )
    if begins:
        run(
            conn,
            SQL["begin_assignments"],
            nodes=[node for node, _, _ in begins],
            channels=[channel for _, channel, _ in begins],
            placements=[placement for _, _, placement in begins],
            at=at,
        )


def _channels(record: object) -> Mapping[int, str]:
    return record.channels if isinstance(record, Node) else {}
