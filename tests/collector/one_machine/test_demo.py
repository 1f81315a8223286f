"""The demonstration's first start, one that was cut off, the next one, and where it must not."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from collector.one_machine import demo, demo_control
from collector.settings import Settings
from collector.store import settings_table
from collector.store.advice import works
from collector.store.network import registry
from collector.store.postgres import db
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


def start(settings, pool, rate=60.0, csv=None, weather_of=generated, backlog_days=35):
    settings.state_dir.mkdir(exist_ok=True)
    return demo.start(settings, pool, weather_of, csv, rate, backlog_days)


def banner(pool):
    with pool.connection() as conn:
        return json.loads(settings_table.get(conn, "banner"))


def epochs(pool):
    with pool.connection() as conn:
        return {node.id: node.epoch for node in registry.nodes(conn)}


def test_first_start_fills_the_store_and_says_what_is_not_real(settings, pool):
    state, words = start(settings, pool)
    assert state.filled
    assert state.backlog_days == 35
    assert set(epochs(pool).values()) == {1}
    assert len(epochs(pool)) == 6
    assert "3 villages, 6 nodes; demonstration: generated weather" in words
    with pool.connection() as conn:
        watered = works.recorded(conn)
    assert {work.kind for work in watered} == {"irrigation"}
    assert {work.amount_mm for work in watered} == {60.0}
    assert {work.date.isoformat() for work in watered} == {day for day, _ in state.watered}
    assert "60 simulated seconds a second" in words
    assert "模拟生成的天气" in banner(pool)["zh"]
    assert "快 60 倍" in banner(pool)["zh"]
    assert "the time is simulated, too, 60 times as fast" in banner(pool)["en"]
    assert state.clock().now().year == 2016


def test_nodes_that_switch_something_are_put_up_once_and_early(settings, pool):
    state, _ = start(settings, pool)
    state.sim_unix += 86400
    assert not demo_control.prepare(settings, pool, state)
    assert len(epochs(pool)) == 6
    state.sim_unix -= 86400
    for _ in range(2):
        assert demo_control.prepare(settings, pool, state)
        assert {epochs(pool)[node] for node in demo_control.NODES} == {1}


def test_next_start_goes_on_and_leaves_the_keys_alone(settings, pool, tmp_path):
    before, _ = start(settings, pool)
    before.backlog_days = 0
    before.sim_unix += 86400
    before.save()
    csv = tmp_path / "other.csv"
    state, words = start(settings, pool, rate=600.0, csv=csv)
    assert state.backlog_days == 0
    assert set(epochs(pool).values()) == {1}
    assert "goes on at 2016-05-11" in words
    assert "not in yet" not in words
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


# Starts that were cut off -----------------------------------------------------------------------


class Cut(Exception):  # noqa: N818 - what happens, not what is wrong
    """The process ends here."""


@pytest.mark.parametrize("where", ["weather", "import_configs", "enroll", "put"])
def test_a_first_start_that_was_cut_off_is_gone_on_with(settings, pool, monkeypatch, where):
    """At any step, the next start does what is left; nothing is done twice."""

    def cut(*arguments, **options):
        raise Cut

    with monkeypatch.context() as patch:
        if where in ("import_configs", "enroll"):
            patch.setattr(demo.registry, where, cut)
        elif where == "put":
            patch.setattr(demo.settings_table, where, cut)
        with pytest.raises(Cut):
            start(settings, pool, weather_of=cut if where == "weather" else generated)
    assert epochs(pool) == {}, "the store is filled as a whole or not at all"
    state, words = start(settings, pool)
    assert set(epochs(pool).values()) == {1}
    assert state.backlog_days == 35
    assert ("was cut off and goes on" in words) == (where != "weather")


def test_a_start_cut_off_after_the_store_was_filled_leaves_the_keys_alone(
    settings, pool, monkeypatch
):
    """Between the commit and the file, say."""
    save, saves = demo.DemoState.save, []

    def cut(self):
        if saves:
            raise Cut
        saves.append(save(self))

    monkeypatch.setattr(demo.DemoState, "save", cut)
    with pytest.raises(Cut):
        start(settings, pool)
    monkeypatch.undo()
    assert set(epochs(pool).values()) == {1}
    state, words = start(settings, pool)
    assert state.filled
    assert set(epochs(pool).values()) == {1}, "nodes whose flash has the first key go on with it"
    assert state.backlog_days == 35


def test_the_backlog_stays_open_until_it_is_in(settings, pool):
    before, _ = start(settings, pool)
    before.sim_unix += 86400
    before.save()
    state, words = start(settings, pool)
    assert "the backlog of the nodes is not in yet" in words
    assert state.backlog_days == 35
    assert state.undelivered_days() == pytest.approx(36, abs=0.1), "it began at the same time"
    state.backlog_days = 0
    state.save()
    assert start(settings, pool)[0].undelivered_days() == 0.0


def test_the_backlog_begins_with_the_weather(settings, pool):
    def short(folder, csv):
        weather = generated(folder, csv)
        return replace(weather, begins=weather.opens - timedelta(days=9, hours=5))

    assert start(settings, pool, weather_of=short)[0].backlog_days == 9


def test_what_an_older_version_left_goes_on(settings, pool):
    """Its file knows neither owner nor backlog, nor does its database."""
    start(settings, pool)
    path = settings.state_dir / "demo.json"
    kept = json.loads(path.read_text())
    for key in ("owner", "filled", "backlog_days", "opens_unix"):
        del kept[key]
    path.write_text(json.dumps(kept))
    with pool.connection() as conn, conn.cursor() as cur:
        cur.execute("DELETE FROM setting WHERE key = %s", (demo.OWNER,))
    state, words = start(settings, pool)
    assert "goes on at" in words
    assert state.backlog_days == 0


@pytest.mark.parametrize("other", ["empty", "another demonstration's"])
def test_it_does_not_go_on_in_another_database(settings, pool, postgres, other):
    start(settings, pool)
    elsewhere = db.Pool(postgres.create("nongqing_template"))
    if other != "empty":
        start(replace(settings, state_dir=settings.state_dir.parent / "second"), elsewhere)
    with pytest.raises(demo.DemoError) as error:
        start(settings, elsewhere)
    assert "demo.json belongs to another database than 127.0.0.1:" in str(error.value)
    assert f"or delete {settings.state_dir} to begin the demonstration again" in str(error.value)
    elsewhere.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"sim_unix": "x"}', '{"sim_unix": 1}'])
def test_a_broken_state_is_named(settings, pool, text):
    settings.state_dir.mkdir()
    (settings.state_dir / "demo.json").write_text(text)
    with pytest.raises(demo.DemoError, match=r"demo.json: is broken \(\w+\); delete .* to begin"):
        start(settings, pool)
