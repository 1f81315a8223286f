"""Drafts of bulletins: drawn up, edited, given up, and issued once and for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.bulletins import drafting
from collector.bulletins.texts import PARTS
from collector.store import audit
from collector.store.bureau import bulletins as store
from collector.store.bureau.bulletins import AlreadyIssued, Draft, GivenUp, Outdated
from field_configs.names import unseen
from webapp.accounts.access import needs, reaches_area, reader, scope
from webapp.accounts.datastore import CLOCK, User
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.app.given import takes
from webapp.app.shares import heavy
from webapp.language.i18n import current_language, gettext
from webapp.views.bureau.bulletin import serial, show

bp = Blueprint("bulletin_drafts", __name__, url_prefix="/bulletins")
#: Longest texts, and what must not be empty when it is issued.
MOST = {"title": 80, "situation": 6000, "forecast": 4000, "advice": 6000, "signature": 80}
NEEDED = ("title", "situation", "signature")
LARGEST_FORM = 512 * 1024


@dataclass(frozen=True)
class ShownEdition:
    """What somebody saved before."""

    who: str
    at: datetime
    texts: list[str]


def _me() -> User:
    user = reader()
    assert user is not None
    return user


def _to(endpoint: str, **values: object) -> Response:
    response = redirect(url_for(endpoint, **values), code=303)  # type: ignore[arg-type]
    assert isinstance(response, Response)
    return response


def _must_reach(area: str) -> None:
    if not reaches_area(scope("release"), area):
        abort(403)


def _found(number: int) -> Draft:
    found = store.draft(connection(), number) if number < 2**62 else None
    if found is None:
        raise PageNotFound(
            str(gettext("There is no such draft of a bulletin.")),
            [Suggestion(url_for("bulletins.page"), str(gettext("All bulletins")))],
        )
    _must_reach(found.area)
    return found


def _who(name: str) -> str:
    return str(gettext("the weekly job")) if name == drafting.BY_JOB else name


def _over(draft: Draft) -> str:
    """Say why a draft can be changed no more; '' where it can."""
    if draft.issued is not None:
        return str(
            gettext(
                "This bulletin was issued already, as %(serial)s: it is not issued again, and "
                "nothing of it was changed.",
                serial=serial(*draft.issued),
            )
        )
    if draft.given_up is not None:
        return str(gettext("This draft was given up; draw up a new one."))
    return ""


def _show(
    draft: Draft,
    typed: Mapping[str, str] | None = None,
    *,
    problem: str = "",
    errors: Mapping[str, str] | None = None,
    status: int = 200,
    compared: bool = False,
) -> ResponseReturnValue:
    texts = dict(draft.newest.texts)
    shown = texts if typed is None else typed
    editions = store.editions(connection(), draft.id)[1:]
    page = render_template(
        "bulletin/draft.html",
        draft=draft,
        b=show({"texts": {**texts, **shown}, "tables": draft.tables}),
        typed=shown,
        others=[name for name in PARTS if compared and shown[name] != texts.get(name, "")],
        errors=errors or {},
        problem=problem or _over(draft),
        most=MOST,
        saved_by=_who(draft.newest.written_by),
        corrects=serial(*draft.corrects) if draft.corrects else "",
        earlier=[
            ShownEdition(_who(each.written_by), each.at, [each.texts[name] for name in PARTS])
            for each in editions
        ],
    )
    return page, status


@bp.post("/drafts")
@needs("release")
@heavy
def begin() -> Response:
    """Draft a bulletin from the data as they stand now."""
    conn, area, me = connection(), request.form.get("area", ""), _me()
    if area and area not in store.counties(conn):
        abort(400, gettext("Choose the city or one of its counties."))
    _must_reach(area)
    language = current_language().code
    draft = drafting.on_demand(conn, area, me.name, me.name, language, now())
    return _to("bulletin_drafts.page", draft_id=draft)


@bp.post("/<int:year>/<int:number>/correct")
@needs("release")
def correct(year: int, number: int) -> Response:
    """Draft a correction of an issued bulletin."""
    conn, me = connection(), _me()
    found = store.issued(conn, year, number)
    if found is None:
        raise PageNotFound(str(gettext("There is no such draft of a bulletin.")))
    _must_reach(found.area)
    draft = drafting.correction(conn, found, me.name, me.name, now())
    return _to("bulletin_drafts.page", draft_id=draft)


@bp.get("/drafts/<int:draft_id>")
@needs("release")
def page(draft_id: int) -> ResponseReturnValue:
    """Show a draft to be edited."""
    return _show(_found(draft_id))


def _typed() -> dict[str, str]:
    """Return the texts of the form, with the line ends that we keep and no blanks around."""
    given = {name: request.form.get(name, "") for name in PARTS}
    return {name: "\n".join(text.splitlines()).strip() for name, text in given.items()}


def _wrong(typed: Mapping[str, str], *, issuing: bool) -> dict[str, str]:
    errors = {}
    for name, text in typed.items():
        if len(text) > MOST[name]:
            errors[name] = gettext(
                "This is %(length)s characters long; %(most)s at most.",
                length=len(text),
                most=MOST[name],
            )
        elif found := unseen(text, lines=name not in ("title", "signature")):
            errors[name] = gettext(
                "It holds a character that nobody sees (%(character)s): write it anew.",
                character=found,
            )
        elif not text and issuing and name in NEEDED:
            errors[name] = gettext("Write something here before you issue it.")
    return {name: str(text) for name, text in errors.items()}


@bp.post("/drafts/<int:draft_id>")
@needs("release")
@takes(LARGEST_FORM)
def save(draft_id: int) -> ResponseReturnValue:
    """Save a draft, and issue it where that was asked for; of two officers the second is told."""
    conn, draft, typed, me = connection(), _found(draft_id), _typed(), _me()
    issuing = "issue" in request.form
    if over := _over(draft):
        return _show(draft, typed, problem=over, status=409, compared=True)
    if errors := _wrong(typed, issuing=issuing):
        problem = str(gettext("Not saved yet: look at what is marked below."))
        return _show(draft, typed, problem=problem, errors=errors, status=422)
    edition = request.form.get("edition", type=int) or 0
    texts = {**draft.newest.texts, **typed}
    try:
        if texts != dict(draft.newest.texts) or edition != draft.newest.edition:
            edition = store.save(conn, draft_id, edition, texts, me.name, now())
        if issuing:
            year, number = store.issue(conn, draft_id, edition, me.name, now())
            what, detail = f"bulletin {year}/{number}", {"draft": draft_id, "area": draft.area}
            audit.append(conn, str(me.id), "bulletin_issued", what, detail, at=CLOCK.now())
            flash(gettext("Issued as %(serial)s.", serial=serial(year, number)))
            return _to("bulletins.one", year=year, number=number)
    except Outdated:
        newest = _found(draft_id)
        problem = gettext(
            "%(name)s saved this draft while you wrote: nothing of yours was saved or issued yet. "
            "What you wrote still stands below, and beside it what is saved now. Make one text of "
            "both, then save.",
            name=_who(newest.newest.written_by),
        )
        return _show(newest, typed, problem=str(problem), status=409, compared=True)
    except (AlreadyIssued, GivenUp):
        newest = _found(draft_id)
        return _show(newest, typed, problem=_over(newest), status=409, compared=True)
    flash(gettext("Saved."))
    return _to("bulletin_drafts.page", draft_id=draft_id)


@bp.post("/drafts/<int:draft_id>/give-up")
@needs("release")
def give_up(draft_id: int) -> Response:
    """Give a draft up; its texts stay on record."""
    draft = _found(draft_id)
    if store.give_up(connection(), draft_id, now()):
        flash(gettext("The draft is given up."))
    else:
        flash(_over(draft))
    return _to("bulletins.page")
