"""Certificates of commitment: issued where nothing speaks against it, void with a reason, kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg2.extras import Json

from collector.permissions import Grant
from collector.store.lots import lot_events
from collector.store.lots.lot_facts import Led, led_to, verdict
from collector.store.lots.lots import Certified, LotError, Who, locked
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run
from field_configs.schema import Crop
from models.trace.certificate import BUYER, PRODUCER, STATEMENTS, Verdict, key
from models.trace.codes import LENGTH, make_code
from models.weather.local_days import local_day

SQL = queries.load("certificates")
#: The register shows so many lots, the newest.
MOST_SHOWN = 200


class Refused(LotError):  # noqa: N818 - named for what happened
    """A certificate is not issued; `verdict` has the reasons."""

    def __init__(self, lot: str, found: Verdict) -> None:
        self.verdict = found
        super().__init__(f"lot {lot}: no certificate: {'; '.join(map(str, found.against))}")


class AlreadyVoid(LotError):  # noqa: N818 - named for what it is
    """A certificate was made void before."""


@dataclass(frozen=True)
class Void:
    """Why a certificate is void, whether an inspector made it so, when, and who."""

    reason: str
    inspector: bool
    at: datetime
    name: str


@dataclass(frozen=True)
class Certificate:
    """A certificate as it was issued; `void` where it is."""

    number: str
    lot: str
    weight_kg: float
    grounds: str
    content: Mapping[str, Any]
    issued: datetime
    person: int
    name: str
    void: Void | None


@dataclass(frozen=True)
class Listed:
    """A lot in the register, with its newest certificate."""

    code: str
    kind: str
    produce: str
    weight_kg: float
    day: date
    made_by: str
    township: str | None
    county: str | None
    place_zh: str | None
    place_en: str | None
    number: str | None
    issued: datetime | None
    void: bool
    state: str | None


def _content(led: Led, found: Verdict, issuer: Mapping[str, str]) -> dict[str, Any]:
    """What the certificate says, and on what records it stood when it was issued."""
    facts = led.facts
    kind = BUYER if led.bought else PRODUCER
    return {
        "produce": facts.produce,
        "places": [vars(place) for place in led.places],
        "harvested": sorted({each.harvested.isoformat() for each in facts.origins}),
        "issuer": dict(issuer),
        "kind": kind,
        "statement": STATEMENTS[kind],
        "treatments": [
            {"product": t.product, "day": t.day.isoformat(), "interval_d": t.interval_d}
            for origin in facts.origins
            for t in origin.treatments
        ],
        "tests": [
            {"kind": t.kind, "day": t.day.isoformat(), "substances": list(t.substances)}
            for t in dict.fromkeys(t for origin in facts.origins for t in origin.tests if t.passed)
        ],
        "set_aside": [key(each) for each in found.set_aside],
    }


def issue(
    conn: Connection,
    lot: str,
    grounds: str,
    issuer: Mapping[str, str],
    crops: Mapping[str, Crop],
    who: Who,
) -> str:
    """Issue a certificate for what is left of a lot, tell it, and return its number.

    Call it last in a transaction.

    Parameters
    ----------
    conn : Connection
    lot : str
    grounds : str
        One of `models.trace.certificate.GROUNDS`.
    issuer : mapping of str to str
        ``kind``, ``name`` and ``contact`` of who commits to it.
    crops : mapping of str to Crop
        Of this release.
    who : Who

    Raises
    ------
    Certified
        When one is in force for it.
    Refused
        When something speaks against it.
    """
    (found,) = locked(conn, [lot])
    if found.certificate is not None:
        raise Certified(lot, found.certificate)
    led = led_to(conn, lot, crops)
    judged = verdict(conn, led)
    if grounds not in judged.allowed:
        raise Refused(lot, judged)
    number = make_code("C", local_day(who.at), secrets.token_bytes(LENGTH * 2))
    run(
        conn,
        SQL["add"],
        number=number,
        lot=lot,
        weight_kg=led.facts.left_kg,
        grounds=grounds,
        content=Json(_content(led, judged, issuer)),
        at=who.at,
        person=who.person,
        name=who.name,
    )
    lot_events.tell(conn, lot_events.issued(conn, lot, number), who.at)
    return number


def _certificate(row: tuple[Any, ...]) -> Certificate:
    number, lot, weight, grounds, content, issued, person, name, *void = row
    made_void = Void(*void) if void[0] is not None else None
    return Certificate(number, lot, weight, grounds, content, issued, person, name, made_void)


def _certificates(conn: Connection, number: str | None, lot: str | None) -> list[Certificate]:
    rows = fetch(conn, SQL["of"], number=number, lot=lot)
    return [_certificate(row) for row in rows]


def find(conn: Connection, number: str) -> Certificate | None:
    """Return a certificate; None where there is none of this number."""
    return next(iter(_certificates(conn, number, None)), None)


def of_lot(conn: Connection, lot: str) -> list[Certificate]:
    """Return the certificates of a lot, the newest first."""
    return _certificates(conn, None, lot)


def trouble(conn: Connection, lot: str) -> str | None:
    """Return 'recalled' or 'held' where a lot, or one that went into it, is; else None."""
    rows = fetch(conn, SQL["trouble"], lot=lot)
    return str(rows[0][0]) if rows else None


def make_void(conn: Connection, number: str, reason: str, inspector: bool, who: Who) -> None:
    """Make a certificate void for good, and tell it; call it last in a transaction.

    Raises
    ------
    AlreadyVoid
        When it is.
    """
    of = {"number": number, "reason": reason, "inspector": inspector}
    given = {"at": who.at, "person": who.person, "name": who.name}
    rows = fetch(conn, SQL["make_void"], **of, **given)
    if not rows:
        raise AlreadyVoid(f"certificate {number}: was made void before")
    lot_events.tell(conn, lot_events.voided(conn, rows[0][0], number), who.at)


def register(conn: Connection, within: Iterable[Grant], code: str | None) -> list[Listed]:
    """Return the lots that grew where grants hold, the newest first; `MOST_SHOWN` at most.

    Parameters
    ----------
    conn : Connection
    within : iterable of Grant
        A lot without a village is seen in the whole city alone.
    code : str or None
        Of a lot, or number of a certificate: only that one.
    """
    held = list(within)
    areas = {
        name: [grant.scope for grant in held if grant.level == level]
        for level, name in (
            ("county", "counties"),
            ("township", "townships"),
            ("village", "villages"),
        )
    }
    city = any(grant.level == "city" for grant in held)
    rows = fetch(conn, SQL["register"], city=city, code=code, most=MOST_SHOWN, **areas)
    return [Listed(*row) for row in rows]
