"""`/healthz`: whether each part works, for load balancers and people in a hurry."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify

from collector.freshness import freshness
from collector.store import job_runs
from collector.store.network import nodes, server_clock
from collector.store.postgres import db
from webapp.accounts.access import public
from webapp.app.database import now, this_app
from webapp.language.formats import iso

bp = Blueprint("health", __name__)


def _schema(conn: db.Connection) -> dict[str, Any]:
    try:
        found = db.status(conn)
    except db.MigrationError as error:
        return {"state": "degraded", "detail": str(error)}
    if found.pending:
        mend = "run: nongqing db migrate"
        return {"state": "down", "pending": list(found.pending), "mend": mend}
    return {"state": "ok", "server": found.server}


def _ingest(conn: db.Connection, at: datetime) -> dict[str, Any]:
    known, heard = nodes.newest_heard(conn)
    if heard is None:
        return {"state": "waiting", "nodes": known, "detail": "no node was heard yet"}
    state = "ok" if freshness(heard, at) == "fresh" else "degraded"
    return {"state": state, "nodes": known, "last_heard": iso(heard)}


def _jobs(conn: db.Connection) -> dict[str, Any]:
    runs = job_runs.latest(conn)
    failed = [run.job for run in runs if run.outcome == "failed"]
    state = "degraded" if failed else "ok" if runs else "waiting"
    return {"state": state, "failed": failed, "jobs": len(runs)}


def _clock(conn: db.Connection) -> dict[str, Any]:
    doubts = server_clock.doubts(conn)
    if not doubts:
        return {"state": "ok"}
    return {"state": "degraded", "doubts": {one.host: one.reason for one in doubts}}


def parts_of(conn: db.Connection, at: datetime) -> dict[str, dict[str, Any]]:
    """Ask each part how it is; `at` is the time on the system's clock, aware."""
    schema = _schema(conn)
    if schema["state"] != "ok":
        return {"database": {"state": "ok"}, "schema": schema}
    return {
        "database": {"state": "ok"},
        "schema": schema,
        "ingest": _ingest(conn, at),
        "jobs": _jobs(conn),
        "clock": _clock(conn),
    }


@bp.get("/healthz")
@public
def healthz() -> Response:
    """200 while pages can be served, with "degraded" where a part needs a look; else 503."""
    try:
        with this_app().pool.connection() as conn:
            parts = parts_of(conn, now())
    except db.DatabaseDown as error:
        parts = {"database": {"state": "down", "detail": str(error)}}
    states = {part["state"] for part in parts.values()}
    state = next((each for each in ("down", "degraded") if each in states), "ok")
    answer = jsonify(state=state, time=iso(now()), parts=parts)
    answer.status_code = 503 if state == "down" else 200
    answer.headers["Cache-Control"] = "no-store"
    return answer
