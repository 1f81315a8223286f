"""Store rooms, trucks and boxes, and the loggers that ride in them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run
from collector.store.trace.members import tell
from collector.store.trace.parties import Party
from models.exchange.cold_chain import association
from models.exchange.epcis.looked_up import FieldError, uri
from models.trace.identifiers import IdentifierError

SQL = queries.load("assets")
KINDS = ("store_room", "truck", "box")


class AssetError(StoreError):
    """What was asked of an asset or a logger cannot be done.

    `kind` is one of ``no_asset``, ``of_another``, ``no_node``, ``no_logger``, ``owned``,
    ``attached``, ``earlier``, ``not_attached``, ``before``, ``taken``, ``bad_uri``; `words` are
    what its sentence needs.
    """

    TEXTS = {
        "no_asset": "asset {asset}: there is none of this number; see: nongqing trace assets",
        "of_another": "asset {asset}: belongs to {owner}, not to {party}; ask them to do it",
        "no_node": "node {node}: not in the registry; see: nongqing node list",
        "no_logger": "node {node}: stands in a field; only a node of a depot rides along",
        "owned": "node {node}: belongs to {owner}, not to {party}; ask them, or see: "
        "nongqing trace logger --help",
        "attached": "node {node}: rides in {asset} already; detach it there first",
        "earlier": "node {node}: rode in {asset} until {until}; attach it from then on or later",
        "not_attached": "node {node}: rides in no asset; attach it first",
        "before": "node {node}: was attached only at {since}; detach it after that",
        "taken": "{uri}: an asset has this identifier already; give this one its own",
        "bad_uri": "{uri}: is no identifier ({why}); give a GIAI or another URI, or none",
    }

    def __init__(self, kind: str, **words: str) -> None:
        self.kind, self.words = kind, words
        super().__init__(self.TEXTS[kind].format(**words))


@dataclass(frozen=True)
class Asset:
    """A store room, truck or box of a party; ``node`` is the logger in it now."""

    id: int
    uri: str
    kind: str
    name: str
    party: str
    party_name: str
    made: datetime
    node: str | None


@dataclass(frozen=True)
class Attachment:
    """A logger in an asset; ``until`` None: still."""

    id: int
    node: str
    asset: int
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Check:
    """A device was checked on ``day`` by ``by``, and is to be checked again by ``due``."""

    node: str
    day: date
    due: date
    by: str


def add(
    conn: Connection, kind: str, name: str, party: Party, at: datetime, by: str, given: str = ""
) -> Asset:
    """Add an asset of a party.

    Parameters
    ----------
    conn : Connection
    kind : str
        One of `KINDS`.
    name : str
    party : Party
    at : datetime
        Aware.
    by : str
        Who adds it.
    given : str
        Its GIAI or another URI; '' makes one.

    Raises
    ------
    AssetError
        When the identifier is none, or another asset's.
    """
    try:
        if given and ":" not in given:
            raise FieldError("it has no scheme")
        found = uri(given) if given else f"urn:uuid:{uuid.uuid4()}"
    except (FieldError, IdentifierError) as error:
        raise AssetError("bad_uri", uri=given, why=str(error)) from error
    rows = fetch(conn, SQL["add"], uri=found, kind=kind, name=name, party=party.id, at=at, by=by)
    if not rows:
        raise AssetError("taken", uri=given)
    run(conn, SQL["add_place"], id=rows[0][0])
    return asset(conn, rows[0][0])


def asset(conn: Connection, number: int) -> Asset:
    """Return an asset.

    Raises
    ------
    AssetError
        When there is none of this number.
    """
    rows = fetch(conn, SQL["assets"], id=number, party=None)
    if not rows:
        raise AssetError("no_asset", asset=str(number))
    return Asset(*rows[0])


def assets(conn: Connection, party: str | None = None) -> list[Asset]:
    """Return the assets of a party, or all."""
    return [Asset(*row) for row in fetch(conn, SQL["assets"], id=None, party=party)]


def attachments(conn: Connection, number: int) -> list[Attachment]:
    """Return which loggers rode in an asset and when, the newest first."""
    return [Attachment(*row) for row in fetch(conn, SQL["attachments"], asset=number)]


def _own(conn: Connection, number: int, party: Party) -> Asset:
    found = asset(conn, number)
    if found.party != party.id:
        raise AssetError("of_another", asset=found.name, owner=found.party_name, party=party.name)
    return found


def _depot_node(conn: Connection, node: str) -> None:
    """Hold a node until the transaction ends, and refuse one that is no logger."""
    fetch(conn, SQL["lock_node"], node=node)
    home = fetch(conn, SQL["home"], node=node)
    if not home:
        raise AssetError("no_node", node=node)
    if home[0][0] != "depot":
        raise AssetError("no_logger", node=node)


def owner(conn: Connection, node: str) -> Party | None:
    """Return whose a logger is; None where it is nobody's yet."""
    rows = fetch(conn, SQL["owner"], node=node)
    return Party(*rows[0]) if rows else None


def loggers(conn: Connection, party: str) -> list[tuple[str, str | None]]:
    """Return the loggers of a party, and the name of what each rides in now."""
    return [(node, name) for node, name in fetch(conn, SQL["loggers"], party=party)]


def give(conn: Connection, node: str, party: str, by: str, at: datetime) -> None:
    """Let a logger be a party's from now on; where it rides it goes on riding.

    Raises
    ------
    AssetError
        When there is no such node, or it is at home in a field.
    """
    _depot_node(conn, node)
    run(conn, SQL["give"], node=node, party=party, at=at, by=by)


def attach(
    conn: Connection,
    node: str,
    number: int,
    party: Party,
    by: str,
    at: datetime,
    since: datetime | None = None,
) -> int:
    """Let a logger ride in an asset of a party, and tell it; call it last in a transaction.

    A logger that is nobody's is the party's from then on.

    Parameters
    ----------
    conn : Connection
    node : str
    number : int
        Of the asset.
    party : Party
        Whose asset it is, and who tells.
    by : str
        Who does it.
    at : datetime
        Now, aware.
    since : datetime, optional
        From when on its readings are the asset's; now.

    Returns
    -------
    int
        Number of the attachment.

    Raises
    ------
    AssetError
        When there is no such asset, or it is another party's; when there is no such node, it is at
        home in a field, whose readings are its keeper's, belongs to another party, or rides
        somewhere at that time already.
    """
    into, since = _own(conn, number, party), since or at
    _depot_node(conn, node)
    whose = owner(conn, node)
    if whose is not None and whose.id != party.id:
        raise AssetError("owned", node=node, owner=whose.name, party=party.name)
    for name, until in fetch(conn, SQL["rides"], node=node, since=since):
        if until is None:
            raise AssetError("attached", node=node, asset=name)
        raise AssetError("earlier", node=node, asset=name, until=f"{until:%Y-%m-%d %H:%M} UTC")
    of = {"node": node, "asset": number, "since": since, "by": by}
    ((attachment,),) = fetch(conn, SQL["attach"], **of)
    if whose is None:
        run(conn, SQL["give"], node=node, party=party.id, at=since, by=by)
    tell(conn, party, [association(attachment, node, into.uri, since, attached=True)], at)
    return int(attachment)


def detach(conn: Connection, node: str, party: Party, by: str, at: datetime) -> Asset:
    """Take a logger out of the asset that it rides in, and tell it; call it last.

    Raises
    ------
    AssetError
        When it rides nowhere, was attached only later, or in an asset of another party.
    """
    fetch(conn, SQL["lock_node"], node=node)
    rows = fetch(conn, SQL["current"], node=node)
    if not rows:
        raise AssetError("not_attached", node=node)
    attachment, number, since = rows[0]
    out_of = _own(conn, number, party)
    if at <= since:
        raise AssetError("before", node=node, since=f"{since:%Y-%m-%d %H:%M} UTC")
    run(conn, SQL["detach"], id=attachment, at=at, by=by)
    tell(conn, party, [association(attachment, node, out_of.uri, at, attached=False)], at)
    return out_of


def add_check(
    conn: Connection, node: str, day: date, due: date, by: str, person: int, at: datetime
) -> None:
    """Write down that a device was checked, and by when it is to be checked again."""
    run(conn, SQL["add_check"], node=node, day=day, due=due, by=by, person=person, at=at)


def checks(conn: Connection, nodes: list[str]) -> dict[str, Check]:
    """Return the newest check of devices, by node; who was never checked is left out."""
    return {row[0]: Check(*row) for row in fetch(conn, SQL["checks"], nodes=nodes)}
