"""The configuration file of one node: what is on its flash as ``node.json``."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from firmware.wire import quantities
from firmware.workbench.parts import Board, NodeKey

MQTT_PORT = 1883


class BrokerUrlError(ValueError):
    """A broker URL that a node cannot use; the message names it and the form it must have."""


def parse_broker_url(url: str) -> dict[str, Any]:
    """Return host, port, user and password of ``mqtt://[user:password@]host[:port]``.

    Raises
    ------
    BrokerUrlError
        If it is of another form, or asks for TLS, which nodes do not have.
    """
    parts = urlsplit(url)
    if parts.scheme == "mqtts":
        raise BrokerUrlError(
            f"broker {_shown(url)!r}: nodes have no TLS yet; give the broker a listener without "
            "it that only their network reaches, and name that: --broker mqtt://host[:port]"
        )
    try:
        port = parts.port or MQTT_PORT
    except ValueError:
        port = 0
    if parts.scheme != "mqtt" or not parts.hostname or not port:
        raise BrokerUrlError(
            f"broker {_shown(url)!r}: must be mqtt://host[:port] or "
            "mqtt://user:password@host[:port], with %40 for @, %2F for / in a password"
        )
    return {
        "host": parts.hostname,
        "port": port,
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
    }


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
) -> dict[str, Any]:
    """Make the configuration of one node.

    Parameters
    ----------
    key : NodeKey
    board : Board
    broker : mapping
        As `parse_broker_url` returns it.
    wifi : (str, str), optional
        Network name and password.

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
        "node": key.node,
        "epoch": key.epoch,
        "key": key.key.hex(),
        "broker": dict(broker),
        "sample_s": board.sample_s,
        "samples_per_frame": board.samples_per_frame,
        "channels": channels,
    }
    if wifi:
        config["wifi"] = {"ssid": wifi[0], "password": wifi[1]}
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
