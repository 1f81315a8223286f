"""Measurements as the village page shows them: the newest values, and curves of seven days."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from collector.freshness import freshness
from collector.store.measured.readings import Curve, LatestReading
from field_configs.schema import Field
from firmware.wire.quantities import by_name
from models.weather.local_days import LOCAL
from models.weather.quality import QC_NAMES, RANGE_CHECKED, STEP_CHECKED
from webapp.language.formats import day_tick, local_time, number
from webapp.language.i18n import gettext, ngettext
from webapp.language.risks import quantity_name, unit_name, upper_first
from webapp.language.words import name_of, word
from webapp.views import svg

# What a farmer asks for, in this order; what concerns the device stands with the node.
OF_DEVICE = ("battery_voltage", "signal_strength", "enclosure_temperature")
FIRST = (
    "air_temperature",
    "relative_humidity",
    "precipitation_amount",
    "soil_moisture",
    "soil_temperature",
)
DIGITS = {
    "relative_humidity": 0,
    "soil_moisture": 1,
    "co2_mole_fraction": 0,
    "illuminance": 0,
    "shortwave_irradiance": 0,
    "soil_conductivity": 0,
    "wind_from_direction": 0,
    "leaf_wetness_duration": 0,
    "battery_voltage": 2,
}
# A share of the soil's volume is read more easily in percent.
PERCENT = ("soil_moisture",)
DAYS = 7
HOUR = timedelta(hours=1)
RAIN_HOURS = 24


@dataclass(frozen=True)
class Tile:
    """One value of soil or air now, with unit, place, time and quality in words."""

    name: str
    value: str
    unit: str
    where: str
    time: datetime
    quality: str
    good: bool


@dataclass(frozen=True)
class Place:
    """The values of one field, the time of the newest, and their quality taken together."""

    name: str
    time: datetime
    quality: str
    tiles: list[Tile]


@dataclass(frozen=True)
class ShownCurve:
    """A curve ready for the page; `days` is the same as a table: a day, then its sum (`is_sum`), or
    its lowest, mean and highest value.
    """

    name: str
    unit: str
    summary: str
    svg: Markup
    is_sum: bool
    days: list[tuple[str, list[str]]]


def order_of(quantity: str) -> tuple[int, int]:
    """Place of a quantity on the page: what is asked most first, then the vocabulary's order."""
    first = FIRST.index(quantity) if quantity in FIRST else len(FIRST)
    return first, by_name(quantity).id


def digits_of(quantity: str) -> int:
    """Decimals with which a quantity is written."""
    return DIGITS.get(quantity, 1)


def scale_of(quantity: str) -> float:
    """What a stored value is multiplied with before it is written."""
    return 100.0 if quantity in PERCENT else 1.0


def shown_unit(quantity: str) -> str:
    """The unit that stands beside a written value."""
    return str(gettext("vol%")) if quantity in PERCENT else unit_name(quantity)


def quality(qc: int) -> tuple[str, bool]:
    """Say in words what the quality bits of a reading mean, and whether they are all good."""
    doubts = [
        word(f"qc.{name}")
        for bit, name in QC_NAMES.items()
        if qc & bit and bit not in (RANGE_CHECKED, STEP_CHECKED)
    ]
    if doubts:
        return str(gettext("newest reading: %(doubts)s", doubts=", ".join(doubts))), False
    return upper_first(word("qc.checked")), True


def where(height_m: float | None) -> str:
    """Say the height or depth of a placement."""
    if height_m is None:
        return ""
    if height_m < 0:
        return str(gettext("%(cm)d cm deep", cm=round(-height_m * 100)))
    return str(gettext("%(metres)s m high", metres=f"{height_m:g}"))


def _tile(reading: LatestReading, rain: Mapping[tuple[str, float | None], float]) -> Tile | None:
    if reading.time is None or reading.value is None:
        return None
    words, good = quality(reading.qc)
    name, value = quantity_name(reading.quantity), reading.value
    if by_name(reading.quantity).method == "sum":
        # The newest sample of a sum says little; what fell in a day does.
        value = rain.get((reading.field, reading.height_m), float("nan"))
        name = str(gettext("%(quantity)s, 24 hours", quantity=name))
    return Tile(
        name=name,
        value=number(value * scale_of(reading.quantity), digits_of(reading.quantity)),
        unit=shown_unit(reading.quantity),
        where=where(reading.height_m),
        time=reading.time,
        quality=words,
        good=good,
    )


def show_places(
    readings: Iterable[LatestReading],
    places: Mapping[str, Field],
    rain: Mapping[tuple[str, float | None], float],
    now: datetime | None = None,
) -> list[Place]:
    """Group the newest values by field; what is old is not called sound, however it was checked.

    Parameters
    ----------
    readings
        Newest reading of each placement of the village.
    places
        Fields of the village by id.
    rain
        (field, height) -> sum of the last 24 hours, for quantities that are sums.
    now
        Aware; None leaves open how old the values are.
    """
    by_field: dict[str, list[LatestReading]] = {}
    for reading in readings:
        if reading.quantity not in OF_DEVICE:
            by_field.setdefault(reading.field, []).append(reading)
    shown = []
    for field, found in sorted(by_field.items()):
        found.sort(key=lambda each: order_of(each.quantity))
        tiles = [tile for tile in (_tile(each, rain) for each in found) if tile]
        name = name_of(places[field]) if field in places else field
        if tiles:
            time = max(tile.time for tile in tiles)
            shown.append(Place(name, time, _verdict(tiles, time, now), tiles))
    return shown


def _verdict(tiles: Sequence[Tile], time: datetime, now: datetime | None) -> str:
    state = "fresh" if now is None else freshness(time, now)
    if state == "silent":
        return str(gettext("old: no data for more than a day"))
    if state == "late":
        return upper_first(word("age.late"))
    doubtful = sum(not tile.good for tile in tiles)
    if not doubtful:
        return tiles[0].quality
    return str(ngettext("%(num)d value in doubt", "%(num)d values in doubt", doubtful))


def day_sums(
    curves: Iterable[Curve], hours: int = RAIN_HOURS
) -> dict[tuple[str, float | None], float]:
    """Sums over the last hours of curves; NaN where none of these hours has a value."""
    found = {}
    for curve in curves:
        last = curve.values[-hours:]
        known = last[np.isfinite(last)]
        found[curve.field, curve.height_m] = float(known.sum()) if len(known) else float("nan")
    return found


def village_curve(curves: Sequence[Curve]) -> NDArray[np.float64]:
    """One curve for a village: the mean of its fields hour by hour, NaN where none has a value.

    Parameters
    ----------
    curves
        One per placement, on the same hours; of each field the first counts. For sums such as
        rain too the mean is taken: it is what fell on a typical field.
    """
    of_field: dict[str, NDArray[np.float64]] = {}
    for curve in curves:
        of_field.setdefault(curve.field, curve.values)
    stack = np.array(list(of_field.values()))
    known = np.isfinite(stack)
    total = np.where(known, stack, 0.0).sum(axis=0)
    count = known.sum(axis=0)
    mean = np.full(stack.shape[1], np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def _times(curve: Curve) -> list[datetime]:
    seconds = curve.times.astype("datetime64[s]").astype(np.int64)
    return [datetime.fromtimestamp(int(each), UTC) for each in seconds]


def _summary(values: NDArray[np.float64], is_sum: bool, digits: int, unit: str) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return ""
    if is_sum:
        return str(
            gettext("%(total)s %(unit)s in all", total=number(known.sum(), digits), unit=unit)
        )
    low, high = number(known.min(), digits), number(known.max(), digits)
    return str(gettext("%(low)s to %(high)s", low=low, high=high))


def _description(
    name: str, values: NDArray[np.float64], times: list[datetime], summary: str
) -> str:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return str(gettext("%(name)s of the last seven days: no data.", name=name))
    return str(
        gettext(
            "%(name)s of the last seven days: %(summary)s; last value at %(time)s; "
            "%(missing)d hours without data.",
            name=name,
            summary=summary,
            time=local_time(times[int(known[-1])]),
            missing=len(values) - len(known),
        )
    )


def _days(
    values: NDArray[np.float64], times: list[datetime], is_sum: bool, digits: int
) -> list[tuple[str, list[str]]]:
    """The same hours as a table, by local day: the sum, or lowest, mean and highest."""
    of_day: dict[date, list[float]] = {}
    for value, time in zip(values, times, strict=True):
        of_day.setdefault(time.astimezone(LOCAL).date(), []).append(float(value))
    rows = []
    for day, hours in of_day.items():
        known = [value for value in hours if np.isfinite(value)]
        found: list[float | None] = [None] if is_sum else [None, None, None]
        if known:
            mean = sum(known) / len(known)
            found = [sum(known)] if is_sum else [min(known), mean, max(known)]
        rows.append((day_tick(day), [number(each, digits) for each in found]))
    return rows


def show_curve(
    quantity: str,
    curves: Sequence[Curve],
    window: tuple[datetime, datetime],
    chart_id: str = "",
    doubts: Sequence[datetime] = (),
) -> ShownCurve:
    """Draw a quantity of a village.

    Parameters
    ----------
    quantity
        Name in the vocabulary.
    curves
        One per placement; at least one.
    window
        First and last moment shown, aware.
    chart_id
        Unique on the page; '': by the quantity.
    doubts
        Aware starts of hours whose values are in doubt.
    """
    is_sum = by_name(quantity).method == "sum"
    values, times = village_curve(curves) * scale_of(quantity), _times(curves[0])
    name, unit, digits = quantity_name(quantity), shown_unit(quantity), digits_of(quantity)
    summary = _summary(values, is_sum, digits, unit)
    drawn = svg.chart(
        times,
        values.tolist(),
        window=window,
        zone=LOCAL,
        words=svg.Words(
            title=f"{name}, {unit}" if unit else name,
            desc=_description(name, values, times, summary),
            empty=str(gettext("no data")),
            day=day_tick,
        ),
        chart_id=chart_id or f"c-{quantity.replace('_', '-')}",
        doubts=doubts,
        bars=is_sum,
        digits=digits,
        step=HOUR,
    )
    # The chart escapes every word it writes.
    rows = _days(values, times, is_sum, digits)
    return ShownCurve(name, unit, summary, Markup(drawn), is_sum, rows)  # noqa: S704
