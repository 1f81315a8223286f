"""Devices of other makers in a site's file, and their checks across records."""

from __future__ import annotations

from collections.abc import Mapping

from field_configs.collected import Collected
from field_configs.device import (
    COUNTER_BITS,
    MOST_NAME,
    NETWORK_KINDS,
    Device,
    DeviceValue,
    Network,
)
from field_configs.reading import Section, nearest

_EUI = "[0-9a-f]{16}"
_MOST_FACTOR = 1e9


def take_devices(section: Section, found: Collected) -> None:
    """Read a site's network servers and devices."""
    for part in section.tables("networks", "id"):
        network = Network(_name(part), part.choice("kind", NETWORK_KINDS, "kind"))
        found.keep_part(found.networks, network, part)
    for part in section.tables("devices", "id"):
        found.keep_part(found.devices, _device(part), part)


def _name(part: Section) -> str:
    name = part.slug()
    if "_" in name:
        part.fail("id", f'"{name}" is no name here: use a-z, 0-9 and -, no underscore')
    return name


def _device(part: Section) -> Device:
    name, every_s = _name(part), part.whole("every_s", 1, 86400, "s")
    by_receipt, network = part.flag("time_of_receipt", default=False), part.maybe_text("network")
    part.know(["eui"])
    eui = part.matching("eui", _EUI) if part.has("eui") else None
    if (network is None) != (eui is None):
        given, missing = ("eui", "network") if network is None else ("network", "eui")
        part.fail(missing, f"is missing beside {given}: give both, or neither")
    return Device(name, every_s, by_receipt, network, eui, _values(part))


def _values(part: Section) -> Mapping[str, DeviceValue]:
    values: dict[str, DeviceValue] = {}
    for each in part.tables("values", "name"):
        name = each.text("name")
        unit = each.maybe_text("unit") or ""
        factor = each.maybe_number("factor", 0, _MOST_FACTOR, "")
        each.know(["counter"])
        counter = each.one_of("counter", COUNTER_BITS) if each.has("counter") else None
        value = DeviceValue(
            each.text("placement"), unit, 1.0 if factor is None else factor, counter
        )
        if not 0 < value.factor < _MOST_FACTOR:
            each.fail("factor", f"is {value.factor:g}: give what one of what it sends is")
        if name in values:
            each.fail("name", "comes twice in a device: leave one out")
        if len(name) > MOST_NAME:
            each.fail("name", f"is longer than {MOST_NAME} characters: shorten it")
        each.close()
        part.bad |= each.bad
        values[name] = value
    return values


def check_devices(found: Collected, served: dict[str, str]) -> None:
    """Add what devices name and nobody declares, and placements that something serves already.

    Parameters
    ----------
    found : Collected
    served : dict of str to str
        What serves a placement, in words; grows.
    """
    euis: dict[tuple[str | None, str], str] = {}
    for one in found.devices.items():
        device, section = one.record, one.section
        if found.nodes.knows(device.id):
            section.fail("id", f'"{device.id}" is a node of this site: give it another name')
        if device.network is not None and not found.networks.knows(device.network):
            near = nearest(device.network, found.networks.records())
            reason = f'unknown network "{device.network}": declare it under [[networks]]'
            section.fail("network", reason, near)
        if device.eui is not None:
            first = euis.setdefault((device.network, device.eui), device.id)
            if first != device.id:
                section.fail("eui", f"is that of device {first} already: mend one")
        for name, value in device.values.items():
            key = f"values[{name}].placement"
            if not found.placements.knows(value.placement):
                near = nearest(value.placement, found.placements.records())
                reason = f'unknown placement "{value.placement}": declare it or name another'
                section.fail(key, reason, near)
            elif value.placement in served:
                section.fail(
                    key,
                    f'placement "{value.placement}" is served already by '
                    f"{served[value.placement]}: take it from one of the two, or declare another "
                    "placement",
                )
            served.setdefault(value.placement, f"device {device.id} value {name}")
