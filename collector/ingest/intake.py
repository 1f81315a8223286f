"""From a batch of sealed messages to committed rows, and what may be acknowledged.

One transaction takes a batch: seals are checked, frames kept, those that were new decoded, their
readings checked and inserted. Nothing here knows the broker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from collector.control.heard import Heard
from collector.ingest.acting import Acting
from collector.ingest.authenticity import Arrived, Message, Proven, Refusals, prove
from collector.ingest.bodies import (
    boot_detail,
    lost_range,
    measured_since,
    read_frame,
    refused_detail,
    running_detail,
    span,
    update_detail,
    visible,
)
from collector.ingest.clock_watch import ClockWatch
from collector.ingest.external import taking
from collector.ingest.known_nodes import KnownNodes
from collector.ingest.notes import MOST_DETAIL, Notes
from collector.ingest.placing import Placing
from collector.ingest.updating import Updating
from collector.store import items
from collector.store.items import Found
from collector.store.network import (
    frames,
    node_commands,
    node_firmware,
    nodes,
    roll_out_nodes,
)
from collector.store.network.frames import BootId, DeadLetter, FrameId, NewFrame
from collector.store.network.node_commands import ToSend
from collector.store.postgres.db import Connection
from field_configs.events import event
from firmware.wire import cbor, codec, commands
from firmware.wire.codec import Frame


@dataclass
class Outcome:
    """What a batch came to; after the commit, `ids` may be acknowledged."""

    ids: set[FrameId] = field(default_factory=set)
    boots: set[BootId] = field(default_factory=set)
    #: Sequence numbers of boots that are new and follow one another.
    next_ones: dict[BootId, range] = field(default_factory=dict)
    #: Boots whose beginning was kept.
    begun: set[BootId] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)
    new_frames: int = 0
    readings: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    dead: int = 0
    parts: list[ToSend] = field(default_factory=list)


def take(
    conn: Connection,
    known: KnownNodes,
    messages: Sequence[Message] | Proven,
    now: datetime,
    watch: ClockWatch | None = None,
    updating: Updating | None = None,
    heard: Heard | None = None,
) -> Outcome:
    """Take a batch of messages into the store; the caller commits.

    Parameters
    ----------
    conn : Connection
        Inside a transaction.
    known : KnownNodes
        Keys, layouts and assignments as of this transaction.
    messages : sequence of Message, or Proven
        In the order of arrival; what was proven by another state of the registry is proven again.
    now : datetime
        Time of receipt, aware.
    watch : ClockWatch, optional
        Judges the clock that `now` is from; it is shown the nodes' newest samples.
    updating : Updating, optional
        Finds the parts of updates that nodes ask for.
    heard : Heard, optional
        Is told where nodes with outputs are.

    Returns
    -------
    Outcome
    """
    proven = messages if isinstance(messages, Proven) else Proven(messages)
    if proven.known is not known:
        proven = prove(known, proven.messages)
    arrived, refused = proven.arrived, Refusals(now)
    for each in proven.refused:
        refused.add(*each)
    batch = _Batch(conn, known, now, watch, heard)
    batch.outcome.heard = {one.node.id for one in arrived}
    batch.take_events([x for x in arrived if x.message.topic.endswith("/evt")], refused)
    batch.take_frames([x for x in arrived if x.message.topic.endswith("/up")], refused)
    batch.replay(frames.WAITING_TIME)
    if updating is not None:
        asks = [x for x in arrived if x.message.topic.endswith("/ask")]
        batch.outcome.parts = updating.parts(conn, asks, refused)
    came = taking.take(conn, proven.external, now, refused, sure=not batch.clock_in_doubt())
    batch.outcome.readings += came.readings
    for one in refused.found.values():
        batch.outcome.refused[one.reason] += one.count
    frames.put_refusals(conn, list(refused.found.values()))
    batch.finish()
    return batch.outcome


def replay(
    conn: Connection, known: KnownNodes, now: datetime, watch: ClockWatch | None = None
) -> int:
    """Decode kept frames that need not wait any longer; return how many were taken.

    Their layout or time has become known, or the clock is sure again. The caller commits, and
    calls again until nothing is left.
    """
    batch = _Batch(conn, known, now, watch)
    taken = batch.replay(frames.WAITING_LAYOUT) + batch.replay(frames.WAITING_TIME)
    if not batch.clock_in_doubt():
        taken += batch.replay(frames.WAITING_CLOCK)
    batch.finish()
    return taken


def set_aside(conn: Connection, message: Message, error: Exception, now: datetime) -> None:
    """Keep a message that makes the collector itself fail; it is not acknowledged.

    The caller commits.
    """
    node = message.topic.split("/")[2] if message.topic.count("/") == 3 else "?"
    fault = event(
        "collector_fault", node=node, error=type(error).__name__, detail=str(error)[:MOST_DETAIL]
    )
    letter = DeadLetter(now, message.topic, node, None, fault, message.payload)
    frames.put_dead_letters(conn, [letter])
    items.raise_items(conn, [Found(fault, node)], now)


def advance(
    conn: Connection, boots: Iterable[BootId], next_ones: Mapping[BootId, range] | None = None
) -> dict[BootId, int]:
    """Return how far boots are complete, from committed rows; the caller commits.

    Parameters
    ----------
    conn, boots, next_ones
        As for `frames.advance_watermarks`.
    """
    return frames.advance_watermarks(conn, boots, next_ones)


class _Batch:
    """The work on one batch: collects what is to be written, writes it in a fixed order."""

    def __init__(
        self,
        conn: Connection,
        known: KnownNodes,
        now: datetime,
        watch: ClockWatch | None,
        heard: Heard | None = None,
    ) -> None:
        self.conn = conn
        self.known = known
        self.now = now
        self.watch = watch
        self.outcome = Outcome()
        self.notes = Notes(now)
        self.acting = Acting(heard)

    def take_events(self, arrived: Sequence[Arrived], refused: Refusals) -> None:
        """Take what nodes report about themselves."""
        for one in arrived:
            try:
                said = codec.decode_event(one.body)
            except cbor.DecodeError as error:
                self.notes.bury(one, None, event("undecodable_event", detail=str(error)))
                continue
            lost = lost_range(said)
            if said.kind == "lost" and lost is None:
                wrong = f"lost range {said.detail!r}"
                self.notes.bury(one, None, event("undecodable_event", detail=wrong))
            elif lost is not None:
                boot = BootId(one.node.id, one.epoch, lost[0])
                frames.put_lost(self.conn, boot, lost[1], lost[2], self.now)
                self.outcome.boots.add(boot)
                names = dict(zip(("boot", "first", "last"), lost, strict=True))
                self.notes.item(
                    event("frames_lost", node=one.node.id, **names),
                    f"{one.node.id}/{lost[0]}/{lost[1]}",
                    one.node.id,
                )
            elif said.kind == "boot":
                cause, torn = boot_detail(said)
                began = (one.node.id, one.epoch, said.boot)
                nodes.put_boot(self.conn, began, cause, torn, self.now)
                self.acting.begin(one, said)
                runs = running_detail(said)
                if runs is not None:
                    node_firmware.put(self.conn, BootId(*began), *runs, self.now)
            elif said.kind == "fault":
                text = visible(str(said.detail), MOST_DETAIL)
                self.notes.item(event("node_fault", node=one.node.id, detail=text), one.node.id)
            else:
                self._take_word_of_commands(one, said, refused)

    def _take_word_of_commands(self, one: Arrived, said: codec.Event, refused: Refusals) -> None:
        """Take an answer to a command, how far an update is, or a count of messages not taken."""
        try:
            if said.kind == "answer":
                answer = commands.answer_of(said.detail)
                if node_commands.answer(self.conn, one.node.id, one.epoch, answer, self.now):
                    roll_out_nodes.answered(self.conn, one.node.id, answer, self.now)
            elif said.kind == "update":
                number, state, more = update_detail(said)
                news = (one.node.id, number, state, more)
                if not roll_out_nodes.reported(self.conn, *news, boot=said.boot, at=self.now):
                    refused.add(one.node.id, "update_unknown", one.message.payload)
            elif said.kind in ("output", "outputs"):
                self.acting.hear(one, said)
            else:
                reason, count = refused_detail(said)
                row = (one.node.id, reason, count, said.boot)
                node_commands.put_refused(self.conn, *row, self.now)
        except cbor.DecodeError as error:
            self.notes.bury(one, None, event("undecodable_event", detail=str(error)))

    def take_frames(self, arrived: Sequence[Arrived], refused: Refusals) -> None:
        """Keep frames, decode those that were new, place their readings."""
        kept: dict[FrameId, tuple[Arrived, Frame | None, str]] = {}
        again: list[tuple[FrameId, Arrived]] = []
        offsets: dict[BootId, int] = {}
        for one in arrived:
            frame, identity, fault = read_frame(one)
            if identity is None:
                self.notes.bury(one, None, event("undecodable", node=one.node.id, detail=fault))
                continue
            if frame is not None and one.retired and measured_since(frame, one.retired):
                refused.add(one.node.id, "retired_epoch", one.message.payload)
                continue
            if identity in kept:
                again.append((identity, one))
            kept.setdefault(identity, (one, frame, fault))
            if frame is not None and frame.offset is not None:
                offsets[identity.boot_id] = frame.offset
        new = [
            NewFrame(
                identity,
                self.now,
                None if frame is None else frame.layout,
                frames.DEAD if frame is None else frames.DECODED,
                one.message.payload,
            )
            for identity, (one, frame, _) in kept.items()
        ]
        rows = frames.insert_frames(self.conn, new)
        again += [(identity, one) for identity, (one, _, _) in kept.items() if identity not in rows]
        self._compare_repeated(again)
        offsets = {boot: start for boot, start in offsets.items() if boot not in self.known.begun}
        frames.put_boot_offsets(self.conn, offsets)
        self._note(kept.keys(), rows, offsets)
        found = [
            (rows[i], frame, one) for i, (one, frame, _) in kept.items() if i in rows and frame
        ]
        self._hear(found)
        if not self.clock_in_doubt():
            frames.note_seen(self.conn, {one.node.id for one in arrived}, self.now)
        self.place(found)
        for identity, (one, frame, fault) in kept.items():
            if frame is None and identity in rows:
                self.notes.bury(
                    one, rows[identity], event("undecodable", node=one.node.id, detail=fault)
                )

    def _note(
        self, kept: Iterable[FrameId], new: Iterable[FrameId], begun: Iterable[BootId]
    ) -> None:
        """Note in the outcome what the store holds once it is committed."""
        outcome = self.outcome
        outcome.ids.update(kept)
        outcome.boots.update(identity.boot_id for identity in kept)
        outcome.begun.update(begun)
        ordered = sorted(new)
        outcome.new_frames += len(ordered)
        for boot, ids in groupby(ordered, key=lambda identity: identity.boot_id):
            numbers = [identity.seq for identity in ids]
            if numbers[-1] - numbers[0] + 1 == len(numbers):
                outcome.next_ones[boot] = range(numbers[0], numbers[-1] + 1)

    def _hear(self, found: Sequence[tuple[int, Frame, Arrived]]) -> None:
        """Let the watch know the nodes' newest samples."""
        if self.watch is not None:
            self.watch.hear(
                (one.node.id, float(span(frame)[1]))
                for _, frame, one in found
                if frame.offset is not None
            )
            self.watch.judge()

    def clock_in_doubt(self) -> bool:
        """Tell whether the time of receipt cannot be believed."""
        return self.watch is not None and bool(self.watch.doubt)

    def _compare_repeated(self, again: list[tuple[FrameId, Arrived]]) -> None:
        """A repeated frame is the same bytes; another one under its name must not get lost."""
        if not again:
            return
        stored = frames.stored(self.conn, (identity for identity, _ in again))
        for identity, one in again:
            kept = stored.get(identity)
            if kept is None or not kept.same(one.message.payload):
                boot, frame = identity.boot, identity.seq
                reused = event("identity_reused", node=one.node.id, boot=boot, frame=frame)
                self.notes.bury(one, None, reused)
                self.notes.item(reused, one.node.id)

    def place(self, found: list[tuple[int, Frame, Arrived]]) -> None:
        """Place the readings of new frames."""
        placing = self._placing()
        placing.place(found)
        self.outcome.readings += placing.readings

    def replay(self, state: str) -> int:
        """Place frames that waited and need not any longer; return how many."""
        placing = self._placing()
        taken = placing.replay(state)
        self.outcome.readings += placing.readings
        return taken

    def _placing(self) -> Placing:
        return Placing(self.conn, self.known, self.notes, sure=not self.clock_in_doubt())

    def finish(self) -> None:
        """Write the notes of the batch."""
        self.acting.finish(self.conn, self.now)
        self.outcome.dead = len(self.notes.letters)
        self.notes.write(self.conn)
