"""A depot with a logger, two parties, a lot of garlic scapes, on a real database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from collector.store.postgres import db
from tests.collector.store.coldchain.world import World, build


@pytest.fixture
def conn(dsn: str) -> Iterator[db.Connection]:
    conn = db.connect(dsn)
    conn.autocommit = True
    yield conn
    conn.close()


@pytest.fixture
def world(conn: db.Connection) -> World:
    return build(conn)
