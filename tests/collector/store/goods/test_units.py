"""Places that a party named are its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collector.store.goods import units
from collector.store.goods.units import UnknownPlace
from collector.store.postgres import db
from collector.store.trace import parties
from collector.store.trace.parties import Party

AT = datetime(2016, 5, 8, 4, tzinfo=UTC)


def test_a_place_is_its_partys_alone_and_named_once(conn: db.Connection) -> None:
    with conn:
        for each in ("one", "other"):
            parties.add(conn, Party(each, each), AT)
        place = units.use_place(conn, "one", None, "冷库", AT)
        assert units.use_place(conn, "one", None, "冷库", AT) == place
        assert units.use_place(conn, "one", place, None, AT) == place
        assert units.use_place(conn, "other", None, "冷库", AT) != place
        assert [each.name for each in units.places(conn, "one")] == ["冷库"]
        with pytest.raises(UnknownPlace, match="no place that the party other named"):
            units.use_place(conn, "other", place, None, AT)
