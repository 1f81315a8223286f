"""A farmer keeps a field: makes it, changes it, shares it, gives it up."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from collector.store import people
from collector.store.network import merging, own_fields, registry, sites
from tests.webapp.pages.my.world import FIELD, db_rows, key, make, own_id, post, warn
from tests.webapp.people import client_as, client_of
from webapp.app.database import App


def test_a_field_is_made_and_is_on_no_public_page(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    page = farmer.get(address).text
    assert "村东头" in page
    assert "3 亩" in page
    assert "冬小麦" in page
    assert "村东头" in farmer.get("/my/").text
    own = address.rsplit("/", 1)[1]
    stranger = app.test_client()
    officer = client_of(app, "officer")
    for public in ("/v/qf-liuge", "/v/qf-liuge/details", "/v/qf-liuge.txt", "/", "/skill"):
        text = stranger.get(public).text
        assert "村东头" not in text
        assert own not in text
    assert "村东头" not in officer.get("/desk").text
    for other in (client_of(app, "farmer"), client_of(app, "administrator")):
        for path in ("", "/edit", "/work", "/diary", "/diary.csv", "/people", "/stage", "/seen"):
            assert other.get(address + path).status_code == 404, path


def test_the_field_shows_its_own_advice_and_the_village_does_not(
    app: App, farmer: FlaskClient
) -> None:
    address = make(farmer)
    assert "下一次每小时计算" in farmer.get(address).text
    before = app.test_client().get("/v/qf-liuge").text
    warn(app, own_id(address))
    page = farmer.get(address).text
    assert "赤霉病" in page
    assert "村东头" in page
    listed = farmer.get("/my/").text
    assert "status is-high" in listed
    assert "赤霉病" in listed
    after = app.test_client().get("/v/qf-liuge").text
    assert after.replace("\n", "") == before.replace("\n", "")
    counts = re.findall(r"href=\"/v/qf-liuge\".*?</a>", app.test_client().get("/").text, re.S)
    assert "村东头" not in counts[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "这里要填写"),
        ({"name": "村\u202e东"}, "看不见的字符（U+202E）"),
        ({"name": "村" * 31}, "一共 31 个字，最多 30 个"),
        ({"area": "三亩"}, "请用数字填写"),
        ({"area": "9999"}, "请填 0.05 到 5000 之间的数"),
        ({"area": ""}, "请填一个数"),
        ({"crop": ""}, "请选择作物"),
        ({"crop": "rice"}, "请从中选一个"),
        ({"soil": "mud"}, "请从中选一个"),
        ({"sown": "2016-05-09"}, "2016年5月9日还没到：今天是5月8日"),
        ({"sown": "去年秋天"}, "请写清年、月、日"),
        ({"sown": ""}, "请选择日期"),
        ({"sown": "2012-01-01"}, "2012年1月1日太早了"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(
    farmer: FlaskClient, given: dict[str, str], said: str
) -> None:
    page = farmer.get("/my/new?village=qf-liuge").text
    whole = FIELD | {"sown": "2015-10-12", "village": "qf-liuge", "entry_key": key(page)} | given
    answer = farmer.post("/my/new", data=whole)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="百农207"' in answer.text
    typed = next(iter(given.values()))
    assert typed in answer.text or typed in ("rice", "mud")  # of what is chosen, the choices stay
    assert farmer.post("/my/new?lang=en", data=whole).status_code == 422


def test_of_two_who_change_a_field_the_second_is_told(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    first, second = farmer.get(f"{address}/edit").text, farmer.get(f"{address}/edit").text
    for there in (
        'value="村东头"',
        'value="3"',
        'value="2015-10-12"',
        'value="百农207"',
        'loam" selected',
    ):
        assert there in first
    given = FIELD | {"sown": "2015-10-12", "edition": "1"}
    done = farmer.post(f"{address}/edit", data=given | {"area": "4", "entry_key": key(first)})
    assert done.status_code == 303
    told = farmer.post(f"{address}/edit", data=given | {"name": "河边", "entry_key": key(second)})
    assert told.status_code == 409
    assert "您打开这一页以后" in told.text
    assert "面积（亩）：4" in told.text
    assert 'value="河边"' in told.text
    again = farmer.post(
        f"{address}/edit",
        data=given | {"name": "河边", "edition": "2", "entry_key": key(told.text)},
    )
    assert again.status_code == 303
    assert "河边" in farmer.get(address).text


def test_a_merged_village_leads_to_the_one_that_took_it_in(app: App, farmer: FlaskClient) -> None:
    old, new = "py-bagongqiao", "qf-mazhuangqiao"
    agent = client_of(app, "agent", "village", old)
    form = farmer.get(f"/my/new?village={old}").text  # open while they are merged
    with app.pool.connection() as conn:
        assert merging.merge(conn, old, new) == (2, 1)
        for pair, why in (
            ((old, new), f"is part of {new} already"),
            ((new, new), "into itself"),
            (("x", new), "not in the registry"),
        ):
            with pytest.raises(merging.CannotMerge, match=why):
                merging.merge(conn, *pair)
    given = FIELD | {"sown": "2015-10-12", "village": old, "entry_key": key(form)}
    answer = farmer.post("/my/new", data=given)
    page = farmer.get(answer.location).text
    assert "现在属于" in page
    assert f'href="/v/{new}"' in page
    assert farmer.get("/my/new?village=nowhere").status_code == 404
    for path in (f"/v/{old}", f"/v/{old}/details", f"/v/{old}.txt"):
        led = app.test_client().get(path)
        assert (led.status_code, led.location.split("?")[0]) == (302, path.replace(old, new))
    assert "现在属于本村" in app.test_client().get(f"/v/{old}", follow_redirects=True).text
    assert f'"/v/{old}"' not in app.test_client().get("/").text
    assert "py-bagongqiao-1/seen" in agent.get(f"/v/{new}").text


def test_a_field_is_shared_within_a_household(app: App) -> None:
    at = datetime.now(UTC)
    with app.pool.connection() as conn:
        persons = [
            people.add(conn, name, at, phone=f"+8613812341{n:03}")
            for n, name in enumerate(("张三", "李四", "王五"))
        ]
        for person in persons:
            people.grant(conn, person, "farmer", "city", "", at, "test")
            person.verified = at
            people.save(conn, person)
    zhang, li, wang = (client_as(app, person) for person in persons)
    address = make(zhang)
    field = own_id(address)
    for phone, said in (("123", "手机号"), ("13812341000", "这是您自己的号码")):
        answer = zhang.post(f"{address}/people", data={"phone": phone})
        assert answer.status_code == 422
        assert said in answer.text
    assert zhang.post(f"{address}/people", data={"phone": "138 1234 1001"}).status_code == 303
    assert "138****1001" in zhang.get(f"{address}/people").text
    assert li.get(address).status_code == 404, "not before they accept"
    assert "张三" in li.get("/my/").text
    assert "张三" not in wang.get("/my/").text
    wang.post(f"/my/invitations/{field}", data={"accept": "1"})
    assert wang.get(address).status_code == 404, "the invitation is another's"
    li.post(f"/my/invitations/{field}", data={"accept": "1"})
    assert li.get(address).status_code == 200
    assert post(li, f"{address}/work", kind="weeding", when="0").status_code == 303
    assert "李四" in zhang.get(address).text
    # who shares it may write, not give it away
    li.post(f"{address}/people", data={"phone": "13812341002"})
    li.post(f"{address}/give-up")
    li.post(f"{address}/people/{persons[0].id}/remove")
    assert "王五" not in wang.get("/my/").text
    assert zhang.get(address).status_code == 200
    zhang.post(f"{address}/people/{persons[1].id}/remove")
    assert li.get(address).status_code == 404


def test_giving_a_field_up_forgets_people_and_keeps_what_skill_is_counted_from(
    app: App, farmer: FlaskClient
) -> None:
    address = make(farmer)
    field = own_id(address)
    warn(app, field)
    post(farmer, f"{address}/work", kind="spray", when="0", product="多菌灵")
    seen = {"hazard": "wheat_fhb", "found": "yes", "treated": "no", "grade": "", "when": "0"}
    assert post(farmer, f"{address}/seen", **seen, note="秘密").status_code == 303
    assert post(farmer, f"{address}/stage", stage="61", when="0").status_code == 303
    assert farmer.post(f"{address}/give-up").status_code == 303
    assert farmer.get(address).status_code == 404
    with app.pool.connection() as conn:
        dump = [
            db_rows(conn, f"SELECT t::text FROM {table} t WHERE {column} = %s", field)
            for table, column in (
                ("field", "id"),
                ("field_work", "field"),
                ("scouting_report", "site"),
                ("stage_observation", "field"),
            )
        ]
        assert field not in {s.field for s in registry.seasons(conn)}
    text = str(dump)
    for word in ("村东头", "秘密", "多菌灵", "farmer"):
        assert word not in text
    assert [len(rows) for rows in dump] == [1, 0, 1, 1]


def test_a_new_crop_ends_the_season_before(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    early = post(farmer, f"{address}/sow", crop="peanut", sown="2015-10-01")
    assert early.status_code == 422
    assert "以前地里是上一茬" in early.text
    assert post(farmer, f"{address}/sow", crop="peanut", sown="2016-05-05").status_code == 303
    assert "花生" in farmer.get(address).text
    with app.pool.connection() as conn:
        newest, before = registry.seasons_of(conn, own_id(address))
    assert (newest.crop, before.harvested) == ("peanut", date(2016, 5, 5))
    page = farmer.get(f"{address}/edit").text
    same = FIELD | {"sown": "2015-10-12", "edition": "1", "entry_key": key(page)}
    answer = farmer.post(f"{address}/edit", data=same)  # what the season before it was
    assert answer.status_code == 422
    assert "以前地里是上一茬" in answer.text


def test_own_fields_are_no_part_of_an_exported_site(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    with app.pool.connection() as conn:
        site = sites.read_site(conn)
    assert own_id(address) not in site.fields
    assert all(each.field != own_id(address) for each in site.seasons)


#: Statements that read fields, and whose they may be of; a new one is looked at and written here.
PRIVATE_QUERIES = Path(own_fields.__file__).parents[1] / "sql" / "queries"


def test_a_statement_for_a_village_leaves_peoples_own_fields_out() -> None:
    """Whoever asks for a village gets what is on public pages."""
    wrong = []
    for path in sorted(PRIVATE_QUERIES.glob("*.sql")):
        for block in path.read_text("utf-8").split("-- name: ")[1:]:
            asks = "%(village)s" in block and re.search(r"\b(FROM|JOIN) field\b", block)
            if asks and "private" not in block:
                wrong.append(f"{path.name}: {block.split(maxsplit=1)[0]}")
    # nodes, sensors and devices stand in fields of the registry alone; advice is released for all
    # officers decide on all that is in force, without names of people's own fields
    assert wrong == [
        "desk.sql: rows",
        "device_list.sql: list",
        "device_list.sql: served",
        "nodes.sql: list",
        "readings.sql: series_of",
        "readings.sql: latest",
        "registry.sql: placements",
        "registry.sql: nodes",
        "roll_outs.sql: nodes",
        "village.sql: now",
    ]
