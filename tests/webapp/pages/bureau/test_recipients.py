"""Messages of a decision person by person, and one that is sent again: once for each press."""

from __future__ import annotations

import re
import threading

import pytest

from collector.jobs.context import Context
from collector.jobs.desk import send_waiting
from collector.senders.message import Outcome
from collector.store import audit, people
from collector.store.advice import replies
from collector.store.bureau import decisions, deliveries
from collector.store.network import own_fields
from collector.store.network.own_fields import Entered
from collector.store.postgres import db
from tests.collector.jobs.test_desk import Recorder, using
from tests.webapp.pages.bureau.test_decision import KEY, PATH, heard, press
from tests.webapp.people import client_as, client_of

FARMER, MASKED = "+8613800000002", "138****0002"


@pytest.fixture
def dsn(world_dsn):
    return world_dsn


@pytest.fixture
def world(world_app, seed):
    with world_app.pool.connection() as conn:
        farmer = people.add(conn, "Farmer", seed.NOW, phone=FARMER)
        people.grant(conn, farmer, "farmer", "village", "qf-liuge", seed.NOW, "test")
        entered = Entered("河边", "open", 0.2, "loam", "winter_wheat", seed.NOW.date(), "")
        own_fields.add(conn, farmer.id, "qf-liuge", entered, seed.NOW)
    return world_app


@pytest.fixture
def conn(world, dsn):
    conn = db.connect(dsn)
    conn.autocommit = True
    yield conn
    conn.close()


@pytest.fixture
def officer(world):
    return client_of(world, "officer")


def publish(officer):
    assert press(officer, "publish", sms="清沟排水").status_code == 303


def run(world, outcome):
    """Run the job that sends; return what it handed to the gateway."""
    sender = Recorder(outcome)
    send_waiting(Context(world.pool, world.clock.now()), using(sender))
    return sender.given


def button(page):
    (found,) = re.findall(r'name="which" value="([0-9]+-[0-9]+)"', page)
    return found


def again(client, which, lang="zh", whom="", follow=True):
    token = client.get("/account/token").json["token"]
    data = {"csrf_token": token, "which": which, "whom": whom}
    return client.post(f"/desk/again?lang={lang}", data=data, follow_redirects=follow)


def fail(world, error="SMS gateway example.org refuses it: HTTP 403"):
    for _ in range(deliveries.MOST_ATTEMPTS):
        assert len(run(world, Outcome.failed(error))) == 1


def test_each_message_stands_with_name_channel_state_time_and_why_it_did_not_go(world, officer):
    publish(officer)
    page = officer.get(f"{PATH}?lang=en").text
    assert "waits to go out" in page
    assert "Send again" not in page
    assert len(run(world, Outcome.failed("busy"))) == 1
    page = officer.get(f"{PATH}?lang=en").text
    assert "It was not taken and is tried again. busy" in page
    for _ in range(deliveries.MOST_ATTEMPTS - 1):
        run(world, Outcome.failed("HTTP 403"))
    for lang, words in (
        ("en", ("Farmer", MASKED, "text message", ">not sent<", "HTTP 403", "Send again")),
        ("zh", ("Farmer", MASKED, "短信", "没发出", "HTTP 403", "重发")),
    ):
        page = officer.get(f"{PATH}?lang={lang}").text
        for each in words:
            assert each in page, each
    assert FARMER not in page


def test_a_number_that_has_had_enough_says_so(world, officer):
    publish(officer)
    sender = Recorder()
    settings = using(sender, "1/h")
    send_waiting(Context(world.pool, world.clock.now()), settings)
    which = button(officer.get(PATH).text)
    again(officer, which)
    send_waiting(Context(world.pool, world.clock.now()), settings)
    assert len(sender.given) == 1
    for lang, said in (
        ("en", "This number has been sent enough for now; it goes out later."),
        ("zh", "这个号码近来收到的短信已够多，稍后再发"),
    ):
        assert said in officer.get(f"{PATH}?lang={lang}").text


def test_one_press_is_one_message_however_often_it_is_sent(world, conn, officer):
    publish(officer)
    fail(world)
    which = button(officer.get(PATH).text)
    assert "goes out again" in again(officer, which, "en").text
    assert (
        "Nothing is sent: the message to Farmer waits already" in again(officer, which, "en").text
    )
    assert len(run(world, Outcome.sent())) == 1
    assert "没有发送" in again(officer, which).text  # sent by now: the press of before is over
    assert run(world, Outcome.sent()) == []
    page = officer.get(f"{PATH}?lang=en").text
    assert "sent again once" in page
    assert again(officer, button(page), "en").status_code == 200  # a press of its own
    assert len(run(world, Outcome.sent())) == 1
    told = [e for e in audit.entries(conn) if e.action == "advice_sent_again"]
    assert [e.object for e in told] == ["qf-liuge wheat_fhb winter_wheat"] * 2
    assert [e.detail["before"] for e in reversed(told)] == ["failed", "sent"]


def test_of_officers_who_press_at_once_one_sends(world, conn):
    clients = [client_of(world, "officer") for _ in range(3)]
    publish(clients[0])
    fail(world)
    which = button(clients[0].get(PATH).text)
    gate, texts = threading.Barrier(len(clients)), []

    def go(client):
        gate.wait()
        texts.append(again(client, which, "en").text)

    threads = [threading.Thread(target=go, args=(client,)) for client in clients]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum("goes out again" in text for text in texts) == 1
    assert len(run(world, Outcome.sent())) == 1


def test_the_list_is_narrowed_to_who_is_not_reached(world, conn, officer, seed):
    publish(officer)
    run(world, Outcome.sent())
    for whom, found in (("", True), ("missed", True), ("failed", False)):
        assert ("Farmer" in officer.get(f"{PATH}?whom={whom}").text) == found, whom
    farmer = people.find(conn, phone=FARMER)
    of = ("winter_wheat", "wheat_fhb", seed.NOW)
    replies.put(conn, "qf-liuge-1", of, farmer.id, done=True, note="", at=seed.NOW)
    page = officer.get(f"{PATH}?lang=en").text
    assert "has answered" in page
    assert "Send again" not in page
    page = officer.get(f"{PATH}?whom=missed&lang=en").text
    assert "Farmer" not in page
    assert "Nobody." in page
    which = "{}-0".format(*next(iter(ids(conn))))
    assert "or has reached them" in again(officer, which, "en").text
    assert run(world, Outcome.sent()) == []


def ids(conn):
    with conn.cursor() as cur:
        cur.execute("SELECT id FROM delivery WHERE channel = 'sms'")
        return cur.fetchall()


def test_whose_village_has_heard_is_reached(world, conn, officer):
    publish(officer)
    run(world, Outcome.sent())
    heard(officer, decisions.find(conn, KEY, "410922").id, "door")
    assert "the village has heard" in officer.get(f"{PATH}?lang=en").text
    assert "Farmer" not in officer.get(f"{PATH}?whom=missed").text


def test_only_who_releases_advice_there_sees_the_people_and_sends(world, conn, officer):
    publish(officer)
    fail(world)
    which = button(officer.get(PATH).text)
    agent = client_of(world, "agent", "village", "qf-liuge")
    page = agent.get(PATH).text
    assert "未被告知" in page or "Farmer" not in page
    assert "Farmer" not in page
    assert again(agent, which, follow=False).status_code == 403
    # reads all of the county, releases in another village alone
    at = world.clock.now()
    both = people.add(conn, "Both", at, username="both")
    people.grant(conn, both, "agent", "county", "410922", at, "test")
    people.grant(conn, both, "officer", "village", "qf-mazhuangqiao", at, "test")
    elsewhere = client_as(world, both)
    assert "Farmer" not in elsewhere.get(PATH).text
    for lang, said in (
        ("en", "There is no such message where you release advice."),
        ("zh", "您负责发布的范围内没有这条短信"),
    ):
        answer = again(elsewhere, which, lang)
        assert answer.status_code == 404
        assert said in answer.text
    assert run(world, Outcome.sent()) == []


def test_the_whole_number_is_for_who_is_in_charge_of_people_there(world, officer):
    publish(officer)
    assert FARMER not in officer.get(PATH).text
    near = client_of(world, "administrator", "county", "410922")
    far = client_of(world, "administrator", "county", "410928")
    assert f'href="tel:{FARMER}"' in near.get(PATH).text
    assert near.get(PATH).headers["Cache-Control"] == "no-store"
    assert "Farmer" not in far.get(PATH).text


def test_who_is_in_charge_of_people_elsewhere_sees_it_masked(world, conn, officer):
    publish(officer)
    at = world.clock.now()
    both = people.add(conn, "Both", at, username="both")
    people.grant(conn, both, "officer", "county", "410922", at, "test")
    people.grant(conn, both, "administrator", "county", "410928", at, "test")
    page = client_as(world, both).get(PATH).text
    assert MASKED in page
    assert FARMER not in page


def test_who_looks_at_people_is_in_the_audit_log(world, conn, officer):
    publish(officer)
    officer.get(PATH)
    agent = client_of(world, "agent")
    agent.get(PATH)
    seen = [e for e in audit.entries(conn) if e.action == "people_seen"]
    assert [e.object for e in seen] == [KEY[0]]


@pytest.mark.parametrize("which", ["", "x", "1", "1-", "1-x", "９-0", "1" * 19 + "-0"])
def test_a_press_that_names_no_message_is_refused(world, officer, which):
    for lang, said in (("en", "press the button beside it"), ("zh", "请按那一条旁边的按钮")):
        answer = again(officer, which, lang)
        assert answer.status_code == 400
        assert said in answer.text
    assert again(officer, "999999-0").status_code == 404
    assert again(officer, "1-99999").status_code == 404


def test_nothing_goes_out_again_once_it_is_taken_back(world, conn, officer):
    publish(officer)
    fail(world)
    which = button(officer.get(PATH).text)
    press(officer, "cancel", 1)
    assert "Send again" not in officer.get(f"{PATH}?lang=en").text
    for lang, said in (("en", "This is not public now"), ("zh", "现在没有公开")):
        answer = again(officer, which, lang)
        assert answer.status_code == 409
        assert said in answer.text
    assert run(world, Outcome.sent()) == []


def test_many_people_come_in_pages(world, conn, officer, seed):
    for number in range(45):
        one = people.add(conn, f"F{number:02d}", seed.NOW, phone=f"+86139000000{number:02d}")
        people.grant(conn, one, "agent", "village", "qf-liuge", seed.NOW, "test")
    publish(officer)
    first, second = (officer.get(f"{PATH}?people={n}").text for n in (1, 2))
    names = [set(re.findall(r"<h3>(F\w+) ", page)) for page in (first, second)]
    assert [len(each) for each in names] == [40, 6]
    assert not names[0] & names[1]
    assert officer.get(f"{PATH}?people=99").text.count("<h3>F") == 40
    assert officer.get(f"{PATH}?people=x").status_code == 200
