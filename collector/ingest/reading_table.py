"""The readings of many frames as columns, ready to be checked and inserted."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from collector.ingest.known_nodes import Node
from firmware.wire import codec
from firmware.wire.codec import Frame, Layout, Missing

_WHOLE = {int}


@dataclass
class ReadingTable:
    """Readings in runs: those of one series, in equal steps, that one frame brought."""

    #: Series, quantity, time of the first [s since 1970 UTC], step [s], row of the frame, scale,
    #: count.
    runs: list[tuple[int, int, int, int, int, int, int]] = field(default_factory=list)
    #: Of all runs, one behind the other, times the scale; NaN where missing.
    values: list[float] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)  # places in `values`

    def add(self, row: int, frame: Frame, layout: Layout, node: Node) -> set[int]:
        """Add the readings of a frame with a known time.

        Parameters
        ----------
        row : int
            Row number of the frame.
        frame : Frame
        layout : Layout
        node : Node
            Says which series each channel served at which time.

        Returns
        -------
        set of int
            Channels that served no series at some of the times.

        Raises
        ------
        LayoutError
            When the frame does not fit its layout.
        """
        columns = codec.columns(frame, layout)
        homeless: set[int] = set()
        step, count = frame.step, len(frame.channels[0])
        newest, first = node.newest(layout), columns[0][1]
        if newest and newest.since <= first and first + step * (count - 1) < newest.until:
            values = list(chain.from_iterable(frame.channels))
            if set(map(type, values)) == _WHOLE:
                self.values += values
                self.runs += [
                    (series, quantity, first, step, row, scale, count)
                    for series, quantity, scale in newest.channels
                ]
                return homeless
        for channel, start, samples in columns:
            number, scale, count = channel.number, channel.scale, len(samples)
            service = node.service(number, start)
            if (
                service is not None
                and start + step * (count - 1) < service.until
                and number not in node.corrections
                and set(map(type, samples)) == _WHOLE
            ):
                self.runs.append((service.series, service.quantity, start, step, row, scale, count))
                self.values += samples
                continue
            for place, raw in enumerate(samples):
                if isinstance(raw, Missing) and raw.reason == codec.NOT_FITTED:
                    continue
                time = start + step * place
                service = node.service(number, time)
                if service is None:
                    homeless.add(number)
                    continue
                self.runs.append((service.series, service.quantity, time, step, row, 1, 1))
                if isinstance(raw, Missing):
                    self.missing.append(len(self.values))
                    self.values.append(np.nan)
                else:
                    # The one place where a calibration counts; the frame keeps what was sent.
                    self.values.append(node.corrected(number, time, raw / scale))
        return homeless

    def sorted(self) -> SortedReadings:
        """Return the readings as arrays, sorted by series and time; equals keep their order."""
        runs = np.array(self.runs, np.int64).reshape(-1, 7)
        count = runs[:, 6]
        series, quantity, first, step, frame, scale = np.repeat(runs[:, :6], count, axis=0).T
        within = np.arange(len(series)) - np.repeat(np.cumsum(count) - count, count)
        time = first + step * within
        missing = np.zeros(len(series), np.bool_)
        missing[self.missing] = True
        order = np.lexsort((time, series))
        return SortedReadings(
            series[order].astype(np.int32),
            quantity[order].astype(np.int16),
            time[order],
            (np.array(self.values, np.float64) / scale)[order],
            missing[order],
            step[order].astype(np.int32),
            frame[order],
        )


@dataclass(frozen=True)
class SortedReadings:
    """`ReadingTable` as arrays, sorted by series and time."""

    series: NDArray[np.int32]
    quantity: NDArray[np.int16]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    missing: NDArray[np.bool_]
    step: NDArray[np.int32]
    frame: NDArray[np.int64]

    def first_times(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return every series, and the time of its first reading [s since 1970 UTC]."""
        starts = np.flatnonzero(np.r_[True, self.series[1:] != self.series[:-1]])
        return self.series[starts], self.time[starts]
