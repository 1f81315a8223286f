"""`/uplinks`: LoRaWAN network servers post here what their devices send.

It is answered with 200 only once the message is committed, so that a network server that tries
again on anything else loses nothing; the same message again is 200, too, and changes nothing. What
is of a network server but cannot be used, say of a device that nobody enrolled, is counted and
taken off its hands with 200: on errors some servers hold back the messages of all devices.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from collector.ingest.authenticity import Refusals
from collector.ingest.external import taking
from collector.ingest.external.taking import MOST_SHOWN, Arriving
from collector.store.network import external_devices, frames, server_clock
from collector.store.network.frames import OTHERS, UNKNOWN_NODE
from collector.store.postgres.db import Connection, DatabaseDown, TransactionRollback
from collector.store.postgres.planned import limit_statements
from models.exchange.telemetry.records import MOST_BYTES, TelemetryError
from webapp.accounts.access import public, without_token
from webapp.app.database import STATEMENT_S, now, this_app
from webapp.app.errors import RETRY_S
from webapp.app.given import takes

bp = Blueprint("uplinks", __name__)
#: What else ChirpStack posts, with the same token: nothing to measure in it.
OTHER_EVENTS = ("join", "ack", "txack", "status", "log", "location", "integration")
#: Refusals of what a network server cannot mend by sending it otherwise.
NOT_ITS_FAULT = ("not_decoded", "other_event", "bad_name")


def _told(status: int, **said: Any) -> Response:
    answer = Response(json.dumps(said), status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/uplinks")
@takes(MOST_BYTES)
@without_token
@public
def uplink() -> Response:
    """Take one message of a network server, by its token."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        data = request.get_data(cache=False)
    except RequestEntityTooLarge:
        data = b" " * (MOST_BYTES + 1)
    try:
        with this_app().pool.connection() as conn:
            limit_statements(conn, STATEMENT_S)
            answer = _take(conn, token.strip() if kind.lower() == "bearer" else "", data)
    except (DatabaseDown, TransactionRollback) as error:
        current_app.logger.error("%s", error)
        answer = _told(503, error=f"the database does not answer; send it again in {RETRY_S} s")
        answer.headers["Retry-After"] = str(RETRY_S)
    return answer


def _take(conn: Connection, token: str, data: bytes) -> Response:
    refused = Refusals(now())
    answer = _answer(conn, token, data, refused)
    frames.put_refusals(conn, list(refused.found.values()))
    return answer


def _answer(conn: Connection, token: str, data: bytes, refused: Refusals) -> Response:
    network = external_devices.of_token(conn, token)
    if network is None:
        refused.add(OTHERS, "wrong_token", b"")
        answer = _told(401, error="Authorization: send Bearer and the token of `device network`")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    name, kind = network
    event = request.args.get("event", "")
    if kind == "chirpstack" and event in OTHER_EVENTS:
        return _told(200, passed_over=event)
    if kind == "chirpstack" and event != "up":
        refused.add(name, "other_event", data[:MOST_SHOWN])
        return _told(400, error="event: ChirpStack writes ?event=up behind the address")
    try:
        decoded = taking.DECODERS[kind](data)
    except TelemetryError as error:
        refused.add(name, error.reason, data[:MOST_SHOWN])
        if error.reason in NOT_ITS_FAULT:
            return _told(200, readings=0, refused={error.reason: 1}, detail=error.detail)
        status = 413 if error.reason == "too_large" else 400
        return _told(status, error=error.detail, reason=error.reason)
    eui = "" if decoded.uplink is None else decoded.uplink.eui
    device = external_devices.of_eui(conn, name, eui)
    if device is None:
        refused.add(f"{name}/{eui}", UNKNOWN_NODE, data[:MOST_SHOWN])
        detail = (
            f"DevEUI {eui} is not enrolled: nongqing device enroll --network {name} --eui {eui}"
        )
        return _told(200, readings=0, refused={UNKNOWN_NODE: 1}, detail=detail)
    arriving = Arriving(device, f"http:/uplinks/{name}", kind, data, decoded)
    sure = not server_clock.doubts(conn)
    taken = taking.take_arriving(conn, [arriving], refused.now, refused, sure=sure)
    counted = {one.reason: one.count for one in refused.found.values()}
    return _told(200, readings=taken.readings, repeated=taken.repeated > 0, refused=counted)
