"""The desk of the bureau: advice in force by hazard, crop and township, decided on in bulk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from collector.store import audit
from collector.store.bureau import decisions, deliveries, desk, publishing
from collector.store.bureau.decisions import By, Decision, NotNow, Overtaken
from collector.store.bureau.desk import Row
from collector.store.postgres.db import Connection
from models.advice.colours import COLOURS
from models.weather.local_days import local_day
from webapp.accounts.access import needs, public, reader, scope
from webapp.accounts.charge import given, wrong_reason
from webapp.accounts.datastore import CLOCK
from webapp.app.database import connection, now
from webapp.app.menu import NavItem
from webapp.language.colours import colour_name
from webapp.language.i18n import gettext, lazy_gettext, ngettext
from webapp.language.risks import hazard_name
from webapp.language.words import pick
from webapp.views.bureau import desk as words
from webapp.views.village.villages import page_of

bp = Blueprint("desk", __name__)
NAV = NavItem(14, "desk.page", lazy_gettext("Desk"))
PER_PAGE = 40
#: What can be done with several at once; words are edited one by one.
BULK = ("review", "publish", "hold", "reject", "reopen")
KEY = re.compile(r"([\w-]{1,40})\|([\w-]{1,80})\|([\w-]{1,40})\|([0-9]{1,6})", re.ASCII)


@dataclass(frozen=True)
class Coloured:
    """A row and the colour that stands for it: as published, else as it follows."""

    row: Row
    colour: str | None


def _coloured(conn: Connection) -> tuple[list[Coloured], str]:
    """What is in force with its colours, and what is wrong with the setting for these."""
    thresholds, wrong = desk.thresholds(conn)
    found = desk.rows(conn, scope("drafts"), now())
    coloured = [Coloured(row, row.colour or desk.proposed(row, thresholds)) for row in found]
    return coloured, words.wrong_colours(wrong)


def _choices(rows: Sequence[Coloured]) -> dict[str, dict[str, str]]:
    """What each filter offers: what there is."""
    counties = {each.row.county: (each.row.county_zh, each.row.county_en) for each in rows}
    states = {words.state_of(each.row) for each in rows}
    return {
        "hazard": {one: hazard_name(one) for one in sorted({each.row.hazard for each in rows})},
        "crop": {one: words.crop_name(one) for one in sorted({each.row.crop for each in rows})},
        "county": {code: pick(*names) for code, names in counties.items()},
        "level": {each: colour_name(each) for each in reversed(COLOURS)},
        "state": {state: str(name) for state, name in words.STATES.items() if state in states},
    }


def _fits(each: Coloured, chosen: dict[str, str]) -> bool:
    row = each.row
    of = {
        "hazard": row.hazard,
        "crop": row.crop,
        "county": row.county,
        "level": each.colour,
        "state": words.state_of(row),
    }
    return all(not value or of[name] == value for name, value in chosen.items())


def _show(errors: list[str]) -> Response:
    conn, at = connection(), now()
    today = local_day(at)
    rows, wrong = _coloured(conn)
    choices = _choices(rows)
    chosen = {name: request.args.get(name, "")[:60] for name in choices}
    found = [each for each in rows if _fits(each, chosen)]
    late = deliveries.late(conn, [each.row.decision for each in found if each.row.decision], at)
    # What waits for an officer or is late comes first, then the gravest, then the oldest.
    found.sort(
        key=lambda each: (
            not (words.waits(each.row, today) or late.get(each.row.decision or 0)),
            -words.gravity(each.colour),
            each.row.first,
        )
    )
    number, pages, here = page_of(len(found), PER_PAGE, request.args.get("page", 1, type=int))
    shown = found[here]
    skill = desk.skill(conn, {each.row.hazard for each in shown})
    last = desk.last_time(conn, {each.row.place for each in shown})
    release = scope("release")
    return make_response(
        render_template(
            "bureau/desk.html",
            rows=[
                words.show_row(
                    each.row,
                    each.colour,
                    skill.get((each.row.hazard, each.row.county)),
                    last.get(each.row.key),
                    release,
                    at,
                )
                for each in shown
            ],
            late=late,
            choices=choices,
            chosen=chosen,
            asked={name: value for name, value in chosen.items() if value},
            waiting=sum(words.waits(each.row, today) for each in rows),
            total=len(rows),
            number=number,
            pages=pages,
            bulk={act: words.ACTS[act] for act in BULK} if release else {},
            errors=errors,
            wrong=wrong,
            typed={"reason": given("reason"), "until": given("until")},
        ),
        400 if errors else 200,
    )


@bp.get("/desk")
@needs("drafts", reads="drafts_seen")
def page() -> Response:
    """What is in force where the reader may see drafts, the most pressing first."""
    return _show([])


@bp.get("/drafts")
@public
def drafts() -> Response:
    """Lead on from the list of drafts that was here before."""
    answer = redirect(url_for("desk.page", county=request.args.get("county") or None), code=301)
    assert isinstance(answer, Response)
    return answer


class Unfit(Exception):  # noqa: N818 - named for what it is
    """One of the rows cannot be decided on so; the text says which and why."""


def _decide(conn: Connection, row: Row, seen: Decision, act: str, by: By) -> None:
    try:
        if act == "publish":
            there = [each.id for each in desk.villages(conn, row.key)]
            publishing.publish(conn, seen, by, there)
        else:
            decisions.act(conn, seen, act, by)
    except Overtaken as error:
        raise Unfit(words.overtaken_text(error)) from error
    except NotNow as error:
        raise Unfit(words.not_now_text(error)) from error


def _bulk(conn: Connection, keys: Sequence[tuple[str, ...]], act: str, by: By) -> None:
    """Do the same about several rows, in one order for all, so that nobody waits in a circle.

    Raises
    ------
    Unfit
        For the first that cannot be done.
    """
    until = None
    if act == "hold":
        until, wrong = words.read_day(given("until"), by.at)
        if wrong:
            raise Unfit(wrong)
    rows = {each.row.key: each for each in _coloured(conn)[0]}
    for place, hazard, crop, version in sorted(keys):
        found = rows.get((place, hazard, crop))
        row = found.row if found else None
        if (
            found is None
            or row is None
            or not words.reaches_place(scope("release"), row.place, row.county)
        ):
            raise Unfit(
                gettext(
                    "%(hazard)s, %(place)s: this is not in your part, or it is over.",
                    hazard=hazard_name(hazard),
                    place=words.place_of(row) if row else place,
                )
            )
        seen = decisions.find(conn, row.key, row.county)
        seen = replace(seen, version=int(version), until=until, colour=found.colour)
        _decide(conn, row, seen, act, by)
    for place, hazard, crop, _ in sorted(keys):
        what, detail = f"{place} {hazard} {crop}", {"act": act, "reason": by.reason}
        audit.append(conn, str(by.person), words.action_of(act), what, detail, at=CLOCK.now())


@bp.post("/desk")
@needs("release")
def act() -> Response:
    """Decide on several rows at once: all of them, or none."""
    user, conn = reader(), connection()
    assert user is not None
    what, reason = given("act"), given("reason")
    found = [KEY.fullmatch(each) for each in request.form.getlist("row")[:PER_PAGE]]
    keys = sorted({match.groups() for match in found if match})
    errors = []
    if not keys:
        errors.append(str(gettext("Choose at least one row.")))
    if what not in BULK:
        errors.append(str(gettext("Choose what is to be done.")))
    if wrong_reason(reason):
        errors.append(wrong_reason(reason))
    if not errors:
        try:
            with decisions.all_or_none(conn):
                _bulk(conn, keys, what, By(user.id, user.name, now(), reason))
        except Unfit as error:
            errors.append(str(error))
    if errors:
        return _show(errors)
    flash(
        ngettext(
            "%(act)s: done for %(num)d row.",
            "%(act)s: done for %(num)d rows.",
            len(keys),
            act=words.ACTS[what],
        )
    )
    answer = redirect(url_for("desk.page"), code=303)
    assert isinstance(answer, Response)
    return answer
