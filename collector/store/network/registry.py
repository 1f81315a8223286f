"""The registry: places, crops in the ground, devices, their keys and what each channel serves."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from datetime import datetime

from collector.keys import MasterKey
from collector.store.network import sites
from collector.store.network.registry_version import begin_change, touch
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, put, run
from field_configs.board import layout_of
from field_configs.changes import Changes
from field_configs.schema import Configs, Field, Placement, Season, StageObservation
from firmware.wire.codec import Layout, make_layout
from firmware.wire.quantities import nearest
from firmware.wire.seal import KEY_BYTES

SQL = queries.load("registry")


class UnknownNode(StoreError, KeyError):  # noqa: N818 - named for what happened
    """A node that the registry does not hold."""

    def __init__(self, node: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = nearest(node, known) if known else None
        hint = f' (did you mean "{near}"?)' if near else ""
        self.message = (
            f"node {node}: not in the registry{hint}; declare it in field_configs/sites/ and run "
            "`nongqing sites import`"
        )
        super().__init__(self.message)

    def __str__(self) -> str:
        """Return the message without a KeyError's quotes."""
        return self.message


class NodeRevoked(StoreError):  # noqa: N818 - named for what happened
    """A node that was taken away is to get a key."""

    def __init__(self, node: str, at: datetime, by: str, reason: str) -> None:
        super().__init__(
            f"node {node}: was revoked on {at:%Y-%m-%d %H:%M} UTC by {by} ({reason}); if the "
            f"device is in good hands again: nongqing node enroll {node} --after-revocation"
        )


@dataclass(frozen=True)
class VillageRow:
    """A village with the names of its county and township and what it holds.

    Longitude and latitude [degree] are None where `position` is "unknown".
    """

    id: str
    zh: str
    en: str
    county: str
    county_zh: str
    county_en: str
    township: str | None
    township_zh: str | None
    township_en: str | None
    longitude: float | None
    latitude: float | None
    position: str
    fields: int
    nodes: int

    @property
    def place(self) -> tuple[float, float] | None:
        """Longitude and latitude [degree], where they are known."""
        if self.longitude is None or self.latitude is None:
            return None
        return self.longitude, self.latitude


@dataclass(frozen=True)
class NodeRow:
    """A device; `epoch` is None until it is enrolled, `last_seen` until its first frame.

    `revoked` is when it was taken away; `version` what it runs; `update_key` who updates it.
    """

    id: str
    board: str
    field: str
    village: str
    layout: bytes | None
    epoch: int | None
    enrolled: datetime | None
    last_seen: datetime | None
    revoked: datetime | None
    version: str | None
    update_key: str | None = None


@dataclass(frozen=True)
class NodeKey:
    """A node's current key, 32 bytes, and its epoch."""

    node: str
    epoch: int
    key: bytes


@dataclass(frozen=True)
class KeyRow:
    """A node's key of one epoch.

    `retired` is when it ceased to count, because a later epoch took over or, with `revoked`,
    because the node was taken away: then nothing that it sealed, whenever that was, is taken in.
    `next` is one that the node was told to change to, and has not yet.
    """

    node: str
    epoch: int
    key: bytes
    retired: datetime | None
    enrolled: datetime | None
    revoked: bool
    next: bool = False


@dataclass(frozen=True)
class Assignment:
    """A device channel served a series from one time (None: ever) to another (None: still)."""

    node: str
    channel: int
    series: int
    quantity: str
    valid_from: datetime | None
    valid_to: datetime | None


# Import ---------------------------------------------------------------------------------------


def import_configs(
    conn: Connection,
    configs: Configs,
    at: datetime,
    source: str = "field_configs",
    changes: Changes | None = None,
) -> dict[str, int]:
    """Take declared places, seasons and devices into the registry; nothing is deleted.

    A channel that serves another placement than before is closed at `at` and opened again; its
    first placement counts since the device exists, so that a backlog finds its place. A placement
    of a node that is not declared any more changes hands when a declared node serves it.

    Parameters
    ----------
    conn : Connection
    configs : Configs
        What `field_configs.load.load` returned.
    at : datetime
        Time of the import, aware.
    source : str
        Where the configurations came from, for the import's history.
    changes : Changes, optional
        What `sites.planned` found in this transaction.

    Returns
    -------
    dict of str to int
        Number of records declared, by kind.
    """
    changes = sites.planned(conn, configs) if changes is None else changes
    known = layouts(conn)
    declared = {board.id: layout_of(board) for board in configs.boards.values()}
    by_board = {board: layout.id for board, layout in declared.items()}
    for board, layout in declared.items():
        if layout.id not in known:
            put_layout(conn, layout, at, board)
    if changes.new() or changes.changed() or changes.hand_overs:
        begin_change(conn)
        sites.write(conn, changes, by_board, at)
    stale = sites.other_layouts(conn, by_board)
    if stale:
        begin_change(conn)
        sites.set_layouts(conn, stale, by_board)
    counts = sites.counted(configs)
    run(conn, SQL["note_import"], at=at, source=source, counts=json.dumps(counts))
    return counts


def add_villages(conn: Connection, configs: Configs, at: datetime, source: str) -> int:
    """Take in the declared villages that the registry does not have yet; return how many.

    Parameters are those of `import_configs`; what is there already stays as it is.
    """
    known = sites.read_site(conn).villages
    new = {name: each for name, each in configs.villages.items() if name not in known}
    import_configs(conn, replace(configs, villages=new), at, source)
    return len(new)


# Places ---------------------------------------------------------------------------------------


def villages(conn: Connection) -> list[VillageRow]:
    """Return all villages, by county and id."""
    return [VillageRow(*row) for row in fetch(conn, SQL["villages"], village=None)]


def village(conn: Connection, village_id: str) -> VillageRow | None:
    """Return one village, None where there is none of this id."""
    rows = fetch(conn, SQL["villages"], village=village_id)
    return VillageRow(*rows[0]) if rows else None


def fields(conn: Connection, village_id: str | None = None, *, own: bool = False) -> list[Field]:
    """Return the fields of a village, or all; with `own` also people's own, without their names."""
    return [Field(*row) for row in fetch(conn, SQL["fields"], village=village_id, own=own)]


def field(conn: Connection, field_id: str) -> Field | None:
    """Return a field that everybody may see, None where there is none of this id."""
    rows = fetch(conn, SQL["field"], field=field_id)
    return Field(*rows[0]) if rows else None


def seasons(conn: Connection, at: datetime | None = None) -> list[Season]:
    """Return the latest season of each field that was sown by the local day of `at`, or all.

    Whether a season is over by then is for the crop's `longest_days` to say.
    """
    if at is None:
        return [Season(*row) for row in fetch(conn, SQL["seasons"])]
    return [Season(*row) for row in fetch(conn, SQL["seasons_at"], at=at)]


def seasons_of(conn: Connection, field_id: str) -> list[Season]:
    """Return all seasons of one field, the newest first."""
    return [Season(*row) for row in fetch(conn, SQL["seasons_of"], field=field_id)]


def stage_observations(conn: Connection) -> list[StageObservation]:
    """Return all observed growth stages."""
    return [StageObservation(*row) for row in fetch(conn, SQL["stage_observations"])]


def observe(conn: Connection, seen: StageObservation) -> None:
    """Keep a growth stage that somebody saw; the same one twice is kept once."""
    put(conn, sites.SQL["put_stage_observations"], [astuple(seen)])


def placements(conn: Connection, village_id: str | None = None) -> list[Placement]:
    """Return the placements of a village, or all."""
    return [Placement(*row) for row in fetch(conn, SQL["placements"], village=village_id)]


# Devices --------------------------------------------------------------------------------------


def nodes(
    conn: Connection, node_id: str | None = None, *, village: str | None = None
) -> list[NodeRow]:
    """Return all devices, the one of this id, or those of a village, with their key's epoch."""
    return [NodeRow(*row) for row in fetch(conn, SQL["nodes"], node=node_id, village=village)]


def enroll(
    conn: Connection,
    master: MasterKey,
    node_id: str,
    *,
    at: datetime,
    layout: Layout | None = None,
    after_revocation: bool = False,
) -> NodeKey:
    """Give a node a new key under the next epoch; the former key is retired at `at`.

    Parameters
    ----------
    conn : Connection
    master : MasterKey
        Encrypts the key for the database.
    node_id : str
        A node of the registry.
    at : datetime
        Time of the enrolment, aware.
    layout : Layout, optional
        Channel layout that the node is configured with, where it is not its board's.
    after_revocation : bool
        Whether a node that was taken away may come back.

    Raises
    ------
    UnknownNode
        When the registry does not hold the node.
    NodeRevoked
        When it was taken away, and nobody said that it may come back.
    """
    lock(conn, node_id)
    revoked = fetch(conn, SQL["standing_revocation"], node=node_id)
    if revoked and not after_revocation:
        raise NodeRevoked(node_id, *revoked[0])
    if layout is not None:
        put_layout(conn, layout, at)
    run(conn, SQL["retire_keys"], node=node_id, at=at)
    ((epoch,),) = fetch(conn, SQL["next_epoch"], node=node_id)
    run(conn, SQL["drop_next_key"], node=node_id)
    key = secrets.token_bytes(KEY_BYTES)
    encrypted = master.encrypt(node_id, epoch, key)
    run(conn, SQL["add_key"], node=node_id, epoch=epoch, encrypted=encrypted, at=at)
    run(conn, SQL["set_enrolled"], node=node_id, at=at, layout=layout.id if layout else None)
    touch(conn, [node_id])
    return NodeKey(node_id, epoch, key)


def lock(conn: Connection, node_id: str) -> None:
    """Begin a change of one node; UnknownNode when the registry does not hold it."""
    begin_change(conn)
    if not fetch(conn, SQL["lock_node"], node=node_id):
        raise UnknownNode(node_id, (row[0] for row in fetch(conn, SQL["node_ids"])))


def revoke(conn: Connection, node_id: str, *, reason: str, by: str, at: datetime) -> int:
    """Take a node away: none of its keys, of whatever epoch, opens anything from now on.

    Parameters
    ----------
    conn : Connection
    node_id : str
        A node of the registry.
    reason, by : str
        Why, and who says so; both are kept.
    at : datetime
        Time of the revocation, aware.

    Returns
    -------
    int
        How many keys were revoked; 0 where none was left, then nothing is written.

    Raises
    ------
    UnknownNode
        When the registry does not hold the node.
    """
    lock(conn, node_id)
    run(conn, SQL["drop_next_key"], node=node_id)
    epochs = fetch(conn, SQL["revoke_keys"], node=node_id, at=at)
    if epochs:
        run(conn, SQL["note_revocation"], node=node_id, at=at, reason=reason, by=by)
        touch(conn, [node_id])
    return len(epochs)


def key(conn: Connection, master: MasterKey, node_id: str) -> NodeKey | None:
    """Return a node's current key, None where it has none."""
    rows = fetch(conn, SQL["current_key"], node=node_id)
    if not rows:
        return None
    epoch, encrypted = rows[0]
    return NodeKey(node_id, epoch, master.decrypt(node_id, epoch, encrypted))


def keys(conn: Connection, master: MasterKey, since: int = -1) -> list[KeyRow]:
    """Return the keys of all nodes and epochs, retired and revoked ones too.

    With `since`, only those of nodes that changed after this version of the registry.
    """
    return [
        KeyRow(node, epoch, master.decrypt(node, epoch, encrypted), *rest)
        for node, epoch, encrypted, *rest in fetch(conn, SQL["keys"], since=since)
    ]


def put_layout(conn: Connection, layout: Layout, at: datetime, board: str | None = None) -> None:
    """Make a channel layout known; frames that waited for it can then be decoded."""
    begin_change(conn)
    channels = json.dumps([list(channel) for channel in layout.channels])
    run(conn, SQL["put_layout"], id=layout.id, board=board, channels=channels, at=at)


def layouts(conn: Connection) -> dict[bytes, Layout]:
    """Return all known channel layouts by id."""
    return {
        layout_id: make_layout([tuple(channel) for channel in channels])
        for layout_id, channels in fetch(conn, SQL["layouts"])
    }


def assignments(conn: Connection, since: int = -1) -> list[Assignment]:
    """Return what each device channel serves and served.

    With `since`, only of nodes that changed after this version of the registry.
    """
    return [Assignment(*row) for row in fetch(conn, SQL["assignments"], since=since)]
