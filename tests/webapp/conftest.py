"""Fixtures of the web's tests: the application on a real database that holds a known world."""

from __future__ import annotations

import importlib.util
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from waitress import wasyncore

from collector.store import settings_table
from collector.store.postgres import db
from tests.webapp.people import client_of
from webapp import create_app
from webapp.app.database import App
from webapp.app.server import make_server

_spec = importlib.util.spec_from_file_location("webapp_seed", Path(__file__).parent / "seed.py")
assert _spec is not None
assert _spec.loader is not None
seed_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(seed_module)

BANNER = {"zh": "演示：2016 年北京天气", "en": "demonstration: Beijing weather of 2016"}


@dataclass
class FixedClock:
    """A clock that stands still."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def spec(self) -> str:
        return "fixed"

    def real_seconds(self, seconds: float) -> float:
        return seconds


@pytest.fixture(scope="session")
def seed():
    """The module that fills the database."""
    return seed_module


@pytest.fixture(scope="session")
def seeded_dsn(postgres, known_world: str) -> str:
    """A database with the demo's world, shared by tests that only read."""
    dsn = postgres.create(known_world)
    conn = db.connect(dsn)
    settings_table.put(conn, "banner", json.dumps(BANNER, ensure_ascii=False), seed_module.NOW)
    conn.commit()
    conn.close()
    return dsn


class Compiled(BytecodeCache):
    """Templates once compiled, for all applications of a run."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.held:
            bucket.bytecode_from_string(self.held[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.held[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


def make_app(dsn: str) -> App:
    app = create_app(db.Pool(dsn), FixedClock(seed_module.NOW))
    app.testing = False
    app.jinja_env.bytecode_cache = COMPILED
    return app


@contextmanager
def serving(app: App) -> Iterator[str]:
    """Serve an application with the real server, in a thread; lends its address."""
    # That requests wait for a moment on a busy machine is no fault of what is tested.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = make_server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(10)
        server.task_dispatcher.shutdown()
        assert not thread.is_alive()


@pytest.fixture
def address(app: App) -> Iterator[str]:
    """Address of the pages on the demo's world."""
    with serving(app) as address:
        yield address


@pytest.fixture
def app(seeded_dsn: str) -> Iterator[App]:
    """The application on the demo's world."""
    app = make_app(seeded_dsn)
    yield app
    app.pool.close()


@pytest.fixture
def client(app: App) -> FlaskClient:
    """A browser without JavaScript, so to speak."""
    return app.test_client()


@pytest.fixture
def officer(app: App) -> FlaskClient:
    """A browser in which an officer of the whole city is signed in."""
    return client_of(app, "officer")


@pytest.fixture
def empty_app(dsn: str) -> Iterator[App]:
    """The application on a database that holds nothing yet."""
    app = make_app(dsn)
    yield app
    app.pool.close()


@pytest.fixture
def world_app(world_dsn: str) -> Iterator[App]:
    """The application on a fresh database that holds the demo's world."""
    app = make_app(world_dsn)
    yield app
    app.pool.close()


@pytest.fixture
def down_app() -> App:
    """The application while its database does not answer."""
    return make_app("postgresql://nongqing:secret@127.0.0.1:1/nongqing")
