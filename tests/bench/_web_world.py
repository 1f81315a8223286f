"""The world of the web's bench: 3,000 villages, 10,000 fields and nodes, twelve answers in each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import ModuleType

from collector.store.advice import outlook, risk, spraying
from collector.store.bureau import region
from collector.store.postgres.db import Connection
from models.hazards.catalogue import catalogue, unlevelled
from models.risk.answers import RiskStatus
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK

VILLAGES, FIELDS, ANSWERS, DAYS = 3000, 10_000, 12, 7
#: Fields of a village share the answers: four on each; a fourth field has those of the first.
SHARES = 3
CODES = (HIGH, MEDIUM, CANNOT_SAY, NO_RISK)

REGISTRY = """
INSERT INTO county SELECT '41092' || n, '县' || n, 'County ' || n FROM generate_series(2, 7) n;
INSERT INTO township SELECT '41092' || 2 + n %% 6 || 100 + n, '41092' || 2 + n %% 6, '镇' || n,
    'Town ' || n FROM generate_series(0, 89) n;
INSERT INTO village SELECT 'v-' || i, '村' || i, 'Village ' || i, '41092' || 2 + i %% 6,
    '41092' || 2 + i %% 6 || 100 + i %% 90, 114.95 + i %% 60 * 0.018, 35.5 + i / 60 * 0.012,
    'illustrative' FROM generate_series(1, %(villages)s) i;
INSERT INTO field (id, village, zh, en, kind, area_ha)
    SELECT 'f-' || n, 'v-' || 1 + (n - 1) %% %(villages)s, n || '号地', 'Field ' || n, 'open', 1
    FROM generate_series(1, %(fields)s) n;
INSERT INTO season (field, crop, sown) SELECT id, 'winter_wheat', '2015-10-10' FROM field;
INSERT INTO node (id, board, field, last_seen, enrolled)
    SELECT 'n-' || n, 'nb', 'f-' || n, %(at)s::timestamptz - interval '20 minutes',
           %(at)s::timestamptz - interval '90 days'
    FROM generate_series(1, %(fields)s) n;
INSERT INTO node_key (node, epoch, encrypted, created)
    SELECT id, 1, '\\x00', enrolled FROM node;
"""
# One node in fifty is silent, one in thirty late, one in twenty has an item or two.
TROUBLE = """
UPDATE node SET last_seen = last_seen - interval '40 hours' WHERE substr(id, 3)::int %% 50 = 7;
UPDATE node SET last_seen = last_seen - interval '5 hours' WHERE substr(id, 3)::int %% 30 = 11;
UPDATE node_key SET retired = %(at)s, revoked = true WHERE node = 'n-3';
INSERT INTO maintenance_item (kind, subject, node, opened, last_seen, params)
    SELECT k, 'n-' || n || k, 'n-' || n, %(at)s::timestamptz - n * interval '1 minute', %(at)s,
           p::jsonb
    FROM generate_series(1, %(fields)s) n,
         (VALUES (20, 'battery_falling', '{"node": "n", "before": 3.9, "now": 3.7, "nights": 3}'),
                 (40, 'frozen_sensor', '{"placement": "p", "node": "n", "quantity":
                     "soil_moisture", "value": 0.231, "since": "2016-05-01T00:00:00Z"}'))
             of (each, k, p)
    WHERE n %% each = 0;
INSERT INTO node_event (node, kind, at, received, name, note, longitude, latitude)
    SELECT 'n-' || n, 'signed_off', %(at)s, %(at)s, 'bench', '',
           115 + n %% 100 * 0.005, 35.6 + n / 100 * 0.004
    FROM generate_series(1, %(fields)s) n;
"""
# One node in each village has values: five quantities now, two of them by the hour; for each
# village a forecast.
WEATHER = """
INSERT INTO placement (id, field, quantity, height_m)
    SELECT 'f-' || n || '-' || q, 'f-' || n, q, h
    FROM generate_series(1, %(villages)s) n, (VALUES ('air_temperature', 2.0),
        ('relative_humidity', 2.0), ('precipitation_amount', 1.0), ('soil_moisture', -0.2),
        ('soil_temperature', -0.1)) of (q, h);
INSERT INTO series (placement) SELECT id FROM placement;
INSERT INTO series_tail (series_id, time, value, qc, valid_time, valid_value)
    SELECT id, t, 0.25, 3, t, 0.25
    FROM series, (SELECT %(at)s::timestamptz - interval '20 minutes' AS t) newest;
INSERT INTO reading_hourly (series_id, hour, mean, sum, min, max, last, count, completeness, qc)
    SELECT s.id, h, 15, 0.1, 14, 16, 15, 6, 1, 3
    FROM series s JOIN placement p ON p.id = s.placement,
         generate_series(date_trunc('hour', %(at)s::timestamptz) - interval '62 hours', %(at)s,
                         interval '1 hour') h
    WHERE p.quantity IN ('air_temperature', 'precipitation_amount');
INSERT INTO weather_place (name, longitude, latitude) SELECT id, 115, 36 FROM village;
INSERT INTO weather_delivery (kind, source, name, received)
    VALUES ('forecast', 'bench', 'bench', %(at)s);
INSERT INTO weather_series (kind, place, quantity)
    SELECT 'forecast', number, q
    FROM weather_place, (VALUES ('air_temperature'), ('relative_humidity'),
                                ('precipitation_amount'), ('wind_speed')) of (q);
INSERT INTO weather_value (series_id, time, issued, delivery, value, qc)
    SELECT s.id, t, %(at)s::timestamptz - interval '2 hours', d.id,
           CASE quantity WHEN 'relative_humidity' THEN 60 WHEN 'wind_speed' THEN 2
               WHEN 'precipitation_amount' THEN (s.id + extract(day FROM t)::integer) %% 3
               ELSE 12 END, 1
    FROM weather_series s, weather_delivery d,
         generate_series(date_trunc('day', %(at)s::timestamptz) - interval '8 hours',
                         %(at)s::timestamptz + interval '8 days', interval '1 hour') t;
"""
# What is said of the first village is said of all.
COPIES = {
    "risk_status": "crop, hazard, time, issued, status, score, certainty, stage_bbch, stage_source,"
    " drivers, missing, data_age_h, inputs_hash, model_version, validated",
    "risk_outlook": "crop, hazard, time, issued, forecast_issued, status, score, certainty,"
    " stage_bbch, drivers, missing, inputs_hash, model_version, stage_source, data_age_h,"
    " validated",
    "advisory": "crop, hazard, status, certainty, issued, window_from, window_to, reason_key,"
    " reason_params, actions, draft, ended, confirmed",
}


def _answers(seed: ModuleType, villages: int) -> list[RiskStatus]:
    """Twelve answers of one village: what is shown with a level, no model behind a verdict."""
    known = catalogue()
    behind = {member for hazard in known.values() for member in hazard.members}
    shown = [
        (crop, each)
        for crop in ("winter_wheat", "summer_maize", "peanut")
        for each in known.values()
        if crop in each.crops and each.id not in unlevelled() and each.id not in behind
    ][:ANSWERS]
    assert len(shown) == ANSWERS
    return [
        replace(
            seed.status(f"f-{1 + i % SHARES * villages}", "wheat_fhb", CODES[i % 4], drivers={}),
            crop=crop,
            hazard=hazard.id,
            missing=("relative_humidity", "air_temperature") if CODES[i % 4] == CANNOT_SAY else (),
        )
        for i, (crop, hazard) in enumerate(shown)
    ]


def fill(
    conn: Connection, seed: ModuleType, villages: int = VILLAGES, fields: int = FIELDS
) -> None:
    """Fill an empty database.

    Parameters
    ----------
    conn
    seed
        The module of tests that makes statuses and advice; its ``NOW`` is the time of the world.
    villages, fields
        How many; each field has a node.
    """
    at: datetime = seed.NOW
    given = {"villages": villages, "fields": fields, "at": at}
    with conn.cursor() as cur:
        cur.execute(REGISTRY, given)
        cur.execute(WEATHER, given)
        cur.execute(TROUBLE, given)
    said = _answers(seed, villages)
    risk.save_statuses(conn, said, at)
    warned = [each for each in said if each.status in (HIGH, MEDIUM)]
    risk.save_advisories(
        conn, [seed.advisory(each, actions=catalogue()[each.hazard].actions) for each in warned], at
    )
    hours = ((at + timedelta(hours=16), at + timedelta(hours=20)),)
    told = dict.fromkeys((f"f-{n + 1}" for n in range(fields)), hours)
    spraying.keep(conn, told, spraying.Seen(0, ""))
    ahead = [
        replace(each, time=each.time + timedelta(days=day), source="forecast")
        for each in said
        for day in range(1, DAYS + 1)
    ]
    outlook.replace_outlook(conn, ahead, dict.fromkeys({each.site for each in said}, at), at)
    with conn.cursor() as cur:
        for table, columns in COPIES.items():
            cur.execute(
                f"INSERT INTO {table} (site, {columns}) "
                f"SELECT 'f-' || n, {columns} FROM generate_series(1, %(fields)s) n "
                f"JOIN {table} ON site = 'f-' || 1 + (n - 1) / %(villages)s %% {SHARES} "
                "* %(villages)s WHERE site <> 'f-' || n",
                given,
            )
    region.refresh(conn, at, risk.newest_status(conn))
    conn.commit()
    conn.autocommit = True
    with conn.cursor() as cur:
        cur.execute("VACUUM ANALYZE")
    conn.autocommit = False
