"""Every page that can be opened, found by asking the application: a new page joins by itself.

What an address needs in its middle is in `VALUES`; one page more than its address alone shows is in
`MORE`. `nobody` has no account, `administrator` may open everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from flask import Flask
from flask.testing import FlaskClient

from collector.store import people
from webapp.app.database import App

VALUES = {"village_id": "qf-liuge", "token": "x", "filename": "icon.svg", "hazard": "wheat_fhb"}
OTHERWISE = "wheat_fhb_post"
NOBODY, ADMINISTRATOR = "nobody", "administrator"
#: Other states of pages: a village where nothing threatens, a day gone by, errors, a form's answer.
MORE = (
    ("/v/py-bagongqiao", NOBODY),
    ("/v/qf-mazhuangqiao", NOBODY),
    ("/v/py-bagongqiao/details", NOBODY),
    ("/v/qf-liuge?day=2016-05-07", NOBODY),
    ("/?q=柳格", NOBODY),
    ("/?q=nobody", NOBODY),
    ("/v/nowhere", NOBODY),
    ("/v/qf-liuge?day=x", NOBODY),
    ("/account/link/x", NOBODY),
)


class Page(NamedTuple):
    """An address and who opens it."""

    path: str
    who: str


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and address of every route."""
    for rule in app.url_map.iter_rules():
        values = {name: VALUES.get(name, OTHERWISE) for name in rule.arguments}
        with app.test_request_context():
            path = app.url_map.bind("localhost").build(rule.endpoint, values)
        for method in sorted(rule.methods & {"GET", "POST"}):
            yield rule.endpoint, method, path


def _link(app: App) -> str:
    """A link that signs in once, not used up yet."""
    at = datetime.now(UTC)
    with app.pool.connection() as conn:
        person = people.add(conn, "reader of a link", at, username="reader-of-a-link")
        return people.LINK_PATH + people.make_link(conn, person, at)


def every_page(app: App, administrator: FlaskClient) -> list[Page]:
    """Find every address that answers with a page, each for the one who sees most there.

    Parameters
    ----------
    app
        On a database with the known world.
    administrator
        A browser in which somebody is signed in who may open everything.
    """
    clients = {ADMINISTRATOR: administrator, NOBODY: app.test_client()}
    found = []
    for _, method, path in routes(app):
        for who, client in clients.items():
            if method != "GET":
                continue
            with client.get(path) as answer:
                if answer.status_code == 200 and answer.mimetype == "text/html":
                    found.append(Page(path, who))
                    break
    return [*dict.fromkeys(found), *(Page(*more) for more in MORE), Page(_link(app), NOBODY)]
