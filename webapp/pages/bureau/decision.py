"""One hazard of a crop in one place: what it rests on, what is decided, and who was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from collector.store import audit
from collector.store import reads as read_log
from collector.store.bureau import decisions, deliveries, desk, publishing
from collector.store.bureau.decisions import ACTS, By, Decision, NotNow, Overtaken
from collector.store.bureau.desk import Key, PlaceRow, VillageRow
from collector.store.postgres.db import Connection
from field_configs.names import unseen
from models.advice.colours import COLOURS
from webapp.accounts.access import needs, reaches, reader, scope
from webapp.accounts.charge import given, whole_numbers, wrong_reason
from webapp.accounts.datastore import CLOCK, User
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound
from webapp.language.colours import colour_name
from webapp.language.i18n import gettext, ngettext
from webapp.language.risks import hazard_name
from webapp.language.words import name_of, pick
from webapp.views.bureau import desk as words
from webapp.views.bureau.evidence import show_evidence
from webapp.views.bureau.recipients import WHOM, ShownRecipient, show_recipients

bp = Blueprint("decision", __name__, url_prefix="/desk/<place>/<crop>/<hazard>")
#: Villages that a form lists; a township has some dozens.
MOST_VILLAGES = 200
#: Acts that ask for no reason: they change nothing that the public sees.
WITHOUT_REASON = ("review", "edit")


#: People of a page, and pages that can be asked for.
PEOPLE, MOST_PAGES = 40, 1000


@dataclass(frozen=True)
class People:
    """A page of those who were sent a message, narrowed to `whom`."""

    rows: list[ShownRecipient]
    whom: str
    page: int
    pages: int
    choices = WHOM


@dataclass(frozen=True)
class Case:
    """What a page is about, and where its reader may act."""

    conn: Connection
    place: PlaceRow
    key: Key
    villages: list[VillageRow]

    @property
    def mine(self) -> list[VillageRow]:
        """The villages of which the reader may release advice."""
        grants = scope("release")
        return [e for e in self.villages if reaches(grants, e.id, e.township, e.county)]

    @property
    def whole(self) -> bool:
        """Whether the reader may decide on the whole place."""
        return words.reaches_place(scope("release"), self.place.code, self.place.county)


def _case(place: str, crop: str, hazard: str) -> Case:
    """Find what the address names, for a reader who may see something of it.

    Raises
    ------
    PageNotFound
        When there is no such place.
    """
    conn = connection()
    found = desk.place(conn, place[:40])
    if found is None:
        raise PageNotFound(gettext("There is no township or county “%(code)s”.", code=place[:40]))
    key = (found.code, hazard[:80], crop[:40])
    villages = desk.villages(conn, key)
    grants = scope("drafts")
    seen = [each for each in villages if reaches(grants, each.id, each.township, each.county)]
    if not seen and not words.reaches_place(grants, found.code, found.county):
        abort(
            403,
            gettext(
                "%(place)s is not in your part: you see and decide only on places for which you "
                "hold a role.",
                place=f"{pick(found.county_zh, found.county_en)} {words.place_of(found)}",
            ),
        )
    return Case(conn, found, key, seen)


def _people(conn: Connection, decision: Decision) -> People | None:
    """Who was sent a message where the reader releases advice; who looks is in the audit log."""
    user, grants = reader(), scope("release")
    if user is None or decision.id is None or not grants:
        return None
    whom = request.args.get("whom", "")
    whom = whom if whom in WHOM else ""
    page = min(max(request.args.get("people", 1, type=int), 1), MOST_PAGES)
    ask = partial(deliveries.recipients, conn, decision.id, grants, whom, limit=PEOPLE)
    found, count = ask(offset=(page - 1) * PEOPLE)
    if not found and page > 1:
        page, (found, count) = 1, ask(offset=0)
    if not found and not whom:
        return None
    read_log.note(conn, user.id, "people_seen", "decision.people", decision.place, CLOCK.now())
    sends = decision.state in (decisions.PUBLISHED, decisions.UPDATED)
    whole = whole_numbers(conn, [each.person for each in found])
    rows = show_recipients(found, whole, sends=sends)
    return People(rows, whom, page, -(-count // PEOPLE))


def _show(case: Case, errors: dict[str, str]) -> Response:
    conn, at = case.conn, now()
    decision = decisions.find(conn, case.key, case.place.county)
    thresholds, _ = desk.thresholds(conn)
    rows = {row.key: row for row in desk.rows(conn, scope("drafts"), at, case.key[1])}
    row = rows.get(case.key)
    colour = decision.colour
    if colour is None and row is not None:
        colour = desk.proposed(row, thresholds)
    skill = desk.skill(conn, [case.key[1]]).get((case.key[1], case.place.county))
    attests, reads = scope("reports"), scope("drafts")
    told = [
        each
        for each in (deliveries.told(conn, decision.id) if decision.id else [])
        if reaches(reads, each.id, each.township, each.county)
    ]
    open_acts = [each for each in decisions.acts_in(decision.state) if case.whole or case.mine]
    if not case.whole:  # who is in charge of some of its villages publishes for these alone
        open_acts = [each for each in open_acts if each in ("publish", "update")]
    if not case.villages:
        open_acts = [each for each in open_acts if each not in ("publish", "update")]
    people = _people(conn, decision)
    answer = make_response(
        render_template(
            "bureau/decision.html",
            case=case,
            people=people,
            hazard=hazard_name(case.key[1]),
            crop=words.crop_name(case.key[2]),
            place=words.place_of(case.place),
            county=pick(case.place.county_zh, case.place.county_en),
            decision=decision,
            version=given("version")
            if errors.get("overtaken") is None and errors
            else decision.version,
            state=words.STATES[decision.state if decision.id or _drafts(case) else words.OUT],
            row=row,
            note=words.note_of(row, at) if row else "",
            colour=colour,
            colours={each: colour_name(each) for each in COLOURS},
            trend=words.trend_text(row.fields, row.fields_before) if row else "",
            area=words.area_of(row) if row else "",
            skill=words.skill_text(skill),
            evidence=show_evidence(desk.evidence(conn, case.key, at), at),
            villages=case.villages[:MOST_VILLAGES],
            hidden=len(case.villages) - MOST_VILLAGES,
            mine={each.id for each in case.mine},
            name_of=name_of,
            acts={each: words.ACTS[each] for each in open_acts},
            done=words.DONE,
            steps=decisions.steps(conn, case.key),
            told=told,
            late={each.id for each in told if each.late(at)},
            attests={e.id for e in told if reaches(attests, e.id, e.township, e.county)},
            most_sms=decisions.MOST_SMS,
            most_words=decisions.MOST_WORDS,
            typed={
                name: given(name, 1000) if request.form else getattr(decision, name, "")
                for name in ("page", "sms", "voice", "reason", "until")
            },
            errors=errors,
        ),
        400 if errors else 200,
    )
    if people is not None:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _drafts(case: Case) -> int:
    return sum(each.drafts for each in case.villages)


@bp.get("")
@needs("drafts", reads="drafts_seen", about="place")
def page(place: str, crop: str, hazard: str) -> Response:
    """Evidence, decision and deliveries of a hazard of a crop in a place."""
    return _show(_case(place, crop, hazard), {})


def _words(errors: dict[str, str]) -> dict[str, str]:
    """Read the officer's own words for each channel; what is wrong goes into `errors`."""
    most = {"page": decisions.MOST_WORDS, "sms": decisions.MOST_SMS, "voice": decisions.MOST_WORDS}
    found = {name: given(name, 1000) for name in most}
    for name, text in found.items():
        if len(text) > most[name]:
            errors[name] = gettext(
                "This is %(length)s characters long; %(most)s at most.",
                length=len(text),
                most=most[name],
            )
        elif unseen(text):
            errors[name] = gettext("It holds a character that nobody can see; type it anew.")
    return found


def _chosen(case: Case, errors: dict[str, str]) -> list[str]:
    """Read for which villages it is published; what is wrong goes into `errors`."""
    there = {each.id for each in case.villages}
    mine = {each.id for each in case.mine}
    asked = dict.fromkeys(request.form.getlist("village"))
    chosen = mine if "all" in asked else [each for each in asked if each in there]
    elsewhere = [each for each in asked if each not in mine and each != "all"]
    if elsewhere:
        errors["village"] = gettext(
            "Not in your part, or without this advice: %(villages)s. You publish only where you "
            "hold the right.",
            villages=", ".join(each[:40] for each in elsewhere[:5]),
        )
    elif not chosen:
        errors["village"] = gettext("Choose at least one village.")
    return sorted(chosen)


def _asked(case: Case, act: str) -> tuple[Decision, list[str], dict[str, str]]:
    """Read the form: the decision as its officer saw it, the villages, and what is wrong."""
    errors: dict[str, str] = {}
    seen = decisions.find(case.conn, case.key, case.place.county)
    version = given("version", 8)
    if act not in ACTS:
        errors["act"] = gettext("Choose what is to be done.")
        return seen, [], errors
    seen = replace(seen, version=int(version) if version.isascii() and version.isdigit() else -1)
    if act in ("publish", "update", "edit", "review"):
        colour = given("colour")
        said = _words(errors)
        seen = replace(
            seen,
            colour=colour if colour in COLOURS else seen.colour,
            page=said["page"],
            sms=said["sms"],
            voice=said["voice"],
        )
    until = None
    if act == "hold":
        until, wrong = words.read_day(given("until"), now())
        errors |= {"until": wrong} if wrong else {}
    chosen = _chosen(case, errors) if act in ("publish", "update") else []
    if act not in ("publish", "update") and not case.whole:
        errors["act"] = gettext(
            "You are in charge of some of these villages only: publish for them, or ask an officer "
            "of the whole place."
        )
    if act not in WITHOUT_REASON and wrong_reason(given("reason")):
        errors["reason"] = wrong_reason(given("reason"))
    return replace(seen, until=until), chosen, errors


def _do(
    case: Case, act: str, seen: Decision, chosen: Sequence[str], user: User
) -> tuple[dict[str, str], int]:
    """Do it; return what is wrong, and for how many fields advice is public from now on."""
    by = By(user.id, user.name, now(), given("reason"))
    fields: list[str] = []
    detail: dict[str, object] = {"act": act, "reason": by.reason}
    try:
        if act in ("publish", "update"):
            changed, fields = publishing.publish(case.conn, seen, by, chosen)
            detail |= {"villages": list(chosen), "fields": fields, "colour": changed.colour or ""}
        elif act == "cancel":
            decisions.cancel(case.conn, seen, by)
        else:
            decisions.act(case.conn, seen, act, by)
    except Overtaken as error:
        return {"overtaken": words.overtaken_text(error)}, 0
    except NotNow as error:
        return {"act": words.not_now_text(error)}, 0
    place, hazard, crop = case.key
    what = f"{place} {hazard} {crop}"
    audit.append(case.conn, str(user.id), words.action_of(act), what, detail, at=CLOCK.now())
    return {}, len(fields)


@bp.post("")
@needs("release")
def act(place: str, crop: str, hazard: str) -> Response:
    """Review, publish, hold, reject, open again, cancel or close it, or change its words."""
    user = reader()
    assert user is not None
    case, what = _case(place, crop, hazard), given("act")
    if not case.whole and not case.mine:
        abort(403, gettext("You may read this and not decide on it: it is not in your part."))
    seen, chosen, errors = _asked(case, what)
    fields = 0
    if not errors:
        errors, fields = _do(case, what, seen, chosen, user)
    if errors:
        return _show(case, errors)
    if what in ("publish", "update"):
        flash(
            ngettext(
                "Published for %(num)d field: the village's page gives it now under your name.",
                "Published for %(num)d fields: the villages' pages give it now under your name.",
                fields,
            )
        )
    else:
        flash(gettext("%(act)s: done.", act=words.ACTS[what]))
    return _back(case)


def _back(case: Case) -> Response:
    place, hazard, crop = case.key
    answer = redirect(url_for("decision.page", place=place, crop=crop, hazard=hazard), code=303)
    assert isinstance(answer, Response)
    return answer
