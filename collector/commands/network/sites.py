"""The commands `sites`: declared places and devices into the registry, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from collector.commands.actor import by_command
from collector.commands.named import NAME
from collector.commands.parts import Parts, plain_errors
from collector.store import audit
from collector.store.network import merging, registry, site_devices
from collector.store.network import sites as site_store
from field_configs import load as loading
from field_configs.changes import KINDS, Changes, compare
from field_configs.dump import site_text
from field_configs.schema import ConfigErrors, Configs
from field_configs.village_list import load_list

SHOWN = 10  # records of a kind that are named one by one


@click.group()
def sites() -> None:
    """Move villages, fields and nodes between TOML and the registry.

    \b
    Example:
      nongqing sites import --site demo --dry-run
      nongqing sites export puyang.toml
    """


@sites.command("import")
@click.argument("source", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--site", default="demo", show_default=True, help="File in sites/, without .toml.")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_sites(
    parts: Parts, source: Path | None, site: str, dry_run: bool, as_json: bool
) -> None:
    """Take a declared site into the registry; what is there already is brought up to date.

    SOURCE is a folder with regions/, crops/, boards/ and sites/ (default: the one that comes with
    Nongqing), or the file of a site alone, whose types are then those of Nongqing. What the
    registry has and the file has not is named and stays; a device is taken away by
    `nongqing node revoke`.

    \b
    Example:
      nongqing sites import --site demo --dry-run
    """
    with plain_errors(), parts.store() as pool:
        configs, name, origin = _declared(source, site)
        with pool.connection() as conn:
            changes = site_store.planned(conn, configs)
            revoked = {row.id for row in registry.nodes(conn) if row.revoked is not None}
            retired = site_devices.retired(conn) & configs.devices.keys()
            if not dry_run:
                now = parts.clock().now()
                registry.import_configs(conn, configs, now, origin, changes)
                told = {"new": len(changes.new()), "changed": len(changes.changed())}
                actor = by_command("sites import")
                audit.append(conn, actor, "site_imported", origin, told, at=now)
    counts, revoked = site_store.counted(configs), revoked & configs.nodes.keys()
    if as_json:
        rest = {"revoked": sorted(revoked), "retired": sorted(retired), "dry_run": dry_run}
        click.echo(json.dumps(counts | _as_json(changes) | rest))
        return
    words = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items())
    click.echo(f"{name}: {words}")
    for line in _lines(changes, revoked):
        click.echo(line)
    for device in sorted(retired):
        click.echo(f"device {device} is declared, but was retired; it stays so: take another name")
    for change in changes.new("networks"):
        click.echo(
            f"network {change.id}: has no token yet, so nothing of it is taken; make one: "
            f"nongqing device network token {change.id}"
        )
    if dry_run:
        click.echo("nothing was changed; run it without --dry-run to take this in")


@sites.command("villages")
@click.option("--region", default="puyang", show_default=True, help="File in regions/.")
@click.pass_obj
def import_villages(parts: Parts, region: str) -> None:
    """Take in the villages that the statistical office lists; those that are there stay.

    The list names no positions: maps show such a village at its township until somebody gives one.

    \b
    Example:
      nongqing sites villages --region puyang
    """
    with plain_errors(), parts.store() as pool:
        try:
            listed = load_list(region)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        with pool.connection() as conn:
            now = parts.clock().now()
            added = registry.add_villages(conn, listed, now, f"regions/{region}")
            told = {"new": added, "changed": 0}
            actor = by_command("sites villages")
            audit.append(conn, actor, "site_imported", f"regions/{region}", told, at=now)
    click.echo(f"{region}: {len(listed.villages)} villages listed, {added} of them new")


@sites.command("merge")
@click.argument("old")
@click.argument("new")
@click.option("--reason", type=NAME, required=True, help="Why; kept in the audit log.")
@click.pass_obj
def merge(parts: Parts, old: str, new: str, reason: str) -> None:
    """Merge village OLD into NEW, as when the office of civil affairs merges them.

    OLD's fields and the rights of its people move; its address leads to NEW from then on.

    \b
    Example:
      nongqing sites merge qf-mazhuangqiao qf-liuge --reason "merged on 1 June"
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        fields, rights = merging.merge(conn, old, new)
        told = {"fields": fields, "rights": rights, "reason": reason, "into": new}
        actor, now = by_command("sites merge"), parts.clock().now()
        audit.append(conn, actor, "village_merged", old, told, at=now)
    click.echo(f"{old} is part of {new} now: {fields} fields and {rights} rights moved")
    click.echo("in the file of the site, put these fields under the new village as well")


def _declared(source: Path | None, site: str) -> tuple[Configs, str, str]:
    """Read what is to be taken in; return it, what it is called and where it came from."""
    if source is None:
        return loading.load(site=site), site, f"field_configs:{site}"
    if source.is_dir():
        return loading.load(source, site), site, f"{source}:{site}"
    return loading.load(site=source), source.stem, str(source)


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
        yield from _some("not in the file", changes.gone(kind))
    if changes.gone():
        yield "what is not in the file stays in the registry"
    for change in changes.gone("devices")[:1]:
        yield (
            "a device that is not in the file is still taken from; to end that: "
            f"nongqing device retire {change.id}"
        )
    for change in changes.gone("nodes")[:1]:
        yield (
            "a node that is not in the file is still listened to; to take it away: "
            f"nongqing node revoke {change.id}"
        )
    for node in sorted(revoked):
        yield f"node {node} is declared, but was revoked; it stays so until it is enrolled again"


def _some(what: str, found: Sequence[object]) -> Iterator[str]:
    yield from (f"{what}: {each}" for each in found[:SHOWN])
    if len(found) > SHOWN:
        yield f"{what}: {len(found) - SHOWN} more like this; --json names them all"


@sites.command("export")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--site", default="export", show_default=True, help="Name of the file in a folder.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.pass_obj
def export_site(parts: Parts, target: Path, site: str, force: bool) -> None:
    """Write the registry's places, seasons and devices as a site's file, for `sites import`.

    TARGET is a file (.toml), or a folder laid out like field_configs, whose sites/ gets it. Keys,
    tokens, readings and what channels served before are not part of it. Exit code 1 when the
    registry holds what a site may not declare; the file is there then, and what is wrong with it
    is named.

    \b
    Example:
      nongqing sites export puyang.toml
    """
    path, root = _place(target, site)
    if path.exists() and not force:
        raise click.ClickException(f"{path}: is there already; --force replaces it")
    with plain_errors(), parts.store() as pool:
        with pool.connection() as conn:
            held = site_store.read_site(conn)
            actor = by_command("sites export")
            audit.append(conn, actor, "site_exported", str(path), at=parts.clock().now())
        _write(path, site_text(held))
        try:
            again = loading.load(root, path)
        except ConfigErrors as errors:
            raise click.ClickException(
                f"{path}: written, but it does not load; mend it there and import it:\n{errors}"
            ) from errors
    for change in compare(
        held, replace(again, counties=held.counties, townships=held.townships)
    ).records:
        raise click.ClickException(f"{path}: reads back differently, report it: {change}")
    devices = f", {len(held.devices)} devices of other makers" if held.devices else ""
    click.echo(f"{path}: {len(held.villages)} villages, {len(held.nodes)} nodes{devices}")


def _place(target: Path, site: str) -> tuple[Path, Path]:
    """Return the file to write and the folder whose types it will be read with."""
    if target.suffix == ".toml":
        if not target.absolute().parent.is_dir():
            raise click.ClickException(f"{target}: its folder does not exist; make it first")
        return target, loading.ROOT
    if not (target / "sites").is_dir():
        raise click.ClickException(
            f"{target}: holds no folder sites/; name a folder laid out like field_configs, or a "
            "file ending in .toml"
        )
    return target / "sites" / f"{site}.toml", target


def _write(path: Path, text: str) -> None:
    """Write a file, complete or not at all."""
    draft = path.with_name(f"{path.name}.new")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise click.ClickException(
            f"{path}: cannot be written ({error.strerror}); name a place where it can"
        ) from error
