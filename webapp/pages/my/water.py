"""The water of a person's own field, and what they say of its soil and its watering."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from collector.store import audit
from collector.store.advice import water
from webapp.accounts.access import needs
from webapp.accounts.datastore import CLOCK
from webapp.accounts.own import entry_key, me, own_field, take
from webapp.app.database import connection, now
from webapp.app.errors import Suggestion
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views.forms import Choice, Line, Number
from webapp.views.village.water import make_view
from webapp.views.village.water_words import METHOD_NAMES, TEXTURE_NAMES

bp = Blueprint("my_water", __name__, url_prefix="/my")
#: More than this of a season is no share of one field [m3].
MOST_SHARE = 1_000_000


class FactsForm(Form):
    """What the water account asks of a field."""

    texture = Choice(lazy_gettext("Soil, if it was examined"))
    method = Choice(lazy_gettext("How the field is watered"))
    well = Line(lazy_gettext("Well or pump"), most=40)
    allocation = Number(lazy_gettext("Share of this season, m³"), low=0, high=MOST_SHARE)

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        unknown = [("", gettext("I do not know"))]
        self.texture.choices = [*unknown, *TEXTURE_NAMES.items()]
        self.method.choices = [*unknown, *METHOD_NAMES.items()]


@bp.get("/<field_id>/water")
@needs("own")
def page(field_id: str) -> str:
    """Show the water account of a field that the reader keeps."""
    own, conn = own_field(field_id), connection()
    field = water.field(conn, own.id)
    assert field is not None
    return render_template(
        "village/water.html",
        view=make_view(conn, field, own.soil, now()),
        name=own.name,
        back=Suggestion(url_for("my_field.page", field_id=own.id), own.name),
        own=own,
    )


@bp.route("/<field_id>/water/facts", methods=["GET", "POST"])
@needs("own")
def facts(field_id: str) -> ResponseReturnValue:
    """Enter soil, way of irrigation, well and share."""
    own, conn = own_field(field_id), connection()
    field = water.field(conn, own.id)
    assert field is not None
    stands = {
        "texture": field.texture or "",
        "method": field.method or "",
        "well": field.well or "",
        "allocation": field.allocation_m3,
    }
    form = FactsForm(request.form, data=stands)
    if request.method == "POST" and form.validate():

        def do(at: datetime) -> str:
            said = form.texture.data or None, form.method.data or None, form.well.data or None
            water.say(conn, own.id, *said, form.allocation.data)
            audit.append(conn, str(me().id), "field_water_said", own.id, at=CLOCK.now())
            return url_for("my_water.page", field_id=own.id)

        return take(do)
    status = 422 if request.method == "POST" else 200
    return render_template("my/water_facts.html", form=form, own=own, entry_key=entry_key()), status
