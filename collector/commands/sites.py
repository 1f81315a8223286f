"""The commands `sites`: declared places and devices into the registry, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from collector.commands.parts import Parts, plain_errors
from collector.store import registry
from collector.store import sites as site_store
from field_configs import load as loading
from field_configs.changes import KINDS, Changes

SHOWN = 10  # records of a kind that are named one by one


@click.group()
def sites() -> None:
    """Move villages, fields and nodes between TOML and the registry.

    \b
    Example:
      nongqing sites import --site demo --dry-run
    """


@sites.command("import")
@click.argument(
    "folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option("--site", default="demo", show_default=True, help="File in sites/, without .toml.")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_sites(
    parts: Parts, folder: Path | None, site: str, dry_run: bool, as_json: bool
) -> None:
    """Take a declared site into the registry; what is there already is brought up to date.

    FOLDER holds regions/, crops/, boards/ and sites/; default: the one that comes with Nongqing.
    What the registry has and the file has not is named and stays; a device is taken away by
    `nongqing node revoke`.

    \b
    Example:
      nongqing sites import --site demo --dry-run
    """
    with plain_errors(), parts.store() as pool:
        root = {} if folder is None else {"root": folder}
        configs = loading.load(**root, site=site)
        source = f"{folder or 'field_configs'}:{site}"
        with pool.connection() as conn:
            changes = site_store.planned(conn, configs)
            revoked = {row.id for row in registry.nodes(conn) if row.revoked is not None}
            if not dry_run:
                registry.import_configs(conn, configs, parts.clock().now(), source, changes)
    counts, revoked = site_store.counted(configs), revoked & configs.nodes.keys()
    if as_json:
        rest = {"revoked": sorted(revoked), "dry_run": dry_run}
        click.echo(json.dumps(counts | _as_json(changes) | rest))
        return
    words = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items())
    click.echo(f"{site}: {words}")
    for line in _lines(changes, revoked):
        click.echo(line)
    if dry_run:
        click.echo("nothing was changed; run it without --dry-run to take this in")


def _as_json(changes: Changes) -> dict[str, object]:
    return {
        "new": {kind: [x.id for x in changes.new(kind)] for kind in KINDS},
        "changed": {kind: {x.id: x.details for x in changes.changed(kind)} for kind in KINDS},
        "gone": {kind: [x.id for x in changes.gone(kind)] for kind in KINDS},
        "handed_over": [str(each) for each in changes.hand_overs],
    }


def _lines(changes: Changes, revoked: set[str]) -> Iterator[str]:
    if not changes:
        yield "the registry holds all of this already"
    for kind in KINDS:
        yield from _some("new", changes.new(kind))
    for kind in KINDS:
        yield from _some("changed", changes.changed(kind))
    yield from _some("handed over", changes.hand_overs)
    for kind in KINDS:
        yield from _some("gone", changes.gone(kind))
    if changes.gone():
        yield "what is gone from the file stays in the registry"
    for change in changes.gone("nodes")[:1]:
        yield (
            "a node that is gone from the file is still listened to; take it away with: "
            f"nongqing node revoke {change.id}"
        )
    for node in sorted(revoked):
        yield f"node {node} is declared, but was revoked; it stays so until it is enrolled again"


def _some(what: str, found: Sequence[object]) -> Iterator[str]:
    yield from (f"{what}: {each}" for each in found[:SHOWN])
    if len(found) > SHOWN:
        yield f"{what}: {len(found) - SHOWN} more like this; --json names them all"
