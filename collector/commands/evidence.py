"""The commands `db frame` and `db archive`: what nodes sent, and the files of old frames."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import click

from collector.commands.parts import Parts, plain_errors
from collector.jobs.archive import LEAST_DAYS
from collector.store.network import archive
from firmware.wire import cbor, codec, seal


@click.command("frame")
@click.argument("node")
@click.argument("boot", type=click.IntRange(1))
@click.argument("seq", type=click.IntRange(0))
@click.option("--epoch", type=click.IntRange(1), help="Of the node's key [the newest].")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def frame(parts: Parts, node: str, boot: int, seq: int, epoch: int | None, as_json: bool) -> None:
    """Show the frame SEQ of a BOOT of NODE as the node sent it, from wherever it is kept.

    Exit code 1 when there is none.

    \b
    Example:
      nongqing db frame qf-001 3 12
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        folder = parts.settings().archive_folder
        found = archive.find(conn, folder, node, boot, seq, epoch)
    if found is None:
        click.echo(f"node {node}: no frame {seq} of boot {boot} is kept", err=True)
        raise SystemExit(1)
    sha256 = hashlib.sha256(found.sealed).hexdigest()
    if as_json:
        told = {**found.id._asdict(), "received": found.received.isoformat(), "state": found.state}
        told |= {"file": found.file, "sha256": sha256, "sealed": found.sealed.hex()}
        click.echo(json.dumps(told))
        return
    click.echo(f"node {node}, key {found.id.epoch}, boot {boot}, frame {seq}: {found.state}")
    click.echo(f"received {found.received:%Y-%m-%d %H:%M:%S} UTC")
    click.echo(f"kept in {folder / found.file if found.file else 'the database'}")
    click.echo(f"{len(found.sealed)} bytes, SHA-256 {sha256}")
    click.echo(found.sealed.hex())
    try:
        click.echo(str(codec.decode(seal.parse(found.sealed)[1])))
    except cbor.DecodeError as error:
        click.echo(f"it cannot be decoded: {error}")


@click.command("archive")
@click.option("--days", type=click.IntRange(LEAST_DAYS), help="Move frames that are older.")
@click.option("--verify", is_flag=True, help="Prove every file instead.")
@click.pass_obj
def archive_(parts: Parts, days: int | None, verify: bool) -> None:
    """Move old frames to compressed files in the folder of archives, or prove these files.

    The job "archive" moves them every day where the setting frames.archive_after_days says how old.
    The folder is NONGQING_ARCHIVE, or "archive" in the state folder: keep a copy, as of the
    database.

    \b
    Example:
      nongqing db archive --days 90
      nongqing db archive --verify
    """
    if verify == (days is not None):
        raise click.UsageError("say either --days or --verify")
    with plain_errors(), parts.store() as pool:
        folder, now = parts.settings().archive_folder, parts.clock().now()
        if verify:
            with pool.connection() as conn:
                files, total = archive.verify(conn, folder)
            click.echo(f"{total} frames in {files} files: every hash is right")
            return
        total = 0
        while True:
            with pool.connection() as conn:
                done = archive.archive_next(conn, folder, now - timedelta(days=days or 0), now)
            total += done
            if not done:
                break
            click.echo(f"{total} frames", err=True)
    click.echo(f"{total} frames moved to {folder}")
