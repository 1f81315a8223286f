"""Goods on their way, for packer, carrier and store: scan, see what it is, say what was done."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store.goods import goods, handling, units
from collector.store.goods.goods import Goods
from collector.store.goods.handling import Asked, GoodsError
from collector.store.goods.units import PrefixError
from collector.store.trace import members
from collector.store.trace.parties import Party
from models.trace.goods import PALLET, STEPS, Step
from models.trace.scanned import ScanError, Scanned, read
from webapp.accounts.access import needs
from webapp.accounts.lots import note
from webapp.accounts.own import entry_key, me, take, waited
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound
from webapp.app.given import scans, takes
from webapp.app.menu import NavItem
from webapp.language.i18n import gettext, lazy_gettext
from webapp.views.pictures import BadPicture
from webapp.views.trace.decoding import codes_in
from webapp.views.trace.goods_forms import PalletsForm, StepForm
from webapp.views.trace.goods_shown import labels, show
from webapp.views.trace.goods_words import STEP_NAMES, refusal, scan_problem

bp = Blueprint("goods", __name__, url_prefix="/goods")
NAV = NavItem(15, "goods.page", lazy_gettext("Goods"))
#: A photo as a phone's camera saves it has rarely more [byte].
LARGEST_PHOTO = 24 * 1024 * 1024
SERIES = re.compile(r"[0-9a-f]{24}")
#: What a step is repeated with for the next thing.
CARRIED = ("place", "pallet", "vehicle")


def _party() -> Party:
    return members.known_party(connection(), me().id) or members.own_party(me().id)


def _found(what: Scanned) -> Goods | None:
    return goods.find(connection(), what)


def _none(code: str) -> str:
    return str(
        gettext(
            "%(code)s is written rightly, but nothing here has it. Scan it again; if it stays so, "
            "ask who gave you the goods.",
            code=code,
        )
    )


@bp.get("/")
@needs("own")
@scans
def page() -> ResponseReturnValue:
    """Scan or type a code; or begin with a step, for a series."""
    code = request.args.get("code", "")
    problem = ""
    if "code" in request.args:
        try:
            what = read(code)
        except ScanError as error:
            problem = scan_problem(error)
        else:
            found = _found(what)
            if found is not None:
                return _thing(found)
            problem = _none(what.value)
    return _start(code, problem)


def _start(code: str = "", problem: str = "") -> ResponseReturnValue:
    prefix = units.prefix_of(connection(), _party().id)
    steps = [(each, STEP_NAMES[each]) for each in STEPS]
    page = render_template(
        "trace/goods.html", code=code, problem=problem, steps=steps, prefix=prefix
    )
    return page, 422 if problem else 200


def _thing(found: Goods) -> str:
    return render_template("trace/thing.html", **show(_party(), found, me().id))


@bp.get("/<goods_code>")
@needs("own")
def one(goods_code: str) -> ResponseReturnValue:
    """Show what a code of ours names: the address that our labels hold."""
    return _of_address(goods_code)


@bp.get("/00/<sscc>")
@needs("own")
def shipping_unit(sscc: str) -> ResponseReturnValue:
    """Show a box or pallet by its SSCC: a Digital Link, the address that our labels hold."""
    return _of_address(sscc)


def _of_address(code: str) -> ResponseReturnValue:
    try:
        what = read(code)
    except ScanError as error:
        raise PageNotFound(scan_problem(error)) from error
    found = _found(what)
    if found is None:
        raise PageNotFound(_none(what.value))
    return _thing(found)


@bp.post("/photo")
@needs("own")
@takes(LARGEST_PHOTO)
def photo() -> ResponseReturnValue:
    """Read the code in a photo, and show what it names."""
    sent = request.files.get("photo")
    data = sent.read() if sent else b""
    try:
        codes = codes_in(data)
    except BadPicture as error:
        return _start(problem=str(error))
    if not codes:
        text = gettext(
            "No code was found in the photo. Take it nearer, straight from above, with light; or "
            "type the code that stands below it."
        )
        return _start(problem=str(text))
    sound = [code for code in codes if _reads(code)]
    return redirect(url_for("goods.page", code=(sound or codes)[0]), code=303)


def _reads(code: str) -> bool:
    try:
        read(code)
    except ScanError:
        return False
    return True


def _when(form: StepForm) -> datetime | None:
    """When it was done: as typed, else when the form was filled in; None where nobody knows."""
    if form.done_at.data is not None:
        found: datetime = form.done_at.data
        return found
    since: timedelta | None = waited()
    return None if since is None else now() - since


def _series() -> str:
    given = request.values.get("series", "")
    return given if SERIES.fullmatch(given) else secrets.token_hex(12)


@bp.route("/do/<step_id>", methods=["GET", "POST"])
@needs("own")
@scans
def do(step_id: str) -> ResponseReturnValue:
    """Do a step with what is scanned, and then with the next."""
    step = STEPS.get(step_id)
    if step is None:
        abort(404)
    party, conn = _party(), connection()
    places = units.places(conn, party.id)
    asked = {name: request.args.get(name, "") for name in ("code", *CARRIED)}
    if asked["place"] not in {each.uri for each in places}:
        asked["place"] = places[0].uri if places else ""
    form = StepForm(request.form, data=asked, step=step, places=places)
    series, problem, status = _series(), "", 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                return take(lambda at: _do(step, form, series, at))
            except (GoodsError, PrefixError) as error:
                conn.rollback()
                problem, status = _problem(error), 409
                if isinstance(error, _NotHere):
                    status = 422
    page = render_template(
        "trace/step.html",
        form=form,
        step=step,
        name=STEP_NAMES[step.id],
        problem=problem,
        apart=status == 409,
        series=series,
        done=_done(party, step, series),
        entry_key=entry_key(),
    )
    return page, status


class _NotHere(GoodsError):  # noqa: N818 - named for what it is
    """A code that is sound, and nothing here has it; or a time that nobody knows."""


def _problem(error: Exception) -> str:
    if isinstance(error, _NotHere):
        return error.why
    if isinstance(error, GoodsError):
        return refusal(error)
    return str(
        gettext("The numbers of your company prefix are used up: ask for another at GS1 China.")
    )


def _done(party: Party, step: Step, series: str) -> list[str]:
    """Codes of what the step was done with in this series, the newest first."""
    rows = goods.series(connection(), party.id, series)
    uris = [uri for id_, things in rows if id_ == step.id for uri in things[:1]]
    return [each.code for each in goods.named(connection(), list(dict.fromkeys(reversed(uris))))]


def _known(what: Scanned | None) -> Goods:
    assert what is not None
    found = _found(what)
    if found is None:
        raise _NotHere(_none(what.value))
    return found


def _do(step: Step, form: StepForm, series: str, at: datetime) -> str:
    conn, when = connection(), _when(form)
    party = members.party_of(conn, me().id, at)
    if when is None:
        text = gettext(
            "The phone's clock was changed after this was written: enter day and time yourself."
        )
        raise _NotHere(str(text))
    found = _known(form.code.scanned)
    pallet = _known(form.pallet.scanned) if "pallet" in step.asks else None
    new = None if form.place.data else form.new_place.data
    place = units.use_place(conn, party.id, form.place.data, new, at)
    asked = Asked(
        step,
        found,
        when,
        place,
        series,
        boxes=int(form.boxes.data or 1),
        weight_kg=form.weight.data if "weight" in step.asks else None,
        pallet=pallet,
        counted=None if form.counted.data is None else int(form.counted.data),
        own=form.own(),
    )
    outcome = handling.tell(conn, party, me().id, asked, at)
    carried = {name: str(form[name].data or "") for name in CARRIED} | {"place": place}
    onward = f"{url_for('goods.do', step_id=step.id)}?{urlencode(carried | {'series': series})}"
    if outcome.again:
        flash(
            gettext("%(code)s was done in this series already: nothing was added.", code=found.code)
        )
        return onward
    note("goods_told", found.code, step=step.id)
    _say(step, found, outcome.expected, asked.counted)
    if outcome.batch is not None:
        return url_for("goods.sheet", batch=outcome.batch)
    return onward


def _say(step: Step, found: Goods, expected: int | None, counted: int | None) -> None:
    flash(gettext("Done: %(step)s, %(code)s.", step=STEP_NAMES[step.id], code=found.code))
    if expected is not None and expected != counted:
        flash(
            gettext(
                "You counted %(counted)s, and by what was told %(expected)s are in it: the "
                "difference is noted. Ask who sent it.",
                counted=counted,
                expected=expected,
            )
        )


@bp.route("/pallets", methods=["GET", "POST"])
@needs("own")
def pallets() -> ResponseReturnValue:
    """Give codes to pallets, to print before anything is put on them."""
    conn, problem = connection(), ""
    form = PalletsForm(request.form, places=units.places(conn, _party().id))

    def begin(at: datetime) -> str:
        party = members.party_of(conn, me().id, at)
        new = None if form.place.data else form.new_place.data
        place = units.use_place(conn, party.id, form.place.data, new, at)
        batch = handling.begin_pallets(conn, party, PALLET, int(form.count.data), place, at)
        note("goods_told", batch, step="begin")
        return url_for("goods.sheet", batch=batch)

    if request.method == "POST" and form.validate():
        try:
            return take(begin)
        except PrefixError as error:
            conn.rollback()
            problem = _problem(error)
    page = render_template("trace/pallets.html", form=form, problem=problem, entry_key=entry_key())
    return page, 409 if problem else 422 if request.method == "POST" else 200


@bp.get("/labels/<batch>")
@needs("own")
def sheet(batch: str) -> str:
    """Labels of what was made together, to print on A4."""
    found = units.batch(connection(), _party().id, batch)
    if not found:
        raise PageNotFound(gettext("You have no such labels."))
    return render_template("trace/labels.html", labels=labels(found), kind=found[0].kind)
