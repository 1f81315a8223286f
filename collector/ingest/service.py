"""A collector and its link to the broker, put together and run."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from collector.clock import Clock
from collector.ingest.authenticity import Message
from collector.ingest.broker import MqttLink
from collector.ingest.lanes import Lanes
from collector.ingest.session import Session
from collector.keys import MasterKey
from collector.settings import BrokerTls
from collector.store.postgres.db import Pool

#: After how many things Python looks for those that hold each other alone, among the new ones, the
#: older, and all. Its own 700, 10, 10 took a sixth of the collector's time, and found nothing.
GARBAGE_AFTER = 100_000, 50, 50


def look_for_garbage_seldom() -> None:
    """Let what stands now stand, and look through the rest seldom; for a process of its own."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)


@contextmanager
def started(
    pool: Pool,
    master: MasterKey,
    clock: Clock,
    broker: str,
    shared_group: str | None = None,
    tls: BrokerTls | None = None,
    state_dir: Path | None = None,
) -> Iterator[tuple[Lanes, MqttLink]]:
    """Run a collector on threads of its own while the block lasts.

    Parameters
    ----------
    pool, master, clock
        As for `Lanes`.
    broker, shared_group, tls
        As for `MqttLink`.
    state_dir : Path, optional
        Where the name is kept under which the broker knows this collector.
    """
    inbox: list[Callable[[Message], None]] = []
    session = Session(state_dir)
    link = MqttLink(broker, lambda message: inbox[0](message), shared_group, tls, session)
    collector = Lanes(pool, master, clock, link)
    collector.hear_trouble(lambda: link.trouble)
    inbox.append(collector.put)
    link.start()
    collector.start()
    try:
        yield collector, link
    finally:
        collector.stop()
        link.stop()
