"""Where events of the chain break a story, and the story of a thing or lot, for inspectors."""

from __future__ import annotations

import re

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store.inspection import plans
from collector.store.lots import lots
from collector.store.lots.lots import Lot
from collector.store.trace import flags as store
from collector.store.trace import following
from field_configs.business_steps import step_named
from field_configs.events import Event
from models.exchange.epcis.looked_up import FieldError, uri
from models.trace.breaks import KINDS
from models.trace.codes import parse_code
from models.trace.identifiers import IdentifierError
from models.trace.planted import PLACE
from webapp.accounts.access import may, needs, reaches_area, scope
from webapp.app.database import connection
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.events import event_name, event_text
from webapp.language.i18n import gettext
from webapp.language.risks import upper_first
from webapp.language.words import name_of, pick, word
from webapp.views.crops import crop_types
from webapp.views.trace.shown import produce_name
from webapp.views.trace.way import BEFORE_HARVEST

bp = Blueprint("flags", __name__, url_prefix="/register")
#: A page shows so many events of a story.
MOST_STEPS = 200
#: A party of one person, as `collector.store.trace.members` names it.
PERSON = re.compile(r"person ([0-9]+)")


def _asked() -> tuple[str, str | None, Lot | None]:
    """What was typed, the URI that it is, None where it is none, and the lot of ours."""
    typed = request.args.get("thing", "").strip()
    conn, code = connection(), parse_code(typed)
    if code:
        lot = lots.find(conn, code)
        return typed, lot.uri if lot else None, lot
    try:
        thing = uri(typed) if ":" in typed else None
    except (FieldError, IdentifierError):
        thing = None
    return typed, thing, lots.of_uri(conn, thing) if thing else None


def _said(flag: store.Flag) -> str:
    """Say what is wrong; a lot of ours by its code."""
    given = dict(flag.what.params) | ({"thing": flag.lot} if flag.lot else {})
    return event_text(Event(flag.what.kind, given))


def _rows(found: list[store.Flag]) -> list[tuple[store.Flag, str, str]]:
    return [(each, upper_first(event_name(each.what.kind)), _said(each)) for each in found]


@bp.get("/flags")
@needs("inspect", reads="register_seen")
def page() -> ResponseReturnValue:
    """List flags, the newest first, by kind and by thing."""
    typed, thing, _ = _asked()
    kind = request.args.get("kind", "")
    cleared = bool(request.args.get("cleared"))
    found = []
    if thing is not None or not typed:
        found = store.flags(
            connection(),
            scope("inspect"),
            kind=kind if kind in KINDS else None,
            thing=thing,
            cleared=cleared,
        )
    return render_template(
        "trace/flags.html",
        rows=_rows(found),
        kinds=[(each, upper_first(event_name(each))) for each in KINDS],
        kind=kind,
        typed=typed,
        cleared=cleared,
        most=store.MOST_SHOWN,
    )


def _may(lot: Lot | None) -> bool:
    """Whether the reader inspects where a lot grew; of other things, in the whole city."""
    if lot is None or lot.village is None:
        return reaches_area(scope("inspect"), "")
    return may("inspect", lot.village)


@bp.get("/story")
@needs("inspect", reads="register_seen")
def story() -> ResponseReturnValue:
    """Show what is known of a thing or lot: what led to it, what it became, who told what."""
    typed, thing, lot = _asked()
    if thing is None or not _may(lot):
        back = Suggestion(url_for("flags.page"), gettext("What does not hold together"))
        text = gettext("Nothing is known of %(thing)s where you inspect.", thing=typed[:60])
        raise PageNotFound(str(text), [back])
    conn = connection()
    led, became = following.back(conn, thing), following.forward(conn, thing)
    steps = following.story(conn, sorted({*led, *became}))
    places = {code: pick(zh, en) for code, _, zh, en in plans.places(conn)}
    return render_template(
        "trace/story.html",
        thing=thing,
        lot=lot,
        produce=produce_name(lot.produce) if lot else "",
        led=_named([each for each in led if each != thing]),
        became=_named([each for each in became if each != thing]),
        steps=[
            (each, _step(each), _place(each, places), _teller(each.party))
            for each in steps[:MOST_STEPS]
        ],
        of_days=BEFORE_HARVEST,
        more=len(steps) - MOST_STEPS,
        rows=_rows(store.flags(conn, scope("inspect"), thing=thing, cleared=True)),
    )


def _step(step: following.Step) -> str:
    """The word of a step, with what it was done with; of others what events call it."""
    known = step_named(step.biz_step) if step.biz_step else None
    if known is None:
        return step.biz_step or step.type
    name = upper_first(word(f"business_step.{known}"))
    if not step.about:
        return name
    crop = crop_types().get(step.about)
    about = name_of(crop) if crop else produce_name(step.about)
    return str(gettext("%(label)s: %(value)s", label=name, value=about))


def _place(step: following.Step, names: dict[str, str]) -> str:
    """Where it was done: a county or township by its name, other places as events call them."""
    code = (step.place or "").removeprefix(PLACE)
    return names.get(code, step.place or "")


def _teller(name: str) -> str:
    """Who told it; a person who joined no party has a number and no name."""
    found = PERSON.fullmatch(name)
    return str(gettext("registered person no. %(number)s", number=found[1])) if found else name


def _named(things: list[str]) -> list[tuple[str, str]]:
    """Things and what they are called: lots by their codes, what lots grew of as that."""
    known = lots.names(connection(), things)
    planting = str(gettext("what it grew of, in one field and season"))
    return [(each, known.get(each, each) or planting) for each in things]
