"""Every lot, thing and holder that goods came to, with a fixed number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from collector.store.inspection.rode import Rode
from collector.store.lots import lot_facts
from collector.store.lots.lot_events import BUREAU
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch
from collector.store.trace.following import PRODUCT
from collector.store.trace.visible import NAMED
from models.trace.breaks import KILOGRAMS
from models.trace.packing import Balance, Packing, Weighed, balance, loose, shares
from models.trace.recall import SOLD, Packed, Told, layers, newest

SQL = queries.load("downstream")
LOT, THING = "lot", "thing"


@dataclass(frozen=True)
class Node:
    """A lot or a thing that goods came to.

    Attributes
    ----------
    id : str
        Its identifier in events.
    kind : str
        `LOT` or `THING`.
    label : str
        Code of the lot, or of the box; the identifier of a thing that has no code here.
    produce : str
        Of a lot; '' for a thing.
    layer : int
        Steps from the nearest start.
    holder : str
        ``person:<number>`` or ``party:<id>``; '' where nobody is known.
    kg : float or None
        What of a lot went into no other lot and no box of known weight, what was packed into a
        box [kg]: these add up. None where nothing is told of it.
    sold : bool
        Whether the newest that was told of it is that it was sold to who eats it.
    """

    id: str
    kind: str
    label: str
    produce: str
    layer: int
    holder: str
    kg: float | None
    sold: bool


@dataclass(frozen=True)
class Downstream:
    """What became of goods, as it stood at a moment; ``rode`` is what was with a logger."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]
    holders: dict[str, str]
    balance: Balance
    rode: tuple[Rode, ...] = ()

    def content(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "nodes": [list(vars(each).values()) for each in self.nodes],
            "edges": [list(each) for each in self.edges],
            "holders": self.holders,
            "balance": asdict(self.balance),
            "rode": [each.content() for each in self.rode],
        }

    @classmethod
    def of_content(cls, kept: dict[str, Any]) -> Downstream:
        """Read what `content` wrote."""
        nodes = tuple(Node(*each) for each in kept["nodes"])
        edges = tuple((source, target) for source, target in kept["edges"])
        rode = tuple(map(Rode.of_content, kept.get("rode", ())))
        return cls(nodes, edges, kept["holders"], Balance(**kept["balance"]), rode)


def of_field(conn: Connection, field: str) -> list[tuple[str, str]]:
    """Return code and identifier of every lot that was harvested from a field."""
    return [(code, uri) for code, uri in fetch(conn, SQL["of_field"], field=field)]


def village_of(conn: Connection, field: str) -> str | None:
    """Return the village of a field, somebody's own too; None where there is no such field."""
    rows = fetch(conn, SQL["village_of"], field=field)
    return str(rows[0][0]) if rows else None


def _said(rows: list[tuple[Any, ...]], names: dict[str, str]) -> dict[str, Told]:
    found = {}
    for value, time, party, name, step, disposition in rows:
        names[f"party:{party}"] = name
        sold = any(str(each or "").endswith(SOLD) for each in (step, disposition))
        found[value] = Told(time, f"party:{party}", sold)
    return found


@dataclass(frozen=True)
class _Things:
    """Codes of things, and how much of which lot is in boxes and in shipments [kg]."""

    codes: dict[str, str]
    boxed: dict[str, dict[str, float]]
    sent: dict[str, dict[str, float]]


def _things(rows: list[tuple[Any, ...]]) -> _Things:
    found = _Things({}, {}, {})
    for value, code, shipped, *columns in rows:
        found.codes[value] = code or value
        content = _kilograms(zip(*(each or () for each in columns), strict=True))
        if content:
            (found.sent if shipped else found.boxed)[value] = content
    return found


def _kilograms(amounts: Iterable[tuple[str, str, float | None]]) -> dict[str, float]:
    """How much of each lot [kg]; nothing where any of it has no weight."""
    content: dict[str, float] = {}
    for lot, unit, amount in amounts:
        if unit not in KILOGRAMS or amount is None:
            return {}
        content[lot] = content.get(lot, 0.0) + amount * KILOGRAMS[unit]
    return {lot: round(kg, 3) for lot, kg in content.items() if round(kg, 3) > 0}


def follow(conn: Connection, starts: Sequence[str]) -> Downstream:
    """Follow lots and things to every lot and thing that they came to.

    Parameters
    ----------
    conn : Connection
    starts : sequence of str
        Identifiers (``uri``).
    """
    edges = [(a, b) for a, b in fetch(conn, SQL["edges"], start=list(starts), product=PRODUCT)]
    depth = layers(starts, edges)
    values = list(depth)
    rows = fetch(conn, SQL["lots"], values=values)
    parts = [(c, p, kg) for c, p, kg in fetch(conn, SQL["parts"], values=values)]
    names: dict[str, str] = {}
    told = _said(fetch(conn, SQL["told"], values=values, things=NAMED, bureau=BUREAU.id), names)
    packed = {
        value: Packed(time, out, container)
        for value, time, out, container in fetch(conn, SQL["packed"], values=values)
    }
    emptied = _said(fetch(conn, SQL["emptied"], values=values), names)
    of_lots = {row[0]: row for row in rows}
    things = [each for each in values if each not in of_lots]
    of_things = _things(fetch(conn, SQL["boxed"], values=things))
    weighed = {row[0]: Weighed(row[3], row[4]) for row in rows}
    put_in = {row[0]: row[5] for row in rows}
    owners = {row[0]: row[6] for row in rows}
    names = {row[6]: row[7] for row in rows} | names
    latest = {value: newest(value, told, packed, emptied) for value in values}
    holders = {v: said.party if said else owners.get(v, "") for v, said in latest.items()}
    sold = {v: (said.sold if said else False) if holders[v] else None for v, said in latest.items()}
    outside, sent = loose(weighed, of_things.boxed, of_things.sent)
    nodes = [
        _node(value, layer, of_lots.get(value), of_things.codes, holders[value], bool(sold[value]))
        for value, layer in depth.items()
    ]
    boxes = {value: sum(content.values()) for value, content in of_things.boxed.items()}
    kilos = boxes | sent | outside
    nodes = [
        replace(each, kg=round(kilos[each.id], 3)) if each.id in kilos else each for each in nodes
    ]
    nodes.sort(key=lambda each: (each.layer, each.kind, each.label))
    share = shares(starts, weighed, parts, put_in)
    known = {key: name for key, name in names.items() if key in holders.values()}
    tolerance = lot_facts.rules(conn).tolerance
    packing = Packing(of_things.boxed, of_things.sent, tolerance)
    found = balance(starts, weighed, share, edges, sold, packing)
    return Downstream(tuple(nodes), tuple(edges), known, found)


def _node(
    value: str,
    layer: int,
    lot: tuple[Any, ...] | None,
    codes: dict[str, str],
    holder: str,
    sold: bool,
) -> Node:
    if lot is not None:
        return Node(value, LOT, lot[1], lot[2], layer, holder, None, sold)
    return Node(value, THING, codes[value], "", layer, holder, None, sold)
