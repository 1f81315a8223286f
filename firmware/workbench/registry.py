"""What the workbench asks of the registry of nodes; the front door brings one that answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from firmware.wire.codec import Layout


@dataclass(frozen=True, slots=True)
class NodeKey:
    """A node's key (32 bytes) and the epoch it belongs to."""

    node: str
    epoch: int
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node as the registry knows it; `epoch` is None before it is enrolled."""

    node: str
    board: str
    village: str
    epoch: int | None
    last_seen: datetime | None


class UnknownNodeError(LookupError):
    """The registry has no node of this id, or no key for it; the message says which."""


class Registry(Protocol):
    """Registry of nodes and their keys."""

    def enroll(self, node_id: str, *, layout: Layout, at: datetime) -> NodeKey:
        """Give the node a new key in a new epoch; the epoch before it is retired."""

    def nodes(self) -> list[NodeInfo]:
        """All nodes, in order of their ids."""

    def key(self, node_id: str) -> NodeKey:
        """The node's key in its newest epoch; UnknownNodeError if it has none."""
