"""Kept outlooks of risk as arrays, the reports that they are set against, and the account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg2.extras import Json

from collector.store.advice import ledger, risk_kept
from collector.store.advice.risk_kept import inflated, unstepped, version_of
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from models.risk.hazard import Hazard
from models.skill.matching import Issued, Report
from models.skill.risk_outlooks import (
    ABSENT,
    Classes,
    ClassSaid,
    Kept,
    RiskOutlookRow,
    SeenRow,
    answered,
)
from models.skill.scores import Contingency
from models.weather.dataset import Array
from models.weather.local_days import midnight

SQL = queries.load("risk_account")
MEASURED, SEEN = "measured", "seen"
_FIRST = date(1970, 1, 1)


def kept(conn: Connection, hazard: Hazard, before: date) -> Kept | None:
    """Return what was said of a hazard by the model in force and what came, up to before a day.

    None where nothing was said of a day of which it is known what came.
    """
    version = version_of(hazard)
    came = queries.fetch(conn, SQL["came"], hazard=hazard.id, version=version, before=before)
    rows = queries.fetch(conn, SQL["said"], hazard=hazard.id)
    said = [
        (day, (day - issue).days + 1, crop, *values)
        for issue, day, crop, by, *values in rows
        if by == version
    ]
    if not came or not said:
        return None
    frame = _Frame(came, len(risk_kept.numbers(conn)))
    if not frame.used.any():
        return None
    leads = sorted({lead for _, lead, *_ in said})
    of = {lead: [(d, *rest) for d, each, *rest in said if each == lead] for lead in leads}
    chance = bool(hazard.probability)
    return Kept(
        hazard.id,
        (frame.first - _FIRST).days,
        frame.classes(came),
        {lead: frame.classes(rows) for lead, rows in of.items()},
        frame.chances(came) if chance else None,
        {lead: frame.chances(rows) for lead, rows in of.items()} if chance else None,
    )


class _Frame:
    """Days from the first to the last of which something came; columns are crops and fields.

    Those that never had an answer are left out: most fields do not grow most crops.
    """

    def __init__(self, came: Sequence[Any], count: int) -> None:
        self.first, self.last = came[0][0], came[-1][0]
        self.count = count
        self.crops = sorted({crop for _, crop, *_ in came})
        self.used: NDArray[np.bool_] = np.ones(len(self.crops) * count, np.bool_)
        self.used = np.asarray(answered(self.classes(came)).any(axis=0))

    def classes(self, rows: Iterable[Any]) -> Classes:
        """Return codes of status (day, column)."""
        return self._filled((day, crop, classes) for day, crop, classes, _ in rows)

    def chances(self, rows: Iterable[Any]) -> Array:
        """Return chances (day, column)."""
        return unstepped(self._filled((day, crop, chances) for day, crop, _, chances in rows))

    def _filled(self, rows: Iterable[Any]) -> Classes:
        days = (self.last - self.first).days + 1
        found = np.full((days, len(self.crops), self.count), ABSENT, np.uint8)
        for day, crop, values in rows:
            if self.first <= day <= self.last and crop in self.crops and values is not None:
                place = (day - self.first).days, self.crops.index(crop)
                found[place] = inflated(values, self.count)
        return found.reshape(days, -1)[:, self.used]


def issued(
    conn: Connection, hazards: Mapping[str, Hazard], reports: Iterable[Report]
) -> Iterator[tuple[int, Issued]]:
    """Yield what was said of the fields of reports, with its lead day."""
    wanted: dict[str, set[tuple[str, str]]] = {}
    for report in reports:
        wanted.setdefault(report.hazard, set()).add((report.crop, report.site))
    number = risk_kept.numbers(conn)
    moments = dict(queries.fetch(conn, SQL["issues"]))
    for hazard in wanted.keys() & hazards.keys():
        for issue, day, crop, version, classes, chances in queries.fetch(
            conn, SQL["said"], hazard=hazard
        ):
            codes = inflated(classes, len(number))
            scores = None if chances is None else unstepped(inflated(chances, len(number)))
            for site in sorted(
                site for of, site in wanted[hazard] if of == crop and site in number
            ):
                code = int(codes[number[site]])
                score = float("nan") if scores is None else float(scores[number[site]])
                end = midnight(day + timedelta(days=1))
                if code != ABSENT:
                    yield (
                        (day - issue).days + 1,
                        Issued(site, crop, hazard, end, moments[issue], code, score, version),
                    )


def reports(conn: Connection, hazards: Mapping[str, Hazard]) -> list[Report]:
    """Return what people saw in fields since outlooks are kept, for each model of the pest."""
    moments = queries.fetch(conn, SQL["issues"])
    if not moments:
        return []
    return [each for each in ledger.reports(conn, hazards) if each.date > moments[0][0]]


def replace_rows(
    conn: Connection, rows: Iterable[RiskOutlookRow], seen: Iterable[SeenRow], at: datetime
) -> None:
    """Put an account in the place of the one before."""
    queries.run(conn, SQL["drop_rows"])
    every = [(each, MEASURED) for each in rows] + [(each, SEEN) for each in seen]
    queries.put(
        conn,
        SQL["put_rows"],
        [(each.hazard, against, each.lead, at, Json(asdict(each))) for each, against in every],
    )


def rows(conn: Connection) -> list[RiskOutlookRow]:
    """Return the account against the risk from measured weather, by hazard and lead day."""
    found = queries.fetch(conn, SQL["rows"], against=MEASURED)
    return [RiskOutlookRow(**_figures(each)) for (each,) in found]


def seen_rows(conn: Connection) -> list[SeenRow]:
    """Return the account against what people saw, by hazard and lead day."""
    return [SeenRow(**_figures(each)) for (each,) in queries.fetch(conn, SQL["rows"], against=SEEN)]


def _figures(plain: dict[str, Any]) -> dict[str, Any]:
    table = Contingency(**plain["table"])
    return plain | {
        "table": table,
        "reliability": tuple(ClassSaid(**each) for each in plain["reliability"]),
    }
