"""Photos that an inspector sends as evidence: kept by name, shown again."""

from __future__ import annotations

from datetime import datetime

from flask import Response, abort

from collector.store.advice.photos import MOST_A_DAY, TooManyPhotos
from collector.store.inspection import evidence
from collector.store.inspection.evidence import Of
from webapp.accounts.lots import note, who
from webapp.accounts.own import take
from webapp.app.database import connection
from webapp.app.errors import PageNotFound
from webapp.language.i18n import gettext

LARGEST_NUMBER = 2**62


def keep(of: Of, jpeg: bytes, size: tuple[int, int], back: str) -> Response:
    """Keep a photo, once however often it is sent, and lead back."""

    def do(at: datetime) -> str:
        number = evidence.add(connection(), of, jpeg, size, who(at))
        note("evidence_kept", of.finding or f"{of.plan} {of.lot}", photo=number)
        return f"{back}#photos"

    try:
        return take(do)
    except TooManyPhotos:
        connection().rollback()
        abort(
            409,
            gettext("There are %(most)s photos of this of the last day already.", most=MOST_A_DAY),
        )


def shown(of: Of, number: int) -> Response:
    """Return a photo.

    Raises
    ------
    PageNotFound
        When there is none of this number.
    """
    found = evidence.jpeg(connection(), of, number) if number < LARGEST_NUMBER else None
    if found is None:
        raise PageNotFound(gettext("There is no such photo."))
    response = Response(found, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
