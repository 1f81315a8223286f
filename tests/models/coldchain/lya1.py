"""Three cold rooms of October 2019, in degrees Fahrenheit, with the states their controller gave.

``python tests/models/coldchain/lya1.py`` prints what docs/coldchain.md says of them. The file lies
beside a checkout and is not copied: it is read to evaluate, nothing is fitted and kept.

Labels that exist: ``fault`` and ``stale`` in each sensor's status; when the defrost relay was on.
Labels that do not: doors, compressor failures, where the sensors lie, temperature of the product.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np

from models.coldchain.causes import Cause, Causes, causes
from models.coldchain.readings import HIGH_C, LOW_C, Known, known_readings
from tests.paths import SHARED

PATH = SHARED / "data" / "coldchain" / "coldchain_LYA1_refrigeration_trend.csv"
ROOMS = ("A", "B", "C")
#: Frozen goods, -18 degC and 3 degC for handling (Council Directive 89/108/EEC, article 5).
LIMIT_C = -15.0
#: The defrost ended at most so long ago [s]: the sensor is still coming down.
AFTER_S = 20 * 60.0
SHORT_S = 3600.0


def celsius(fahrenheit: float | np.ndarray) -> np.ndarray:
    """Degrees Fahrenheit to degrees Celsius."""
    return (np.asarray(fahrenheit, dtype=float) - 32.0) / 1.8


@dataclass(frozen=True)
class Rooms:
    """Times [s], temperatures [degC] and statuses (room, reading); defrosts as (from, to) [s]."""

    times: np.ndarray
    values: np.ndarray
    fault: np.ndarray
    stale: np.ndarray
    defrosts: list[tuple[float, float]]


def read_rooms(path: Path = PATH) -> Rooms:
    """Read the trend; its local clock is taken for UTC. Relay tests of seconds are left out."""
    times, values, status, relay = [], [], [], []
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            at = datetime.fromisoformat(row["Timestamp"]).replace(tzinfo=UTC).timestamp()
            if any(row[f"{room} TEMP_Value"] for room in ROOMS):
                times.append(at)
                values.append([float(row[f"{room} TEMP_Value"] or "nan") for room in ROOMS])
                status.append([row[f"{room} TEMP_Status"] for room in ROOMS])
            if row["DEFROST_Value"]:
                relay.append((at, row["DEFROST_Value"] == "ON"))
    defrosts, since = [], None
    for at, on in [*relay, (times[-1], False)]:
        if on and since is None:
            since = at
        elif not on and since is not None:
            if at - since >= 60.0:
                defrosts.append((since, at))
            since = None
    said = np.array(status).T
    return Rooms(
        np.array(times),
        celsius(np.array(values)).T,
        np.char.find(said, "fault") >= 0,
        np.char.find(said, "stale") >= 0,
        defrosts,
    )


@dataclass(frozen=True)
class Tally:
    """Of what was called so, how many were; of what was so, how many were called so."""

    called: int
    right: int
    true: int
    met: int

    def __str__(self) -> str:
        """Precision and recall with their counts."""
        called = f"({self.right}/{self.called})"
        return f"{self.precision:5.3f} {called:9} {self.recall:5.3f} ({self.met}/{self.true})"

    @property
    def precision(self) -> float:
        """Share of what was called so that is so; NaN where nothing was."""
        return self.right / self.called if self.called else float("nan")

    @property
    def recall(self) -> float:
        """Share of what is so that was called so; NaN where nothing is."""
        return self.met / self.true if self.true else float("nan")


def tally(called: Iterable[bool], true: Iterable[bool]) -> Tally:
    """Count."""
    said, so = np.array(list(called), dtype=bool), np.array(list(true), dtype=bool)
    both = int((said & so).sum())
    return Tally(int(said.sum()), both, int(so.sum()), both)


def scale_of(rooms: Rooms, others: list[int], readings: np.ndarray) -> tuple[float, float]:
    """The ends of the scale as the faults of other rooms, or of other days, show them [degC]."""
    bad = rooms.values[others][:, readings][(rooms.fault & ~rooms.stale)[others][:, readings]]
    low = bad[bad < -39.0]
    high = bad[bad > 25.0]
    edge = 0.01
    return (
        float(low.max()) + edge if len(low) else LOW_C,
        float(high.min()) - edge if len(high) else HIGH_C,
    )


def known_of(rooms: Rooms, room: int, scale: tuple[float, float] = (LOW_C, HIGH_C)) -> Known:
    """The known readings of one room."""
    return known_readings(rooms.times, rooms.values[room], scale=scale)


def unknown_tally(rooms: Rooms, room: int, known: Known, readings: np.ndarray) -> Tally:
    """How readings that are taken as unknown agree with fault and stale, reading by reading."""
    unknown = ~np.isin(rooms.times, known.time)
    readings = readings & np.isfinite(rooms.values[room])
    return tally(unknown[readings], (rooms.fault | rooms.stale)[room][readings])


def in_defrost(rooms: Rooms, at: float) -> bool:
    """Tell whether a moment [s] lies in a defrost or shortly after."""
    return any(since <= at <= until + AFTER_S for since, until in rooms.defrosts)


def defrost_tally(
    rooms: Rooms, judged: Causes, since: float, until: float, rule: Callable[[Causes, int], bool]
) -> Tally:
    """Excursions called defrosts that are; relay's defrosts that an excursion was called for."""
    found = judged.excursions
    rows = [i for i in range(len(found)) if since <= found.start[i] < until]
    called = [i for i in rows if rule(judged, i)]
    right = [i for i in called if in_defrost(rooms, found.start[i])]
    real = [d for d in rooms.defrosts if since <= d[0] < until]
    met = [d for d in real if any(d[0] <= found.start[i] <= d[1] + AFTER_S for i in right)]
    return Tally(len(called), len(right), len(real), len(met))


def by_shape(judged: Causes, row: int) -> bool:
    """What is shipped."""
    return judged.cause[row] is Cause.DEFROST


def by_length(judged: Causes, row: int) -> bool:
    """The simplest rule: what is over within the hour was a defrost."""
    found = judged.excursions
    return bool(found.end[row] - found.start[row] <= SHORT_S)


def report() -> list[str]:
    """All figures, as lines."""
    rooms = read_rooms()
    middle = float(rooms.times[0] + (rooms.times[-1] - rooms.times[0]) / 2)
    every = np.ones(len(rooms.times), dtype=bool)
    first = rooms.times < middle
    days = (rooms.times[-1] - rooms.times[0]) / 86400
    size = f"{len(rooms.times)} readings x 3 rooms, {days:.1f} days"
    lines = [f"{size}, {len(rooms.defrosts)} defrosts"]
    lines.append("unknown readings against fault or stale: precision, recall")
    for room, name in enumerate(ROOMS):
        others = [other for other in range(3) if other != room]
        for what, scale, judged_on in (
            ("no scale, all days", (LOW_C, HIGH_C), every),
            ("scale of other rooms, all days", scale_of(rooms, others, every), every),
            ("no scale, 2nd half", (LOW_C, HIGH_C), ~first),
            ("scale of 1st half, 2nd half", scale_of(rooms, [0, 1, 2], first), ~first),
        ):
            got = unknown_tally(rooms, room, known_of(rooms, room, scale), judged_on)
            lines.append(f"  {name} {what:31} {got}")
    lines.append("excursions called defrost against the relay: precision, recall")
    for room, name in enumerate(ROOMS):
        for what, scale in (
            ("as it comes", (LOW_C, HIGH_C)),
            ("scale known", scale_of(rooms, [0, 1, 2], every)),
        ):
            judged = causes(known_of(rooms, room, scale), LIMIT_C)
            for part, since, until in (("1st half", 0.0, middle), ("2nd half", middle, np.inf)):
                for rule, called in (("shape", by_shape), ("length", by_length)):
                    got = defrost_tally(rooms, judged, since, until, called)
                    lines.append(f"  {name} {what:12} {part} {rule:7} {got}")
            failures = [c for c in judged.cause if c is Cause.FAILURE]
            lines.append(
                f"  {name} {what:12} alarms: any excursion {len(judged.cause)}, "
                f"failures {len(failures)}; on the coil: {bool(judged.on_coil[0])}"
            )
    return lines


if __name__ == "__main__":
    print("\n".join(report()))
