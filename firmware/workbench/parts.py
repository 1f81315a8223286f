"""What the workbench is given by the front door: the registry of nodes, board types, clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
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


class BoardChannel(Protocol):
    """One channel of a board type: what it measures, by which driver, where on which bus."""

    @property
    def number(self) -> int:
        """Channel number."""

    @property
    def quantity(self) -> str:
        """Name of a quantity of the vocabulary."""

    @property
    def driver(self) -> str:
        """Stem of a file in firmware/sensors/."""

    @property
    def bus(self) -> str:
        """The driver's bus."""

    @property
    def address(self) -> int | None:
        """Address or pin, None for the board's usual one."""

    @property
    def settings(self) -> Mapping[str, float]:
        """The driver's settings."""


class Board(Protocol):
    """A board type."""

    @property
    def sample_s(self) -> int:
        """Time between samples [s]."""

    @property
    def samples_per_frame(self) -> int:
        """Samples in a frame."""

    @property
    def channels(self) -> Sequence[BoardChannel]:
        """Its channels, in ascending number."""


class Clock(Protocol):
    """The clock that all parts share."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""

    def spec(self) -> str:
        """Return the text that says which clock it is."""


class Settings(Protocol):
    """Settings of this process."""

    @property
    def state_dir(self) -> Path:
        """Folder of what this installation keeps."""

    def need_broker(self) -> str:
        """Return the broker's address."""


class Parts(Protocol):
    """What the front door hands over."""

    def registry(self) -> Registry:
        """Return the registry of nodes."""

    def boards(self) -> Mapping[str, Board]:
        """Return the board types by id."""

    def layout_of(self, board: Board) -> Layout:
        """Return the channel layout that nodes of a board type speak on the wire."""

    def clock(self) -> Clock:
        """Return the shared clock."""

    def settings(self) -> Settings:
        """Return the settings."""


class PrintedTest(Protocol):
    """The self-test of a node in one language."""

    @property
    def passed(self) -> bool:
        """Whether all of it has passed."""

    @property
    def title(self) -> str:
        """Of which node, and since when."""

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        """Cells, row by row; the first row names the columns."""

    @property
    def outcome(self) -> str:
        """Whether all of it has passed, in words."""


class SelfTester(Protocol):
    """What `node selftest` is handed."""

    def registry(self) -> Registry:
        """Return the registry of nodes."""

    def clock(self) -> Clock:
        """Return the shared clock."""

    def self_test(self, node_id: str, since: datetime) -> Sequence[PrintedTest]:
        """Return the self-test of a node that is there, in each language."""


class WebSettings(Protocol):
    """Settings that a label needs."""

    @property
    def url(self) -> str | None:
        """The web's own address, where it was said."""


class LabelMaker(Protocol):
    """What `node label` is handed."""

    def registry(self) -> Registry:
        """Return the registry of nodes."""

    def settings(self) -> WebSettings:
        """Return the settings."""

    def draw_labels(self, node_ids: Sequence[str], home: str, kind: str) -> bytes:
        """Return the labels of nodes as a file of a kind: svg, png or pdf.

        ValueError with the mend where they cannot be drawn on this machine.
        """
