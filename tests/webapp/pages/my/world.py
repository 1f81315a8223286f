"""What the tests of own fields do as a person would."""

from __future__ import annotations

import re
from datetime import date

from flask.testing import FlaskClient

from collector.store.advice import risk
from collector.store.postgres import db
from models.risk.hazard import HIGH
from tests.webapp.conftest import seed_module
from webapp.app.database import App

NOW = seed_module.NOW
TODAY = date(2016, 5, 8)
FIELD = {
    "name": "村东头",
    "area": "3",
    "soil": "loam",
    "crop": "winter_wheat",
    "variety": "百农207",
}


def key(page: str) -> str:
    found = re.search(r'name="entry_key" value="([^"]+)"', page)
    assert found
    return found[1]


def make(client: FlaskClient, **other: str) -> str:
    """Make a field as a person would and return its address."""
    page = client.get("/my/new?village=qf-liuge").text
    given = FIELD | {"sown": "2015-10-12", "village": "qf-liuge", "entry_key": key(page)} | other
    answer = client.post("/my/new", data=given)
    assert answer.status_code == 303, answer.text
    return answer.location


def own_id(address: str) -> str:
    return address.rsplit("/", 1)[1]


def post(client: FlaskClient, path: str, **given: str) -> object:
    """Fill a form in as its page stands."""
    page = client.get(path)
    return client.post(path, data={"entry_key": key(page.text)} | given)


def warn(app: App, field: str, *, draft: bool = True) -> None:
    """Let the models warn of head blight in a field."""
    status = seed_module.status(field, "wheat_fhb", HIGH)
    advice = seed_module.advisory(status, draft=draft)
    with app.pool.connection() as conn:
        risk.save_statuses(conn, [status], NOW)
        risk.save_advisories(conn, [advice], NOW)


def db_rows(conn: db.Connection, text: str, *given: str | None) -> list[tuple[object, ...]]:
    with conn.cursor() as cur:
        cur.execute(text, given)
        return cur.fetchall()
