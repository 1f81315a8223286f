"""Whose lot it is, who does something with it, and that the audit log tells of it."""

from __future__ import annotations

from datetime import datetime

from flask import request, url_for

from collector.store import audit
from collector.store.lots import lots
from collector.store.lots.lots import Lot, Who
from models.trace.codes import parse_code
from webapp.accounts.access import may, reaches_area, scope
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


def inspected(code: str) -> Lot | None:
    """Return a lot where the reader inspects; None where there is none, or it is elsewhere.

    A lot without a village is inspected by who inspects the whole city.
    """
    parsed = parse_code(code)
    found = lots.find(connection(), parsed) if parsed else None
    if found is None:
        return None
    if found.village is None:
        return found if reaches_area(scope("inspect"), "") else None
    return found if may("inspect", found.village) else None


def inspected_lot(code: str) -> Lot:
    """Return a lot where the reader inspects.

    Raises
    ------
    PageNotFound
    """
    found = inspected(code)
    if found is None:
        back = Suggestion(url_for("register.page"), gettext("Certificates"))
        raise PageNotFound(gettext("There is no such lot where you inspect."), [back])
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
