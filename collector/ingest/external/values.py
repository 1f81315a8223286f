"""Values of other makers' devices to readings: names to places, units to ours, counters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from math import floor, isfinite

import numpy as np

from collector.checks import check, hours_that_count
from collector.ingest.authenticity import Refusals
from collector.ingest.known_nodes import read_given
from collector.ingest.placing import AFTER_NOW, BEFORE_ENROLMENT
from collector.store.measured import external_messages, reading_log
from collector.store.measured.reading_log import HOUR_S, READING
from collector.store.network.external_devices import Channel, Device
from collector.store.postgres.db import Connection
from firmware.wire.quantities import Quantity, by_name
from models.exchange.telemetry.counting import added
from models.exchange.telemetry.records import Measured, Telemetry
from models.exchange.telemetry.units import conversion

#: One reading on its way: series, quantity, time [s since 1970 UTC], value, step for the checks
#: [s], message, step of the device [s].
_Row = tuple[int, int, int, float, int, int, int]
#: A quantity without a limit grows by no more than this in an hour.
NO_LIMIT = 1e12


@dataclass
class Values:
    """Collects readings of messages, and writes them in one go.

    Parameters
    ----------
    conn : Connection
        Inside a transaction in which the devices are held.
    now : datetime
        Time of receipt, aware.
    refused : Refusals
        Counts what cannot be placed.
    """

    conn: Connection
    now: datetime
    refused: Refusals
    rows: list[_Row] = field(default_factory=list)
    look_back: dict[int, float] = field(default_factory=dict)

    def add(
        self,
        device: Device,
        decoded: Telemetry,
        row: int,
        received: datetime,
        shown: bytes,
        *,
        retained: bool = False,
    ) -> None:
        """Add the readings of a message; `shown` is kept of it where a value is refused.

        `retained`: a broker kept it, nobody knows for how long, so that its receipt dates nothing.
        """
        for reason, count in decoded.left_out.items():
            for _ in range(count):
                self.refused.add(device.id, reason, shown)
        if not decoded.measured and not decoded.left_out:
            self.refused.add(device.id, "no_value", shown)
        there: dict[tuple[int, int], float] = {}
        homeless = False
        for one in sorted(decoded.measured, key=_by_time):
            if one.name not in device.channels:
                homeless = True
                continue
            undated = retained and one.relative and device.time_of_receipt
            if undated:
                reason = "retained_no_time"
            else:
                reason = self._add_one(device, one, row, received, there)
            if reason:
                self.refused.add(device.id, reason, shown)
        if homeless:
            self.refused.add(device.id, "no_placement", shown)

    def _add_one(
        self,
        device: Device,
        one: Measured,
        row: int,
        received: datetime,
        there: dict[tuple[int, int], float],
    ) -> str:
        """Add one value; return why it is not, or ""."""
        if one.relative and not device.time_of_receipt:
            return "no_time"
        exact = one.time + (received.timestamp() if one.relative else 0.0)
        earliest = (device.enrolled - BEFORE_ENROLMENT).timestamp()
        if one.relative and one.time > 0:  # nobody has measured yet: most likely an uptime
            return "time_out_of_window"
        if not earliest <= exact <= (received + AFTER_NOW).timestamp():
            return "time_out_of_window"
        time = floor(exact)
        channel = device.channel(one.name, time)
        if channel is None:
            return "no_placement"
        quantity = by_name(channel.quantity)
        value = _in_our_unit(one, channel, quantity)
        if value is None:
            return "wrong_unit"
        if not isfinite(value):
            return "not_a_number"
        if (channel.id, time) in there:
            return "" if there[channel.id, time] == value else "two_in_a_second"
        there[channel.id, time] = value
        step, reason = device.step_s, ""
        if channel.counter is not None:
            amount, step, reason = self._amount(device, channel, quantity, time, value, row)
            if amount is None:
                return reason
            value = amount
        self.look_back[channel.series] = hours_that_count(channel.quantity)
        self.rows.append((channel.series, quantity.id, time, value, step, row, device.step_s))
        return reason

    def _amount(
        self,
        device: Device,
        channel: Channel,
        quantity: Quantity,
        time: int,
        count: float,
        row: int,
    ) -> tuple[float | None, int, str]:
        """Return what a counter added, over how long [s], and why there is nothing."""
        kept = external_messages.count_at(self.conn, channel.id, time)
        before = external_messages.count_before(self.conn, channel.id, time)
        step = device.step_s if before is None else min(time - before[0], 1 << 30)
        if kept is not None and kept[0] == count:
            return kept[1], step, ""
        if kept is not None and kept[1] is None:
            return None, step, "two_in_a_second"
        late = kept is None and external_messages.has_count_after(self.conn, channel.id, time)
        hours = max(1.0, step / HOUR_S)
        most = (NO_LIMIT if quantity.high is None else quantity.high) * hours
        amount, reason = added(
            None if before is None else before[1],
            count,
            factor=_scale(channel, quantity),
            bits=channel.counter or 0,
            most=most,
        )
        if late:  # what it adds is in the count after it
            amount, reason = None, "count_late"
        if kept is None:
            external_messages.put_count(self.conn, channel.id, time, count, amount, row)
        return amount, step, reason

    def write(self) -> tuple[int, list[tuple[int, datetime, int]]]:
        """Check and insert the readings; return how many, and those that differ from one there."""
        if not self.rows:
            return 0, []
        self.rows.sort(key=lambda one: (one[0], one[2]))
        columns = [np.array(column) for column in zip(*self.rows, strict=True)]
        series, quantity, time, value, step, frame, every = columns
        series, quantity = series.astype(np.int32), quantity.astype(np.int16)
        own, first = np.unique(series, return_index=True)
        given, usual = read_given(self.conn), self.look_back
        look_back = {s: max(usual[s], given.freeze_hours().get(s, 0.0)) for s in usual}
        before = reading_log.tails(self.conn, own, time[first], look_back)
        missing, steps = np.zeros(len(series), np.bool_), step.astype(np.int32)
        checked = check(series, quantity, time, value, missing, steps, before.valid, given)
        table = np.empty(len(series), READING)
        parts = (series, time, value, checked.qc, frame, every)
        for name, column in zip(READING.names or (), parts, strict=True):
            table[name] = column
        conflicts = reading_log.insert_readings(self.conn, table, self.now, newer=before.newer)
        reading_log.put_tails(self.conn, checked.tails)
        self.rows = []
        return len(table), conflicts


def _by_time(one: Measured) -> float:
    return one.time


def _scale(channel: Channel, quantity: Quantity) -> float:
    found = conversion(channel.unit, quantity)
    return channel.factor * (1.0 if found is None else found[0])


def _in_our_unit(one: Measured, channel: Channel, quantity: Quantity) -> float | None:
    """Return a value in the quantity's unit, of a counter the bare count; None: the unit is wrong.

    What the device says of its unit counts before what was said of it here, unless it counts in
    parts of a unit (`factor`).
    """
    if channel.factor != 1.0 or channel.counter is not None:
        if one.unit not in (None, "count", channel.unit):
            return None
        if channel.counter is not None:
            return one.value
        slope, intercept = conversion(channel.unit, quantity) or (1.0, 0.0)
        return one.value * channel.factor * slope + intercept
    found = conversion(channel.unit if one.unit is None else one.unit, quantity)
    return None if found is None else one.value * found[0] + found[1]
