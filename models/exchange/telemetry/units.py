"""Units of others to ours: the SenML units registry (RFC 8428, section 12.1, and what was added to
it) with the secondary units of RFC 8798, section 3, as far as a quantity of ours is measured so.
"""

from __future__ import annotations

import math

from firmware.wire.quantities import QUANTITIES, Quantity

#: Unit of SenML and unit of ours: what is multiplied, and what then is added.
_TO_OURS: dict[tuple[str, str], tuple[float, float]] = {
    ("K", "degC"): (1, -273.15),
    ("/", "%"): (100, 0),
    ("%", "%"): (1, 0),  # not recommended by the registry, and in use
    ("%RH", "%"): (1, 0),
    ("/100", "%"): (1, 0),
    ("/1000", "%"): (0.1, 0),
    ("%", "m3 m-3"): (0.01, 0),
    ("/100", "m3 m-3"): (0.01, 0),
    ("/1000", "m3 m-3"): (0.001, 0),
    ("m", "mm"): (1000, 0),
    ("cm", "mm"): (10, 0),
    ("km/h", "m s-1"): (1 / 3.6, 0),
    ("rad", "degree"): (180 / math.pi, 0),
    ("Pa", "hPa"): (0.01, 0),
    ("Pa", "kPa"): (0.001, 0),
    ("hPa", "kPa"): (0.1, 0),
    ("s", "min"): (1 / 60, 0),
    ("ms", "min"): (1 / 60_000, 0),
    ("h", "min"): (60, 0),
    ("S/m", "uS cm-1"): (10_000, 0),
    ("/", "1e-6"): (1e6, 0),
    ("/100", "1e-6"): (1e4, 0),
    ("/1000", "1e-6"): (1e3, 0),
    ("mV", "V"): (0.001, 0),
    ("dBW", "dBm"): (1, 30),
    ("m3", "L"): (1000, 0),
    ("count", "1"): (1, 0),
    ("/", "1"): (1, 0),
}
#: What the unit of ours is called in SenML, whatever the quantity.
_SAME = {
    "degC": "Cel",
    "mm": "mm",
    "m s-1": "m/s",
    "W m-2": "W/m2",
    "hPa": "hPa",
    "min": "min",
    "m3 m-3": "/",
    "1e-6": "ppm",
    "lx": "lx",
    "V": "V",
    "dBm": "dBm",
    "L": "l",
}
NAMES = frozenset(
    {unit for unit, _ in _TO_OURS} | set(_SAME.values()) | {q.senml for q in QUANTITIES if q.senml}
)


def conversion(unit: str, quantity: Quantity) -> tuple[float, float] | None:
    """Return what a value in a unit is multiplied with and what is added to have it in ours.

    Parameters
    ----------
    unit : str
        A symbol of the SenML registry, or "": the quantity's own unit.
    quantity : Quantity

    Returns
    -------
    tuple of float, or None
        None: the quantity is not measured in it.
    """
    if not unit or unit in (quantity.senml, _SAME.get(quantity.unit)):
        return 1.0, 0.0
    return _TO_OURS.get((unit, quantity.unit))


def units_of(quantity: Quantity) -> list[str]:
    """Return the units in which a quantity may come.

    Parameters
    ----------
    quantity : Quantity
    """
    found = {unit for unit, ours in _TO_OURS if ours == quantity.unit}
    return sorted(found | {x for x in (quantity.senml, _SAME.get(quantity.unit)) if x})
