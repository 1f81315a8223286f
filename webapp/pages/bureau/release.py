"""An officer releases advice: from then on the village's public page gives it, under their name."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, url_for

from collector.store import audit
from collector.store.advice import village as store
from webapp.accounts.access import needs, reader
from webapp.accounts.datastore import CLOCK
from webapp.app.database import connection, now
from webapp.language.i18n import gettext
from webapp.language.risks import hazard_name

bp = Blueprint("release", __name__)


@bp.post("/v/<village_id>/release/<hazard>")
@needs("release", village="village_id")
def release(village_id: str, hazard: str) -> Response:
    """Release the advice in force on a hazard in a village, and say for how many fields."""
    person = reader()
    assert person is not None
    conn = connection()
    fields = store.release(conn, village_id, hazard, person.name, now())
    if fields:
        flash(
            gettext(
                "Released: %(hazard)s, for %(num)d fields. The village's page gives it now under "
                "your name.",
                hazard=hazard_name(hazard),
                num=len(fields),
            )
        )
        detail = {"fields": fields}
        what = f"{village_id} {hazard}"
        audit.append(conn, str(person.id), "advice_published", what, detail, at=CLOCK.now())
    else:
        flash(gettext("Nothing was released: this advice is out already, or over."))
    response = redirect(url_for("drafts.page"), code=303)
    assert isinstance(response, Response)
    return response
