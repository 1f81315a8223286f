"""Frames whose times were wrong: found by what their boot says else, and moved by a person.

A node takes its time from the server. Where that was wrong for a while, frames of one boot say
that the boot began at different times; most of them are believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np

from collector.ingest.authenticity import Arrived, Message
from collector.ingest.bodies import span
from collector.ingest.known_nodes import KnownNodes
from collector.ingest.notes import Notes
from collector.ingest.placing import Placing
from collector.ingest.reading_table import ReadingTable
from collector.store.measured import misplaced, qc_decisions
from collector.store.measured.misplaced import Placement, StoredFrame
from collector.store.measured.reading_log import READING
from collector.store.network.frames import BootId
from collector.store.postgres.db import Connection
from firmware.wire import codec, seal, topics
from firmware.wire.codec import Frame

# Starts of a boot that differ by less are corrections of a node's drifting clock.
APART_S = 600


class MoveError(ValueError):
    """Frames cannot be moved; the message says which and why."""


@dataclass(frozen=True)
class Apart:
    """Frames in a row that say another start of their boot than most [s since 1970 UTC]."""

    boot: BootId
    first: int
    last: int
    frames: int
    says_s: int
    most_say_s: int
    first_sample: int
    last_sample: int


def find_apart(stored: Sequence[StoredFrame]) -> Iterator[Apart]:
    """Find frames that differ from their boot's others; `stored` in the order of boots and numbers.

    A boot of which all frames are wrong alike cannot be found in this way.
    """
    for boot, group in groupby(stored, key=lambda one: one.id.boot_id):
        frames = [(one, frame) for one in group if (frame := _decoded(one)).offset is not None]
        votes = Counter(frame.offset // APART_S for _, frame in frames)
        if len(votes) < 2:
            continue
        most = votes.most_common(1)[0][0]
        believed = next(f.offset for _, f in frames if f.offset // APART_S == most)
        for says, run in groupby(frames, key=lambda each: each[1].offset):
            if abs(says - believed) <= APART_S:
                continue
            run_of = list(run)
            spans = [span(frame) for _, frame in run_of]
            yield Apart(
                boot,
                run_of[0][0].id.seq,
                run_of[-1][0].id.seq,
                len(run_of),
                says,
                believed,
                min(first for first, _ in spans),
                max(last for _, last in spans),
            )


def move(
    conn: Connection,
    known: KnownNodes,
    stored: Sequence[StoredFrame],
    to_s: int,
    *,
    by: str,
    reason: str,
    at: datetime,
) -> int:
    """Move the readings of frames to where they belong; the caller commits.

    What was struck is struck there, too.

    Parameters
    ----------
    conn : Connection
    known : KnownNodes
    stored : sequence of StoredFrame
        Frames of one boot.
    to_s : int
        When that boot began [s since 1970 UTC].
    by, reason : str
        Who moves them and why; both are kept.
    at : datetime
        Now, aware.

    Returns
    -------
    int
        Readings that stand at their new times.

    Raises
    ------
    MoveError
        When there is nothing to move, or the new times cannot be right.
    """
    frames = [(one, _decoded(one)) for one in stored]
    frames = [(one, frame) for one, frame in frames if frame.offset != to_s]
    if not frames:
        raise MoveError("no frame of this boot stands at other times; nothing is moved")
    table = _table(frames, known)
    struck = qc_decisions.which_struck(conn, table)
    misplaced.take_away(conn, table)
    notes = Notes(at)
    placing = Placing(conn, known, notes, sure=True)
    placing.place(
        [(one.row, frame._replace(offset=to_s), _arrived(one, known)) for one, frame in frames]
    )
    if notes.letters:
        raise MoveError(f"{notes.letters[0].reason}; nothing is moved")
    moved = [Placement(one.row, frame.offset, to_s) for one, frame in frames]
    misplaced.note_placements(conn, moved, by=by, reason=reason, at=at)
    misplaced.put_boot_offset(conn, frames[0][0].id.boot_id, to_s)
    shift = {one.row: to_s - frame.offset for one, frame in frames if frame.offset is not None}
    times = table["time"] + np.array([shift[row] for row in table["frame"].tolist()], np.int64)
    qc_decisions.strike_moved(conn, table, struck, times, by=by, reason=reason, at=at)
    notes.write(conn)
    return placing.readings


def _decoded(one: StoredFrame) -> Frame:
    """Decode a frame as its readings stand."""
    frame: Frame = codec.decode(seal.parse(one.sealed)[1])
    return frame if one.placed_s is None else frame._replace(offset=one.placed_s)


def _arrived(one: StoredFrame, known: KnownNodes) -> Arrived:
    epoch, body, _ = seal.parse(one.sealed)
    message = Message(topics.topic(one.id.node, "up"), one.sealed)
    return Arrived(message, known.nodes[one.id.node], epoch, body)


def _table(frames: Sequence[tuple[StoredFrame, Frame]], known: KnownNodes) -> np.ndarray:
    """Return the readings of frames as they stand: series, time, frame and step."""
    readings = ReadingTable()
    for one, frame in frames:
        if frame.offset is not None and frame.layout in known.layouts:
            node = known.nodes[one.id.node]
            readings.add(one.row, frame, known.layouts[frame.layout], node)
    rows = readings.sorted()
    table = np.zeros(len(rows.series), READING)
    for name in ("series", "time", "frame", "step"):
        table[name] = getattr(rows, name)
    return table
