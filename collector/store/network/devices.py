"""What the store shows of devices that need a person: silence, stuck values, holes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from collector.store.items import Found
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from field_configs.events import event
from models.weather.quality import FREEZE

SQL = queries.load("devices")


def _fetch(conn: Connection, name: str, **params: Any) -> list[tuple[Any, ...]]:
    with conn.cursor() as cur:
        cur.execute(SQL[name], params)
        return cur.fetchall()


def silent_nodes(conn: Connection, before: datetime) -> list[Found]:
    """Return enrolled nodes that were not heard since `before`."""
    return [
        Found(event("silent_node", node=node, seen=seen), node, node)
        for node, seen in _fetch(conn, "silent_nodes", before=before)
    ]


def silent_external(conn: Connection, before: datetime, now: datetime) -> list[Found]:
    """Return other makers' devices that were not heard since `before` and for three steps."""
    return [
        Found(event("silent_external", device=device, seen=seen), device)
        for device, seen in _fetch(conn, "silent_external", before=before, now=now)
    ]


def silent_placements(conn: Connection, before: datetime) -> list[Found]:
    """Return placements whose node reports, but without a valid value since `before`."""
    return [
        Found(event("silent_placement", placement=place, node=node, seen=seen), place, node)
        for place, node, seen in _fetch(conn, "silent_placements", before=before)
    ]


def frozen_placements(conn: Connection, since: datetime) -> list[Found]:
    """Return placements that reported since `since` and whose value has not moved for too long."""
    return [
        Found(
            event(
                "frozen_sensor",
                placement=place,
                node=node,
                quantity=quantity,
                value=value,
                since=stood,
            ),
            place,
            own,
        )
        for place, node, quantity, value, stood, own in _fetch(
            conn, "frozen_placements", freeze=FREEZE, since=since
        )
    ]


def flag_frozen(conn: Connection, since: datetime) -> int:
    """Flag the readings of stuck sensors from when they stopped moving; return how many."""
    ((flagged,),) = _fetch(conn, "flag_frozen", freeze=FREEZE, since=since)
    return int(flagged)


def placements_ahead(conn: Connection, latest: datetime) -> list[Found]:
    """Return placements with a reading later than `latest`, which has not come yet."""
    return [
        Found(event("readings_ahead", placement=place, node=node or "?", time=time), place, node)
        for place, node, time in _fetch(conn, "placements_ahead", latest=latest)
    ]


def refused_nodes(conn: Connection, since: datetime) -> list[Found]:
    """Return nodes of the registry whose messages were refused since `since`."""
    return [
        Found(event("node_refused", node=node, reason=reason, count=count), node, node)
        for node, reason, count in _fetch(conn, "refused_nodes", since=since)
    ]


def missing_frames(conn: Connection, before: datetime) -> list[Found]:
    """Return holes in the numbers of frames that later ones have overtaken before `before`."""
    return [
        Found(
            event("frames_missing", node=node, boot=boot, first=first, last=last, since=received),
            f"{node}/{epoch}/{boot}",
            node,
        )
        for node, epoch, boot, first, last, received in _fetch(
            conn, "missing_frames", before=before
        )
    ]


def falling_batteries(conn: Connection, first: datetime, step: float) -> list[Found]:
    """Return nodes whose battery was lower in each of three nights than in the night before.

    Parameters
    ----------
    conn : Connection
    first : datetime
        18 h local on the first of four evenings, aware.
    step : float
        By so much at least [V].
    """
    return [
        Found(event("battery_falling", node=node, before=before, now=now, nights=3), node, node)
        for node, before, now in _fetch(conn, "falling_batteries", first=first, step=step)
    ]


def nodes_of(conn: Connection, placements: Sequence[str]) -> dict[str, str]:
    """Return the node that serves each of some placements now."""
    return dict(_fetch(conn, "nodes_of", placements=list(placements)))


def newest_readings(conn: Connection) -> dict[str, datetime]:
    """Return the time of the newest reading of each node that has any."""
    return dict(_fetch(conn, "newest_readings"))
