"""One database connection per request, lent by the pool when it is first needed.

It serves what is asked before the view (who reads, whether they may) and the view, as one
transaction, and is given back when the view returns, inside `App.dispatch_request`, so that a
connection that breaks in the middle of a view reaches the error pages as `DatabaseDown` and not as
a traceback.
"""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from flask import Flask, current_app, g
from flask.typing import ResponseReturnValue

from collector.clock import Clock
from collector.providers.open_meteo import NAME as OPEN_METEO
from collector.settings import Settings
from collector.store import settings_table
from collector.store.postgres.db import Connection, DatabaseDown, Pool
from collector.store.postgres.planned import limit_statements
from webapp.app.given import readable
from webapp.language.i18n import current_language

BANNER_KEY = "banner"
#: No reader waits longer for one question to the database; it would only slow the others.
STATEMENT_S = 20.0


class App(Flask):
    """The web application: Flask with the pool, the clock and the settings it was made of."""

    pool: Pool
    clock: Clock
    settings: Settings | None
    last_banner: dict[str, str]

    def wsgi_app(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a WSGI request, whatever it holds."""
        readable(environ)
        return super().wsgi_app(environ, start_response)

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Ask who reads and whether they may; what the view does is in the same transaction."""
        with ExitStack() as stack:
            g.stack = stack
            try:
                answer = super().preprocess_request()
            except BaseException:
                _forget()
                raise
            if answer is None:
                g.stack = stack.pop_all()  # goes on in the view
            else:
                _forget()
            return answer

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer a request; its connection, if it took one, is one transaction."""
        with g.stack:
            try:
                return super().dispatch_request()
            finally:
                _forget()


def _forget() -> None:
    """Let nobody take the request's connection any more: it is about to be given back."""
    for name in ("stack", "conn", "limited"):
        g.pop(name, None)


def this_app() -> App:
    """The application of this request."""
    app: Any = current_app
    return app._get_current_object()  # type: ignore[no-any-return]


def connection() -> Connection:
    """The connection of this request; only inside a view.

    Raises
    ------
    DatabaseDown
        When the database does not answer.
    """
    conn = _opened()
    if "limited" not in g:
        limit_statements(conn, STATEMENT_S)
        g.limited = True
    return conn


def _opened() -> Connection:
    if "conn" not in g:
        g.conn = g.stack.enter_context(this_app().pool.connection())
    conn: Connection = g.conn
    return conn


@contextmanager
def lent_to_limit() -> Iterator[Connection]:
    """As `lent`, for a first statement that itself bounds those that follow by `STATEMENT_S`.

    Raises
    ------
    DatabaseDown
        When the database does not answer.
    """
    if "stack" in g:
        yield _opened()
        g.limited = True
    else:
        with lent() as conn:
            yield conn


@contextmanager
def lent() -> Iterator[Connection]:
    """The connection of this request inside a view; outside, one for the block alone.

    Raises
    ------
    DatabaseDown
        When the database does not answer.
    """
    if "stack" in g:
        yield connection()
    else:
        with this_app().pool.connection() as conn:
            yield conn


def now() -> datetime:
    """The time of this request on the system's clock: one for the whole page, aware, in UTC."""
    if "now" not in g:
        g.now = this_app().clock.now()
    moment: datetime = g.now
    return moment


def _fetch_banner(app: App) -> dict[str, str]:
    if "banner" in g:  # a page that asked for it along with its own data
        text = g.banner
    elif "conn" in g:
        text = settings_table.get(g.conn, BANNER_KEY)
    else:
        with app.pool.connection() as conn:
            text = settings_table.get(conn, BANNER_KEY)
    return dict(json.loads(text)) if text else {}


def banner() -> str:
    """What every page must say about its data, in the reader's language, or nothing.

    While the database is down the last words known are kept.
    """
    app = this_app()
    if not g.get("database_down"):
        try:
            app.last_banner = _fetch_banner(app)
        except DatabaseDown:
            g.database_down = True
    return app.last_banner.get(current_language().html.split("-")[0], "")


def install(app: App) -> None:
    """Let templates ask for the banner, the time, and whether Open-Meteo has to be named."""
    asked = os.environ.get("NONGQING_WEATHER") == OPEN_METEO
    app.context_processor(lambda: {"banner": banner, "now": now(), "asks_open_meteo": asked})
