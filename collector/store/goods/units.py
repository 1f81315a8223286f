"""Codes that boxes and pallets get here, and the places that a party named.

A box gets an SSCC where its party has a company prefix, else a code of ours, whose name in events
is a ``urn:uuid:``, as a lot's. What a place is called stays here; events carry its URI alone.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection, StoreError
from collector.store.postgres.queries import fetch, run
from models.trace.codes import LENGTH, make_code
from models.trace.goods import BOX, PALLET, sscc
from models.trace.identifiers import Identifier, link
from models.weather.local_days import local_day

SQL = queries.load("units")
PREFIX = re.compile(r"[0-9]{6,12}")
#: So many labels at a time; two sheets of A4 and more were not meant.
MOST_UNITS = 100
MOST_PLACES = 40
_LETTERS = {BOX: "B", PALLET: "P"}


class PrefixError(StoreError):
    """A company prefix cannot be had so; the message names it and the mend."""


class UnknownPlace(StoreError):  # noqa: N818 - named for what it is
    """A place is none that the party named."""


@dataclass(frozen=True)
class Unit:
    """A box or pallet: its code, its name in events, whose party made it, with what others."""

    code: str
    uri: str
    party: str
    kind: str
    batch: str
    made: datetime


@dataclass(frozen=True)
class Place:
    """A place that a party named."""

    uri: str
    name: str


def set_prefix(conn: Connection, party: str, prefix: str | None) -> None:
    """Give a party its GS1 company prefix; its boxes get SSCCs from then on. None takes it away.

    Raises
    ------
    PrefixError
        When it is none, another party has it, or there is no such party.
    """
    if prefix is not None and not PREFIX.fullmatch(prefix):
        raise PrefixError(f'"{prefix}": a company prefix has 6 to 12 digits')
    holder = fetch(conn, SQL["holder"], prefix=prefix)
    if holder and holder[0][0] != party:
        raise PrefixError(f"{prefix}: is the prefix of {holder[0][0]} already")
    if not fetch(conn, SQL["set_prefix"], party=party, prefix=prefix):
        raise PrefixError(f'"{party}": no such party; see: nongqing trace parties')


def prefix_of(conn: Connection, party: str) -> str | None:
    """Return a party's company prefix; None where it has none."""
    rows = fetch(conn, SQL["prefix"], party=party)
    return rows[0][0] if rows else None


def make(conn: Connection, party: str, kind: str, count: int, at: datetime) -> list[Unit]:
    """Give codes to so many boxes or pallets, in one batch.

    Raises
    ------
    PrefixError
        When the party's company prefix leaves no room for so many.
    """
    ((prefix, first),) = fetch(conn, SQL["serials"], party=party, count=count)
    batch = secrets.token_hex(12)
    made = []
    for number in range(first, first + count):
        if prefix is None:
            code = make_code(_LETTERS[kind], local_day(at), secrets.token_bytes(LENGTH * 2))
            name = f"urn:uuid:{uuid.uuid4()}"
        else:
            try:
                code = sscc(prefix, number)
            except ValueError as error:
                raise PrefixError(f"{error}; ask GS1 for another") from error
            name = link(Identifier("sscc", code))
        made.append(Unit(code, name, party, kind, batch, at))
        run(conn, SQL["add"], at=at, code=code, uri=name, party=party, kind=kind, batch=batch)
    return made


def _units(conn: Connection, **by: object) -> list[Unit]:
    none = dict.fromkeys(("codes", "uris", "batch", "party"))
    return [Unit(*row) for row in fetch(conn, SQL["of"], **(none | by))]


def by_code(conn: Connection, code: str) -> Unit | None:
    """Return the box or pallet of a code; None where there is none."""
    return next(iter(_units(conn, codes=[code])), None)


def by_uri(conn: Connection, uris: Sequence[str]) -> dict[str, Unit]:
    """Return those boxes and pallets among some things that got their code here, by URI."""
    return {each.uri: each for each in _units(conn, uris=list(uris))}


def batch(conn: Connection, party: str, name: str) -> list[Unit]:
    """Return what a party made in one batch; nothing for another party's."""
    return _units(conn, batch=name, party=party)


def places(conn: Connection, party: str) -> list[Place]:
    """Return the places that a party named, those used last first; `MOST_PLACES` at most."""
    return [Place(*row) for row in fetch(conn, SQL["places"], party=party, most=MOST_PLACES)]


def use_place(
    conn: Connection, party: str, chosen: str | None, name: str | None, at: datetime
) -> str:
    """Return the URI of a place that was chosen, or of one named anew; note that it was used.

    Raises
    ------
    UnknownPlace
        When what was chosen is no place of the party.
    """
    if name:
        given = {"uri": f"urn:uuid:{uuid.uuid4()}", "name": name}
        rows = fetch(conn, SQL["add_place"], party=party, at=at, **given)
    else:
        rows = fetch(conn, SQL["use_place"], party=party, at=at, uri=chosen)
    if not rows:
        raise UnknownPlace(f"{chosen}: no place that the party {party} named")
    return str(rows[0][0])
