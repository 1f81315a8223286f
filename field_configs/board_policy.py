"""What a board type does by itself: alarms that do not wait, and how it spares its battery."""

from __future__ import annotations

from collections.abc import Sequence

from field_configs.battery import Battery, PowerPolicy, Solar
from field_configs.reading import Section
from field_configs.schema import Alarm, BoardChannel
from firmware.wire.quantities import by_name

BATTERY = "battery_voltage"
MOST_VOLTS, DAY_S = 60, 86400
#: Pins from here on of an ESP32 take no output.
LAST_OUTPUT = 33
#: Buses whose sensors need the board awake between samples, and what to do about it.
AWAKE = {
    "pulse": "counts pulses or watches a door, and none is noticed in deep sleep: take deep_sleep "
    "out, or put that sensor on another board",
    "gnss": "is of a satellite receiver, which loses its place: take deep_sleep out",
}


def take_alarm(part: Section, channels: Sequence[BoardChannel], section: Section) -> Alarm:
    """Take one alarm; its channel must be one of the board's, its values such as it can have."""
    number = part.whole("channel", 0, 31)
    quantity = {channel.number: channel.quantity for channel in channels}.get(number)
    if quantity is None:
        part.fail("channel", f"the board has no channel {number}: give the number of one")
        low, high, unit = -1e9, 1e9, ""
    else:
        row = by_name(quantity)
        low, high, unit = row.low, row.high, row.unit
    below = part.maybe_number("below", low, high, unit)
    above = part.maybe_number("above", low, high, unit)
    back = part.number("back", low, high, unit)
    part.close()
    if not part.bad:
        if (below is None) == (above is None):
            part.fail("below", "give either below or above, the value at which the alarm begins")
        elif below is not None and back < below:
            part.fail("back", f"{back:g} is not above {below:g}: an alarm below it ends above it")
        elif above is not None and back > above:
            part.fail("back", f"{back:g} is not below {above:g}: an alarm above it ends below it")
    section.bad |= part.bad
    return Alarm(number, below, above, back)


def take_power(section: Section, channels: Sequence[BoardChannel], sample_s: int) -> PowerPolicy:
    """Take the power policy; the board must measure its battery, and periods may only grow."""
    part = section.table("power")
    policy = PowerPolicy(
        part.number("saving_below", 0, MOST_VOLTS, "V"),
        part.number("survival_below", 0, MOST_VOLTS, "V"),
        part.number("back", 0.01, 5, "V"),
        part.whole("saving_s", 10, DAY_S, "s"),
        part.whole("survival_s", 10, DAY_S, "s"),
        part.flag("deep_sleep", default=False),
        part.maybe_whole("supply_pin", 0, LAST_OUTPUT),
        part.maybe_number("supply_s", 0, 90, "s") or 0.0,
    )
    part.close()
    if not part.bad:
        if sum(channel.quantity == BATTERY for channel in channels) != 1:
            part.fail("saving_below", f"the board must have one channel of {BATTERY}: add it")
        if policy.survival_below >= policy.saving_below:
            part.fail("survival_below", "is not below saving_below: swap or mend them")
        if not sample_s <= policy.saving_s <= policy.survival_s:
            reason = f"must be from sample_s ({sample_s}) to survival_s: mend one"
            part.fail("saving_s", reason)
        if policy.supply_s and policy.supply_pin is None:
            part.fail("supply_s", "there is nothing to switch: add supply_pin, or take it out")
        for channel in channels:
            if policy.deep_sleep and channel.bus in AWAKE:
                part.fail("deep_sleep", f"channel {channel.number} {AWAKE[channel.bus]}")
                break
    section.bad |= part.bad
    return policy


def take_battery(section: Section) -> Battery | None:
    """Take the battery that a board type lives on, if it says which."""
    if not section.has("battery"):
        return None
    part = section.table("battery")
    battery = Battery(
        part.number("mah", 1, 1_000_000, "mAh"),
        part.number("volts", 1, MOST_VOLTS, "V"),
        part.number("usable", 0.05, 1, ""),
        part.text("source", "where the figures were read, or that they are chosen"),
    )
    part.close()
    section.bad |= part.bad
    return battery


def take_solar(section: Section) -> Solar | None:
    """Take the solar panel of a board type; it must have a battery to charge."""
    if not section.has("solar"):
        return None
    part = section.table("solar")
    solar = Solar(
        part.number("watts", 0.01, 1000, "W"),
        part.number("sun_h", 0.1, 12, "h"),
        part.number("efficiency", 0.05, 1, ""),
        part.text("source", "where the figures were read, or that they are chosen"),
    )
    part.close()
    if not part.bad and not section.has("battery"):
        part.fail("watts", "a panel charges a battery, and there is none: add [battery]")
    section.bad |= part.bad
    return solar
