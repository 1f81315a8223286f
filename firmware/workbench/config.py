"""The configuration file of one node: what is on its flash as ``node.json``."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from firmware.wire import quantities
from firmware.workbench.parts import Alarm, Board, NodeKey, PowerPolicy
from firmware.workbench.psk import psk_of

PORTS = {"mqtt": 1883, "mqtts": 8883}


class BrokerUrlError(ValueError):
    """A broker URL that a node cannot use; the message names it and the form it must have."""


class LinkError(ValueError):
    """An option that does not go with a board's link; the message names it and the mend."""


def parse_broker_url(url: str) -> dict[str, Any]:
    """Return host, port, user and password of ``mqtt://[user:password@]host[:port]``.

    Of ``mqtts://`` also ``tls``: nodes prove themselves by a pre-shared key there.

    Raises
    ------
    BrokerUrlError
        If it is of another form.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in PORTS or not parts.hostname or not port:
        raise BrokerUrlError(
            f"broker {_shown(url)!r}: must be mqtt://host[:port] or "
            "mqtt://user:password@host[:port], with %40 for @, %2F for / in a password; "
            "mqtts:// where it takes the nodes' pre-shared keys"
        )
    address: dict[str, Any] = {
        "host": parts.hostname,
        "port": port,
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
    }
    return address | ({"tls": True} if parts.scheme == "mqtts" else {})


def need_nodes_broker(collectors: str) -> str:
    """Return the collector's address of the broker, where nodes can take it as well.

    Raises
    ------
    BrokerUrlError
        If it has TLS: that port takes certificates.
    """
    if urlsplit(collectors).scheme == "mqtts":
        raise BrokerUrlError(
            f"broker {_shown(collectors)!r}: the collector's port takes certificates, nodes have "
            "pre-shared keys; give the broker a listener with a psk_file and name that: "
            "--broker mqtts://host[:port]"
        )
    return collectors


def _shown(url: str) -> str:
    """The URL without what may be a password."""
    secret, at, address = url.rpartition("@")
    scheme, separator, _ = secret.partition("://")
    return f"{scheme if separator else ''}{separator}…@{address}" if at else url


def node_config(
    key: NodeKey,
    board: Board,
    broker: Mapping[str, Any],
    wifi: tuple[str, str] | None = None,
    apn: str | None = None,
) -> dict[str, Any]:
    """Make the configuration of one node.

    Parameters
    ----------
    key : NodeKey
    board : Board
    broker : mapping
        As `parse_broker_url` returns it; with ``tls`` the node gets its pre-shared key.
    wifi : (str, str), optional
        Network name and password.
    apn : str, optional
        Access point of a board with a modem; without one the network chooses.

    Raises
    ------
    LinkError
        If what is given does not go with the board's link.
    firmware.wire.quantities.UnknownQuantity
    """
    has_modem = board.link["kind"] != "ip"
    if wifi and has_modem:
        raise LinkError("--wifi: this board has a modem and no Wi-Fi; take it out")
    if apn is not None and not has_modem:
        raise LinkError("--apn: this board has Wi-Fi and no modem; take it out")
    config: dict[str, Any] = {
        "node": key.node,
        "epoch": key.epoch,
        "key": key.key.hex(),
        "broker": broker_of(key, broker),
        **changeable(board),
    }
    if board.outputs:
        config["ntp"] = ""  # its schedules go by the server's time alone
    if has_modem:
        config["link"] = dict(board.link) | ({"apn": apn} if apn else {})
    if wifi:
        config["wifi"] = {"ssid": wifi[0], "password": wifi[1]}
    return config


def broker_of(key: NodeKey, address: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a node's configuration has of a broker, as `parse_broker_url` returns it.

    Over TLS with the pre-shared key that follows from the node's own.
    """
    broker = dict(address)
    if broker.pop("tls", False):
        broker["psk"] = {"identity": key.node, "key": psk_of(key.key).hex()}
    return broker


def changeable(board: Board) -> dict[str, Any]:
    """Return what a configuration has from a board type: times, channels, alarms, outputs.

    Raises
    ------
    firmware.wire.quantities.UnknownQuantity
    """
    channels = []
    for channel in sorted(board.channels, key=lambda c: c.number):
        quantity = quantities.by_name(channel.quantity)
        row = {
            "number": channel.number,
            "quantity": quantity.id,
            "scale": quantity.scale,
            "driver": channel.driver,
            "bus": channel.bus,
            "address": channel.address,
        }
        if channel.settings:
            row["settings"] = dict(channel.settings)
        channels.append(row)
    config: dict[str, Any] = {
        "sample_s": board.sample_s,
        "samples_per_frame": board.samples_per_frame,
        "channels": channels,
    }
    scales = {row["number"]: row["scale"] for row in channels}
    if board.alarms:
        config["alarms"] = [_alarm(alarm, scales[alarm.channel]) for alarm in board.alarms]
    if board.power:
        config["power"] = _power(board.power, channels)
    if board.outputs:
        config["outputs"] = [dict(output.raw) for output in board.outputs]
        config["rules"] = [list(rule.raw) for rule in board.rules]
    return config


def _alarm(alarm: Alarm, scale: int) -> dict[str, int]:
    row = {"channel": alarm.channel, "back": round(alarm.back * scale)}
    if alarm.below is not None:
        row["below"] = round(alarm.below * scale)
    if alarm.above is not None:
        row["above"] = round(alarm.above * scale)
    return row


def _power(policy: PowerPolicy, channels: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    battery = quantities.by_name("battery_voltage")
    (number,) = (row["number"] for row in channels if row["quantity"] == battery.id)
    config: dict[str, Any] = {
        "channel": number,
        "saving_below": round(policy.saving_below * battery.scale),
        "survival_below": round(policy.survival_below * battery.scale),
        "back": round(policy.back * battery.scale),
        "saving_s": policy.saving_s,
        "survival_s": policy.survival_s,
    }
    if policy.deep_sleep:
        config["deep_sleep"] = True
    if policy.supply_pin is not None:
        config["supply"] = {"pin": policy.supply_pin, "warm_ms": round(policy.supply_s * 1000)}
    return config


def write_config(path: Path, config: dict[str, Any]) -> None:
    """Write a configuration so that only its owner can read it (it holds the node's key)."""
    write_secret(path, (json.dumps(config, indent=1) + "\n").encode())


def write_secret(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and so that only its owner can read it."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    new.replace(path)
