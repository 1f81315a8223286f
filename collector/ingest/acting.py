"""What nodes say of their outputs, out of a batch into the store, and what is to be told them."""

from __future__ import annotations

from datetime import datetime

from collector.control import alarms
from collector.control.heard import Heard
from collector.ingest.authenticity import Arrived
from collector.store.control import output_states
from collector.store.network.frames import BootId
from collector.store.postgres.db import Connection
from firmware.wire import outputs
from firmware.wire.codec import Event
from firmware.wire.outputs import Outputs, State


class Acting:
    """Gathers a batch's words of outputs, by node and start, and keeps them in one order.

    Parameters
    ----------
    heard : Heard, optional
        Is told where nodes are.
    """

    def __init__(self, heard: Heard | None = None) -> None:
        self._heard = heard
        self._begun: set[BootId] = set()
        self._said: dict[BootId, list[State | Outputs]] = {}

    def begin(self, one: Arrived, said: Event) -> None:
        """Take note of a start."""
        self._begun.add(BootId(one.node.id, one.epoch, said.boot))

    def hear(self, one: Arrived, said: Event) -> None:
        """Take note of states; DecodeError if they are none."""
        if said.kind == "output":
            found: State | Outputs = outputs.state_of(said.detail)
        else:
            found = outputs.outputs_of(said.detail)
        boot = BootId(one.node.id, one.epoch, said.boot)
        self._said.setdefault(boot, []).append(found)
        if self._heard is not None:
            self._heard.hear(boot, found.uptime)

    def finish(self, conn: Connection, now: datetime) -> None:
        """Write it all: of each node in turn, so that two collectors do not wait for each other."""
        nodes = sorted({boot.node for boot in self._said})
        if nodes:
            output_states.lock(conn, nodes)
        for boot in sorted(self._begun):
            output_states.begin(conn, boot)
        for boot, said in sorted(self._said.items(), key=lambda each: each[0]):
            output_states.take(conn, boot, said, now)
        if nodes:
            alarms.judge(conn, nodes, now)
