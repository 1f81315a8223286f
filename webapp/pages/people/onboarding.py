"""Places, people, reports and counts from a workbook: download, fill in, bring; all or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.files import forms, onboarding, seen
from collector.files.onboarding import Rights
from collector.permissions import Place
from collector.store import audit
from models.sheets.refused import Refused, SheetError, shown
from webapp.accounts.access import needs, reader
from webapp.accounts.charge import charge
from webapp.accounts.datastore import CLOCK, User
from webapp.app import files
from webapp.app.database import connection, now
from webapp.app.given import takes
from webapp.app.shares import heavy
from webapp.language.events import event_text
from webapp.language.i18n import current_language, gettext
from webapp.language.words import word

bp = Blueprint("onboarding", __name__, url_prefix="/onboarding")
FORMS = {"places": onboarding.FORMS, "seen": seen.FORMS}
LARGEST = 5 * 1024 * 1024
#: So many faults are listed; the others are counted.
MOST_LISTED = 200


@dataclass(frozen=True)
class Fault:
    """What is wrong, and where: a sheet and cell, or the file."""

    where: str
    what: str
    text: str


def _me() -> User:
    user = reader()
    assert user is not None
    return user


def _fault(one: Refused, name: str) -> Fault:
    where = one.origin.removeprefix(f"{name}: ")
    return Fault(where, event_text(one.event), one.text)


def _show(faults: list[Fault], total: int = 0, name: str = "") -> ResponseReturnValue:
    page = render_template(
        "people/onboarding.html", kinds=list(FORMS), faults=faults, total=total, name=name
    )
    return page, 422 if faults else 200


@bp.get("")
@needs("release")
def page() -> ResponseReturnValue:
    """Offer the forms, and take them back."""
    return _show([])


@bp.get("/<form>.xlsx")
@needs("release")
def blank(form: str) -> Response:
    """Give an empty workbook to fill in."""
    if form not in FORMS:
        abort(404)
    return files.sent(f"nongqing-{form}.xlsx", forms.blank(FORMS[form], current_language().code))


@bp.post("")
@needs("release")
@takes(LARGEST)
@heavy
def bring() -> ResponseReturnValue:
    """Read a workbook that was filled in; where nothing is wrong, all of it is written."""
    form, sent, me = request.form.get("form", ""), request.files.get("file"), _me()
    data = sent.read() if sent else b""
    name = shown((sent.filename if sent else "") or "")[:80]
    if sent:
        sent.close()
    if form not in FORMS:
        abort(400, gettext("Choose which form it is."))
    if not data:
        return _show([Fault("", str(gettext("Choose a file that is filled in.")), "")], 1)
    try:
        counts, wrong = _places(data, name, me) if form == "places" else _seen(data, name, me)
    except SheetError as error:
        return _show([_fault(error.refused, name)], 1, name)
    if wrong:
        return _show([_fault(one, name) for one in wrong[:MOST_LISTED]], len(wrong), name)
    told = gettext("; ").join(
        gettext("%(sheet)s: %(num)d", sheet=word(f"onboarding.sheet.{kind}"), num=number)
        for kind, number in counts.items()
        if number
    )
    detail = {"form": form, **counts}
    audit.append(connection(), str(me.id), "file_imported", name, detail, at=CLOCK.now())
    flash(gettext("Taken in. %(counts)s.", counts=told))
    answer = redirect(url_for("onboarding.page"), code=303)
    assert isinstance(answer, Response)
    return answer


def _enters(place: Place) -> bool:
    return any(place.within(grant) for grant in _me().where("release"))


def _places(data: bytes, name: str, me: User) -> tuple[dict[str, int], list[Refused]]:
    conn = connection()
    mine = charge(conn)
    rights = Rights(_enters, lambda place: mine.may_give("agent", place))
    found, wrong = onboarding.read_places(conn, data, name, rights, now())
    if len(wrong):
        return {}, wrong.named
    numbers = onboarding.take_in(conn, found, name, now(), f"person {me.id}")
    for number, agent in zip(numbers, found.agents, strict=True):
        given = {"reason": name, "role": "agent", "level": "village", "scope": agent.village}
        audit.append(conn, str(me.id), "rights_given", str(number), given, at=CLOCK.now())
    return found.counts(), []


def _seen(data: bytes, name: str, me: User) -> tuple[dict[str, int], list[Refused]]:
    conn = connection()
    found, wrong = seen.read_seen(conn, data, name, _enters, now())
    if len(wrong):
        return {}, wrong.named
    seen.take_in(conn, found, now())
    return found.counts(), []
