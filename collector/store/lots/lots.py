"""Lots: goods that stay together, from a harvest, from other lots, bought with a certificate."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from collector.store.lots import lot_events, plantings
from collector.store.network.own_fields import OwnField
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run
from models.trace.codes import LENGTH, make_code
from models.weather.local_days import local_day

SQL = queries.load("lots")
HARVEST, SPLIT, MERGE, BOUGHT = "harvest", "split", "merge", "bought"
#: A list shows so many, the newest.
MOST_SHOWN = 200
#: So many parts at a time; more was not meant.
MOST_PARTS = 40
#: Weights are kept to the gram [kg].
GRAM = 3


class LotError(StoreError):
    """What was asked of a lot cannot be done."""


class MoreThanThere(LotError):  # noqa: N818 - named for what it is
    """More was to be taken from a lot than is left of it."""

    def __init__(self, lot: str, left: float, asked: float) -> None:
        self.lot, self.left, self.asked = lot, left, asked
        super().__init__(f"lot {lot}: {left:g} kg are left of it, and {asked:g} kg were asked for")


class NotTheSame(LotError):  # noqa: N818 - named for what it is
    """Lots of different produce were to be put together."""

    def __init__(self, produce: Sequence[str]) -> None:
        self.produce = tuple(produce)
        super().__init__(f"lots of {', '.join(produce)}: only lots of one produce become one")


class Certified(LotError):  # noqa: N818 - named for what it is
    """A lot has a certificate in force, which says how much it is."""

    def __init__(self, lot: str, number: str) -> None:
        self.lot, self.number = lot, number
        super().__init__(f"lot {lot}: certificate {number} is for it; make that void first")


@dataclass(frozen=True)
class Who:
    """Who does something, and when: number and name of a person, and a time, aware."""

    person: int
    name: str
    at: datetime


@dataclass(frozen=True)
class Lot:
    """A lot as it stands.

    ``weight_kg`` is what it weighed when it was made, ``left_kg`` what of it went into no other
    lot [kg]; ``day`` the local day of harvest, of dividing, or of buying; ``season`` when what was
    harvested had been sown; ``certificate`` the number of the one in force.
    """

    code: str
    uri: str
    kind: str
    produce: str
    weight_kg: float
    day: date
    field: str | None
    season: date | None
    village: str | None
    origin: str
    whose: int
    made: datetime
    made_by: str
    left_kg: float
    certificate: str | None
    field_name: str | None


@dataclass(frozen=True)
class Bought:
    """The certificate that came with goods; ``photo`` says whether there is one of it."""

    kind: str
    number: str
    issuer: str
    contact: str
    issued: date
    photo: bool = False


def _add(
    conn: Connection, kind: str, produce: str, weight_kg: float, who: Who, **of: object
) -> str:
    code = make_code("L", local_day(who.at), secrets.token_bytes(LENGTH * 2))
    given = {"day": local_day(who.at), "field": None, "season": None, "village": None, "origin": ""}
    run(
        conn,
        SQL["add"],
        code=code,
        uri=f"urn:uuid:{uuid.uuid4()}",
        kind=kind,
        produce=produce,
        weight_kg=round(weight_kg, GRAM),
        whose=who.person,
        made=who.at,
        made_by=who.name,
        **(given | of),
    )
    return code


def harvest(
    conn: Connection, own: OwnField, produce: str, weight_kg: float, day: date, who: Who
) -> str:
    """Make a lot of what was harvested from a field on a local day, and return its code.

    As all that makes a lot, it is told in the chain of who did it: call it last in a transaction.
    """
    sown = own.sown if own.sown is not None and own.sown <= day else None
    place = {"field": own.id, "season": sown, "village": own.village}
    code = _add(conn, HARVEST, produce, weight_kg, who, day=day, **place)
    plantings.join(conn, code, who.person, who.at)
    lot_events.tell(conn, lot_events.made(conn, code), who.at)
    plantings.tell(conn, [own.id], who.at)
    return code


def find(conn: Connection, code: str) -> Lot | None:
    """Return a lot; None where there is none."""
    rows = fetch(conn, SQL["of"], code=code, whose=None, most=1)
    return Lot(*rows[0]) if rows else None


def of_uri(conn: Connection, uri: str) -> Lot | None:
    """Return the lot that events call so; None where it is none of ours."""
    rows = fetch(conn, SQL["code_of"], uri=uri)
    return find(conn, rows[0][0]) if rows else None


def names(conn: Connection, uris: Sequence[str]) -> dict[str, str]:
    """Return codes by URI: of lots theirs, of what lots grew of an empty one, of others none."""
    return dict(fetch(conn, SQL["names"], uris=list(uris)))


def of_person(conn: Connection, person: int) -> list[Lot]:
    """Return the lots of a person, the newest first; `MOST_SHOWN` at most."""
    return [Lot(*row) for row in fetch(conn, SQL["of"], code=None, whose=person, most=MOST_SHOWN)]


def locked(conn: Connection, codes: Sequence[str]) -> list[Lot]:
    """Return lots of which nobody else takes anything until the transaction ends.

    Raises
    ------
    LotError
        When there is no such lot.
    """
    fetch(conn, SQL["lock"], codes=list(codes))
    found = [find(conn, code) for code in codes]
    for code, lot in zip(codes, found, strict=True):
        if lot is None:
            raise LotError(f"lot {code}: there is none of this code")
    return [lot for lot in found if lot is not None]


def _free(lots: Sequence[Lot]) -> None:
    for lot in lots:
        if lot.certificate is not None:
            raise Certified(lot.code, lot.certificate)


def split(conn: Connection, code: str, weights_kg: Sequence[float], who: Who) -> list[str]:
    """Divide a lot and return the codes of its parts; what is not divided stays in it.

    Raises
    ------
    Certified
        When a certificate for it is in force.
    MoreThanThere
        When the parts weigh more than is left of it.
    """
    (lot,) = locked(conn, [code])
    _free([lot])
    asked = round(sum(weights_kg), GRAM)
    if asked > round(lot.left_kg, GRAM):
        raise MoreThanThere(code, round(lot.left_kg, GRAM), asked)
    made = []
    for weight in weights_kg:
        of = {"village": lot.village, "origin": lot.origin}
        part = _add(conn, SPLIT, lot.produce, weight, who, **of)
        run(conn, SQL["add_part"], child=part, parent=code, weight_kg=round(weight, GRAM))
        made.append(part)
    told = [act for part in made for act in lot_events.made(conn, part)]
    lot_events.tell(conn, told, who.at)
    return made


def merge(conn: Connection, codes: Sequence[str], weight_kg: float | None, who: Who) -> str:
    """Put all that is left of some lots together and return the code of the new one.

    Parameters
    ----------
    conn : Connection
    codes : sequence of str
        Two or more.
    weight_kg : float or None
        As it was weighed together; None: the sum. That it balances is judged when a certificate
        is asked for.
    who : Who

    Raises
    ------
    Certified
        When a certificate for one of them is in force.
    MoreThanThere
        When nothing is left of one.
    NotTheSame
        When they are not all of one produce.
    """
    lots = locked(conn, codes)
    produce = list(dict.fromkeys(lot.produce for lot in lots))
    if len(produce) > 1:
        raise NotTheSame(produce)
    _free(lots)
    for lot in lots:
        if round(lot.left_kg, GRAM) <= 0:
            raise MoreThanThere(lot.code, 0.0, round(lot.weight_kg, GRAM))
    villages = {lot.village for lot in lots}
    of = {
        "village": villages.pop() if len(villages) == 1 else None,
        "origin": "、".join(dict.fromkeys(lot.origin for lot in lots if lot.origin)),
    }
    weight = sum(lot.left_kg for lot in lots) if weight_kg is None else weight_kg
    whole = _add(conn, MERGE, produce[0], weight, who, **of)
    for lot in lots:
        taken = round(lot.left_kg, GRAM)
        run(conn, SQL["add_part"], child=whole, parent=lot.code, weight_kg=taken)
    lot_events.tell(conn, lot_events.made(conn, whole), who.at)
    return whole


def buy(
    conn: Connection,
    produce: str,
    weight_kg: float,
    origin: str,
    came: Bought,
    jpeg: bytes | None,
    parent: Lot | None,
    who: Who,
) -> str:
    """Make a lot of goods that were bought, keep the certificate that came, return the code.

    Parameters
    ----------
    conn : Connection
    produce : str
    weight_kg : float
    origin : str
        As the certificate says.
    came : Bought
    jpeg : bytes or None
        Its photo.
    parent : Lot or None
        The lot that it is for, where it was issued here: what is known of that goes with the goods.
    who : Who

    Raises
    ------
    MoreThanThere
        When more was bought by one certificate of ours than it is for.
    """
    village = None
    if parent is not None:
        (parent,) = locked(conn, [parent.code])
        if round(weight_kg, GRAM) > round(parent.left_kg, GRAM):
            raise MoreThanThere(parent.code, max(0.0, round(parent.left_kg, GRAM)), weight_kg)
        village = parent.village
    code = _add(conn, BOUGHT, produce, weight_kg, who, origin=origin, village=village)
    if parent is not None:
        run(conn, SQL["add_part"], child=code, parent=parent.code, weight_kg=round(weight_kg, GRAM))
    given = {key: value for key, value in vars(came).items() if key != "photo"}
    run(conn, SQL["add_bought"], lot=code, jpeg=jpeg, **given)
    lot_events.tell(conn, lot_events.made(conn, code), who.at)
    return code


def bought(conn: Connection, lot: str) -> Bought | None:
    """Return the certificate that came with a lot; None where none came."""
    rows = fetch(conn, SQL["bought"], lot=lot)
    return Bought(*rows[0]) if rows else None


def photo(conn: Connection, lot: str) -> bytes | None:
    """Return the photo of the certificate that came with a lot; None where there is none."""
    rows = fetch(conn, SQL["bought_jpeg"], lot=lot)
    return bytes(rows[0][0]) if rows and rows[0][0] is not None else None


def parts(conn: Connection, lot: str) -> list[tuple[str, str, float]]:
    """Return child, parent and weight [kg] of what a lot was made of and went into."""
    return [(child, parent, kg) for child, parent, kg in fetch(conn, SQL["parts"], code=lot)]
