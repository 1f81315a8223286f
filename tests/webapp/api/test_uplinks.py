"""Uplinks of LoRaWAN network servers by `/uplinks`: who may, what is taken, once.

Bodies are built as the servers' documentation has them (ChirpStack 4, "HTTP integration" and
"Event types"; The Things Stack, "Data formats"), with what reports of trouble show in them.
"""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from collector.store.network import external_devices, frames
from collector.store.network.external_devices import Declared
from models.exchange.telemetry.records import MOST_BYTES
from tests.webapp.conftest import seed_module
from webapp.app.database import App

NOW = seed_module.NOW
EUI = "70b3d57ed005a1b2"
FIELD = "qf-liuge-1"


@dataclass
class Server:
    """A network server with its token, and the database that it posts to."""

    app: App
    kind: str
    token: str
    places: dict[str, str] = field(default_factory=dict)

    def post(self, said: Any, token: str | None = None, query: str | None = None) -> TestResponse:
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        path = "/uplinks" + (self.query if query is None else query)
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return self.app.test_client().post(
            path, data=data, headers=headers, content_type="application/json"
        )

    @property
    def query(self) -> str:
        return "?event=up" if self.kind == "chirpstack" else ""

    def readings(self, said: Any) -> int:
        """How many readings a body brought; it must be answered with 200."""
        answer = self.post(said)
        assert answer.status_code == 200, answer.text
        return int(answer.json["readings"])

    def rows(self, statement: str, *given: Any) -> list[tuple[Any, ...]]:
        with self.app.pool.connection() as conn, conn.cursor() as cur:
            cur.execute(statement, given)
            return cur.fetchall()

    def values(self, name: str) -> list[float]:
        return [
            value
            for (value,) in self.rows(
                "SELECT value FROM reading r JOIN series s ON s.id = r.series_id "
                "WHERE s.placement = %s ORDER BY r.time",
                self.places[name],
            )
        ]

    def refusals(self) -> dict[tuple[str, str], int]:
        with self.app.pool.connection() as conn:
            found = [r for r in frames.refusals(conn, 1000) if r.node != "xx-999"]  # of the world
        return {(r.node, r.reason): r.count for r in found}


def opened(app: App, kind: str) -> Server:
    with app.pool.connection() as conn:
        token = external_devices.add_network(conn, f"coop-{kind}", kind, at=NOW, by="Li")
        server = Server(app, kind, token)
        channels = []
        for name, quantity, unit, counter in [
            ("soil.t", "soil_temperature", "Cel", None),
            ("pulses", "precipitation_amount", "mm", 16),
        ]:
            place = external_devices.place(conn, f"s-{kind}", FIELD, quantity, 0.5)
            server.places[name] = place
            channels.append(Declared(name, place, unit, 0.2 if counter else 1.0, counter))
        external_devices.enrol(
            conn,
            f"s-{kind}",
            channels,
            step_s=1200,
            at=NOW - timedelta(days=30),
            by="Li",
            network=f"coop-{kind}",
            eui=EUI,
        )
    return server


@pytest.fixture
def chirpstack(world_app: App) -> Server:
    return opened(world_app, "chirpstack")


@pytest.fixture
def things_stack(world_app: App) -> Server:
    return opened(world_app, "things-stack")


def at(minutes: int) -> str:
    """A time so many minutes after the first, with nanoseconds as Go writes them."""
    return f"{NOW - timedelta(days=1) + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S}.123456789Z"


def cs(counter: int, temp: Any, minutes: int, **changes: Any) -> dict[str, Any]:
    """What ChirpStack posts; what is 0 is not in it, as protocol buffers write JSON."""
    said = {
        "deduplicationId": f"3ac7e3c4-4401-4b8d-9386-{counter:06d}{minutes:06d}",
        "time": at(minutes),
        "deviceInfo": {"tenantId": "52f14cd4", "deviceName": "soil", "devEui": EUI.upper()},
        "devAddr": "00189440",
        "adr": True,
        "dr": 1,
        "fPort": 2,
        "confirmed": False,
        "data": f"{temp}".encode().hex(),
        "object": {"soil": {"t": temp}, "ok": True, "text": "3.6"},
        "rxInfo": [{"gatewayId": "a84041", "time": None, "rssi": -36, "snr": 10.5}],
        "txInfo": {"frequency": 868100000},
        **changes,
    }
    if counter:
        said["fCnt"] = counter
    return said


def ts(counter: int, temp: Any, minutes: int, session: str = "AY8dsm", **changes: Any) -> Any:
    """What The Things Stack posts."""
    message = {
        "session_key_id": session,
        "f_port": 2,
        "frm_payload": f"{temp}".encode().hex(),
        "decoded_payload": {"soil": {"t": temp}},
        "rx_metadata": [{"gateway_ids": {"gateway_id": "gw-1"}, "rssi": -35}],
        "received_at": at(minutes),
        **changes,
    }
    if counter:
        message["f_cnt"] = counter
    ids = {"device_id": "soil", "dev_eui": EUI.upper(), "dev_addr": "260BDEAD"}
    return {"end_device_ids": ids, "received_at": at(minutes), "uplink_message": message}


@pytest.mark.parametrize(("kind", "body"), [("chirpstack", cs), ("things-stack", ts)])
def test_an_uplink_becomes_a_reading_once(world_app: App, kind: str, body: Any) -> None:
    server = opened(world_app, kind)
    assert server.readings(body(0, 11.5, 0)) == 1  # no counter: it is 0 (chirpstack 43)
    assert server.readings(body(1, 11.75, 20)) == 1
    again = server.post(body(1, 11.75, 20))
    assert (again.status_code, again.json["repeated"], again.json["readings"]) == (200, True, 0)
    assert server.values("soil.t") == [11.5, 11.75]
    ((transport, session, counter),) = server.rows(
        "SELECT transport, session, counter FROM external_message ORDER BY id DESC LIMIT 1"
    )
    assert (transport, counter) == (f"http:/uplinks/coop-{kind}", 1)
    assert session


@pytest.mark.parametrize(("kind", "body"), [("chirpstack", cs), ("things-stack", ts)])
def test_a_repetition_over_another_gateway_is_none_of_its_own(
    world_app: App, kind: str, body: Any
) -> None:
    """The same counter came again 48 s later (chirpstack-application-server 460), and with another
    deduplicationId (chirpstack 533).
    """
    server = opened(world_app, kind)
    assert server.readings(body(104, 11.5, 0)) == 1
    assert server.readings(body(104, 11.5, 1)) == 0
    assert server.values("soil.t") == [11.5]


def test_a_webhook_that_leaves_counter_and_payload_out_loses_nothing(things_stack: Server) -> None:
    bodies = [ts(0, value, 20 * place) for place, value in enumerate([11.5, 11.5, 12.0])]
    for body in bodies:
        del body["uplink_message"]["frm_payload"]
    assert [things_stack.readings(body) for body in bodies] == [1, 1, 1]
    with_counter = [ts(9, value, 60 + place) for place, value in enumerate([13.0, 13.0, 14.0])]
    for body in with_counter:
        del body["uplink_message"]["frm_payload"]
    assert [things_stack.readings(body) for body in with_counter] == [1, 0, 1]


@pytest.mark.parametrize(("kind", "body"), [("chirpstack", cs), ("things-stack", ts)])
def test_a_counter_that_was_set_back_is_no_repetition(world_app: App, kind: str, body: Any) -> None:
    """With relaxed counters a device begins at 0 after every power cut, under the same address."""
    server = opened(world_app, kind)
    assert [server.readings(body(7, 11.5, 0)), server.readings(body(7, 12.5, 20))] == [1, 1]
    assert server.readings(body(7, 11.5, 120)) == 1  # the same payload, two hours later
    assert server.values("soil.t") == [11.5, 12.5, 11.5]


def test_after_a_join_counters_begin_anew(chirpstack: Server, world_app: App) -> None:
    assert chirpstack.readings(cs(7, 11.5, 0)) == 1
    assert chirpstack.readings(cs(7, 11.5, 20, devAddr="00189441")) == 1
    things_stack = opened(world_app, "things-stack")
    assert things_stack.readings(ts(7, 11.5, 0)) == 1
    assert things_stack.readings(ts(7, 11.5, 20, session="AZ9eun")) == 1


@pytest.mark.parametrize("nothing", [None, {}])
def test_what_its_server_did_not_decode_is_counted_and_taken_off_its_hands(
    chirpstack: Server, world_app: App, nothing: Any
) -> None:
    answer = chirpstack.post(cs(1, 1, 0, object=nothing))
    assert (answer.status_code, answer.json["refused"]) == (200, {"not_decoded": 1})
    assert "payload formatter" in answer.json["detail"]
    things_stack = opened(world_app, "things-stack")
    answer = things_stack.post(ts(1, 1, 0, decoded_payload=nothing))
    assert (answer.status_code, answer.json["refused"]) == (200, {"not_decoded": 1})


def test_text_truth_and_null_are_no_numbers(chirpstack: Server) -> None:
    answer = chirpstack.post(cs(1, None, 0))
    assert answer.json["refused"] == {"not_a_number": 3}  # of t, ok and text
    assert chirpstack.values("soil.t") == []


def test_without_a_time_a_gateways_counts_and_without_any_none(chirpstack: Server) -> None:
    """The time of gateways without a clock is null (chirpstack 349)."""
    heard = [{"gatewayId": "a", "time": None}, {"gatewayId": "b", "nsTime": at(5)}]
    assert chirpstack.readings(cs(1, 11.5, 0, time=None, rxInfo=heard)) == 1
    answer = chirpstack.post(cs(2, 12.5, 0, time=None))
    assert answer.json["refused"]["no_time"] == 1
    assert chirpstack.values("soil.t") == [11.5]


def test_pulses_of_a_rain_gauge_become_amounts(chirpstack: Server) -> None:
    for counter, pulses in enumerate([65530, 65534, 2, 2], 1):
        body = cs(counter, 1, 20 * counter, object={"pulses": pulses})
        chirpstack.readings(body)
    assert chirpstack.values("pulses") == [pytest.approx(v) for v in (0.8, 0.8, 0.0)]


def test_who_shows_no_token_that_counts_gets_401(chirpstack: Server) -> None:
    for token in ("x", f"coop-chirpstack.{'A' * 43}", f"nobody.{chirpstack.token}", "\N{SNOWMAN}"):
        answer = chirpstack.post(cs(1, 1, 0), token=token)
        assert (answer.status_code, answer.content_type) == (401, "application/json")
        assert "device network" in answer.json["error"]
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    bare = chirpstack.app.test_client().post("/uplinks?event=up", data=b"{}")
    assert bare.status_code == 401
    assert chirpstack.refusals() == {("(others)", "wrong_token"): 5}
    with chirpstack.app.pool.connection() as conn:
        external_devices.new_token(conn, "coop-chirpstack", close=True)
    assert chirpstack.post(cs(1, 1, 0)).status_code == 401
    ((kept,),) = chirpstack.rows("SELECT token FROM external_network")
    assert kept is None


def test_only_a_digest_of_the_token_is_kept(chirpstack: Server) -> None:
    ((kept,),) = chirpstack.rows("SELECT token FROM external_network")
    assert len(bytes(kept)) == 32
    assert chirpstack.token.encode() not in bytes(kept)


def test_what_cannot_be_read_is_400_and_too_much_413(chirpstack: Server) -> None:
    for data in (b"", b"{", b"\xff", b"[1]", b'{"deviceInfo": {"devEui": "12"}}', b'{"a": NaN}'):
        answer = chirpstack.post(data)
        assert (answer.status_code, answer.content_type) == (400, "application/json"), data
        assert answer.json["error"]
    answer = chirpstack.post(b" " * (MOST_BYTES + 1))
    assert answer.status_code == 413
    assert str(MOST_BYTES) in answer.json["error"]
    reasons = {reason for _, reason in chirpstack.refusals()}
    assert reasons == {"not_readable", "wrong_shape", "too_large"}


class Endless(io.RawIOBase):
    """A body of which is counted how much was read."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.taken += len(buffer)
        return len(buffer)


def test_of_a_body_that_is_too_large_little_is_read(chirpstack: Server) -> None:
    body = Endless()
    answer = chirpstack.app.test_client().post(
        "/uplinks?event=up",
        headers={"Authorization": f"Bearer {chirpstack.token}"},
        content_length=1 << 27,
        environ_overrides={"wsgi.input": body},
    )
    assert answer.status_code == 413
    assert body.taken <= MOST_BYTES


def test_other_events_are_passed_over(chirpstack: Server, world_app: App) -> None:
    answer = chirpstack.post({"deviceInfo": {}}, query="?event=join")
    assert (answer.status_code, answer.json) == (200, {"passed_over": "join"})
    assert chirpstack.post(cs(1, 1, 0), query="").status_code == 400
    joined = {"end_device_ids": {"dev_eui": EUI}, "join_accept": {}}
    answer = opened(world_app, "things-stack").post(joined)
    assert (answer.status_code, answer.json["refused"]) == (200, {"other_event": 1})


def test_a_device_that_nobody_enrolled_is_counted(chirpstack: Server) -> None:
    said = cs(1, 1, 0, deviceInfo={"devEui": "0" * 16})
    answer = chirpstack.post(said)
    assert (answer.status_code, answer.json["refused"]) == (200, {"unknown_node": 1})
    assert "nongqing device enroll --network coop-chirpstack" in answer.json["detail"]
    assert chirpstack.refusals() == {(f"coop-chirpstack/{'0' * 16}", "unknown_node"): 1}


def test_a_network_server_speaks_for_its_own_devices_only(
    chirpstack: Server, world_app: App
) -> None:
    with world_app.pool.connection() as conn:
        other = external_devices.add_network(conn, "other", "chirpstack", at=NOW, by="Li")
    answer = chirpstack.post(cs(1, 1, 0), token=other)
    assert answer.json["refused"] == {"unknown_node": 1}


def test_the_same_uplink_from_many_sides_at_once_is_taken_once(chirpstack: Server) -> None:
    with ThreadPoolExecutor(6) as several:
        answers = list(several.map(lambda _: chirpstack.post(cs(9, 11.5, 0)), range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert sum(answer.json["readings"] for answer in answers) == 1
    assert chirpstack.rows("SELECT count(*) FROM external_message") == [(1,)]


def test_while_the_database_is_away_it_is_503_and_comes_again(down_app: App) -> None:
    server = Server(down_app, "chirpstack", "coop.x")
    answer = server.post(cs(1, 1, 0))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "send it again" in answer.json["error"]


@pytest.fixture
def failing_commit(chirpstack: Server) -> Server:
    """A database whose commit fails while the trigger is there."""
    with chirpstack.app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$;"
            "CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON external_message "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()"
        )
    return chirpstack


def test_nothing_is_acknowledged_that_was_not_committed(failing_commit: Server) -> None:
    assert failing_commit.post(cs(1, 11.5, 0)).status_code == 503
    assert failing_commit.rows("SELECT count(*) FROM external_message") == [(0,)]
    with failing_commit.app.pool.connection() as conn, conn.cursor() as cur:
        cur.execute("DROP TRIGGER fail ON external_message")
    assert failing_commit.readings(cs(1, 11.5, 0)) == 1
