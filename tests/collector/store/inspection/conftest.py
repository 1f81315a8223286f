"""The world of the cold chain, for recalls that begin with a logger."""

from __future__ import annotations

import pytest

from collector.store.postgres import db
from tests.collector.store.coldchain.conftest import conn as cold
from tests.collector.store.coldchain.world import World, build

__all__ = ["cold"]


@pytest.fixture
def world(cold: db.Connection) -> World:
    return build(cold)
