"""What the collector must know of the registry to read a frame: keys, layouts, placements."""

from __future__ import annotations

import threading
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime

from collector.given import NOTHING, Given, pieces
from collector.keys import MasterKey
from collector.store.measured import qc_decisions
from collector.store.network import calibrations, limits, registry, registry_version
from collector.store.network.frames import BootId
from collector.store.network.registry import KeyRow
from collector.store.postgres.db import Connection
from firmware.wire.codec import Layout
from firmware.wire.quantities import by_name

# Without a freeze limit, the reading before is still wanted for the step check.
LOOK_BACK_H = 3.0
#: So many boots are remembered, and then all are forgotten.
MOST_BEGUN = 200_000


@dataclass(frozen=True)
class Service:
    """The series that a channel serves from a time on [s since 1970]; quantity is its id."""

    since: float
    until: float
    series: int
    quantity: int


@dataclass(frozen=True)
class Correction:
    """A channel's calibration from a time on [s since 1970]: `slope` * value + `intercept`."""

    since: float
    slope: float
    intercept: float


@dataclass(frozen=True)
class Newest:
    """What all channels of a layout serve from one time to another [s since 1970].

    `channels` are series, quantity and scale of each.
    """

    since: float
    until: float
    channels: tuple[tuple[int, int, int], ...]


@dataclass
class Node:
    """A device: its keys by epoch and, for each channel, its services in order of time.

    `corrections` are its calibrations, for each channel in order of time.
    """

    id: str
    enrolled: datetime | None = None
    keys: dict[int, KeyRow] = field(default_factory=dict)
    services: dict[int, list[Service]] = field(default_factory=dict)
    corrections: dict[int, list[Correction]] = field(default_factory=dict)
    _newest: dict[bytes, Newest | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def current(self) -> KeyRow | None:
        """The key that the node is to use now; None: it has none."""
        counts = (key for key in self.keys.values() if key.retired is None and not key.next)
        return next(counts, None)

    def answering(self, epoch: int) -> KeyRow | None:
        """The key to answer under to what was sealed in an epoch; None: the node has none."""
        key = self.keys.get(epoch)
        return key if key is not None and key.next else self.current

    def newest(self, layout: Layout) -> Newest | None:
        """Return what the channels of a layout serve now; None: not each serves, or is as sent."""
        if layout.id not in self._newest:
            self._newest[layout.id] = self._newest_of(layout)
        return self._newest[layout.id]

    def _newest_of(self, layout: Layout) -> Newest | None:
        numbers = [channel.number for channel in layout.channels]
        found = [services[-1] for n in numbers if (services := self.services.get(n))]
        if len(found) < len(numbers) or not self.corrections.keys().isdisjoint(numbers):
            return None
        scales = [channel.scale for channel in layout.channels]
        return Newest(
            max(one.since for one in found),
            min(one.until for one in found),
            tuple((s.series, s.quantity, scale) for s, scale in zip(found, scales, strict=True)),
        )

    def service(self, channel: int, time: int) -> Service | None:
        """Return what a channel served at a time [s since 1970]; None: nothing."""
        services = self.services.get(channel, ())
        if services and services[-1].since <= time:  # most are of the last
            return services[-1] if time < services[-1].until else None
        index = bisect_right(services, time, key=lambda service: service.since) - 1
        return services[index] if index >= 0 and time < services[index].until else None

    def corrected(self, channel: int, time: int, value: float) -> float:
        """Return what a value that a channel sent for a time counts as."""
        corrections = self.corrections.get(channel)
        if not corrections:
            return value
        index = bisect_right(corrections, float(time), key=lambda one: one.since) - 1
        if index < 0:
            return value
        return corrections[index].slope * value + corrections[index].intercept


@dataclass(frozen=True)
class KnownNodes:
    """The registry as of one version."""

    version: int
    nodes: dict[str, Node]
    layouts: dict[bytes, Layout]
    look_back_hours: dict[int, float]
    given: Given = NOTHING
    #: Boots whose beginning is kept for sure.
    begun: set[BootId] = field(default_factory=set)


def read_known_nodes(
    conn: Connection, master: MasterKey, before: KnownNodes | None = None
) -> KnownNodes:
    """Read what is needed from the registry.

    Parameters
    ----------
    conn : Connection
    master : MasterKey
        Opens the nodes' keys.
    before : KnownNodes, optional
        What was read of an earlier version: only the nodes that changed since are read again.

    Raises
    ------
    MasterKeyError
        When the master key is not the one that the node keys were encrypted under.
    """
    version = registry_version.version(conn)
    if before is not None and before.version > version:
        before = None  # the database went back in time, by a restored dump say
    since = -1 if before is None else before.version
    changed: dict[str, Node] = {}
    look_back: dict[int, float] = {}
    for key in registry.keys(conn, master, since):
        node = changed.setdefault(key.node, Node(key.node, key.enrolled))
        node.keys[key.epoch] = key
    for row in registry.assignments(conn, since):
        quantity = by_name(row.quantity)
        look_back[row.series] = max(quantity.freeze_h or 0.0, LOOK_BACK_H)
        valid_from = row.valid_from.timestamp() if row.valid_from else float("-inf")
        valid_to = row.valid_to.timestamp() if row.valid_to else float("inf")
        service = Service(valid_from, valid_to, row.series, quantity.id)
        changed.setdefault(row.node, Node(row.node)).services.setdefault(row.channel, []).append(
            service
        )
    for one in calibrations.counting(conn, since):
        correction = Correction(one.valid_from.timestamp(), one.slope, one.intercept)
        node = changed.setdefault(one.node, Node(one.node))
        node.corrections.setdefault(one.channel, []).append(correction)
    begun: set[BootId] = set()
    if before is not None:
        changed, look_back = before.nodes | changed, before.look_back_hours | look_back
        begun = before.begun if len(before.begun) < MOST_BEGUN else begun
    given = read_given(conn)
    for series, hours in given.freeze_hours().items():
        look_back[series] = max(hours, look_back.get(series, 0.0))
    return KnownNodes(version, changed, registry.layouts(conn), look_back, given, begun)


def read_given(conn: Connection) -> Given:
    """Read what was given for single series: their own limits, and what was struck."""
    own = [(one.series, one.since, one.until, one) for one in limits.counting(conn)]
    return Given(pieces(own), pieces(qc_decisions.struck(conn)))


class Registry:
    """The registry as it was last read, for threads that share it.

    Parameters
    ----------
    master : MasterKey
        Opens the nodes' keys.

    Attributes
    ----------
    known : KnownNodes or None
        None until it is read, and after `forget`.
    """

    def __init__(self, master: MasterKey) -> None:
        self.known: KnownNodes | None = None
        self._master = master
        self._lock = threading.Lock()

    def stale(self, conn: Connection) -> bool:
        """Tell whether the registry is another in this transaction."""
        known = self.known
        return known is None or registry_version.version(conn) != known.version

    def current(self, conn: Connection) -> KnownNodes:
        """Return the registry as it stands in this transaction."""
        with self._lock:
            if self.known is None or registry_version.version(conn) != self.known.version:
                self.known = read_known_nodes(conn, self._master, self.known)
            return self.known

    def forget(self) -> None:
        """Read everything anew: the database may have come back as another."""
        with self._lock:
            self.known = None
