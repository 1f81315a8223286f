"""The registry: places, crops in the ground, devices, their keys and what each channel serves."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2.extras import execute_values

from collector.keys import MasterKey
from collector.store import queries
from collector.store.db import Connection, StoreError
from field_configs.board import layout_of
from field_configs.schema import Configs, Field, Node, Placement, Season, StageObservation
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


@dataclass(frozen=True)
class VillageRow:
    """A village with the names of its county and township and what it holds."""

    id: str
    zh: str
    en: str
    county: str
    county_zh: str
    county_en: str
    township: str | None
    township_zh: str | None
    township_en: str | None
    longitude: float
    latitude: float
    position: str
    fields: int
    nodes: int


@dataclass(frozen=True)
class NodeRow:
    """A device; `epoch` is None until it is enrolled, `last_seen` until its first frame."""

    id: str
    board: str
    field: str
    village: str
    layout: bytes | None
    epoch: int | None
    enrolled: datetime | None
    last_seen: datetime | None


@dataclass(frozen=True)
class NodeKey:
    """A node's current key, 32 bytes, and its epoch."""

    node: str
    epoch: int
    key: bytes


@dataclass(frozen=True)
class KeyRow:
    """A node's key of one epoch; `retired` once a later epoch took over."""

    node: str
    epoch: int
    key: bytes
    retired: datetime | None
    enrolled: datetime | None


@dataclass(frozen=True)
class Assignment:
    """A device channel served a series from one time (None: ever) to another (None: still)."""

    node: str
    channel: int
    series: int
    quantity: str
    valid_from: datetime | None
    valid_to: datetime | None


def _rows(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall()


def _run(conn: Connection, name: str, **params: Any) -> None:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)


def _put(conn: Connection, name: str, rows: Sequence[tuple[Any, ...]]) -> int:
    if rows:
        with conn.cursor() as cur:
            execute_values(cur, SQL[name], rows, page_size=1000)
    return len(rows)


# Import ---------------------------------------------------------------------------------------


def import_configs(
    conn: Connection, configs: Configs, at: datetime, source: str = "field_configs"
) -> dict[str, int]:
    """Take declared places, seasons and devices into the registry; nothing is deleted.

    A channel that serves another placement than before is closed at `at` and opened anew; its
    first placement counts since the device exists, so that a backlog finds its place.

    Parameters
    ----------
    conn : Connection
    configs : Configs
        What `field_configs.load.load` returned.
    at : datetime
        Time of the import, aware.
    source : str
        Where the configurations came from, for the import's history.

    Returns
    -------
    dict of str to int
        Number of records taken, by kind.
    """
    c = configs
    counts = {
        "counties": _put(conn, "put_counties", [(x.code, x.zh, x.en) for x in c.counties.values()]),
        "townships": _put(
            conn,
            "put_townships",
            [(x.code, x.county, x.zh, x.en) for x in c.townships.values()],
        ),
        "villages": _put(
            conn,
            "put_villages",
            [
                (x.id, x.zh, x.en, x.county, x.township, x.longitude, x.latitude, x.position)
                for x in c.villages.values()
            ],
        ),
        "fields": _put(
            conn,
            "put_fields",
            [(x.id, x.village, x.zh, x.en, x.kind, x.area_ha) for x in c.fields.values()],
        ),
        "seasons": _put(
            conn,
            "put_seasons",
            [
                (x.field, x.crop, x.variety, x.resistance, x.sown, x.previous_crop, x.harvested)
                for x in c.seasons
            ],
        ),
        "stage_observations": _put(
            conn,
            "put_stage_observations",
            [(x.field, x.crop, x.date, x.bbch, x.by) for x in c.stage_observations],
        ),
        "placements": _put(
            conn,
            "put_placements",
            [
                (x.id, x.field, x.quantity, x.height_m, x.wet_threshold)
                for x in c.placements.values()
            ],
        ),
        "boards": len(c.boards),
        "nodes": len(c.nodes),
    }
    _run(conn, "put_series")
    layouts = {board.id: layout_of(board) for board in c.boards.values()}
    for board_id, layout in layouts.items():
        put_layout(conn, layout, at, board_id)
    for node in c.nodes.values():
        _put_node(conn, node, layouts[node.board].id, at)
    _run(conn, "note_import", at=at, source=source, counts=json.dumps(counts))
    _run(conn, "changed")
    return counts


def _put_node(conn: Connection, node: Node, layout: bytes, at: datetime) -> None:
    _run(conn, "put_node", id=node.id, board=node.board, field=node.field, layout=layout)
    current = dict(_rows(conn, "current_assignments", node=node.id))
    for channel in current.keys() | node.channels.keys():
        if current.get(channel) == node.channels.get(channel):
            continue
        if channel in current:
            _run(conn, "end_assignment", node=node.id, channel=channel, at=at)
        if channel in node.channels:
            _run(
                conn,
                "begin_assignment",
                node=node.id,
                channel=channel,
                placement=node.channels[channel],
                at=at,
            )


# Places ---------------------------------------------------------------------------------------


def villages(conn: Connection) -> list[VillageRow]:
    """Return all villages, by county and id."""
    return [VillageRow(*row) for row in _rows(conn, "villages", village=None)]


def village(conn: Connection, village_id: str) -> VillageRow | None:
    """Return one village, None where there is none of this id."""
    rows = _rows(conn, "villages", village=village_id)
    return VillageRow(*rows[0]) if rows else None


def fields(conn: Connection, village_id: str | None = None) -> list[Field]:
    """Return the fields of a village, or all."""
    return [Field(*row) for row in _rows(conn, "fields", village=village_id)]


def seasons(conn: Connection, at: datetime | None = None) -> list[Season]:
    """Return the latest season of each field that was sown by the local day of `at`, or all.

    Whether a season is over by then is for the crop's `longest_days` to say.
    """
    if at is None:
        return [Season(*row) for row in _rows(conn, "seasons")]
    return [Season(*row) for row in _rows(conn, "seasons_at", at=at)]


def stage_observations(conn: Connection) -> list[StageObservation]:
    """Return all observed growth stages."""
    return [StageObservation(*row) for row in _rows(conn, "stage_observations")]


def placements(conn: Connection, village_id: str | None = None) -> list[Placement]:
    """Return the placements of a village, or all."""
    return [Placement(*row) for row in _rows(conn, "placements", village=village_id)]


# Devices --------------------------------------------------------------------------------------


def nodes(conn: Connection, node_id: str | None = None) -> list[NodeRow]:
    """Return all devices, or the one of this id, each with its current key epoch."""
    return [NodeRow(*row) for row in _rows(conn, "nodes", node=node_id)]


def enroll(
    conn: Connection,
    master: MasterKey,
    node_id: str,
    *,
    at: datetime,
    layout: Layout | None = None,
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

    Raises
    ------
    UnknownNode
        When the registry does not hold the node.
    """
    if not _rows(conn, "lock_node", node=node_id):
        raise UnknownNode(node_id, (row[0] for row in _rows(conn, "node_ids")))
    if layout is not None:
        put_layout(conn, layout, at)
    _run(conn, "retire_keys", node=node_id, at=at)
    ((epoch,),) = _rows(conn, "next_epoch", node=node_id)
    key = secrets.token_bytes(KEY_BYTES)
    encrypted = master.encrypt(node_id, epoch, key)
    _run(conn, "add_key", node=node_id, epoch=epoch, encrypted=encrypted, at=at)
    _run(conn, "set_enrolled", node=node_id, at=at, layout=layout.id if layout else None)
    _run(conn, "changed")
    return NodeKey(node_id, epoch, key)


def retire(conn: Connection, node_id: str, at: datetime) -> None:
    """Retire a node's key: what it sends from now on is refused."""
    _run(conn, "retire_keys", node=node_id, at=at)
    _run(conn, "changed")


def key(conn: Connection, master: MasterKey, node_id: str) -> NodeKey | None:
    """Return a node's current key, None where it has none."""
    rows = _rows(conn, "current_key", node=node_id)
    if not rows:
        return None
    epoch, encrypted = rows[0]
    return NodeKey(node_id, epoch, master.decrypt(node_id, epoch, encrypted))


def keys(conn: Connection, master: MasterKey) -> list[KeyRow]:
    """Return the keys of all nodes and epochs, retired ones too."""
    return [
        KeyRow(node, epoch, master.decrypt(node, epoch, encrypted), retired, enrolled)
        for node, epoch, encrypted, retired, enrolled in _rows(conn, "keys")
    ]


def put_layout(conn: Connection, layout: Layout, at: datetime, board: str | None = None) -> None:
    """Make a channel layout known; frames that waited for it can then be decoded."""
    channels = json.dumps([list(channel) for channel in layout.channels])
    _run(conn, "put_layout", id=layout.id, board=board, channels=channels, at=at)
    _run(conn, "changed")


def layouts(conn: Connection) -> dict[bytes, Layout]:
    """Return all known channel layouts by id."""
    return {
        layout_id: make_layout([tuple(channel) for channel in channels])
        for layout_id, channels in _rows(conn, "layouts")
    }


def assignments(conn: Connection) -> list[Assignment]:
    """Return what each device channel serves and served."""
    return [Assignment(*row) for row in _rows(conn, "assignments")]


def version(conn: Connection) -> int:
    """Return a number that every change of the registry raises."""
    ((number,),) = _rows(conn, "version")
    return int(number)
