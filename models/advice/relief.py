"""Whether the newest reading already says that a danger is over, before the day's answer can.

An answer rests on whole days. A field that was watered this morning is dry in yesterday's mean
and wet in the newest reading: then no one is told to water it. Only quantities that are
themselves what the answer is about count here, as soil moisture is for drought.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.crops.season import SeasonDay
from models.risk.answers import RiskStatus
from models.risk.hazard import Hazard
from models.weather.dataset import Array

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


def readable(hazards: Mapping[str, Hazard]) -> frozenset[str]:
    """Ids of the hazards of which a reading can contradict the answer.

    Parameters
    ----------
    hazards
        Hazard id -> hazard.
    """
    return frozenset(hazard.id for hazard in hazards.values() if _is_readable(hazard))


def _is_readable(hazard: Hazard) -> bool:
    return not hazard.carry and all(each.quantity in STATE for each in hazard.inputs)


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
    together: dict[tuple[str, str], list[tuple[Key, float]]] = {}
    for status in statuses:
        later = [value for time, value in readings.get(status.site, ()) if time > status.time]
        if later and status.hazard in hazards and _is_readable(hazards[status.hazard]):
            key = (status.site, status.crop, status.hazard)
            group = together.setdefault((status.hazard, status.crop), [])
            group += [(key, value) for value in later]
    safe: dict[Key, bool] = {}
    for (hazard, crop), rows in together.items():
        over = _is_over(hazards[hazard], crop, np.array([value for _, value in rows]))
        for (key, _), one in zip(rows, over, strict=True):
            safe[key] = safe.get(key, True) and bool(one)
    return frozenset(key for key, over in safe.items() if over)


def _is_over(hazard: Hazard, crop: str, values: Array) -> NDArray[np.bool_]:
    """Whether days like each reading, give or take the margin, would be without risk."""
    over = np.ones(len(values), dtype=bool)
    for margin in (-MARGIN, MARGIN):
        day = np.broadcast_to(values + margin, (hazard.days, len(values)))
        score = hazard.evaluate(dict.fromkeys(hazard.uses, day), {}, _no_facts(crop, len(values)))
        over &= score.score < hazard.medium
    return over


def _no_facts(crop: str, fields: int) -> SeasonDay:
    """A day of a crop of which nothing else is known: water in the soil asks for no more."""
    unknown = np.full(fields, np.nan)
    return SeasonDay(
        crop=crop,
        date=date.min,
        bbch=unknown,
        bbch_low=unknown,
        bbch_high=unknown,
        observed=np.zeros(fields, dtype=bool),
        after_sowing=unknown,
        since_flowering=unknown,
        resistance=np.zeros(fields, dtype=np.intp),
        previous_crop=(None,) * fields,
        since_spray=np.full(fields, np.inf),
    )
