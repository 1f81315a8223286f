"""What makes the pages an app: manifest, worker, my village, the page without a network."""

import json
import re
import struct

import pytest

from tests.paths import ROOT
from webapp.app.release import mark_of

STATIC = ROOT / "webapp" / "static"


@pytest.mark.parametrize(("lang", "name"), [("zh-CN", "农情"), ("en", "Nongqing")])
def test_a_page_leads_to_its_manifest(client, lang, name):
    page = client.get(f"/?lang={lang}").get_data(as_text=True)
    link = re.search(r'rel="manifest" href="([^"]+)"', page).group(1)
    answer = client.get(link)
    told = json.loads(answer.data)
    assert answer.mimetype == "application/manifest+json"
    assert "Set-Cookie" not in answer.headers
    assert (told["lang"], told["short_name"], told["start_url"]) == (lang, name, "/start")
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        with client.get(icon["src"]) as picture:
            assert picture.status_code == 200


def test_icons_have_the_size_they_say():
    for path in STATIC.glob("icon-*.png"):
        head = path.read_bytes()[:24]
        side = int(re.search(r"\d+", path.name).group(0))
        assert struct.unpack(">II", head[16:24]) == (side, side)


def test_the_worker_is_asked_for_anew_and_says_its_release(client):
    answer = client.get("/sw.js")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.mimetype == "text/javascript"
    told = json.loads(re.match(r"const CONFIG = (.*);\n", answer.get_data(as_text=True)).group(1))
    for address in told["assets"]:
        with client.get(address) as kept:
            assert "immutable" in kept.headers["Cache-Control"]
    again = client.get("/sw.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_mark_of_a_release_follows_each_file_and_the_number(tmp_path):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.js").write_text("1")
    first = mark_of(tmp_path, "1.0")
    assert first == mark_of(tmp_path, "1.0") != mark_of(tmp_path, "1.1")
    (tmp_path / "static" / "a.js").write_text("2")
    assert mark_of(tmp_path, "1.0") != first


def test_my_village_comes_first_and_is_where_the_app_begins(client):
    assert client.get("/start").headers["Location"] == "/"
    assert "设为我的村" in client.get("/v/qf-liuge").get_data(as_text=True)
    answer = client.post("/my-village", data={"village": "qf-liuge", "next": "/v/qf-liuge"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/v/qf-liuge")
    assert client.get("/start").headers["Location"] == "/v/qf-liuge"
    assert "我的村：柳格示范村" in client.get("/").get_data(as_text=True)
    assert "My village: Liuge" in client.get("/?lang=en").get_data(as_text=True)
    assert "Forget it" in client.get("/v/qf-liuge").get_data(as_text=True)
    client.post("/my-village", data={"village": ""})
    assert "我的村" not in client.get("/?lang=zh").get_data(as_text=True)


def test_a_village_that_is_gone_is_not_offered(client):
    client.post("/my-village", data={"village": "merged-away"})
    assert "我的村" not in client.get("/").get_data(as_text=True)
    page = client.get("/v/merged-away")
    assert page.status_code == 404
    assert "设为我的村" not in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("lang", "says"), [("en", "no name of a village"), ("zh", "这不是村的编号")]
)
def test_what_cannot_be_a_village_is_refused(client, lang, says):
    answer = client.post(f"/my-village?lang={lang}", data={"village": "a b\r\n<x>"})
    assert answer.status_code == 400
    assert says in answer.get_data(as_text=True)


def test_the_page_without_a_network_speaks_both_languages(client):
    page = client.get("/offline").get_data(as_text=True)
    assert "没有网络" in page
    assert "No connection" in page


def test_every_page_tells_its_time_by_the_servers_clock(client):
    assert client.get("/").headers["Page-Time"].endswith("Z")
    assert "Page-Time" not in client.get("/healthz").headers
