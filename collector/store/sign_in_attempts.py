"""Attempts to sign in that failed, and what slows those who guess without locking the owner out."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime

from collector.store.people import Person
from collector.store.postgres import queries
from collector.store.postgres.db import Connection
from collector.store.postgres.queries import fetch, run

SQL = queries.load("sign_in_attempts")
#: Failed attempts of one account from one network in 15 minutes; of one network in 15 minutes (a
#: village may share one address); of one account in an hour, after which only networks from which
#: the person has signed in may try.
MOST_HERE, MOST_OF_NETWORK, MOST_OF_ACCOUNT = 5, 60, 20


def network_of(address: str | None) -> str:
    """Return the network of an address: /24 of IPv4, /56 of IPv6; '' where it is unknown."""
    try:
        found = ipaddress.ip_address((address or "").split("%")[0])
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    bits = 24 if found.version == 4 else 56
    return str(ipaddress.ip_network((found, bits), strict=False))


def _account(entered: str) -> bytes:
    return hashlib.sha256(entered.strip().casefold().encode()).digest()


def may_try(
    conn: Connection,
    entered: str,
    network: str,
    person: Person | None,
    at: datetime,
    *,
    own: bool = False,
) -> bool:
    """Return whether a further attempt is heard.

    An account that others guess at stays open to its owner in the networks from which they have
    signed in; who guesses is kept out with their network.

    Parameters
    ----------
    conn : Connection
    entered : str
        User name or phone number as it was entered.
    network : str
        See `network_of`; what names the device, where it is the account's own.
    person : Person or None
        Whose account it is.
    at : datetime
        Now, aware.
    own : bool
        Whether `network` names a device on which the person has signed in before.
    """
    counts = fetch(conn, SQL["failures"], account=_account(entered), network=network, at=at)
    ((here, of_network, of_account),) = counts
    if here >= MOST_HERE or of_network >= MOST_OF_NETWORK:
        return False
    if own or of_account < MOST_OF_ACCOUNT:
        return True
    if person is None:
        return False
    ((known,),) = fetch(conn, SQL["knows_network"], person=person.id, network=network, at=at)
    return bool(known)


def note_failure(conn: Connection, entered: str, network: str, at: datetime) -> None:
    """Remember an attempt that failed."""
    run(conn, SQL["note_failure"], account=_account(entered), network=network, at=at)


def note_success(
    conn: Connection, person: Person, entered: str, network: str, at: datetime
) -> None:
    """Remember where a person signed in from, and forget their failures there."""
    run(conn, SQL["note_network"], person=person.id, network=network, at=at)
    forget(conn, entered, network, at)


def forget(conn: Connection, entered: str, network: str, at: datetime) -> None:
    """Forget the failures of an account in a network or on a device."""
    run(conn, SQL["forget_failures"], account=_account(entered), network=network, at=at)
