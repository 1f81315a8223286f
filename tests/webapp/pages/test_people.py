"""People on the web: found, added, given rights, locked; nobody gives what they do not hold."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from collector.permissions import Grant, Place, may_give, may_manage
from collector.store import audit, people, settings_table
from collector.store.network import registry
from collector.store.people import Person
from collector.store.postgres import db
from field_configs.load import load
from tests.webapp.accounts.ways import token_in
from tests.webapp.conftest import make_app, seed_module
from tests.webapp.people import client_of
from webapp.app.database import App

AT = datetime.now(UTC)
QINGFENG, PUYANG = ("county", "410922"), ("county", "410928")


@pytest.fixture
def app(dsn: str) -> Iterator[App]:
    app = make_app(dsn)
    with app.pool.connection() as conn:
        registry.import_configs(conn, load(site="demo"), seed_module.NOW)
    yield app
    app.pool.close()


@pytest.fixture
def boss(app: App) -> FlaskClient:
    """Administers the whole city; person 1."""
    return client_of(app, "administrator")


def person(conn: db.Connection, role: str, where: tuple[str, str], **ways: str) -> Person:
    found = people.add(conn, ways.pop("name", "李娜"), AT, **ways)
    people.grant(conn, found, role, *where, AT, "test")
    conn.commit()
    return found


def send(client: FlaskClient, path: str, **form: str):
    page = "/account/"
    form = {"reason": "新岗位", "csrf_token": token_in(client.get(page).text)} | form
    return client.post(path, data=form)


def entries(conn: db.Connection, action: str) -> list[audit.Told]:
    conn.rollback()
    return audit.entries(conn, action=action)


def held(conn: db.Connection, number: int) -> list[Grant]:
    conn.rollback()
    found = people.find(conn, id=number)
    assert found is not None
    return people.grants(conn, found, datetime.now(UTC))


NEW = {"name": "王强", "role": "officer", "where": "清丰县", "username": "Wang.Qiang", "phone": ""}


def test_a_person_is_added_given_a_link_that_is_shown_once_and_signs_in(
    app: App, boss: FlaskClient, conn: db.Connection
) -> None:
    added = send(boss, "/people", **NEW)
    assert added.status_code == 303
    assert added.location == "/people/2"
    assert held(conn, 2) == [Grant("officer", *QINGFENG)]
    shown = send(boss, "/people/2/link", reason="首次登录")
    link = re.search(r"<code>http://localhost(/account/link/[^<]+)</code>", shown.text)
    assert link
    assert shown.headers["Cache-Control"] == "no-store"
    assert "/account/link/" not in boss.get("/people/2").text
    other = app.test_client()
    used = other.post(link[1], data={"csrf_token": token_in(other.get(link[1]).text)})
    assert used.status_code == 303
    assert "王强" in other.get("/account/").text
    (made,) = entries(conn, "sign_in_link_made")
    assert (made.actor, made.object, made.detail) == ("1", "2", {"reason": "首次登录"})
    (given,) = entries(conn, "rights_given")
    assert given.detail == {
        "reason": "新岗位", "role": "officer", "level": "county", "scope": "410922"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ""}, "请填写姓名"),
        ({"name": "王\u3164强"}, "不能有看不见的字符"),
        ({"name": "王" * 61}, "最多 60 个字"),
        ({"role": "king"}, "请选择角色"),
        ({"where": "北京"}, "请写县、乡镇或村"),
        ({"where": ""}, "请写县、乡镇或村"),
        ({"username": "a b"}, "2 到 32 个"),
        ({"username": "taken"}, "此用户名已被使用"),
        ({"username": ""}, "工作人员用用户名登录"),
        ({"phone": "12345"}, "不是中国大陆手机号"),
        ({"phone": "138 0000 0001"}, "此手机号已属于另一人"),
        ({"role": "farmer", "username": ""}, "登录须用其一"),
        ({"reason": " "}, "请写明原因"),
        ({"reason": "x\u3164"}, "看不见的字符"),
    ],
)
def test_what_is_wrong_with_a_new_person_is_said_and_nothing_typed_is_lost(
    boss: FlaskClient, conn: db.Connection, change: dict[str, str], says: str
) -> None:
    person(conn, "officer", QINGFENG, username="taken", phone="+8613800000001")
    answer = send(boss, "/people", **(NEW | change))
    assert answer.status_code == 400
    assert says in answer.text
    assert "未作任何更改" in answer.text
    kept = NEW | {"reason": "新岗位"} | change
    for name in ("name", "username", "where", "reason"):
        value = " ".join(kept[name].split())
        assert f'name="{name}" type="text" value="{value}"' in answer.text, name
    assert len(people.everyone(conn)) == 2
    assert entries(conn, "person_added") == []


def test_people_are_found_where_the_reader_is_in_charge_alone(
    app: App, boss: FlaskClient, conn: db.Connection
) -> None:
    inside = person(conn, "agent", ("village", "qf-liuge"), phone="+8613800000001", name="柳格人")
    person(conn, "officer", PUYANG, username="outside", name="濮阳人")
    one = client_of(app, "administrator", *QINGFENG)
    page = one.get("/people").text
    assert "柳格人" in page
    assert "138****0001" in page
    assert "13800000001" not in page
    assert "濮阳人" not in page
    assert "濮阳人" in boss.get("/people").text
    for query, found in (
        ("柳格", True), ("13800000001", True), ("1380000000", False), ("x", False),
    ):  # fmt: skip
        assert ("柳格人" in one.get("/people", query_string={"q": query}).text) == found, query
    assert "柳格人" not in one.get("/people?role=officer").text
    assert "+8613800000001" in one.get(f"/people/{inside.id}").text
    for number in (3, 0, 99, 2**63, 10**40):
        assert one.get(f"/people/{number}").status_code == 404, number
        assert send(one, f"/people/{number}/lock", locked="1").status_code == 404, number
    seen = entries(conn, "person_seen")
    assert [(entry.actor, entry.object) for entry in seen] == [("4", str(inside.id))]
    assert len(entries(conn, "people_seen")) == 2


def test_nobody_gives_what_they_do_not_hold_nor_outside_their_part(
    app: App, boss: FlaskClient, conn: db.Connection
) -> None:
    settings_table.put(conn, "role.registrar", '["people", "own"]', AT)
    officer = person(conn, "officer", QINGFENG, username="officer")
    county = client_of(app, "administrator", *QINGFENG)
    clerk = client_of(app, "registrar", *QINGFENG)
    path, before = f"/people/{officer.id}", held(conn, officer.id)
    for client, role, where in (
        (county, "officer", "全市"),
        (county, "officer", "410928"),
        (county, "administrator", "city"),
        (clerk, "officer", "清丰县"),
        (clerk, "administrator", "清丰县"),
    ):
        answer = send(client, f"{path}/grant", role=role, where=where)
        assert answer.status_code == 400, (role, where)
        assert "您自己没有这些权限" in answer.text
    for grant in before:
        form = {"role": grant.role, "level": grant.level, "scope": grant.scope}
        assert send(clerk, f"{path}/withdraw", **form).status_code == 400
    # a link for somebody mightier would be their rights
    for action in ("link", "lock"):
        answer = send(clerk, f"{path}/{action}", locked="1")
        assert answer.status_code == 400
        assert "此人的权限超出您的权限" in answer.text
        assert "/account/link/" not in answer.text
    assert held(conn, officer.id) == before
    assert entries(conn, "rights_given") == entries(conn, "person_locked") == []
    assert send(county, f"{path}/grant", role="agent", where="柳格镇").status_code == 303
    assert send(county, f"{path}/grant", role="technician", where="410922").status_code == 303
    assert send(county, f"{path}/withdraw", **form).status_code == 303
    assert held(conn, officer.id) == [
        Grant("agent", "township", "410922104"),
        Grant("technician", *QINGFENG),
    ]
    (taken,) = entries(conn, "rights_taken")
    assert taken.detail["reason"] == "新岗位"


def test_a_deputy_gives_nothing_on_and_is_not_taken_over(
    app: App, boss: FlaskClient, conn: db.Connection
) -> None:
    """What one may as a deputy ends; and who stands for somebody is as mighty as they are."""
    stand_in = person(conn, "technician", QINGFENG, username="stand-in")
    chief = people.find(conn, id=1)
    assert chief is not None
    county = client_of(app, "administrator", *QINGFENG)
    assert send(county, f"/people/{stand_in.id}/link").status_code == 200
    people.name_deputy(conn, stand_in, chief, AT + timedelta(days=3), AT, "test")
    conn.commit()
    assert send(county, f"/people/{stand_in.id}/link").status_code == 400
    client = app.test_client()
    with client.session_transaction() as session:
        session |= {"_user_id": stand_in.uniquifier, "_fresh": True, "fs_paa": time.time()}
    assert client.get("/people").status_code == 200
    assert send(client, "/people", **NEW).status_code == 400


def test_the_last_administrator_stays(boss: FlaskClient, app: App, conn: db.Connection) -> None:
    form = {"role": "administrator", "level": "city", "scope": ""}
    answer = send(boss, "/people/1/withdraw", **form)
    assert answer.status_code == 400
    assert "最后一位管理员" in answer.text
    assert "不能锁定自己" in send(boss, "/people/1/lock", locked="1").text
    second = client_of(app, "administrator")
    locked = send(second, "/people/1/lock", locked="1")
    assert locked.status_code == 303
    assert boss.get("/people").status_code == 303, "a locked person's session goes on"
    assert send(second, "/people/2/withdraw", **form).status_code == 400
    assert send(second, "/people/1/lock", locked="0").status_code == 303
    assert [entry.action for entry in reversed(audit.entries(conn)) if "lock" in entry.action] == [
        "person_locked", "person_unlocked",
    ]  # fmt: skip


def test_a_farmer_who_becomes_staff_signs_in_anew(
    app: App, boss: FlaskClient, conn: db.Connection
) -> None:
    """The session came by a code to a phone, which lets nobody into an account of staff."""
    farmer = person(conn, "farmer", ("city", ""), phone="+8613800000001", username="zhao")
    client = app.test_client()
    with client.session_transaction() as session:
        session |= {"_user_id": farmer.uniquifier, "_fresh": True, "fs_paa": time.time()}
    assert client.get("/account/").status_code == 200
    answer = send(boss, f"/people/{farmer.id}/grant", role="agent", where="qf-liuge")
    assert answer.status_code == 303
    assert client.get("/account/").status_code == 200
    send(boss, f"/people/{farmer.id}/grant", role="officer", where="qf-liuge")
    assert client.get("/account/").status_code == 303


def test_who_has_no_user_name_is_not_made_staff(boss: FlaskClient, conn: db.Connection) -> None:
    farmer = person(conn, "farmer", ("city", ""), phone="+8613800000001")
    answer = send(boss, f"/people/{farmer.id}/grant", role="officer", where="qf-liuge")
    assert answer.status_code == 400
    assert "工作人员用用户名登录" in answer.text


def test_an_officer_names_a_deputy_for_some_days_and_lets_them_go(
    app: App, conn: db.Connection
) -> None:
    wang = person(conn, "technician", QINGFENG, username="wang", name="王强")
    officer = client_of(app, "officer", *QINGFENG)
    for wrong in (
        {"who": "nobody", "days": "3"},
        {"who": "wang", "days": "0"},
        {"who": "wang", "days": "61"},
        {"who": "wang", "days": "٣"},
        {"who": "wang", "days": "3", "reason": ""},
    ):
        assert send(officer, "/deputies", **wrong).status_code == 400, wrong
    assert held(conn, wang.id) == [Grant("technician", *QINGFENG)]
    assert send(officer, "/deputies", who="Wang", days="3", reason="休假").status_code == 303
    page = officer.get("/deputies").text
    assert "王强" in page
    assert "代理您 3 天" in page
    assert Grant("officer", *QINGFENG, 2) in held(conn, wang.id)
    (given,) = entries(conn, "rights_given")
    assert (given.actor, given.object) == ("2", str(wang.id))
    assert (given.detail["deputy_of"], given.detail["reason"]) == (2, "休假")
    later = datetime.now(UTC) + timedelta(days=3, seconds=1)
    assert people.grants(conn, wang, later) == [Grant("technician", *QINGFENG)]
    assert send(officer, "/deputies/end", person=str(wang.id)).status_code == 303
    assert held(conn, wang.id) == [Grant("technician", *QINGFENG)]
    assert len(entries(conn, "rights_taken")) == 1


def test_a_place_that_several_have_in_common_is_asked_for_by_its_code(
    boss: FlaskClient, conn: db.Connection
) -> None:
    with conn.cursor() as cur:
        cur.execute("UPDATE village SET zh = '同名村' WHERE id IN ('qf-liuge', 'py-bagongqiao')")
    conn.commit()
    answer = send(boss, "/people", **(NEW | {"where": "同名村"}))
    assert answer.status_code == 400
    assert "同名村 py-bagongqiao, 同名村 qf-liuge" in answer.text


ROLES = {
    "registrar": ("people",),
    "officer": ("drafts", "release"),
    "all": ("people", "drafts", "release"),
}
VILLAGE = Place("v", "t", "c")


@pytest.mark.parametrize(
    ("held_by_giver", "place", "given"),
    [
        ([Grant("all", "county", "c")], VILLAGE, True),
        ([Grant("all", "county", "d")], VILLAGE, False),
        ([Grant("all", "village", "v")], Place("", "t", "c"), False),
        ([Grant("registrar", "county", "c")], VILLAGE, False),
        ([Grant("registrar", "county", "c"), Grant("officer", "village", "v")], VILLAGE, True),
        ([Grant("registrar", "village", "v"), Grant("officer", "village", "w")], VILLAGE, False),
        ([Grant("all", "county", "c", stands_for=7)], VILLAGE, False),
        ([Grant("all", "county", "")], Place("", None, ""), False),
        ([], VILLAGE, False),
    ],
)
def test_a_role_is_given_by_who_holds_all_of_it_there(
    held_by_giver: list[Grant], place: Place, given: bool
) -> None:
    assert may_give(held_by_giver, ROLES, "officer", place) == given
    assert may_manage(held_by_giver, ROLES, [(Grant("officer", "village", "v"), place)]) == given
    assert not may_manage(held_by_giver, ROLES, []), "who holds nothing is in the city's charge"
