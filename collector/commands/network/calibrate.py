"""The commands `node calibrate` and `node calibrations`: dated coefficients of a channel."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, moment, plain_errors
from collector.ingest.known_nodes import read_known_nodes
from collector.ingest.recalibrating import recalibrate
from collector.keys import load_master_key
from collector.store import audit
from collector.store.network import calibrations
from collector.store.network.calibrations import Calibration

SLOPES = click.FloatRange(0.001, 999)
INTERCEPTS = click.FloatRange(-999_999, 999_999)


@click.command("calibrate")
@click.argument("node")
@click.option("--channel", required=True, type=click.IntRange(0, 31), help="Channel number.")
@click.option("--from", "since", required=True, callback=moment, help="From when on it counts.")
@click.option("--slope", type=SLOPES, default=1.0, show_default=True, help="Times the value.")
@click.option("--intercept", type=INTERCEPTS, default=0.0, show_default=True, help="Then added.")
@click.option("--by", type=NAME, required=True, help="Who calibrated; kept.")
@click.option("--reason", type=NAME, required=True, help="Against what, which certificate; kept.")
@click.pass_obj
def calibrate(
    parts: Parts,
    node: str,
    channel: int,
    since: datetime,
    slope: float,
    intercept: float,
    by: str,
    reason: str,
) -> None:
    """Give a channel of NODE a calibration from a time on: slope * value + intercept.

    What was sent since then counts anew, with its hours and risk; frames keep what the device sent.
    To take one back, give slope 1 and intercept 0 for the same time.

    \b
    Example:
      nongqing node calibrate qf-001 --channel 0 --from 2016-05-01T08:00+08:00 \\
        --slope 1.01 --intercept -0.3 --by "Li" --reason "ice point, certificate 2016-17"
    """
    with plain_errors(), parts.store() as pool:
        settings = parts.settings()
        master = load_master_key(settings.state_dir, settings.master_key)
        with pool.connection() as conn:
            at = parts.clock().now()
            new = Calibration(node, channel, since, slope, intercept)
            calibrations.give(conn, new, by=by, reason=reason, at=at)
            known = read_known_nodes(conn, master)
            done = recalibrate(
                conn, known, node, channel, since, at=at, archive=settings.archive_folder
            )
            told = {
                "channel": channel,
                "from": since.isoformat(),
                "slope": f"{slope:g}",
                "intercept": f"{intercept:g}",
                "readings": done,
                "by": by,
                "reason": reason,
            }
            audit.append(
                conn, by_command("node calibrate"), "channel_calibrated", node, told, at=at
            )
    click.echo(f"node {node}, channel {channel}: calibrated, {done} readings count anew")


@click.command("calibrations")
@click.argument("node")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_calibrations(parts: Parts, node: str, as_json: bool) -> None:
    """List all calibrations that channels of NODE were given; of two for one time the last counts.

    Exit code 1 when there are none.

    \b
    Example:
      nongqing node calibrations qf-001
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = calibrations.of_node(conn, node)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, default=str))
    elif not found:
        click.echo(f"node {node}: no calibration is kept")
    for one in () if as_json else found:
        click.echo(
            f"channel {one.channel:<3} from {one.valid_from:%Y-%m-%d %H:%M} UTC: "
            f"{one.slope:g} * value {one.intercept:+g}  by {one.by}: {one.reason}"
        )
    raise SystemExit(0 if found else 1)
