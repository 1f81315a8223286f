"""What tests of the cold chain stand on; `measure` puts readings where a logger would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from collector.store import people
from collector.store.coldchain import assets
from collector.store.coldchain.assets import Asset
from collector.store.lots import lots
from collector.store.lots.lots import Bought, Who
from collector.store.network import registry
from collector.store.people import Person
from collector.store.postgres.db import Connection
from collector.store.trace import members, parties, traced
from collector.store.trace.parties import Party
from field_configs.load import ROOT, load

AT = datetime(2016, 5, 10, 2, tzinfo=UTC)
SITE: Path = ROOT / "demonstration" / "logger.toml"
NODE = "lg-001"
FRONT, REAR = "lg-001-t1", "lg-001-t2"


@dataclass(frozen=True)
class World:
    """Sender with a truck and a lot, and receiver."""

    sender: Party
    receiver: Party
    seller: Person
    buyer: Person
    truck: Asset
    lot: str
    at: datetime = AT

    @property
    def who(self) -> Who:
        """The seller, now."""
        return Who(self.seller.id, self.seller.name, self.at)


def build(conn: Connection, at: datetime = AT) -> World:
    """Fill a database that holds nothing, or the demo's villages."""
    registry.import_configs(conn, load(site=SITE), at - timedelta(days=30))
    sender, receiver = Party("coop", "柳格合作社"), Party("market", "郑州批发市场")
    seller = people.add(conn, "张三", at, phone="+8613800000011")
    buyer = people.add(conn, "李四", at, phone="+8613800000012")
    for party, person in ((sender, seller), (receiver, buyer)):
        parties.add(conn, party, at)
        members.join(conn, person.id, party.id, at)
    truck = assets.add(conn, "truck", "豫J12345", sender, at, seller.name)
    who = Who(seller.id, seller.name, at)
    came = Bought("commitment", "C1", "柳格农户", "", at.date())
    lot = lots.buy(conn, "garlic_scape", 1000.0, "濮阳柳格", came, None, None, who)
    return World(sender, receiver, seller, buyer, truck, lot, at)


def measure(
    conn: Connection, placement: str, start: datetime, values: Sequence[float | None], every_s: int
) -> None:
    """Put readings of a placement, one each so many seconds."""
    with conn.cursor() as cur:
        cur.execute("SELECT ensure_reading_partition(%s)", (start,))
        cur.execute(
            "INSERT INTO reading (series_id, time, value, qc, frame_id) "
            "SELECT s.id, %s::timestamptz + make_interval(secs => %s) * (n - 1), v, "
            "CASE WHEN v IS NULL THEN 128 ELSE 1 END, 0 "
            "FROM series s, unnest(%s::float8[]) WITH ORDINALITY AS u (v, n) "
            "WHERE s.placement = %s",
            (start, every_s, list(values), placement),
        )


def is_whole(conn: Connection, party: str) -> bool:
    """Tell whether a party's chain of events is."""
    conn.autocommit = False
    try:
        return traced.look(conn, party).whole
    finally:
        conn.rollback()
        conn.autocommit = True
