"""Whom to call: the plant protection station or officer of a county, a township or a village.

A contact is a setting, ``contact.<id>``, where the id is a village's or a division's code. None is
shipped: a name or a number that nobody gave is never shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from collector.store import settings_table
from collector.store.postgres.db import Connection, StoreError

PREFIX = "contact."
_PHONE = re.compile(r"\+?[0-9][0-9 -]{1,18}[0-9]")
MOST_LETTERS = 40


class BadContact(StoreError, ValueError):  # noqa: N818 - named for what happened
    """A contact that cannot be kept; the message says what to mend."""


@dataclass(frozen=True)
class Contact:
    """A station or a person in both languages, its telephone number and its address, if known."""

    zh: str
    en: str
    phone: str
    address_zh: str = ""
    address_en: str = ""


def checked(contact: Contact) -> Contact:
    """Accept a contact.

    Raises
    ------
    BadContact
        When a name is empty, too long or not printable, or the number is none.
    """
    for key, value in asdict(contact).items():
        if not value.isprintable() or len(value) > MOST_LETTERS:
            raise BadContact(f"{key}: write at most {MOST_LETTERS} printable letters")
    if not (contact.zh.strip() and contact.en.strip()):
        raise BadContact("name: give the Chinese and the English one (--zh, --en)")
    if not _PHONE.fullmatch(contact.phone):
        raise BadContact(f"phone: {contact.phone!r} is no number; use digits, spaces, - and +")
    return contact


def put(conn: Connection, of: str, contact: Contact, at: datetime) -> None:
    """Keep a contact of a village (its id), a township or a county (their codes).

    Raises
    ------
    BadContact
        When it cannot be kept.
    """
    text = json.dumps(asdict(checked(contact)), ensure_ascii=False)
    settings_table.put(conn, PREFIX + of, text, at)


def take_back(conn: Connection, of: str, at: datetime) -> None:
    """Show the contact of a village or a division no more."""
    settings_table.put(conn, PREFIX + of, "", at)


def everything(conn: Connection) -> dict[str, Contact]:
    """Return all contacts by what they are of."""
    found = settings_table.everything(conn)
    read = {
        key.removeprefix(PREFIX): _read(text)
        for key, text in found.items()
        if key.startswith(PREFIX)
    }
    return {of: contact for of, contact in read.items() if contact is not None}


def _read(text: str | None) -> Contact | None:
    """Read a contact; what is none, however it came there, must not take the pages down."""
    try:
        return Contact(**json.loads(text)) if text else None
    except (ValueError, TypeError):
        return None


def nearest(settings: Mapping[str, str], *of: str | None) -> Contact | None:
    """Return the contact of the first that has one, None where none has.

    Parameters
    ----------
    settings : mapping
        Of the settings table.
    of : str or None
        A village's id, its township's and its county's code.
    """
    for each in of:
        found = _read(settings.get(f"{PREFIX}{each}"))
        if each and found is not None:
            return found
    return None
