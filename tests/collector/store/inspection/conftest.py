"""A database that knows the villages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collector.store.postgres.db import Connection


@pytest.fixture
def conn(registered: Connection) -> Connection:
    return registered
