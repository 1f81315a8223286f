"""Shipments: so much of a lot goes from one party to another, and is accepted or disputed."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.store.coldchain.assets import asset
from collector.store.lots import lots
from collector.store.lots.lots import Who
from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run
from collector.store.trace.members import tell
from collector.store.trace.parties import Party
from models.exchange.cold_chain import receiving, shipping
from models.trace.codes import LENGTH, make_code
from models.weather.local_days import local_day

SQL = queries.load("shipments")
#: A list shows so many, the newest.
MOST_SHOWN = 200
GRAM = 3


class ShipmentError(StoreError):
    """What was asked of a shipment cannot be done.

    `kind` is one of ``no_lot``, ``no_limits``, ``lot_of_another``, ``held``, ``recalled``,
    ``more``, ``asset_of_another``, ``empty``, ``no_receiver``, ``to_oneself``, ``not_receiver``,
    ``over``, ``not_left``, ``twice``; `words` are what its sentence needs.
    """

    TEXTS = {
        "no_lot": "lot {lot}: there is none of this code; look at its certificate",
        "no_limits": "lot {lot}: no limits are declared for it in field_configs/products",
        "lot_of_another": "lot {lot}: is not yours; its owner ships it",
        "held": "lot {lot}: an inspector holds it; ask them",
        "recalled": "lot {lot}: is recalled, and so stays where it is; ask the inspector",
        "more": "lot {lot}: {left} kg are there to be shipped, and {asked} kg were asked for",
        "asset_of_another": "asset {asset}: belongs to {owner}; choose one of yours",
        "empty": "asset {asset}: no logger rides in it; attach one first",
        "no_receiver": 'receiver "{party}": no such party; see: nongqing trace parties',
        "to_oneself": "receiver {party}: is the sender; choose another",
        "not_receiver": "shipment {code}: goes to {receiver}, who accepts or disputes it",
        "over": "shipment {code}: was handed over already",
        "twice": "lot {lot}: stands twice in the load; give its weight once",
        "not_left": "shipment {code}: left only at {shipped}; hand it over after that",
    }

    def __init__(self, kind: str, **words: str) -> None:
        self.kind, self.words = kind, words
        super().__init__(self.TEXTS[kind].format(**words))


@dataclass(frozen=True)
class Handover:
    """What the receiver said; temperatures [degC] by their own thermometer and by the logger."""

    accepted: bool
    celsius: float | None
    logger_celsius: float | None
    note: str
    at: datetime
    name: str


@dataclass(frozen=True)
class Line:
    """What a load has of a lot [kg], and the product whose limits hold for it."""

    lot: str
    weight_kg: float
    product: str


@dataclass(frozen=True)
class Shipment:
    """So much of a lot [kg] on its way; ``handover`` is None until it is over.

    ``load`` is the code of the first of those that left together; its own where it left alone.
    """

    code: str
    uri: str
    lot: str
    lot_uri: str
    village: str | None
    produce: str
    weight_kg: float
    product: str
    asset: int
    asset_uri: str
    asset_name: str
    asset_kind: str
    sender: str
    sender_name: str
    receiver: str
    receiver_name: str
    shipped: datetime
    name: str
    load: str
    handover: Handover | None

    @property
    def until(self) -> datetime | None:
        """When it was handed over; None while it is on its way."""
        return None if self.handover is None else self.handover.at


_HANDOVER = 6


def _shipment(row: tuple[Any, ...]) -> Shipment:
    of, over = row[:-_HANDOVER], row[-_HANDOVER:]
    said = Handover(*over) if over[0] is not None else None
    return Shipment(*(*of, said))


def find(conn: Connection, code: str) -> Shipment | None:
    """Return a shipment; None where there is none of this code."""
    of = {"party": None, "load": None, "open": False, "most": 1}
    rows = fetch(conn, SQL["shipments"], code=code, **of)
    return _shipment(rows[0]) if rows else None


def of_load(conn: Connection, load: str) -> list[Shipment]:
    """Return the shipments that left together, each with a lot of its own."""
    of = {"code": None, "party": None, "open": False, "most": MOST_SHOWN}
    return [_shipment(row) for row in fetch(conn, SQL["shipments"], load=load, **of)]


def of_party(conn: Connection, party: str) -> list[Shipment]:
    """Return the shipments that a party sent or gets, the newest first."""
    of = {"code": None, "load": None, "open": False, "most": MOST_SHOWN}
    return [_shipment(row) for row in fetch(conn, SQL["shipments"], party=party, **of)]


def newest(conn: Connection, *, on_way: bool = False) -> list[Shipment]:
    """Return the newest shipments of all; with `on_way` every one that is not handed over yet."""
    most = 2**31 - 1 if on_way else MOST_SHOWN
    of = {"code": None, "party": None, "load": None, "open": on_way, "most": most}
    return [_shipment(row) for row in fetch(conn, SQL["shipments"], **of)]


def carried(
    conn: Connection, number: int, window: tuple[datetime, datetime]
) -> list[tuple[str, float]]:
    """Return URI and weight [kg] of the lots that an asset carried within a span of time."""
    of = {"asset": number, "start": window[0], "end": window[1]}
    return [(uri, kg) for uri, kg in fetch(conn, SQL["carried"], **of)]


def ship(
    conn: Connection,
    code: str,
    weight_kg: float,
    product: str,
    number: int,
    parties: tuple[Party, str],
    who: Who,
    shipped: datetime | None = None,
    load: str | None = None,
) -> str:
    """Send a lot on its way and tell it; call it last in a transaction.

    Parameters
    ----------
    conn : Connection
    code : str
        Of the lot; it is the sender's.
    weight_kg : float
    product : str
        Whose limits hold, of field_configs/products.
    number : int
        Of the asset; it is the sender's, and a logger rides in it.
    parties : tuple of Party, str
        The sender, and the id of the receiver.
    who : Who
    shipped : datetime, optional
        When it left; now.
    load : str, optional
        Code of the first shipment of its load.

    Returns
    -------
    str
        Code of the shipment.

    Raises
    ------
    ShipmentError
    AssetError
        When there is no such asset.
    """
    sender, receiver = parties
    shipped = shipped or who.at
    if receiver == sender.id:
        raise ShipmentError("to_oneself", party=sender.name)
    if not fetch(conn, SQL["party"], party=receiver):
        raise ShipmentError("no_receiver", party=receiver)
    if lots.find(conn, code) is None:
        raise ShipmentError("no_lot", lot=code)
    (lot,) = lots.locked(conn, [code])
    if lot.whose != who.person:
        raise ShipmentError("lot_of_another", lot=code)
    for state, stopped in fetch(conn, SQL["stopped"], lot=code):
        raise ShipmentError(state, lot=stopped)
    ((away,),) = fetch(conn, SQL["away"], lot=code)
    left = round(lot.left_kg - away, GRAM)
    if round(weight_kg, GRAM) > left:
        raise ShipmentError("more", lot=code, left=f"{max(left, 0):g}", asked=f"{weight_kg:g}")
    into = asset(conn, number)
    if into.party != sender.id:
        raise ShipmentError("asset_of_another", asset=into.name, owner=into.party_name)
    if into.node is None:
        raise ShipmentError("empty", asset=into.name)
    made = make_code("S", local_day(who.at), secrets.token_bytes(LENGTH * 2))
    uri = f"urn:uuid:{uuid.uuid4()}"
    run(
        conn,
        SQL["add"],
        code=made,
        uri=uri,
        lot=code,
        weight_kg=round(weight_kg, GRAM),
        product=product,
        asset=number,
        sender=sender.id,
        receiver=receiver,
        shipped=shipped,
        person=who.person,
        name=who.name,
        load=load,
    )
    between = (sender.id, receiver)
    told = shipping(uri, lot.uri, round(weight_kg, GRAM), into.uri, between, shipped)
    tell(conn, sender, [told], who.at)
    return made


def ship_together(
    conn: Connection,
    lines: Sequence[Line],
    number: int,
    parties: tuple[Party, str],
    who: Who,
    shipped: datetime | None = None,
) -> list[str]:
    """Send several lots on their way in one asset and tell each; call it last in a transaction.

    Each is a shipment of its own, with limits, a hand-over and events of its own; the code of the
    first is their load.

    Parameters
    ----------
    conn : Connection
    lines : sequence of Line
        At least one.
    number, parties, who, shipped
        As `ship` has them.

    Returns
    -------
    list of str
        Codes of the shipments.

    Raises
    ------
    ShipmentError
        Also when a lot stands in it twice.
    AssetError
        When there is no such asset.
    """
    lots_in = [each.lot for each in lines]
    for each in lots_in:
        if lots_in.count(each) > 1:
            raise ShipmentError("twice", lot=each)
    codes: list[str] = []
    for line in lines:
        given = (line.lot, line.weight_kg, line.product, number, parties, who)
        codes.append(ship(conn, *given, shipped, codes[0] if codes else None))
    return codes


def hand_over(
    conn: Connection,
    code: str,
    party: Party,
    *,
    accepted: bool,
    celsius: float | None,
    logger_celsius: float | None,
    note: str,
    who: Who,
) -> None:
    """Accept or dispute a shipment, for its receiver, and tell it; call it last.

    Parameters
    ----------
    conn : Connection
    code : str
        Of a shipment that there is.
    party : Party
        Who says it.
    accepted : bool
    celsius : float or None
        By the receiver's own thermometer [degC].
    logger_celsius : float or None
        The warmest of the logger's last readings [degC].
    note : str
        Why, where it is disputed.
    who : Who

    Raises
    ------
    ShipmentError
        When it goes to another party, is over, or has not left.
    """
    fetch(conn, SQL["lock"], code=code)
    found = find(conn, code)
    assert found is not None
    if found.receiver != party.id:
        raise ShipmentError("not_receiver", code=code, receiver=found.receiver_name)
    if found.handover is not None:
        raise ShipmentError("over", code=code)
    if who.at <= found.shipped:
        raise ShipmentError("not_left", code=code, shipped=f"{found.shipped:%Y-%m-%d %H:%M} UTC")
    of = {"accepted": accepted, "celsius": celsius, "logger_celsius": logger_celsius, "note": note}
    given = {"at": who.at, "person": who.person, "name": who.name}
    run(conn, SQL["add_handover"], shipment=code, **of, **given)
    told = receiving(
        found.uri,
        found.lot_uri,
        found.weight_kg,
        (found.sender, found.receiver),
        who.at,
        accepted=accepted,
        own_celsius=celsius,
        logger_celsius=logger_celsius,
        note=note,
    )
    tell(conn, party, [told], who.at)


def phones(conn: Connection, parties: Sequence[str]) -> list[str]:
    """Return the phone numbers of the people who tell events for parties."""
    return [phone for (phone,) in fetch(conn, SQL["phones"], parties=list(parties))]
