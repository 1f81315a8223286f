"""Sampling plans: what is asked for, which lots were drawn, what became of their samples."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from collector.store.inspection import evidence, plans
from collector.store.inspection.evidence import Of
from collector.store.inspection.plans import EnteredBefore, NotInPlan, Plan, TooFewLots
from collector.store.lots import lots
from collector.store.lots.lots import Lot
from models.trace.certificate import ENTRUSTED_TEST
from models.trace.codes import parse_code
from models.trace.sampling import FAILED_BEFORE, NEVER_SAMPLED
from models.weather.local_days import local_day
from webapp.accounts.access import needs, reaches, reaches_area, scope
from webapp.accounts.evidence import keep, shown
from webapp.accounts.lots import note, who
from webapp.accounts.own import entry_key, take, written
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.app.given import takes
from webapp.language.i18n import gettext
from webapp.language.words import pick
from webapp.views.trace.evidence import LARGEST_FORM, sent_picture
from webapp.views.trace.inspection import REASONS, PlanForm, ResultForm, place_names
from webapp.views.trace.shown import kg, produce_name

bp = Blueprint("plans", __name__, url_prefix="/register/plans")
#: Digits of a county in the codes of places (GB/T 2260), those of its townships begin with.
COUNTY = 6
TAKEN, RESULT = "taken", "result"


def _reached() -> dict[str, str]:
    """Counties and townships that the reader inspects as a whole: names by code."""
    held, found = scope("inspect"), {}
    rows = plans.places(connection())
    counties = {code: pick(zh, en) for code, county, zh, en in rows if code == county}
    for code, county, zh, en in rows:
        if code == county and reaches_area(held, code):
            found[code] = counties[code]
        elif code != county and reaches(held, "", code, county):
            found[code] = pick(counties[county] + zh, f"{en}, {counties[county]}")
    return found


def _plan(number: str) -> tuple[Plan, dict[str, str]]:
    parsed, names = parse_code(number), _reached()
    found = plans.find(connection(), parsed, names) if parsed else None
    if found is None:
        back = Suggestion(url_for("plans.page"), gettext("Sampling plans"))
        raise PageNotFound(gettext("There is no such plan where you inspect."), [back])
    return found, names


@bp.get("/")
@needs("inspect", reads="samples_seen")
def page() -> ResponseReturnValue:
    """List plans and how far they are."""
    names, today = _reached(), local_day(now())
    rows = [
        (each, place_names(each.wanted.places, names), _produce(each), each.late(today))
        for each in plans.plans(connection(), names)
    ]
    return render_template("trace/plans.html", rows=rows, reasons=REASONS)


def _produce(plan: Plan) -> str:
    return str(gettext("; ")).join(produce_name(each) for each in plan.wanted.produce)


def _form(typed: MultiDict[str, str] | None = None) -> PlanForm:
    reached = list(_reached().items())
    return PlanForm(typed, reached=reached, today=local_day(now()))


@bp.get("/new")
@needs("inspect", reads="samples_seen")
def new() -> ResponseReturnValue:
    """Ask what a plan wants."""
    return _new(_form(), 200)


def _new(form: PlanForm, status: int) -> ResponseReturnValue:
    fresh = plans.FRESH.days
    given = {"form": form, "fresh": fresh, "counties": _grouped(form), "entry_key": entry_key()}
    return render_template("trace/plan_new.html", **given), status


def _grouped(form: PlanForm) -> list[tuple[Any, list[Any]]]:
    """The form's counties, each with its townships; townships of counties out of reach by none."""
    choices = [each[:3] for each in form.places.iter_choices()]
    counties = {code: (code, name, on) for code, name, on in choices if len(code) == COUNTY}
    groups: dict[str, list[Any]] = {code: [] for code in counties}
    for each in choices:
        if each[0] not in counties:
            groups.setdefault(each[0][:COUNTY], []).append(each)
    return [(counties.get(code), townships) for code, townships in groups.items()]


@bp.post("/new")
@needs("inspect")
def draw() -> ResponseReturnValue:
    """Draw the lots of a plan."""
    form = _form(request.form)
    if not form.validate():
        return _new(form, 422)

    def do(at: datetime) -> str:
        number = plans.plan(connection(), form.wanted(), who(at))
        note("sampling_planned", number, samples=int(form.samples.data))
        return url_for("plans.one", plan_number=number)

    try:
        return take(do)
    except TooFewLots as error:
        connection().rollback()
        said = gettext(
            "There are %(there)s such lots of the last %(days)s days: ask for so many at most.",
            there=error.there,
            days=plans.FRESH.days,
        )
        form.samples.errors = [said]
        return _new(form, 422)


@bp.get("/<plan_number>")
@needs("inspect", reads="samples_seen", about="plan_number")
def one(plan_number: str) -> ResponseReturnValue:
    """Show a plan: how its lots were drawn, whom to call, how far each sample is."""
    plan, names = _plan(plan_number)
    today = local_day(now())
    rows = [
        (each, produce_name(each.produce), pick(each.place_zh, each.place_en))
        for each in plans.samples(connection(), plan.number)
    ]
    return render_template(
        "trace/plan.html",
        plan=plan,
        rows=rows,
        places=place_names(plan.wanted.places, names),
        produce=_produce(plan),
        reason=REASONS[plan.wanted.reason],
        late=plan.late(today),
        over=plan.wanted.ends < today,
        same=set(plan.again()) == {each.lot for each, *_ in rows},
        fresh=plans.FRESH.days,
        never=NEVER_SAMPLED,
        failed=FAILED_BEFORE,
    )


def _drawn(plan: Plan, code: str) -> Lot:
    parsed = parse_code(code)
    found = lots.find(connection(), parsed) if parsed else None
    if found is None or found.code not in plan.again():
        back = Suggestion(url_for("plans.one", plan_number=plan.number), plan.number)
        raise PageNotFound(gettext("This plan did not draw such a lot."), [back])
    return found


def _result_form(plan: Plan, lot: Lot, typed: Any = None) -> ResultForm:
    looked_for = "、".join(plan.wanted.substances)
    data = {"substances": looked_for, "kind": ENTRUSTED_TEST}
    return ResultForm(typed, lot=lot, today=written(), now=local_day(now()), data=data)


@bp.get("/<plan_number>/<sample_lot>")
@needs("inspect", reads="samples_seen", about="plan_number")
def sample(plan_number: str, sample_lot: str) -> ResponseReturnValue:
    """Show a sample, and ask for its result."""
    plan, _ = _plan(plan_number)
    lot = _drawn(plan, sample_lot)
    return _sample(plan, lot, _result_form(plan, lot), 200)


def _sample(
    plan: Plan, lot: Lot, form: ResultForm, status: int, problem: str = ""
) -> ResponseReturnValue:
    rows = plans.samples(connection(), plan.number)
    found = next(each for each in rows if each.lot == lot.code)
    page = render_template(
        "trace/sample.html",
        plan=plan,
        lot=lot,
        produce=produce_name(lot.produce),
        weight=kg(lot.weight_kg),
        sample=found,
        form=form,
        problem=problem,
        photos=evidence.photos(connection(), Of(None, plan.number, lot.code)),
        entry_key=entry_key,
    )
    return page, status


@bp.post("/<plan_number>/<sample_lot>/<sample_act>")
@needs("inspect")
def act(plan_number: str, sample_lot: str, sample_act: str) -> ResponseReturnValue:
    """Keep that a sample was taken, or its result; by name."""
    plan, _ = _plan(plan_number)
    lot = _drawn(plan, sample_lot)
    if sample_act not in (TAKEN, RESULT):
        abort(404)
    form = _result_form(plan, lot, request.form if sample_act == RESULT else None)
    if sample_act == RESULT and not form.validate():
        return _sample(plan, lot, form, 422)
    try:
        return take(
            lambda at: _take(plan, lot, at) if sample_act == TAKEN else _enter(plan, lot, form, at)
        )
    except EnteredBefore:
        connection().rollback()
        said = gettext("Somebody entered this before: look at it again.")
        return _sample(plan, lot, _result_form(plan, lot), 409, str(said))
    except NotInPlan:
        connection().rollback()
        abort(404)


def _take(plan: Plan, lot: Lot, at: datetime) -> str:
    plans.take(connection(), plan.number, lot.code, local_day(at), who(at))
    note("sample_taken", plan.number, lot=lot.code)
    return url_for("plans.one", plan_number=plan.number)


def _enter(plan: Plan, lot: Lot, form: ResultForm, at: datetime) -> str:
    found = form.result()
    looked_for = "、".join(found.substances)
    what = str(gettext("Sample not in order: %(substances)s", substances=looked_for))[:200]
    finding = plans.enter(connection(), plan.number, lot, found, what, who(at))
    if finding is not None:
        note("lot_held", lot.code, reason=what)
        note("finding_opened", finding, lot=lot.code)
        flash(
            gettext(
                "Not in order: the lot is held from now on, and non-conformity %(number)s is open.",
                number=finding,
            )
        )
    note("sample_tested", plan.number, lot=lot.code, passed=found.passed)
    return url_for("plans.one", plan_number=plan.number)


@bp.post("/<plan_number>/<sample_lot>/photo")
@needs("inspect")
@takes(LARGEST_FORM)
def add_photo(plan_number: str, sample_lot: str) -> ResponseReturnValue:
    """Keep a photo as evidence of the taking of a sample."""
    plan, _ = _plan(plan_number)
    lot = _drawn(plan, sample_lot)
    back = url_for("plans.sample", plan_number=plan.number, sample_lot=lot.code)
    picture = sent_picture()
    size = (picture.width, picture.height)
    return keep(Of(None, plan.number, lot.code), picture.jpeg, size, back)


@bp.get("/<plan_number>/<sample_lot>/photo/<int:evidence_photo>.jpg")
@needs("inspect", reads="samples_seen", about="plan_number")
def photo(plan_number: str, sample_lot: str, evidence_photo: int) -> Response:
    """Show a photo of the taking of a sample."""
    plan, _ = _plan(plan_number)
    return shown(Of(None, plan.number, _drawn(plan, sample_lot).code), evidence_photo)
