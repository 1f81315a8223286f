"""A device of another maker, enrolled for places of the demonstration that nobody serves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from collector.ingest import intake
from collector.ingest.authenticity import Message
from collector.ingest.known_nodes import read_known_nodes
from collector.store.network import external_devices, frames
from collector.store.network.external_devices import Declared
from collector.store.postgres import db
from tests.collector.conftest import MASTER, NOW

FIELD = "qf-liuge-1"
NAME = "gauge-7"
URN = "urn:dev:gauge-7:"


@dataclass
class World:
    """A database with an enrolled device."""

    conn: db.Connection
    now: datetime = NOW
    places: dict[str, str] = field(default_factory=dict)

    def enrol(self, device: str, values: Iterable[tuple[str, str, str]], **how: Any) -> None:
        """Enrol a device: names, quantities, units; `counters` says which count up."""
        counters, factors = how.pop("counters", {}), how.pop("factors", {})
        given = {"step_s": 600, "at": NOW - timedelta(days=1), "by": "Li", **how}
        with self.conn:
            channels = []
            for name, quantity, unit in values:
                place = external_devices.place(self.conn, device, FIELD, quantity, 1.0)
                self.places[name] = place
                channels.append(
                    Declared(name, place, unit, factors.get(name, 1.0), counters.get(name))
                )
            external_devices.enrol(self.conn, device, channels, **given)

    def send(self, payload: Any, device: str = NAME, form: str = "senml") -> intake.Outcome:
        """Send one message, as JSON where it is no bytes."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.take(Message(f"{form}/{device}", data))

    def take(self, *messages: Message) -> intake.Outcome:
        with self.conn:
            return intake.take(self.conn, read_known_nodes(self.conn, MASTER), messages, self.now)

    def rows(self, statement: str, *given: Any) -> list[tuple[Any, ...]]:
        with self.conn, self.conn.cursor() as cur:
            cur.execute(statement, given)
            return cur.fetchall()

    def readings(self, name: str) -> list[tuple[int, float]]:
        """Times [s since 1970 UTC] and values of what a name stands for."""
        return self.rows(
            "SELECT extract(epoch FROM r.time)::bigint, r.value FROM reading r "
            "JOIN series s ON s.id = r.series_id WHERE s.placement = %s ORDER BY r.time",
            self.places[name],
        )

    def refusals(self) -> dict[tuple[str, str], int]:
        with self.conn:
            return {(r.node, r.reason): r.count for r in frames.refusals(self.conn, 1000)}


@pytest.fixture
def world(registered: db.Connection) -> World:
    made = World(registered)
    values = [
        (f"{URN}temp", "air_temperature", "Cel"),
        (f"{URN}rh", "relative_humidity", ""),
        (f"{URN}soil", "soil_moisture", ""),
    ]
    made.enrol(NAME, values)
    return made
