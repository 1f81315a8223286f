"""A result that was entered wrongly, and photos as evidence, as an inspector works with them."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from PIL.ExifTags import GPS, IFD

from collector.store.advice import photos
from tests.webapp.pages.my.world import db_rows, key, post
from tests.webapp.pages.trace.test_plans import RESULT, act, drawn, plan
from tests.webapp.pages.trace.test_register import code_of
from tests.webapp.pages.trace.world import certify, garlic, harvest
from tests.webapp.people import client_of
from webapp.app.database import App


@pytest.fixture
def sample(app: App, farmer: FlaskClient, inspector: FlaskClient) -> str:
    """Address of a sample that is not in order."""
    harvest(farmer, garlic(farmer))
    address = plan(inspector).location
    (lot,) = drawn(app, code_of(address))
    found = f"{address}/{lot}"
    assert act(inspector, found, "result", **RESULT).status_code == 303
    return found


def jpeg() -> bytes:
    """A photo with what a camera writes into it, the place with it."""
    exif = Image.Exif()
    exif[0x010F] = "Camera of Li"
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLongitude: (115.0, 6.0, 36.0)})
    out = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, "JPEG", exif=exif)
    assert Image.open(BytesIO(out.getvalue())).getexif()
    return out.getvalue()


def address_of(page: str) -> str:
    return re.findall(r'href="(/register/tests/\d+)"', page)[0]


def correct(client: FlaskClient, address: str, lang: str = "zh", **given: str) -> Any:
    page = client.get(address)
    own = {"entry_key": key(page.text), "reason": "把毒死蜱看成克百威"} | given
    return client.post(f"{address}?lang={lang}", data=own)


def test_a_corrected_result_frees_the_lot_and_both_stay_on_record(
    app: App, inspector: FlaskClient, sample: str
) -> None:
    lot = code_of(sample)
    address = address_of(inspector.get(sample).text)
    page = inspector.get(f"{address}?lang=zh").text
    assert "原来填的" in page
    assert 'value="市检测中心"' in page, "the form begins with what was entered"
    right = RESULT | {"passed": "yes", "report": "W-2"}
    assert correct(inspector, address, **right).status_code == 303
    said = inspector.get(f"/register/{lot}?lang=zh").text
    for text in ("这批货因这个结果暂扣，现已解除", "已结案", "划掉：把毒死蜱看成克百威"):
        assert text in said, text
    assert said.count("<s>") == 1
    assert "W-2" in inspector.get(sample).text
    again = correct_bare(inspector, address)
    assert (again.status_code, "已经有人更正过" in again.text) == (409, True)
    with app.pool.connection() as conn:
        noted = db_rows(
            conn,
            "SELECT action FROM audit_entry WHERE object = %s ORDER BY number DESC LIMIT 2",
            lot,
        )
    assert ("test_corrected",) in noted


def correct_bare(client: FlaskClient, address: str, lang: str = "zh", **given: str) -> Any:
    """Correct again, as from a page that was seen before."""
    own = {"entry_key": f"again-{lang}-{len(given)}", "reason": "x", **RESULT} | given
    return client.post(f"{address}?lang={lang}", data=own)


@pytest.mark.parametrize(("lang", "said"), [("zh", "这里要填写"), ("en", "Write something here.")])
def test_nothing_is_struck_without_a_reason(
    app: App, inspector: FlaskClient, sample: str, lang: str, said: str
) -> None:
    address = address_of(inspector.get(sample).text)
    for given in (RESULT, {"take_back": "1"}):
        answer = correct(inspector, address, lang, **(given | {"reason": ""}))
        assert answer.status_code == 422
        assert said in answer.text
    wrong = correct(inspector, address, lang, **(RESULT | {"value": "0.1"}))
    assert wrong.status_code == 422
    with app.pool.connection() as conn:
        assert not db_rows(
            conn,
            "SELECT 1 FROM lot_test_struck s JOIN lot_test t ON t.id = s.test WHERE t.lot = %s",
            code_of(sample),
        )


def test_what_was_measured_for_the_wrong_result_is_not_kept_for_the_right_one(
    app: App, inspector: FlaskClient, sample: str
) -> None:
    first = {"substance": "克百威", "value": "0.05", "limit": "0.02", "unit": "mg/kg"}
    address = address_of(inspector.get(sample).text)
    given = RESULT | first | {"source": "GB 2763"}
    assert correct(inspector, address, **given).status_code == 303
    address = address_of(inspector.get(sample).text)
    assert 'value="0.05"' in inspector.get(address).text, "shown, to be cleared or kept"
    cleared = dict.fromkeys((*first, "source"), "")
    assert correct(inspector, address, **RESULT, **cleared).status_code == 303
    with app.pool.connection() as conn:
        rows = db_rows(
            conn,
            "SELECT value, limit_value FROM sample_result WHERE lot = %s ORDER BY test DESC",
            code_of(sample),
        )
    assert rows == [(None, None), (0.05, 0.02), (None, None)]


def test_a_test_of_another_lot_is_struck_and_the_sample_waits_again(
    inspector: FlaskClient, sample: str
) -> None:
    address = address_of(inspector.get(sample).text)
    assert correct(inspector, address, take_back="1").status_code == 303
    assert "填写检测结果" in inspector.get(f"{sample}?lang=zh").text


def test_a_certificate_that_stood_on_a_test_is_judged_anew(
    app: App, farmer: FlaskClient, inspector: FlaskClient
) -> None:
    lot = harvest(farmer, garlic(farmer))
    given = {"kind": "self_test", "when": "0", "substances": "嘧菌酯", "passed": "yes"}
    answer: Any = post(farmer, f"{lot}/test", **given, tested_by="合作社", report="")
    assert answer.status_code == 303, answer.text
    certify(farmer, lot, grounds="self_test")
    before = farmer.get(f"{lot}?lang=zh").text
    assert "现在的记录不再支持它" not in before
    page = inspector.get(f"/register/{code_of(lot)}").text
    assert correct(inspector, address_of(page), take_back="1").status_code == 303
    after = farmer.get(f"{lot}?lang=zh").text
    assert "现在的记录不再支持它" in after
    assert "<s>" in after
    assert "/register/tests/" not in after, "whose lot it is cannot strike a test"


def test_only_who_inspects_there_corrects(
    app: App, farmer: FlaskClient, inspector: FlaskClient, sample: str
) -> None:
    address = address_of(inspector.get(sample).text)
    elsewhere = client_of(app, "inspector", "county", "410928")
    for number in (address, "/register/tests/99999999", f"/register/tests/{2**63}"):
        answer = elsewhere.get(f"{number}?lang=en")
        assert answer.status_code == 404
        assert "There is no such test where you inspect." in answer.text
        assert elsewhere.post(number, data={"reason": "x"}).status_code == 404
    assert farmer.get(address).status_code == 403


# Photos -----------------------------------------------------------------------------------------


def finding_of(inspector: FlaskClient) -> str:
    return re.findall(
        r'href="(/register/findings/N[^"]+)"', inspector.get("/register/findings/").text
    )[0]


def send(client: FlaskClient, page: str, data: bytes, lang: str = "zh") -> Any:
    given = {"entry_key": key(client.get(page).text), "photo": (BytesIO(data), "a.jpg")}
    return client.post(f"{page}/photo?lang={lang}", data=given)


def test_photos_prove_a_sample_and_a_non_conformity(
    app: App, inspector: FlaskClient, sample: str
) -> None:
    elsewhere = client_of(app, "inspector", "county", "410928")
    for page in (sample, finding_of(inspector)):
        assert send(inspector, page, jpeg()).status_code == 303
        (shown,) = re.findall(rf'src="({page}/photo/\d+\.jpg)"', inspector.get(page).text)
        answer = inspector.get(shown)
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        kept = Image.open(BytesIO(answer.data))
        assert not kept.getexif(), "what the camera noted is gone, the place with it"
        assert elsewhere.get(shown).status_code == 404
        assert elsewhere.post(f"{page}/photo").status_code == 404
        assert inspector.get(f"{page}/photo/99999999.jpg?lang=en").status_code == 404
        assert "There is no such photo." in inspector.get(f"{page}/photo/{2**63}.jpg?lang=en").text


@pytest.mark.parametrize(
    ("data", "lang", "said"),
    [
        (b"", "zh", "请先选一张照片"),
        (b"", "en", "Choose a photo first."),
        (b"no photo", "zh", "不是"),
        (b"no photo", "en", "no photo that can be read"),
    ],
)
def test_what_is_no_photo_is_refused(
    inspector: FlaskClient, sample: str, data: bytes, lang: str, said: str
) -> None:
    answer = send(inspector, sample, data, lang)
    assert answer.status_code == 400
    assert said in answer.text, answer.text[-3000:]


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "最近一天已有"), ("en", "photos of this of the last day already")]
)
def test_too_many_photos_are_refused(
    inspector: FlaskClient, sample: str, monkeypatch: pytest.MonkeyPatch, lang: str, said: str
) -> None:
    monkeypatch.setattr("collector.store.inspection.evidence.MOST_A_DAY", 1)
    assert send(inspector, sample, jpeg()).status_code == 303
    answer = send(inspector, sample, jpeg(), lang)
    assert (answer.status_code, said in answer.text) == (409, True)
    assert photos.MOST_A_DAY == 40
