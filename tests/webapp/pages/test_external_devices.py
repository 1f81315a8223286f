"""Devices of other makers as technicians see them: what they serve, whether they are heard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from collector.ingest.authenticity import Message, Refusals
from collector.ingest.external import taking
from collector.store.network import external_devices, frames
from collector.store.network.external_devices import Declared
from collector.store.postgres import db
from tests.webapp.conftest import make_app, seed_module
from tests.webapp.people import client_of
from webapp.app.database import App

NOW = seed_module.NOW
PACK = b'[{"n":"temp","u":"Cel","v":21.5,"t":%d},{"n":"odd","v":1,"t":%d}]'
LONG = "urn:dev:mac:0024befffe804ff1:a-long-name-as-some-makers-give-them:temperature"


def seed(dsn: str) -> str:
    """Three devices in Qingfeng, one in Puyang county, one network server; its token."""
    conn = db.connect(dsn)
    given = {"at": NOW - timedelta(days=30), "by": "Li Wei"}
    with conn:
        token = external_devices.add_network(conn, "coop", "chirpstack", **given)
        for device, field, quantity, height, name in (
            ("gauge-7", "qf-liuge-1", "air_temperature", 2, "temp"),
            ("rain-5", "qf-liuge-1", "precipitation_amount", 1, "tips"),
            ("old-1", "qf-liuge-1", "soil_temperature", -0.1, LONG),
            ("far-2", "py-bagongqiao-1", "air_temperature", 2, "temp"),
        ):
            place = external_devices.place(conn, device, field, quantity, height)
            rain = device == "rain-5"
            value = Declared(name, place, "mm", 0.2, 16) if rain else Declared(name, place, "Cel")
            lora = {"network": "coop", "eui": "70b3d57ed005a1b2"} if rain else {}
            external_devices.enrol(conn, device, [value], step_s=600, **lora, **given)
        external_devices.retire(conn, "old-1", NOW - timedelta(days=1))
        refused = Refusals(NOW)
        at = int((NOW - timedelta(hours=1)).timestamp())
        for device in ("gauge-7", "far-2", "old-1"):
            message = Message(f"senml/{device}", PACK % (at, at))
            taking.take(conn, [message], NOW, refused, sure=True)
        frames.put_refusals(conn, refused.found.values())
    conn.close()
    return token


@pytest.fixture(scope="module")
def token() -> list[str]:
    return []


@pytest.fixture(scope="module")
def app(postgres: Any, known_world: str, token: list[str]) -> Iterator[App]:
    dsn = postgres.create(known_world)
    token.append(seed(dsn))
    app = make_app(dsn)
    yield app
    app.pool.close()


def page_of(client: FlaskClient, path: str = "/devices?lang=en") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


def device(page: str, name: str) -> str:
    """What the page says of a device, without tags."""
    (found,) = re.findall(rf'<li class="pad" id="device-{name}">(.*?)</li>', page, re.DOTALL)
    return " ".join(re.sub("<[^>]+>", " ", found).split())


def test_what_a_device_serves_and_what_was_not_taken(app: App, token: list[str]) -> None:
    page = page_of(client_of(app, "technician"))
    gauge = device(page, "gauge-7")
    assert gauge.startswith("gauge-7 works SenML · measures every 600 s")
    assert "Air temperature 2 m high" in gauge
    assert "qf-liuge-1-gauge-7-1 ← temp (Cel)" in gauge
    assert gauge.endswith("Not taken in the last 7 days: a value that stands for no place 1")
    rain = device(page, "rain-5")
    assert "rain-5 never heard LoRaWAN, ChirpStack" in rain
    assert "by network server coop, DevEUI 70b3d57ed005a1b2" in rain
    assert "(0.2 × mm, counts up)" in rain
    assert "no message yet" in rain
    old = device(page, "old-1")
    assert old.startswith("old-1 retired")
    assert "It serves no place now." in old
    assert "may post" in page
    assert token[0] not in page
    assert token[0].partition(".")[2] not in page


def test_it_is_found_from_the_nodes_and_in_chinese(app: App) -> None:
    technician = client_of(app, "technician")
    assert 'href="/devices"' in page_of(technician, "/nodes?lang=en")
    assert "gauge-7" in page_of(technician, "/devices?lang=zh_CN")


def test_a_device_that_missed_its_steps_is_silent(app: App) -> None:
    with app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute(
            "UPDATE external_device SET last_seen = %s WHERE id = 'far-2'",
            [NOW - timedelta(days=2)],
        )
    page = page_of(client_of(app, "technician"))
    assert device(page, "far-2").startswith("far-2 silent")


def test_a_reader_of_a_part_sees_its_devices_alone(app: App) -> None:
    client = client_of(app, "technician", "county", "410928")
    page = page_of(client)
    assert "far-2" in page
    assert "gauge-7" not in page
    assert "coop" not in page


def test_pages_of_devices(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.pages.technician.external_devices.SHOWN", 2)
    technician = client_of(app, "technician")
    first, last = page_of(technician), page_of(technician, "/devices?lang=en&page=2")
    assert ("far-2" in first, "old-1" in first) == (True, False)
    assert ("far-2" in last, "old-1" in last) == (False, True)
    assert 'rel="next"' in first
    assert 'rel="prev"' in last
    assert "No such device is enrolled here." in page_of(technician, "/devices?lang=en&page=99")
