"""The command `check`: every error in the field configurations and their words at once."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from field_configs.check_words import check_words
from field_configs.load import ROOT, load, site_names
from field_configs.reading import strays
from field_configs.schema import ConfigError, ConfigErrors, Configs


def check_all(root: Path) -> tuple[list[ConfigError], Configs | None]:
    """Check types, every site and the words of a folder laid out like field_configs.

    Parameters
    ----------
    root : Path
        The folder.

    Returns
    -------
    tuple
        Every error and warning, each once, and what was declared last where nothing is wrong.
    """
    found: dict[ConfigError, None] = {}
    configs = None
    sites: list[str | None] = [*site_names(root)]
    for site in sites or [None]:
        try:
            configs = load(root, site)
            found.update(dict.fromkeys(configs.warnings))
        except ConfigErrors as errors:
            found.update(dict.fromkeys(errors.errors))
    if any(root.rglob("*.toml")):
        found.update(dict.fromkeys(check_words(root)))
    for folder in ("regions", "crops", "products", "boards", "sites"):
        for path in strays(root / folder):
            name = path.relative_to(root.parent).as_posix()
            reason = "is not read: only files named *.toml are; rename or remove it"
            found[ConfigError(name, "file", reason, severity="warning")] = None
    return list(found), configs


@click.command(
    epilog="""\b
Examples:
  nongqing check
  nongqing check --json
  nongqing check --root /srv/puyang/field_configs
"""
)
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=ROOT,
    show_default="the project's own",
    help="Folder with regions, crops, products, boards, sites and words.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(root: Path, as_json: bool) -> None:
    """Check all field configurations and their words.

    Prints every error with its file, key, reason and the nearest valid word. Exit status: 0
    sound (warnings allowed), 1 at least one error, 2 used wrongly.
    """
    found, configs = check_all(root.resolve())
    errors = [entry for entry in found if entry.severity == "error"]
    if as_json:
        entries = [asdict(entry) for entry in found]
        click.echo(json.dumps({"ok": not errors, "found": entries}, ensure_ascii=False, indent=2))
    else:
        for entry in found:
            click.echo(f"{entry.severity}: {entry}")
        click.echo(_summary(errors, len(found) - len(errors), configs))
    sys.exit(1 if errors else 0)


def _summary(errors: list[ConfigError], warnings: int, configs: Configs | None) -> str:
    tail = f", {warnings} warnings" if warnings else ""
    if errors or configs is None:
        return f"{len(errors)} errors{tail}"
    return (
        f"sound: {len(configs.counties)} counties, {len(configs.townships)} townships, "
        f"{len(configs.products)} products, "
        f"{len(configs.crops)} crops, {len(configs.boards)} boards, "
        f"{len(configs.villages)} villages, {len(configs.nodes)} nodes{tail}"
    )
