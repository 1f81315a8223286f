"""Reports from the fields, the skill ledger and its rules."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from math import nan
from typing import Any

from psycopg2.extras import Json, execute_values

from collector.store import settings_table
from collector.store.advice.newest import Kept, sort_out
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from field_configs.events import Event, event
from models.risk.fold import MODEL_VERSION
from models.risk.hazard import Hazard
from models.sheets.refused import Refused
from models.skill.ledger import LedgerRow, account, shortfalls
from models.skill.matching import Case, Issued, Report, for_all_models, match, of_one_disease
from models.skill.rules import DEFAULTS, KINDS, RuleError, Rules, with_rule

SQL = queries.load("ledger")
PREFIX = "skill."
log = logging.getLogger("nongqing.ledger")


@dataclass(frozen=True)
class ScoutingReport:
    """What somebody saw in a field: by scouting it, or answering when asked.

    ``season`` is the year of sowing, ``severity`` in per cent of the plants or leaf area,
    ``origin`` where the report came from, as file:line or a person. ``grade`` is how bad it was,
    from 1 to 5 as the national rules for each pest and disease count it; ``longitude`` and
    ``latitude`` [degree] in WGS 84 are where somebody stood, ``photo`` is the number of one kept.
    """

    site: str
    crop: str
    hazard: str
    season: int
    date: date
    found: bool
    treated: bool
    severity: float | None
    source: str
    observer: str
    note: str
    origin: str
    grade: int | None = None
    longitude: float | None = None
    latitude: float | None = None
    photo: int | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it the same report as another."""
        return self.site, self.crop, self.hazard, self.date, self.source, self.observer

    @property
    def content(self) -> tuple[object, ...]:
        """What it says, its origin apart."""
        said = self.found, self.treated, self.severity, self.note
        return *said, self.grade, self.longitude, self.latitude, self.photo


@dataclass(frozen=True)
class RuleChange:
    """A change of a rule; `old` or `new` is None where there was or is the default."""

    name: str
    old: str | None
    new: str | None
    at: datetime
    changed_by: str
    reason: str
    lowered: bool


@dataclass(frozen=True)
class Evidence:
    """The account of a hazard in a county, and what it lacks to be validated there."""

    row: LedgerRow
    lacks: tuple[str, ...]

    @property
    def validated(self) -> bool:
        """Whether the hazard counts as validated here."""
        return not self.lacks


# Reports --------------------------------------------------------------------------------------


def put_reports(conn: Connection, reports: Sequence[ScoutingReport], received: datetime) -> Kept:
    """Keep reports, from a file, a form or an answered question.

    The newest report of the same observer, field, hazard and day counts (`newest.sort_out`).

    Parameters
    ----------
    conn : Connection
    reports : sequence of ScoutingReport
    received : datetime
        Aware.
    """

    def kept_of(keys: list[tuple[Any, ...]]) -> dict[tuple[Any, ...], ScoutingReport]:
        rows = execute_values(cur, SQL["kept_reports"], keys, fetch=True)
        return {(r := ScoutingReport(*row)).key: r for row in rows}

    with conn.cursor() as cur:
        found = sort_out(reports, kept_of, lambda other: event("report_contradicts", other=other))
        if found.taken:
            execute_values(cur, SQL["put_reports"], [(*astuple(r), received) for r in found.taken])
    return found.kept


def reports_of(conn: Connection, field: str) -> list[ScoutingReport]:
    """Return the reports in force of one field, the newest first."""
    return [ScoutingReport(*row) for row in queries.fetch(conn, SQL["reports_of"], field=field)]


def put_refused(
    conn: Connection, kind: str, refused: Iterable[Refused], received: datetime
) -> None:
    """Keep what could not be taken in; the same one is kept once."""
    rows = [
        (kind, x.origin, x.event.kind, Json(dict(x.event.params)), x.text, received)
        for x in refused
    ]
    if rows:
        with conn.cursor() as cur:
            execute_values(cur, SQL["put_refusals"], rows)


def refused(conn: Connection, limit: int = 100) -> list[Refused]:
    """Return what could not be taken in, newest first."""
    with conn.cursor() as cur:
        cur.execute(SQL["refusals"], {"limit": limit})
        return [
            Refused(origin, Event(kind, params), text)
            for origin, kind, params, text in cur.fetchall()
        ]


# The ledger -----------------------------------------------------------------------------------


def versions(hazards: Mapping[str, Hazard]) -> dict[str, str]:
    """Return the model version in force of each hazard, as statuses carry it."""
    return {name: f"{MODEL_VERSION}.{hazard.version}" for name, hazard in hazards.items()}


def reports(conn: Connection, hazards: Mapping[str, Hazard]) -> list[Report]:
    """Return every report in force, once for each model of the pest."""
    seen = (Report(*row) for row in queries.fetch(conn, SQL["reports"]))
    return for_all_models(seen, of_one_disease(hazards))


def cases(conn: Connection, hazards: Mapping[str, Hazard]) -> list[Case]:
    """Return every report set against what had been said before it, by each model of the pest."""
    in_force, judged = rules(conn), of_one_disease(hazards)
    most_days = max(in_force.window(kind)[1] for kind in KINDS)
    crops, seen, about = (list(column) for column in zip(*judged, strict=True))
    params = {"most_days": most_days, "crops": crops, "seen": seen, "about": about}
    seen_there = reports(conn, hazards)
    with conn.cursor() as cur:
        cur.execute(SQL["issued"], params)
        issued = [
            Issued(site, crop, hazard, time, at, status, nan if score is None else score, version)
            for site, crop, hazard, time, at, status, score, version in cur.fetchall()
        ]
    kinds: dict[str, str] = {name: hazard.kind for name, hazard in hazards.items()}
    return match(seen_there, issued, kinds, versions(hazards), in_force)


def update(conn: Connection, hazards: Mapping[str, Hazard], at: datetime) -> int:
    """Compute the ledger again and keep the rows that changed.

    Returns
    -------
    int
        How many rows changed.
    """
    in_force = rules(conn)
    probability = {name: bool(hazard.probability) for name, hazard in hazards.items()}
    now = account(cases(conn, hazards), probability, versions(hazards), in_force)
    before = {(r.hazard, r.county, r.season): r for r in rows(conn)}
    wanted = {(r.hazard, r.county, r.season): r for r in now}
    for key, row in before.items():
        # Without cases any more, for instance because the model changed: an empty account.
        if key not in wanted:
            version = versions(hazards).get(row.hazard, row.model_version)
            wanted[key] = LedgerRow(row.hazard, row.county, row.season, version)
    changed = [row for key, row in wanted.items() if before.get(key) != row]
    if changed:
        with conn.cursor() as cur:
            values = [(at, *(getattr(row, f.name) for f in fields(row))) for row in changed]
            execute_values(cur, SQL["put_rows"], values)
    return len(changed)


def rows(conn: Connection) -> list[LedgerRow]:
    """Return the newest account of each hazard, county and season (None: all seasons)."""
    with conn.cursor() as cur:
        cur.execute(SQL["rows"])
        return [LedgerRow(*row) for row in cur.fetchall()]


def evidence(conn: Connection, hazards: Mapping[str, Hazard]) -> list[Evidence]:
    """Return per hazard and county whether it is validated there, by the rules in force.

    Evidence for another version of a hazard's model than the one in force is none.
    """
    in_force, current = rules(conn), versions(hazards)
    found = []
    for row in rows(conn):
        if row.season is None and row.hazard in hazards:
            lacks = shortfalls(row, in_force)
            if row.model_version != current[row.hazard]:
                lacks = ("version", *lacks)
            found.append(Evidence(row, lacks))
    return found


def validated(conn: Connection, hazards: Mapping[str, Hazard]) -> frozenset[tuple[str, str]]:
    """Return the (hazard, county) pairs in which a hazard is validated."""
    return frozenset(
        (each.row.hazard, each.row.county) for each in evidence(conn, hazards) if each.validated
    )


def county_of(conn: Connection) -> dict[str, str]:
    """Return the county of each field."""
    with conn.cursor() as cur:
        cur.execute(SQL["counties_of_fields"])
        return dict(cur.fetchall())


# Rules ----------------------------------------------------------------------------------------


def rules(conn: Connection) -> Rules:
    """Return the rules in force: the defaults and what was changed.

    A setting that is no rule, or has no possible value, leaves the default in force.
    """
    with conn.cursor() as cur:
        cur.execute(SQL["rules"])
        changed = {key.removeprefix(PREFIX): value for key, value in cur.fetchall()}
    in_force, waiting = DEFAULTS, changed
    while waiting:
        # The two ends of a window may have to move one before the other.
        refused_now: dict[str, str] = {}
        for name, value in waiting.items():
            try:
                in_force = with_rule(in_force, name, value)
            except RuleError as error:
                refused_now[name] = str(error)
        if len(refused_now) == len(waiting):
            for name, why in refused_now.items():
                log.warning("setting %s%s: %s; the default stays in force", PREFIX, name, why)
            break
        waiting = {name: waiting[name] for name in refused_now}
    return in_force


def change_rule(
    conn: Connection, name: str, text: str, *, by: str, reason: str, at: datetime
) -> Rules:
    """Change a rule; the change is logged with who made it and why.

    Returns
    -------
    Rules
        The rules now in force.

    Raises
    ------
    RuleError
        If there is no such rule, it cannot have that value, or who and why are not given.
    """
    if not by.strip() or not reason.strip():
        raise RuleError(f"{name}: say who changes the rule and why; both are kept and shown")
    with_rule(rules(conn), name, text)
    with conn.cursor() as cur:
        cur.execute(SQL["name_change"], {"by": by.strip(), "reason": reason.strip()})
    settings_table.put(conn, PREFIX + name, text.strip(), at)
    with conn.cursor() as cur:
        cur.execute(SQL["name_change"], {"by": "", "reason": ""})
    return rules(conn)


def rule_changes(conn: Connection) -> list[RuleChange]:
    """Return every change of a rule, newest first."""
    with conn.cursor() as cur:
        cur.execute(SQL["rule_changes"])
        found = cur.fetchall()
    return [
        RuleChange(key.removeprefix(PREFIX), old, new, at, by, reason, _lowers(key, new))
        for key, old, new, at, by, reason in found
    ]


def _lowers(key: str, new: str | None) -> bool:
    if new is None:
        return False
    try:
        return bool(with_rule(DEFAULTS, key.removeprefix(PREFIX), new).lowered)
    except RuleError:
        return False
