"""What people see and other systems read."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from collector.clock import Clock
from collector.settings import Settings
from collector.store.db import Pool
from webapp import api, database, errors, formats, i18n, metrics, pages, responses, words
from webapp.database import App
from webapp.risk_words import status_label

MAX_FORM_BYTES = 64 * 1024


def page_modules() -> Iterator[ModuleType]:
    """Import every module of webapp/pages and webapp/api, in the order of their names."""
    for package in (pages, api):
        for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
            yield importlib.import_module(f"{package.__name__}.{found.name}")


def create_app(pool: Pool, clock: Clock, settings: Settings | None = None) -> App:
    """Make the web application.

    Parameters
    ----------
    pool
        Lends the database connection of each request.
    clock
        Tells every page what time it is.
    settings
        Settings of this process; pages that need none work without.

    Returns
    -------
    App
        A WSGI application; every module of webapp/pages and webapp/api that has a blueprint ``bp``
        is registered, and the menu holds the ``NAV`` of each.
    """
    app = App(__name__)
    app.pool, app.clock, app.settings, app.last_banner = pool, clock, settings, {}
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_BYTES
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    for part in (i18n, formats, words, database, responses, errors, metrics):
        part.install(app)
    menu = []
    for module in page_modules():
        if hasattr(module, "bp"):
            app.register_blueprint(module.bp)
        menu += [module.NAV] if hasattr(module, "NAV") else []
    app.jinja_env.globals["menu"] = sorted(menu, key=lambda item: item.order)
    app.jinja_env.globals["status_label"] = status_label
    return app
