"""A small, known world for tests of pages: the demo site with ten days of hours and its answers."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np

from collector.bulletins import drafting
from collector.keys import MasterKey
from collector.store import job_runs
from collector.store.advice import risk, works
from collector.store.advice.works import IRRIGATION, FieldWork
from collector.store.bureau import bulletins
from collector.store.items import Found, raise_items
from collector.store.measured import reading_log
from collector.store.network import frames, registry
from collector.store.postgres.db import Connection
from field_configs.events import event
from field_configs.load import load
from firmware.wire.quantities import by_name
from models.advice.advisory import Advisory
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON

NOW = datetime(2016, 5, 8, 6, 20, tzinfo=UTC)  # 14:20 local
DAYS = 10
GAP_H = range(60, 72)  # hours before now that one field did not measure
GAP_FIELDS = ("py-bagongqiao-1", "py-bagongqiao-2")


def _value(quantity: str, hours_ago: int, hour: int) -> float:
    wave = math.sin((hour - 9 + 8) / 24 * 2 * math.pi)
    slow = math.sin(hours_ago / 31)
    return {
        "air_temperature": 18 + 7 * wave + 2 * slow,
        "relative_humidity": 68 - 22 * wave + 8 * slow,
        "precipitation_amount": 1.8 if 40 < hours_ago < 47 else 0.0,
        "soil_moisture": 0.24 + 0.02 * math.exp(-((hours_ago - 30) ** 2) / 300),
        "soil_temperature": 15.5 + 2 * math.sin((hour - 12 + 8) / 24 * 2 * math.pi),
        "battery_voltage": 3.92 - hours_ago * 1e-4,
    }[quantity]


def _readings(conn: Connection, now: datetime) -> None:
    end = int(now.timestamp()) // 3600
    fields = {place.id: place for place in registry.placements(conn)}
    with conn.cursor() as cur:
        cur.execute("SELECT id, placement FROM series")
        series = {placement: number for number, placement in cur.fetchall()}
    rows, tails = [], []
    for placement, place in fields.items():
        for back in range(DAYS * 24, -1, -1):
            if place.field in GAP_FIELDS and back in GAP_H:
                continue
            value = round(_value(place.quantity, back, (end - back) % 24), 3)
            rows.append((series[placement], (end - back) * 3600, value, 3, 1, 3600))
        last = rows[-1]
        tails.append((*last[:4], True, last[1], last[2], last[1]))
        assert by_name(place.quantity)
    rows.sort()
    reading_log.insert_readings(conn, np.array(rows, reading_log.READING), now)
    reading_log.put_tails(conn, np.array(tails, reading_log.TAIL))
    reading_log.roll_up(conn)


def status(site: str, hazard: str, code: int, at: datetime = NOW, **changes: object) -> RiskStatus:
    """A status of winter wheat in a field, for the local day that ended last."""
    day_end = at.replace(hour=16, minute=0) - timedelta(days=1)
    drivers = {
        "wheat_fhb": {"rh14": 74.6},
        "wheat_stripe_rust": {},
        "wheat_stripe_rust_rule": {"rule_share": 3.0, "infection_sum": 0.1},
        "wheat_stripe_rust_ensemble": {"models": 2.0, "warn": 1.0, "grave": 0.0},
    }[hazard]
    values: dict[str, object] = {
        "site": site,
        "crop": "winter_wheat",
        "hazard": hazard,
        "time": day_end,
        "status": code,
        "score": 0.41,
        "certainty": 0.7,
        "stage_bbch": 61.0,
        "stage_source": "observed",
        "drivers": drivers,
        "missing": (),
        "data_age_h": 1.3,
        "inputs_hash": "0" * 64,
        "model_version": "1.1",
    }
    return RiskStatus(**(values | changes))  # type: ignore[arg-type]


def advisory(of: RiskStatus, **changes: object) -> Advisory:
    """The advice that follows a status."""
    values: dict[str, object] = {
        "site": of.site,
        "crop": of.crop,
        "hazard": of.hazard,
        "status": of.status,
        "certainty": of.certainty,
        "issued": of.time,
        "window_from": of.time,
        "window_to": of.time + timedelta(days=3),
        "confirmed": of.time,
        "reason_key": f"hazard.{of.hazard}.reason",
        "reason_params": of.drivers,
        "actions": ("drain", "scout_heads", "ask_officer_fungicide_flowering"),
        "draft": True,
    }
    return Advisory(**(values | changes))  # type: ignore[arg-type]


def answers() -> list[RiskStatus]:
    """What the demo's fields were answered: every status occurs."""
    rust_lost = {
        "missing": ("relative_humidity", "air_temperature"),
        "score": math.nan,
        "certainty": 0.0,
    }
    estimated = {"stage_bbch": 57.4, "stage_source": "estimated"}
    return [
        status("qf-liuge-1", "wheat_fhb", HIGH),
        status("qf-liuge-2", "wheat_fhb", MEDIUM, **estimated, certainty=0.595),
        status("qf-liuge-1", "wheat_stripe_rust", CANNOT_SAY, **rust_lost),
        status("qf-liuge-2", "wheat_stripe_rust", CANNOT_SAY, **rust_lost, **estimated),
        status("qf-mazhuangqiao-1", "wheat_fhb", NO_RISK, **estimated),
        status("qf-mazhuangqiao-1", "wheat_stripe_rust", OUT_OF_SEASON, **estimated),
        status("py-bagongqiao-1", "wheat_fhb", MEDIUM, **estimated, certainty=0.476),
        status("py-bagongqiao-1", "wheat_stripe_rust", OUT_OF_SEASON, **estimated),
    ]


def fill(conn: Connection, now: datetime = NOW) -> None:
    """Fill an empty database with the demo site, its readings, answers and troubles."""
    registry.import_configs(conn, load(site="demo"), now - timedelta(days=DAYS + 1))
    _readings(conn, now)
    master = MasterKey(bytes(range(32)))
    nodes = [node.id for node in registry.nodes(conn)]
    for node in nodes[:-1]:
        registry.enroll(conn, master, node, at=now - timedelta(days=DAYS))
    frames.note_seen(conn, nodes[:-2], now - timedelta(minutes=12))
    frames.note_seen(conn, nodes[-2:-1], now - timedelta(hours=30))
    statuses = answers()
    risk.save_statuses(conn, statuses, now)
    risk.save_advisories(conn, [advisory(s) for s in statuses if s.status in (HIGH, MEDIUM)], now)
    watered = now.date() - timedelta(days=5)
    water = FieldWork("qf-liuge-1", IRRIGATION, watered, "", True, "", "", 60.0, "", "w.csv:2")
    works.put(conn, [water], now)
    run = job_runs.begin(conn, "risk", now, 1, now - timedelta(minutes=20))
    job_runs.finish(conn, run, "ok", event("rolled_up", hours=6), now - timedelta(minutes=20), 0.4)
    run = job_runs.begin(conn, "roll_up", now, 1, now - timedelta(minutes=5))
    job_runs.finish(conn, run, "failed", event("job_waits", detail="database: no answer"), now, 0.1)
    letter = frames.DeadLetter(
        now,
        "nq/1/qf-001/up",
        "qf-001",
        None,
        event("undecodable", node="qf-001", detail="byte 3: no CBOR"),
        b"\x00",
    )
    frames.put_dead_letters(conn, [letter])
    frames.put_refusals(
        conn, [frames.Refusal("xx-999", "unknown_node", now.date(), 4, now, b"\x01")]
    )
    issued = drafting.on_demand(conn, "", "李娜", "濮阳市植保植检站 李娜", "zh_CN", now)
    bulletins.issue(conn, issued, 1, "李娜", now)
    drafting.weekly(conn, now)
    silent = event("silent_node", node=nodes[-2], seen=now - timedelta(hours=30))
    raise_items(conn, [Found(silent, nodes[-2], nodes[-2])], now)
    conn.commit()
