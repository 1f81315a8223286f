"""Units that weather files come in, heights, and which unit a column of odd values may be in.

A unit is converted only where the file states it; values are never converted because they look
like another unit. What they look like is said, with the mend.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from field_configs.events import event
from firmware.wire.quantities import by_name
from models.sheets.header import plain
from models.sheets.refused import CellError
from models.weather.dataset import Array, settled
from models.weather.meteo import wind_at_2_m

#: A column of which so many values cannot be, is in another unit or is another column;
#: provisional.
MATERIAL = 0.2
#: Fewer values than this are judged one by one.
FEWEST = 24
#: What converts so many values into possible ones is the likely unit; provisional.
LIKELY = 0.95
#: Height at which wind counts where none is stated [m]: that of the models.
WIND_HEIGHT = 2.0
#: Heights at which wind is measured [m]: between a crop and a tall mast.
LOWEST, HIGHEST = 0.5, 200.0
COUNTER = frozenset(("counter", "cumulative", "total", "累计", "累积"))
_HEIGHT = re.compile(r"(\d+(?:\.\d+)?)(m|cm|米|厘米)")


class Unit(NamedTuple):
    """A unit: its key in ``cause.toml``, how a file states it, and value * factor + offset."""

    name: str
    stated: tuple[str, ...]
    factor: float
    offset: float = 0.0


_CELSIUS = (
    Unit("own", ("degc", "°c", "c", "celsius", "摄氏度"), 1),
    Unit("fahrenheit", ("degf", "°f", "f", "fahrenheit", "华氏度"), 5 / 9, -160 / 9),
    Unit("kelvin", ("k", "kelvin", "开尔文"), 1, -273.15),
    Unit("tenths", ("0.1degc", "0.1°c", "0.1摄氏度"), 0.1),
)

#: Our own unit of each quantity first; conversions are definitions.
UNITS: Mapping[str, tuple[Unit, ...]] = {
    "air_temperature": _CELSIUS,
    "soil_temperature": _CELSIUS,
    "relative_humidity": (
        Unit("own", ("%", "percent", "%rh"), 1),
        Unit("fraction", ("1", "fraction", "小数"), 100),
    ),
    "precipitation_amount": (
        Unit("own", ("mm", "毫米", "mm/h"), 1),
        Unit("tenths", ("0.1mm", "0.1毫米"), 0.1),
        Unit("inches", ("in", "inch", "inches", "英寸"), 25.4),
    ),
    "wind_speed": (
        Unit("own", ("m/s", "ms1", "米/秒"), 1),
        Unit("km_h", ("km/h", "kmh", "kph", "公里/小时", "千米/小时"), 1 / 3.6),
        Unit("tenths", ("0.1m/s", "0.1米/秒"), 0.1),
        Unit("knots", ("kn", "kt", "knots", "节"), 0.514444),
        Unit("miles_h", ("mph",), 0.44704),
    ),
    "wind_from_direction": (Unit("own", ("degree", "degrees", "deg", "°", "度"), 1),),
    "shortwave_irradiance": (
        Unit("own", ("w/m2", "wm2", "瓦/平方米"), 1),
        Unit("megajoules", ("mj/m2", "mj/m2/h", "兆焦/平方米"), 1e6 / 3600),
    ),
    "air_pressure": (
        Unit("own", ("hpa", "mbar", "mb", "百帕"), 1),
        Unit("tenths", ("0.1hpa", "0.1百帕"), 0.1),
        Unit("pascals", ("pa", "帕"), 0.01),
        Unit("kilopascals", ("kpa", "千帕"), 10),
    ),
    "leaf_wetness_duration": (
        Unit("own", ("min", "minutes", "分钟"), 1),
        Unit("hours", ("h", "hours", "小时"), 60),
    ),
    "soil_moisture": (
        Unit("own", ("m3/m3", "m3m3", "1", "立方米/立方米"), 1),
        Unit("percent", ("%", "vol%", "percent"), 0.01),
    ),
}


@dataclass(frozen=True)
class Stated:
    """What a file states of a column: its unit, a height [m], and that it counts on."""

    unit: Unit
    height_m: float | None
    counter: bool

    def converted(self, quantity: str, values: Array) -> Array:
        """Return values in our unit, wind as at 2 m.

        Parameters
        ----------
        quantity
            Of the vocabulary.
        values
            In the stated unit.
        """
        found: Array = values * self.unit.factor + self.unit.offset
        if quantity == "wind_speed" and self.height_m is not None:
            found = found * wind_at_2_m(self.height_m)
        return found


def stated(quantity: str, notes: Sequence[str]) -> Stated:
    """Read what stands in brackets behind a column's name.

    Parameters
    ----------
    quantity
        Of the vocabulary.
    notes
        Texts: a unit, a height such as ``10 m`` or ``-20 cm``, or ``counter``.

    Raises
    ------
    CellError
        When one of them is neither.
    """
    known = UNITS.get(quantity, (Unit("own", (_bare(by_name(quantity).unit),), 1),))
    unit, height, counter = known[0], None, False
    for note in notes:
        text = _bare(note)
        found = next((each for each in known if text in each.stated), None)
        if found is not None:
            unit = found
        elif text in COUNTER and quantity == "precipitation_amount":
            counter = True
        elif parts := _HEIGHT.fullmatch(text):
            height = float(parts[1]) / (100 if parts[2] in ("cm", "厘米") else 1)
        else:
            names = ", ".join(each.stated[0] for each in known)
            raise CellError(event("column_unit", column=quantity, value=note, units=names))
    if quantity == "wind_speed" and height is not None and not LOWEST <= height <= HIGHEST:
        raise CellError(event("column_height", column=quantity, value=height))
    return Stated(unit, height, counter)


def _bare(text: str) -> str:
    return plain(text).replace("_", "")


def likely_unit(quantity: str, values: Array) -> Unit | None:
    """Return the unit that would make a column's values possible; None: none would.

    Parameters
    ----------
    quantity
        Of the vocabulary.
    values
        All values of a column, without NaN, in the unit that is looked for.
    """
    counts = {unit.name: possible(quantity, values, unit) for unit in UNITS.get(quantity, ())[1:]}
    return most_likely(quantity, counts, len(values))


def possible(quantity: str, values: Array, unit: Unit) -> int:
    """Count the values that would be possible if they were in a unit.

    Parameters
    ----------
    quantity
        Of the vocabulary.
    values
        Without NaN, in the unit that is asked about.
    unit
        Of `UNITS`.
    """
    _, bad = settled(quantity, values * unit.factor + unit.offset)
    return int((~bad).sum())


def most_likely(quantity: str, counts: Mapping[str, int], total: int) -> Unit | None:
    """Return the unit in which most values of a column are possible; None: there is none.

    Parameters
    ----------
    quantity
        Of the vocabulary.
    counts
        Of each unit's name: how many values would be possible in it.
    total
        Of all values.
    """
    for unit in UNITS.get(quantity, ())[1:]:
        if total and counts.get(unit.name, 0) / total >= LIKELY:
            return unit
    return None
