"""One field of a person: what to do there, when it may be harvested, what was written down."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO

from flask import Blueprint, Response, render_template

from collector.store.advice import ledger, photos, products, replies, works
from collector.store.advice import village as store
from collector.store.advice.ledger import ScoutingReport
from collector.store.advice.replies import Reply
from collector.store.advice.village import Advice
from collector.store.network.own_fields import OwnField
from models.risk.answers import RiskStatus
from models.weather.local_days import local_day
from webapp.accounts.access import needs
from webapp.accounts.own import entry_key, own_field, reported_field
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound
from webapp.app.files import plain_cell
from webapp.language.formats import full_day
from webapp.language.formats import local_day as day_text
from webapp.language.i18n import gettext
from webapp.language.risks import hazard_name, stage_name
from webapp.language.words import word
from webapp.views.crops import crop_types
from webapp.views.village.contact import show_contact
from webapp.views.village.headline import headline
from webapp.views.village.notice import MOST_CARDS, Said, cards_of
from webapp.views.village.own_fields import (
    ShownWork,
    as_field,
    line_of,
    show_diary,
    waiting_of,
)
from webapp.views.village.verdicts import verdicts_of
from webapp.views.village.villages import WARNINGS

bp = Blueprint("my_field", __name__, url_prefix="/my")
SHOWN_WORKS = 8


@dataclass(frozen=True)
class Question:
    """Advice that asks for an answer; `reply` is the newest one, empty where nobody answered."""

    crop: str
    hazard: str
    issued: str
    name: str
    day: str
    reply: str
    acts: bool


@dataclass(frozen=True)
class ShownReport:
    """What somebody saw in the field."""

    day: str
    hazard: str
    found: str
    detail: str
    photo: int | None


def _reply(found: list[Reply], crop: str, hazard: str, issued: datetime) -> str:
    newest = next(
        (e for e in found if (e.crop, e.hazard, e.issued) == (crop, hazard, issued)), None
    )
    if newest is None:
        return ""
    about = {"who": newest.name, "day": day_text(newest.at)}
    if newest.done:
        return str(gettext("%(who)s, %(day)s: done", **about))
    return str(gettext("%(who)s, %(day)s: not done", **about))


def _questions(given: list[Advice], found: list[Reply]) -> list[Question]:
    return [
        Question(
            crop=each.advisory.crop,
            hazard=each.advisory.hazard,
            issued=each.advisory.issued.isoformat(),
            name=hazard_name(each.advisory.hazard),
            day=day_text(each.advisory.issued),
            reply=_reply(found, each.advisory.crop, each.advisory.hazard, each.advisory.issued),
            acts=each.public,
        )
        for each in given
    ]


def _reports(found: list[ScoutingReport]) -> list[ShownReport]:
    shown = []
    for each in found:
        parts = [
            gettext("grade %(grade)s", grade=each.grade) if each.grade else "",
            gettext("had been treated") if each.treated else "",
            each.note,
            each.observer,
        ]
        shown.append(
            ShownReport(
                day=full_day(each.date),
                hazard=hazard_name(each.hazard),
                found=str(gettext("found") if each.found else gettext("not found")),
                detail=str(gettext("; ")).join(str(part) for part in parts if part),
                photo=each.photo,
            )
        )
    return shown


def _stage(answers: Sequence[RiskStatus], own: OwnField) -> str:
    """The growth stage that the models count with, and whether somebody saw it."""
    crop = crop_types().get(own.crop or "")
    known = [e for e in answers if e.crop == own.crop and e.stage_bbch == e.stage_bbch]
    if crop is None or not known:
        return ""
    name = stage_name(crop, known[0].stage_bbch)
    if known[0].stage_source == "observed":
        return str(gettext("%(stage)s, as somebody saw it", stage=name))
    return str(gettext("%(stage)s by the weather since sowing", stage=name))


@bp.get("/<field_id>")
@needs("own")
def page(field_id: str) -> str:
    """Show a field that the reader keeps."""
    own, conn, at = own_field(field_id), connection(), now()
    facts = store.facts(conn, own.village, at, (products.KEY,))
    assert facts is not None
    of_all, outlook = store.answers(conn, own.village, at, own=own.id)
    answers = [each for each in of_all if each.site == own.id]
    given = [
        e
        for e in store.advice(conn, own.village, at, past=False, own=own.id)
        if e.advisory.site == own.id
    ]
    coming = [each for each in outlook if each.site == own.id]
    fields = {own.id: as_field(own)}
    listed = products.read(facts.settings.get(products.KEY))
    cards = cards_of(Said(answers, coming, given, crop_types(), fields, at, products=listed))
    contact = show_contact(facts.village, facts.settings)
    diary, today = works.diary(conn, own.id), local_day(at)
    said = [group[0] for crop in verdicts_of(answers) for group in crop.verdicts]
    warned = {each.hazard for each in said if each.status in WARNINGS}
    return render_template(
        "my/field.html",
        own=own,
        line=line_of(own, today),
        headline=headline(cards, answers, contact),
        contact=contact,
        cards=cards[:MOST_CARDS],
        stage=_stage(answers, own),
        waiting=waiting_of(diary, today),
        questions=_questions(given, replies.of_field(conn, own.id)),
        warned=[(hazard, hazard_name(hazard)) for hazard in sorted(warned)],
        diary=show_diary(diary[:SHOWN_WORKS]),
        more=max(0, len(diary) - SHOWN_WORKS),
        reports=_reports(ledger.reports_of(conn, own.id)),
        entry_key=entry_key(),
        computed=bool(answers),
    )


@bp.get("/<field_id>/diary")
@needs("own")
def diary(field_id: str) -> str:
    """Everything that was written in the diary of a field."""
    own = own_field(field_id)
    rows: list[ShownWork] = show_diary(works.diary(connection(), own.id))
    return render_template("my/diary.html", own=own, rows=rows)


@bp.get("/<field_id>/diary.csv")
@needs("own")
def diary_file(field_id: str) -> Response:
    """The diary as a file that spreadsheets open, in the columns that `import` reads."""
    own = own_field(field_id)
    out = StringIO()
    table = csv.writer(out)
    table.writerow(
        ["date", "work", "product", "target", "dose", "area_ha", "amount_mm", "interval_d"]
        + ["observer", "note"]
    )
    for work in works.diary(connection(), own.id)[::-1]:
        cells = [work.date, word(f"work.{work.kind}"), work.product, work.target, work.dose]
        cells += [work.area_ha, work.amount_mm, work.interval_d, work.recorded_by, work.note]
        table.writerow([plain_cell(each) for each in cells])
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{own.id}.csv"'
    return response


@bp.get("/<field_id>/photo/<int:number>.jpg")
@needs(None)
def photo(field_id: str, number: int) -> Response:
    """Show a photo of a field to those who may see the field."""
    field = reported_field(field_id)
    found = photos.jpeg(connection(), field.id, number) if number < 2**62 else None
    if found is None:
        raise PageNotFound(gettext("There is no such photo of this field."))
    response = Response(found, mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
