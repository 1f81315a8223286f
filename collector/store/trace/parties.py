"""Parties of the chain from field to shop, and the tokens that they show."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from collector.store.postgres import queries
from collector.store.postgres.db import Connection

SQL = queries.load("parties")
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
TOKEN_BYTES = 32


class PartyError(ValueError):
    """A party cannot be had so; the message names it and the mend."""


@dataclass(frozen=True)
class Party:
    """Who captures events and asks for them."""

    id: str
    name: str


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def add(conn: Connection, party: Party, at: datetime) -> None:
    """Add a party; one that is there stays as it is."""
    queries.run(conn, SQL["add"], id=party.id, name=party.name, at=at)


def make_token(conn: Connection, party: str, name: str | None, at: datetime) -> str:
    """Make a party's token; one that it had before is worth nothing from then on.

    Parameters
    ----------
    conn : Connection
    party : str
        Its id: small letters, digits and dashes.
    name : str or None
        How people call it; adds the party where it is not known yet.
    at : datetime

    Returns
    -------
    str
        The token; only its digest is kept.

    Raises
    ------
    PartyError
        When the id is none, or the party is not known and no name is given.
    """
    if not ID.fullmatch(party):
        raise PartyError(f'"{party}": write 1 to 40 small letters, digits and dashes')
    if name is not None:
        add(conn, Party(party, name), at)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    if not queries.fetch(conn, SQL["set_token"], id=party, token=_digest(token), at=at):
        raise PartyError(f'"{party}": no such party; give --name to add it')
    return token


def of_token(conn: Connection, token: str) -> Party | None:
    """Return whose token it is; None where it is nobody's."""
    rows = queries.fetch(conn, SQL["by_token"], token=_digest(token))
    return Party(*rows[0]) if rows else None


def parties(conn: Connection) -> list[Party]:
    """Return every party, by its id."""
    return [Party(*row) for row in queries.fetch(conn, SQL["all"])]
