"""A collector's lanes: what one takes in while another waits for the database.

All messages of a node go by one lane, in their order. The broker is told what is stored in the
order in which it came, over all lanes.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import fields
from zlib import crc32

from collector.clock import Clock
from collector.ingest.authenticity import Message
from collector.ingest.batches import QUEUE_FRAMES, Collector, Counters, Link
from collector.keys import MasterKey
from collector.store.postgres.db import Pool
from field_configs.events import Event
from firmware.wire.topics import PREFIX

#: More would wait for Python's lock, not for the database.
LANES = 2


class InOrder:
    """A link that hears what is done in the order in which it came.

    Parameters
    ----------
    link : Link
    """

    def __init__(self, link: Link) -> None:
        self.publish = link.publish
        self._link = link
        self._lock = threading.Lock()
        self._waiting: OrderedDict[tuple[int, int], Message | None] = OrderedDict()

    def came(self, message: Message) -> None:
        """Note that a message is on its way to a lane."""
        if message.came is not None:
            with self._lock:
                self._waiting[message.came] = None

    def done(self, messages: Iterable[Message]) -> None:
        """Tell the link of messages, and of those that waited for them."""
        with self._lock:
            for message in messages:
                if message.came is not None and message.came in self._waiting:
                    self._waiting[message.came] = message
            ready = []
            while self._waiting:
                came, first = next(iter(self._waiting.items()))
                if first is None:
                    break
                ready.append(first)
                del self._waiting[came]
            self._link.done(ready)


class Lanes:
    """Collectors beside one another, each on a thread of its own, that look like one.

    Parameters
    ----------
    pool, master, clock, link, monotonic
        As for `Collector`.
    lanes : int
        How many.
    """

    def __init__(
        self,
        pool: Pool,
        master: MasterKey,
        clock: Clock,
        link: Link,
        lanes: int = LANES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = InOrder(link)
        parts = pool, master, clock, self._link, QUEUE_FRAMES // lanes, monotonic
        first = Collector(*parts)
        self._lanes = [first, *(Collector(*parts, beside=first) for _ in range(lanes - 1))]
        self._threads = [
            threading.Thread(target=lane.run, name=f"collector-{number}", daemon=True)
            for number, lane in enumerate(self._lanes)
        ]

    def hear_trouble(self, trouble: Callable[[], Event | None]) -> None:
        """Say who knows why nothing comes in from the broker."""
        self._lanes[0].link_trouble = trouble

    def start(self) -> None:
        """Begin to take in."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; the batches in hand are finished if they can be."""
        for lane in self._lanes:
            lane.stopping.set()
        for thread in self._threads:
            thread.join()

    def put(self, message: Message) -> None:
        """Hand a message in, from one thread; waits while its lane is full."""
        self._link.came(message)
        topic = message.topic
        whose = topic[: topic.rfind("/")] if topic.startswith(PREFIX) else topic
        self._lanes[crc32(whose.encode()) % len(self._lanes)].put(message)

    def check(self) -> None:
        """Raise what ended a lane, if anything did, and free one that hangs."""
        Collector.free(self._lanes)
        for lane in self._lanes:
            lane.fail()

    @property
    def counters(self) -> Counters:
        """What all lanes have done since they started."""
        return Counters(
            **{
                one.name: sum(getattr(lane.counters, one.name) for lane in self._lanes)
                for one in fields(Counters)
            }
        )
