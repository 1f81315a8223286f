"""What the jobs do, on a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from collector.jobs.advisories import issue_advisories
from collector.jobs.context import Context
from collector.jobs.risk import assess_risk, current_seasons, risk_dataset
from collector.jobs.upkeep import KEEP_MONTHS, tidy
from collector.store import reading_log, registry, risk, settings_table
from firmware.wire import codec
from models.hazards.catalogue import catalogue
from tests.collector.conftest import NOW
from tests.collector.ingest.test_intake import rows, take

if TYPE_CHECKING:
    from collector.store import db
    from collector.store.db import Pool
    from tests.collector.conftest import Bench


@pytest.fixture
def season(registered: db.Connection, bench: Bench) -> db.Connection:
    """A database with twenty humid days of one node before NOW, rolled up."""
    bench.offset = int((NOW - timedelta(days=20)).timestamp())
    messages = [
        bench.frame(
            t0=3600 * hour,
            values={0: [1600 + hour % 5] * 6, 1: [9500 + hour % 7] * 6, 2: [20] * 6},
        )
        for hour in range(20 * 24)
    ]
    take(registered, *messages)
    with registered:
        reading_log.roll_up(registered)
    return registered


def test_risk_is_computed_kept_and_turned_into_advice(
    season: db.Connection, pool: Pool, bench: Bench
) -> None:
    context = Context(pool, NOW)
    assert assess_risk(context).params["statuses"] > 0
    with season:
        (node,) = registry.nodes(season, bench.key.node)
        found = {
            row.hazard: row
            for row in risk.latest_statuses(season, node.village)
            if row.site == node.field
        }
    fhb = found["wheat_fhb"]
    assert fhb.crop == "winter_wheat"
    assert fhb.time == datetime(2016, 4, 30, 16, tzinfo=UTC)
    assert fhb.issued == NOW
    assert assess_risk(context).params["new"] == 0
    issue_advisories(context)
    with season:
        first = risk.current_advisories(season)
    assert {a.site for a in first} == {node.field}
    assert all(a.draft for a in first)
    assert {a.status for a in first} <= {3, 4}
    assert "0 new, 0 ended" in str(issue_advisories(context))
    later = Context(pool, NOW + timedelta(days=30))
    assert f"0 in force, 0 new, {len(first)} ended" in str(issue_advisories(later))
    with season:
        assert risk.current_advisories(season) == []


def test_hours_with_few_samples_are_missing_for_risk(
    registered: db.Connection, bench: Bench
) -> None:
    gone = codec.Missing(codec.NO_ANSWER)
    values = {0: [gone] * 4 + [1500] * 2, 1: [gone] * 3 + [6000] * 3, 2: [gone] * 3 + [20] * 3}
    take(registered, bench.frame(values=values))
    with registered:
        reading_log.roll_up(registered)
        seasons = current_seasons(registered)
        data = risk_dataset(registered, seasons, tuple(catalogue().values()), NOW)
        (node,) = registry.nodes(registered, bench.key.node)
    own = data.sel(site=node.field, time=np.datetime64("2016-05-01T06"))
    assert np.isnan(own["air_temperature"])
    assert own["relative_humidity"] == 60.0
    assert np.isnan(own["precipitation_amount"])


def test_the_dataset_begins_before_the_sowing_of_what_stands(registered: db.Connection) -> None:
    with registered:
        seasons = current_seasons(registered)
        data = risk_dataset(registered, seasons, tuple(catalogue().values()), NOW)
    sown = min(s.sown for s in seasons.seasons)
    first = data["time"].values[0].astype("datetime64[D]").astype(object)
    assert first < sown
    assert data["time"].values[-1] == np.datetime64("2016-05-01T11", "ns")


def test_no_field_no_risk(conn: db.Connection, pool: Pool) -> None:
    assert str(assess_risk(Context(pool, NOW))) == "0 statuses, 0 new, 0 of days ahead"


def test_tidy_makes_the_next_months_partition(conn: db.Connection, pool: Pool) -> None:
    tidy(Context(pool, NOW))
    assert partitions(conn) == ["reading_201605", "reading_201606"]


def partitions(conn: db.Connection) -> list[str]:
    found = rows(
        conn,
        "SELECT inhrelid::regclass::text FROM pg_inherits "
        "WHERE inhparent = 'reading'::regclass ORDER BY 1",
    )
    return [name for (name,) in found]


def test_old_readings_are_dropped_only_where_a_setting_says_so(
    season: db.Connection, pool: Pool
) -> None:
    assert partitions(season) == ["reading_201604", "reading_201605"]
    later = Context(pool, NOW + timedelta(days=200))
    assert tidy(later).params["months"] == 0
    with season:
        settings_table.put(season, KEEP_MONTHS, "6", NOW)
        hours = rows_now(season, "SELECT count(*) FROM reading_hourly")
    assert tidy(later).params["months"] == 1
    assert partitions(season) == ["reading_201605", "reading_201611", "reading_201612"]
    assert rows(season, "SELECT count(*) FROM reading_hourly") == hours


def rows_now(conn: db.Connection, statement: str) -> list[tuple[object, ...]]:
    with conn.cursor() as cur:
        cur.execute(statement)
        return cur.fetchall()
