"""Tables to take along: for officers, of their area and a period, as files for other programs.

What is small is given at once. What is large is written by a job, and fetched from a page of its
own: no thread of the web is held for minutes, and no file dies with a connection.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from tempfile import TemporaryFile

from flask import Blueprint, Response, abort, make_response, redirect, render_template, url_for
from flask import request as given
from flask.typing import ResponseReturnValue

from collector.exports import kept, making, sheets
from collector.exports.making import KINDS
from collector.exports.tables import TABLES
from collector.store import audit
from collector.store.advice import export_requests, exports
from collector.store.advice.export_requests import ExportRequest, TooManyUnfinished
from collector.store.advice.exports import Order, Wanted
from collector.store.bureau import bulletins
from models.weather.local_days import local_day
from webapp.accounts.access import needs, reaches_area, reader, scope
from webapp.accounts.datastore import CLOCK, User
from webapp.app import files
from webapp.app.database import connection, now, this_app
from webapp.app.errors import PageNotFound
from webapp.app.menu import NavItem
from webapp.app.shares import heavy
from webapp.language.formats import full_day
from webapp.language.i18n import current_language, gettext, lazy_gettext, ngettext
from webapp.language.words import pick, word

bp = Blueprint("exports", __name__, url_prefix="/exports")
NAV = NavItem(27, "exports.page", lazy_gettext("Exports"))
USUAL, LONGEST = timedelta(days=30), timedelta(days=366)
#: More rows than this are not written while somebody waits for the page.
DIRECT_ROWS = 20_000
#: The page of a file that is not there yet asks again so often [s].
AGAIN_S = 5
HOURS = export_requests.KEPT_FOR // timedelta(hours=1)
#: As people call the kinds.
NAMES = {"xlsx": "XLSX", "csv": "CSV", "nc": "NetCDF", "parquet": "Parquet"}
STATES = {
    export_requests.WAITING: lazy_gettext("waits for its turn"),
    export_requests.RUNNING: lazy_gettext("is being written"),
    export_requests.READY: lazy_gettext("is ready"),
    export_requests.FAILED: lazy_gettext("was not written"),
    export_requests.REMOVED: lazy_gettext("is no longer kept"),
}
REASONS = {
    "nothing": lazy_gettext("There is nothing of this period and area."),
    "too_many": lazy_gettext(
        "There are too many rows for one file: choose fewer days or one county."
    ),
    "no_room": lazy_gettext(
        "The server has no room left for the file. Tell who looks after it, then ask again."
    ),
    "interrupted": lazy_gettext(
        "The server was stopped several times while it wrote. Ask again, for fewer days if it is "
        "large."
    ),
    "error": lazy_gettext(
        "The server failed while it wrote. Ask again; if it fails again, tell who looks after it."
    ),
}


@dataclass
class Asked:
    """A period and a county as a form names them, and what is wrong with them."""

    first: date
    last: date
    county: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def _day(name: str, otherwise: date, errors: dict[str, str]) -> date:
    text = given.values.get(name, "")
    if not text:
        return otherwise
    try:
        found = date.fromisoformat(text)
        if 1950 <= found.year < 2100:
            return found
    except ValueError:
        pass
    errors[name] = str(gettext("Choose a day, such as 2026-05-08."))
    return otherwise


def _asked(counties: dict[str, tuple[str, str]]) -> Asked:
    today, errors = local_day(now()), dict[str, str]()
    last = _day("to", today, errors)
    first = _day("from", last - USUAL, errors)
    if first > last:
        errors["from"] = str(gettext("The first day lies after the last one; swap them."))
    elif last - first > LONGEST:
        most = LONGEST.days
        errors["from"] = str(gettext("At most %(days)d days at once.", days=most))
    county = given.values.get("county", "")
    if county and county not in counties:
        errors["county"] = str(gettext("Choose the city or one of its counties."))
    return Asked(first, last, county, errors)


@dataclass(frozen=True)
class Shown:
    """A file that was asked for, as pages show it; `percent` is None before rows are counted."""

    id: int
    title: str
    kind: str
    area: str
    span: str
    state: str
    request: ExportRequest
    ready: bool
    open: bool
    percent: int | None
    reason: str


def _shown(each: ExportRequest, counties: dict[str, tuple[str, str]]) -> Shown:
    order, state = each.order, each.state
    ready = each.is_ready(CLOCK.now())
    if state == export_requests.READY and not ready:
        state = export_requests.REMOVED  # its time is over, and the job has not come by yet
    county = order.wanted.county
    area = pick(*counties[county]) if county in counties else ""
    return Shown(
        each.id,
        word(f"export.{order.table}.title"),
        NAMES[order.kind],
        area or str(gettext("All of my area")),
        " – ".join(dict.fromkeys(map(full_day, (order.wanted.first, order.wanted.last)))),
        str(STATES[state]),
        each,
        ready,
        state in (export_requests.WAITING, export_requests.RUNNING),
        min(100, 100 * each.done // each.total) if each.total else None,
        str(REASONS[each.reason]) if each.reason else "",
    )


def _me() -> User:
    user = reader()
    assert user is not None
    return user


def _form(
    asked: Asked, problem: str = "", status: int = 200, large: tuple[str, str] | None = None
) -> ResponseReturnValue:
    counties = bulletins.counties(connection())
    tables = [
        (name, word(f"export.{name}.title"), word(f"export.{name}.source"), kinds)
        for name, kinds in KINDS.items()
    ]
    mine = [_shown(each, counties) for each in export_requests.of_person(connection(), _me().id)]
    page = render_template(
        "bureau/exports.html",
        tables=tables,
        names=NAMES,
        dictionaries=TABLES,
        asked=asked,
        problem=problem,
        large=large,
        direct=DIRECT_ROWS,
        hours=HOURS,
        mine=mine,
        counties=[(code, pick(*names)) for code, names in counties.items()],
    )
    return page, status


def _order(table: str, kind: str) -> tuple[Asked, Order]:
    """Read what is asked for; 404 where there is no such file."""
    if kind not in KINDS.get(table, ()):
        abort(404)
    asked = _asked(bulletins.counties(connection()))
    wanted = Wanted(asked.first, asked.last, tuple(scope("release")), asked.county)
    return asked, Order(table, kind, wanted, current_language().code)


def _mend(asked: Asked) -> ResponseReturnValue:
    return _form(asked, str(gettext("Nothing was given out: mend what is marked.")), 422)


def _detail(order: Order, **more: int) -> dict[str, object]:
    wanted = order.wanted
    days = {"from": str(wanted.first), "to": str(wanted.last), "county": wanted.county}
    return {"kind": order.kind, **days, **more}


@bp.get("")
@needs("release")
def page() -> ResponseReturnValue:
    """Offer the tables for a period and area, and show what was asked for lately."""
    return _form(_asked(bulletins.counties(connection())))


@bp.get("/<table>.<kind>")
@needs("release")
@heavy
def take(table: str, kind: str) -> ResponseReturnValue:
    """Give a small table of the reader's area as a file; offer to write a large one meanwhile."""
    asked, order = _order(table, kind)
    if asked.errors:
        return _mend(asked)
    conn = connection()
    found = exports.count(conn, table, order.wanted, DIRECT_ROWS + 1)
    if not found:
        problem = gettext("There is nothing of this period and area; no file was made.")
        return _form(asked, str(problem), 422)
    if found > DIRECT_ROWS:
        return _form(asked, large=(table, kind))
    file = TemporaryFile()  # noqa: SIM115 - closed with the answer
    try:
        rows = making.write(conn, order, file, now())
    except BaseException:
        file.close()
        raise
    detail = _detail(order, rows=rows)
    audit.append(conn, str(_me().id), "data_exported", table, detail, at=CLOCK.now())
    return files.send(file, order.file_name)


@bp.post("/<table>.<kind>")
@needs("release")
def start(table: str, kind: str) -> ResponseReturnValue:
    """Let a file be written in the background; lead to the page that shows how far it is."""
    asked, order = _order(table, kind)
    if asked.errors:
        return _mend(asked)
    conn = connection()
    try:
        number = export_requests.ask(conn, _me().id, order, CLOCK.now())
    except TooManyUnfinished:
        most = export_requests.MOST_UNFINISHED
        problem = ngettext(
            "A file of yours is under way already: wait for it.",
            "%(num)d files of yours are under way already: wait for one of them.",
            most,
        )
        return _form(asked, str(problem), 429)
    detail = _detail(order, export=number)
    audit.append(conn, str(_me().id), "export_asked", table, detail, at=CLOCK.now())
    return redirect(url_for("exports.one", number=number), code=303)


def _found(number: int) -> ExportRequest:
    """Return a file that was asked for, if the reader may have it.

    That is who asked for it, while they may still read all that is in it, and an administrator of
    the city. For everybody else there is none.
    """
    found = export_requests.by_id(connection(), number)
    if found is not None:
        held = {(each.level, each.scope) for each in scope("release")}
        mine = found.person == _me().id and (
            ("city", "") in held
            or all((each.level, each.scope) in held for each in found.order.wanted.within)
        )
        if mine or reaches_area(scope("audit"), ""):
            return found
    raise PageNotFound(gettext("You have asked for no file %(number)d.", number=number))


@bp.get("/kept/<int:number>")
@needs("release")
def one(number: int) -> Response:
    """Show how far a file is; the page asks again by itself until it is there."""
    conn, found = connection(), _found(number)
    shown = _shown(found, bulletins.counties(conn))
    still = "still" in given.args
    answer = make_response(
        render_template(
            "bureau/export.html",
            export=shown,
            ahead=export_requests.ahead(conn, number),
            still=still,
            hours=HOURS,
        )
    )
    answer.headers["Cache-Control"] = "private, no-store"
    if shown.open and not still:
        answer.headers["Refresh"] = str(AGAIN_S)
    return answer


@bp.get("/kept/<int:number>/file")
@needs("release")
def fetch(number: int) -> Response:
    """Give a file that was written; the audit log tells each time."""
    found = _found(number)
    settings = this_app().settings
    if not found.is_ready(CLOCK.now()):
        shown = _shown(found, {})
        raise PageNotFound(gettext("File %(number)d %(state)s.", number=number, state=shown.state))
    order = found.order
    try:
        if settings is None:
            raise FileNotFoundError
        answer = files.kept(kept.path_of(settings.state_dir, found), order.file_name)
    except FileNotFoundError:
        raise PageNotFound(
            gettext(
                "The file is not on this machine: `nongqing web` and `nongqing jobs` need the same "
                "folder in NONGQING_STATE_DIR."
            )
        ) from None
    detail = _detail(order, rows=found.done, export=number)
    audit.append(connection(), str(_me().id), "data_exported", order.table, detail, at=CLOCK.now())
    return answer


@bp.get("/<table>/columns.csv")
@needs("release")
def columns(table: str) -> Response:
    """Say what the columns of a table mean."""
    if table not in TABLES:
        abort(404)
    words = sheets.dictionary(table, TABLES[table].columns, current_language().code)
    write = partial(sheets.write_dictionary, words=words)
    return files.made(f"nongqing-{table}-columns.csv", write)
