"""The commands `products`: the list of products that an agronomist signed."""

from __future__ import annotations

from pathlib import Path

import click

from collector.commands.parts import Parts, plain_errors
from collector.store import settings_table
from collector.store.advice import products as store


@click.group("products")
def products_group() -> None:
    """Products that may be named on public cards: none is shipped.

    \b
    Example:
      nongqing products list
    """


@products_group.command("list")
@click.pass_obj
def list_command(parts: Parts) -> None:
    """List the products in force. Exit code 1 when there is no list.

    \b
    Example:
      nongqing products list
    """
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = store.read(settings_table.get(conn, store.KEY))
    if found is None:
        click.echo("no list is in force: pages send readers to the station")
        raise SystemExit(1)
    click.echo(f"signed by {found.signed_by} on {found.signed}, counts until {found.until}")
    for each in found.products:
        dose = f"{each.dose_mu:g} {each.unit} a mu, {each.dose_sprayer:g} {each.unit} in 15 litres"
        rest = f"{each.interval_d} d before harvest, {each.most_uses} times at most"
        click.echo(f"{each.crop} {each.hazard}: {each.zh} ({each.registration}), {dose}, {rest}")


@products_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_command(parts: Parts, file: Path) -> None:
    """Put the list of FILE (TOML) in the place of the one in force.

    docs/village_page.md shows what it holds. A list without products takes all products back.

    \b
    Example:
      nongqing products import products.toml
    """
    with plain_errors():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise store.BadProducts(f"{file}: is no UTF-8 text; save it as UTF-8") from error
        found = store.parse_products(text)
        with parts.store() as pool, pool.connection() as conn:
            store.put(conn, found, parts.clock().now())
    click.echo(f"{len(found.products)} products, signed by {found.signed_by}, until {found.until}")
