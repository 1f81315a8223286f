"""The fields that a person keeps: the list, a new one, changing one, a new crop, giving one up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form
from wtforms.validators import ValidationError

from collector.store import audit
from collector.store.advice import village as store
from collector.store.lots import plantings
from collector.store.network import merging, own_fields, registry
from collector.store.network.own_fields import SOILS, Entered, OwnField, TooMany
from collector.store.network.registry import VillageRow
from field_configs.names import visible
from models.weather.local_days import local_day
from webapp.accounts.access import needs
from webapp.accounts.datastore import CLOCK
from webapp.accounts.own import entry_key, me, own_field, take
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.app.menu import NavItem
from webapp.language.formats import local_day as day_text
from webapp.language.formats import local_time
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.risks import upper_first
from webapp.language.words import name_of, pick
from webapp.views.crops import crop_types
from webapp.views.forms import Choice, Day, Line, Number
from webapp.views.places import no_village, place_name
from webapp.views.search import look_for
from webapp.views.village.fields import MU, FieldRow, field_rows
from webapp.views.village.own_fields import SOIL_NAMES, as_field, grown_of, line_of

bp = Blueprint("my_fields", __name__, url_prefix="/my")
NAV = NavItem(12, "my_fields.page", lazy_gettext("My fields"))
#: More fields than this many villages are not listed to choose from.
CHOICES = 20
LARGEST_MU = 5000


class CropForm(Form):
    """What was sown, when, and of which variety."""

    crop = Choice(lazy_gettext("Crop"))
    sown = Day(lazy_gettext("Sown or planted on"), needed=True)
    variety = Line(lazy_gettext("Variety"), most=40)

    def __init__(self, *args: Any, today: date, **given: Any) -> None:
        super().__init__(*args, **given)
        self.today = today
        crops = [(id_, upper_first(name_of(crop))) for id_, crop in crop_types().items()]
        self.crop.choices = [("", gettext("choose")), *crops]

    def validate_crop(self, field: Choice) -> None:
        """Ask for a crop."""
        if not field.data:
            raise ValidationError(gettext("Choose a crop."))

    def validate_sown(self, field: Day) -> None:
        """Refuse a day to come."""
        field.not_after(self.today)


class FieldForm(CropForm):
    """What a person says of a field."""

    name = Line(lazy_gettext("Name of the field"), most=30, needed=True)
    area = Number(lazy_gettext("Area in mu"), low=0.05, high=LARGEST_MU, needed=True)
    soil = Choice(lazy_gettext("Soil"))

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.soil.choices = [("", gettext("I do not know")), *SOIL_NAMES.items()]

    def entered(self) -> Entered:
        """What was entered, in the units of the store."""
        assert self.area.data is not None
        assert self.sown.data is not None
        crop = str(self.crop.data)
        return Entered(
            name=str(self.name.data),
            kind="greenhouse" if crop_types()[crop].season == "greenhouse" else "open",
            area_ha=round(self.area.data / MU, 4),
            soil=self.soil.data if self.soil.data in SOILS else None,
            crop=crop,
            sown=self.sown.data,
            variety=self.variety.data or None,
        )


def _page(name: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    return render_template(f"my/{name}.html", entry_key=entry_key(), **values), status


def _level(own: OwnField, today: date) -> FieldRow:
    """The gravest level of a field."""
    found, _ = store.answers(connection(), own.village, now(), own=own.id)
    grown = grown_of(own)
    (row,) = field_rows(
        {own.id: as_field(own)},
        {own.id: grown} if grown else {},
        [each for each in found if each.site == own.id],
        crop_types(),
        today,
    )
    return row


@bp.get("/")
@needs("own")
def page() -> ResponseReturnValue:
    """List the reader's fields, and those that others want to share."""
    conn, person = connection(), me()
    mine = own_fields.mine(conn, person.id)
    invited = own_fields.invitations_to(conn, person.phone) if person.phone else []
    today = local_day(now())
    return _page(
        "fields",
        rows=[(each, line_of(each, today), _level(each, today)) for each in mine],
        invited=[(each, pick(each.village_zh, each.village_en)) for each in invited],
    )


def _village(asked: str) -> VillageRow:
    conn = connection()
    there = merging.village_now(conn, asked)
    found = registry.village(conn, there) if there else None
    if found is None:
        choose = Suggestion(url_for("my_fields.new"), gettext("Choose the village"))
        raise PageNotFound(no_village(asked), [choose])
    if found.id != asked:
        flash(
            gettext(
                "%(old)s is part of %(new)s now; the field is put there.",
                old=asked,
                new=pick(found.zh, found.en),
            )
        )
    return found


@bp.route("/new", methods=["GET", "POST"])
@needs("own")
def new() -> ResponseReturnValue:
    """Choose a village, then say what a new field is."""
    asked = (request.form if request.method == "POST" else request.args).get("village", "")
    if not asked:
        query = visible(request.args.get("q", ""))[:60]
        rows = look_for(registry.villages(connection()), query) if query else []
        choices = [(row.id, pick(row.zh, row.en), place_name(row)) for row in rows[:CHOICES]]
        return _page("village", query=query, choices=choices, more=len(rows) - len(choices))
    village = _village(asked)
    form = FieldForm(request.form, today=local_day(now()))
    if request.method == "POST" and form.validate():
        person = me()

        def do(at: datetime) -> str:
            field = own_fields.add(connection(), person.id, village.id, form.entered(), at)
            audit.append(connection(), str(person.id), "field_added", field, at=CLOCK.now())
            return url_for("my_field.page", field_id=field)

        try:
            return take(do)
        except TooMany:
            connection().rollback()
            form.name.errors = [
                gettext(
                    "You keep %(most)s fields already: give one up first.",
                    most=own_fields.MOST_FIELDS,
                )
            ]
    status = 422 if request.method == "POST" else 200
    where = f"{pick(village.zh, village.en)} · {place_name(village)}"
    return _page("new", status, form=form, village=village.id, where=where)


def _as_it_stands(own: OwnField) -> dict[str, object]:
    return {
        "name": own.name,
        "area": None if own.area_ha is None else round(own.area_ha * MU, 2),
        "soil": own.soil or "",
        "crop": own.crop or "",
        "sown": own.sown,
        "variety": own.variety or "",
    }


def _changed_meanwhile(form: FieldForm, own: OwnField) -> str:
    """Say who changed a field while this form was open, and what differs from what was typed."""
    there = FieldForm(data=_as_it_stands(own), today=form.today)
    differing = [
        gettext("%(label)s: %(value)s", label=str(mine.label.text), value=_shown(theirs))
        for mine, theirs in zip(form, there, strict=True)
        if mine.data != theirs.data
    ]
    return str(
        gettext(
            "%(who)s changed this field at %(time)s, while you had it open. What stands now: "
            "%(values)s. What you typed is below; send it again if it shall hold.",
            who=own.changed_by or gettext("Somebody"),
            time=local_time(own.changed, now()),
            values=str(gettext("; ")).join(differing) or gettext("the same as yours"),
        )
    )


def _shown(field: Any) -> str:
    if isinstance(field, Choice):
        words = {value: label for value, label, *_ in field.iter_choices()}
        return str(words.get(field.data, field.data))
    return str(field._value())


@bp.route("/<field_id>/edit", methods=["GET", "POST"])
@needs("own")
def edit(field_id: str) -> ResponseReturnValue:
    """Change what was said of a field; of two who do so at once the second is told."""
    own = own_field(field_id)
    form = FieldForm(request.form, data=_as_it_stands(own), today=local_day(now()))
    note = ""
    if request.method == "POST" and form.validate():
        said, edition = form.entered(), request.form.get("edition", type=int)
        former = registry.seasons_of(connection(), own.id)[1:2]
        if own.harvested and said.sown > own.harvested:
            form.sown.errors = [
                gettext("It was harvested on %(day)s already.", day=day_text(own.harvested))
            ]
        elif _too_early(form.sown, former[0].harvested or former[0].sown if former else None):
            pass
        elif edition == own.edition:

            def do(at: datetime) -> str:
                done = own_fields.change(connection(), own, own.edition, said, me().id, at)
                if not done:
                    raise _Meanwhile
                plantings.tell(connection(), [own.id], at)
                return url_for("my_field.page", field_id=own.id)

            try:
                return take(do)
            except _Meanwhile:
                connection().rollback()
                own = own_field(field_id)
                note = _changed_meanwhile(form, own)
        else:
            note = _changed_meanwhile(form, own)
    status = 409 if note else 422 if request.method == "POST" else 200
    return _page("edit", status, form=form, own=own, note=note)


def _too_early(sown: Day, earliest: date | None) -> bool:
    """Say in the form that the crop before still stood there, where it did."""
    if earliest is None or sown.data is None or sown.data >= earliest:
        return False
    text = gettext("Before %(day)s the crop before it stood there.", day=day_text(earliest))
    sown.errors = [text]
    return True


class _Meanwhile(Exception):  # noqa: N818 - named for what happened
    """Somebody else changed the field between reading and writing it."""


@bp.route("/<field_id>/sow", methods=["GET", "POST"])
@needs("own")
def sow(field_id: str) -> ResponseReturnValue:
    """Begin a new season in a field; the one before it ends."""
    own = own_field(field_id)
    form = CropForm(request.form, today=local_day(now()))
    if request.method == "POST" and form.validate():
        assert form.sown.data is not None
        earliest = own.harvested or (own.sown + timedelta(days=1) if own.sown else None)
        if not _too_early(form.sown, earliest):
            sown, crop, variety = form.sown.data, str(form.crop.data), form.variety.data or None

            def do(at: datetime) -> str:
                own_fields.sow(connection(), own.id, crop, variety, sown)
                return url_for("my_field.page", field_id=own.id)

            return take(do)
    return _page("sow", 422 if request.method == "POST" else 200, form=form, own=own)


@bp.route("/<field_id>/give-up", methods=["GET", "POST"])
@needs("own")
def give_up(field_id: str) -> ResponseReturnValue:
    """Forget a field after asking; only its owner may."""
    own = own_field(field_id)
    if request.method == "POST" and own.owner:
        own_fields.give_up(connection(), own.id, now())
        audit.append(connection(), str(me().id), "field_given_up", own.id, at=CLOCK.now())
        flash(gettext("%(name)s is forgotten.", name=own.name))
        response = redirect(url_for("my_fields.page"), code=303)
        assert isinstance(response, Response)
        return response
    return _page("give_up", 403 if request.method == "POST" else 200, own=own)
