"""Recalls and drills: where goods went, who has them, who was told, what was found."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from typing import Any

from flask import Blueprint, Response, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.store.inspection import recall_messages, recalls, rode
from collector.store.inspection.downstream import LOT, Downstream, Node
from collector.store.inspection.recalls import (
    NoSuchHolder,
    NothingHarvested,
    Recall,
    RecalledBefore,
    RecallOver,
)
from collector.store.inspection.rode import SpanError
from models.trace.codes import parse_code
from webapp.accounts.access import needs, scope
from webapp.accounts.lots import note, who
from webapp.accounts.own import entry_key, take
from webapp.accounts.recalled import ToRecall, to_recall, to_recall_with
from webapp.app.database import connection
from webapp.app.errors import PageNotFound, Suggestion
from webapp.app.files import plain_cell
from webapp.language.formats import local_time
from webapp.language.i18n import gettext
from webapp.views.trace import flow
from webapp.views.trace.recalls import (
    COLUMNS,
    DRILL,
    GRADES,
    AnswerForm,
    CloseForm,
    LoggerForm,
    MeantForm,
    StartForm,
    draft,
    holders_of,
    names_of,
    percent,
    produce_text,
    rows_of,
    span_problem,
    wrong_text,
)
from webapp.views.trace.shown import kg

bp = Blueprint("recalls", __name__, url_prefix="/register/recalls")
#: The list on the page comes in pages of so many rows.
ROWS = 500
LOOK, TELL, ANSWER, CLOSE = "look", "tell", "answer", "close"


def _recall(number: str) -> Recall:
    parsed = parse_code(number)
    found = recalls.find(connection(), parsed, scope("inspect")) if parsed else None
    if found is None:
        back = Suggestion(url_for("recalls.page"), gettext("Recalls and drills"))
        raise PageNotFound(gettext("There is no such recall where you inspect."), [back])
    return found


@bp.get("/")
@needs("inspect", reads="recall_seen")
def page() -> ResponseReturnValue:
    """List recalls, and beside them drills with what they showed."""
    found = recalls.recalls(connection(), scope("inspect"))
    real = [each for each in found if not each.drill]
    drills = [each for each in found if each.drill]
    return render_template("trace/recalls.html", real=real, drills=drills, percent=percent)


@bp.get("/new")
@needs("inspect", reads="recall_seen")
def new() -> ResponseReturnValue:
    """Ask what is to be recalled."""
    kind = DRILL if request.args.get("drill") else None
    meant = {"kind": kind, "grade": "1"}
    if "logger" in request.args:
        return _new(_logger_form(data=meant | {"logger": request.args["logger"]}), 200)
    start = request.args.get("start", "")
    return _new(StartForm(data=meant | {"start": start}), 200)


def _logger_form(*args: Any, **given: Any) -> LoggerForm:
    return LoggerForm(*args, loggers=rode.loggers(connection()), **given)


def _new(form: MeantForm, status: int, problem: str = "", number: str = "") -> ResponseReturnValue:
    page = render_template(
        "trace/recall_new.html",
        form=form,
        by_logger=isinstance(form, LoggerForm),
        drill=form.kind.data == DRILL,
        problem=problem,
        number=number,
        entry_key=entry_key(),
    )
    return page, status


@bp.post("/new")
@needs("inspect")
def begin() -> ResponseReturnValue:
    """Start a recall or a drill."""
    conn = connection()
    by_logger = "logger" in request.form
    form = _logger_form(request.form) if by_logger else StartForm(request.form)
    if not form.validate():
        return _new(form, 422)
    try:
        if isinstance(form, LoggerForm):
            of = to_recall_with(str(form.logger.data), form.since.data, form.until.data)
        else:
            of = to_recall(form.start.data or "")
        if of is None:
            return _not_here(form)
        return take(lambda at: _begin(form, of, at))
    except SpanError as error:
        conn.rollback()
        return _new(form, 409, span_problem(error))
    except RecalledBefore as error:
        conn.rollback()
        said = gettext("This was recalled before: go on with recall %(code)s.", code=error.number)
        return _new(form, 409, str(said), error.number)
    except NothingHarvested:
        conn.rollback()
        said = gettext("No lot was harvested from this field: there is nothing to look for.")
        return _new(form, 409, str(said))


def _not_here(form: MeantForm) -> ResponseReturnValue:
    if isinstance(form, LoggerForm):
        text = gettext(
            "Some of what was with it grew where you do not inspect: ask who inspects there, or "
            "the whole city."
        )
        form.logger.errors = [text]
    elif isinstance(form, StartForm):
        form.start.errors = [gettext("There is no such lot or field where you inspect.")]
    return _new(form, 422)


def _begin(form: MeantForm, of: ToRecall, at: datetime) -> str:
    what, start, village, span = of
    drill, reason = form.kind.data == DRILL, form.reason.data or ""
    given = (what, start, village, int(form.grade.data), reason, who(at))
    number = recalls.start(connection(), *given, drill=drill, span=span)
    more = {} if span is None else {"since": span[0].isoformat(), "until": span[1].isoformat()}
    note("drill_started" if drill else "recall_started", number, start=start, reason=reason, **more)
    return url_for("recalls.one", recall_number=number)


@bp.get("/<recall_number>")
@needs("inspect", reads="recall_seen", about="recall_number")
def one(recall_number: str) -> ResponseReturnValue:
    """Show a recall: the drawing, who has what, and what each of them says."""
    return _one(_recall(recall_number), 200)


def _look(recall: Recall) -> dict[str, Any]:
    """What the page and the report show of a recall."""
    conn = connection()
    found, at = recalls.newest_list(conn, recall.number)
    behind = recalls.behind(conn, found.holders)
    answers = recalls.answers(conn, recall.number)
    names = names_of(found, behind)
    messages = recall_messages.of_recall(conn, recall.number)
    stands = recall.closed.figures if recall.closed else recalls.figures(found, answers)
    return {
        "recall": recall,
        "found": found,
        "listed_at": at,
        "names": names,
        "holders": holders_of(found, names, behind, answers, messages),
        "figures": stands,
        "grade": GRADES[str(recall.grade)],
        "kg": kg,
        "percent": percent,
    }


def _link(node: Node) -> str | None:
    return url_for("register.one", lot_code=node.label) if node.kind == LOT else None


def _words(found: Downstream) -> flow.Words:
    many = len(flow.drawn(found))
    desc = gettext("%(drawn)s of %(all)s lots and things.", drawn=many, all=len(found.nodes))
    return flow.Words(str(gettext("What became of the goods")), str(desc))


def _one(
    recall: Recall,
    status: int,
    *,
    problem: str = "",
    answered: tuple[str, AnswerForm] | None = None,
    form: CloseForm | None = None,
    texts: dict[str, tuple[str, str]] | None = None,
) -> ResponseReturnValue:
    looked = _look(recall)
    found, names = looked["found"], looked["names"]
    first = max(0, request.args.get("from", 0, type=int))
    forms = {each.key: AnswerForm(data=_said(each.answer)) for each in looked["holders"]}
    if answered is not None:
        forms[answered[0]] = answered[1]
    page = render_template(
        "trace/recall.html",
        **looked,
        across=flow.across(found, names, _link, _words(found)),
        down=flow.down(found, names, _link, _words(found)),
        drawn=len(flow.drawn(found)),
        rows=[(each, produce_text(each)) for each in found.nodes[first : first + ROWS]],
        first=first,
        more=first + ROWS if first + ROWS < len(found.nodes) else None,
        before=max(0, first - ROWS) if first else None,
        forms=forms,
        form=form or CloseForm(),
        texts=texts or {},
        draft=draft(recall),
        problem=problem,
        entry_key=entry_key,
    )
    return page, status


def _said(answer: recalls.Answer | None) -> dict[str, Any]:
    if answer is None:
        return {}
    weights = {"found": answer.found_kg, "destroyed": answer.destroyed_kg, "sold": answer.sold_kg}
    return weights | {"note": answer.note}


@bp.get("/<recall_number>/list.csv")
@needs("inspect", reads="recall_seen", about="recall_number")
def listed(recall_number: str) -> Response:
    """The whole list as a file that spreadsheets open."""
    recall = _recall(recall_number)
    found, _ = recalls.newest_list(connection(), recall.number)
    names = names_of(found, recalls.behind(connection(), found.holders))
    out = StringIO()
    table = csv.writer(out)
    if recall.drill:
        table.writerow([gettext("DRILL")])
    table.writerow(COLUMNS)
    table.writerows([plain_cell(each) for each in row] for row in rows_of(found, names))
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{recall.number}.csv"'
    return response


@bp.get("/<recall_number>/report")
@needs("inspect", reads="recall_seen", about="recall_number")
def report(recall_number: str) -> ResponseReturnValue:
    """A recall on one page for paper."""
    return render_template("trace/recall_report.html", **_look(_recall(recall_number)))


@bp.post("/<recall_number>/<recall_act>")
@needs("inspect")
def act(recall_number: str, recall_act: str) -> ResponseReturnValue:
    """Look again, tell holders, keep what one says, or close a recall; by name."""
    recall = _recall(recall_number)
    acts: dict[str, Callable[[Recall], ResponseReturnValue]] = {
        LOOK: _again,
        TELL: _tell,
        ANSWER: _answer,
        CLOSE: _close,
    }
    if recall_act not in acts or (recall_act == TELL and recall.drill):
        abort(404)
    try:
        return acts[recall_act](recall)
    except RecallOver as error:
        connection().rollback()
        when = local_time(error.at)
        said = gettext("%(name)s closed it on %(time)s: look again.", name=error.name, time=when)
        return _one(_recall(recall_number), 409, problem=str(said))
    except SpanError as error:
        connection().rollback()
        return _one(recall, 409, problem=span_problem(error))
    except NoSuchHolder:
        connection().rollback()
        said = gettext("By the newest list nobody of this name has any of the goods.")
        return _one(recall, 409, problem=str(said))


def _address(recall: Recall, anchor: str) -> str:
    return url_for("recalls.one", recall_number=recall.number, _anchor=anchor)


def _again(recall: Recall) -> ResponseReturnValue:
    def do(at: datetime) -> str:
        recalls.look_again(connection(), recall, who(at))
        note("recall_listed", recall.number)
        return _address(recall, "figures")

    return take(do)


def _tell(recall: Recall) -> ResponseReturnValue:
    conn = connection()
    holders = request.form.getlist("holder")
    written = [" ".join(each.split()) for each in request.form.getlist("text")]
    texts = {h: (text, wrong_text(text)) for h, text in zip(holders, written, strict=False)}
    if any(wrong for _, wrong in texts.values()):
        return _one(recall, 422, texts=texts)

    def do(at: datetime) -> str:
        chosen = {holder: text for holder, (text, _) in texts.items() if text}
        recalls.open_with(conn, recall.number, list(chosen))
        behind, count = recalls.behind(conn, list(chosen)), 0
        for holder, text in chosen.items():
            persons = [each.person for each in behind[holder]]
            count += recall_messages.queue(conn, recall.number, holder, persons, text, at)
        note("recall_told", recall.number, holders=list(chosen), messages=count)
        flash(gettext("Messages that wait to go out: %(count)s.", count=count))
        return _address(recall, "holders")

    return take(do)


def _answer(recall: Recall) -> ResponseReturnValue:
    form, holder = AnswerForm(request.form), request.form.get("holder", "")
    if not form.validate():
        return _one(recall, 422, answered=(holder, form))

    def do(at: datetime) -> str:
        kilos = (form.found.data, form.destroyed.data, form.sold.data)
        given = (holder, *kilos, form.note.data or "")
        recalls.answer(connection(), recall.number, *given, who(at))
        note("recall_answered", recall.number, holder=holder)
        return _address(recall, "holders")

    return take(do)


def _close(recall: Recall) -> ResponseReturnValue:
    form = CloseForm(request.form)
    if not form.validate():
        return _one(recall, 422, form=form)

    def do(at: datetime) -> str:
        reason = form.reason.data or ""
        found = recalls.close(connection(), recall.number, reason, who(at))
        action = "drill_closed" if recall.drill else "recall_closed"
        note(action, recall.number, reason=reason, per_mille=round(found.recovered * 1000))
        return url_for("recalls.report", recall_number=recall.number)

    return take(do)
