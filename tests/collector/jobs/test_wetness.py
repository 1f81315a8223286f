"""Leaf wetness from the registry to the answers: a placement's threshold, a fitted sensor."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import psycopg2
import pytest

from collector.jobs.context import Context
from collector.jobs.judging import risk as risk_job
from collector.jobs.judging.field_hours import FieldHours
from collector.jobs.upkeep import roll_up
from collector.store.measured import readings
from collector.store.network import registry
from field_configs.schema import Placement
from models.hazards.catalogue import catalogue
from models.risk.answers import assess
from tests.collector.commands.judging.test_backtest import put
from tests.collector.conftest import NOW

if TYPE_CHECKING:
    from collector.store.postgres import db
    from collector.store.postgres.db import Pool
    from field_configs.schema import Configs
    from models.risk.answers import RiskStatus

FIELD = "qf-liuge-1"
HUMIDITY = "qf-liuge-1-rh"
RUST = (catalogue()["wheat_leaf_rust"],)
START = NOW - timedelta(days=25)
TIMES = [START + timedelta(hours=h) for h in range(25 * 24)]


def with_threshold(configs: Configs, limit: float | None) -> Configs:
    place = replace(configs.placements[HUMIDITY], wet_threshold=limit)
    return replace(configs, placements={**configs.placements, HUMIDITY: place})


def with_sensor(configs: Configs) -> Configs:
    place = Placement("qf-liuge-1-wet", FIELD, "leaf_wetness_duration", 1.0)
    return replace(configs, placements={**configs.placements, place.id: place})


@pytest.fixture
def measured(registered: db.Connection, pool: Pool) -> db.Connection:
    """Weeks of 90 % humidity in one field."""
    hours = len(TIMES)
    values = {
        "air_temperature": np.full(hours, 15.0),
        "relative_humidity": np.full(hours, 90.0),
        "precipitation_amount": np.zeros(hours),
    }
    put(registered, TIMES, values)
    roll_up(Context(pool, NOW))
    return registered


def rust(conn: db.Connection, configs: Configs) -> RiskStatus:
    """The answer on what the registry now holds."""
    with conn:
        registry.import_configs(conn, configs, NOW)
        seasons = risk_job.current_seasons(conn)
        hours = FieldHours(conn, risk_job.quantities_of({RUST[0].id: RUST[0]}), [FIELD])
        data = hours.dataset(START, NOW)
    return next(s for s in assess(data, seasons, RUST, NOW) if s.site == FIELD)


def test_a_placements_threshold_decides_which_hours_are_wet(
    measured: db.Connection, configs: Configs
) -> None:
    low, high = (rust(measured, with_threshold(configs, rh)) for rh in (85.0, 95.0))
    assert (low.drivers["dew_hours"] > 5, high.drivers["dew_hours"]) == (True, 0.0)
    assert low.status > high.status
    assert low.inputs_hash != high.inputs_hash
    plain = rust(measured, with_threshold(configs, None))
    assert plain.drivers == low.drivers, "90 % counts as wet by the rule's own threshold"


def test_the_dataset_tells_thresholds_and_sensors(
    measured: db.Connection, configs: Configs
) -> None:
    names = ["relative_humidity", "leaf_wetness_duration"]
    with measured:
        data = readings.hourly_dataset(measured, names, START, NOW)
    assert not {"wet_threshold", "wetness_measured"} & set(data.coords)
    with measured:
        registry.import_configs(measured, with_sensor(with_threshold(configs, 87.5)), NOW)
        data = readings.hourly_dataset(measured, names, START, NOW)
    here = [str(site) == FIELD for site in data["site"].values]
    assert data["wet_threshold"].dims == data["wetness_measured"].dims == ("site",)
    assert data["wet_threshold"].values[here] == 87.5
    assert np.isnan(data["wet_threshold"].values[np.logical_not(here)]).all()
    assert data["wetness_measured"].values.tolist() == here
    assert data["wet_threshold"].attrs["units"] == "%"


def test_a_fitted_sensor_stands_before_the_rule(
    measured: db.Connection, pool: Pool, configs: Configs
) -> None:
    with_it, before = with_sensor(configs), rust(measured, configs)
    with measured:
        registry.import_configs(measured, with_it, NOW)
    put(measured, TIMES, {"leaf_wetness_duration": np.zeros(len(TIMES))})
    roll_up(Context(pool, NOW))
    dry = rust(measured, with_it)
    assert dry.drivers["dew_hours"] == 0.0
    assert dry.certainty > before.certainty > 0


def test_a_changed_threshold_changes_the_days_before_it_too(
    measured: db.Connection, pool: Pool, configs: Configs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(risk_job, "catalogue", lambda: {RUST[0].id: RUST[0]})
    said = []
    for limit in (85.0, 95.0):
        with measured:
            registry.import_configs(measured, with_threshold(configs, limit), NOW)
        risk_job.assess_risk(Context(pool, NOW))
        with measured:
            found = risk_job.compute_risk(measured, NOW).today
        said.append(next(s for s in found if s.site == FIELD))
    assert (said[0].drivers["dew_hours"] > 5, said[1].drivers["dew_hours"]) == (True, 0.0)


def test_what_is_stored_comes_back(registered: db.Connection, configs: Configs) -> None:
    with registered:
        registry.import_configs(registered, with_threshold(configs, 92.0), NOW)
        stored = {p.id: p for p in registry.placements(registered)}
    assert stored[HUMIDITY].wet_threshold == 92.0
    assert stored["qf-liuge-1-t"].wet_threshold is None


@pytest.mark.parametrize(("place", "limit"), [(HUMIDITY, 69.0), ("qf-liuge-1-t", 90.0)])
def test_the_store_refuses_what_is_no_threshold(
    registered: db.Connection, place: str, limit: float
) -> None:
    with pytest.raises(psycopg2.errors.CheckViolation), registered, registered.cursor() as cur:
        cur.execute("UPDATE placement SET wet_threshold = %s WHERE id = %s", (limit, place))
