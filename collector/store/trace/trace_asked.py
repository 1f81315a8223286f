"""What parties ask: events by conditions, the things and words in them, queries with a name.

A party sees the events that it captured, and those that name a thing or a lot that an event of its
own names: docs/trace.md has the rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.trace import visible
from models.exchange.epcis.asking import OWN_ORDER, Condition, Query
from models.exchange.epcis.documents import Recorded
from models.exchange.epcis.fields import OF_THINGS

SQL = queries.load("trace_asked")
#: What may be asked of columns; nothing else becomes part of a statement.
COLUMNS = (
    "type",
    "action",
    "biz_step",
    "disposition",
    "read_point",
    "biz_location",
    "transformation",
    "event_id",
    "reason",
    "event_time",
    "record_time",
    "declared",
)
SIGNS = ("=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Found:
    """An event that was asked for.

    Attributes
    ----------
    id : int
        Its place in the order of capture.
    name : str
        Its eventID.
    recorded : datetime
    document : dict
        As it came.
    context : bytes
        Of the document that it came in; see `contexts`.
    at : datetime or list of str
        The time by which it was put in order, or the number and the text of a field.
    """

    id: int
    name: str
    recorded: datetime
    document: dict[str, Any]
    context: bytes
    at: datetime | list[str]


@dataclass(frozen=True)
class New:
    """An event that a party can see since it looked last.

    Attributes
    ----------
    id : int
        Its place in the order of capture.
    order : int
        Its place in the order in which the party came to see events.
    size : int
        Bytes of its document.
    """

    id: int
    order: int
    size: int


def _column(name: str) -> str:
    assert name in COLUMNS, name
    return name


class _Where:
    """Conditions as they stand in a statement, and their parameters."""

    def __init__(self, conn: Connection, party: str) -> None:
        self.conn, self.party = conn, party
        self.parts: list[str] = []
        self.params: dict[str, Any] = {"party": party}

    def add(self, condition: Condition) -> None:
        """Add a condition."""
        assert condition.operator in SIGNS, condition.operator
        number = len(self.parts)
        kinds, values = f"kinds_{number}", f"values_{number}"
        self.params |= {kinds: list(condition.names), values: list(condition.values)}
        say = {"kinds": kinds, "values": values, "operator": condition.operator}
        if condition.on == "term" and any(each.endswith("*") for each in condition.values):
            self.params[values] = [_like(each) for each in condition.values]
            text = SQL["pattern"]
        elif condition.on in ("column", "place"):
            say["column"] = _column(condition.names[0])
            if condition.on == "place":
                self.params[values] = _below(self.conn, self.party, condition.values)
            text = SQL["column"]
        elif condition.on == "time":
            say["column"] = _column(condition.names[0])
            self.params[values] = condition.values[0]
            text = SQL["time"]
        elif condition.on == "number" and condition.operator == "=":
            text = SQL["numbers"]
        elif condition.on in ("text", "number"):
            self.params[values] = condition.values[0]
            text = SQL["text"] if condition.on == "text" else SQL["number"]
        else:
            plain = {"term": SQL["term"], "exists": SQL["exists"], "declared": SQL["declared"]}
            text = plain[condition.on]
        self.parts.append(text.format(**say))


def _like(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped[:-1]}%" if value.endswith("*") else escaped


def _below(conn: Connection, party: str, places: Iterable[str]) -> list[str]:
    rows = queries.fetch(conn, SQL["places"], party=party, places=list(places))
    return [place for (place,) in rows]


def events(
    conn: Connection,
    party: str,
    query: Query,
    after: tuple[datetime | list[str], int] | None,
    limit: int,
) -> list[Found]:
    """Return events that a party may see.

    Parameters
    ----------
    conn : Connection
    party : str
    query : Query
        Its `limit` and `most` are the caller's to keep.
    after : (datetime or list of str, int) or None
        `Found.at` and `Found.id` of the last one seen.
    limit : int
        At most so many.
    """
    where = _Where(conn, party)
    for condition in query.conditions:
        where.add(condition)
    sign, direction = (">", "ASC") if query.ascending else ("<", "DESC")
    if query.order.startswith(OWN_ORDER):
        number, words = SQL["own_number"].format(), SQL["own_text"]
        where.params |= {"order": query.order, "order_time": f"time:{query.order}"}
        by, key = [number, words], f"ARRAY[({number})::text, {words}]"
    else:
        column = _column(query.order)
        by, key = [f"e.{column}"], f"e.{column}"
    if after is not None:
        where.params |= {"after": after[0], "after_id": after[1]}
        if isinstance(after[0], list):
            where.params |= dict(zip(("after", "after_text"), after[0], strict=True))
            given = {"number": by[0], "text": by[-1], "operator": sign}
            where.parts.append(SQL["own_after"].format(**given))
        else:
            where.parts.append(SQL["after"].format(column=query.order, operator=sign))
    head = SQL["events"].format(order=key)
    order = ", ".join(f"{each} {direction}" for each in (*by, "e.id"))
    text = " AND ".join([head, *where.parts])
    rows = queries.fetch(
        conn, f"{text} ORDER BY {order} LIMIT %(limit)s", **where.params, limit=limit
    )
    return [
        Found(id_, name, recorded, told, bytes(under), at)
        for id_, name, recorded, told, under, at in rows
    ]


def contexts(conn: Connection, digests: Iterable[bytes]) -> dict[bytes, Any]:
    """Return contexts of documents by their digests."""
    rows = queries.fetch(conn, SQL["contexts"], digests=list(digests))
    return {bytes(name): context for name, context in rows}


def recorded(conn: Connection, found: Iterable[Found]) -> list[Recorded]:
    """Return events with the contexts that they came in."""
    found = list(found)
    known = contexts(conn, {each.context for each in found})
    return [
        Recorded(each.name, each.recorded, each.document, known[each.context]) for each in found
    ]


def by_ids(conn: Connection, ids: Sequence[int]) -> list[Found]:
    """Return events by their places in the order of capture, in the order of these."""
    return [
        Found(id_, name, at, told, bytes(under), at)
        for id_, name, at, told, under in queries.fetch(conn, SQL["by_ids"], ids=list(ids))
    ]


def news(
    conn: Connection,
    party: str,
    query: Query,
    after: tuple[int, int],
    up_to: int,
    limit: int,
    *,
    floor: int = 0,
    since: datetime | None = None,
) -> list[New]:
    """Return which events a party can see since it had seen others, in the order of becoming seen.

    That is the order of recording, but for what was recorded before the party had to do with the
    things in it: it comes after the event by which they came to the party.

    Parameters
    ----------
    conn : Connection
    party : str
    query : Query
        Its order, `limit` and `most` count for nothing here.
    after : (int, int)
        `New.order` and `New.id` of the last one seen.
    up_to : int
        The last place in the order to look at.
    limit : int
        At most so many.
    floor : int
        Nothing up to this place in the order of capture.
    since : datetime, optional
        Nothing recorded earlier.
    """
    where = _Where(conn, party)
    for condition in query.conditions:
        where.add(condition)
    if since is not None:
        where.add(Condition("time", ("record_time",), (since,), ">="))
    text = " AND ".join([SQL["news"], *where.parts])
    bounds: dict[str, Any] = {"order": after[0], "after": after[1], "up_to": up_to, "floor": floor}
    bounds |= {"things": visible.NAMED, "limit": limit}
    ordered = " ".join([text, SQL["news_order"]])
    rows = queries.fetch(conn, ordered, **where.params, **bounds)
    return [New(*row) for row in rows]


def newest(conn: Connection) -> int:
    """Return the place of the newest event in the order of capture; 0 where there is none."""
    ((found,),) = queries.fetch(conn, SQL["newest"])
    return int(found)


def before(conn: Connection, at: datetime) -> int:
    """Return a place in the order of capture after which all stand that were recorded since."""
    ((found,),) = queries.fetch(conn, SQL["before"], at=at)
    return newest(conn) if found is None else int(found) - 1


def things(conn: Connection, party: str, after: str, limit: int) -> list[str]:
    """Return the things that events which a party may see name, after one of them."""
    params = {"party": party, "kind": visible.THING, "after": after, "limit": limit}
    rows = queries.fetch(conn, SQL["things"], things=list(OF_THINGS), **params)
    return [value for (value,) in rows]


def words(conn: Connection, party: str, column: str, after: str, limit: int) -> list[str]:
    """Return what stands in a column of the events which a party may see, after one of them."""
    assert column in visible.COLUMNS, column
    params = {"party": party, "kind": column, "after": after, "limit": limit}
    return [value for (value,) in queries.fetch(conn, SQL["seen"], **params)]


def named(conn: Connection, party: str, after: str, limit: int) -> list[tuple[str, Any]]:
    """Return a party's queries with a name, after one of them: name and parameters."""
    return queries.fetch(conn, SQL["queries"], party=party, after=after, limit=limit)


def named_one(conn: Connection, party: str, name: str) -> Any:
    """Return the parameters of a query with a name; None where the party has none of it."""
    rows = queries.fetch(conn, SQL["query"], party=party, name=name)
    return rows[0][0] if rows else None


def put_named(conn: Connection, party: str, name: str, query: Any, at: datetime) -> bool:
    """Give a query a name; return False where the party has one of that name."""
    text = json.dumps(query, ensure_ascii=False)
    rows = queries.fetch(conn, SQL["put_query"], party=party, name=name, query=text, at=at)
    return bool(rows)


def drop_named(conn: Connection, party: str, name: str) -> bool:
    """Delete a query with a name; return whether there was one."""
    return bool(queries.fetch(conn, SQL["drop_query"], party=party, name=name))
