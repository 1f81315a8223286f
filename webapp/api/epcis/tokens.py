"""`/epcis/nextPageToken`: who has had enough gives back the token of a next page."""

from __future__ import annotations

from flask import Blueprint, Response

from collector.store.trace import released
from webapp.api.epcis.problems import Problem
from webapp.api.epcis.speaking import TOKEN_LASTS, party, read_token, spoken
from webapp.app.database import connection, now

bp = Blueprint("epcis_tokens", __name__, url_prefix="/epcis/nextPageToken")


@bp.route("/<token>", methods=["DELETE", "OPTIONS"], provide_automatic_options=False)
@spoken()
def one(token: str) -> Response:
    """Let a token lead nowhere from now on."""
    found = read_token(token)
    if found is None:
        raise Problem("NoSuchResourceException", "nextPageToken: is none of ours")
    at = now()
    if found[1] > at:
        released.release(connection(), party().id, token, at, at - TOKEN_LASTS)
    return Response(status=204)
