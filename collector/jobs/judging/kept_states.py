"""Where the risk job stands: which kept states still hold, for which fields.

A state of a field holds while nothing that went into it has changed: the code and the libraries
that compute it (`collector.jobs.judging.code_behind`); hazards; the field's crops' tables, seasons
and sensors; where a quantity comes from stations around the field, who they are and where they
stand; what traps around it caught in the nights before its day; and the hours before its day
(`collector.store.advice.risk_state`, from triggers in the database). A change takes back the fields
that it reaches, and no others: each to its newest state that still holds, or to its beginning.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from collector.jobs.judging.code_behind import code
from collector.jobs.judging.field_hours import FieldHours
from collector.store.advice import risk_state
from collector.store.advice.risk_state import Held
from collector.store.postgres.db import Connection
from models.crops.season import Seasons, SiteSeason
from models.risk.fold import Fold
from models.risk.hazard import Hazard
from models.risk.state import (
    Morning,
    StateError,
    days_to_keep,
    decode,
    encode,
    engine_of,
    morning_of,
    rests_on,
)

log = logging.getLogger("nongqing.risk")
#: Fields whose states are kept as one: few enough that their bytes are handled in little memory.
TOGETHER = 500


@dataclass(frozen=True)
class Start:
    """What the fields that join on a day begin with: `fields` all of them, `mornings` the kept."""

    fields: list[str] = field(default_factory=list)
    mornings: list[Morning] = field(default_factory=list)


class KeptStates:
    """The states of fields: what still holds, and what is put in its place.

    Made before any hour is read, so that a change in the meantime is not taken as seen.

    Parameters
    ----------
    conn : Connection
    hours : FieldHours
        Where each field's hours come from.
    seasons : Seasons
    hazards : tuple of Hazard
    begins : mapping
        Field -> local day on which its computation begins.
    at : datetime
        Now, aware.
    """

    def __init__(
        self,
        conn: Connection,
        hours: FieldHours,
        seasons: Seasons,
        hazards: tuple[Hazard, ...],
        begins: Mapping[str, date],
        at: datetime,
    ) -> None:
        self.conn = conn
        risk_state.lock(conn)
        self.seen = risk_state.last_change(conn)
        self.days = days_to_keep(at)
        self._hours = hours
        self._begins = begins
        self._seasons: dict[str, list[SiteSeason]] = {}
        for season in seasons.seasons:
            self._seasons.setdefault(season.site, []).append(season)
        # what thousands of fields share goes into their facts as a hash
        self._crops = {name: _hash(crop) for name, crop in seasons.crops.items()}
        self._engine = _hash((code(), engine_of(hazards)))
        self._around: dict[tuple[str, date], str] = {}
        self._base: dict[str, str] = {}
        self._void: list[Held] = []
        self._checked: set[int] = set()

    def facts(self, site: str, day: date) -> str:
        """Return a SHA-256 over all that a field's state of a day rests on, besides hours."""
        if site not in self._base:
            self._base[site] = self._undated(site)
        around = [
            (name, stations)
            for name in self._hours.interpolated(site)
            if (stations := self._stations_before(name, day))
        ]
        place = (self._hours.fields[site], self._hours.range_km) if around else None
        counts = self._hours.counts.between(site, self._begins[site], day)
        dated = (self._base[site], rests_on(self._seasons[site], day), around, place, counts)
        return _hash(dated)

    def _undated(self, site: str) -> str:
        hours = self._hours
        sensors = [
            (name, series.id, series.wet_threshold)
            for name in hours.quantities
            if (series := hours.chosen.get((site, name)))
        ]
        crops = sorted({self._crops[s.crop] for s in self._seasons[site]})
        return repr((self._engine, self._begins[site], sensors, crops))

    def _stations_before(self, quantity: str, day: date) -> str:
        key = quantity, day
        if key not in self._around:
            self._around[key] = self._hours.stations[quantity].before(day)
        return self._around[key]

    def starts(self) -> dict[date, Start]:
        """Return on which day each field is gone on from, with what is kept of that morning.

        Why what is kept does not hold is written to the log.
        """
        valid = self._holding()
        found: dict[date, Start] = {}
        states: dict[int, list[str]] = {}
        broken: set[int] = set()
        mornings: dict[int, Morning] = {}
        for site in self._hours.sites:
            chosen = next(
                (h for h in valid.get(site, ()) if self._readable(h, mornings, broken)), None
            )
            day = self._begins[site] if chosen is None else chosen.open_day
            found.setdefault(day, Start()).fields.append(site)
            if chosen is not None:
                states.setdefault(chosen.state, []).append(site)
        for state, sites in states.items():
            morning = mornings.pop(state)
            found[morning.day].mornings.append(morning.of(sites))
        return found

    def _readable(self, held: Held, mornings: dict[int, Morning], broken: set[int]) -> bool:
        """Whether a state can be read; those that can are put to the others."""
        if held.state not in mornings and held.state not in broken:
            try:
                mornings[held.state] = self._morning(held)
            except StateError as error:
                log.info("state of the morning of %s is not used: %s", held.open_day, error)
                broken.add(held.state)
        if held.state in broken:
            self._void.append(held)
        return held.state not in broken

    def _morning(self, held: Held) -> Morning:
        data = risk_state.bytes_of(self.conn, held.state)
        if risk_state.digest_of(data) != held.digest:
            raise StateError("saved state: its bytes are not those that were saved")
        return decode(data)

    def _holding(self) -> dict[str, list[Held]]:
        """What holds of each field, the newest first."""
        kept = risk_state.held(self.conn, self.days[0])
        changed = self._changed(kept)
        found: dict[str, list[Held]] = {}
        refused: Counter[tuple[date, str]] = Counter()
        sites = set(self._hours.sites)
        for held in kept:
            first = changed[held.seen].get(held.field)
            if held.field not in sites:
                reason = "nothing is grown there, or nothing tells its weather"
            elif held.facts != self.facts(held.field, held.open_day):
                reason = (
                    "code, crops, seasons, sensors, stations, trap counts, settings or the first "
                    "day changed"
                )
            elif first is not None and first < held.open_day:
                reason = "hours before it changed"
            else:
                found.setdefault(held.field, []).append(held)
                continue
            refused[held.open_day, reason] += 1
            self._void.append(held)
        for (day, reason), count in sorted(refused.items()):
            log.info("state of the morning of %s is not used for %d fields: %s", day, count, reason)
        self._checked = {held.state for held in kept}
        return found

    def _changed(self, kept: Iterable[Held]) -> dict[int, dict[str, date]]:
        """For each change up to which states take account: fields with later ones, from when."""
        numbers = sorted({held.seen for held in kept})
        if not numbers:
            return {}
        changes = risk_state.changes(self.conn, numbers[0], self.days[0])
        reach = _Reach(self._hours)
        return {
            seen: reach.earliest(change for change in changes if change.number > seen)
            for seen in numbers
        }

    def keep(self, fold: Fold) -> None:
        """Keep what a fold knows of its fields on the morning of its open day, if it is of use."""
        if fold.day not in self.days:
            return
        for first in range(0, len(fold.sites), TOGETHER):
            morning = morning_of(fold, first, first + TOGETHER)
            facts = {site: self.facts(site, fold.day) for site in morning.sites}
            risk_state.put(self.conn, fold.day, self.seen, encode(morning), facts)

    def tidy(self) -> None:
        """Drop what does not hold or is of no use any more."""
        risk_state.tidy(self.conn, self._void, self._checked, self.seen, self.days)


def _hash(facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()


class _Reach:
    """Which fields the hours of a series reach: its own, and those that its station speaks for."""

    def __init__(self, hours: FieldHours) -> None:
        self._own = {s.id: s for s in hours.chosen.values()}
        self._observed = {each.series: each.quantity for each in hours.observed}
        self._speaks = {s for each in hours.stations.values() for s in each.own}
        self._interpolated: dict[str, list[str]] = {}
        for site in hours.sites:
            for name in hours.interpolated(site):
                self._interpolated.setdefault(name, []).append(site)

    def earliest(self, changes: Iterable[risk_state.HourlyChange]) -> dict[str, date]:
        """Return the first local day on which each field's hours changed."""
        found: dict[str, date] = {}
        around: dict[str, date] = {}

        def note(days: dict[str, date], key: str, day: date) -> None:
            days[key] = min(day, days.get(key, day))

        for change in changes:
            for series in change.series:
                if change.observed and series in self._observed:
                    note(around, self._observed[series], change.day)
                elif not change.observed and series in self._own:
                    own = self._own[series]
                    note(found, own.field, change.day)
                    if series in self._speaks:
                        note(around, own.quantity, change.day)
        for name, day in around.items():
            for site in self._interpolated.get(name, ()):
                note(found, site, day)
        return found
