"""Non-conformities: entered, answered, closed or taken higher, each step by name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store.inspection import downstream, evidence, findings
from collector.store.inspection.evidence import Of
from collector.store.inspection.findings import NEXT, About, Finding, MovedOn
from models.trace.codes import parse_code
from models.weather.local_days import local_day
from webapp.accounts.access import may, needs, scope
from webapp.accounts.evidence import keep, shown
from webapp.accounts.lots import inspected, note, who
from webapp.accounts.own import entry_key, me, take
from webapp.app.database import connection, now
from webapp.app.errors import PageNotFound, Suggestion
from webapp.app.given import takes
from webapp.language.i18n import gettext
from webapp.views.trace.evidence import LARGEST_FORM, sent_picture
from webapp.views.trace.inspection import SEVERITIES, STATES, FindingForm, StepForm

bp = Blueprint("findings", __name__, url_prefix="/register/findings")


def _today() -> date:
    return local_day(now())


def _finding(number: str) -> Finding:
    parsed = parse_code(number)
    found = findings.find(connection(), parsed, scope("inspect"), _today()) if parsed else None
    if found is None:
        back = Suggestion(url_for("findings.page"), gettext("Non-conformities"))
        raise PageNotFound(gettext("There is no such non-conformity where you inspect."), [back])
    return found


@bp.get("/")
@needs("inspect", reads="findings_seen")
def page() -> ResponseReturnValue:
    """List non-conformities, what is late first."""
    today = _today()
    rows = findings.findings(connection(), scope("inspect"), today)
    shown = [(each, each.overdue(today)) for each in rows]
    given = {"rows": shown, "severities": SEVERITIES, "states": STATES}
    return render_template("trace/findings.html", **given)


def _form(typed: Any = None) -> FindingForm:
    data = {"start": request.args.get("start", ""), "found_by": me().name}
    return FindingForm(typed, today=_today(), data=data)


@bp.get("/new")
@needs("inspect", reads="findings_seen")
def new() -> ResponseReturnValue:
    """Ask what is not in order."""
    return _new(_form(), 200)


def _new(form: FindingForm, status: int) -> ResponseReturnValue:
    return render_template("trace/finding_new.html", form=form, entry_key=entry_key()), status


def _about(form: FindingForm) -> About | None:
    """Of what it is; None where the reader does not inspect that."""
    typed, party = form.start.data or "", form.party.data or ""
    lot = inspected(typed)
    if lot is not None:
        return About(lot.code, lot.field, party or lot.made_by, lot.village)
    village = downstream.village_of(connection(), typed)
    if village is not None and may("inspect", village):
        return About(None, typed, party, village)
    return None


@bp.post("/new")
@needs("inspect")
def add() -> ResponseReturnValue:
    """Open a non-conformity."""
    form = _form(request.form)
    if not form.validate():
        return _new(form, 422)
    about = _about(form)
    if about is None:
        form.start.errors = [gettext("There is no such lot or field where you inspect.")]
        return _new(form, 422)

    def do(at: datetime) -> str:
        of = (str(form.severity.data), form.found_by.data or "", form.due.data)
        number = findings.add(connection(), form.what.data or "", about, *of, who(at))
        note("finding_opened", number, start=form.start.data)
        return url_for("findings.one", finding_number=number)

    return take(do)


@bp.get("/<finding_number>")
@needs("inspect", reads="findings_seen", about="finding_number")
def one(finding_number: str) -> ResponseReturnValue:
    """Show a non-conformity and everything that was done about it."""
    found = _finding(finding_number)
    return _one(found, StepForm(steps=NEXT[found.state]), 200)


def _one(found: Finding, form: StepForm, status: int, problem: str = "") -> ResponseReturnValue:
    page = render_template(
        "trace/finding.html",
        found=found,
        late=found.overdue(_today()),
        steps=findings.steps(connection(), found.number),
        severity=SEVERITIES[found.severity],
        states=STATES,
        form=form,
        open=bool(NEXT[found.state]),
        photos=evidence.photos(connection(), Of(found.number)),
        problem=problem,
        entry_key=entry_key(),
    )
    return page, status


@bp.post("/<finding_number>")
@needs("inspect")
def move(finding_number: str) -> ResponseReturnValue:
    """Answer, close or escalate a non-conformity, or open it again; by name."""
    found = _finding(finding_number)
    seen = request.form.get("seen", 0, type=int)
    form = StepForm(request.form, steps=NEXT[found.state])
    said = gettext("Somebody else did something with this: look at it again.")
    if seen != found.steps:
        return _one(found, form, 409, str(said))
    if not form.validate():
        return _one(found, form, 422)

    def do(at: datetime) -> str:
        texts = (form.action.data or "", form.evidence.data or "", form.reason.data or "")
        findings.move(connection(), found, seen, str(form.state.data), *texts, who(at))
        note("finding_moved", found.number, state=form.state.data, reason=texts[2])
        return url_for("findings.one", finding_number=found.number)

    try:
        return take(do)
    except MovedOn:
        connection().rollback()
        return _one(_finding(finding_number), form, 409, str(said))


@bp.post("/<finding_number>/photo")
@needs("inspect")
@takes(LARGEST_FORM)
def add_photo(finding_number: str) -> ResponseReturnValue:
    """Keep a photo as evidence of a non-conformity."""
    found = _finding(finding_number)
    picture, back = sent_picture(), url_for("findings.one", finding_number=found.number)
    return keep(Of(found.number), picture.jpeg, (picture.width, picture.height), back)


@bp.get("/<finding_number>/photo/<int:evidence_photo>.jpg")
@needs("inspect", reads="findings_seen", about="finding_number")
def photo(finding_number: str, evidence_photo: int) -> Response:
    """Show a photo of a non-conformity."""
    return shown(Of(_finding(finding_number).number), evidence_photo)
