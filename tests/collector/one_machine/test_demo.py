"""The demonstration's first start, the next one, and where it must not start."""

import json
from pathlib import Path

import pytest

from collector.one_machine import demo
from collector.settings import Settings
from collector.store import db, registry, settings_table
from field_configs.load import load
from firmware.workbench import weather


@pytest.fixture
def pool(dsn):
    one = db.Pool(dsn)
    yield one
    one.close()


@pytest.fixture
def settings(dsn, tmp_path):
    return Settings(dsn=dsn, broker=None, state_dir=tmp_path / "state")


def generated(folder, csv):
    """Weather that needs no data beside the project."""
    return weather.prepare(folder, csv, beijing=Path("/nowhere"))


def start(settings, pool, rate=60.0, csv=None):
    settings.state_dir.mkdir(exist_ok=True)
    return demo.start(settings, pool, generated, csv, rate)


def banner(pool):
    with pool.connection() as conn:
        return json.loads(settings_table.get(conn, "banner"))


def epochs(pool):
    with pool.connection() as conn:
        return {node.id: node.epoch for node in registry.nodes(conn)}


def test_first_start_fills_the_store_and_says_what_is_not_real(settings, pool):
    state, first, words = start(settings, pool)
    assert first
    assert set(epochs(pool).values()) == {1}
    assert len(epochs(pool)) == 6
    assert "3 villages, 6 nodes; demonstration: generated weather" in words
    assert "60 simulated seconds a second" in words
    assert "模拟生成的天气" in banner(pool)["zh"]
    assert "快 60 倍" in banner(pool)["zh"]
    assert "the time is simulated, too, 60 times as fast" in banner(pool)["en"]
    assert state.clock().now().year == 2016


def test_next_start_goes_on_and_leaves_the_keys_alone(settings, pool, tmp_path):
    before, _, _ = start(settings, pool)
    before.sim_unix += 86400
    before.save()
    csv = tmp_path / "other.csv"
    state, first, words = start(settings, pool, rate=600.0, csv=csv)
    assert not first
    assert set(epochs(pool).values()) == {1}
    assert "goes on at 2016-05-11" in words
    assert "--weather counts at the first start only" in words
    assert state.rate == 600.0
    assert "快 600 倍" in banner(pool)["zh"]


def test_it_keeps_out_of_a_database_that_is_not_its_own(settings, pool, dsn):
    with pool.connection() as conn:
        registry.import_configs(conn, load(), generated(settings.state_dir.parent, None).opens)
    with pytest.raises(demo.DemoError) as error:
        start(settings, pool)
    assert f"the database {db.place(dsn)} already holds 3 villages" in str(error.value)
    assert "unset NONGQING_DSN or name an empty database, or start without --demo" in str(
        error.value
    )
    assert set(epochs(pool).values()) == {None}
