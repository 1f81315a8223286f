"""Weather, reports and refusals of before go over into the tables that keep history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from collector.store.advice import ledger
from collector.store.measured import places, weather
from collector.store.postgres import db
from field_configs.events import sentence
from field_configs.words import Words
from tests.collector.conftest import NOW

BEFORE = next(m.number for m in db.read_migrations() if m.name == "files") - 1


def test_what_was_kept_before_is_kept(postgres) -> None:
    conn = db.connect(postgres.create())
    db.migrate(conn, db.read_migrations()[:BEFORE])
    hour = datetime(2016, 5, 1, 9, tzinfo=UTC)
    with conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO weather_place VALUES ('station-1', 115.2, 35.9), ('station-2', 115.3, 36)"
        )
        cur.execute(
            "INSERT INTO weather_series (kind, source, place, quantity) VALUES "
            "('observed', 'z', 'station-1', 'air_temperature'), "
            "('observed', 'a', 'station-1', 'air_temperature'), "
            "('observed', 'a', 'station-2', 'air_temperature')"
        )
        rows = [(1, 15.0, NOW), (2, 12.0, NOW - timedelta(days=1)), (3, 9.0, NOW)]
        for series, value, received in rows:
            cur.execute(
                "INSERT INTO weather_value VALUES (%s, %s, %s, %s, 0, %s)",
                (series, hour, hour + timedelta(hours=1), value, received),
            )
        cur.execute(
            "INSERT INTO import_refusal (kind, origin, reason, text, received) "
            "VALUES ('scouting', 'f.csv:3', 'unknown field \"x\"', 'x,', %s)",
            (NOW,),
        )
    db.migrate(conn)
    with conn:
        data = weather.observed_dataset(conn, ["air_temperature"], hour, hour + timedelta(hours=1))
        # the newest counts, where the alphabet of the sources did
        assert data["air_temperature"].values.tolist() == [[15.0, 9.0]]
        assert [(p.name, p.longitude) for p in places.places(conn)] == [
            ("station-1", 115.2),
            ("station-2", 115.3),
        ]
        (refused,) = ledger.refused(conn)
        assert str(refused) == 'f.csv:3: unknown field "x"'
        assert sentence(refused.event, Words.load("zh_CN")) == 'unknown field "x"'
        with conn.cursor() as cur:
            cur.execute("SELECT count(*) FROM weather_value")
            assert cur.fetchone() == (3,)
    conn.close()
