"""Commands of the web: ``nongqing web``."""

from typing import Any

import click

from collector.clock import ClockSpecError
from collector.settings import SettingsError
from collector.store import people
from collector.store.postgres.db import DatabaseDown, Pool
from webapp import create_app
from webapp.accounts.datastore import CLOCK
from webapp.accounts.openings import written
from webapp.app.server import CannotListen, make_server, serve

EXAMPLE = "\b\nExample:\n  nongqing web --host 127.0.0.1 --port 8080"


def _print_first_way_in(pool: Pool, address: str) -> None:
    """At the first start of all, print the link that signs the administrator in once."""
    try:
        with pool.connection() as conn:
            token = people.first_administrator(conn, CLOCK.now())
    except DatabaseDown:
        return  # the pages say so; the next start prints it
    if token is not None:
        click.echo(f"administrator, for one time: {address}{people.LINK_PATH}{token}")


@click.command("web", epilog=EXAMPLE)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="Port."
)
@click.option(
    "--threads",
    default=8,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Requests answered at a time.",
)
@click.pass_obj
def web(parts: Any, host: str, port: int, threads: int) -> None:
    """Serve the pages, until Ctrl-C."""
    try:
        with parts.store() as pool:
            app = create_app(pool, parts.clock(), parts.settings())
            server = make_server(app, host, port, threads)
            click.echo(f"web: http://{host}:{port}/")
            _print_first_way_in(pool, f"http://{host}:{port}")
            with written(app):
                serve(server)
    except (CannotListen, SettingsError, ClockSpecError) as error:
        raise click.ClickException(str(error)) from error
