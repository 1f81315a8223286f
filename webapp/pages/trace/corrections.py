"""A result that was entered wrongly: struck by name and with reason, and what stands instead."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store.inspection import corrections, plans
from collector.store.inspection.corrections import Followed
from collector.store.inspection.findings import MovedOn
from collector.store.inspection.plans import Measured
from collector.store.lots import lot_marks
from collector.store.lots.lot_marks import LotTest, StruckBefore
from collector.store.lots.lots import Lot
from models.weather.local_days import local_day
from webapp.accounts.access import needs
from webapp.accounts.lots import inspected, note, who
from webapp.accounts.own import entry_key, take, written
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.language.i18n import gettext
from webapp.views.forms import OTHER_DAY
from webapp.views.trace.inspection import CorrectionForm
from webapp.views.trace.shown import produce_name

bp = Blueprint("corrections", __name__, url_prefix="/register/tests")
LARGEST = 2**62


def _test(number: int) -> tuple[LotTest, Lot]:
    found = lot_marks.test_of(connection(), number) if number < LARGEST else None
    lot = inspected(found.lot) if found is not None else None
    if found is None or lot is None:
        back = Suggestion(url_for("register.page"), gettext("Certificates"))
        raise PageNotFound(gettext("There is no such test where you inspect."), [back])
    return found, lot


def _form(found: LotTest, lot: Lot, measured: Measured, typed: Any = None) -> CorrectionForm:
    stands = {
        "kind": found.kind,
        "when": OTHER_DAY,
        "day": found.day,
        "substances": "、".join(found.substances),
        "passed": "yes" if found.passed else "no",
        "tested_by": found.tested_by,
        "report": found.report,
        **vars(measured),
    }
    return CorrectionForm(typed, lot=lot, today=written(), now=local_day(now()), data=stands)


@bp.get("/<int:test_number>")
@needs("inspect", reads="register_seen", about="test_number")
def page(test_number: int) -> ResponseReturnValue:
    """Show a test as it was entered, and ask what is right."""
    found, lot = _test(test_number)
    of = plans.of_test(connection(), found.id)
    return _page(found, lot, _form(found, lot, of[1] if of else Measured()), 200)


def _page(
    found: LotTest, lot: Lot, form: CorrectionForm, status: int, problem: str = ""
) -> ResponseReturnValue:
    page = render_template(
        "trace/correction.html",
        found=found,
        lot=lot,
        produce=produce_name(lot.produce),
        sample=plans.of_test(connection(), found.id),
        form=form,
        problem=problem,
        entry_key=entry_key(),
    )
    return page, status


@bp.post("/<int:test_number>")
@needs("inspect")
def correct(test_number: int) -> ResponseReturnValue:
    """Strike a result; keep what is right, or say that there was no such test; by name."""
    found, lot = _test(test_number)
    form = _form(found, lot, Measured(), request.form)
    none = "take_back" in request.form
    right = form.reason.validate(form) if none else form.validate()
    if not right:
        return _page(found, lot, form, 422)
    reason = form.reason.data or ""

    def do(at: datetime) -> str:
        result = None if none else form.result()
        looked_for = "、".join(result.substances if result else found.substances)
        what = str(gettext("Sample not in order: %(substances)s", substances=looked_for))[:200]
        done = corrections.correct(connection(), found, lot, result, what, reason, who(at))
        _note(found, lot, done, reason)
        return url_for("register.one", lot_code=lot.code)

    try:
        return take(do)
    except (StruckBefore, MovedOn):
        connection().rollback()
        said = gettext("Somebody corrected this before: look at it again.")
        return _page(*_test(test_number), form, 409, str(said))


def _note(found: LotTest, lot: Lot, done: Followed, reason: str) -> None:
    """Write into the audit log what was done and what followed, and say it."""
    said = [gettext("Corrected: what was entered before is kept, and counts no more.")]
    if done.freed:
        note("lot_freed", lot.code, reason=reason)
        said.append(gettext("The lot is free again: it was held because of this result."))
    for each in done.closed:
        note("finding_moved", each, state="closed", reason=reason)
        said.append(gettext("Non-conformity %(number)s is closed.", number=each))
    for each in done.noted:
        note("finding_moved", each, state="", reason=reason)
        said.append(gettext("Non-conformity %(number)s stays open.", number=each))
    if done.opened is not None:
        note("lot_held", lot.code, reason=reason)
        note("finding_opened", done.opened, lot=lot.code)
        said.append(
            gettext(
                "Not in order: the lot is held from now on, and non-conformity %(number)s is open.",
                number=done.opened,
            )
        )
    note("test_corrected", lot.code, test=found.id, instead=done.test, reason=reason)
    for each in said:
        flash(each)
