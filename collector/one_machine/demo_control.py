"""The demonstration's outputs: a greenhouse with a vent and a drip valve, and a field's pump."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from collector.keys import load_or_make_master_key
from collector.one_machine.demo import DemoState
from collector.settings import Settings
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.load import ROOT, load

SITE = ROOT / "demonstration" / "control.toml"
NODES = ("gh-001", "pp-001")
#: They are put up only in so early a part of the demonstration: what they measured before is made
#: up with what the others did.
EARLY = timedelta(hours=2)


def prepare(settings: Settings, pool: db.Pool, state: DemoState) -> bool:
    """Enrol both nodes, once; the nodes are to start after it. False where it is too late."""
    opens = datetime.fromtimestamp(state.opens_unix, UTC)
    with pool.connection() as conn:
        there = {node.id for node in registry.nodes(conn) if node.epoch}
        if there.issuperset(NODES):
            return True
        if state.clock().now() - opens > EARLY:
            return False
        master = load_or_make_master_key(settings.state_dir, settings.master_key)
        registry.import_configs(conn, load(site=SITE), opens, source="demonstration/control")
        for node in NODES:
            registry.enroll(conn, master, node, at=opens)
    return True
