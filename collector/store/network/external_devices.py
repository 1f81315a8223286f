"""Devices of other makers: who they are, which network server tells of them, what they serve."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run
from firmware.wire.quantities import nearest

SQL = queries.load("external_devices")
HANDOVER, SITES = queries.load("handover"), queries.load("sites")
TOKEN_BYTES = 32


class ExternalError(StoreError):
    """A device cannot be enrolled or changed; the message names what, why and the mend."""


@dataclass(frozen=True)
class Network:
    """A network server of others; `devices` counts those of it that are not retired."""

    id: str
    kind: str
    open: bool
    made: datetime
    made_by: str
    devices: int


@dataclass(frozen=True)
class Declared:
    """What a device calls a value and where it belongs.

    `unit` "" is the quantity's own; `factor` what one of what it sends is in that unit; `counter`
    the bits of a value that counts up, 0 without end, None: it is no counter.
    """

    name: str
    placement: str
    unit: str = ""
    factor: float = 1.0
    counter: int | None = None


@dataclass(frozen=True)
class Channel:
    """`Declared` from a time on, with its number, series and quantity."""

    id: int
    name: str
    placement: str
    series: int
    quantity: str
    unit: str
    factor: float
    counter: int | None
    valid_from: datetime | None
    valid_to: datetime | None

    def serves(self, time: float) -> bool:
        """Tell whether it counts at a time [s since 1970 UTC]."""
        since, until = self.valid_from, self.valid_to
        return (since is None or since.timestamp() <= time) and (
            until is None or time < until.timestamp()
        )


@dataclass(frozen=True)
class Device:
    """A device; `eui` is None where it speaks to the broker itself.

    `step_s` is how often it measures; `time_of_receipt`, that a value without a time counts as
    measured when it came.
    """

    id: str
    network: str | None
    eui: str | None
    step_s: int
    time_of_receipt: bool
    enrolled: datetime
    enrolled_by: str
    retired: datetime | None
    last_seen: datetime | None
    channels: dict[str, list[Channel]] = field(default_factory=dict)

    def channel(self, name: str, time: float) -> Channel | None:
        """Return what a name stands for at a time [s since 1970 UTC]; None: nothing."""
        return next((one for one in self.channels.get(name, ()) if one.serves(time)), None)


# Network servers ------------------------------------------------------------------------------


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _new_token(network: str) -> str:
    return f"{network}.{secrets.token_urlsafe(TOKEN_BYTES)}"


def add_network(conn: Connection, network: str, kind: str, *, at: datetime, by: str) -> str:
    """Make a network server known; return its token, which is kept as a digest only.

    Raises
    ------
    ExternalError
        When there is one of this name.
    """
    token = _new_token(network)
    given = {"id": network, "kind": kind, "token": _digest(token), "at": at, "by": by}
    if not fetch(conn, SQL["add_network"], **given):
        raise ExternalError(
            f"network {network}: is known already; take another name, or give it a new token: "
            f"nongqing device network token {network}"
        )
    return token


def new_token(conn: Connection, network: str, *, close: bool = False) -> str:
    """Give a network server another token, or with `close` none: the one before opens nothing.

    Raises
    ------
    ExternalError
        When there is no such network server.
    """
    token = _new_token(network)
    digest = None if close else _digest(token)
    if not fetch(conn, SQL["set_token"], id=network, token=digest):
        raise ExternalError(
            f"network {network}: is not known; see: nongqing device network list, or add it"
        )
    return token


def networks(conn: Connection) -> list[Network]:
    """Return every network server, by name."""
    return [Network(*row) for row in fetch(conn, SQL["networks"])]


def of_token(conn: Connection, token: str) -> tuple[str, str] | None:
    """Return name and kind of the network server whose token it is; None where it is nobody's.

    The name in front leads to one digest, which is compared in constant time.
    """
    rows = fetch(conn, SQL["network_tokens"], id=token.partition(".")[0])
    digest = _digest(token)
    for network, kind, kept in rows:
        if compare_digest(digest, bytes(kept)):
            return network, kind
    return None


# Devices --------------------------------------------------------------------------------------


def enrol(
    conn: Connection,
    device: str,
    channels: Iterable[Declared],
    *,
    step_s: int,
    at: datetime,
    by: str,
    network: str | None = None,
    eui: str | None = None,
    time_of_receipt: bool = False,
) -> None:
    """Take a device into the registry, with all that it serves; the caller commits.

    Parameters
    ----------
    conn : Connection
    device : str
        Its name here, which ends its topic.
    channels : iterable of Declared
    step_s : int
        How often it measures [s].
    at : datetime
    by : str
        Who enrols it.
    network, eui : str, optional
        The network server that tells of it, and its DevEUI there.
    time_of_receipt : bool
        What it sends without a time counts as measured when it came.

    Raises
    ------
    ExternalError
        When its name, DevEUI or a placement is taken, or its network server is not known.
    """
    given = {"id": device, "network": network, "eui": eui, "step_s": step_s, "at": at, "by": by}
    if network is not None and all(one.id != network for one in networks(conn)):
        raise ExternalError(
            f"network {network}: is not known; add it: nongqing device network add {network}"
        )
    if fetch(conn, SQL["node"], id=device):
        raise ExternalError(f"device {device}: a node has this name; take another")
    if not fetch(conn, SQL["add"], time_of_receipt=time_of_receipt, **given):
        what = f"device {device}" if eui is None else f"device {device} or DevEUI {eui}"
        raise ExternalError(f"{what}: is enrolled already; see: nongqing device list")
    for one in channels:
        _begin(conn, device, one, None)


def serve(conn: Connection, device: str, new: Declared, at: datetime) -> None:
    """Let a name of a device stand for a placement from now on; what it stood for ends."""
    _known(conn, device)
    ended = fetch(conn, SQL["end_channel"], device=device, name=new.name, at=at)
    _begin(conn, device, new, ended[0][-1] if ended else None)


def swap(conn: Connection, device: str, at: datetime) -> list[str]:
    """Let counters of a device begin anew from a time on: another one hangs there now."""
    found = _known(conn, device)
    names = [name for name, each in found.channels.items() if _counts_now(each)]
    for name in names:
        ((_, placement, unit, factor, counter, until),) = fetch(
            conn, SQL["end_channel"], device=device, name=name, at=at
        )
        _begin(conn, device, Declared(name, placement, unit, factor, counter), until)
    return names


def _counts_now(channels: list[Channel]) -> bool:
    return any(one.valid_to is None and one.counter is not None for one in channels)


def retire(conn: Connection, device: str, at: datetime) -> None:
    """Take a device out: nothing that it sends is taken any more, and its placements are free."""
    _known(conn, device)
    if not fetch(conn, SQL["retire"], id=device, at=at):
        raise ExternalError(f"device {device}: is retired already")
    run(conn, SQL["end_channels"], device=device, at=at)


def place(
    conn: Connection, device: str, field_id: str, quantity: str, height_m: float | None
) -> str:
    """Make a placement for a device in a field; return its name.

    Parameters
    ----------
    conn : Connection
    device : str
    field_id : str
        A field of the registry.
    quantity : str
        Of the vocabulary.
    height_m : float or None
        Above ground [m], negative below.

    Raises
    ------
    ExternalError
        When there is no such field.
    """
    if not fetch(conn, SQL["field"], field=field_id):
        raise ExternalError(
            f"field {field_id}: is not in the registry; declare it in field_configs/sites/ and run "
            "`nongqing sites import`"
        )
    ((number,),) = fetch(conn, SQL["next_place"], begins=f"{field_id}-{device}-%")
    name = f"{field_id}-{device}-{number}"
    given = {"id": name, "field": field_id, "quantity": quantity, "height_m": height_m}
    run(conn, HANDOVER["add_placement"], **given)
    run(conn, SITES["put_series"])
    return name


def _begin(conn: Connection, device: str, new: Declared, since: datetime | None) -> None:
    if not fetch(conn, SQL["placement"], placement=new.placement):
        raise ExternalError(
            f"placement {new.placement}: is not in the registry; declare it in "
            "field_configs/sites/ and run `nongqing sites import`"
        )
    serving = fetch(conn, SQL["serving"], placement=new.placement)
    if serving:
        raise ExternalError(
            f"placement {new.placement}: is served by {serving[0][0]}; retire that one first, or "
            "declare another placement"
        )
    run(
        conn,
        SQL["begin_channel"],
        device=device,
        name=new.name,
        placement=new.placement,
        unit=new.unit,
        factor=new.factor,
        counter=new.counter,
        valid_from=since,
    )


def _known(conn: Connection, device: str) -> Device:
    found = lock(conn, [device])
    if device in found:
        return found[device]
    names = [one.id for one in devices(conn)]
    near = nearest(device, names) if names else None
    hint = f' (did you mean "{near}"?)' if near else ""
    raise ExternalError(f"device {device}: is not enrolled{hint}; see: nongqing device list")


def lock(conn: Connection, ids: Iterable[str]) -> dict[str, Device]:
    """Return devices by name, with what they serve; nobody else takes of them meanwhile."""
    names = sorted(set(ids))
    return _with_channels(conn, fetch(conn, SQL["lock"], ids=names)) if names else {}


def one(conn: Connection, device: str) -> Device:
    """Return a device and lock it; ExternalError where it is not enrolled."""
    return _known(conn, device)


def devices(conn: Connection) -> list[Device]:
    """Return every device, by name, with what it serves."""
    return list(_with_channels(conn, fetch(conn, SQL["devices"])).values())


def of_eui(conn: Connection, network: str, eui: str) -> str | None:
    """Return the name of a network server's device; None: it is not enrolled."""
    rows = fetch(conn, SQL["by_eui"], network=network, eui=eui)
    return str(rows[0][0]) if rows else None


def seen(conn: Connection, ids: Iterable[str], at: datetime) -> None:
    """Note that devices were heard."""
    run(conn, SQL["seen"], ids=sorted(set(ids)), at=at)


def _with_channels(conn: Connection, rows: list[tuple[object, ...]]) -> dict[str, Device]:
    found = {str(row[0]): Device(*row) for row in rows}  # type: ignore[arg-type]
    for device, *rest in fetch(conn, SQL["channels"], ids=sorted(found)):
        channel = Channel(*rest)
        found[device].channels.setdefault(channel.name, []).append(channel)
    return found
