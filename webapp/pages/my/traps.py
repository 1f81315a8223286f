"""What a trap in a field caught: which insect, in what kind of trap, over how many nights."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import ValidationError

from collector.store.advice import traps
from collector.store.advice.traps import TrapCount
from models.weather.counted import INSECTS, MOST_COUNT, MOST_NIGHTS, TRAPS
from models.weather.local_days import local_day
from webapp.accounts.access import needs
from webapp.accounts.own import Reported, entry_key, me, reported_field, take, written
from webapp.app.database import connection, now
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.risks import upper_first
from webapp.language.words import pick, word
from webapp.views.forms import Choice, DatedForm, Line, Number

bp = Blueprint("my_traps", __name__, url_prefix="/my")


class TrapForm(DatedForm):
    """What was in a trap when it was emptied on a day, after so many nights."""

    insect = Choice(lazy_gettext("Insect"))
    trap = Choice(lazy_gettext("Kind of trap"))
    nights = Number(
        lazy_gettext("Nights since it was emptied before"),
        low=1,
        high=MOST_NIGHTS,
        needed=True,
        whole=True,
    )
    count = Number(
        lazy_gettext("Insects in the trap"), low=0, high=MOST_COUNT, needed=True, whole=True
    )
    note = Line(lazy_gettext("Note"), most=200)

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        for field, kind, ids in ((self.insect, "insect", INSECTS), (self.trap, "trap", TRAPS)):
            named = [(each, upper_first(word(f"{kind}.{each}"))) for each in ids]
            field.choices = [("", gettext("choose")), *named]

    def validate_insect(self, field: Choice) -> None:
        """Ask for one."""
        if not field.data:
            raise ValidationError(gettext("Choose one."))

    def validate_trap(self, field: Choice) -> None:
        """Ask for one, because limits are of one kind of trap."""
        if not field.data:
            raise ValidationError(gettext("Choose one."))


def _after(field: Reported) -> str:
    if field.own:
        return url_for("my_field.page", field_id=field.id)
    return url_for("village.page", village_id=field.village)


@bp.route("/<field_id>/trap", methods=["GET", "POST"])
@needs(None)
def trap(field_id: str) -> ResponseReturnValue:
    """Report what a trap caught; the models count with it from the next hour on."""
    field, today = reported_field(field_id), local_day(now())
    form = TrapForm(request.form, data={"nights": 1}, today=written(), now=today)
    if request.method == "POST" and form.validate():
        return take(lambda at: _keep(form, field, at))
    page = render_template(
        "my/trap.html",
        form=form,
        name=pick(field.name_zh, field.name_en),
        judged=[
            (upper_first(word(f"insect.{insect}")), word(f"trap.{kind}"))
            for insect, kind in INSECTS.items()
        ],
        back=_after(field),
        entry_key=entry_key(),
    )
    return page, 422 if request.method == "POST" else 200


def _keep(form: TrapForm, field: Reported, at: datetime) -> str:
    count = TrapCount(
        field=field.id,
        insect=str(form.insect.data),
        trap=str(form.trap.data),
        date=form.day.data,
        nights=int(form.nights.data),
        count=int(form.count.data),
        observer=me().name,
        note=form.note.data or "",
        origin=f"person:{me().id}",
    )
    traps.put(connection(), [count], at)
    flash(gettext("Written down: the flight is judged with it from the next hour on."))
    return _after(field)
