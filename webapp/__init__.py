"""What people see and other systems read."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from collector.clock import Clock
from collector.settings import Settings
from collector.store.postgres.db import Pool
from webapp import api, pages
from webapp.accounts import devices, openings
from webapp.accounts import install as accounts
from webapp.app import database, errors, given, metrics, responses, speech
from webapp.app.database import App
from webapp.app.proxies import behind
from webapp.language import choices, formats, i18n, words
from webapp.language.risks import status_label

MAX_FORM_BYTES = 64 * 1024
#: What every page is made with.
PARTS = (
    choices,
    i18n,
    formats,
    words,
    database,
    responses,
    errors,
    metrics,
    openings,
    given,
    speech,
)


def page_modules() -> Iterator[ModuleType]:
    """Import every module below webapp/pages and webapp/api, in the order of their names."""
    for package in (pages, api):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


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
    if settings is not None and settings.proxies:
        behind(app, settings.proxies)
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_BYTES
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    devices.mark(app)
    for part in PARTS:
        part.install(app)
    menu = []
    for module in page_modules():
        if hasattr(module, "bp"):
            app.register_blueprint(module.bp)
        menu += [module.NAV] if hasattr(module, "NAV") else []
    accounts.install(app, settings)
    app.jinja_env.globals["menu"] = sorted(menu, key=lambda item: item.order)
    app.jinja_env.globals["status_label"] = status_label
    return app
