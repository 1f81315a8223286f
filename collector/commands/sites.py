"""The commands `sites`: declared places and devices into the registry."""

from __future__ import annotations

import json
from pathlib import Path

import click

from collector.commands.parts import Parts, plain_errors
from collector.store import registry
from field_configs import load as loading


@click.group()
def sites() -> None:
    """Move villages, fields and nodes between TOML and the registry.

    \b
    Example:
      nongqing sites import --site demo
    """


@sites.command("import")
@click.argument(
    "folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option("--site", default="demo", show_default=True, help="File in sites/, without .toml.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def import_sites(parts: Parts, folder: Path | None, site: str, as_json: bool) -> None:
    """Take a declared site into the registry; what is there already is brought up to date.

    FOLDER holds regions/, crops/, boards/ and sites/; default: the one that comes with Nongqing.

    \b
    Example:
      nongqing sites import --site demo
    """
    with plain_errors(), parts.store() as pool:
        root = {} if folder is None else {"root": folder}
        configs = loading.load(**root, site=site)
        with pool.connection() as conn:
            counts = registry.import_configs(
                conn, configs, parts.clock().now(), source=f"{folder or 'field_configs'}:{site}"
            )
    if as_json:
        click.echo(json.dumps(counts))
    else:
        words = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items())
        click.echo(f"{site}: {words}")
