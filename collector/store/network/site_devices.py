"""Devices of other makers as a site declares them, into the registry and back.

Tokens of network servers, who enrolled a device and when, and what it served before are no part of
a site. A retired device is not declared any more; one that a file still has stays retired.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from collector.store.network.external_devices import ExternalError
from collector.store.network.external_devices import devices as enrolled
from collector.store.network.external_devices import networks as known_networks
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from field_configs.changes import Changes
from field_configs.device import Device, DeviceValue, Network
from field_configs.schema import Configs, Node
from firmware.wire.quantities import Quantity, by_name
from models.exchange.telemetry.units import conversion, units_of

SQL = queries.load("site_devices")


class _Begun(NamedTuple):
    device: str
    name: str
    value: DeviceValue


def read(conn: Connection) -> tuple[dict[str, Network], dict[str, Device]]:
    """Return network servers and the devices that are not retired, as a site declares them."""
    networks = {each.id: Network(each.id, each.kind) for each in known_networks(conn)}
    devices = {}
    for each in enrolled(conn):
        if each.retired is None:
            values = {
                name: DeviceValue(one.placement, one.unit, one.factor, one.counter)
                for name, channels in each.channels.items()
                for one in channels
                if one.valid_to is None
            }
            devices[each.id] = Device(
                each.id, each.step_s, each.time_of_receipt, each.network, each.eui, values
            )
    return networks, devices


def retired(conn: Connection) -> set[str]:
    """Return the names of devices that were retired."""
    return {each.id for each in enrolled(conn) if each.retired is not None}


def without_retired(conn: Connection, configs: Configs) -> Configs:
    """Return what is declared without the devices that were retired: these stay so."""
    gone = retired(conn)
    kept = {name: each for name, each in configs.devices.items() if name not in gone}
    return replace(configs, devices=kept)


def refuse_two_servers(before: Configs, after: Configs) -> None:
    """Refuse an import after which two would serve one placement, or two have one name.

    Parameters
    ----------
    before : Configs
        What the registry holds.
    after : Configs
        What is declared; what it leaves out stays as it is.

    Raises
    ------
    ExternalError
        With each such placement, both that would serve it, and the mend.
    """
    wrong = [*_two_servers(before, after), *_two_of_a_name(before, after)]
    if wrong:
        raise ExternalError("\n".join(wrong))


#: What serves placements: in words, whether it is a device, whether the file declares it.
_Servers = dict[str, list[tuple[str, bool, bool]]]


def _servers(nodes: Iterable[Node], devices: Iterable[Device], declared: Configs) -> _Servers:
    found: _Servers = defaultdict(list)
    for node in nodes:
        for channel, placement in sorted(node.channels.items()):
            named = (f"node {node.id} channel {channel}", False, node.id in declared.nodes)
            found[placement].append(named)
    for device in devices:
        for name, value in sorted(device.values.items()):
            own = (f"device {device.id} value {name}", True, device.id in declared.devices)
            found[value.placement].append(own)
    return found


def _two_servers(before: Configs, after: Configs) -> Iterator[str]:
    stood = _servers(before.nodes.values(), before.devices.values(), after)
    given = {place for node in after.nodes.values() for place in node.channels.values()}
    # a node that is left out hands its placement over to one that is declared
    stays = [
        replace(node, channels={n: p for n, p in node.channels.items() if p not in given})
        for node in before.nodes.values()
        if node.id not in after.nodes
    ]
    devices = {**before.devices, **after.devices}.values()
    comes = _servers([*after.nodes.values(), *stays], devices, after)
    for placement, servers in sorted(comes.items()):
        if len(servers) < 2 or not any(device for _, device, _ in servers):
            continue
        if servers == stood.get(placement):
            continue  # not of this import's making
        words = [
            name + ("" if here else " (not in the file: it stays)") for name, _, here in servers
        ]
        mends = [f"declare another placement for {name}" for name, _, here in servers if here]
        mends += [_end(name, device) for name, device, here in servers if not here]
        both, ways = " and ".join(words), ", or ".join(mends)
        yield f"placement {placement}: {both} would serve it at one time; {ways}"


def _end(server: str, device: bool) -> str:
    name = server.split()[1]
    if device:
        return f"end it first: nongqing device retire {name}"
    return f"declare node {name} without this channel"


def _two_of_a_name(before: Configs, after: Configs) -> Iterator[str]:
    for name in sorted(after.devices.keys() & before.nodes.keys()):
        yield f"device {name}: a node has this name; take another"
    for name in sorted(after.nodes.keys() & before.devices.keys()):
        yield f"node {name}: a device of another maker has this name; take another"
    stays = [each for name, each in before.devices.items() if name not in after.devices]
    euis = {(each.network, each.eui): each.id for each in stays if each.eui is not None}
    for each in after.devices.values():
        if each.eui is not None and (other := euis.get((each.network, each.eui))):
            yield (
                f"device {each.id}: DevEUI {each.eui} at network {each.network} is that of device "
                f"{other}; mend one, or retire that one: nongqing device retire {other}"
            )


def write(conn: Connection, changes: Changes, at: datetime, by: str) -> None:
    """Write what is new and what changed: first all that ends, then all that begins.

    A value that is new counts since ever, one that stands for another placement from `at` on.

    Parameters
    ----------
    conn : Connection
    changes : Changes
        What `sites.planned` found in this transaction.
    at : datetime
        Aware.
    by : str
        Who enrols what is new.
    """
    networks = [x.after for x in changes.new("networks") if isinstance(x.after, Network)]
    for network in networks:
        run(conn, SQL["add_network"], id=network.id, kind=network.kind, at=at, by=by)
    for change in changes.changed("networks"):
        if isinstance(change.after, Network):
            run(conn, SQL["set_kind"], id=change.id, kind=change.after.kind)
    begun: list[_Begun] = []
    for change in (*changes.new("devices"), *changes.changed("devices")):
        device, old = change.after, _values(change.before)
        if not isinstance(device, Device):
            continue
        given: dict[str, object] = {"id": device.id, "network": device.network, "eui": device.eui}
        given |= {"step_s": device.every_s, "time_of_receipt": device.time_of_receipt}
        run(conn, SQL["put"], at=at, by=by, **given)
        for name in sorted(old.keys() | device.values.keys()):
            if old.get(name) == device.values.get(name):
                continue
            if name in old:
                run(conn, SQL["end_channel"], device=device.id, name=name, at=at)
            if name in device.values:
                begun.append(_Begun(device.id, name, device.values[name]))
    _begin(conn, begun)


def _values(record: object) -> Mapping[str, DeviceValue]:
    return record.values if isinstance(record, Device) else {}


def _begin(conn: Connection, begun: Iterable[_Begun]) -> None:
    for device, name, value in begun:
        ((quantity,),) = fetch(conn, SQL["quantity"], placement=value.placement)
        _refuse_unit(device, name, value, by_name(quantity))
        run(
            conn,
            SQL["begin_channel"],
            device=device,
            name=name,
            placement=value.placement,
            unit=value.unit,
            factor=value.factor,
            counter=value.counter,
        )


def _refuse_unit(device: str, name: str, value: DeviceValue, quantity: Quantity) -> None:
    if conversion(value.unit, quantity) is None:
        known = ", ".join(units_of(quantity)) or "none"
        raise ExternalError(
            f'device {device} value {name}: {quantity.name} is not measured in "{value.unit}"; '
            f"units: {known}, or none for our own ({quantity.unit})"
        )
    if value.counter is not None and quantity.method != "sum":
        raise ExternalError(
            f"device {device} value {name}: {quantity.name} is no amount that adds up; leave "
            "counter out"
        )
