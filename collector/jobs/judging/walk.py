"""From day to day through a season, with the fields that join on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from collector.jobs.judging.field_hours import FieldHours
from collector.jobs.judging.kept_states import KeptStates, Start
from models.crops.season import Seasons
from models.risk.fold import HOURS, Fold, feed
from models.risk.hazard import Hazard
from models.risk.judge import Result
from models.risk.state import Morning, morning_of, resume
from models.weather.local_days import midnight

#: Values of hours that are read at a time: some 30 MB.
AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Walk:
    """Computes fields day by day; where there are `states`, it keeps those that are of use.

    `note` is told the results of each day that is walked over, and the fold after it.
    """

    hours: FieldHours
    seasons: Seasons
    hazards: tuple[Hazard, ...]
    states: KeptStates | None
    note: Callable[[Fold, list[Result]], None] | None = None

    def to(self, today: date, starts: dict[date, Start]) -> tuple[Fold, list[Result]] | None:
        """Walk up to the morning of a day.

        Parameters
        ----------
        today : date
        starts : dict
            Morning -> what joins then; emptied on the way, since kept states are large.

        Returns
        -------
        Fold, list of Result, or None
            The fold of all fields, and the results of the day before; None without a field.
        """
        fold, results = None, list[Result]()
        days = [*sorted(starts), today]
        for day, until in pairwise(days):
            fold = self._joined(fold, day, starts.pop(day))
            results = self._walked(fold, until)
        return None if fold is None else (fold, results)

    def _joined(self, fold: Fold | None, day: date, start: Start) -> Fold:
        """The fold with the fields that join it on its morning."""
        mornings = [*start.mornings, *([morning_of(fold)] if fold else [])]
        sites = tuple(sorted({*start.fields, *(fold.sites if fold else ())}))
        return self.resumed(sites, day, mornings)

    def resumed(self, sites: tuple[str, ...], day: date, mornings: Iterable[Morning]) -> Fold:
        """Return a fold of fields on the morning of a day."""
        wetness = self.hours.wetness(sites)
        return resume(sites, self.hazards, self.seasons, day, mornings, **wetness)

    def _walked(self, fold: Fold, until: date) -> list[Result]:
        """Move a fold on to the morning of a day; the results of the day before."""
        results: list[Result] = []
        width = self.hours.values_an_hour(fold.sites) * HOURS
        some = timedelta(days=max(1, AT_ONCE // width))
        while fold.day < until:
            first, end = fold.day, min(fold.day + some, until)
            values = self.hours.read(fold.sites, midnight(first), midnight(end))
            for start in range(0, (end - first).days * HOURS, HOURS):
                results = feed(fold, {q: a[start : start + HOURS] for q, a in values.items()})
                if self.note:
                    self.note(fold, results)
                if self.states:
                    self.states.keep(fold)
        return results


def beginnings(sites: Iterable[str], begins: Mapping[str, date]) -> dict[date, Start]:
    """Return the starts of fields of which nothing is kept."""
    found: dict[date, Start] = {}
    for site in sites:
        found.setdefault(begins[site], Start()).fields.append(site)
    return found
