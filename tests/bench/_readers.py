"""Many readers at once, each with a connection of its own that stays open."""

from __future__ import annotations

import selectors
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

#: An answer under way is waited for so long at the end [s].
LAST_S = 30.0
#: Who is told that a page is asked for by too many asks again after so long [s], as told.
BUSY, RETRY_S = 503, 5.0


@dataclass
class Reader:
    """A connection, what it reads next, and what has come of an answer."""

    sock: socket.socket
    at: int
    sent: float = 0.0
    got: bytearray = field(default_factory=bytearray)


@dataclass
class Found:
    """What a run found: times of answers [s], statuses, how long it took [s]."""

    times: list[float]
    statuses: dict[int, int]
    seconds: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def share(self, part: float) -> float:
        """The time [ms] within which so many of the answers came; infinite where none came."""
        if not self.times:
            return float("inf")
        ordered = sorted(self.times)
        return 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _ask(path: str, cookie: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: bench", "Accept-Encoding: gzip, deflate, br"]
    lines += [f"Cookie: {cookie}"] if cookie else []
    return "\r\n".join([*lines, "", ""]).encode()


def _whole(got: bytearray) -> int:
    """Status of an answer that has come whole, else 0."""
    end = got.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = bytes(got[:end]).lower()
    begin = head.index(b"content-length:") + 15
    length = int(head[begin:].split(b"\r\n", 1)[0])
    return int(head[9:12]) if len(got) >= end + 4 + length else 0


def _let_finish(crowd: list[Reader]) -> None:
    """Wait for the answers under way, so that the next run begins with an idle server."""
    for one in crowd:
        one.sock.settimeout(LAST_S)
        with suppress(OSError):
            while (
                one.got[9:12] != b"503" and not _whole(one.got) and (some := one.sock.recv(262144))
            ):
                one.got += some
        one.sock.close()


def read(
    port: int, paths: list[str], readers: int, seconds: float, cookie: str = "", warm: float = 1.0
) -> Found:
    """Let readers ask for paths in turn, each for the next as soon as its answer is there.

    One who is told to try again later does.

    Parameters
    ----------
    port
        Of a server on this machine.
    paths
        Each reader begins at another one.
    readers
        How many connections.
    seconds, warm
        How long answers are counted, and how long before they are not [s].
    cookie
        Of whoever is signed in.
    """
    selector = selectors.DefaultSelector()
    crowd = []
    for number in range(readers):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one = Reader(sock, number * len(paths) // readers)
        crowd.append(one)
        selector.register(sock, selectors.EVENT_READ, one)

    def ask(one: Reader) -> None:
        one.got.clear()
        one.sent = time.perf_counter()
        one.sock.sendall(_ask(paths[one.at % len(paths)], cookie))
        one.at += 1

    begin = time.perf_counter() + warm
    for one in crowd:
        ask(one)
    times: list[float] = []
    statuses: dict[int, int] = {}
    told_to_wait: list[tuple[float, Reader]] = []
    while (now := time.perf_counter()) < begin + seconds:
        while told_to_wait and told_to_wait[0][0] <= now:
            ask(told_to_wait.pop(0)[1])
        for key, _ in selector.select(timeout=0.2):
            one = key.data
            some = one.sock.recv(262144)
            assert some, f"the server closed: {bytes(one.got[:200])!r}"
            one.got += some
            status = _whole(one.got)
            if not status:
                continue
            if now >= begin:
                times.append(time.perf_counter() - one.sent)
                statuses[status] = statuses.get(status, 0) + 1
            if status == BUSY:
                told_to_wait.append((now + RETRY_S, one))
            else:
                ask(one)
    took = time.perf_counter() - begin
    _let_finish(crowd)
    return Found(times, statuses, took)
