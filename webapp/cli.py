"""Commands of the web: ``nongqing web``."""

from typing import Any

import click

from collector.clock import ClockSpecError
from collector.settings import SettingsError
from webapp import create_app
from webapp.app.server import CannotListen, make_server, serve

EXAMPLE = "\b\nExample:\n  nongqing web --host 127.0.0.1 --port 8080"


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
            serve(server)
    except (CannotListen, SettingsError, ClockSpecError) as error:
        raise click.ClickException(str(error)) from error
