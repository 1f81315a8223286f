"""What nodes wrote against what the store holds."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from collector.ingest.bodies import span
from collector.store.network import registry
from collector.store.postgres import db
from firmware.wire import codec, seal

Name = tuple[str, int, int]


@dataclass
class Books:
    """What nodes wrote and what the store holds."""

    written: int
    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    misread: list[str] = field(default_factory=list)
    mistimed: list[str] = field(default_factory=list)
    resent: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    lag_s: float = 0.0

    @property
    def balanced(self) -> bool:
        """Tell whether every frame is there once, with its readings, and no other."""
        return not self.wrong

    @property
    def wrong(self) -> list[str]:
        """What is not as it was written, or as it is without a fault."""
        found = self.missing + self.altered + self.doubled + self.invented + self.misread
        return found + self.mistimed + self.resent + self.slow + self.ended


def written(journal: Path) -> dict[Name, str]:
    """Return the SHA-256 of every frame in the nodes' journals."""
    found = {}
    for path in sorted(journal.glob("*.txt")):
        # the last line may be torn: its frame is on flash, but the journal cannot say so
        for line in path.read_text().splitlines():
            words = line.split()
            if len(words) == 3 and len(words[2]) == 64:
                found[path.stem, int(words[0]), int(words[1])] = words[2]
    return found


def kept(dsn: str) -> dict[Name, str]:
    """Return the SHA-256 of every frame in the store."""
    conn = db.connect(dsn)
    try:
        with conn, conn.cursor() as cur:
            cur.execute("SELECT node, boot, seq, sealed FROM frame")
            return {
                (node, boot, seq): hashlib.sha256(sealed).hexdigest()
                for node, boot, seq, sealed in cur
            }
    finally:
        conn.close()


def doubled(dsn: str) -> list[str]:
    """Frames that are there more than once."""
    conn = db.connect(dsn)
    with conn, conn.cursor() as cur:
        cur.execute("SELECT node, boot, seq FROM frame GROUP BY 1, 2, 3 HAVING count(*) > 1")
        found = [f"{row}" for row in cur]
    conn.close()
    return found


def misread(dsn: str) -> list[str]:
    """Frames whose readings are not there, each once, with the values that they carry."""
    conn = db.connect(dsn)
    with conn, conn.cursor() as cur:
        layouts = registry.layouts(conn)
        cur.execute(
            "SELECT frame_id, extract(epoch FROM time)::bigint, value FROM reading ORDER BY 2"
        )
        there: dict[int, list[tuple[int, float | None]]] = {}
        for row, at, value in cur:
            there.setdefault(row, []).append((at, value))
        cur.execute("SELECT id, node, sealed, state FROM frame")
        found = []
        for row, node, sealed, state in cur:
            frame = codec.decode(seal.parse(bytes(sealed))[1])
            name = (node, frame.boot, frame.seq)
            if frame.offset is None:
                continue
            if state != "decoded":
                found.append(f"{name} is in state {state}")
                continue
            carried = [
                (one.time, one.value)
                for one in codec.readings(frame, layouts[frame.layout])
                if one.reason != codec.NOT_FITTED
            ]
            if sorted(carried, key=str) != sorted(there.get(row, []), key=str):
                found.append(f"readings of {name}")
    conn.close()
    return found


def mistimed(dsn: str, nodes: Iterable[str], off_s: float) -> list[str]:
    """Nodes whose newest frame tells another time than the clock of receipt.

    Parameters
    ----------
    dsn : str
    nodes : iterable of str
    off_s : float
        By how much it may differ [s].
    """
    conn = db.connect(dsn)
    with conn, conn.cursor() as cur:
        cur.execute(
            "SELECT DISTINCT ON (node) node, extract(epoch FROM received)::bigint, sealed "
            "FROM frame WHERE node = ANY(%s) ORDER BY node, boot DESC, seq DESC",
            (sorted(nodes),),
        )
        found = []
        for node, received, sealed in cur:
            frame = codec.decode(seal.parse(bytes(sealed))[1])
            if frame.offset is None or abs(received - span(frame)[1]) > off_s:
                told = "no time" if frame.offset is None else f"{span(frame)[1] - received:+d} s"
                found.append(f"the clock of {node}: {told}")
    conn.close()
    return found


def torn(name: Name, known: dict[Name, str]) -> bool:
    """Tell whether a frame may be the one between flash and journal at a power cut."""
    node, boot, seq = name
    last = max((s for n, b, s in known if (n, b) == (node, boot)), default=-1)
    return seq == last + 1


def readings(dsn: str) -> tuple[int, int]:
    """Return the number of readings and of conflicts in the store."""
    conn = db.connect(dsn)
    with conn, conn.cursor() as cur:
        cur.execute(
            "SELECT (SELECT count(*) FROM reading), (SELECT count(*) FROM reading_conflict)"
        )
        count, conflicts = cur.fetchone()
    conn.close()
    return count, conflicts


def wait_until_kept(dsn: str, names: dict[Name, str], seconds: float, still: float = 1e9) -> float:
    """Wait until frames are in the store; return how long it took [s], or `seconds`.

    No longer than `still` while none of them comes: those that are left are lost.
    """
    start = moved = time.monotonic()
    before = len(names)
    while left := names.keys() - kept(dsn).keys():
        now = time.monotonic()
        if len(left) < before:
            before, moved = len(left), now
        if now - start > seconds or now - moved > still:
            return seconds
        time.sleep(0.1)
    return time.monotonic() - start
