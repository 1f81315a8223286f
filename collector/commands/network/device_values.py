"""What a technician writes of a device's values: names, places, units, counters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from collector.store.network import external_devices, registry
from collector.store.network.external_devices import Declared
from collector.store.postgres.db import Connection
from firmware.wire.quantities import UnknownQuantity, by_name
from models.exchange.telemetry.records import MOST_NAME
from models.exchange.telemetry.units import conversion, units_of

OWN = "-"
BITS = ("0", "16", "32")


def declared(
    conn: Connection,
    device: str,
    values: Sequence[tuple[str, str, str]],
    counters: Sequence[tuple[str, str]],
) -> list[Declared]:
    """Return what is declared, after making the placements that are asked for.

    Raises
    ------
    click.UsageError
    """
    found = {}
    for name, place, unit in values:
        if name in found or len(name) > MOST_NAME:
            raise click.UsageError(f"--value {name[:60]}: comes twice, or is too long")
        placement, quantity = _place(conn, device, place)
        symbol, factor = _unit(name, unit, quantity)
        found[name] = Declared(name, placement, symbol, factor)
        if by_name(quantity).method == "sum" and name not in dict(counters):
            click.echo(f"{name}: taken as the amount of each step; if it counts up: --counter")
    for name, bits in counters:
        if name not in found:
            raise click.UsageError(f"--counter {name}: no --value has this name")
        if bits not in BITS:
            raise click.UsageError(f"--counter {name} {bits}: write 16, 32, or 0 for no end")
        quantity = _quantity(conn, found[name].placement)
        if by_name(quantity).method != "sum":
            raise click.UsageError(f"--counter {name}: {quantity} is no amount that adds up")
        found[name] = replace(found[name], counter=int(bits))
    return list(found.values())


def _place(conn: Connection, device: str, text: str) -> tuple[str, str]:
    """Return a placement and its quantity; make it where a field is named."""
    if ":" not in text:
        return text, _quantity(conn, text)
    parts = text.split(":")
    try:
        field, quantity, height = parts[0], parts[1], float(parts[2])
    except (IndexError, ValueError):
        raise click.UsageError(
            f'"{text}": write FIELD:QUANTITY:HEIGHT, as in qf-liuge-1:air_temperature:2'
        ) from None
    try:
        by_name(quantity)
    except UnknownQuantity as error:
        raise click.UsageError(str(error)) from error
    if len(parts) > 3 or not -20 <= height <= 100:
        raise click.UsageError(f'"{text}": the height is in metres, negative below ground')
    return external_devices.place(conn, device, field, quantity, height), quantity


def _quantity(conn: Connection, placement: str) -> str:
    for one in registry.placements(conn):
        if one.id == placement:
            return one.quantity
    raise click.UsageError(
        f'placement "{placement}": is not in the registry; name one of `nongqing sites export`, or '
        "make one: FIELD:QUANTITY:HEIGHT"
    )


def _unit(name: str, text: str, quantity: str) -> tuple[str, float]:
    """Return the unit's symbol and what one of what is sent is in it."""
    number, sign, symbol = text.rpartition("*")
    try:
        factor = float(number) if sign else 1.0
    except ValueError:
        factor = 0.0
    if not 0 < factor < 1e9:
        raise click.UsageError(f'--value {name}: unit "{text}": write it as in 0.2*mm')
    symbol = "" if symbol == OWN else symbol
    if conversion(symbol, by_name(quantity)) is None:
        known = ", ".join(units_of(by_name(quantity))) or "none"
        raise click.UsageError(
            f'--value {name}: {quantity} is not measured in "{symbol}"; units: {known}, or {OWN} '
            f"for our own ({by_name(quantity).unit})"
        )
    return symbol, factor


def units_line(unit: str, factor: float, counter: int | None) -> str:
    """Return a unit as it is written, and whether the value counts up."""
    symbol = unit or OWN
    text = symbol if factor == 1.0 else f"{factor:g}*{symbol}"
    if counter is None:
        return text
    return f"{text}, counts up" + (f", {counter} bits" if counter else "")
