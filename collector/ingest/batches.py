"""The collector: takes sealed messages from the broker, stores them, acknowledges what is safe.

The broker's client has a thread of its own and only puts messages into a bounded queue. The
caller's thread takes them out in batches; each batch is one transaction. A node hears that a
frame is safe only after the commit, from rows read back, and the broker then too. While the
database does not answer, the batch in hand is kept and tried again; what no longer fits the queue
stays with the broker.
"""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from collector.clock import Clock
from collector.control.heard import Heard
from collector.ingest import intake, sealing
from collector.ingest.acknowledging import acknowledgements
from collector.ingest.authenticity import Message, Proven
from collector.ingest.clock_watch import ClockWatch
from collector.ingest.external.taking import cut
from collector.ingest.inbox import Inbox
from collector.ingest.known_nodes import KnownNodes, Registry
from collector.ingest.preparing import Preparing
from collector.ingest.updating import Updating
from collector.keys import MasterKey, MasterKeyError
from collector.store import items
from collector.store.control import output_orders
from collector.store.items import Found
from collector.store.network import frames, node_commands, server_clock
from collector.store.network.frames import BootId, FrameId
from collector.store.network.node_commands import ToSend
from collector.store.postgres import rights
from collector.store.postgres.connecting import free_locks_when_silent
from collector.store.postgres.db import (
    Connection,
    DatabaseDown,
    DatabaseUnfit,
    Pool,
    TransactionRollback,
)
from field_configs.events import Event, event
from firmware.wire import topics

QUEUE_FRAMES = 20_000
NOTE_STATE_SECONDS = 10.0
# Items about the state of this process and machine; each closes when its trouble is over.
STATE_KINDS = {"server_clock", "broker_silent", "broker_not_trusted", "broker_hangs_up",
               "broker_refuses", "broker_refuses_topics"}  # fmt: skip
ROOM_SECONDS = 0.5
# A transaction that takes longer has a connection whose other end is gone without a word; twice as
# long after each that was ended for it, in case the database is only slow.
HANGING_SECONDS, HANGING_MOST_SECONDS = 60.0, 960.0
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

log = logging.getLogger("nongqing.ingest")


@dataclass
class Counters:
    """What a collector has done since it started."""

    messages: int = 0
    batches: int = 0
    new_frames: int = 0
    readings: int = 0
    refused: int = 0
    dead: int = 0
    waited: int = 0
    acks: int = 0
    commands: int = 0
    parts: int = 0
    retries: int = 0

    def __str__(self) -> str:
        """Name every figure that is not zero."""
        figures = [f"{value} {name}" for name, value in asdict(self).items() if value]
        return ", ".join(figures).replace("_", " ") or "nothing came in"


class Link(Protocol):
    """Where acknowledgements go."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message with QoS 1."""
        ...

    def done(self, messages: Iterable[Message]) -> None:
        """Tell the broker that messages are stored."""
        ...


class Collector:
    """Stores batches of messages and acknowledges them.

    Parameters
    ----------
    pool : Pool
        Connections to the database.
    master : MasterKey
        Opens the nodes' keys.
    clock : Clock
        Gives the time of receipt, and the time in acknowledgements.
    link : Link
        Where acknowledgements go.
    queue_frames : int
        Most messages that wait.
    monotonic : callable
        Real time that nobody sets, to hold the clock against [s].
    beside : Collector, optional
        Another one of this process, for other nodes: what is known of the registry and of the
        clock is one for both, and that one speaks for the machine.

    Attributes
    ----------
    link_trouble : callable
        Says why nothing comes in from the broker, or None.
    patience : float
        How long a transaction may take [s].
    """

    def __init__(
        self,
        pool: Pool,
        master: MasterKey,
        clock: Clock,
        link: Link,
        queue_frames: int = QUEUE_FRAMES,
        monotonic: Callable[[], float] = time.monotonic,
        beside: Collector | None = None,
    ) -> None:
        self.pool = pool
        pool.on_open = free_locks_when_silent
        self.master = master
        self.clock = clock
        self.link = link
        self.counters = Counters()
        self.link_trouble: Callable[[], Event | None] = lambda: None
        self.stopping = threading.Event()
        self._inbox = Inbox(queue_frames)
        self._speaks = beside is None
        self._registry: Registry = beside._registry if beside else Registry(master)
        self._watch: ClockWatch = beside._watch if beside else ClockWatch(clock, monotonic)
        self._settled = 0
        self._updating = Updating(clock, monotonic)
        self._where: Heard = beside._where if beside else Heard(clock, monotonic)
        self._host = socket.gethostname()
        self._noted: tuple[tuple[str, Event | None, int], float] | None = None
        self._unfit = False
        self._failure: BaseException | None = None
        self.patience = HANGING_SECONDS

    def put(self, message: Message) -> None:
        """Hand a message in, from any thread; waits, and counts it, while the queue is full.

        Who waits reads no more from the broker. What waits when the collector stops is lost
        unacknowledged, and comes again.
        """
        message = cut(message)
        try:
            self._inbox.put_nowait(message)
        except queue.Full:
            self.counters.waited += 1
            while not self.stopping.is_set():
                with suppress(queue.Full):
                    return self._inbox.put(message, timeout=ROOM_SECONDS)

    def run(self) -> None:
        """Store batches until `stopping` is set; the batch in hand is finished if it can be."""
        preparing = Preparing(self._inbox, lambda: self._registry.known)
        preparing.start()
        try:
            self._retry(self._prove_rights)
            self._retry(self._refresh)
            while not self.stopping.is_set():
                batch = preparing.next()
                self._retry(partial(self._take_in, batch) if batch else self._idle)
        except MasterKeyError as error:
            self._failure = error  # one line for a person, by way of `check`
        except BaseException as error:
            self._failure = error
            raise
        finally:
            preparing.stop()

    def check(self) -> None:
        """Raise what ended `run` on another thread, if anything did, and free it where it hangs."""
        self.free([self])
        self.fail()

    def fail(self) -> None:
        """Raise what ended `run` on another thread, if anything did."""
        if self._failure is not None:
            raise self._failure

    @staticmethod
    def free(lanes: Sequence[Collector]) -> None:
        """End connections that hang, by the patience of whichever of `lanes` has the most."""
        patience = max(lane.patience for lane in lanes)
        if lanes[0].pool.hang_up(patience):
            lanes[0].pool.hang_up(patience / 2)  # what began a moment later waits for the same end
            log.warning("a transaction took over %g s; its connection is ended", patience)
            for lane in lanes:
                lane.patience = min(2 * patience, HANGING_MOST_SECONDS)

    def _retry(self, work: Callable[[], object]) -> None:
        """Do work until it is done, waiting longer and longer while the database is away."""
        for attempt in range(1 << 30):
            try:
                work()
            except (DatabaseDown, TransactionRollback) as error:
                self.counters.retries += 1
                if isinstance(error, DatabaseDown):
                    self._registry.forget()
                    self._updating.forget()
                if attempt == 0 and isinstance(error, DatabaseUnfit):
                    self._note_unfit(error)
                wait = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]
                log.warning(
                    "%s; trying again in %.1f s. Until then nodes keep their frames and send them "
                    "again; nothing is lost",
                    error,
                    wait,
                )
                if self.stopping.wait(wait):
                    return
            else:
                if self._unfit:
                    self._note_unfit(None)
                return

    def _note_unfit(self, error: DatabaseUnfit | None) -> None:
        """Raise an item, where the database takes as much as that; without an error, close it."""
        now = self.clock.now()
        with suppress(DatabaseDown), self.pool.connection() as conn:
            if error is not None:
                found = Found(event("database_unfit", detail=str(error)), "database")
                items.raise_items(conn, [found], now)
            else:
                items.close_gone(conn, "database_unfit", ["database"], now)
            self._unfit = error is not None

    def _prove_rights(self) -> None:
        """Find out before the first frame whether it can be kept."""
        with self.pool.connection() as conn:
            rights.prove(conn, self.pool.dsn)

    def _idle(self) -> None:
        """Look whether the registry changed while nothing comes in."""
        if not self._speaks:
            return
        with self.pool.connection() as conn:
            changed = self._registry.stale(conn)
            self._look(conn)
            self._note_state(conn)
        if changed or self._settled != self._watch.settled:
            self._refresh()
        self._command()

    def _refresh(self) -> None:
        """Read what changed in the registry, then the frames that waited for something in it."""
        settled = self._watch.settled
        revives = self._speaks and self._settled != settled
        while True:
            with self.pool.connection() as conn:
                if revives:
                    frames.revive(conn)
                known = self._registry.current(conn)
                taken = intake.replay(conn, known, self._look(conn), self._watch)
            revives = False
            if not taken:
                break
        self._settled = settled  # not before: what fails on the way is done again

    def _look(self, conn: Connection) -> datetime:
        """Return the time, after holding the clock against what else tells it."""
        system = self.clock.spec() == "system"
        return self._watch.look(server_clock.kept(conn, self._host, system=system))

    def _note_state(self, conn: Connection) -> None:
        """Keep what the clock says and whether the broker lets us hear; now and then, or if new."""
        if not self._speaks:
            return
        doubt, trouble = self._watch.judge(), self.link_trouble()
        state = doubt, trouble, self._watch.settled
        at = self._watch.monotonic()
        if self._noted is not None and self._noted[0] == state and at < self._noted[1]:
            return
        now = self.clock.now()
        server_clock.put(conn, self._host, now, doubt)
        found = [] if trouble is None else [Found(trouble, self._host)]
        if doubt:
            unsure = event("server_clock", host=self._host, reason=doubt, said=now)
            found.append(Found(unsure, self._host))
        there = {one.event.kind for one in found}
        for kind in sorted(STATE_KINDS - there):
            items.close_gone(conn, kind, [self._host], now)
        items.raise_items(conn, found, now)
        self._noted = state, at + NOTE_STATE_SECONDS

    def store(self, messages: Sequence[Message] | Proven) -> None:
        """Store one batch in one transaction, then acknowledge it.

        Raises
        ------
        DatabaseDown, TransactionRollback
            When nothing of it was stored, or it is not known; storing it again is harmless.
        """
        proven = messages if isinstance(messages, Proven) else Proven(messages)
        before = self._registry.known
        with self.pool.connection() as conn:
            known = self._registry.current(conn)
            now = self._look(conn)
            beside = self._watch, self._updating, self._where
            outcome = intake.take(conn, known, proven, now, *beside)
        known.begun.update(outcome.begun)
        counters = self.counters
        counters.batches += 1
        counters.messages += len(proven.messages)
        counters.new_frames += outcome.new_frames
        counters.readings += outcome.readings
        counters.refused += outcome.refused.total()
        counters.dead += outcome.dead
        if outcome.boots:
            with self.pool.connection() as conn:
                marks = intake.advance(conn, outcome.boots, outcome.next_ones)
                self._note_state(conn)
            self._acknowledge(known, outcome.ids, marks)
        counters.parts += self._send("part", known, outcome.parts)
        if outcome.heard:
            self._command(outcome.heard)
        if before is not known or self._settled != self._watch.settled:
            self._refresh()

    def _command(self, heard: Collection[str] = ()) -> None:
        """Tell nodes what they are to do: what is new, and to who was heard what waits."""
        with self.pool.connection() as conn:
            now = self.clock.now()
            found = node_commands.take(conn, self.master, now, heard)
            found += output_orders.take(conn, now, self._where.where)
            known = self._registry.current(conn) if found else None
        if known is not None:
            self.counters.commands += self._send("cmd", known, found)

    def _send(self, kind: str, known: KnownNodes, found: Iterable[ToSend]) -> int:
        """Seal and publish what is for nodes; return how much of it their keys allow."""
        sent = 0
        for one in found:
            node = known.nodes.get(one.node)
            key = node.keys.get(one.epoch) if node else None
            if key is not None:
                topic = topics.topic(one.node, kind)
                self.link.publish(topic, sealing.sealed(key.key, key.epoch, topic, one.body))
                sent += 1
        return sent

    def _take_in(self, batch: Proven) -> None:
        """Store a batch, then let the broker forget it."""
        self._store_or_set_aside(batch)
        self.patience = HANGING_SECONDS
        self.link.done(batch.messages)

    def _store_or_set_aside(self, batch: Proven) -> None:
        """Store a batch; a message that makes the collector fail must not stop the others."""
        messages = batch.messages
        try:
            self.store(batch)
        except (DatabaseDown, TransactionRollback, MasterKeyError):
            raise
        except Exception as error:
            if len(messages) > 1:
                for message in messages:
                    self._store_or_set_aside(Proven([message]))
                return
            log.exception("a message on %s makes the collector fail", messages[0].topic)
            with self.pool.connection() as conn:
                intake.set_aside(conn, messages[0], error, self.clock.now())

    def _acknowledge(
        self, known: KnownNodes, ids: Iterable[FrameId], marks: dict[BootId, int]
    ) -> None:
        """Tell each node which of its frames are safe."""
        now = self._watch.sure()
        told = None if now is None else int(now.timestamp())
        for topic, message in acknowledgements(known, ids, marks, told):
            self.link.publish(topic, message)
            self.counters.acks += 1
