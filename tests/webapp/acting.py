"""A greenhouse and a well that act, in the world of the web's tests, and what they said lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from collector.control import giving
from collector.control.alarms import judge
from collector.control.giving import Who
from collector.keys import MasterKey
from collector.store import people
from collector.store.control import control_list, output_orders, output_states
from collector.store.control.output_orders import Now
from collector.store.network import frames, registry
from collector.store.network.frames import BootId
from collector.store.people import Person
from collector.store.postgres.db import Connection
from field_configs.load import ROOT, load
from firmware.wire.outputs import Outputs, State

NODE, WELL = "gh-001", "pp-001"
FIELD, WELL_FIELD = "qf-liuge-gh", "qf-liuge-well"
DRIP, VENT = 0, 1
BOOT = BootId(NODE, 1, 7)
MASTER = MasterKey(bytes(range(32)))
#: The node's uptime when everything begins [s].
UPTIME = 5000
SITE = ROOT / "demonstration" / "control.toml"


def build(conn: Connection, at: datetime) -> None:
    """Let both nodes be known, enrolled and heard; the well without a key."""
    registry.import_configs(conn, load(site=SITE), at - timedelta(days=1), source="control")
    registry.enroll(conn, MASTER, NODE, at=at)
    frames.note_seen(conn, [NODE, WELL], at - timedelta(minutes=3))


def farmer(conn: Connection, name: str, at: datetime, *, listed: bool = True) -> Person:
    """A farmer of the greenhouse's village, on its list where so asked."""
    person = people.add(conn, name, at, username=name.lower())
    village = control_list.field(conn, FIELD).village
    people.grant(conn, person, "farmer", "village", village, at, "test")
    if listed:
        control_list.add(conn, FIELD, person.id, by="test", at=at)
    return person


def say(conn: Connection, said: Sequence[State | Outputs], at: datetime) -> None:
    """Let the greenhouse's node say something."""
    output_states.lock(conn, [NODE])
    output_states.take(conn, BOOT, said, at)
    judge(conn, [NODE], at)


def start(conn: Connection, at: datetime) -> None:
    """The node tells at its start that all is off, and automatic."""
    rows = [(DRIP, False, 0, 0, False, 0), (VENT, False, 0, 0, False, 0)]
    say(conn, [Outputs(0, UPTIME, 0, [output_states.Row(*row) for row in rows])], at)
    offset = int(at.timestamp()) - UPTIME
    frames.put_boot_offsets(conn, {BOOT: offset})


def send(conn: Connection, at: datetime, uptime: int = UPTIME) -> None:
    """Send what waits."""
    output_orders.take(conn, at, lambda _: Now(BOOT.epoch, BOOT.boot, uptime))


def all_kinds(conn: Connection, person: Person, at: datetime) -> None:
    """A drip valve that is on by a person, a vent by a rule with an alarm, an order that waits."""
    began = at - timedelta(minutes=8)
    start(conn, began)
    who = Who(person.id, person.name, str(person.id), "地干了")
    order = giving.switch_on(conn, NODE, DRIP, 1800, who, began)
    send(conn, began)
    states = [
        State(0, UPTIME + 2, DRIP, "accepted", order, None),
        State(1, UPTIME + 2, DRIP, "on", order, 1800),
        State(2, UPTIME + 40, DRIP, "proof", order, [4, 20]),
        State(3, UPTIME + 60, VENT, "on", -1, 3600),
        State(4, UPTIME + 240, VENT, "alarm", -1, "no_proof"),
        State(5, UPTIME + 240, VENT, "off", -1, "no_proof"),
    ]
    say(conn, states, at - timedelta(minutes=3))
    giving.switch_on(conn, NODE, VENT, 600, who, at - timedelta(minutes=1))
    conn.commit()
