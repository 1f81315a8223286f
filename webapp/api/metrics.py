"""`/metrics`: what Prometheus reads."""

from datetime import datetime
from hmac import compare_digest
from ipaddress import ip_address

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from werkzeug.exceptions import Unauthorized

from collector.store import job_runs
from collector.store.network import frames, nodes
from collector.store.postgres.db import Connection, DatabaseDown
from webapp.accounts.access import public
from webapp.app.database import App, now, this_app
from webapp.app.metrics import EXTENSION
from webapp.language.i18n import gettext

bp = Blueprint("metrics", __name__)
COUNTED = ("frames", "waiting_time", "waiting_layout", "dead_letters", "refusals", "conflicts")


def store_gauges(conn: Connection, at: datetime, into: CollectorRegistry) -> None:
    """Read the store's counts, how many nodes are in which state, and what became of jobs."""
    counts = frames.counts(conn)
    for name in (*COUNTED, "open_items"):
        words = name.replace("_", " ")
        Gauge(f"nongqing_{name}", f"In the store: {words}", registry=into).set(
            getattr(counts, name)
        )
    count = Gauge(
        "nongqing_nodes",
        "Nodes by county, board and state",
        ["county", "board", "state"],
        registry=into,
    )
    silence = Gauge(
        "nongqing_longest_silence_seconds",
        "Since the node with a key that was silent the longest was heard, by county",
        ["county"],
        registry=into,
    )
    earliest: dict[str, datetime] = {}
    for county, board, state, number, heard in nodes.counts(conn, at):
        count.labels(county, board, state).set(number)
        if heard is not None:
            earliest[county] = min(heard, earliest.get(county, heard))
    for county, heard in earliest.items():
        silence.labels(county).set((at - heard).total_seconds())
    failed = Gauge("nongqing_job_failed", "1 when a job's last run failed", ["job"], registry=into)
    for run in job_runs.latest(conn):
        failed.labels(run.job).set(run.outcome == "failed")


def _check_reader(app: App) -> None:
    here = ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104 - nobody's
    if here and not request.headers.getlist("X-Forwarded-For"):
        return
    token = None if app.settings is None else app.settings.metrics_token
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token is None or not compare_digest(shown.encode(), token.encode()):
        raise Unauthorized(gettext("/metrics: show the token of NONGQING_METRICS_TOKEN as Bearer."))


@bp.get("/metrics")
@public
def metrics() -> Response:
    """Counters of this process and gauges of the store; says so when the database is down.

    For readers on this machine, and for those who show the token of NONGQING_METRICS_TOKEN.
    """
    app = this_app()
    _check_reader(app)
    store = CollectorRegistry()
    up = Gauge("nongqing_database_up", "1 when the database answers", registry=store)
    try:
        with app.pool.connection() as conn:
            store_gauges(conn, now(), store)
        up.set(1)
    except DatabaseDown:
        up.set(0)
    text = generate_latest(app.extensions[EXTENSION]) + generate_latest(store)
    answer = Response(text, content_type=CONTENT_TYPE_LATEST)
    answer.headers["Cache-Control"] = "no-store"
    return answer
