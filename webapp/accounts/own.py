"""What people write of their fields: whose field it is, whose entry, and that it is taken once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Response, abort, redirect, request, url_for

from collector.store import entries
from collector.store.network import own_fields, registry
from collector.store.network.own_fields import OwnField
from collector.store.people import Person
from field_configs.schema import Field
from models.weather.local_days import local_day
from webapp.accounts.access import may, reader
from webapp.accounts.datastore import CLOCK
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.i18n import gettext

#: An entry does not wait longer on a phone than this.
LONGEST_WAIT = timedelta(days=60)


def me() -> Person:
    """The person who is signed in; only in a view that asks for one."""
    user = reader()
    assert user is not None
    return user.person


def _none_of_yours() -> PageNotFound:
    mine = Suggestion(url_for("my_fields.page"), gettext("My fields"))
    return PageNotFound(gettext("You keep no such field, or it is not shared with you."), [mine])


def own_field(field_id: str) -> OwnField:
    """Return a field that the reader keeps.

    Raises
    ------
    PageNotFound
        When there is none, or it is another's: nobody is told which.
    """
    found = own_fields.find(connection(), field_id, me().id)
    if found is None:
        raise _none_of_yours()
    return found


@dataclass(frozen=True)
class Reported:
    """A field of which the reader may report what they see; `own` where they keep it."""

    id: str
    village: str
    name_zh: str
    name_en: str
    own: bool


def reported_field(field_id: str) -> Reported:
    """Return a field of the reader, or a village's in which they report for others.

    Raises
    ------
    PageNotFound
        When it is neither.
    """
    own = own_fields.find(connection(), field_id, me().id)
    if own is not None:
        return Reported(own.id, own.village, own.name, own.name, True)
    found: Field | None = registry.field(connection(), field_id)
    if found is None or not may("reports", found.village):
        raise _none_of_yours()
    return Reported(found.id, found.village, found.zh, found.en, False)


def entry_key() -> str:
    """A key for a form, so that a second touch of its button does nothing."""
    return secrets.token_hex(12)


def waited() -> timedelta | None:
    """How long an entry waited on the phone; None where the phone's clock does not tell.

    The phone's clock may be wrong, but not the time between writing and sending by it, unless it
    was changed in between.
    """
    typed = [request.form.get(name, "") for name in ("entry_written", "entry_sent")]
    if not any(typed):
        return timedelta(0)
    try:
        begun, sent = (int(each) for each in typed)
        found = timedelta(milliseconds=sent - begun)
    except (ValueError, OverflowError):
        return None
    return found if timedelta(0) <= found <= LONGEST_WAIT else None


def written() -> date | None:
    """The local day on which an entry was written; None where the phone's clock does not tell."""
    since = waited()
    return None if since is None else local_day(now() - since)


def take(do: Callable[[datetime], str]) -> Response:
    """Do what an entry asks, once however often it is sent, and lead to the page that shows it.

    Parameters
    ----------
    do
        Is given the time on the system's clock; returns the address to lead to.
    """
    if request.form.get("writer", str(me().id)) != str(me().id):
        abort(
            409,
            gettext("Somebody else wrote this on this phone: they sign in and send it themselves."),
        )
    key = request.form.get("entry_key", "")
    try:
        address = entries.once(connection(), f"{me().id}:{key}", CLOCK.now(), lambda: do(now()))
    except entries.BadKey:
        abort(400, gettext("The form came without its key; open its page anew."))
    response = redirect(str(address), code=303)
    assert isinstance(response, Response)
    return response
