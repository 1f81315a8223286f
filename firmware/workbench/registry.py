"""What the workbench asks of the registry of nodes; the front door brings one that answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from firmware.wire.codec import Layout


class NodeKey(Protocol):
    """A node's key (32 bytes) and the epoch it belongs to."""

    @property
    def node(self) -> str:
        """Node id."""

    @property
    def epoch(self) -> int:
        """Key epoch."""

    @property
    def key(self) -> bytes:
        """The key, 32 bytes."""


class NodeInfo(Protocol):
    """A node as the registry knows it; `epoch` is None while it has no key that counts."""

    @property
    def id(self) -> str:
        """Node id."""

    @property
    def board(self) -> str:
        """Board type."""

    @property
    def village(self) -> str:
        """Village id."""

    @property
    def epoch(self) -> int | None:
        """Newest key epoch."""

    @property
    def last_seen(self) -> datetime | None:
        """When its last frame came in (UTC)."""

    @property
    def revoked(self) -> datetime | None:
        """When it was taken away (UTC), None unless it is."""


class Registry(Protocol):
    """Registry of nodes and their keys."""

    def enroll(
        self, node_id: str, *, layout: Layout | None, at: datetime, after_revocation: bool
    ) -> NodeKey:
        """Give the node a new key in a new epoch; the epoch before it is retired.

        A revoked node gets one only `after_revocation`.
        """

    def revoke(self, node_id: str, *, reason: str, by: str, at: datetime) -> int:
        """Let none of the node's keys count any more; return how many that were."""

    def nodes(self) -> Sequence[NodeInfo]:
        """All nodes, in order of their ids."""

    def key(self, node_id: str) -> NodeKey | None:
        """The node's key in its newest epoch, or None if it has none."""
