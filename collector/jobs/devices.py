"""The job that looks after devices: silent, stuck, unlike its neighbours, frames missing."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from collector.freshness import LATE_AFTER, SILENT_AFTER
from collector.jobs.context import Context, Job
from collector.jobs.unlike_neighbours import unlike_neighbours
from collector.store import items
from collector.store.network import devices
from field_configs.events import Event, event
from models.weather.local_days import local_day, midnight

# Frames come in any order; a hole that later ones have overtaken for so long will not be filled.
HOLE_AFTER = timedelta(hours=24)
AHEAD = timedelta(days=1)
#: A night counts as lower from so much on [V]: a lead battery at rest loses less in a day, and the
#: converter of a board does not tell less apart; unverified.
LOWER_V = 0.02
NIGHTS = 4
REFUSED_WITHIN = timedelta(hours=1)
# These close by themselves once their trouble was not seen for so long.
QUIET_AFTER = {
    "undecodable": timedelta(days=1),
    "node_fault": timedelta(days=1),
    "node_clock": timedelta(days=1),
    "no_placement": timedelta(days=1),
    "identity_reused": timedelta(days=7),
    "two_values": timedelta(days=7),
    "frames_lost": timedelta(days=7),
}
KINDS = (
    "silent_node",
    "silent_external",
    "silent_placement",
    "frozen_sensor",
    "readings_ahead",
    "frames_missing",
    "node_refused",
    "unlike_neighbours",
    "battery_falling",
)


def first_evening(now: datetime) -> datetime:
    """Return 18 h local of the evening that began the first of the last `NIGHTS` whole nights."""
    morning = midnight(local_day(now)) + timedelta(hours=6)
    ended = morning if morning <= now else morning - timedelta(days=1)
    return ended - timedelta(hours=12) - timedelta(days=NIGHTS - 1)


def look_after_devices(context: Context) -> Event:
    """Open items for what is wrong with devices now, and close those whose cause is gone."""
    now = context.now
    with context.pool.connection() as conn:
        devices.flag_frozen(conn, now - SILENT_AFTER)
        found = [
            *devices.silent_nodes(conn, now - SILENT_AFTER),
            *devices.silent_external(conn, now - SILENT_AFTER, now),
            *devices.silent_placements(conn, now - LATE_AFTER),
            *devices.frozen_placements(conn, now - SILENT_AFTER),
            *devices.placements_ahead(conn, now + AHEAD),
            *devices.missing_frames(conn, now - HOLE_AFTER),
            *devices.refused_nodes(conn, now - REFUSED_WITHIN),
            *unlike_neighbours(conn, now),
            *devices.falling_batteries(conn, first_evening(now), LOWER_V),
        ]
        for kind in KINDS:
            still = [one.subject for one in found if one.event.kind == kind]
            items.close_others(conn, kind, still, now)
        items.raise_items(conn, found, now)
        for kind, quiet in QUIET_AFTER.items():
            items.close_quiet(conn, [kind], now - quiet, now)
    count = Counter(one.event.kind for one in found)
    return event(
        "devices_looked_after",
        nodes=count["silent_node"],
        probes=count["silent_placement"],
        frozen=count["frozen_sensor"],
        unlike=count["unlike_neighbours"],
        ahead=count["readings_ahead"],
        holes=count["frames_missing"],
    )


JOBS = (Job("devices", timedelta(minutes=30), look_after_devices),)
