"""Openings of village pages: a number for each village, in the database, and no names."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from collector.jobs.context import Context
from collector.jobs.upkeep import tidy
from collector.store.bureau import openings as store
from collector.store.postgres.queries import fetch
from tests.webapp.conftest import FixedClock
from tests.webapp.pages.bureau.test_decision import PATH, press
from tests.webapp.people import client_of
from webapp.accounts import openings
from webapp.app.database import App

PAGE = "/v/qf-liuge"
LATER = timedelta(minutes=12)


@pytest.fixture
def world(world_app: App) -> App:
    return world_app


def written(world: App) -> list[tuple[str, int]]:
    """Write down what was counted; what the table holds then."""
    world.extensions[openings.EXTENSION].write(world.pool)
    with world.pool.connection() as conn:
        return fetch(conn, "SELECT village, opens FROM village_opened ORDER BY village, since")


def test_an_officer_sees_how_often_the_page_was_opened_since_publication(world: App) -> None:
    officer, farmer = client_of(world, "officer"), client_of(world, "farmer")
    nobody = world.test_client()
    assert isinstance(world.clock, FixedClock)
    world.clock.at += timedelta(minutes=1)  # not where a span begins
    nobody.get(PAGE)
    assert press(officer, "publish").status_code == 303
    assert "no opening counted since" in officer.get(f"{PATH}?lang=en").text
    world.clock.at += LATER
    first = nobody.get(PAGE)
    assert nobody.get(PAGE, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    farmer.get(PAGE)
    assert written(world) == [("qf-liuge", 1), ("qf-liuge", 3)]
    for lang, said in (("en", "page opened 3 times since"), ("zh", "发布后网页被打开 3 次")):
        assert said in officer.get(f"{PATH}?lang={lang}").text


@pytest.mark.parametrize("role", ["agent", "officer", "technician", "administrator"])
def test_people_with_an_office_do_not_count(world: App, role: str) -> None:
    client_of(world, role).get(PAGE)
    assert written(world) == []


def test_what_nobody_looked_at_does_not_count(world: App) -> None:
    client = world.test_client()
    client.get(PAGE, headers={"Purpose": "prefetch"})
    client.get(f"{PAGE}?day=2016-05-07")
    client.head(PAGE)
    client.get("/v/nowhere")
    client.get(f"{PAGE}.txt")
    assert written(world) == []


def test_counts_of_processes_and_times_come_together(world: App) -> None:
    for _ in range(2):
        world.test_client().get(PAGE)
        assert written(world)
    assert written(world) == [("qf-liuge", 2)]


def test_what_the_database_does_not_take_is_kept(world: App, down_app: App) -> None:
    world.test_client().get(PAGE)
    world.extensions[openings.EXTENSION].write(down_app.pool)
    assert written(world) == [("qf-liuge", 1)]


def test_a_fault_of_ours_is_logged_and_nothing_is_lost(world: App, caplog, monkeypatch) -> None:
    world.test_client().get(PAGE)
    with monkeypatch.context() as broken:
        broken.setitem(store.SQL, "add", "no statement")
        world.extensions[openings.EXTENSION].write(world.pool)
    assert "openings of village pages" in caplog.text
    assert written(world) == [("qf-liuge", 1)]


def test_the_rest_is_written_when_the_server_stops(world: App, monkeypatch) -> None:
    with openings.written(world):
        world.test_client().get(PAGE)
    assert written(world) == [("qf-liuge", 1)]
    monkeypatch.setattr(openings, "EVERY_S", 0.01)
    seen = threading.Event()
    write = openings.Openings.write

    def told(self, pool):
        write(self, pool)
        seen.set()

    monkeypatch.setattr(openings.Openings, "write", told)
    with openings.written(world):
        assert seen.wait(10)


def test_a_village_that_is_none_any_more_is_left_out(world: App) -> None:
    found = world.extensions[openings.EXTENSION]
    found.count("nowhere", world.clock.now())
    assert written(world) == []


def test_old_openings_are_forgotten(world: App) -> None:
    with world.pool.connection() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO village_opened VALUES ('qf-liuge', now() - interval '91 days', 1),"
            " ('qf-liuge', now() - interval '1 day', 1)"
        )
    tidy(Context(world.pool, world.clock.now()))
    assert written(world) == [("qf-liuge", 1)]
