"""A ride of a simulated logger: what it meets on its way, for the emulated board.

The file ``ride.json`` in a node's folder makes it one that rides along (`simulate.Fleet`). The ride
of the demonstration is made up: a load of garlic scapes from Liuge to Guangzhou, with a door that
was opened, a cable that came loose, a stretch without coverage and a machine that weakens.
Positions are rounded points between the two.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "ride.json"
#: How long before the demonstration's first moment the load left [min].
LEFT_BEFORE = 240

#: Minute since the load left, temperature at the front and at the doors [degC], humidity at both
#: [%], latitude and longitude [degree].
POINTS = (
    (-30, 0.0, 0.2, 91, 90, 36.010, 115.140),
    (0, 0.0, 0.2, 91, 90, 36.010, 115.140),
    (85, 0.0, 0.2, 92, 91, 35.780, 114.880),
    (90, 0.1, 0.3, 92, 91, 35.760, 114.860),
    (102, 1.1, 3.4, 86, 78, 35.760, 114.860),
    (125, 0.3, 0.9, 90, 88, 35.640, 114.700),
    (150, 0.0, 0.2, 92, 91, 35.500, 114.500),
    (240, 0.0, 0.2, 92, 91, 34.500, 113.850),
    (520, 0.0, 0.2, 92, 91, 31.300, 113.900),
    (580, 0.3, 0.5, 92, 91, 30.700, 114.000),
    (640, 0.9, 1.2, 91, 90, 30.000, 113.900),
    (700, 0.3, 0.6, 91, 90, 29.300, 113.500),
    (740, 0.0, 0.2, 92, 91, 28.800, 113.200),
    (1600, 0.0, 0.2, 92, 91, 23.130, 113.260),
)
NAMES = (
    *("minute", "air_temperature", "air_temperature_rear", "relative_humidity"),
    *("relative_humidity_rear", "latitude", "longitude"),
)
#: From and to [min]: the door stood open; no chip answered; no network.
DOORS = ((90, 101),)
LOOSE = (170, 215)
NO_COVERAGE = (360, 450)


@dataclass(frozen=True)
class Ride:
    """A ride that a node was given: when it begins [s since 1970 UTC] and where its file is."""

    path: Path
    begins: float
    faults: tuple[tuple[str, str, float, float], ...]


def write_ride(folder: Path, left: float) -> None:
    """Write the demonstration's ride for a node.

    Parameters
    ----------
    folder : Path
        The node's; it is made.
    left : float
        When the load left [s since 1970 UTC].
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    faults = [
        ("i2c", "no_answer", *(left + 60 * minute for minute in LOOSE)),
        ("link", "no_coverage", *(left + 60 * minute for minute in NO_COVERAGE)),
    ]
    told: dict[str, Any] = {
        "begins": left,
        "names": NAMES,
        "points": POINTS,
        "doors": DOORS,
        "faults": faults,
    }
    (folder / FILE).write_text(json.dumps(told), encoding="utf-8")


def write_demo_ride(folder: Path, opens: float) -> float:
    """Write the ride of a load that was on its way when the demonstration opened.

    Parameters
    ----------
    folder : Path
        The node's; it is made.
    opens : float
        The demonstration's first moment [s since 1970 UTC].

    Returns
    -------
    float
        When the load left [s since 1970 UTC].
    """
    left = opens - 60 * LEFT_BEFORE
    write_ride(folder, left)
    return left


def read_ride(folder: Path) -> Ride | None:
    """Return the ride in a node's folder; None where it stands in a field."""
    path = folder / FILE
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    faults = tuple((part, kind, start, end) for part, kind, start, end in told["faults"])
    return Ride(path, float(told["begins"]) + 60 * POINTS[0][0], faults)
