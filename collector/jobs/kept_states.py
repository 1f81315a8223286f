"""Where the risk job stands: which kept state of the fold still holds, and what it rests on.

A state holds while nothing that went into it has changed: code, crops' tables, fields, placements
and settings (`Ground`), hazards and the season facts before its day (`models.risk.state`), and
the weather before its day (`collector.store.risk_state`, from triggers in the database).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

import numpy as np
import scipy
import sklearn

import models
from collector.jobs import neighbours
from collector.store import readings, registry, risk_state
from collector.store.db import Connection
from firmware.wire import quantities
from models.crops.season import Seasons
from models.risk.hazard import Hazard
from models.risk.state import Checkpoint, StateError, days_to_keep, unpack

log = logging.getLogger("nongqing.risk")


@dataclass(frozen=True)
class Ground:
    """What states rest on: `begins` the first hour, `facts` a hash, `seen` the last change.

    Made before any hour is read, so that a change in the meantime is not taken as seen.
    """

    begins: datetime
    facts: str
    seen: int


@cache
def code() -> str:
    """Return a SHA-256 over the code, estimators and libraries that make hours into a state."""
    digest = hashlib.sha256()
    folder = Path(models.__file__).parent
    files = [p for p in folder.rglob("*") if p.suffix in (".py", ".skops")]
    own = [Path(__file__).parent / "risk.py", *(Path(str(m.__file__)) for m in _ELSEWHERE)]
    for path in [*sorted(files), *own]:
        digest.update(path.name.encode() + path.read_bytes())
    digest.update(repr([m.__version__ for m in (np, scipy, sklearn)]).encode())
    return digest.hexdigest()


_ELSEWHERE = (neighbours, readings, quantities)


def ground(conn: Connection, seasons: Seasons, begins: datetime) -> Ground:
    """Return what states rest on now.

    Parameters
    ----------
    conn : Connection
    seasons : Seasons
        What is grown; its dated facts are looked at by `models.risk.state`.
    begins : datetime
        Hour from which a fold begins anew, aware.
    """
    seen = risk_state.last_change(conn)
    facts = (
        code(),
        sorted({(s.site, s.crop) for s in seasons.seasons}),
        sorted(seasons.crops.items()),
        sorted(registry.placements(conn), key=repr),
        sorted(neighbours.open_fields(conn).items()),
        neighbours.range_km(conn),
    )
    return Ground(begins, hashlib.sha256(repr(facts).encode()).hexdigest(), seen)


def newest(
    conn: Connection,
    now: Ground,
    seasons: Seasons,
    hazards: tuple[Hazard, ...],
    at: datetime,
) -> Checkpoint | None:
    """Return the newest kept state that still holds; None: fold anew.

    Why a state does not hold is written to the log.

    Parameters
    ----------
    conn : Connection
    now : Ground
    seasons, hazards
        As they are now.
    at : datetime
        Now, aware.
    """
    for row in risk_state.states(conn, days_to_keep(at)[0]):
        try:
            return _checkpoint(conn, row, now, seasons, hazards)
        except StateError as error:
            log.info("state of the morning of %s is not used: %s", row.open_day, error)
    return None


def _checkpoint(
    conn: Connection,
    row: risk_state.StateRow,
    now: Ground,
    seasons: Seasons,
    hazards: tuple[Hazard, ...],
) -> Checkpoint:
    if row.changed is not None:
        raise StateError(f"hours from {row.changed:%Y-%m-%d %H:%M} UTC on have changed since")
    if (row.facts, row.begins) != (now.facts, now.begins):
        raise StateError("code, crops, fields, placements, settings or the first hour have changed")
    data = risk_state.bytes_of(conn, row.open_day)
    if risk_state.digest_of(data) != row.digest:
        raise StateError("saved state: its bytes are not those that were saved")
    return unpack(data, hazards, seasons)


def keep(conn: Connection, now: Ground, states: Mapping[date, bytes], at: datetime) -> None:
    """Keep new states, and of the old ones those that still hold and are of use at `at`."""
    days = days_to_keep(at)
    risk_state.keep(conn, states, begins=now.begins, facts=now.facts, seen=now.seen, days=days)
