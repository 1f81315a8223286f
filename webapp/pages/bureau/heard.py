"""An agent attests that a village has heard: by its loudspeaker, or from door to door."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, url_for

from collector.store import audit
from collector.store.bureau import decisions, deliveries
from webapp.accounts.access import needs, reader
from webapp.accounts.charge import given
from webapp.accounts.datastore import CLOCK
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound
from webapp.language.i18n import gettext

bp = Blueprint("heard", __name__)


@bp.post("/v/<village_id>/heard/<int:number>")
@needs("reports", village="village_id")
def attest(village_id: str, number: int) -> Response:
    """Keep by what way a village heard of a published decision, by the reader's word."""
    user, conn, channel = reader(), connection(), given("channel")
    assert user is not None
    decision = decisions.by_number(conn, number)
    if decision is None:
        raise PageNotFound(gettext("There is no decision %(number)d.", number=number))
    if channel not in deliveries.HEARD:
        abort(400, gettext("Say how the village heard: by loudspeaker, or from door to door."))
    note = given("note")
    if deliveries.hear(conn, number, village_id, channel, user.name, note, now()):
        flash(gettext("Kept: the village has heard, by your word."))
        what, detail = f"{village_id} {decision.hazard} {decision.crop}", {"channel": channel}
        audit.append(conn, str(user.id), "advice_heard", what, detail, at=CLOCK.now())
    else:
        flash(
            gettext(
                "Nothing to attest: this is attested already, or not published in this village."
            )
        )
    place, hazard, crop = decision.key
    answer = redirect(
        url_for("decision.page", place=place, crop=crop, hazard=hazard) + "#told", code=303
    )
    assert isinstance(answer, Response)
    return answer
