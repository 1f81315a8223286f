"""Readings made anew of frames after a channel was given another calibration for the past."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np

from collector.ingest.authenticity import Arrived, Message
from collector.ingest.bodies import span
from collector.ingest.known_nodes import KnownNodes
from collector.ingest.notes import Notes
from collector.ingest.placing import Placing
from collector.ingest.reading_table import ReadingTable
from collector.store.measured import misplaced
from collector.store.measured.misplaced import StoredFrame
from collector.store.measured.reading_log import READING
from collector.store.network import calibrations
from collector.store.postgres.db import Connection
from firmware.wire import codec, seal, topics
from firmware.wire.codec import Frame

# Frames in one go: a year of one node is 8,760.
ROUND = 2000


def recalibrate(
    conn: Connection,
    known: KnownNodes,
    node: str,
    channel: int,
    since: datetime,
    *,
    at: datetime,
    archive: Path | None,
) -> int:
    """Make the readings of a channel anew from `since` on; the caller commits.

    Only readings of frames that are still kept can be; hours, risk and the newest values follow.

    Parameters
    ----------
    conn : Connection
    known : KnownNodes
        Read after the calibration was given.
    node : str
    channel : int
    since : datetime
        Aware.
    at : datetime
        Now, aware.
    archive : Path or None
        The folder of frames that were moved to files.

    Returns
    -------
    int
        Readings of the channel that were made anew.

    Raises
    ------
    ArchiveError
        When a file of frames is not there, or is not what it was.
    """
    starts = calibrations.boot_starts(conn, node)
    found: list[tuple[StoredFrame, Frame]] = []
    for one in misplaced.frames(conn, node, archive=archive):
        frame = _as_it_stands(one, starts)
        placed = frame.offset is not None and frame.layout in known.layouts
        if placed and span(frame)[1] >= since.timestamp():
            found.append((one, frame))
    done = 0
    for first in range(0, len(found), ROUND):
        part = found[first : first + ROUND]
        done += misplaced.take_away(conn, _of_channel(part, known, channel))
        notes = Notes(at)
        placing = Placing(conn, known, notes, sure=True)
        placing.place([(one.row, frame, _arrived(one, known)) for one, frame in part])
        notes.write(conn)
    return done


def _as_it_stands(one: StoredFrame, starts: dict[tuple[int, int], int]) -> Frame:
    frame: Frame = codec.decode(seal.parse(one.sealed)[1])
    placed = one.placed_s
    if placed is None and frame.offset is None:
        placed = starts.get((one.id.epoch, one.id.boot))
    return frame if placed is None else frame._replace(offset=placed)


def _arrived(one: StoredFrame, known: KnownNodes) -> Arrived:
    epoch, body, _ = seal.parse(one.sealed)
    message = Message(topics.topic(one.id.node, "up"), one.sealed)
    return Arrived(message, known.nodes[one.id.node], epoch, body)


def _of_channel(
    frames: list[tuple[StoredFrame, Frame]], known: KnownNodes, channel: int
) -> np.ndarray:
    readings = ReadingTable()
    for one, frame in frames:
        readings.add(one.row, frame, known.layouts[frame.layout], known.nodes[one.id.node])
    rows = readings.sorted()
    node = known.nodes[frames[0][0].id.node]
    own = np.isin(rows.series, [service.series for service in node.services.get(channel, ())])
    table = np.zeros(int(own.sum()), READING)
    for name in ("series", "time", "frame", "step"):
        table[name] = getattr(rows, name)[own]
    return table
