"""The forms in which texts, URIs and times of events are looked up."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from models.trace.identifiers import canonical

#: Longest URI that can be looked up, in characters.
LONGEST = 400


class FieldError(ValueError):
    """A field of an event cannot be kept; the message names it and the mend."""


def moment(text: str) -> datetime:
    """Read a time of an event, with its offset, as UTC.

    Parameters
    ----------
    text : str

    Raises
    ------
    FieldError
        When the calendar or the clock has no such time.
    """
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise FieldError(f'"{text}" is no time that a calendar has') from None


def instant(at: datetime) -> str:
    """Write a time so that texts stand in the order of times.

    Parameters
    ----------
    at : datetime
        Aware.
    """
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def look_up(value: str) -> str:
    """Return the form in which a text is looked up: a long one by its SHA-256.

    Parameters
    ----------
    value : str
    """
    if len(value) <= LONGEST:
        return value
    return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"


def uri(value: str) -> str:
    """Return the form in which a URI is looked up.

    Parameters
    ----------
    value : str

    Raises
    ------
    FieldError
        When it is too long.
    IdentifierError
        When it is a GS1 identifier and wrong.
    """
    if len(value) > LONGEST:
        raise FieldError(f"{value[:60]}…: has more than {LONGEST} characters; shorten it")
    return canonical(value)
