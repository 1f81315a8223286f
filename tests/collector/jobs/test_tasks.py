"""What the jobs do, on a real database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from collector.jobs.advisories import issue_advisories
from collector.jobs.context import Context
from collector.jobs.judging.field_hours import FieldHours
from collector.jobs.judging.risk import assess_risk, first_days, quantities_of
from collector.jobs.upkeep import KEEP_MONTHS, make_partitions, tidy
from collector.store import settings_table
from collector.store.advice import risk
from collector.store.measured import reading_log
from collector.store.network import registry
from field_configs.load import load
from firmware.wire import codec
from models.crops.season import Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.answers import RiskStatus
from tests.collector.conftest import NOW
from tests.collector.ingest.test_intake import rows, take

if TYPE_CHECKING:
    from collector.store.postgres import db
    from collector.store.postgres.db import Pool
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
            for row in risk.latest_statuses(season, NOW, node.village)
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


def test_a_watered_field_is_not_told_to_water(registered: db.Connection, pool: Pool) -> None:
    dry = RiskStatus(
        site="qf-liuge-1",
        crop="winter_wheat",
        hazard="soil_drought",
        time=NOW - timedelta(hours=10),
        status=4,
        score=0.8,
        certainty=0.4,
        stage_bbch=60.0,
        stage_source="observed",
        drivers={},
        missing=(),
        data_age_h=1.0,
        inputs_hash="",
        model_version="1.1",
    )

    def read(value: float) -> None:
        with registered, registered.cursor() as cur:
            cur.execute(
                "INSERT INTO series_tail (series_id, time, value, qc, valid_time, valid_value) "
                "SELECT s.id, %(at)s, %(v)s, 3, %(at)s, %(v)s FROM series s JOIN placement p "
                "ON p.id = s.placement "
                "WHERE p.field = 'qf-liuge-1' AND p.quantity = 'soil_moisture' "
                "ON CONFLICT (series_id) DO UPDATE SET valid_value = excluded.valid_value",
                {"at": NOW - timedelta(hours=1), "v": value},
            )

    context = Context(pool, NOW)
    with registered:
        risk.save_statuses(registered, [dry], NOW)
    read(0.17)
    assert "1 in force, 1 new, 0 ended" in str(issue_advisories(context))
    read(0.40)
    assert "0 in force, 0 new, 1 ended" in str(issue_advisories(context))
    assert "0 in force, 0 new, 0 ended" in str(issue_advisories(context))


def test_hours_with_few_samples_are_missing_for_risk(
    registered: db.Connection, bench: Bench
) -> None:
    gone = codec.Missing(codec.NO_ANSWER)
    values = {0: [gone] * 4 + [1500] * 2, 1: [gone] * 3 + [6000] * 3, 2: [gone] * 3 + [20] * 3}
    take(registered, bench.frame(values=values))
    with registered:
        reading_log.roll_up(registered)
        (node,) = registry.nodes(registered, bench.key.node)
        names = quantities_of(catalogue())
        data = FieldHours(registered, names, [node.field]).dataset(NOW - timedelta(days=1), NOW)
    own = data.sel(site=node.field, time=np.datetime64("2016-05-01T06"))
    assert np.isnan(own["air_temperature"])
    assert own["relative_humidity"] == 60.0
    assert np.isnan(own["precipitation_amount"])


WHEAT, MAIZE = "winter_wheat", "summer_maize"
BEGINS = {
    # 75 days before 20 October is 6 August; powdery mildew asks for the whole of August
    "of a standing crop": ([(WHEAT, date(2015, 10, 20), None)], date(2015, 8, 1)),
    "of the first of two": (
        [(WHEAT, date(2015, 10, 20), None), (MAIZE, date(2016, 4, 20), None)],
        date(2015, 8, 1),
    ),
    "not of what is harvested": (
        [(WHEAT, date(2015, 10, 20), date(2016, 4, 29)), (MAIZE, date(2016, 4, 20), None)],
        date(2016, 2, 1),
    ),
    "of what is harvested today": (
        [(WHEAT, date(2015, 10, 20), date(2016, 5, 1))],
        date(2015, 8, 1),
    ),
    "not of what is over by its longest season": (
        [(WHEAT, date(2014, 10, 20), None), (MAIZE, date(2016, 4, 20), None)],
        date(2016, 2, 1),
    ),
    "not of what is not sown yet": ([(MAIZE, date(2016, 6, 10), None)], date(2016, 1, 1)),
}


@pytest.mark.parametrize(("rows", "begin"), BEGINS.values(), ids=BEGINS)
def test_a_field_begins_before_the_sowing_of_what_stands(rows, begin) -> None:
    crops = load(site=None).crops
    seasons = [SiteSeason("a", crop, sown, ended=ended) for crop, sown, ended in rows]
    other = SiteSeason("b", WHEAT, date(2015, 9, 25))
    found = first_days(Seasons((*seasons, other), crops), NOW)
    assert found == {"a": begin, "b": date(2015, 7, 1)}


def test_the_day_is_the_local_one() -> None:
    # 17:00 UTC of 1 May is 1:00 of 2 May in Puyang
    crops = load(site=None).crops
    sown = SiteSeason("a", MAIZE, date(2016, 5, 2))
    late = NOW.replace(hour=17)
    assert first_days(Seasons((sown,), crops), late)["a"] == date(2016, 2, 1)
    assert first_days(Seasons((sown,), crops), late - timedelta(hours=2))["a"] == date(2016, 1, 1)


def test_no_field_no_risk(conn: db.Connection, pool: Pool) -> None:
    assert str(assess_risk(Context(pool, NOW))) == "0 statuses, 0 new, 0 of days ahead"


def test_months_are_made_ahead_once(conn: db.Connection, pool: Pool) -> None:
    late = datetime(2016, 12, 31, 23, 59, tzinfo=UTC)
    assert str(make_partitions(Context(pool, late))) == "4 months made ahead for readings"
    months = ["reading_201612", "reading_201701", "reading_201702", "reading_201703"]
    assert partitions(conn) == months
    assert str(make_partitions(Context(pool, late))) == "0 months made ahead for readings"
    assert partitions(conn) == months


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
    assert partitions(season) == ["reading_201605"]
    assert rows(season, "SELECT count(*) FROM reading_hourly") == hours


def rows_now(conn: db.Connection, statement: str) -> list[tuple[object, ...]]:
    with conn.cursor() as cur:
        cur.execute(statement)
        return cur.fetchall()
