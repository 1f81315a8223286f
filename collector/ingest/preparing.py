"""Batches on their way to the database: gathered, proven and read while the one before is written.

A batch is what came while the database was busy, so that it is small where little comes in and
waits for nothing, and large where much does.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

from collector.ingest.authenticity import Message, Proven, prove
from collector.ingest.bodies import read_frame
from collector.ingest.known_nodes import KnownNodes

BATCH_FRAMES = 500
#: How long a message waits for others while nobody is busy [s]: those that a node sends in one go.
LINGER_S = 0.005
#: How long nothing comes in before somebody looks at something else [s].
IDLE_S = 1.0

log = logging.getLogger("nongqing.ingest")


class Preparing:
    """Gathers messages on a thread of its own, one batch ahead of whoever takes them.

    Parameters
    ----------
    inbox : queue of Message
    known : callable
        Gives the registry as it was last read, or None; what is proven by another is proven again.
    """

    def __init__(self, inbox: queue.Queue[Message], known: Callable[[], KnownNodes | None]) -> None:
        self._inbox = inbox
        self._known = known
        self._ready: queue.Queue[Proven] = queue.Queue(1)
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="preparing", daemon=True)

    def start(self) -> None:
        """Begin to gather."""
        self._thread.start()

    def stop(self) -> None:
        """End; a batch that nobody took is lost unacknowledged, and comes again."""
        self._stopping.set()
        self._thread.join()

    def next(self) -> Proven | None:
        """Wait up to `IDLE_S` for a batch."""
        self._wanted.set()
        try:
            return self._ready.get(timeout=IDLE_S)
        except queue.Empty:
            return None
        finally:
            self._wanted.clear()

    def _run(self) -> None:
        while not self._stopping.is_set():
            batch = self._gather()
            if not batch:
                continue
            proven = self._prepare(batch)
            while not self._stopping.is_set():
                try:
                    self._ready.put(proven, timeout=IDLE_S)
                    break
                except queue.Full:
                    continue

    def _gather(self) -> list[Message]:
        try:
            batch = [self._inbox.get(timeout=IDLE_S / 2)]
        except queue.Empty:
            return []
        until = time.monotonic() + LINGER_S
        while len(batch) < BATCH_FRAMES:
            left = until - time.monotonic()
            try:
                batch.append(self._inbox.get(left > 0, left))
            except queue.Empty:
                if self._wanted.is_set() or self._stopping.is_set():
                    break
                until = time.monotonic() + LINGER_S
        return batch

    def _prepare(self, batch: list[Message]) -> Proven:
        known = self._known()
        if known is None:
            return Proven(batch)
        try:
            proven = prove(known, batch)
            for one in proven.arrived:
                if one.message.topic.endswith("/up"):
                    read_frame(one)
        except Exception:  # whoever stores it finds the message that does this, and sets it aside
            log.exception("a batch of %d messages cannot be prepared", len(batch))
            return Proven(batch)
        return proven
