"""An officer releases a draft; the public page gives it under their name, and the log tells it."""

import pytest

from collector.store import audit
from collector.store.postgres import db
from tests.webapp.people import client_of

PATH = "/v/qf-liuge/release/wheat_fhb"


@pytest.fixture
def world(empty_app, seed):
    with empty_app.pool.connection() as conn:
        seed.fill(conn)
    return empty_app


def press(client, path=PATH):
    token = client.get("/account/token").json["token"]
    return client.post(path, data={"csrf_token": token})


def test_what_an_officer_releases_stands_on_the_public_page_by_name(world, dsn):
    officer, public = client_of(world, "officer"), world.test_client()
    assert "农技员还没有发布建议" in public.get("/v/qf-liuge").text
    assert f'action="{PATH}"' in officer.get("/drafts").text
    assert press(officer).headers["Location"] == "/drafts"
    page = officer.get("/drafts").text
    assert "已发布：小麦赤霉病" in page
    assert "由 officer 发布" in page
    assert f'action="{PATH}"' not in page
    village = public.get("/v/qf-liuge").text
    assert "officer" in village
    conn = db.connect(dsn)
    told = [each for each in audit.entries(conn) if each.action == "advice_published"]
    conn.close()
    assert [each.object for each in told] == ["qf-liuge wheat_fhb"]


def test_what_is_out_already_is_said(world):
    officer = client_of(world, "officer")
    press(officer)
    press(officer)
    assert "没有可发布的" in officer.get("/drafts").text


def test_an_agent_reads_drafts_and_releases_none(world):
    agent = client_of(world, "agent")
    page = agent.get("/drafts").text
    assert "小麦赤霉病" in page
    assert 'action="/v/' not in page
    assert press(agent).status_code == 403


def test_without_its_token_nothing_is_released(world):
    officer = client_of(world, "officer")
    assert officer.post(PATH).status_code == 400
    assert "农技员还没有发布建议" in world.test_client().get("/v/qf-liuge").text
