"""What loggers of a shipment measured, as curves: limits of a product as lines, gaps as gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from markupsafe import Markup

from collector.store.coldchain.conditions import Condition
from collector.store.coldchain.logger_readings import Channel
from collector.store.coldchain.shipments import Shipment
from field_configs.schema import Product
from models.coldchain.readings import LONGEST_GAP_S
from models.coldchain.spans import gaps
from models.weather.local_days import LOCAL
from webapp.language.formats import day_tick, local_time, number
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views import svg
from webapp.views.trace.in_numbers import in_numbers

TEMPERATURE, HUMIDITY = "air_temperature", "relative_humidity"
NAMES: Mapping[str, tuple[object, object]] = {
    TEMPERATURE: (lazy_gettext("temperature"), lazy_gettext("temperature %(number)d")),
    HUMIDITY: (lazy_gettext("humidity"), lazy_gettext("humidity %(number)d")),
}
UNITS: Mapping[str, object] = {TEMPERATURE: lazy_gettext("°C"), HUMIDITY: "%"}
LONG = timedelta(days=3)


@dataclass(frozen=True)
class Curve:
    """A curve of one sensor, the same as a table, and its newest value."""

    name: str
    unit: str
    now: str
    at: datetime | None
    svg: Markup
    rows: list[tuple[str, str]]
    gaps: list[str]


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a time."""
    return datetime.fromtimestamp(seconds, UTC)


def sensor_name(channels: Sequence[Channel], index: int, quantity: str = TEMPERATURE) -> str:
    """Name a sensor; by its number where there are several of its kind."""
    one, several = NAMES[quantity]
    return str(one) if len(channels) == 1 else str(several) % {"number": index + 1}


def humidity_limits(product: Product) -> tuple[float, float] | None:
    """The humidity that a product is kept at [%]; None where nobody verified a source of it."""
    span = product.humidity
    return (span.low, span.high) if span.verified else None


def show_curves(
    state: Condition, found: Shipment, product: Product, quantity: str = TEMPERATURE
) -> list[Curve]:
    """Draw each sensor of a quantity with the product's limits of it, where there are any."""
    channels = state.of(quantity)
    warmth = (product.temperature.low, product.temperature.high)
    limits = warmth if quantity == TEMPERATURE else humidity_limits(product)
    return [
        _curve(sensor_name(channels, index, quantity), each, state, found, limits or (), index)
        for index, each in enumerate(channels)
    ]


def _curve(
    name: str,
    channel: Channel,
    state: Condition,
    found: Shipment,
    limits: tuple[float, ...],
    index: int,
) -> Curve:
    start, end, unit = found.shipped, state.at, str(UNITS[channel.quantity])
    there = ~np.isnan(channel.value)
    holes = gaps(channel.time[there], start.timestamp(), end.timestamp())
    drawn = svg.chart(
        [moment(float(time)) for time in channel.time],
        [float(value) for value in channel.value],
        window=(start, end),
        zone=LOCAL,
        words=_words(name, unit, channel, len(holes)),
        chart_id=f"cc-{channel.quantity[0]}{index}",
        step=timedelta(seconds=LONGEST_GAP_S / 1.5),
        limits=limits,
        hour=(lambda at: f"{at:%H:%M}") if end - start < LONG else None,
    )
    last = channel.last()
    measured = [
        (float(t), float(t), float(v), float(v))
        for t, v in zip(channel.time[there], channel.value[there], strict=True)
    ]
    return Curve(
        name,
        unit,
        "\N{EM DASH}" if last is None else f"{number(last[1], 1)} {unit}",
        None if last is None else moment(last[0]),
        Markup(drawn),  # noqa: S704 - it escapes
        in_numbers(start.timestamp(), end.timestamp(), measured),
        [_between(*each) for each in holes],
    )


def _between(start: float, end: float) -> str:
    times = {"from": local_time(moment(start)), "to": local_time(moment(end))}
    return str(gettext("%(from)s to %(to)s", **times))


def _words(name: str, unit: str, channel: Channel, holes: int) -> svg.Words:
    there = channel.value[~np.isnan(channel.value)]
    ends = [float(there.min()), float(there.max())] if len(there) else []
    low, high = [number(each, 1) for each in ends] or ["\N{EM DASH}"] * 2
    told = {"name": name, "low": low, "high": high, "unit": unit, "gaps": holes}
    text = gettext("%(name)s: least %(low)s, greatest %(high)s %(unit)s; %(gaps)d gaps.", **told)
    empty = str(gettext("no data"))
    return svg.Words(title=f"{name}, {unit}", desc=str(text), empty=empty, day=day_tick)
