"""The demonstration's shipment: a load of garlic scapes that was on its way when it opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from collector.keys import load_or_make_master_key
from collector.one_machine.demo import DemoState
from collector.settings import Settings
from collector.store import people, settings_table
from collector.store.coldchain import assets, shipments
from collector.store.lots import lots
from collector.store.lots.lots import Bought, Who
from collector.store.network import registry
from collector.store.people import Person
from collector.store.postgres import db
from collector.store.trace import members, parties
from collector.store.trace.parties import Party
from field_configs.load import ROOT, load

SITE = ROOT / "demonstration" / "logger.toml"
NODE = "lg-001"
#: Setting: the code of the shipment, once it is there.
SHIPMENT = "demo.shipment"
SENDER = Party("demo-coop", "演示合作社")
RECEIVER = Party("demo-market", "演示批发市场")
#: Who of the demonstration's people speaks for whom.
SPEAK = {"demo-farmer": SENDER, "demo-agent": RECEIVER}
#: The logger was checked so long before, and is to be checked again so long after: made up.
CHECKED = timedelta(days=200)
DUE = timedelta(days=165)
KG, SHIPPED_KG = 3000.0, 2400.0
ORIGIN = "濮阳市清丰县柳格镇（演示）"


#: A load is sent only in so early a part of the demonstration: its ride is a few hours long.
EARLY = timedelta(hours=2)
WriteRide: TypeAlias = Callable[[Path, float], float]


@dataclass(frozen=True)
class Shipping:
    """A load that left at ``left``, of a demonstration that opened at ``opens``; aware."""

    left: datetime
    opens: datetime

    def begin(self, pool: db.Pool) -> str | None:
        """Send the load on its way, once; None where the demonstration's people are not there."""
        with pool.connection() as conn:
            known = settings_table.get(conn, SHIPMENT)
            if known is not None:
                return known
            found = {name: people.find(conn, username=name) for name in SPEAK}
            persons = {name: person for name, person in found.items() if person is not None}
            if len(persons) < len(SPEAK):
                return None
            return self._begin(conn, persons)

    def _begin(self, conn: db.Connection, persons: dict[str, Person]) -> str:
        for name, party in SPEAK.items():
            parties.add(conn, party, self.opens)
            members.join(conn, persons[name].id, party.id, self.opens)
        seller = persons["demo-farmer"]
        who = Who(seller.id, seller.name, self.opens)
        came = Bought("other", "演示", "演示农户", "", self.left.date())
        lot = lots.buy(conn, "garlic_scape", KG, ORIGIN, came, None, None, who)
        truck = assets.add(conn, "truck", "演示冷藏车", SENDER, self.opens, seller.name)
        check = (self.left - CHECKED).date(), (self.left + DUE).date()
        assets.add_check(conn, NODE, *check, "演示", seller.id, self.opens)
        since = self.left - timedelta(minutes=30)
        assets.attach(conn, NODE, truck.id, SENDER, seller.name, self.opens, since)
        between = (SENDER, RECEIVER.id)
        given = (lot, SHIPPED_KG, "garlic_scape", truck.id, between, who, self.left)
        code = shipments.ship(conn, *given)
        settings_table.put(conn, SHIPMENT, code, self.opens)
        return code


def prepare(
    settings: Settings, pool: db.Pool, ride: WriteRide, state: DemoState
) -> Shipping | None:
    """Enrol the logger and write its ride; the nodes are to start after it.

    Parameters
    ----------
    settings : Settings
    pool : Pool
    ride : callable
        Writes the ride into a folder, given when the demonstration opens [s since 1970 UTC], and
        returns when the load left.
    state : DemoState

    Returns
    -------
    Shipping or None
        None where the demonstration was begun without, and is too far on.
    """
    opens = datetime.fromtimestamp(state.opens_unix, UTC)
    with pool.connection() as conn:
        there = any(node.id == NODE and node.epoch for node in registry.nodes(conn))
        if not there and state.clock().now() - opens > EARLY:
            return None
        if not there:
            master = load_or_make_master_key(settings.state_dir, settings.master_key)
            registry.import_configs(conn, load(site=SITE), opens, source="demonstration/logger")
            registry.enroll(conn, master, NODE, at=opens)
    left = ride(settings.state_dir.resolve() / "nodes" / NODE, opens.timestamp())
    return Shipping(datetime.fromtimestamp(left, UTC), opens)
