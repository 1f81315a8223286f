"""A line as a phone has it: so long there and back, so wide, shared by all its connections."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PIECE = 1400


@dataclass
class Line:
    """A proxy before a port of this machine.

    Parameters
    ----------
    target
        Port that it leads to.
    rtt
        There and back [s]; opening the first connection takes as much. This side opens at once
        what a browser must wait for; a request that finds its second connection still opening
        goes by the first as soon as that is free, so the opening of others is not waited for.
    bandwidth
        Down [bit/s]; up is as wide.
    """

    target: int
    rtt: float
    bandwidth: float
    port: int = 0
    down: int = 0
    up: int = 0
    connections: int = 0

    def __post_init__(self) -> None:
        self._free = {"down": 0.0, "up": 0.0}

    async def _carry(
        self, way: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter, opened: float
    ) -> None:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, piece = await waiting.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not piece:
                    break
                sink.write(piece)
            sink.close()

        arriving = asyncio.create_task(deliver())
        try:
            while piece := await source.read(PIECE):
                setattr(self, way, getattr(self, way) + len(piece))
                start = max(self._free[way], loop.time(), opened)
                self._free[way] = start + 8 * len(piece) / self.bandwidth
                waiting.put_nowait((self._free[way] + self.rtt / 2, piece))
        except ConnectionError:
            pass
        waiting.put_nowait((0.0, b""))
        await arriving

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self.connections += 1
        wait = self.rtt if self.connections == 1 else 0.0
        opened = asyncio.get_running_loop().time() + wait
        far, forth = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(
            self._carry("up", near, forth, opened),
            self._carry("down", far, back, 0.0),
            return_exceptions=True,
        )

    async def _serve(self, ready: threading.Event) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(
            lambda near, back: tasks.add(asyncio.create_task(self._connected(near, back))),
            "127.0.0.1",
            0,
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @contextmanager
    def open(self) -> Iterator[Line]:
        """Keep the line open while the block runs."""
        ready = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._stop.set)
            thread.join(10)
