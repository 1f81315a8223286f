"""Nodes as technicians look for them: by urgency, in their part of the tree, and one with all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from collector.freshness import LATE_AFTER, SILENT_AFTER
from collector.permissions import Grant
from collector.store import items
from collector.store.items import Item
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run

SQL = queries.load("nodes")
STATES = ("silent", "never", "late", "works", "out")
#: How urgent a cause is: the one place that says it. What loses data for good stands first, what
#: will lose it next, what only makes one value doubtful last. Causes without a weight have `OTHER`.
#: Unverified: no technician has ranked them.
URGENCY: Mapping[str, int] = {
    "state.silent": 90,
    "identity_reused": 88,
    "node_refused": 85,
    "battery_falling": 80,
    "state.never": 70,
    "silent_placement": 60,
    "frozen_sensor": 55,
    "node_clock": 54,
    "sensor_stands": 52,
    "sensor_drifts": 51,
    "humidity_saturated": 51,
    "dew_point_unlike": 50,
    "unlike_neighbours": 50,
    "node_fault": 45,
    "frames_missing": 40,
    "frames_lost": 35,
    "readings_ahead": 30,
    "state.late": 20,
}
OTHER = 25
#: From so much on a node loses data, or will within days; below it one value is in doubt.
GRAVE, MIDDLING = 70, 30


@dataclass(frozen=True)
class Wanted:
    """What a list of nodes is asked for; '' leaves open.

    Attributes
    ----------
    text : str
        Part of a node's id or a village's id or name.
    county : str
    state : str
        One of `STATES`.
    cause : str
        A kind of item, or ``state.`` and a state.
    troubled : bool
        Only those with something to do.
    mine : int or None
        The person to whom something open about them was given.
    """

    text: str = ""
    county: str = ""
    state: str = ""
    cause: str = ""
    troubled: bool = False
    mine: int | None = None


@dataclass(frozen=True)
class Listed:
    """A node in a list; `surveyed` where somebody stood there, else it is its village's place.

    `urgency` is a weight of `URGENCY`, 0 where nothing is to do.
    """

    id: str
    board: str
    field: str
    last_seen: datetime | None
    village: str
    village_zh: str
    village_en: str
    county_zh: str
    county_en: str
    longitude: float | None
    latitude: float | None
    surveyed: bool
    state: str
    urgency: int

    @property
    def place(self) -> tuple[float, float] | None:
        """Longitude and latitude [degree], None where nobody measured its village."""
        if self.longitude is None or self.latitude is None:
            return None
        return self.longitude, self.latitude


@dataclass(frozen=True)
class Facts:
    """A node with where it stands; `revoked` and `retired` only where it has no key that counts.

    `update_key` is the public key of whose updates it takes, in hexadecimal.
    """

    id: str
    board: str
    field: str
    field_zh: str
    field_en: str
    layout: bytes | None
    enrolled: datetime | None
    last_seen: datetime | None
    village: str
    village_zh: str
    village_en: str
    township: str | None
    county: str
    county_zh: str
    county_en: str
    longitude: float | None
    latitude: float | None
    surveyed: bool
    epoch: int | None
    revoked: datetime | None
    retired: datetime | None
    update_key: str | None

    def state(self, now: datetime) -> str:
        """Name how it is: one of `STATES`, or revoked, retired or not_enrolled instead of out."""
        if self.epoch is None:
            return "revoked" if self.revoked else "retired" if self.retired else "not_enrolled"
        if self.last_seen is None:
            return "never"
        silent, late = self.last_seen < now - SILENT_AFTER, self.last_seen < now - LATE_AFTER
        return "silent" if silent else "late" if late else "works"


@dataclass(frozen=True)
class Channel:
    """What a channel of a node serves or served, with the newest reading of that series.

    `calibrated` is since when it counts as `slope` * value + `intercept`, None: as it is sent.
    """

    channel: int
    placement: str
    field: str
    quantity: str
    height_m: float | None
    wet_threshold: float | None
    series: int
    valid_from: datetime | None
    valid_to: datetime | None
    time: datetime | None
    value: float | None
    qc: int
    valid_time: datetime | None
    valid_value: float | None
    same_since: datetime | None
    calibrated: datetime | None = None
    slope: float | None = None
    intercept: float | None = None


@dataclass(frozen=True)
class Boot:
    """A start of a node; it began at `unix_s` [s since 1970 UTC] and is complete up to `seq`."""

    epoch: int
    boot: int
    unix_s: int | None
    cause: str | None
    torn: int
    received: datetime | None
    seq: int | None


@dataclass(frozen=True)
class NewestFrame:
    """The last frame in a node's own order."""

    epoch: int
    boot: int
    seq: int
    received: datetime
    state: str


@dataclass(frozen=True)
class Key:
    """A key of a node, without the key."""

    epoch: int
    created: datetime
    retired: datetime | None
    revoked: bool


def reach(within: Iterable[Grant]) -> dict[str, object]:
    """Return the parameters of a statement that keeps to the part of the tree of grants."""
    held = list(within)
    scopes: dict[str, object] = {
        level: [each.scope for each in held if each.level == level]
        for level in ("county", "township", "village")
    }
    return scopes | {"city": any(each.level == "city" for each in held)}


def _ages(at: datetime) -> dict[str, datetime]:
    return {"silent": at - SILENT_AFTER, "late": at - LATE_AFTER}


def listed(
    conn: Connection,
    within: Iterable[Grant],
    wanted: Wanted,
    at: datetime,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Listed], dict[str, int]]:
    """Return the nodes within the reach of grants, the most urgent first, and how many by state.

    Parameters
    ----------
    conn : Connection
    within : iterable of Grant
    wanted : Wanted
    at : datetime
        Aware; how long a node has been silent is counted to it.
    limit, offset : int
        How many, after how many. States are counted of all that text, county and `mine` leave.
    """
    rows = fetch(
        conn,
        SQL["list"],
        kinds=list(URGENCY),
        weights=list(URGENCY.values()),
        other=OTHER,
        **{f"of_{state}": URGENCY[f"state.{state}"] for state in ("silent", "never", "late")},
        of_county=wanted.county,
        text=wanted.text,
        state=wanted.state,
        cause=wanted.cause,
        troubled=wanted.troubled,
        mine=wanted.mine,
        limit=limit,
        offset=offset,
        **_ages(at),
        **reach(within),
    )
    return [Listed(*row[:-1]) for row in rows if row[0] is not None], dict(rows[0][-1])


def counts(conn: Connection, at: datetime) -> list[tuple[str, str, str, int, datetime | None]]:
    """Return how many nodes there are by county, board and state, and when the last of each that
    has a key was heard the longest ago.
    """
    return [tuple(row) for row in fetch(conn, SQL["counts"], **_ages(at))]


def newest_heard(conn: Connection) -> tuple[int, datetime | None]:
    """Return how many nodes there are, and when one was heard last."""
    ((nodes, heard),) = fetch(conn, SQL["newest_heard"])
    return int(nodes), heard


def counties(conn: Connection, within: Iterable[Grant]) -> list[tuple[str, str, str]]:
    """Return code, Chinese and English name of the counties that grants reach into."""
    return [tuple(row) for row in fetch(conn, SQL["counties"], **reach(within))]


def open_items_of(conn: Connection, nodes: Iterable[str]) -> dict[str, list[Item]]:
    """Return the open items of some nodes, the most urgent of each first."""
    found: dict[str, list[Item]] = {}
    for item in items.open_of(conn, nodes):
        found.setdefault(str(item.node), []).append(item)
    for each in found.values():
        each.sort(key=lambda item: -URGENCY.get(item.event.kind, OTHER))
    return found


def facts(conn: Connection, node: str) -> Facts | None:
    """Return a node with its place, None where there is none of this id."""
    rows = fetch(conn, SQL["node"], node=node)
    return Facts(*rows[0]) if rows else None


def channels(conn: Connection, node: str) -> list[Channel]:
    """Return what a node's channels serve, then what they served."""
    return [Channel(*row) for row in fetch(conn, SQL["channels"], node=node)]


def boots(conn: Connection, node: str, limit: int = 10) -> list[Boot]:
    """Return the newest starts of a node."""
    return [Boot(*row) for row in fetch(conn, SQL["boots"], node=node, limit=limit)]


def newest_frame(conn: Connection, node: str) -> NewestFrame | None:
    """Return a node's last frame, None where it never sent one."""
    rows = fetch(conn, SQL["newest_frame"], node=node)
    return NewestFrame(*rows[0]) if rows else None


def keys(conn: Connection, node: str) -> list[Key]:
    """Return a node's keys, the newest first."""
    return [Key(*row) for row in fetch(conn, SQL["keys"], node=node)]


@dataclass(frozen=True)
class Past:
    """What somebody did with a node, of whatever kind `handover` has."""

    kind: str
    at: datetime
    received: datetime
    name: str
    note: str
    longitude: float | None
    latitude: float | None
    detail: Mapping[str, object]


def history(conn: Connection, node: str, limit: int = 40) -> list[Past]:
    """Return what people did with a node, the newest first."""
    return [Past(*row) for row in fetch(conn, SQL["events"], node=node, limit=limit)]


def put_boot(
    conn: Connection, boot: tuple[str, int, int], cause: str, torn: int, received: datetime
) -> None:
    """Keep why a node began anew.

    Parameters
    ----------
    conn : Connection
    boot : tuple
        Node, epoch and number of the boot.
    cause : str
        As the node says it.
    torn : int
        How many bytes of its outbox were spoiled.
    received : datetime
        Aware.
    """
    node, epoch, number = boot
    run(
        conn,
        SQL["put_boot"],
        node=node,
        epoch=epoch,
        boot=number,
        cause=cause,
        torn=torn,
        received=received,
    )


def add_event(conn: Connection, **columns: object) -> None:
    """Keep an event of a node; `columns` are those of the table ``node_event``."""
    run(conn, SQL["add_event"], **columns)
