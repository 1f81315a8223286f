"""Uplinks as LoRaWAN network servers post them: ChirpStack 4 and The Things Stack 3.

Both write JSON from protocol buffers, which leave out what is 0 or empty: the first message of a
session has no counter (chirpstack issue 43), and a payload without a decoder no object. Numbers of
64 bits may be text. What is known of a message, whoever sends it again, is `Uplink`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from models.exchange.telemetry.plain import measured, moment
from models.exchange.telemetry.reading import read_json
from models.exchange.telemetry.records import Measured, Telemetry, TelemetryError, Uplink

EUI = re.compile(r"[0-9a-fA-F]{16}")
#: A counter has 16 bits on the air and 32 at the network server.
MOST_COUNTER = (1 << 32) - 1
#: Characters of a payload in base64; the longest of LoRaWAN has 242 bytes.
MOST_PAYLOAD = 1024


def chirpstack(data: bytes) -> Telemetry:
    """Decode what ChirpStack posts with ``event=up`` (JSON, as its HTTP integration writes it).

    Parameters
    ----------
    data : bytes

    Raises
    ------
    TelemetryError
    """
    said = _object(read_json(data), "the body")
    if "devEUI" in said and "deviceInfo" not in said:
        raise TelemetryError("wrong_shape", "as written by ChirpStack 3; version 4 is read")
    info = _object(said.get("deviceInfo"), "deviceInfo")
    uplink = Uplink(
        _eui(info.get("devEui"), "deviceInfo.devEui"),
        _text(said.get("devAddr"), "devAddr"),
        _counter(said.get("fCnt"), "fCnt", said.get("data")),
        _text(said.get("deduplicationId"), "deduplicationId") or None,
        _payload(said.get("data"), said.get("object"), "data"),
        moment(said.get("time")) or _first_moment(said.get("rxInfo")),
    )
    return _decoded(uplink, said.get("object"), "object")


def _first_moment(receptions: Any) -> float | None:
    """Return when the first gateway that tells a time heard it; most have no clock to tell."""
    found = [
        time
        for each in (receptions if isinstance(receptions, list) else ())
        if isinstance(each, dict)
        for key in ("nsTime", "gwTime", "time")
        if (time := moment(each.get(key))) is not None
    ]
    return min(found, default=None)


def things_stack(data: bytes) -> Telemetry:
    """Decode what The Things Stack posts as an uplink message.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    TelemetryError
        Also where the body is another of its messages, such as a join: ``other_event``.
    """
    said = _object(read_json(data), "the body")
    ids = _object(said.get("end_device_ids"), "end_device_ids")
    if "uplink_message" not in said:
        raise TelemetryError("other_event", "no uplink_message: let the webhook send uplinks only")
    message = _object(said["uplink_message"], "uplink_message")
    uplink = Uplink(
        _eui(ids.get("dev_eui"), "end_device_ids.dev_eui"),
        _text(message.get("session_key_id"), "session_key_id")
        or _text(ids.get("dev_addr"), "dev_addr"),
        _counter(message.get("f_cnt"), "uplink_message.f_cnt", message.get("frm_payload")),
        None,
        _payload(
            message.get("frm_payload"),
            message.get("decoded_payload"),
            "uplink_message.frm_payload",
        ),
        moment(message.get("received_at")) or moment(said.get("received_at")),
    )
    return _decoded(uplink, message.get("decoded_payload"), "uplink_message.decoded_payload")


def _decoded(uplink: Uplink, values: Any, where: str) -> Telemetry:
    if values is None or values == {}:
        detail = f"{where}: nothing; give the device a payload formatter at its network server"
        raise TelemetryError("not_decoded", detail)
    found: list[Measured] = []
    left_out: Counter[str] = Counter()
    time = 0.0 if uplink.sent is None else uplink.sent
    relative = uplink.sent is None
    measured(_object(values, where), time, relative=relative, into=found, left_out=left_out)
    return Telemetry(found, left_out, uplink)


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TelemetryError("wrong_shape", f"{where}: no object")
    return value


def _eui(value: Any, where: str) -> str:
    if not isinstance(value, str) or not EUI.fullmatch(value):
        raise TelemetryError("wrong_shape", f"{where}: no DevEUI of 16 hexadecimal digits")
    return value.lower()


def _text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 100 or not value.isprintable():
        raise TelemetryError("wrong_shape", f"{where}: no text of at most 100 characters")
    return value


def _payload(value: Any, values: Any, where: str) -> str:
    if value is None:
        return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    if not isinstance(value, str) or len(value) > MOST_PAYLOAD or not value.isascii():
        raise TelemetryError("wrong_shape", f"{where}: no payload in base64")
    return value


def _counter(value: Any, where: str, payload: Any) -> int | None:
    """Return a counter; one that is not told is 0, unless the payload is not told either.

    Then a webhook was set to leave fields out, and 0 would be every message's.
    """
    if value is None:
        return None if payload is None else 0
    if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) <= 10:
        value = int(value)
    if type(value) is not int or not 0 <= value <= MOST_COUNTER:
        raise TelemetryError("wrong_shape", f"{where}: no counter of 32 bits")
    return value
