"""What somebody saw in a field: a growth stage, or a pest or disease, with photo and place."""

from __future__ import annotations

from datetime import date, datetime
from math import isfinite
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import ValidationError

from collector.store.advice import ledger, photos
from collector.store.advice.ledger import ScoutingReport
from collector.store.network import registry
from field_configs.schema import Crop, Season, StageObservation
from models.hazards.catalogue import catalogue
from models.weather.local_days import local_day
from webapp.accounts.access import needs
from webapp.accounts.own import Reported, entry_key, me, reported_field, take, written
from webapp.app.database import connection, now
from webapp.app.given import takes
from webapp.language.formats import full_day
from webapp.language.i18n import gettext, lazy_gettext
from webapp.language.risks import hazard_name, upper_first
from webapp.language.words import name_of, pick
from webapp.views.crops import crop_types
from webapp.views.forms import Choice, DatedForm, Line
from webapp.views.pictures import BadPicture, Picture, read_picture

bp = Blueprint("my_reports", __name__, url_prefix="/my")
#: A photo as a phone's camera saves it has rarely more [byte].
LARGEST_FORM = 24 * 1024 * 1024
SOURCES = ("scouting", "answer")


class StageForm(DatedForm):
    """Which growth stage was seen."""

    stage = Choice(lazy_gettext("Stage"))

    def __init__(self, *args: Any, crop: Crop, **given: Any) -> None:
        super().__init__(*args, **given)
        stages = [(str(each.bbch), upper_first(name_of(each))) for each in crop.stages]
        self.stage.choices = [("", gettext("choose")), *stages]

    def validate_stage(self, field: Choice) -> None:
        """Ask for a stage."""
        if not field.data:
            raise ValidationError(gettext("Choose a stage."))


class SeenForm(DatedForm):
    """Whether a pest or disease was found, how bad, and where."""

    hazard = Choice(lazy_gettext("Pest or disease"))
    found = Choice(lazy_gettext("Was it there?"))
    grade = Choice(lazy_gettext("How bad, by the national grades"))
    treated = Choice(lazy_gettext("Had it been sprayed against before?"))
    note = Line(lazy_gettext("Note"), most=200)

    def __init__(self, *args: Any, hazards: list[str], **given: Any) -> None:
        super().__init__(*args, **given)
        names = sorted((upper_first(hazard_name(each)), each) for each in hazards)
        self.hazard.choices = [("", gettext("choose")), *[(id_, name) for name, id_ in names]]
        yes_no = [("yes", gettext("Yes")), ("no", gettext("No"))]
        self.found.choices = [("", gettext("choose")), *yes_no]
        self.treated.choices = [("no", gettext("No")), ("yes", gettext("Yes"))]
        self.grade.choices = [
            ("", gettext("I do not know")),
            ("1", gettext("1: here and there")),
            ("2", gettext("2: rather light")),
            ("3", gettext("3: medium")),
            ("4", gettext("4: rather heavy")),
            ("5", gettext("5: heavy")),
        ]

    def validate_hazard(self, field: Choice) -> None:
        """Ask for one."""
        if not field.data:
            raise ValidationError(gettext("Choose one."))

    def validate_found(self, field: Choice) -> None:
        """Ask for an answer."""
        if not field.data:
            raise ValidationError(gettext("Say whether it was there."))

    def validate_grade(self, field: Choice) -> None:
        """Refuse a grade of what was not there."""
        if field.data and self.found.data == "no":
            raise ValidationError(
                gettext("What was not there has no grade: choose one of the two.")
            )


def _after(field: Reported) -> str:
    if field.own:
        return url_for("my_field.page", field_id=field.id)
    return url_for("village.page", village_id=field.village)


def _seasons(field: Reported) -> list[Season]:
    """What was sown in a field by now, the newest first."""
    today = local_day(now())
    found = registry.seasons_of(connection(), field.id)
    return [each for each in found if each.sown <= today and each.crop in crop_types()]


@bp.route("/<field_id>/stage", methods=["GET", "POST"])
@needs(None)
def stage(field_id: str) -> ResponseReturnValue:
    """Report which growth stage a crop has reached."""
    field, today = reported_field(field_id), local_day(now())
    season = next(iter(_seasons(field)), None)
    if season is None:
        return _nothing_stands(field)
    crop = crop_types()[season.crop]
    form = StageForm(request.form, crop=crop, today=written(), now=today)
    if request.method == "POST" and form.validate():
        seen = form.day.data
        if not season.sown <= seen <= (season.harvested or today):
            form.day.errors = [_not_standing(crop, season)]
        else:
            bbch = int(form.stage.data)

            def do(at: datetime) -> str:
                observed = StageObservation(field.id, season.crop, seen, bbch, me().name)
                registry.observe(connection(), observed)
                flash(gettext("Written down: advice counts with it from the next hour on."))
                return _after(field)

            return take(do)
    name = pick(field.name_zh, field.name_en)
    crop_name = upper_first(name_of(crop))
    status = 422 if request.method == "POST" else 200
    return (
        render_template(
            "my/stage.html",
            form=form,
            field=field,
            name=name,
            crop=crop_name,
            back=_after(field),
            entry_key=entry_key(),
        ),
        status,
    )


def _nothing_stands(field: Reported) -> ResponseReturnValue:
    name = pick(field.name_zh, field.name_en)
    return render_template("my/bare.html", field=field, name=name, back=_after(field)), 409


def _not_standing(crop: Crop, season: Season) -> str:
    return str(
        gettext(
            "%(crop)s stood there from %(first)s to %(last)s only.",
            crop=upper_first(name_of(crop)),
            first=full_day(season.sown),
            last=full_day(season.harvested) if season.harvested else gettext("today"),
        )
    )


def _position(picture: Picture | None) -> tuple[float | None, float | None]:
    """Where somebody stood, as the phone said, else as the photo does; [degree]."""
    try:
        found = float(request.form["longitude"]), float(request.form["latitude"])
    except (KeyError, ValueError):
        found = None
    if found and all(map(isfinite, found)) and abs(found[0]) <= 180 and abs(found[1]) <= 90:
        return round(found[0], 5), round(found[1], 5)
    if picture and picture.place:
        return round(picture.place[0], 5), round(picture.place[1], 5)
    return None, None


def _photo() -> tuple[Picture | None, str]:
    """The photo of the form, and what is wrong with it."""
    sent = request.files.get("photo")
    data = sent.read() if sent else b""
    if sent:
        sent.close()
    if not data:
        return None, ""
    try:
        return read_picture(data), ""
    except BadPicture as error:
        return None, str(error)


def _report(form: SeenForm, field: Reported, season: Season, day: date) -> ScoutingReport:
    source = request.form.get("source", SOURCES[0])
    return ScoutingReport(
        site=field.id,
        crop=season.crop,
        hazard=str(form.hazard.data),
        season=season.sown.year,
        date=day,
        found=form.found.data == "yes",
        treated=form.treated.data == "yes",
        severity=None,
        source=source if source in SOURCES else SOURCES[0],
        observer=me().name,
        note=form.note.data or "",
        origin=f"person:{me().id}",
        grade=int(form.grade.data) if form.grade.data else None,
    )


def _stood(form: SeenForm, seasons: list[Season], today: date) -> Season | None:
    """What stood there on the day and can have the pest; else the form says that none did."""
    day, crops = form.day.data, catalogue()[str(form.hazard.data)].crops
    for each in seasons:
        if each.crop in crops and each.sown <= day <= (each.harvested or today):
            return each
    form.day.errors = [gettext("On that day nothing stood there that can have it.")]
    return None


@bp.route("/<field_id>/seen", methods=["GET", "POST"])
@needs(None)
@takes(LARGEST_FORM)
def seen(field_id: str) -> ResponseReturnValue:
    """Report whether a pest or disease was found; what is found counts in the skill of advice."""
    field, today = reported_field(field_id), local_day(now())
    seasons = _seasons(field)
    if not seasons:
        return _nothing_stands(field)
    crops = {each.crop for each in seasons[:2]}
    members = {each for hazard in catalogue().values() for each in hazard.members}
    hazards = [
        id_ for id_, each in catalogue().items() if crops & set(each.crops) and id_ not in members
    ]
    asked = {
        "hazard": request.args.get("hazard", ""),
        "found": request.args.get("found", ""),
        "source": request.args.get("source", SOURCES[0]),
    }
    form = SeenForm(request.form, data=asked, hazards=hazards, today=written(), now=today)
    problem = ""
    if request.method == "POST":
        picture, problem = _photo()
        if form.validate() and not problem:
            stood = _stood(form, seasons, today)
            if stood is not None:
                report = _report(form, field, stood, form.day.data)
                try:
                    return take(lambda at: _keep(report, picture, field, at))
                except photos.TooManyPhotos:
                    connection().rollback()
                    problem = str(
                        gettext(
                            "There are %(most)s photos of this field of today already: send it "
                            "without one.",
                            most=photos.MOST_A_DAY,
                        )
                    )
    status = 422 if request.method == "POST" else 200
    name = pick(field.name_zh, field.name_en)
    source = request.form.get("source", asked["source"])
    return (
        render_template(
            "my/seen.html",
            form=form,
            field=field,
            name=name,
            source=source,
            problem=problem,
            back=_after(field),
            entry_key=entry_key(),
        ),
        status,
    )


def _keep(report: ScoutingReport, picture: Picture | None, field: Reported, at: datetime) -> str:
    conn = connection()
    longitude, latitude = _position(picture)
    number = None
    if picture is not None:
        number = photos.add(conn, field.id, picture.jpeg, picture.width, picture.height, at)
    placed = {"longitude": longitude, "latitude": latitude, "photo": number}
    ledger.put_reports(conn, [ScoutingReport(**{**vars(report), **placed})], at)
    flash(gettext("Written down. Thank you: it shows whether the advice can be trusted."))
    return _after(field)
