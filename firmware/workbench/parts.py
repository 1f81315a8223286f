"""What the workbench is given by the front door: the registry of nodes, board types, clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

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
    def settings(self) -> Mapping[str, Any]:
        """The driver's settings."""


class Alarm(Protocol):
    """A threshold at which a frame goes at once."""

    @property
    def channel(self) -> int:
        """Channel number."""

    @property
    def below(self) -> float | None:
        """The alarm begins below this, in the quantity's unit."""

    @property
    def above(self) -> float | None:
        """The alarm begins above this, in the quantity's unit."""

    @property
    def back(self) -> float:
        """The alarm ends at this."""


class PowerPolicy(Protocol):
    """What a board does when its battery runs low."""

    @property
    def saving_below(self) -> float:
        """Measures less often below this [V]."""

    @property
    def survival_below(self) -> float:
        """Only says that it lives below this [V]."""

    @property
    def back(self) -> float:
        """So much above a limit its mode is left [V]."""

    @property
    def saving_s(self) -> int:
        """Time between samples while it saves [s]."""

    @property
    def survival_s(self) -> int:
        """Time between signs of life [s]."""

    @property
    def deep_sleep(self) -> bool:
        """Whether it sleeps deeply between samples."""

    @property
    def supply_pin(self) -> int | None:
        """Pin that switches what feeds the sensors on a converter; None: nothing does."""

    @property
    def supply_s(self) -> float:
        """How long they are fed before each sample [s]."""


class Battery(Protocol):
    """The battery that a board type lives on."""

    @property
    def mah(self) -> float:
        """Its charge [mAh]."""

    @property
    def volts(self) -> float:
        """Its usual voltage [V]."""

    @property
    def usable(self) -> float:
        """Share of it that can be used."""


class Solar(Protocol):
    """The solar panel of a board type."""

    @property
    def watts(self) -> float:
        """Its greatest power [W]."""

    @property
    def sun_h(self) -> float:
        """Hours of full sun that a day of the darkest month is worth."""

    @property
    def efficiency(self) -> float:
        """Share that arrives in the battery."""


class Board(Protocol):
    """A board type."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def zh(self) -> str:
        """Name in Chinese."""

    @property
    def en(self) -> str:
        """Name in English."""

    @property
    def alarms(self) -> Sequence[Alarm]:
        """Its alarms."""

    @property
    def power(self) -> PowerPolicy | None:
        """Its power policy; None: it has none."""

    @property
    def link(self) -> Mapping[str, Any]:
        """What carries its messages, as node.json has it."""

    @property
    def battery(self) -> Battery | None:
        """Its battery; None: nobody said."""

    @property
    def solar(self) -> Solar | None:
        """Its solar panel; None: it has none."""

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
