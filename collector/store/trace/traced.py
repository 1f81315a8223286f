"""Events of the chain from field to shop: added to their party's chain of digests, never changed.

The digest of an event is that of an entry of the audit log (`collector.audit.chain`): the party
stands for who did it, the digest of the context for the action, the event's id for the object and
the document for the detail. So one checker finds what was done to either. Every capture leaves the
head of the party's chain in the audit log.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg2.extras import execute_values

from collector.audit.chain import NOTHING, Entry, digest, microseconds
from collector.audit.checking import Verdict, verify
from collector.audit.heads import Head
from collector.store import audit
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.trace import visible
from models.exchange.epcis.contexts import prefixes
from models.exchange.epcis.fields import Fields, extract
from models.exchange.epcis.reading import AHEAD, Checked

SQL = queries.load("traced")
ACTION = "events_captured"
#: Held while events are added, so that their ids, over all parties, follow the order of commits:
#: who has read up to one has missed none before it.
LOCK = 0x4E51_0037
ROWS_AT_A_TIME = 1000
ALL = 2**31 - 1


@dataclass(frozen=True)
class Refused:
    """An event that could not be added: its place in what was handed over, and why."""

    place: int
    why: str


@dataclass(frozen=True)
class Added:
    """What became of events: how many are new, how many were there, which were refused.

    `at` is when the new ones were recorded.
    """

    new: int
    known: int
    refused: tuple[Refused, ...]
    at: datetime | None = field(default=None, compare=False)


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _ordered(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _whole(name: str, document: dict[str, Any]) -> str:
    return _ordered({**document, "eventID": name})


def add(
    conn: Connection,
    party: str,
    context: object,
    events: Sequence[Checked],
    *,
    all_or_none: bool,
    at: datetime,
) -> Added:
    """Add events to a party's chain, in the caller's transaction; call it last.

    One that the party captured before adds nothing. Until the transaction ends, nobody else adds
    to this chain or to the audit log.

    Parameters
    ----------
    conn : Connection
    party : str
    context : object
        ``@context`` of the document that they came in.
    events : sequence of Checked
    all_or_none : bool
        Whether one that is refused keeps all from being added.
    at : datetime
        When they are recorded, aware; later where others were recorded a little later before.
    """
    queries.run(conn, SQL["lock_party"], party=party)
    fresh, known, refused = _sorted_out(conn, party, events)
    if not fresh or (refused and all_or_none):
        return Added(0, known, refused)
    queries.run(conn, SQL["lock"], key=LOCK)
    at = _not_before_others(conn, at)
    _put(conn, party, context, fresh, at)
    return Added(len(fresh), known, refused, at)


def lock(conn: Connection, parties: Iterable[str]) -> None:
    """Keep the chains of several parties for this transaction, before events are added to them.

    In one order, so that of two transactions none waits for what the other holds.
    """
    for party in sorted(parties):
        queries.run(conn, SQL["lock_party"], party=party)


def _not_before_others(conn: Connection, at: datetime) -> datetime:
    """Return the time by which events are recorded: no earlier than those that are there.

    So who asks for what was recorded since a time misses nothing of a capture that took longer. A
    clock that was far ahead, and is right now, is not followed.
    """
    ((latest,),) = queries.fetch(conn, SQL["latest"])
    return latest if latest is not None and at < latest <= at + AHEAD else at


def _sorted_out(
    conn: Connection, party: str, events: Sequence[Checked]
) -> tuple[list[Checked], int, tuple[Refused, ...]]:
    """Tell new events from those that are there, here or before, and from others of their name."""
    rows = queries.fetch(conn, SQL["same"], party=party, ids=[each.id for each in events])
    there = {(name, declared): _whole(name, document) for name, declared, document in rows}
    fresh, known, refused = [], 0, []
    for place, each in enumerate(events):
        key, text = (each.id, each.fields.declared), _whole(each.id, each.event)
        if key not in there:
            there[key] = text
            fresh.append(each)
        elif there[key] == text:
            known += 1
        else:
            why = f"eventID: another event of yours has {each.id}; give this one its own"
            refused.append(Refused(place, why))
    return fresh, known, tuple(refused)


def _put(
    conn: Connection, party: str, context: object, events: Sequence[Checked], at: datetime
) -> None:
    rows = queries.fetch(conn, SQL["last"], party=party)
    number, previous = rows[0] if rows else (0, NOTHING)
    told = _written(context)
    under = hashlib.sha256(told.encode()).digest()
    queries.run(conn, SQL["put_context"], digest=under, context=told)
    put = []
    for each in events:
        number += 1
        chained = (number, microseconds(at), party, under.hex(), each.id, _ordered(each.event))
        own = digest(*chained, bytes(previous))
        text = _written(each.event)
        row = (party, number, each.id, at, under, text, previous, own, *_columns(each.fields))
        put.append(row)
        previous = own
    with conn.cursor() as cur:
        got = dict(execute_values(cur, SQL["put"], put, page_size=ROWS_AT_A_TIME, fetch=True))
    told_of = [
        (got[row[1]], each.fields, each.fields.handled())
        for row, each in zip(put, events, strict=True)
    ]
    terms = sorted((*term, id_) for id_, fields, _ in told_of for term in fields.terms)
    queries.put(conn, SQL["put_terms"], terms)
    handled = {value for *_, named in told_of for value in named}
    new = visible.put_handled(conn, party, handled, max(got.values()))
    detail = {"number": number, "digest": bytes(previous).hex()}
    audit.append(conn, f"party:{party}", ACTION, party, detail, at=at)
    visible.share(conn, party, told_of, new)  # nobody captures meanwhile: the audit log is locked


def _columns(fields: Fields) -> tuple[Any, ...]:
    return (
        fields.time,
        fields.type,
        fields.action,
        fields.biz_step,
        fields.disposition,
        fields.read_point,
        fields.biz_location,
        fields.transformation,
        fields.declared,
        fields.reason,
    )


def put_places(conn: Connection, party: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Keep what master data put below a place: pairs of a place and one below it."""
    rows = sorted({(party, place, below) for place, below in pairs})
    queries.put(conn, SQL["put_places"], rows)


class _Chain:
    """A party's events as entries of a log; notes the first that is looked up by something else."""

    def __init__(self, conn: Connection, party: str) -> None:
        self.conn, self.party = conn, party
        self.misled: int | None = None

    def __iter__(self) -> Iterator[Entry]:
        with self.conn.cursor(name="trace_chain") as cur:
            cur.itersize = ROWS_AT_A_TIME
            cur.execute(SQL["chain"], {"party": self.party})
            for *entry, context, words, time, declared, terms in cur:
                own = hashlib.sha256(context.encode()).hexdigest() == entry[3]
                if self.misled is None and not (
                    own and _follows(entry[5], context, words, time, declared, terms)
                ):
                    self.misled = entry[0]
                yield Entry(*entry)


def _follows(
    document: str,
    context: str,
    words: list[Any],
    time: object,
    declared: object,
    terms: list[str],
) -> bool:
    """Whether what an event is looked up by follows from its document."""
    try:
        fields = _read(document, context)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    columns = _columns(fields)
    found = {f"{kind}\n{value}" for kind, value in fields.terms}
    return (
        [*columns[1:8], columns[9]] == words
        and (columns[0], columns[8]) == (time, declared)
        and found == set(terms)
    )


def _read(document: str, context: str) -> Fields:
    event = json.loads(document)
    return extract(event, prefixes(json.loads(context), event.get("@context")))


def index_anew(conn: Connection, party: str) -> int:
    """Let a party's events be found by all that is read in them now, and was not when they came.

    Nothing is taken away. In the caller's transaction; return how many events had something added.
    """
    added = 0
    with conn.cursor(name="trace_indexed") as cur:
        cur.itersize = ROWS_AT_A_TIME
        cur.execute(SQL["indexed"], {"party": party})
        while rows := cur.fetchmany(ROWS_AT_A_TIME):
            missing = [
                (kind, value, id_)
                for id_, document, context, terms in rows
                for kind, value in sorted(_read(document, context).terms)
                if f"{kind}\n{value}" not in terms
            ]
            queries.put(conn, SQL["put_terms"], missing)
            added += len({id_ for *_, id_ in missing})
    return added


@dataclass(frozen=True)
class Look:
    """What a look at a chain found; `misled`: the first event looked up by what it is not."""

    party: str
    verdict: Verdict
    misled: int | None

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.verdict.fault is None and self.misled is None


def look(conn: Connection, party: str) -> Look:
    """Look at a party's chain, and hold it against what the audit log tells of it.

    Events that were removed at the end are told by the audit log, and entries removed there by its
    heads outside the database.
    """
    told = reversed(audit.entries(conn, action=ACTION, object_=party, limit=ALL))
    heads = [
        Head(int(each.detail["number"]), bytes.fromhex(str(each.detail["digest"])), each.at)
        for each in told
    ]
    chain = _Chain(conn, party)
    verdict = verify(chain, heads)
    return Look(party, verdict, chain.misled)
