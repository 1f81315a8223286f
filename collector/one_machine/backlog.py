"""What the demonstration's nodes had measured before its first start, on its way to the store."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import click

from collector.one_machine.demo import DemoState
from collector.store.network import devices, frames
from collector.store.postgres.db import DatabaseDown, Pool

FRAMES_PER_NODE_AND_DAY = 24
SHOWN_SECONDS = 300.0
LOOK_SECONDS = 0.5
LATER_LOOK_SECONDS = 10.0


class Backlog:
    """The backlog of every node; it is open in the demonstration's state until all of it is in.

    Parameters
    ----------
    pool : Pool
    state : DemoState
        Says how many days the nodes had measured, until they are in.
    nodes : list of str
        The nodes that have one.
    """

    def __init__(self, pool: Pool, state: DemoState, nodes: list[str]) -> None:
        self.pool = pool
        self.state = state
        self.nodes = nodes
        self._next_look = 0.0

    @property
    def expected(self) -> int:
        """Frames of the whole backlog, those that are in included."""
        return len(self.nodes) * self._each

    @property
    def _each(self) -> int:
        return self.state.backlog_days * FRAMES_PER_NODE_AND_DAY

    def stored(self) -> int:
        """Frames of the backlog that the store holds; those of one node stand for no other.

        A node sends in order of time. So with a reading of after the first start, all of its
        backlog is in, also where it is smaller than it was to be.
        """
        with self.pool.connection() as conn:
            found, newest = frames.count_by_node(conn), devices.newest_readings(conn)
        opens = datetime.fromtimestamp(self.state.opens_unix, UTC)
        done = {node for node, time in newest.items() if time >= opens}
        return sum(
            self._each if node in done else min(found.get(node, 0), self._each)
            for node in self.nodes
        )

    def look(self) -> bool:
        """Close the backlog if all of it is in; tell whether it is closed."""
        if self.state.backlog_days and self.stored() >= self.expected:
            self.state.backlog_days = 0
            self.state.save()
        return not self.state.backlog_days

    def look_now_and_then(self) -> None:
        """Look every few seconds, while it is open."""
        if self.state.backlog_days and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LATER_LOOK_SECONDS
            try:
                self.look()
            except DatabaseDown:
                return  # the services say so

    def show(self, tend: Callable[[], None], logs: object) -> None:
        """Show how much is stored, until it is all there or time is up.

        Parameters
        ----------
        tend : callable
            Is called while it waits.
        logs : object
            Where the nodes' log is, for people.
        """
        expected, done = self.expected, 0
        deadline = time.monotonic() + SHOWN_SECONDS
        with click.progressbar(length=expected, label="backlog of the nodes [frames]") as bar:
            while not self.look() and time.monotonic() < deadline:
                tend()
                stored = self.stored()
                bar.update(stored - done)
                done = stored
                time.sleep(LOOK_SECONDS)
            if not self.state.backlog_days:
                bar.update(expected - done)
        if self.state.backlog_days:
            click.echo(
                f"{done} of {expected} frames came in {SHOWN_SECONDS:.0f} s; the rest follows; "
                f"the nodes' log is in {logs}"
            )
