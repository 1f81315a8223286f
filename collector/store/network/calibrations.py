"""Calibration of device channels: dated facts, applied once where readings are made of frames.

A probe's reading is `slope * value + intercept` from a time on. The frame keeps what the device
sent, so that a calibration found later, or taken back, gives the readings anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from collector.store.network.registry_version import begin_change, touch
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run

SQL = queries.load("calibrations")


class NoSuchChannel(StoreError):  # noqa: N818 - named for what is wrong
    """A channel that serves nothing is to be calibrated."""

    def __init__(self, node: str, channel: int) -> None:
        super().__init__(
            f"node {node}: channel {channel} serves no placement; name a channel that "
            f"field_configs/sites/ gives the node, or look with: nongqing node calibrations {node}"
        )


@dataclass(frozen=True)
class Calibration:
    """What counts of a channel from `valid_from` on; `slope` and `intercept` in its unit."""

    node: str
    channel: int
    valid_from: datetime
    slope: float
    intercept: float


@dataclass(frozen=True)
class Given:
    """A calibration as it was given: by whom, when and why."""

    channel: int
    valid_from: datetime
    slope: float
    intercept: float
    at: datetime
    by: str
    reason: str


def give(conn: Connection, new: Calibration, *, by: str, reason: str, at: datetime) -> None:
    """Keep a calibration; collectors know it with the registry's new version.

    The caller commits, and lets the readings since then be made anew.

    Raises
    ------
    NoSuchChannel
    """
    if not fetch(conn, SQL["serves"], node=new.node, channel=new.channel):
        raise NoSuchChannel(new.node, new.channel)
    begin_change(conn)
    run(
        conn,
        SQL["put"],
        node=new.node,
        channel=new.channel,
        valid_from=new.valid_from,
        slope=new.slope,
        intercept=new.intercept,
        at=at,
        by=by,
        reason=reason,
    )
    touch(conn, [new.node])


def counting(conn: Connection, since: int = -1) -> list[Calibration]:
    """Return what counts, by channel and time; with `since`, of nodes changed after a version."""
    return [Calibration(*row) for row in fetch(conn, SQL["counting"], since=since)]


def of_node(conn: Connection, node: str) -> list[Given]:
    """Return all that was ever given for a node, by channel and time, the one that counts last."""
    return [Given(*row) for row in fetch(conn, SQL["of_node"], node=node)]


def boot_starts(conn: Connection, node: str) -> dict[tuple[int, int], int]:
    """Return when boots of a node began [s since 1970 UTC], by key epoch and boot."""
    rows = fetch(conn, SQL["boot_starts"], node=node)
    return {(epoch, boot): unix_s for epoch, boot, unix_s in rows}
