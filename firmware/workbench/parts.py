"""What the workbench is given by the front door: the registry of nodes, board types, clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from firmware.wire.codec import Layout
from firmware.workbench.board_parts import Alarm as Alarm
from firmware.workbench.board_parts import Battery as Battery
from firmware.workbench.board_parts import Board as Board
from firmware.workbench.board_parts import BoardChannel as BoardChannel
from firmware.workbench.board_parts import PowerPolicy as PowerPolicy
from firmware.workbench.board_parts import Solar as Solar


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

    @property
    def version(self) -> str | None:
        """Which program it said that it runs, None while it has not."""

    @property
    def update_key(self) -> str | None:
        """Public key of whose updates it takes, in hexadecimal; None where it takes none."""


class NodeTold(Protocol):
    """A command to a node and what came of it; None where it has not answered."""

    number: int
    word: str
    shown: Mapping[str, Any]
    made: datetime
    made_by: str
    times: int
    result: str | None
    more: Any


class NodeNotTaken(Protocol):
    """How many messages a node did not take for a reason, as it said last."""

    node: str
    reason: str
    count: int
    received: datetime


class Registry(Protocol):
    """Registry of nodes and their keys."""

    def enroll(
        self,
        node_id: str,
        *,
        layout: Layout | None,
        at: datetime,
        after_revocation: bool,
        update_key: str | None,
    ) -> NodeKey:
        """Give the node a new key in a new epoch; the epoch before it is retired.

        A revoked node gets one only `after_revocation`. Its updates are signed with the key of
        `update_key`; without, it takes none.
        """

    def trust(self, nodes: Iterable[str], update_key: str) -> None:
        """Note that nodes take updates signed with the key of this public one."""

    def revoke(self, node_id: str, *, reason: str, by: str, at: datetime) -> int:
        """Let none of the node's keys count any more; return how many that were."""

    def tell(
        self,
        node_id: str,
        word: str,
        argument: object,
        shown: Mapping[str, Any],
        *,
        by: str,
        at: datetime,
        expires: datetime,
    ) -> int:
        """Keep a command to a node for sending; return its number."""

    def know_layout(self, layout: Layout, *, at: datetime) -> None:
        """Make a channel layout known, so that frames of it can be read."""

    def told(self, node_id: str) -> Sequence[NodeTold]:
        """What the node was told, newest first."""

    def refused(self, node_id: str | None = None) -> Sequence[NodeNotTaken]:
        """Messages that the node, or every node, did not take."""

    def nodes(self) -> Sequence[NodeInfo]:
        """All nodes, in order of their ids."""

    def key(self, node_id: str) -> NodeKey | None:
        """The node's key in its newest epoch, or None if it has none."""


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
