"""The commands `device`: devices of other makers, which speak standards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.network.device_values import declared, units_line
from collector.commands.network.networks import network_group
from collector.commands.parts import Parts, moment, plain_errors
from collector.ingest.authenticity import Refusals
from collector.ingest.external import taking
from collector.store import audit
from collector.store.measured import external_messages
from collector.store.measured.external_messages import Kept
from collector.store.network import external_devices, frames
from collector.store.network.external_devices import Device
from firmware.wire import topics

#: Characters of a message that are shown.
SHOWN = 300


@click.group("device")
def device_group() -> None:
    """Devices of other makers: SenML or ThingsBoard JSON on the broker, LoRaWAN by its server.

    \b
    Example:
      nongqing device enroll gauge-7 --every 600 --by "Li" \\
        --value urn:dev:gauge-7:temp qf-liuge-1:air_temperature:2 Cel
    """


device_group.add_command(network_group)


def _name(context: click.Context, parameter: click.Parameter, text: str) -> str:
    try:
        return str(topics.check_node_id(text))
    except topics.TopicError as error:
        raise click.BadParameter(str(error), context, parameter) from error


DEVICE = click.argument("device", callback=_name)
VALUE = click.option(
    "--value",
    "values",
    nargs=3,
    multiple=True,
    metavar="NAME PLACE UNIT",
    help="What the device calls a value; a placement, or FIELD:QUANTITY:HEIGHT to make one; its "
    "unit where the device says none (SenML's, - for our own, 0.2*mm for parts). May come again.",
)
COUNTER = click.option(
    "--counter",
    "counters",
    nargs=2,
    multiple=True,
    metavar="NAME BITS",
    help="The value counts up and begins again after 16 or 32 bits; 0: never.",
)


@device_group.command("enroll")
@DEVICE
@click.option(
    "--every",
    "step_s",
    required=True,
    type=click.IntRange(1, 86400),
    help="It measures so often [s].",
)
@VALUE
@COUNTER
@click.option("--network", help="The network server that tells of it; see: device network.")
@click.option("--eui", help="Its DevEUI there, 16 hexadecimal digits.")
@click.option("--time-of-receipt", is_flag=True, help="Take what it sends without a time, too.")
@click.option("--by", type=NAME, required=True, help="Who enrolls it; kept.")
@click.pass_obj
def enroll(
    parts: Parts,
    device: str,
    step_s: int,
    values: Sequence[tuple[str, str, str]],
    counters: Sequence[tuple[str, str]],
    network: str | None,
    eui: str | None,
    time_of_receipt: bool,
    by: str,
) -> None:
    """Enroll DEVICE, so that what it sends is taken.

    On the broker it publishes SenML to senml/DEVICE, or ThingsBoard's JSON to thingsboard/DEVICE;
    let the broker's rules allow just that. Values without a time are refused unless
    --time-of-receipt.

    \b
    Example:
      nongqing device enroll soil-3 --network coop --eui 70b3d57ed005a1b2 --every 1200 --by "Li" \\
        --value soil_temp qf-liuge-1:soil_temperature:-0.1 Cel
    """
    if (network is None) != (eui is None):
        raise click.UsageError("give --network and --eui together, or neither")
    if not values:
        raise click.UsageError("give at least one --value; see: nongqing device enroll --help")
    eui = None if eui is None else _eui(eui)
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        at = parts.clock().now()
        found = declared(conn, device, values, counters)
        external_devices.enrol(
            conn,
            device,
            found,
            step_s=step_s,
            at=at,
            by=by,
            network=network,
            eui=eui,
            time_of_receipt=time_of_receipt,
        )
        served = ", ".join(f"{one.name} -> {one.placement}" for one in found)
        told = {"values": served, "network": network or "", "by": by}
        actor = by_command("device enroll")
        audit.append(conn, actor, "device_enrolled", device, told, at=at)
    click.echo(f"device {device}: enrolled; {served}")
    if network is None:
        click.echo(f"it publishes to senml/{device} or thingsboard/{device}, and nowhere else")


def _eui(text: str) -> str:
    plain = text.lower().replace(":", "").replace("-", "")
    if len(plain) != 16 or any(each not in "0123456789abcdef" for each in plain):
        raise click.UsageError(f'--eui "{text}": write 16 hexadecimal digits, as on its label')
    return plain


@device_group.command("serve")
@DEVICE
@VALUE
@COUNTER
@click.option("--by", type=NAME, required=True, help="Who says so; kept.")
@click.pass_obj
def serve(
    parts: Parts,
    device: str,
    values: Sequence[tuple[str, str, str]],
    counters: Sequence[tuple[str, str]],
    by: str,
) -> None:
    """Let a value of DEVICE stand for a place from now on; what is new counts since ever.

    \b
    Example:
      nongqing device serve soil-3 --value battery qf-liuge-1:battery_voltage:0 mV --by "Li"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        at = parts.clock().now()
        found = declared(conn, device, values, counters)
        for one in found:
            external_devices.serve(conn, device, one, at)
        served = ", ".join(f"{one.name} -> {one.placement}" for one in found)
        told = {"values": served, "by": by}
        audit.append(conn, by_command("device serve"), "device_changed", device, told, at=at)
    click.echo(f"device {device}: {served}; what came before: nongqing device retake {device}")


@device_group.command("swap")
@DEVICE
@click.option("--by", type=NAME, required=True, help="Who swapped it; kept.")
@click.pass_obj
def swap(parts: Parts, device: str, by: str) -> None:
    """Say that another device, or another register, counts under DEVICE's name from now on.

    \b
    Example:
      nongqing device swap meter-2 --by "Li"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        at = parts.clock().now()
        names = external_devices.swap(conn, device, at)
        told = {"values": ", ".join(names), "by": by}
        audit.append(conn, by_command("device swap"), "device_changed", device, told, at=at)
    click.echo(f"device {device}: {len(names)} counters begin anew")
    raise SystemExit(0 if names else 1)


@device_group.command("retire")
@DEVICE
@click.option("--by", type=NAME, required=True, help="Who retires it; kept.")
@click.option("--reason", type=NAME, required=True, help="Why; kept.")
@click.pass_obj
def retire(parts: Parts, device: str, by: str, reason: str) -> None:
    """Take DEVICE out: nothing that it sends is taken any more, and its places are free.

    \b
    Example:
      nongqing device retire gauge-7 --by "Li" --reason "sold"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        at = parts.clock().now()
        external_devices.retire(conn, device, at)
        told = {"reason": reason, "by": by}
        audit.append(conn, by_command("device retire"), "device_retired", device, told, at=at)
    click.echo(f"device {device}: retired")


@device_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(parts: Parts, as_json: bool) -> None:
    """List the devices and what their values stand for. Exit code 1 when there are none.

    \b
    Example:
      nongqing device list
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = external_devices.devices(conn)
    if as_json:
        click.echo(json.dumps([_told(one) for one in found], ensure_ascii=False))
    elif not found:
        click.echo("no devices of other makers")
    for one in () if as_json else found:
        click.echo(_line(one))
        for channel in _now(one):
            click.echo(f"  {channel['name']} -> {channel['placement']} ({channel['unit']})")
    raise SystemExit(0 if found else 1)


def _now(one: Device) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "placement": each.placement,
            "unit": units_line(each.unit, each.factor, each.counter),
        }
        for channels in one.channels.values()
        for each in channels
        if each.valid_to is None
    ]


def _told(one: Device) -> dict[str, Any]:
    return {
        "id": one.id,
        "network": one.network,
        "eui": one.eui,
        "every_s": one.step_s,
        "time_of_receipt": one.time_of_receipt,
        "enrolled": one.enrolled.isoformat(),
        "retired": None if one.retired is None else one.retired.isoformat(),
        "last_seen": None if one.last_seen is None else one.last_seen.isoformat(),
        "values": _now(one),
    }


def _line(one: Device) -> str:
    way = f"broker, senml/{one.id}" if one.network is None else f"{one.network}, {one.eui}"
    heard = "not heard yet" if one.last_seen is None else f"heard {_short(one.last_seen)}"
    state = "" if one.retired is None else f"; retired {_short(one.retired)}"
    return f"{one.id}  {way}  every {one.step_s} s  {heard}{state}"


def _short(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@device_group.command("show")
@DEVICE
@click.option("--limit", type=click.IntRange(1, 100), default=5, show_default=True)
@click.pass_obj
def show(parts: Parts, device: str, limit: int) -> None:
    """Show the newest messages of DEVICE as they were read, and what of each stands for nothing.

    \b
    Example:
      nongqing device show gauge-7
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = external_devices.one(conn, device)
        kept = external_messages.newest(conn, device, limit)
        refused = [one for one in frames.refusals(conn, 1000) if one.node == device]
    for one in kept:
        click.echo(f"{_short(one.received)}  {one.transport}  {one.form}  number {one.row}")
        for each in taking.decode(one).measured:
            channel = found.channel(each.name, each.time)
            place = "stands for nothing" if channel is None else f"-> {channel.placement}"
            unit = "" if each.unit is None else f" {each.unit}"
            click.echo(f"  {each.name} = {each.value:g}{unit}  {place}")
    for row in refused[:10]:
        click.echo(f"refused on {row.day}: {row.count} x {row.reason}")
    if not kept:
        click.echo(f"device {device}: nothing is kept of it")
    raise SystemExit(0 if kept else 1)


@device_group.command("evidence")
@click.argument("number", type=click.IntRange(1))
@click.pass_obj
def evidence(parts: Parts, number: int) -> None:
    """Show the message that brought a reading, by the reading's frame_id, and prove its hash.

    Exit code 1 when no message of such a device has this number.

    \b
    Example:
      nongqing device evidence 4711
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        kept = external_messages.one(conn, number)
    if kept is None:
        click.echo(f"{number}: no message of another maker's device; it may be a node's frame")
        raise SystemExit(1)
    click.echo(f"{kept.device}  {_short(kept.received)}  {kept.transport}  {kept.form}")
    whole = taking.is_whole(kept)
    click.echo(f"sha256 {kept.sha256.hex()}: {'as it came' if whole else 'NOT as it came'}")
    click.echo(_readable(kept))
    raise SystemExit(0 if whole else 1)


def _readable(kept: Kept) -> str:
    text = kept.data.decode("utf-8", "replace")
    plain = text if text.isprintable() else kept.data.hex()
    return plain if len(plain) <= SHOWN else f"{plain[:SHOWN]}... ({len(kept.data)} bytes)"


@device_group.command("retake")
@DEVICE
@click.option("--since", callback=moment, help="From when on it came; without it, everything.")
@click.pass_obj
def retake(parts: Parts, device: str, since: datetime | None) -> None:
    """Read again what is kept of DEVICE, for values that stand for a place only now.

    What is there stays as it is.

    \b
    Example:
      nongqing device retake soil-3 --since 2016-05-01T00:00+08:00
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        now = parts.clock().now()
        ever = datetime(1970, 1, 1, tzinfo=UTC)
        taken = taking.retake(conn, device, since or ever, now, Refusals(now))
    click.echo(f"device {device}: {taken.repeated} messages read, {taken.readings} readings")
