"""What was seen in a field: photos, answers to advice, reports for others."""

from __future__ import annotations

import re
import struct
import zlib
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from PIL.ExifTags import GPS, IFD

from collector.store.advice import photos
from collector.store.network import registry
from tests.webapp.pages.my.world import TODAY, db_rows, key, make, own_id, post, warn
from tests.webapp.people import client_of
from webapp.app.database import App
from webapp.views.pictures import read_picture


def test_a_photo_is_kept_small_and_without_what_the_camera_wrote(
    app: App, farmer: FlaskClient
) -> None:

    image = Image.linear_gradient("L").resize((2400, 1200)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Camera of Zhang"
    exif.get_ifd(IFD.GPSInfo).update(
        {
            GPS.GPSLongitude: (115.0, 6.0, 36.0),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLatitude: (35.0, 54.0, 0.0),
            GPS.GPSLatitudeRef: "N",
        }
    )
    out = BytesIO()
    image.save(out, "JPEG", exif=exif)
    address = make(farmer)
    page = farmer.get(f"{address}/seen").text
    given = {
        "entry_key": key(page),
        "hazard": "wheat_fhb",
        "found": "yes",
        "grade": "3",
        "treated": "no",
        "when": "1",
    }
    answer = farmer.post(
        f"{address}/seen",
        data=given | {"photo": (BytesIO(out.getvalue()), "x.jpg")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303, answer.text
    page = farmer.get(address).text
    source = re.search(r'src="(/my/[^"]+\.jpg)"', page)
    assert source
    sent = farmer.get(source[1])
    kept = Image.open(BytesIO(sent.data))
    assert kept.size == (800, 1600)
    assert not kept.getexif()
    assert b"Zhang" not in sent.data
    assert client_of(app, "farmer").get(source[1]).status_code == 404
    with app.pool.connection() as conn:
        rows = db_rows(
            conn,
            "SELECT hazard, found, grade, date, longitude, latitude, season FROM scouting_report "
            "WHERE site = %s",
            own_id(address),
        )
    assert rows == [("wheat_fhb", True, 3, date(2016, 5, 7), 115.11, 35.9, 2015)]


def big(width: int, height: int) -> bytes:
    """A PNG that says it is large, in few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.4 no photo at all", "不是能读的照片"),
        (b"\xff\xd8\xff\xe0 cut off", "不是能读的照片"),
        (big(8000, 6000), "照片超过 4000 万像素"),
        (big(60000, 60000), "照片超过 4000 万像素"),
        (big(100, 100), "不是能读的照片"),
    ],
    ids=["pdf", "cut", "48 MP", "3600 MP", "empty"],
)
def test_what_is_no_photo_is_refused_and_the_rest_of_the_form_stays(
    farmer: FlaskClient, data: bytes, said: str
) -> None:

    address = make(farmer)
    page = farmer.get(f"{address}/seen").text
    given = {
        "entry_key": key(page),
        "hazard": "wheat_fhb",
        "found": "yes",
        "grade": "",
        "treated": "no",
        "when": "0",
        "note": "东头三行",
        "photo": (BytesIO(data), "x.jpg"),
    }
    answer = farmer.post(f"{address}/seen", data=given, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert said in answer.text
    assert "东头三行" in answer.text


def test_photos_do_not_fill_the_disk(farmer: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "MOST_A_DAY", 1)
    address = make(farmer)
    out = BytesIO()
    Image.new("RGB", (40, 30)).save(out, "PNG")
    given = {"hazard": "wheat_fhb", "found": "yes", "grade": "", "treated": "no", "when": "0"}

    def send(day: str, *, photo: bool) -> Any:
        form = given | {"entry_key": key(farmer.get(f"{address}/seen").text), "when": day}
        sent = {"photo": (BytesIO(out.getvalue()), "x.png")} if photo else {}
        return farmer.post(f"{address}/seen", data=form | sent, content_type="multipart/form-data")

    assert send("0", photo=True).status_code == 303
    told = send("1", photo=True)
    assert told.status_code == 422
    assert "今天已有 1 张照片" in told.text
    assert send("1", photo=False).status_code == 303


def test_a_photo_whose_notes_are_broken_is_kept(farmer: FlaskClient) -> None:
    """Pillow's own way of turning a picture upright fails on these (python-pillow/Pillow#4215)."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "abc"
    out = BytesIO()
    Image.linear_gradient("L").resize((64, 48)).save(out, "JPEG", exif=exif)
    sound = out.getvalue()
    at = sound.index(b"Exif")
    with farmer.application.test_request_context():
        for place in range(at + 6, at + 42):
            for value in (0, 2, 5, 255):
                broken = bytearray(sound)
                broken[place] = value
                picture = read_picture(bytes(broken))
                assert {picture.width, picture.height} == {64, 48}


def test_answers_to_advice_are_kept_and_go_to_the_ledger(app: App, farmer: FlaskClient) -> None:
    address = make(farmer)
    warn(app, own_id(address), draft=False)
    page = farmer.get(address).text
    form = re.search(rf'<form method="post" action="{address}/answer".*?</form>', page, re.S)
    assert form
    given = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form[0]))
    assert farmer.post(f"{address}/answer", data=given | {"answer": "x"}).status_code == 400
    assert farmer.post(f"{address}/answer", data=given | {"answer": "done"}).status_code == 303
    assert "已做" in farmer.get(address).text
    over = given | {"answer": "done", "issued": "2015-01-01T00:00:00+00:00"}
    assert farmer.post(f"{address}/answer", data=over).status_code == 409
    link = re.search(r'href="([^"]+seen\?[^"]*found=no[^"]*)"', page)
    assert link
    path = link[1].replace("&amp;", "&")
    form_page = farmer.get(path).text
    assert re.search(r'value="no" selected', form_page)
    hidden = re.search(r'name="source" value="answer"', form_page)
    assert hidden
    seen = {"hazard": "wheat_fhb", "found": "no", "treated": "yes", "grade": "", "when": "0"}
    assert post(farmer, path, source="answer", **seen).status_code == 303
    with app.pool.connection() as conn:
        rows = db_rows(
            conn,
            "SELECT hazard, found, treated, source FROM scouting_report WHERE site = %s",
            own_id(address),
        )
    assert rows == [("wheat_fhb", False, True, "answer")]


def test_a_village_agent_reports_for_others_within_their_village(app: App) -> None:
    agent = client_of(app, "agent", "village", "qf-liuge")
    assert 'href="/my/qf-liuge-1/seen"' in agent.get("/v/qf-liuge").text
    assert post(agent, "/my/qf-liuge-1/stage", stage="61", when="0").status_code == 303
    with app.pool.connection() as conn:
        seen = [s for s in registry.stage_observations(conn) if s.field == "qf-liuge-1"]
    assert (seen[-1].bbch, seen[-1].date) == (61, TODAY)
    assert agent.get("/my/py-bagongqiao-1/seen").status_code == 404
    assert client_of(app, "farmer").get("/my/qf-liuge-1/seen").status_code == 404
    assert "/my/qf-liuge-1/seen" not in app.test_client().get("/v/qf-liuge").text
