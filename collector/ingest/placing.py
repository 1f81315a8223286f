"""Frames to readings: which place and time each value belongs to, and what must wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from collector.checks import check
from collector.ingest.authenticity import Arrived, Message
from collector.ingest.bodies import span
from collector.ingest.known_nodes import KnownNodes, Node
from collector.ingest.notes import Notes
from collector.ingest.reading_table import ReadingTable, SortedReadings
from collector.store import items
from collector.store.items import Found
from collector.store.measured import reading_log
from collector.store.measured.reading_log import READING
from collector.store.network import frames
from collector.store.postgres.db import Connection
from field_configs.events import event
from firmware.wire import codec, seal, topics
from firmware.wire.codec import Frame
from firmware.wire.quantities import QUANTITIES

BEFORE_ENROLMENT = timedelta(days=400)
AFTER_NOW = timedelta(days=1)
REPLAY_ROUND = 200
#: By the number of a quantity, whether it adds up over a sample's step.
_ADDS_UP = np.zeros(max(row.id for row in QUANTITIES) + 1, np.bool_)
_ADDS_UP[[row.id for row in QUANTITIES if row.method == "sum"]] = True


class Placing:
    """Places the readings of one batch's frames; counts them in `readings`.

    Parameters
    ----------
    conn : Connection
    known : KnownNodes
    notes : Notes
        Takes what cannot be placed.
    sure : bool
        The clock of receipt can be believed; else frames with impossible times wait.
    """

    def __init__(self, conn: Connection, known: KnownNodes, notes: Notes, *, sure: bool) -> None:
        self.conn = conn
        self.known = known
        self.notes = notes
        self.sure = sure
        self.readings = 0

    @property
    def now(self) -> datetime:
        """Time of receipt."""
        return self.notes.now

    def place(self, found: list[tuple[int, Frame, Arrived]]) -> None:
        """Place the readings of new frames; set aside the frames that must wait."""
        waiting: dict[str, list[int]] = {frames.WAITING_TIME: [], frames.WAITING_LAYOUT: []}
        ready = []
        for row, frame, one in found:
            if frame.layout not in self.known.layouts:
                waiting[frames.WAITING_LAYOUT].append(row)
                name = frame.layout.hex()
                unknown = event("unknown_layout", layout=name, node=one.node.id)
                self.notes.item(unknown, name, one.node.id)
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
                items.close_gone(self.conn, "unknown_layout", [frame.layout.hex()], self.now)
        frames.set_state(self.conn, [one.row for one in waiting], frames.DECODED)
        self.place(found)
        return len(waiting)

    def _insert(self, ready: list[tuple[int, Frame, Arrived]]) -> None:
        readings = ReadingTable()
        latest = (self.now + AFTER_NOW).timestamp()
        for row, frame, one in ready:
            fault = self._time_fault(frame, one.node, latest)
            if fault is not None and not self.sure:
                frames.set_state(self.conn, [row], frames.WAITING_CLOCK)
            elif fault is not None:
                self.notes.bury(one, row, event("time_out_of_window", **fault))
                frames.set_state(self.conn, [row], frames.DEAD)
                self.notes.item(event("node_clock", **fault), one.node.id)
            else:
                self._add(readings, row, frame, one)
        if readings.runs:
            self._insert_rows(readings.sorted())

    def _time_fault(self, frame: Frame, node: Node, latest: float) -> dict[str, Any] | None:
        """Say what is wrong with the times of a frame, as an event's parameters, or None."""
        first, last = span(frame)
        since = (node.enrolled or self.now).timestamp() - BEFORE_ENROLMENT.total_seconds()
        if first >= since and last <= latest:
            return None
        return {
            "node": node.id,
            "boot": frame.boot,
            "frame": frame.seq,
            "first_s": first,
            "last_s": last,
            "earliest": (node.enrolled or self.now) - BEFORE_ENROLMENT,
            "latest": self.now + AFTER_NOW,
        }

    def _add(self, readings: ReadingTable, row: int, frame: Frame, one: Arrived) -> None:
        """Add the readings of a frame; keep it aside where they have no place."""
        try:
            homeless = readings.add(row, frame, self.known.layouts[frame.layout], one.node)
        except codec.LayoutError as error:
            self.notes.bury(one, row, event("undecodable", node=one.node.id, detail=str(error)))
            frames.set_state(self.conn, [row], frames.DEAD)
            return
        for channel in sorted(homeless):
            homeless_one = event("no_placement", node=one.node.id, channel=channel)
            self.notes.bury(one, row, homeless_one)
            self.notes.item(homeless_one, f"{one.node.id}/{channel}", one.node.id)

    def _insert_rows(self, rows: SortedReadings) -> None:
        before = reading_log.tails(self.conn, *rows.first_times(), self.known.look_back_hours)
        checked = check(
            rows.series,
            rows.quantity,
            rows.time,
            rows.value,
            rows.missing,
            rows.step,
            before.valid,
            self.known.given,
        )
        table = np.empty(len(rows.series), READING)
        for name in ("series", "time", "value", "frame", "step"):
            table[name] = getattr(rows, name)
        table["qc"] = checked.qc
        conflicts = reading_log.insert_readings(
            self.conn, table, self.now, newer=before.newer, is_sum=_ADDS_UP[rows.quantity]
        )
        reading_log.put_tails(self.conn, checked.tails)
        self.readings += len(table)
        for number, moment, _ in conflicts:
            self.notes.found.append(
                Found(event("two_values", series=number, time=moment), str(number))
            )
