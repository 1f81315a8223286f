"""Coming days on which leaves must stay dry: a hazard that lives on wet leaves warns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from collector.store.advice import water
from collector.store.postgres.db import Connection
from models.hazards.catalogue import catalogue
from models.water.advice import WetnessWindow
from models.water.fields import Field
from models.water.wetting import METHODS


def of_wet_leaves() -> list[str]:
    """Return the hazards that wait for wet leaves: what reads humidity, dry hot wind left out."""
    return [
        hazard.id
        for hazard in catalogue().values()
        if "relative_humidity" in (inputs := {i.quantity for i in hazard.inputs})
        and "wind_speed" not in inputs
    ]


def joined(days: Sequence[date], hazard: str) -> list[WetnessWindow]:
    """Join days that follow one another to windows.

    Parameters
    ----------
    days
        Local days in order.
    hazard
        Its id.
    """
    found: list[WetnessWindow] = []
    for day in days:
        if found and found[-1].last + timedelta(days=1) == day:
            found[-1] = WetnessWindow(found[-1].first, day, hazard)
        else:
            found.append(WetnessWindow(day, day, hazard))
    return found


def windows(
    conn: Connection, fields: Sequence[Field], at: datetime
) -> dict[str, tuple[WetnessWindow, ...]]:
    """Return the windows of the fields that are watered from above.

    Parameters
    ----------
    conn : Connection
    fields : sequence of Field
    at : datetime
        Now, aware.
    """
    names = [f.name for f in fields if METHODS[f.method].overhead]
    if not names:
        return {}
    found: dict[str, tuple[WetnessWindow, ...]] = {}
    for (site, hazard), days in water.wet_days(conn, names, of_wet_leaves(), at).items():
        found[site] = (*found.get(site, ()), *joined(days, hazard))
    return found
