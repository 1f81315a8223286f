"""What was in the assets in which a logger rode, between two moments: two questions, however much.

A logger moves between assets. Only those count in which it was within the span, and of each only
the time in which it was there; a load that was there for part of that counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from collector.store.lots.lot_events import BUREAU
from collector.store.lots.lots import LotError
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch
from collector.store.trace.following import PRODUCT
from collector.store.trace.visible import NAMED
from models.trace.breaks import read_told
from models.trace.stays import Seen, Stay, stays

SQL = queries.load("rode")
#: Field of ours by which an event says which asset its things are in.
ASSET_TERM = "own:urn:nongqing:epcis:asset"
NODE = "urn:nongqing:node:"
#: What a lot lay in that lay in more than one box.
SEVERAL = "*"
STORE_ROOM = "store_room"
#: Somebody who reads the time off a clock is not ahead of it.
AHEAD = timedelta(minutes=1)


class SpanError(LotError):
    """Nothing can be looked for by a logger and two moments.

    `kind` is one of ``no_logger``, ``turned``, ``to_come``, ``nowhere``, ``nothing``; `words` are
    what its sentence needs.
    """

    TEXTS = {
        "no_logger": 'logger "{node}": there is none of this number; see: nongqing node list',
        "turned": "from {since} until {until}: ends before it begins; turn it round",
        "to_come": "until {until}: is still to come; it is {now} now, look up to then",
        "nowhere": "logger {node}: rode in nothing from {since} until {until}; it rode {rode}",
        "nothing": "logger {node}: nothing is known to have been with it from {since} until "
        "{until} (in {rode})",
    }

    def __init__(self, kind: str, **words: str) -> None:
        self.kind, self.words = kind, words
        super().__init__(self.TEXTS[kind].format(**words))


@dataclass(frozen=True)
class Ride:
    """A stretch of the span in which a logger rode in an asset.

    ``loads`` are the shipments on their way there meanwhile: URI and code of each one's lot, its
    weight [kg], from when to when.
    """

    asset: int
    uri: str
    name: str
    kind: str
    party_name: str
    since: datetime
    until: datetime
    loads: tuple[tuple[str, str, float, datetime, datetime], ...]


@dataclass(frozen=True)
class Rode:
    """What was with a logger.

    Attributes
    ----------
    id, label : str
        Identifier, and what people call it.
    kind : str
        ``lot`` or ``thing``.
    asset : str
        Name of the truck, store room or box.
    within : str
        What it lay in there; '' where it lay in the asset itself, `SEVERAL` for several boxes.
    since, until : datetime
    kg : float or None
        Of a lot, as far as told [kg].
    starts : bool
        Whether the recall begins with it; what lay in a box is recalled with the box.
    """

    id: str
    label: str
    kind: str
    asset: str
    within: str
    since: datetime
    until: datetime
    kg: float | None
    starts: bool

    def content(self) -> list[Any]:
        """As JSON keeps it."""
        return [
            each.isoformat() if isinstance(each, datetime) else each for each in vars(self).values()
        ]

    @classmethod
    def of_content(cls, kept: list[Any]) -> Rode:
        """Read what `content` wrote."""
        head, since, until = kept[:5], kept[5], kept[6]
        return cls(*head, *map(datetime.fromisoformat, (since, until)), *kept[7:])


def _words(node: str, span: tuple[datetime, datetime]) -> dict[str, str]:
    since, until = (f"{each:%Y-%m-%d %H:%M %Z}" for each in span)
    return {"node": node[:40], "since": since, "until": until}


def prove(node: str, span: tuple[datetime, datetime], now: datetime) -> None:
    """Refuse a span of time that is none.

    Parameters
    ----------
    node : str
    span : tuple of datetime
        From and until, aware.
    now : datetime
        Aware.

    Raises
    ------
    SpanError
        When it is turned round, or to come.
    """
    if span[1] <= span[0]:
        raise SpanError("turned", **_words(node, span))
    if span[1] > now + AHEAD:
        here = now.astimezone(span[1].tzinfo)
        raise SpanError("to_come", now=f"{here:%Y-%m-%d %H:%M %Z}", **_words(node, span))


def rides(conn: Connection, node: str, span: tuple[datetime, datetime]) -> list[Ride]:
    """Return where a logger rode within a span of time.

    Raises
    ------
    SpanError
        When there is no such logger, or it rode nowhere then.
    """
    rows = fetch(conn, SQL["rides"], node=node, since=span[0], until=span[1])
    if not rows:
        raise SpanError("no_logger", **_words(node, span))
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        if row[0] is not None:
            own = found.setdefault(tuple(row[:7]), [])
            own += [row[7:]] if row[7] is not None else []
    if not found:
        zone = span[0].tzinfo
        stretches = [
            f"{name} {since.astimezone(zone):%Y-%m-%d %H:%M}"
            f" – {f'{until.astimezone(zone):%Y-%m-%d %H:%M}' if until else '…'}"
            for name, since, until in fetch(conn, SQL["rode"], node=node)
        ]
        raise SpanError("nowhere", rode="; ".join(stretches) or "never", **_words(node, span))
    return [Ride(*(*key, tuple(map(tuple, loads)))) for key, loads in found.items()]


def rode(conn: Connection, node: str, span: tuple[datetime, datetime]) -> list[Rode]:
    """Return all lots and things that were where a logger rode within a span of time.

    Parameters
    ----------
    conn : Connection
    node : str
    span : tuple of datetime
        From and until, aware.

    Raises
    ------
    SpanError
        When there is no such logger, it rode nowhere then, or nothing is known to have been there.
    """
    where = rides(conn, node, span)
    assets = sorted({each.uri for each in where})
    rows = fetch(
        conn,
        SQL["moves"],
        assets=assets,
        until=span[1],
        asset_term=ASSET_TERM,
        named=NAMED,
        product=PRODUCT,
        bureau=BUREAU.id,
    )
    seen = [
        Seen(read_told(id_, party, time, type_, step, document), location, asset)
        for id_, party, time, type_, step, location, asset, document in rows
    ]
    stayed: list[tuple[Ride, Stay]] = []
    for ride in where:
        shipped = {uri for uri, *_ in ride.loads}
        stayed += [
            (ride, Stay(uri, ride.uri, since, until, kg, single=False))
            for uri, _, kg, since, until in ride.loads
        ]
        stayed += [
            (ride, each)
            for each in stays(
                seen, ride.uri, (ride.since, ride.until), store_room=ride.kind == STORE_ROOM
            )
            if not each.thing.startswith(NODE)
            and not (each.thing in shipped and each.within == ride.uri)
        ]
    if not stayed:
        names = "; ".join(dict.fromkeys(each.name for each in where))
        raise SpanError("nothing", rode=names, **_words(node, span))
    return _called(conn, stayed)


def _called(conn: Connection, stayed: list[tuple[Ride, Stay]]) -> list[Rode]:
    values = sorted({value for _, each in stayed for value in (each.thing, each.within)})
    names = {row[0]: row[1] for row in fetch(conn, SQL["called"], values=values)}
    return [
        Rode(
            each.thing,
            names.get(each.thing, each.thing),
            "thing" if each.single else "lot",
            ride.name,
            "" if each.within == ride.uri else names.get(each.within, each.within or SEVERAL),
            each.since,
            each.until,
            None if each.single else each.kg,
            each.single or each.within == ride.uri,
        )
        for ride, each in stayed
    ]


def villages(conn: Connection, found: list[Rode]) -> list[str | None]:
    """Return where the lots among some goods grew; None for a lot of no village of ours."""
    values = sorted({each.id for each in found})
    return [row[3] for row in fetch(conn, SQL["called"], values=values) if row[2]]


def recalled(conn: Connection, things: list[str]) -> set[str]:
    """Return those of some things of which was told that they are recalled."""
    return {value for (value,) in fetch(conn, SQL["recalled"], things=things, bureau=BUREAU.id)}


def by_handlers(conn: Connection, things: list[str]) -> list[list[str]]:
    """Put things together that the same parties handled."""
    found: dict[tuple[str, ...], list[str]] = {}
    for value, parties in fetch(conn, SQL["handlers"], things=things, bureau=BUREAU.id):
        found.setdefault(tuple(parties or ()), []).append(value)
    return list(found.values())


def loggers(conn: Connection) -> list[tuple[str, str]]:
    """Return the loggers that ever rode in anything, and the names of what they rode in."""
    return [(node, names) for node, names in fetch(conn, SQL["loggers"])]
