"""A collector and its link to the broker, put together and run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from collector.clock import Clock
from collector.ingest.authenticity import Message
from collector.ingest.batches import Collector
from collector.ingest.broker import MqttLink
from collector.ingest.session import Session
from collector.keys import MasterKey
from collector.settings import BrokerTls
from collector.store.postgres.db import Pool


@contextmanager
def started(
    pool: Pool,
    master: MasterKey,
    clock: Clock,
    broker: str,
    shared_group: str | None = None,
    tls: BrokerTls | None = None,
    state_dir: Path | None = None,
) -> Iterator[tuple[Collector, MqttLink]]:
    """Run a collector on a thread of its own while the block lasts.

    Parameters
    ----------
    pool, master, clock
        As for `Collector`.
    broker, shared_group, tls
        As for `MqttLink`.
    state_dir : Path, optional
        Where the name is kept under which the broker knows this collector.
    """
    inbox: list[Callable[[Message], None]] = []
    session = Session(state_dir)
    link = MqttLink(broker, lambda message: inbox[0](message), shared_group, tls, session)
    collector = Collector(pool, master, clock, link)
    collector.link_trouble = lambda: link.trouble
    inbox.append(collector.put)
    worker = threading.Thread(target=collector.run, name="collector")
    link.start()
    worker.start()
    try:
        yield collector, link
    finally:
        collector.stopping.set()
        worker.join()
        link.stop()
