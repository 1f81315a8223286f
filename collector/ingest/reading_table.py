"""The readings of many frames as columns, ready to be checked and inserted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from collector.ingest.known_nodes import Node, Service
from firmware.wire import codec
from firmware.wire.codec import Frame, Layout, Reading


@dataclass
class ReadingTable:
    """One entry for each reading; `value` is NaN where `missing` is true."""

    series: list[int] = field(default_factory=list)
    quantity: list[int] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    missing: list[bool] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    frame: list[int] = field(default_factory=list)

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
        homeless = set()
        for group in _by_channel(codec.readings(frame, layout), len(frame.channels[0])):
            first, last = (node.service(one.channel, one.time) for one in (group[0], group[-1]))
            if first is last and first is not None:
                self._extend(row, frame.step, first, group, node)
                continue
            for one in group:
                service = node.service(one.channel, one.time)
                if service is None:
                    homeless.add(one.channel)
                else:
                    self._extend(row, frame.step, service, [one], node)
        return homeless

    def _extend(
        self, row: int, step: int, service: Service, readings: list[Reading], node: Node
    ) -> None:
        count = len(readings)
        self.series += [service.series] * count
        self.quantity += [service.quantity] * count
        self.time += [one.time for one in readings]
        # The one place where a calibration counts; the frame keeps what the device sent.
        self.value += [
            np.nan if one.value is None else node.corrected(one.channel, one.time, one.value)
            for one in readings
        ]
        self.missing += [one.value is None for one in readings]
        self.step += [step] * count
        self.frame += [row] * count

    def sorted(self) -> SortedReadings:
        """Return the columns as arrays, sorted by series and time; equals keep their order."""
        series, time = np.array(self.series, np.int32), np.array(self.time, np.int64)
        order = np.lexsort((time, series))
        return SortedReadings(
            series[order],
            np.array(self.quantity, np.int16)[order],
            time[order],
            np.array(self.value, np.float64)[order],
            np.array(self.missing, np.bool_)[order],
            np.array(self.step, np.int32)[order],
            np.array(self.frame, np.int64)[order],
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

    def first_times(self) -> dict[int, int]:
        """Return, by series, the time of its first reading [s since 1970 UTC]."""
        starts = np.flatnonzero(np.r_[True, self.series[1:] != self.series[:-1]])
        return dict(zip(self.series[starts].tolist(), self.time[starts].tolist(), strict=True))


def _by_channel(readings: list[Reading], count: int) -> Iterator[list[Reading]]:
    """Yield the readings of each channel that is fitted."""
    for start in range(0, len(readings), count):
        group = readings[start : start + count]
        fitted = [one for one in group if one.reason != codec.NOT_FITTED]
        if fitted:
            yield fitted
