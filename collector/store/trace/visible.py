"""Which events each party may see, and what they name: kept when events are added.

A party sees the events that it captured, and those that name a thing or a lot that an event of its
own names: docs/trace.md has the rule. To look for that when somebody asks takes the longer, the
more events there are; so every capture notes who sees its events, and which earlier ones its party
sees from then on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from psycopg2.extras import execute_values

from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from models.exchange.epcis.fields import OF_CLASSES, OF_THINGS, Fields

SQL = queries.load("visible")
#: Columns of an event whose words are listed; of things all are.
COLUMNS = ("type", "biz_step", "disposition", "read_point", "biz_location")
THING = "thing"
NAMED = [*OF_THINGS, *OF_CLASSES]
ROWS_AT_A_TIME = 1000


def put_handled(conn: Connection, party: str, values: Iterable[str], since: int) -> list[str]:
    """Note what a party had to do with, since which event; return what of it is new to it.

    With a lot that was harvested here comes what it grew of.
    """
    named = set(values)
    named |= {uri for (uri,) in queries.fetch(conn, SQL["plantings"], values=sorted(named))}
    rows = [(party, value, since) for value in sorted(named)]
    if not rows:
        return []
    with conn.cursor() as cur:
        put = execute_values(cur, SQL["put_handled"], rows, page_size=ROWS_AT_A_TIME, fetch=True)
    return [value for (value,) in put]


def share(
    conn: Connection,
    party: str,
    events: Sequence[tuple[int, Fields, frozenset[str]]],
    new: list[str],
) -> None:
    """Note who sees new events, and which earlier ones their party sees from now on.

    The caller holds a lock that every capture takes until its end, and has taken it before this
    statement: of two captures at once the second finds what the first has noted.

    Parameters
    ----------
    conn : Connection
    party : str
        Whose events they are.
    events : sequence of (int, Fields, frozenset of str)
        Id of each, what is looked up of it, and which things and lots it names.
    new : list of str
        Things and lots that the party had nothing to do with before.
    """
    values = sorted({value for _, _, handled in events for value in handled})
    others: defaultdict[str, list[str]] = defaultdict(list)
    known: defaultdict[str, set[str]] = defaultdict(set)
    for value, other in queries.fetch(conn, SQL["others"], values=values, party=party):
        others[value].append(other)
        known[other].add(value)
    pairs, seen = [], set()
    for id_, fields, handled in events:
        words = [(name, getattr(fields, name)) for name in COLUMNS]
        said = {(name, word) for name, word in words if word is not None}
        things = {value for kind, value in fields.terms if kind in OF_THINGS}
        for who in {party, *(other for value in handled for other in others.get(value, ()))}:
            pairs.append((who, id_))
            unhandled = things - (handled if who == party else known[who])
            seen |= {(who, *each) for each in said}
            seen |= {(who, THING, value) for value in unhandled}
    queries.put(conn, SQL["put_visible"], sorted(pairs))
    queries.put(conn, SQL["put_seen"], sorted(seen))
    if new:
        things_of = list(OF_THINGS)
        queries.run(conn, SQL["earlier"], party=party, values=new, named=NAMED, things=things_of)
