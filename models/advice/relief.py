"""Whether the newest reading already says that a danger is over, before the day's answer can.

An answer rests on whole days. A field that was watered this morning is dry in yesterday's mean
and wet in the newest reading: then no one is told to water it. Only quantities that are
themselves what the answer is about count here, as soil moisture is for drought.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol, TypeAlias

import numpy as np

from models.crops.season import SeasonDay
from models.risk.answers import RiskStatus
from models.risk.hazard import Hazard

#: Site, crop and hazard.
Key: TypeAlias = tuple[str, str, str]
#: Quantities whose newest reading tells the state that an answer is about.
STATE = frozenset(("soil_moisture",))
#: So far a reading must lie on the safe side of the limit [m3 m-3], so that the noise of a probe
#: does not end and renew advice by the hour; provisional.
MARGIN = 0.02


class Newest(Protocol):
    """A placement's last valid reading in its unit and its time (aware); None for none."""

    @property
    def quantity(self) -> str:
        """Name of the quantity."""

    @property
    def field(self) -> str:
        """Field of the placement."""

    @property
    def time(self) -> datetime | None:
        """When it was measured."""

    @property
    def value(self) -> float | None:
        """What was measured."""


def relieved(
    statuses: Iterable[RiskStatus], newest: Iterable[Newest], hazards: Mapping[str, Hazard]
) -> frozenset[Key]:
    """Site, crop and hazard of answers that every newest reading of the field contradicts.

    That is where there would be no risk if all days of the window were like the reading.

    Parameters
    ----------
    statuses
        The days' answers.
    newest
        Newest readings [m3 m-3]; those from before the end of an answer's day say nothing more
        than the answer does.
    hazards
        Hazard id -> hazard; an answer of another one is left alone.
    """
    readings: dict[str, list[tuple[datetime, float]]] = {}
    for each in newest:
        if each.quantity in STATE and each.time is not None and each.value is not None:
            readings.setdefault(each.field, []).append((each.time, each.value))
    return frozenset(
        (status.site, status.crop, status.hazard)
        for status in statuses
        if status.hazard in hazards
        and _is_over(status, hazards[status.hazard], readings.get(status.site, ()))
    )


def _is_over(
    status: RiskStatus, hazard: Hazard, readings: Sequence[tuple[datetime, float]]
) -> bool:
    later = [value for time, value in readings if time > status.time]
    if hazard.carry or not later or not {each.quantity for each in hazard.inputs} <= STATE:
        return False
    return all(
        _score(hazard, status.crop, value + margin) < hazard.medium
        for value in later
        for margin in (-MARGIN, MARGIN)
    )


def _score(hazard: Hazard, crop: str, value: float) -> float:
    window = {alias: np.full((hazard.days, 1), value) for alias in hazard.uses}
    return float(hazard.evaluate(window, {}, _no_facts(crop)).score[0])


def _no_facts(crop: str) -> SeasonDay:
    """A day of a crop of which nothing else is known: water in the soil asks for no more."""
    unknown = np.full(1, np.nan)
    return SeasonDay(
        crop=crop,
        date=date.min,
        bbch=unknown,
        bbch_low=unknown,
        bbch_high=unknown,
        observed=np.zeros(1, dtype=bool),
        after_sowing=unknown,
        since_flowering=unknown,
        resistance=np.zeros(1, dtype=np.intp),
        previous_crop=(None,),
        since_spray=np.full(1, np.inf),
    )
