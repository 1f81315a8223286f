"""What a board type does by itself: alarms that do not wait, and how it spares its battery."""

from __future__ import annotations

from collections.abc import Sequence

from field_configs.reading import Section
from field_configs.schema import Alarm, BoardChannel, PowerPolicy
from firmware.wire.quantities import by_name

BATTERY = "battery_voltage"
MOST_VOLTS, DAY_S = 60, 86400


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
    section.bad |= part.bad
    return policy
