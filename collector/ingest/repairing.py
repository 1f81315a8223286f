"""Dead letters taken in after all: what an earlier program could not read, or had no place for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from collector.ingest.authenticity import Arrived, Message, Refusals, prove
from collector.ingest.bodies import lost_range, measured_since, read_frame
from collector.ingest.external import taking
from collector.ingest.known_nodes import KnownNodes
from collector.ingest.notes import Notes
from collector.ingest.placing import Placing
from collector.store import items
from collector.store.network import frames, letters
from collector.store.network.frames import BootId, NewFrame
from collector.store.network.letters import Letter
from collector.store.postgres.db import Connection
from firmware.wire import cbor, codec
from firmware.wire.codec import Frame

#: What may be of use after all. Times that cannot be right are the clock's (`frames.revive`), and a
#: second frame under a used name stays what it is.
REASONS = ("undecodable", "undecodable_event", "no_placement", "collector_fault")


@dataclass
class Repaired:
    """What became of letters: by reason those that were taken in, by why those that stay."""

    done: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    readings: int = 0

    def add(self, other: Repaired) -> None:
        """Count those of another round too."""
        self.done += other.done
        self.left += other.left
        self.readings += other.readings


def repair(conn: Connection, known: KnownNodes, found: Sequence[Letter], now: datetime) -> Repaired:
    """Take letters in where that is possible now; the caller commits.

    A frame is kept and placed as if it had been readable when it came; a report of lost frames
    counts; other news of nodes is out of date and stays where it is. Run again, it does no more.

    Parameters
    ----------
    conn : Connection
        Inside a transaction.
    known : KnownNodes
    found : sequence of Letter
        Of `REASONS`.
    now : datetime
        Aware.
    """
    work = _Repair(conn, known, now)
    for letter in found:
        why = work.take(letter)
        if why:
            work.result.left[why] += 1
    work.finish()
    return work.result


class _Repair:
    def __init__(self, conn: Connection, known: KnownNodes, now: datetime) -> None:
        self.conn = conn
        self.known = known
        self.now = now
        self.result = Repaired()
        self.taken: list[Letter] = []
        self.found: list[tuple[int, Frame, Arrived]] = []
        self.boots: set[BootId] = set()

    def take(self, letter: Letter) -> str:
        """Take a letter in; return why that cannot be, or nothing."""
        proven = prove(self.known, [Message(letter.topic, letter.bytes)])
        if proven.refused:
            return f"refused now: {proven.refused[0][1]}"
        if proven.external:
            why = self._take_external(letter, proven.external)
            self.taken += [] if why else [letter]
            return why
        (one,) = proven.arrived
        why = "it is neither a frame nor news"
        if letter.topic.endswith("/up"):
            why = self._take_frame(letter, one)
        elif letter.topic.endswith("/evt"):
            why = self._take_event(letter, one)
        if not why:
            self.taken.append(letter)
        return why

    def _take_frame(self, letter: Letter, one: Arrived) -> str:
        frame, identity, fault = read_frame(one)
        if frame is None or identity is None:
            return f"still unreadable: {fault}"
        if one.retired and measured_since(frame, one.retired):
            return "refused now: retired_epoch"
        if letter.state not in (None, frames.DEAD, frames.DECODED):
            return "its frame waits, and is placed by itself"
        row = letter.frame_row
        if row is None:
            new = NewFrame(identity, letter.received, frame.layout, frames.DECODED, letter.bytes)
            row = frames.insert_frames(self.conn, [new]).get(identity)
            if row is None:
                kept = frames.stored(self.conn, [identity])[identity]
                return "" if kept.same(letter.bytes) else "another frame is kept under its name"
        if frame.offset is not None and not letter.moved:
            frames.put_boot_offsets(self.conn, {identity.boot_id: frame.offset})
        elif letter.begins_s is not None:
            frame = frame._replace(offset=letter.begins_s)
        frames.set_state(self.conn, [row], frames.DECODED)
        self.boots.add(identity.boot_id)
        self.found.append((row, frame, one))
        return ""

    def _take_external(self, letter: Letter, found: Sequence[Message]) -> str:
        refused = Refusals(letter.received)
        came = taking.take(self.conn, found, letter.received, refused, sure=True)
        self.result.readings += came.readings
        return "".join(f"refused now: {reason}" for _, reason in list(refused.found)[:1])

    def _take_event(self, letter: Letter, one: Arrived) -> str:
        try:
            said = codec.decode_event(one.body)
        except cbor.DecodeError as error:
            return f"still unreadable: {error}"
        lost = lost_range(said)
        if lost is None:
            return "out of date" if said.kind != "lost" else "still unreadable: lost range"
        boot = BootId(one.node.id, one.epoch, lost[0])
        frames.put_lost(self.conn, boot, lost[1], lost[2], letter.received)
        self.boots.add(boot)
        return ""

    def finish(self) -> None:
        """Place what can be read; what is dead for the same reason as before stays."""
        notes = Notes(self.now)
        placing = Placing(self.conn, self.known, notes, sure=True)
        placing.place(self.found)
        again = {(x.bytes, x.reason.kind) for x in notes.letters}
        done = [x for x in self.taken if (x.bytes, x.reason.kind) not in again]
        self.result.left["as before"] += len(self.taken) - len(done)
        self.result.left = +self.result.left
        self.result.done = Counter(letter.reason.kind for letter in done)
        self.result.readings += placing.readings
        letters.mark(self.conn, (letter.number for letter in done), self.now)
        notes.write(self.conn)
        frames.advance_watermarks(self.conn, self.boots)
        pairs = ((letter.reason.kind, letter.node) for letter in done)
        for reason, node in letters.settled(self.conn, pairs):
            kind = "undecodable" if reason == "undecodable_event" else reason
            subjects = {x.node for x in done if x.node == node}
            subjects |= {
                f"{node}/{x.reason.params['channel']}"
                for x in done
                if x.node == node and x.reason.kind == "no_placement"
            }
            items.close_gone(self.conn, kind, sorted(subjects), self.now)
