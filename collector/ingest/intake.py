"""From a batch of sealed messages to committed rows, and what may be acknowledged.

One transaction takes a batch: seals are checked, frames kept, those that were new decoded, their
readings checked and inserted. Nothing here knows the broker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from collector.checks import check
from collector.ingest.authenticity import Arrived, Message, prove
from collector.ingest.known_nodes import KnownNodes, Node
from collector.ingest.reading_table import ReadingTable, SortedReadings
from collector.store import frames, reading_log
from collector.store.db import Connection
from collector.store.frames import BootId, DeadLetter, FrameId, NewFrame
from collector.store.reading_log import READING
from firmware.wire import cbor, codec, seal, topics
from firmware.wire.codec import Frame

BEFORE_ENROLMENT = timedelta(days=400)
AFTER_NOW = timedelta(days=1)
REPLAY_ROUND = 200


@dataclass
class Outcome:
    """What a batch came to; after the commit, `ids` may be acknowledged."""

    ids: set[FrameId] = field(default_factory=set)
    boots: set[BootId] = field(default_factory=set)
    new_frames: int = 0
    readings: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    dead: int = 0


def take(
    conn: Connection, known: KnownNodes, messages: Sequence[Message], now: datetime
) -> Outcome:
    """Take a batch of messages into the store; the caller commits.

    Parameters
    ----------
    conn : Connection
        Inside a transaction.
    known : KnownNodes
        Keys, layouts and assignments as of this transaction.
    messages : sequence of Message
        In the order of arrival.
    now : datetime
        Time of receipt, aware.

    Returns
    -------
    Outcome
    """
    arrived, refused = prove(known, messages, now)
    batch = _Batch(conn, known, now)
    batch.outcome.refused.update({x.reason: x.count for x in refused})
    batch.take_events([x for x in arrived if x.message.topic.endswith("/evt")])
    batch.take_frames([x for x in arrived if x.message.topic.endswith("/up")])
    batch.replay(frames.WAITING_TIME)
    frames.put_refusals(conn, refused)
    batch.finish()
    return batch.outcome


def replay(conn: Connection, known: KnownNodes, now: datetime) -> int:
    """Decode kept frames whose layout or time has become known; return how many were taken.

    The caller commits, and calls again until nothing is left.
    """
    batch = _Batch(conn, known, now)
    taken = batch.replay(frames.WAITING_LAYOUT) + batch.replay(frames.WAITING_TIME)
    batch.finish()
    return taken


def set_aside(conn: Connection, message: Message, error: Exception, now: datetime) -> None:
    """Keep a message that makes the collector itself fail; it is not acknowledged.

    The caller commits.
    """
    detail = f"{type(error).__name__}: {error}"
    node = message.topic.split("/")[2] if message.topic.count("/") == 3 else "?"
    letter = DeadLetter(now, message.topic, node, None, "collector_fault", detail, message.payload)
    frames.put_dead_letters(conn, [letter])
    text = f"a message of node {node} makes the collector fail ({detail}); report it"
    frames.raise_items(conn, [("collector_fault", node, None, text)], now)


def advance(conn: Connection, boots: Iterable[BootId]) -> dict[BootId, int]:
    """Return how far boots are complete, from committed rows; the caller commits."""
    return frames.advance_watermarks(conn, boots)


def identity_of(body: bytes) -> tuple[int, int] | None:
    """Return boot and sequence number of a body that cannot be decoded, if its head is whole.

    They stand at fixed places of every body, so that a frame whose rest is broken can still be
    named, kept and acknowledged: its node would otherwise send it for ever.
    """
    if body[:2] != b"\x88\x01" or body[2:3] != b"\x44":
        return None
    boot, at = _number(body, 7)
    seq, _ = _number(body, at) if boot is not None else (None, 0)
    return None if boot is None or seq is None or boot < 1 else (boot, seq)


def _number(body: bytes, at: int) -> tuple[int | None, int]:
    """Read the CBOR number at a place; None where there is none of up to 32 bit."""
    head = body[at] if at < len(body) else 0xFF
    if head < 24:
        return head, at + 1
    size = {24: 1, 25: 2, 26: 4}.get(head, 0)
    rest = body[at + 1 : at + 1 + size]
    return (int.from_bytes(rest, "big") if size and len(rest) == size else None), at + 1 + size


class _Batch:
    """The work on one batch: collects what is to be written, writes it in a fixed order."""

    def __init__(self, conn: Connection, known: KnownNodes, now: datetime) -> None:
        self.conn = conn
        self.known = known
        self.now = now
        self.outcome = Outcome()
        self.letters: list[DeadLetter] = []
        self.items: dict[tuple[str, str], tuple[str | None, str]] = {}

    # Events -----------------------------------------------------------------------------------

    def take_events(self, arrived: Sequence[Arrived]) -> None:
        """Take what nodes report about themselves."""
        for one in arrived:
            try:
                event = codec.decode_event(one.body)
            except cbor.DecodeError as error:
                self.bury(one, None, "undecodable_event", str(error))
                continue
            lost = _lost_range(event)
            if event.kind == "lost" and lost is None:
                self.bury(one, None, "undecodable_event", f"lost range {event.detail!r}")
            elif lost is not None:
                boot = BootId(one.node.id, one.epoch, lost[0])
                frames.put_lost(self.conn, boot, lost[1], lost[2], self.now)
                self.outcome.boots.add(boot)
                text = f"boot {lost[0]}: frames {lost[1]} to {lost[2]} are lost in the node"
                self.item("frames_lost", f"{one.node.id}/{lost[0]}/{lost[1]}", one.node.id, text)
            elif event.kind == "fault":
                self.item("node_fault", one.node.id, one.node.id, str(event.detail))

    # Frames -----------------------------------------------------------------------------------

    def take_frames(self, arrived: Sequence[Arrived]) -> None:
        """Keep frames, decode those that were new, place their readings."""
        kept: dict[FrameId, tuple[Arrived, Frame | None, str]] = {}
        again: list[tuple[FrameId, Arrived]] = []
        offsets: dict[BootId, int] = {}
        for one in arrived:
            frame, identity, fault = _read(one)
            if identity is None:
                self.bury(one, None, "undecodable", fault)
                continue
            if identity in kept:
                again.append((identity, one))
            kept.setdefault(identity, (one, frame, fault))
            if frame is not None and frame.offset is not None:
                offsets[identity.boot_id] = frame.offset
        rows = frames.insert_frames(self.conn, self._new_frames(kept))
        again += [(identity, one) for identity, (one, _, _) in kept.items() if identity not in rows]
        self._compare_repeated(again)
        frames.put_boot_offsets(self.conn, offsets)
        self.outcome.ids |= kept.keys()
        self.outcome.boots |= {identity.boot_id for identity in kept}
        self.outcome.new_frames += len(rows)
        frames.note_seen(self.conn, {one.node.id for one in arrived}, self.now)
        self._place(
            [(rows[i], frame, one) for i, (one, frame, _) in kept.items() if i in rows and frame]
        )
        for identity, (one, frame, fault) in kept.items():
            if identity in rows and frame is None:
                self.bury(one, rows[identity], "undecodable", fault)

    def _new_frames(
        self, kept: dict[FrameId, tuple[Arrived, Frame | None, str]]
    ) -> Iterator[NewFrame]:
        for identity, (one, frame, _) in kept.items():
            state = frames.DECODED if frame is not None else frames.DEAD
            layout = None if frame is None else frame.layout
            yield NewFrame(identity, self.now, layout, state, one.message.payload)

    def _compare_repeated(self, again: list[tuple[FrameId, Arrived]]) -> None:
        """A repeated frame is the same bytes; another one under its name must not get lost."""
        if not again:
            return
        stored = frames.stored(self.conn, (identity for identity, _ in again))
        for identity, one in again:
            if stored.get(identity) != one.message.payload:
                text = f"boot {identity.boot}, frame {identity.seq}: another frame has this name"
                self.bury(one, None, "identity_reused", text)
                advice = "its boot counter went back; enrol it again"
                self.item("identity_reused", one.node.id, one.node.id, f"{text}; {advice}")

    def _place(self, found: list[tuple[int, Frame, Arrived]]) -> None:
        """Service the readings of new frames; set aside the frames that must wait."""
        waiting: dict[str, list[int]] = {frames.WAITING_TIME: [], frames.WAITING_LAYOUT: []}
        ready = []
        for row, frame, one in found:
            if frame.layout not in self.known.layouts:
                waiting[frames.WAITING_LAYOUT].append(row)
                name = frame.layout.hex()
                text = (
                    f"channel layout {name} of node {one.node.id} is not known; its frames are "
                    "kept; declare its board in field_configs/boards/ and run "
                    "`nongqing sites import`"
                )
                self.item("unknown_layout", name, one.node.id, text)
            elif frame.offset is None:
                waiting[frames.WAITING_TIME].append(row)
            else:
                ready.append((row, frame, one))
        for state, rows in waiting.items():
            frames.set_state(self.conn, rows, state)
        self._insert(ready)

    def replay(self, state: str) -> int:
        """Decode frames that waited and need not any longer; return how many."""
        waiting = frames.take_waiting(self.conn, state, REPLAY_ROUND)
        found = []
        for one in waiting:
            node = self.known.nodes[one.id.node]
            epoch, body, _ = seal.parse(one.sealed)
            frame = codec.decode(body)
            message = Message(topics.topic(node.id, "up"), one.sealed)
            if one.unix_s is not None:
                frame = frame._replace(offset=one.unix_s)
            found.append((one.row, frame, Arrived(message, node, epoch, body)))
            if state == frames.WAITING_LAYOUT:
                frames.close_item(self.conn, "unknown_layout", frame.layout.hex(), self.now)
        frames.set_state(self.conn, [one.row for one in waiting], frames.DECODED)
        self._place(found)
        return len(waiting)

    # Readings ---------------------------------------------------------------------------------

    def _insert(self, ready: list[tuple[int, Frame, Arrived]]) -> None:
        columns = ReadingTable()
        for row, frame, one in ready:
            fault = self._time_fault(frame, one.node)
            if fault:
                self.bury(one, row, "time_out_of_window", fault)
                frames.set_state(self.conn, [row], frames.DEAD)
                self.item("node_clock", one.node.id, one.node.id, fault)
            else:
                self._add(columns, row, frame, one)
        if columns.series:
            self._insert_rows(columns.sorted())

    def _time_fault(self, frame: Frame, node: Node) -> str:
        """Say what is wrong with the times of a frame, or nothing."""
        count = len(frame.channels[0])
        first = frame.offset + frame.t0
        last = first + frame.step * (count - 1)
        earliest = (node.enrolled or self.now) - BEFORE_ENROLMENT
        latest = self.now + AFTER_NOW
        if first >= earliest.timestamp() and last <= latest.timestamp():
            return ""
        return (
            f"node {node.id}, boot {frame.boot}, frame {frame.seq}: times {first} to {last} "
            f"(unix) lie outside {earliest:%Y-%m-%d %H:%M} to {latest:%Y-%m-%d %H:%M} UTC; "
            "set the node's clock; the frame is kept in dead_letter"
        )

    def _add(self, columns: ReadingTable, row: int, frame: Frame, one: Arrived) -> None:
        """Add the readings of a frame; keep it aside where they have no place."""
        try:
            homeless = columns.add(row, frame, self.known.layouts[frame.layout], one.node)
        except codec.LayoutError as error:
            self.bury(one, row, "undecodable", str(error))
            frames.set_state(self.conn, [row], frames.DEAD)
            return
        for channel in sorted(homeless):
            text = (
                f"node {one.node.id}: channel {channel} serves no placement at that time; name "
                "one in field_configs/sites/ and run `nongqing sites import`"
            )
            self.bury(one, row, "no_placement", text)
            self.item("no_placement", f"{one.node.id}/{channel}", one.node.id, text)

    def _insert_rows(self, rows: SortedReadings) -> None:
        first = rows.first_times()
        look_back = self.known.look_back_hours
        before = reading_log.tails(self.conn, first, {s: look_back[s] for s in first})
        checked = check(
            rows.series, rows.quantity, rows.time, rows.value, rows.missing, rows.step, before
        )
        table = np.empty(len(rows.series), READING)
        for name in ("series", "time", "value", "frame", "step"):
            table[name] = getattr(rows, name)
        table["qc"] = checked.qc
        conflicts = reading_log.insert_readings(self.conn, table, self.now)
        reading_log.put_tails(self.conn, checked.tails)
        self.outcome.readings += len(table)
        for number, moment, _ in conflicts:
            text = (
                f"series {number} got two different values for {moment:%Y-%m-%d %H:%M:%S} UTC; "
                "the first is in use, the other in reading_conflict"
            )
            self.item("two_values", str(number), None, text)

    # Notes ------------------------------------------------------------------------------------

    def bury(self, one: Arrived, row: int | None, reason: str, detail: str) -> None:
        """Keep a message that cannot be used, with the reason."""
        message = one.message
        letter = DeadLetter(
            self.now, message.topic, one.node.id, row, reason, detail, message.payload
        )
        self.letters.append(letter)
        self.outcome.dead += 1
        if reason.startswith("undecodable"):
            text = f"node {one.node.id} sent a sealed message that cannot be decoded: {detail}"
            self.item("undecodable", one.node.id, one.node.id, text)

    def item(self, kind: str, subject: str, node: str | None, detail: str) -> None:
        """Note a maintenance item."""
        self.items[kind, subject] = (node, detail)

    def finish(self) -> None:
        """Write the notes of the batch."""
        frames.put_dead_letters(self.conn, self.letters)
        notes = [(kind, subject, *rest) for (kind, subject), rest in self.items.items()]
        frames.raise_items(self.conn, notes, self.now)


def _read(one: Arrived) -> tuple[Frame | None, FrameId | None, str]:
    """Decode a frame's body: the frame, its identity, and what is wrong where it is none."""
    try:
        frame = codec.decode(one.body)
    except cbor.DecodeError as error:
        pair = identity_of(one.body)
        return None, FrameId(one.node.id, one.epoch, *pair) if pair else None, str(error)
    return frame, FrameId(one.node.id, one.epoch, frame.boot, frame.seq), ""


def _lost_range(event: codec.Event) -> tuple[int, int, int] | None:
    """Return boot, first and last sequence number of a report of lost frames."""
    detail = event.detail
    if event.kind != "lost" or not isinstance(detail, list) or len(detail) != 3:
        return None
    if not all(isinstance(x, int) and 0 <= x < 1 << 32 for x in detail):
        return None
    boot, first, last = detail
    return (boot, first, last) if boot >= 1 and first <= last else None
