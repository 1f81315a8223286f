"""Where nodes with outputs are by what they said here, on a clock that nobody sets."""

from __future__ import annotations

import threading
from collections.abc import Callable

from collector.clock import Clock
from collector.store.control.output_orders import Now
from collector.store.network.frames import BootId

#: What was heard longer ago is asked for again: a node's clock may be slower than ours [s].
OLD_S = 3600


class Heard:
    """The newest start of each node and its uptime, of what came in here.

    A message that was long on its way makes the uptime less than it is, never more: so the latest
    zero of uptime that follows from any message is not too early.

    Parameters
    ----------
    clock : Clock
        Says how fast its time passes.
    monotonic : callable
        Real time that nobody sets [s].
    """

    def __init__(self, clock: Clock, monotonic: Callable[[], float]) -> None:
        self._rate = 1 / clock.real_seconds(1.0)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._nodes: dict[str, tuple[tuple[int, int], float, float]] = {}

    def hear(self, boot: BootId, uptime: int) -> None:
        """Take note of what a node says its uptime is [s]."""
        now = self._monotonic() * self._rate
        start = (boot.epoch, boot.boot)
        with self._lock:
            known = self._nodes.get(boot.node)
            if known is None or known[0] < start:
                self._nodes[boot.node] = start, uptime - now, now
            elif known[0] == start:
                self._nodes[boot.node] = start, max(known[1], uptime - now), now

    def where(self, node: str) -> Now | None:
        """Return where a node is now; None where that is not known, or of too long ago."""
        now = self._monotonic() * self._rate
        with self._lock:
            known = self._nodes.get(node)
        if known is None or now - known[2] > OLD_S:
            return None
        (epoch, boot), base, _ = known
        return Now(epoch, boot, max(0, int(base + now)))
