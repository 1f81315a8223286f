"""Tables to take along: for officers, of their area and a period, as CSV, XLSX or NetCDF."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from tempfile import TemporaryFile

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from collector.exports import science, sheets
from collector.exports.tables import MOST_ROWS, TABLES, TooMany, rows
from collector.permissions import Grant
from collector.store import audit
from collector.store.advice.exports import Wanted
from collector.store.bureau import bulletins
from models.weather.local_days import local_day
from webapp.accounts.access import needs, reader, scope
from webapp.accounts.datastore import CLOCK
from webapp.app import files
from webapp.app.database import connection, now
from webapp.app.menu import NavItem
from webapp.app.shares import heavy
from webapp.language.i18n import current_language, gettext, lazy_gettext
from webapp.language.words import pick, word

bp = Blueprint("exports", __name__, url_prefix="/exports")
NAV = NavItem(27, "exports.page", lazy_gettext("Exports"))
SCIENCE = {"hours": science.write_hours, "answers": science.write_answers}
#: What is given as what.
KINDS = {**dict.fromkeys(TABLES, ("xlsx", "csv")), **dict.fromkeys(SCIENCE, ("nc",))}
USUAL, LONGEST = timedelta(days=30), timedelta(days=366)


@dataclass
class Asked:
    """A period and a county as a form names them, and what is wrong with them."""

    first: date
    last: date
    county: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def _day(name: str, otherwise: date, errors: dict[str, str]) -> date:
    text = request.args.get(name, "")
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
    county = request.args.get("county", "")
    if county and county not in counties:
        errors["county"] = str(gettext("Choose the city or one of its counties."))
    return Asked(first, last, county, errors)


def _form(asked: Asked, problem: str = "", status: int = 200) -> ResponseReturnValue:
    counties = bulletins.counties(connection())
    tables = [
        (name, word(f"export.{name}.title"), word(f"export.{name}.source"), kinds)
        for name, kinds in KINDS.items()
    ]
    page = render_template(
        "bureau/exports.html",
        tables=tables,
        asked=asked,
        problem=problem,
        counties=[(code, pick(*names)) for code, names in counties.items()],
    )
    return page, status


@bp.get("")
@needs("release")
def page() -> ResponseReturnValue:
    """Offer the tables for a period and area."""
    return _form(_asked(bulletins.counties(connection())))


@bp.get("/<table>.<kind>")
@needs("release")
@heavy
def take(table: str, kind: str) -> ResponseReturnValue:
    """Give a table of the reader's area as a file; the audit log tells it."""
    if kind not in KINDS.get(table, ()):
        abort(404)
    conn, user = connection(), reader()
    assert user is not None
    asked = _asked(bulletins.counties(conn))
    if asked.errors:
        return _form(asked, str(gettext("Nothing was given out: mend what is marked.")), 422)
    within: tuple[Grant, ...] = tuple(scope("release"))
    wanted = Wanted(asked.first, asked.last, within, asked.county)
    name = f"nongqing-{table}-{asked.first}-{asked.last}.{kind}"
    file = TemporaryFile()  # noqa: SIM115 - closed with the answer
    try:
        if table in SCIENCE:
            count = SCIENCE[table](conn, wanted, file, now())
        else:
            found, language = TABLES[table], current_language().code
            lines = rows(conn, found, wanted, language, MOST_ROWS)
            if kind == "csv":
                count = sheets.write_csv(file, found.columns, lines)
            else:
                words = sheets.dictionary(table, found.columns, language)
                title = word(f"export.{table}.title")
                count = sheets.write_xlsx(file, title, found.columns, lines, words)
    except TooMany:
        file.close()
        problem = gettext(
            "That is more than %(most)s rows: choose fewer days or one county. Nothing was given "
            "out.",
            most=MOST_ROWS if table in TABLES else science.MOST_RECORDS,
        )
        return _form(asked, str(problem), 422)
    except BaseException:
        file.close()
        raise
    detail = {
        "kind": kind,
        "rows": count,
        "from": str(asked.first),
        "to": str(asked.last),
        "county": asked.county,
    }
    audit.append(conn, str(user.id), "data_exported", table, detail, at=CLOCK.now())
    return files.send(file, name)


@bp.get("/<table>/columns.csv")
@needs("release")
def columns(table: str) -> Response:
    """Say what the columns of a table mean."""
    if table not in TABLES:
        abort(404)
    words = sheets.dictionary(table, TABLES[table].columns, current_language().code)
    write = partial(sheets.write_dictionary, words=words)
    return files.made(f"nongqing-{table}-columns.csv", write)
