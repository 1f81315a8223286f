"""The water page of a village's field, on the accounts of the known world."""

from __future__ import annotations

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from collector.jobs.context import Context
from collector.jobs.water.accounts import keep_accounts
from collector.store.advice import water
from collector.store.advice.water import Account
from collector.store.postgres import db
from tests.webapp.conftest import make_app, seed_module
from webapp.app.database import App

NOW = seed_module.NOW
PAGE = "/v/qf-liuge/water/qf-liuge-2"


@pytest.fixture(scope="module")
def watered(postgres, known_world: str):
    dsn = postgres.create(known_world)
    pool = db.Pool(dsn)
    keep_accounts(Context(pool, NOW))
    app = make_app(dsn)
    yield app
    app.pool.close()
    pool.close()


@pytest.fixture
def reader(watered: App) -> FlaskClient:
    return watered.test_client()


def english(client: FlaskClient, path: str) -> str:
    return client.get(path, headers={"Accept-Language": "en"}).text


def test_a_dry_field_is_told_first_how_much_and_when(reader: FlaskClient) -> None:
    page = english(reader, PAGE)
    print(page)
    assert 'class="top-line draft is-high"' in page
    assert "50 m³ a mu (75 mm), 600 m³ in all" in page
