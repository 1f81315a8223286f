"""Plantings: what grew in a field in one season, told once goods came of it.

A diary is its keepers' alone. Only where a lot was harvested are the sowing and the treatments up
to its harvest told, in the chain of whose party harvested there first. Whatever changes the diary
of a field that people keep calls `tell`, last in its transaction; files name no such field.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime

from collector.store.advice import works
from collector.store.advice.works import FERTILISING, SPRAY, FieldWork
from collector.store.lots import lot_events
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from collector.store.trace import members, traced
from collector.store.trace.parties import Party
from models.trace import planted
from models.trace.planted import Planting, Sowing, Treatment
from models.trace.telling import Event

SQL = queries.load("plantings")
#: What is put on a crop, and so matters to who eats it.
TOLD = (SPRAY, FERTILISING)


def join(conn: Connection, lot: str, person: int, at: datetime) -> None:
    """Say of which planting a lot is that was harvested here; of others say nothing.

    Parameters
    ----------
    conn : Connection
    lot : str
    person : int
        Who harvested: where the planting is new, it is told in their party's chain.
    at : datetime
        Aware.
    """
    rows = fetch(conn, SQL["season"], lot=lot)
    if not rows:
        return
    ((field, season),) = rows
    fetch(conn, SQL["lock_field"], field=field)
    own = lot_events.party_of(conn, person, at).id
    known = fetch(conn, SQL["of_season"], season=season)
    if known:
        ((uri, party),) = known
    else:
        uri, party = f"urn:uuid:{uuid.uuid4()}", own
        run(conn, SQL["add"], uri=uri, field=field, season=season, party=party, at=at)
    run(conn, SQL["join"], lot=lot, planting=uri)
    traced.lock(conn, {own, party})  # the harvest is told in one chain, the planting in the other


def join_untold(conn: Connection, lot: str, at: datetime) -> None:
    """Say of which planting a lot of before is, unless its harvest was told without one."""
    for code, person in fetch(conn, SQL["unjoined"], lot=lot):
        (act,) = lot_events.made(conn, code)
        if not lot_events.known(conn, [act]):
            join(conn, code, person, at)


def fields(conn: Connection) -> list[str]:
    """Return the fields of which there are plantings."""
    return [field for (field,) in fetch(conn, SQL["fields"])]


def _entry(work: FieldWork) -> str:
    """What tells a line of the diary from others; of a file, what makes a record the same."""
    return work.entry or f"{work.kind} {work.date} {work.recorded_by}"


def _treatments(diary: Iterable[FieldWork], since: date, until: date) -> list[Treatment]:
    return [
        Treatment(
            _entry(work),
            work.kind,
            work.date,
            work.product,
            work.target,
            work.dose,
            work.area_ha,
            work.interval_d,
        )
        for work in diary
        if work.kind in TOLD and since <= work.date <= until
    ]


def tell(conn: Connection, fields: Iterable[str], at: datetime) -> int:
    """Tell what the diaries of some fields say of plantings of which there are lots.

    What was told before and is not so any more is declared an error, with what corrects it. Fields
    without a lot, and fields that were given up, tell nothing. Call it last in a transaction.

    Parameters
    ----------
    conn : Connection
    fields : iterable of str
    at : datetime
        When it is recorded, aware.

    Returns
    -------
    int
        How many events were told.
    """
    asked = sorted(set(fields))
    for field in asked:
        fetch(conn, SQL["lock_field"], field=field)
    due: dict[str, list[Event]] = {}
    for uri, field, party, since, until, *rest in fetch(conn, SQL["of_fields"], fields=asked):
        place, code, crop, variety, sown, makers, keepers = rest
        diary = works.diary(conn, field)[::-1]
        names = {*makers, *keepers, *(work.recorded_by for work in diary)}
        planting = Planting(uri, place, code)
        wanted = []
        if sown is not None:
            wanted.append(planted.sown(planting, Sowing(crop, variety, sown), sorted(names)))
        for each in _treatments(diary, since, until):
            wanted.append(planted.treated(planting, each, sorted(names)))
        rows = fetch(conn, SQL["told"], uri=uri, party=party)
        told = [(document, still) for document, still in rows]
        due.setdefault(party, []).extend(planted.anew(wanted, told, at))
    with_some = {party: events for party, events in due.items() if events}
    traced.lock(conn, with_some)
    count = 0
    for party, events in sorted(with_some.items()):
        added = members.tell(conn, Party(party, party), events, at)
        assert not added.refused, added.refused  # an identity is of one telling of one record
        count += added.new
    return count
