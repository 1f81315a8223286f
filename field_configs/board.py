"""Board types: read from TOML, and what their nodes speak on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from field_configs.board_link import take_link
from field_configs.board_pins import PinError, read_pins
from field_configs.board_policy import take_alarm, take_battery, take_power, take_solar
from field_configs.collected import Collected
from field_configs.driver_settings import take_settings
from field_configs.drivers import Driver, read_drivers
from field_configs.outputs import take_outputs
from field_configs.reading import Section, nearest
from field_configs.rules import take_rules
from field_configs.schema import Board, BoardChannel
from firmware.wire.codec import Layout, make_layout
from firmware.wire.quantities import QUANTITIES, by_name


def layout_of(board: Board) -> Layout:
    """Make the wire layout of a board type: number, quantity id and scale of each channel.

    Parameters
    ----------
    board : Board
        As loaded; its channels are in ascending number.

    Returns
    -------
    Layout
        With the 4-byte id under which frames of such a board travel.

    Raises
    ------
    firmware.wire.quantities.UnknownQuantity
        If a channel measures something that the vocabulary does not hold.
    """
    channels = []
    for channel in board.channels:
        quantity = by_name(channel.quantity)
        channels.append((channel.number, quantity.id, quantity.scale))
    layout: Layout = make_layout(channels)
    return layout


def take_board(section: Section, stem: str, found: Collected) -> None:
    """Take a board type out of its file; its channels must be what their drivers can do."""
    channels: list[BoardChannel] = []
    for part in section.tables("channels", "number"):
        channel = _channel(part)
        if not part.bad:
            _check_against(channel, channels, part)
        channels.append(channel)
        section.bad |= part.bad
    if not channels and not section.bad:
        section.fail("channels", "a board needs at least one [[channels]] table: add one")
    outputs = take_outputs(section, channels)
    rules = take_rules(section, channels, outputs)
    names = section.text("zh"), section.text("en")
    sample_s = section.whole("sample_s", 10, 3600, "s")
    board = Board(
        stem,
        *names,
        sample_s,
        section.whole("samples_per_frame", 1, 60),
        _shared_settings(channels),
        tuple(take_alarm(part, channels, section) for part in section.tables("alarms", "channel")),
        take_power(section, channels, sample_s) if section.has("power") else None,
        take_link(section),
        take_battery(section),
        take_solar(section),
        outputs,
        rules,
    )
    if outputs and board.power and board.power.deep_sleep:
        section.fail(
            "power.deep_sleep", "nothing ends an output in deep sleep: take it out, or the outputs"
        )
    if not section.bad:
        supply_pin = board.power.supply_pin if board.power else None
        try:
            read_pins().taken(channels, board.link["kind"], supply_pin, outputs)
        except PinError as error:
            section.fail(error.key, str(error))
    found.keep(found.boards, stem, board, section)


def _channel(part: Section) -> BoardChannel:
    drivers = read_drivers().known
    number = part.whole("number", 0, 31)
    quantity = part.choice("quantity", [row.name for row in QUANTITIES], "quantity")
    name = part.choice("driver", list(drivers), "driver")
    bus = part.text("bus")
    driver = drivers.get(name)
    if driver is not None:
        _check_driver(name, driver, bus, quantity, part)
    channel = BoardChannel(
        number,
        quantity,
        name,
        bus,
        part.maybe_whole("address", 0, 254),
        part.maybe_number("height_m", -5, 50, "m"),
        _settings(part, driver),
    )
    part.close()
    return channel


def _check_driver(name: str, driver: Driver, bus: str, quantity: str, part: Section) -> None:
    if bus and bus != driver.bus:
        part.fail(
            "bus", f'"{bus}" is not the bus of driver {name}: give "{driver.bus}"', driver.bus
        )
    if quantity and quantity not in driver.quantities and not part.bad:
        gives = ", ".join(driver.quantities)
        reason = f"driver {name} does not give {quantity}: it gives {gives}"
        part.fail("quantity", reason, nearest(quantity, driver.quantities))


def _settings(part: Section, driver: Driver | None) -> Mapping[str, Any]:
    table = part.table("settings", optional=True)
    if driver is None:
        return {}
    settings = take_settings(table, driver.settings)
    part.bad |= table.bad
    return settings


def _shared_settings(channels: Sequence[BoardChannel]) -> tuple[BoardChannel, ...]:
    """What one channel of a sensor says of its settings holds for its others, too."""
    given = {_sensor(channel): channel.settings for channel in channels if channel.settings}
    return tuple(
        replace(channel, settings=given.get(_sensor(channel), channel.settings))
        for channel in sorted(channels, key=lambda channel: channel.number)
    )


def _sensor(channel: BoardChannel) -> tuple[str, str, int | None]:
    return channel.driver, channel.bus, channel.address


def _check_against(channel: BoardChannel, others: list[BoardChannel], part: Section) -> None:
    """Numbers differ, and one sensor that serves several channels is set up in one way."""
    for other in others:
        if channel.number == other.number:
            reason = f"channel {channel.number} is declared twice: number them apart"
            part.fail("number", reason)
        elif _sensor(channel) == _sensor(other):
            if channel.quantity == other.quantity:
                reason = f"channel {other.number} has it from the same sensor: remove one"
                part.fail("quantity", reason)
            if channel.settings and other.settings and channel.settings != other.settings:
                reason = f"differ from those of the same sensor at channel {other.number}"
                part.fail("settings", f"{reason}: give them once")
