"""Whether a configuration is one with which a node starts, before it is put onto a board."""

from __future__ import annotations

from firmware.wire import seal

#: What a node needs, and within what: numbers from and to.
NUMBERS = {"epoch": (1, 2**31), "sample_s": (10, 86400), "samples_per_frame": (1, 256)}
PORTS = (1, 65535)
OF_CHANNEL = {"number": int, "quantity": int, "scale": int, "driver": str, "bus": str}


def fault(config: object) -> str:
    """Name what of a configuration is missing or wrong, as ``channels[2].driver``; '' if nothing.

    Parameters
    ----------
    config : object
        Whatever a JSON file holds.
    """
    if not isinstance(config, dict):
        return "{}"
    if not _is_text(config.get("node")):
        return "node"
    for name, limits in NUMBERS.items():
        if not _is_within(config.get(name), limits):
            return name
    if not _is_key(config.get("key"), seal.KEY_BYTES):
        return "key"
    if "update_key" in config and not _is_key(config["update_key"], 32):
        return "update_key"
    broker = config.get("broker")
    if not isinstance(broker, dict):
        return "broker"
    if not _is_text(broker.get("host")):
        return "broker.host"
    if not _is_within(broker.get("port"), PORTS):
        return "broker.port"
    if "wifi" in config:
        wifi = config["wifi"]
        if not isinstance(wifi, dict) or not _is_text(wifi.get("ssid")):
            return "wifi"
    return _fault_of_channels(config.get("channels"))


def _fault_of_channels(channels: object) -> str:
    if not isinstance(channels, list) or not channels:
        return "channels"
    for place, row in enumerate(channels):
        if not isinstance(row, dict):
            return f"channels[{place}]"
        for name, kind in OF_CHANNEL.items():
            if type(row.get(name)) is not kind:
                return f"channels[{place}].{name}"
    return ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_within(value: object, limits: tuple[int, int]) -> bool:
    return type(value) is int and limits[0] <= value <= limits[1]


def _is_key(value: object, size: int) -> bool:
    try:
        return isinstance(value, str) and len(bytes.fromhex(value)) == size
    except ValueError:
        return False
