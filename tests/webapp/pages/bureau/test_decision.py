"""One decision: its grounds, its steps by name, who was told; two officers, the wrong county."""

from __future__ import annotations

import re
import threading

import pytest

from collector.store import audit, people
from collector.store.advice import outlook, replies, risk
from collector.store.bureau import decisions, deliveries
from collector.store.postgres import db
from models.risk.hazard import HIGH, MEDIUM
from tests.webapp.people import client_as, client_of

PATH = "/desk/410922104/winter_wheat/wheat_fhb"
KEY = ("410922104", "wheat_fhb", "winter_wheat")
NOT_YET = "农技员还没有发布建议"


@pytest.fixture
def dsn(world_dsn):
    return world_dsn


@pytest.fixture
def world(world_app):
    return world_app


@pytest.fixture
def conn(world, dsn):
    conn = db.connect(dsn)
    yield conn
    conn.close()


def person_of(world, name, role, level="city", scope=""):
    at = world.clock.now()
    with world.pool.connection() as conn:
        person = people.add(conn, name, at, username=name.lower())
        people.grant(conn, person, role, level, scope, at, "test")
    return client_as(world, person)


def press(client, act, version=0, lang="zh", path=PATH, **form):
    token = client.get("/account/token").json["token"]
    data = {"csrf_token": token, "act": act, "version": version, "reason": "looked at it"}
    if act in ("publish", "update"):
        data["village"] = "qf-liuge"
    return client.post(f"{path}?lang={lang}", data=data | form)


def heard(client, number, channel, village="qf-liuge", lang="zh"):
    token = client.get("/account/token").json["token"]
    data = {"csrf_token": token, "channel": channel}
    return client.post(f"/v/{village}/heard/{number}?lang={lang}", data=data)


def test_the_page_shows_what_a_decision_rests_on(world, conn, seed):
    said = [
        seed.status("qf-liuge-1", "wheat_stripe_rust_ensemble", HIGH, missing=()),
        seed.status("qf-liuge-1", "wheat_stripe_rust_rule", MEDIUM, missing=()),
    ]
    risk.save_statuses(conn, said, seed.NOW)
    risk.save_advisories(conn, [seed.advisory(said[0], actions=())], seed.NOW)
    coming = seed.status("qf-liuge-1", "wheat_fhb", HIGH, source="forecast")
    day = coming.time.replace(day=10)
    outlook.replace_outlook(
        conn, [type(coming)(**(vars(coming) | {"time": day}))], {"qf-liuge-1": seed.NOW}, seed.NOW
    )
    conn.commit()
    officer = client_of(world, "officer")
    page = officer.get(f"{PATH}?lang=en").text
    for words in (
        "Fusarium head blight",
        "Liuge",
        "High risk in 1; Medium risk in 1",
        "BBCH 57 to 61; observed in 1 of 2 fields",
        "Air humidity",
        "sensor",
        "Forecast, Tue 10 May</dt><dd>High risk in 1<",
        "ditches",
        "Fairly certain",
        "Nothing yet.",
    ):
        assert words in page, words
    assert "disagrees" not in page
    other = officer.get("/desk/410922104/winter_wheat/wheat_stripe_rust_ensemble?lang=en").text
    assert other.count("disagrees") == 1


def test_a_draft_goes_its_way_with_name_time_and_reason(world, conn):
    li, wang = person_of(world, "Li", "officer"), person_of(world, "Wang", "officer")
    public = world.test_client()
    before = "要农技员看过才能发布"
    assert NOT_YET in public.get("/v/qf-liuge").text
    assert before in li.get(PATH).text
    assert press(li, "review").status_code == 303
    words = {"page": "清沟排水，见花打药", "sms": "清沟排水", "voice": "乡亲们", "colour": "orange"}
    assert press(wang, "publish", 1, reason="seen in two fields", **words).status_code == 303
    page = wang.get(PATH).text
    assert "已发布到 2 块地" in page
    assert before not in page
    assert "seen in two fields" in page
    assert "橙色" in page
    village = public.get("/v/qf-liuge").text
    assert village.index("清沟排水，见花打药") < village.index("Wang发布")
    assert press(li, "cancel", 2, reason="was the wrong field").status_code == 303
    village = public.get("/v/qf-liuge").text
    assert "清沟排水" not in village
    assert NOT_YET in village
    assert press(li, "reopen", 3).status_code == 303
    assert press(li, "publish", 4).status_code == 303
    assert "Li发布" in public.get("/v/qf-liuge").text
    steps = decisions.steps(conn, KEY)
    assert [(s.act, s.name) for s in reversed(steps)] == [
        ("review", "Li"),
        ("publish", "Wang"),
        ("cancel", "Li"),
        ("reopen", "Li"),
        ("publish", "Li"),
    ]
    assert steps[2].reason == "was the wrong field"
    assert steps[3].colour == "orange"
    told = [each.action for each in reversed(list(audit.entries(conn)))]
    assert [each for each in told if each.startswith("advice_")] == [
        "advice_decided",
        "advice_published",
        "advice_withdrawn",
        "advice_decided",
        "advice_published",
    ]


def test_steps_are_never_changed(world, conn):
    press(client_of(world, "officer"), "review")
    with conn.cursor() as cur, pytest.raises(Exception, match="never changed or deleted"):
        cur.execute("UPDATE decision_step SET reason = 'other'")


def test_two_officers_do_not_publish_one_draft(world, conn):
    li, wang = person_of(world, "Li", "officer"), person_of(world, "Wang", "officer")
    assert press(li, "publish").status_code == 303
    for lang, said in (("zh", "Li 已先处理"), ("en", "Li was quicker: it is published since")):
        answer = press(wang, "publish", 0, lang)
        assert answer.status_code == 400
        assert said in answer.text
    assert "Wang" not in world.test_client().get("/v/qf-liuge").text
    assert [each.name for each in decisions.steps(conn, KEY)] == ["Li"]


def test_of_two_who_publish_at_the_same_moment_one_is_told(world, conn):
    clients = [person_of(world, name, "officer") for name in ("Li", "Wang", "Zhao")]
    gate, codes = threading.Barrier(len(clients)), []

    def go(client):
        token = client.get("/account/token").json["token"]
        data = {"csrf_token": token, "act": "publish", "version": 0, "reason": "at once"}
        gate.wait()
        codes.append(client.post(PATH, data=data | {"village": "qf-liuge"}).status_code)

    threads = [threading.Thread(target=go, args=(client,)) for client in clients]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(codes) == [303, 400, 400]
    assert len(decisions.steps(conn, KEY)) == 1
    assert len([e for e in audit.entries(conn) if e.action == "advice_published"]) == 1


@pytest.mark.parametrize(
    ("act", "form", "zh", "en"),
    [
        ("hold", {"until": "2016-05-20"}, "暂缓", "held"),
        ("reject", {}, "不予发布", "rejected"),
    ],
)
def test_what_is_held_or_rejected_is_not_published_until_it_is_opened_again(
    world, conn, act, form, zh, en
):
    officer, public = client_of(world, "officer"), world.test_client()
    assert press(officer, act, **form).status_code == 303
    for lang, said in (
        ("zh", f"现在是“{zh}”"),
        ("en", f"it is {en}; “Publish” cannot be done now"),
    ):
        answer = press(officer, "publish", 1, lang)
        assert answer.status_code == 400
        assert said in answer.text
    assert NOT_YET in public.get("/v/qf-liuge").text
    assert press(officer, "reopen", 1).status_code == 303
    assert press(officer, "publish", 2).status_code == 303
    assert NOT_YET not in public.get("/v/qf-liuge").text


def test_what_is_proven_here_stands_by_itself_until_it_is_held_back(world, conn, seed):
    risk.end_advisories(conn, [("qf-liuge-1", *KEY[2:], KEY[1])], seed.NOW)
    proven = seed.advisory(seed.status("qf-liuge-1", "wheat_fhb", HIGH), draft=False)
    risk.save_advisories(conn, [proven], seed.NOW)
    conn.commit()
    officer, public = client_of(world, "officer"), world.test_client()
    assert NOT_YET not in public.get("/v/qf-liuge").text
    assert press(officer, "hold", until="2016-05-20").status_code == 303
    assert NOT_YET in public.get("/v/qf-liuge").text
    assert "清沟" not in public.get("/v/qf-liuge/details").text
    assert "到2016年5月20日为止" in officer.get("/desk").text


def test_the_colour_that_an_officer_published_stands_on_the_public_page_and_no_other(
    world, conn, seed
):
    officer, public = client_of(world, "officer"), world.test_client()
    press(officer, "edit", colour="red")  # a draft with a colour is a draft
    assert "of-red" not in public.get("/v/qf-liuge").text
    press(officer, "publish", 1, colour="yellow")
    for lang, said in (("zh", "黄色预警"), ("en", "yellow warning")):
        page = public.get(f"/v/qf-liuge?lang={lang}").text
        (shown,) = re.findall(r'class="colour of-(\w+)">(.*?)</span>', page)
        assert shown[0] == "yellow"
        assert shown[1].endswith(said)
        assert shown[1].count("<path d") == 2
        assert shown[1].count("<path opacity") == 2
    # what is new since is a draft: it has no colour, though its decision has one
    risk.end_advisories(
        conn, [(f"qf-liuge-{n}", "winter_wheat", "wheat_fhb") for n in (1, 2)], seed.NOW
    )
    worse = seed.status("qf-liuge-2", "wheat_fhb", HIGH, time=seed.NOW)
    risk.save_advisories(conn, [seed.advisory(worse)], seed.NOW)
    conn.commit()
    page = public.get("/v/qf-liuge?lang=zh").text
    assert NOT_YET in page
    assert 'class="colour' not in page


def test_what_is_proven_here_has_no_colour_that_nobody_published(world, conn, seed):
    risk.end_advisories(conn, [("qf-liuge-1", *KEY[2:], KEY[1])], seed.NOW)
    proven = seed.advisory(seed.status("qf-liuge-1", "wheat_fhb", HIGH), draft=False)
    risk.save_advisories(conn, [proven], seed.NOW)
    conn.commit()
    officer, public = client_of(world, "officer"), world.test_client()
    press(officer, "edit", colour="red")
    page = public.get("/v/qf-liuge").text
    assert NOT_YET not in page
    assert 'class="colour' not in page


@pytest.mark.parametrize(
    ("act", "form", "zh", "en"),
    [
        ("publish", {"reason": ""}, "写明原因", "Say why"),
        ("publish", {"village": []}, "请至少选择一个村", "Choose at least one village."),
        ("publish", {"village": ["py-bagongqiao"]}, "不在您负责的范围", "Not in your part"),
        ("publish", {"sms": "长" * 61}, "最多 60 个", "60 at most"),
        ("publish", {"page": "x" * 401}, "最多 400 个", "400 at most"),
        ("publish", {"voice": "a\u202eb"}, "看不见的字符", "nobody can see"),
        ("hold", {}, "暂缓到哪一天", "until which day"),
        ("hold", {"until": "2016-05-01"}, "已经过去", "is over"),
        ("burn", {}, "请选择要做什么", "Choose what is to be done."),
        ("reject", {"version": "x"}, "请重新看过再操作", "look again before you act"),
    ],
)
def test_what_is_wrong_is_said_in_both_languages_and_changes_nothing(
    world, conn, act, form, zh, en
):
    officer = client_of(world, "officer")
    for lang, said in (("zh", zh), ("en", en)):
        answer = press(officer, act, lang=lang, **form)
        assert answer.status_code == 400
        assert said.lower() in answer.text.lower(), lang
    assert decisions.steps(conn, KEY) == []


def test_an_officer_of_another_county_sees_and_decides_nothing(world, conn):
    officer = client_of(world, "officer", "county", "410928")
    for lang, said in (("zh", "不在您负责的范围"), ("en", "is not in your part")):
        assert said in officer.get(f"{PATH}?lang={lang}").text
        answer = press(officer, "publish", lang=lang)
        assert answer.status_code == 403
        assert said in answer.text
    assert decisions.steps(conn, KEY) == []


def test_who_reads_here_and_is_in_charge_elsewhere_does_not_decide(world, conn):
    at = world.clock.now()
    person = people.add(conn, "Both", at, username="both")
    people.grant(conn, person, "agent", "village", "qf-liuge", at, "test")
    people.grant(conn, person, "officer", "county", "410928", at, "test")
    conn.commit()
    both = client_as(world, person)
    assert both.get(PATH).status_code == 200
    for lang, said in (
        ("zh", "您可以查看，但不能处理"),
        ("en", "You may read this and not decide"),
    ):
        answer = press(both, "publish", lang=lang)
        assert answer.status_code == 403
        assert said in answer.text


def test_an_officer_of_one_village_publishes_for_it_and_holds_back_no_township(world, conn):
    officer = client_of(world, "officer", "village", "qf-liuge")
    for lang, said in (
        ("zh", "您只负责其中一部分村"),
        ("en", "in charge of some of these villages"),
    ):
        answer = press(officer, "reject", lang=lang)
        assert answer.status_code == 400
        assert said in answer.text
    assert press(officer, "publish").status_code == 303


def test_new_advice_after_publishing_is_published_as_an_update(world, conn, seed):
    officer = client_of(world, "officer")
    press(officer, "publish")
    risk.end_advisories(conn, [("qf-liuge-2", "winter_wheat", "wheat_fhb")], seed.NOW)
    worse = seed.status("qf-liuge-2", "wheat_fhb", HIGH, time=seed.NOW)
    risk.save_advisories(conn, [seed.advisory(worse)], seed.NOW)
    conn.commit()
    assert "1 field is new" in officer.get("/desk?lang=en").text
    assert press(officer, "update", 1).status_code == 303
    page = officer.get("/desk?lang=en").text
    assert "is new" not in page
    assert "<b>updated</b>" in page


def test_what_is_not_there_is_said(world):
    officer = client_of(world, "officer")
    answer = officer.get("/desk/999999/winter_wheat/wheat_fhb?lang=en")
    assert answer.status_code == 404
    assert "There is no township or county “999999”." in answer.text
    assert "没有乡镇或县“999999”" in officer.get("/desk/999999/a/b?lang=zh").text
    quiet = officer.get("/desk/410922104/peanut/soil_drought?lang=en")
    assert "Nothing is in force here now." in quiet.text
    for lang, said in (("zh", "没有编号为 77 的决定"), ("en", "There is no decision 77.")):
        answer = heard(officer, 77, "door", lang=lang)
        assert answer.status_code == 404
        assert said in answer.text
    assert heard(officer, 10**30, "door").status_code == 404


def test_an_agent_attests_and_who_answers_is_counted(world, conn, seed):
    officer = client_of(world, "officer")
    agent = person_of(world, "Agent", "agent", "village", "qf-liuge")
    elsewhere = client_of(world, "agent", "village", "py-bagongqiao")
    press(officer, "publish", voice="乡亲们")
    number = decisions.find(conn, KEY, "410922").id
    conn.rollback()
    page = agent.get(PATH).text
    assert "乡亲们" in page
    assert "没有人证明已传达" in page
    for lang, said in (("zh", "请说明村里是怎样收到的"), ("en", "Say how the village heard")):
        answer = heard(agent, number, "pigeon", lang=lang)
        assert answer.status_code == 400
        assert said in answer.text
    assert heard(elsewhere, number, "loudspeaker").status_code == 403
    assert heard(agent, number, "loudspeaker").status_code == 303
    assert "由您证明" in agent.get(PATH).text
    heard(agent, number, "loudspeaker", lang="en")
    page = agent.get(f"{PATH}?lang=en").text
    assert "Nothing to attest" in page
    assert "loudspeaker: Agent" in page
    me = people.find(conn, username="agent")
    of = ("winter_wheat", "wheat_fhb", seed.NOW)
    replies.put(conn, "qf-liuge-1", of, me.id, done=True, note="", at=seed.NOW)
    conn.commit()
    assert "Answers: 1 of 1 did it" in officer.get(f"{PATH}?lang=en").text
    told = [each for each in audit.entries(conn) if each.action == "advice_heard"]
    assert [each.object for each in told] == ["qf-liuge wheat_fhb winter_wheat"]


def test_a_village_that_does_not_hear_in_time_rises(world, conn, seed):
    officer = client_of(world, "officer")
    press(officer, "publish")
    assert "has not heard" not in officer.get("/desk?lang=en").text
    world.clock.at = seed.NOW + deliveries.LATE + deliveries.LOST
    page = officer.get("/desk?lang=en").text
    assert "1 village has not heard" in page
    assert "has not heard in time" in officer.get(f"{PATH}?lang=en").text
    number = decisions.find(conn, KEY, "410922").id
    conn.rollback()
    heard(officer, number, "door")
    assert "has not heard" not in officer.get("/desk?lang=en").text
