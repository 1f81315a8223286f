"""A node's outputs: on for a time after a second look, off at once, back to automatic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from collector.control import giving
from collector.control.giving import BeyondLimit, NotHeard
from collector.control.shown import OutputNow
from collector.store.control import schedules
from collector.store.network.node_commands import NoKey
from field_configs.names import unseen
from webapp.accounts.access import needs
from webapp.accounts.own import entry_key, take
from webapp.accounts.switching import (
    by_me,
    machine_time,
    output_within,
    outputs_of_node,
    why_not,
)
from webapp.app.database import connection, now
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views.control.outputs import name_of, place_of, show, silent
from webapp.views.control.words import ACTS, DAYS, for_time, span

bp = Blueprint("switching", __name__, url_prefix="/control")
#: A second look that is older than this is taken again: what it showed may be so no more.
LOOK = timedelta(minutes=10)
MOST_WHY = 100
WHYS = {
    "dry": lazy_gettext("the soil is dry"),
    "hot": lazy_gettext("it is too hot"),
    "cold": lazy_gettext("it is too cold"),
    "damp": lazy_gettext("it is too damp"),
    "advice": lazy_gettext("as advised"),
    "try": lazy_gettext("to try it out"),
    "other": lazy_gettext("another reason, written below"),
}


class _Wrong(Exception):  # noqa: N818 - named for what it is
    """What was asked cannot be done; the message says why, `status` what the answer is."""

    def __init__(self, text: str, status: int = 422) -> None:
        super().__init__(str(text))
        self.status = status


def _show(
    found: list[OutputNow], problem: str = "", status: int = 200, about: int | None = None
) -> Response:
    conn, at = connection(), now()
    node = found[0].node
    rows = schedules.in_force(conn, [node.node])
    page = render_template(
        "control/node.html",
        node=node,
        place=place_of(node),
        outputs=show(conn, found, at),
        names={each.output.number: name_of(each.output) for each in found},
        silent=silent(node, at),
        why_not=why_not(node.field),
        whys=WHYS,
        schedules=rows,
        days=DAYS,
        problem=problem,
        about=about,
        typed=request.values,
        entry_key=entry_key(),
    )
    return _private(page, status)


def _private(page: str, status: int) -> Response:
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/<node_id>")
@needs(None)
def page(node_id: str) -> Response:
    """Show a node's outputs: what it said last, what may be done."""
    return _show(outputs_of_node(node_id))


@bp.route("/<node_id>/<int:number>/on", methods=["GET", "POST"])
@needs(None)
def on(node_id: str, number: int) -> ResponseReturnValue:
    """Say in large words what will be switched on; then, with its button, order it."""
    found = outputs_of_node(node_id)
    wanted = output_within(found, number)
    _ask(wanted)
    try:
        minutes, why = _minutes(), _why()
        seconds = minutes * 60
        _check(wanted, seconds)
    except _Wrong as error:
        return _show(found, str(error), error.status, number)
    problem = ""
    if request.method == "POST":
        if _fresh():
            return _try(found, number, lambda at: _on(wanted, seconds, why, at))
        problem = gettext("More than 10 minutes went by since: look at it again, then press.")
    (shown,) = show(connection(), [wanted], now())
    page = render_template(
        "control/on.html",
        node=wanted.node,
        place=place_of(wanted.node),
        output=shown,
        within=span(_proof_s(wanted)),
        minutes=minutes,
        time=span(seconds),
        why=why,
        asked={name: request.values.get(name, "") for name in ("why", "note")},
        seen=int(machine_time().timestamp()),
        problem=problem,
        entry_key=entry_key(),
    )
    return _private(page, 409 if problem else 200)


@bp.post("/<node_id>/<int:number>/off")
@needs(None)
def off(node_id: str, number: int) -> ResponseReturnValue:
    """Switch an output off at once; rules leave it off."""
    found = outputs_of_node(node_id)
    wanted = output_within(found, number)
    _ask(wanted)
    who = by_me(str(gettext("off, by the button")))
    node = wanted.node.node

    def do(at: datetime) -> str:
        giving.switch_off(connection(), node, number, who, at)
        return _ordered(wanted, ACTS["off"])

    return _try(found, number, do)


@bp.post("/<node_id>/<int:number>/auto")
@needs(None)
def auto(node_id: str, number: int) -> ResponseReturnValue:
    """Give an output back to the node's rules."""
    found = outputs_of_node(node_id)
    wanted = output_within(found, number)
    _ask(wanted)
    who = by_me(str(gettext("back to automatic, by the button")))
    node = wanted.node.node

    def do(at: datetime) -> str:
        giving.give_back(connection(), node, number, who, at)
        return _ordered(wanted, ACTS["auto"])

    return _try(found, number, do)


def _on(wanted: OutputNow, seconds: int, why: str, at: datetime) -> str:
    number = wanted.output.number
    giving.switch_on(connection(), wanted.node.node, number, seconds, by_me(why), at)
    return _ordered(wanted, for_time(ACTS["on"], seconds))


def _ordered(wanted: OutputNow, what: object) -> str:
    told = {"output": name_of(wanted.output), "what": what}
    flash(gettext("Ordered for %(output)s: %(what)s. Below stands what the node answers.", **told))
    return url_for("switching.page", node_id=wanted.node.node)


def _try(found: list[OutputNow], number: int, do: Callable[[datetime], str]) -> ResponseReturnValue:
    try:
        return take(do)
    except NoKey:
        text = gettext("This node has no key yet, so it takes no orders: ask your technician.")
    except NotHeard:
        text = silent(found[0].node, now())
    connection().rollback()
    return _show(found, text, 409, number)


def _ask(wanted: OutputNow) -> None:
    """Refuse who may switch off everything here, but not one by one."""
    if text := why_not(wanted.node.field):
        abort(403, text)


def _minutes() -> int:
    typed = request.values.get("minutes", "").strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 6):
        raise _Wrong(gettext("Say for how many minutes, in digits."))
    return int(typed)


def _why() -> str:
    """Why somebody wants it: a word of ours, their own, or both."""
    key = request.values.get("why", "")
    own = " ".join(request.values.get("note", "").split())
    if len(own) > MOST_WHY or unseen(own):
        raise _Wrong(gettext("Write at most %(most)s characters.", most=MOST_WHY))
    if key not in WHYS or (key == "other" and not own):
        raise _Wrong(gettext("Say why: it stands in the history."))
    words = "" if key == "other" else str(WHYS[key])
    return str(gettext(": ")).join(each for each in (words, own) if each)


def _check(wanted: OutputNow, seconds: int) -> None:
    """Refuse a time beyond the output's limit, and a node that is not heard."""
    output = wanted.output
    try:
        giving.check_lease(wanted.node, output, seconds)
    except BeyondLimit:
        told = {"output": name_of(output), "most": span(output.longest_s)}
        raise _Wrong(
            gettext("%(output)s may be on from 1 minute to %(most)s in one go.", **told)
        ) from None
    if text := silent(wanted.node, now()):
        raise _Wrong(text, 409)


def _fresh() -> bool:
    """Whether the second look was made a short while ago, by the machine's time."""
    typed = request.form.get("seen", "")
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 11):
        return False
    made = datetime.fromtimestamp(int(typed), UTC)
    return machine_time() - made <= LOOK


def _proof_s(wanted: OutputNow) -> int:
    """Within what time an output shows that it works [s]: channel, counts, time, way."""
    return int(wanted.output.raw["proof"][2])
