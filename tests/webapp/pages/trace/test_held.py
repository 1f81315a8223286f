"""What a code on a label tells: by real events of the chain, of real lots."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.webapp.pages.trace.chain import *  # noqa
from tests.webapp.pages.trace.world import *  # noqa


def test_smoke(app, farmer):
    field = garlic(farmer)
    spray(farmer, field, when="other", day="2016-04-20", target="叶枯病")
    lot = harvest(farmer, field)
    number = certify(farmer, lot)
    uri = uri_of(app, lot)
    tell(app, COOP, packed(BOX, 5, lots=[uri]))
    tell(app, CARRIER, sensed(BOX, 3, 2, 0, 1), event("ObjectEvent", 1, bizStep="receiving", epcList=[BOX], readPoint={"id": "https://nongqing.example/subject/LIUGE1/loc/qf-liuge"}))
    code = lot.rsplit("/", 1)[1]
    client = app.test_client()
    for path in (f"/t/{code}", "/00/069012345678901238", f"/01/{GTIN}/10/{code}", f"/01/{GTIN}", f"/01/{GTIN}/10/x"):
        a = client.get(path)
        print(path, a.status_code, len(a.data), a.headers.get("Link"))
        print(a.text.split("<main")[1].split("</main")[0])
    print(client.get("/00/069012345678901238?lang=en").text.split("<main")[1].split("</main")[0])
    assert 0
