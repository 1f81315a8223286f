"""The diary of a field: what was done, when, with what, by whom; changed and taken back."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import ValidationError

from collector.store import settings_table
from collector.store.advice import products, works
from collector.store.advice.works import HARVEST, IRRIGATION, KINDS, SPRAY, FieldWork
from collector.store.lots import plantings
from collector.store.network import own_fields
from collector.store.network.own_fields import OwnField
from models.weather.local_days import local_day
from webapp.accounts.access import needs
from webapp.accounts.own import entry_key, me, own_field, take, written
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.formats import local_day as day_text
from webapp.language.formats import short
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.risks import upper_first
from webapp.language.words import word
from webapp.views.forms import OTHER_DAY, Choice, DatedForm, Line, Number
from webapp.views.village.fields import MU
from webapp.views.village.own_fields import waiting_of

bp = Blueprint("my_work", __name__, url_prefix="/my")
#: More water than this at a time was not meant [m3 per mu]; 200 mm, provisional.
MOST_WATER = 133
#: One cubic metre on a mu is so many millimetres.
MM_PER_M3_MU = 1.5


class WorkForm(DatedForm):
    """A line of the diary."""

    kind = Choice(lazy_gettext("What"))
    product = Line(lazy_gettext("Product or fertiliser"), most=60)
    target = Line(lazy_gettext("Against what"), most=40)
    dose = Line(lazy_gettext("Dose, as on the label"), most=40)
    interval = Number(
        lazy_gettext("Safety interval in days, as on the label"), low=0, high=365, whole=True
    )
    water = Number(lazy_gettext("Water in cubic metres per mu"), low=1, high=MOST_WATER)
    area = Number(lazy_gettext("Area in mu, if not the whole field"), low=0.01, high=5000)
    who = Line(lazy_gettext("Done by"), most=30)
    note = Line(lazy_gettext("Note"), most=200)

    def __init__(self, *args: Any, own: OwnField, **given: Any) -> None:
        super().__init__(*args, **given)
        self.own = own
        self.kind.choices = [(kind, upper_first(word(f"work.{kind}"))) for kind in KINDS]

    def validate_area(self, field: Number) -> None:
        """Refuse more than the field has."""
        whole = None if self.own.area_ha is None else self.own.area_ha * MU
        if field.data is not None and whole is not None and field.data > whole * 1.01:
            raise ValidationError(
                gettext("The field has %(mu)s mu, as you entered it.", mu=short(whole))
            )

    def work(self, entry: str, interval: int | None) -> FieldWork:
        """What was entered, in the units of the store."""
        assert self.day.data is not None
        sprayed, watered = self.kind.data == SPRAY, self.kind.data == IRRIGATION
        return FieldWork(
            field=self.own.id,
            kind=str(self.kind.data),
            date=self.day.data,
            recorded_by=self.who.data or me().name,
            done=True,
            product=self.product.data or "",
            target=(self.target.data or "") if sprayed else "",
            amount_mm=self.water.data * MM_PER_M3_MU if watered and self.water.data else None,
            note=self.note.data or "",
            origin=f"person:{me().id}",
            dose=self.dose.data or "",
            area_ha=None if self.area.data is None else round(self.area.data / MU, 4),
            interval_d=interval if sprayed else None,
            entry=entry,
        )


def _interval(form: WorkForm, own: OwnField) -> int | None:
    """Days as entered, else those of the product in the agronomist's list."""
    if form.interval.data is not None:
        return int(form.interval.data)
    listed = products.read(settings_table.get(connection(), products.KEY))
    name = form.product.data or ""
    for each in listed.products if listed and name else ():
        if each.crop == own.crop and name in (each.zh, each.en):
            return each.interval_d
    return None


def _harvested_early(own: OwnField, day: date) -> None:
    running = waiting_of(works.diary(connection(), own.id), day)
    if running:
        flash(
            gettext(
                "Written down. But %(day)s lies within a safety interval: %(which)s Keep this "
                "harvest apart and ask your station.",
                day=day_text(day),
                which=running[0].text,
            )
        )


def _keep(form: WorkForm, own: OwnField, entry: str, before: FieldWork | None, at: datetime) -> str:
    conn = connection()
    work = form.work(entry, _interval(form, own))
    works.write(conn, work, at)
    if before is not None and before.kind == HARVEST:
        own_fields.reopen_season(conn, own.id, before.date)
    if work.kind == HARVEST:
        own_fields.end_season(conn, own.id, work.date)
        _harvested_early(own, work.date)
    plantings.tell(conn, [own.id], at)
    return url_for("my_field.page", field_id=own.id)


def _today() -> date:
    return local_day(now())


@bp.route("/<field_id>/work", methods=["GET", "POST"])
@needs("own")
def add(field_id: str) -> ResponseReturnValue:
    """Write down what was done."""
    own = own_field(field_id)
    asked = {"kind": request.args.get("kind", SPRAY), "who": me().name}
    asked |= {"target": request.args.get("target", "")[:40]}
    form = WorkForm(request.form, data=asked, own=own, today=written(), now=_today())
    if request.method == "POST" and form.validate():
        entry = secrets.token_hex(8)
        return take(lambda at: _keep(form, own, entry, None, at))
    status = 422 if request.method == "POST" else 200
    page = render_template("my/work.html", form=form, own=own, entry_key=entry_key(), entry="")
    return page, status


def _entry(own: OwnField, entry: str) -> FieldWork:
    found = next(
        (e for e in works.diary(connection(), own.id) if e.entry and e.entry == entry), None
    )
    if found is None:
        back = Suggestion(url_for("my_field.page", field_id=own.id), own.name)
        raise PageNotFound(gettext("This line of the diary was taken back."), [back])
    return found


@bp.route("/<field_id>/work/<entry>", methods=["GET", "POST"])
@needs("own")
def change(field_id: str, entry: str) -> ResponseReturnValue:
    """Change a line of the diary, or take it back; what stood there before is kept."""
    own = own_field(field_id)
    before = _entry(own, entry)
    if request.method == "POST" and "take_back" in request.form:

        def undo(at: datetime) -> str:
            works.write(connection(), _taken_back(before), at)
            if before.kind == HARVEST:
                own_fields.reopen_season(connection(), own.id, before.date)
            plantings.tell(connection(), [own.id], at)
            return url_for("my_field.page", field_id=own.id)

        return take(undo)
    stands = {
        "kind": before.kind,
        "when": OTHER_DAY,
        "day": before.date,
        "product": before.product,
        "target": before.target,
        "dose": before.dose,
        "interval": before.interval_d,
        "water": None if before.amount_mm is None else before.amount_mm / MM_PER_M3_MU,
        "area": None if before.area_ha is None else round(before.area_ha * MU, 2),
        "who": before.recorded_by,
        "note": before.note,
    }
    form = WorkForm(request.form, data=stands, own=own, today=written(), now=_today())
    if request.method == "POST" and form.validate():
        return take(lambda at: _keep(form, own, entry, before, at))
    status = 422 if request.method == "POST" else 200
    page = render_template("my/work.html", form=form, own=own, entry_key=entry_key(), entry=entry)
    return page, status


def _taken_back(work: FieldWork) -> FieldWork:
    return FieldWork(**{**vars(work), "done": False, "origin": f"person:{me().id}"})
