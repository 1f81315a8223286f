"""Whose lot it is, who does something with it, and that the audit log tells of it."""

from __future__ import annotations

from datetime import datetime

from flask import request, url_for

from collector.store import audit
from collector.store.lots import lots
from collector.store.lots.lots import Lot, Who
from models.trace.codes import parse_code
from webapp.accounts.datastore import CLOCK
from webapp.accounts.own import me
from webapp.app.database import connection, this_app
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.i18n import gettext


def who(at: datetime) -> Who:
    """The reader, at a time on the system's clock."""
    return Who(me().id, me().name, at)


def own_lot(code: str) -> Lot:
    """Return a lot of the reader.

    Raises
    ------
    PageNotFound
        When there is none, or it is another's: nobody is told which.
    """
    parsed = parse_code(code)
    found = lots.find(connection(), parsed) if parsed else None
    if found is None or found.whose != me().id:
        mine = Suggestion(url_for("lots.page"), gettext("My lots"))
        raise PageNotFound(gettext("You have no lot %(code)s.", code=code[:20]), [mine])
    return found


def note(action: str, object_: str, **detail: object) -> None:
    """Write into the audit log what the reader did; last of all in a transaction."""
    audit.append(connection(), str(me().id), action, object_, detail, at=CLOCK.now())


def home() -> str:
    """Scheme and host of this installation, as codes on labels hold them."""
    settings = this_app().settings
    return (settings.url if settings else None) or request.host_url.rstrip("/")


def address_of(number: str) -> str:
    """The public address of a certificate, as its code holds it."""
    return home() + url_for("certificate.page", certificate_number=number)
