"""From messages of other makers' devices to committed rows, each once.

A message is kept as it came (`external_message`, with its hash, when and how it came), and its
values go into `reading` through the same checks as those of nodes, under the message's number. Who
holds a device's row takes of it alone, so that of two repetitions one finds the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from collector.ingest.authenticity import EXTERNAL, Message, Refusals, is_external
from collector.ingest.external.values import Values
from collector.store import items
from collector.store.items import Found
from collector.store.measured import external_messages
from collector.store.measured.external_messages import RETAINED, Kept, NewMessage
from collector.store.network import external_devices
from collector.store.network.external_devices import Device
from collector.store.network.frames import OTHERS, UNKNOWN_NODE
from collector.store.postgres.db import Connection
from field_configs.events import event
from firmware.wire import topics
from models.exchange.telemetry import lorawan, senml, thingsboard
from models.exchange.telemetry.records import MOST_BYTES, Telemetry, TelemetryError

DECODERS = {
    "senml": senml.decode,
    "thingsboard": thingsboard.decode,
    "chirpstack": lorawan.chirpstack,
    "things-stack": lorawan.things_stack,
}
#: So far apart the same payload under the same counter is a repetition, later a counter that came
#: round or was set back [s]. Repetitions over other gateways came 48 s later
#: (chirpstack-application-server issue 460); an hour leaves room for gateways that keep a backlog.
APART_S = 3600.0
#: Of a refused message so much is kept [bytes].
MOST_SHOWN = 4096
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Taken:
    """What came of messages."""

    new: int = 0
    repeated: int = 0
    readings: int = 0


@dataclass(frozen=True)
class Arriving:
    """A message on its way in; `decoded` where somebody has decoded it already."""

    device: str
    transport: str
    form: str
    data: bytes
    decoded: Telemetry | None = None


def cut(message: Message) -> Message:
    """Return a message of which no more is held than shows that it is too large."""
    if len(message.payload) <= MOST_BYTES or not is_external(message.topic):
        return message
    return replace(message, payload=message.payload[: MOST_BYTES + 1])


def take(
    conn: Connection, messages: Sequence[Message], now: datetime, refused: Refusals, *, sure: bool
) -> Taken:
    """Take messages of the broker; the caller commits, and keeps the refusals.

    Parameters
    ----------
    conn : Connection
        Inside a transaction.
    messages : sequence of Message
        On topics of which `is_external` is true, in the order of arrival.
    now : datetime
        Time of receipt, aware.
    refused : Refusals
        Counts what is not taken.
    sure : bool
        `now` can be believed.
    """
    arriving = []
    for message in messages:
        form, _, device = message.topic.partition("/")
        try:
            topics.check_node_id(device)
        except topics.TopicError:
            refused.add(OTHERS, "bad_topic", message.payload[:MOST_SHOWN])
            continue
        way = f"mqtt:{message.topic}{RETAINED if message.retained else ''}"
        arriving.append(Arriving(device, way, form, message.payload))
    return take_arriving(conn, arriving, now, refused, sure=sure)


def take_arriving(
    conn: Connection, arriving: Iterable[Arriving], now: datetime, refused: Refusals, *, sure: bool
) -> Taken:
    """Take messages by whatever way they came; parameters as for `take`."""
    arriving = list(arriving)
    if not arriving:
        return Taken()
    devices = external_devices.lock(conn, (one.device for one in arriving))
    taken, values = Taken(), Values(conn, now, refused)
    heard = set()
    for one in arriving:
        device = devices.get(one.device)
        reason = _unwelcome(device, one)
        if device is None or reason:
            refused.add(one.device, reason, one.data[:MOST_SHOWN])
            continue
        heard.add(device.id)
        try:
            decoded = one.decoded or DECODERS[one.form](one.data)
        except TelemetryError as error:
            refused.add(device.id, error.reason, one.data[:MOST_SHOWN])
            continue
        row = external_messages.put(
            conn,
            _new(one, device, decoded, now),
            bytes_since=_since(one, device, decoded, now),
            apart_s=APART_S,
        )
        if row is None:
            taken.repeated += 1
            continue
        taken.new += 1
        retained = one.transport.endswith(RETAINED)
        values.add(device, decoded, row, now, one.data[:MOST_SHOWN], retained=retained)
    if sure:
        external_devices.seen(conn, heard, now)
    _finish(conn, values, taken, now)
    return taken


def retake(
    conn: Connection, device: str, since: datetime, now: datetime, refused: Refusals
) -> Taken:
    """Read again what is kept of a device since a time of receipt; what is there stays as it is."""
    found = external_devices.one(conn, device)
    taken, values = Taken(), Values(conn, now, refused)
    for kept in external_messages.of_device(conn, device, since):
        taken.repeated += 1
        shown, retained = kept.data[:MOST_SHOWN], kept.transport.endswith(RETAINED)
        values.add(found, decode(kept), kept.row, kept.received, shown, retained=retained)
    _finish(conn, values, taken, now)
    return taken


def decode(kept: Kept) -> Telemetry:
    """Decode a message that is kept: it was decoded once, when it came."""
    return DECODERS[kept.form](kept.data)


def is_whole(kept: Kept) -> bool:
    """Tell whether a message is as it came."""
    return hashlib.sha256(kept.data).digest() == kept.sha256


def _finish(conn: Connection, values: Values, taken: Taken, now: datetime) -> None:
    readings, conflicts = values.write()
    taken.readings += readings
    found = [
        Found(event("two_values", series=number, time=moment), str(number))
        for number, moment, _ in conflicts
    ]
    items.raise_items(conn, found, now)


def _unwelcome(device: Device | None, one: Arriving) -> str:
    """Return why nothing of a message is taken, whatever it holds; "" where it may be."""
    if device is None:
        return UNKNOWN_NODE
    if device.retired is not None:
        return "revoked"
    if (device.network is None) != (one.form in EXTERNAL):
        return "wrong_way"
    return ""


def _new(one: Arriving, device: Device, decoded: Telemetry, now: datetime) -> NewMessage:
    digest = hashlib.sha256(one.data).digest()
    uplink = decoded.uplink
    if uplink is not None and uplink.event is not None:
        identity = hashlib.sha256(b"event " + uplink.event.encode()).digest()
    elif _dated_by_receipt(one, device, decoded):
        identity = hashlib.sha256(digest + now.isoformat().encode()).digest()
    else:
        identity = digest
    plain = NewMessage(device.id, identity, now, one.transport, one.form, digest, one.data)
    if uplink is None:
        return plain
    sent = None if uplink.sent is None else _EVER + timedelta(seconds=uplink.sent)
    return replace(
        plain,
        sent=sent,
        session=uplink.session,
        counter=uplink.counter,
        payload=uplink.payload.encode(),
    )


def _dated_by_receipt(one: Arriving, device: Device, decoded: Telemetry) -> bool:
    """Tell whether values of a message count as measured when it came."""
    return decoded.relative and device.time_of_receipt and not one.transport.endswith(RETAINED)


def _since(one: Arriving, device: Device, decoded: Telemetry, now: datetime) -> datetime:
    """Return since when the same bytes are a repetition.

    What tells its time is the same message whenever it comes, and so is what a broker retained.
    What does not may say the same twice; within half of the device's step it is taken for a
    repetition.
    """
    if _dated_by_receipt(one, device, decoded):
        return now - timedelta(seconds=device.step_s / 2)
    return _EVER
