"""Bulletins that were issued: the archive, one of them, and it as PDF, XLSX and CSV."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from collector.exports import bulletin as table
from collector.exports import sheets
from collector.store import audit
from collector.store.bureau import bulletins as store
from collector.store.bureau.bulletins import Bulletin
from webapp.accounts.access import public, reaches_area, reader, scope
from webapp.accounts.datastore import CLOCK
from webapp.app import files, printing
from webapp.app.database import connection
from webapp.app.errors import PageNotFound, Suggestion
from webapp.app.menu import NavItem
from webapp.app.shares import heavy
from webapp.language.formats import full_day
from webapp.language.i18n import current_language, gettext, language_of, lazy_gettext
from webapp.views.bureau.bulletin import area_name, mu, serial, show
from webapp.views.village.villages import page_of

bp = Blueprint("bulletins", __name__, url_prefix="/bulletins")
bp.add_app_template_filter(mu, "mu")
NAV = NavItem(21, "bulletins.page", lazy_gettext("Bulletins"))
PER_PAGE = 30
#: So many bulletins are kept as PDF: an issued one never changes.
MOST_KEPT = 8
_KEPT = "nongqing.bulletins"


@dataclass(frozen=True)
class ShownIssued:
    """A line of the archive."""

    year: int
    number: int
    serial: str
    title: str
    html_language: str
    area: str
    at: datetime
    corrected: bool


@dataclass(frozen=True)
class ShownOpen:
    """A draft that waits for an officer."""

    id: int
    title: str
    about: str


def _line(each: Bulletin) -> ShownIssued:
    texts = each.content["texts"]
    language = language_of(texts.get("language"))
    return ShownIssued(
        each.year,
        each.number,
        serial(each.year, each.number),
        texts["title"],
        language.html if language else "zh-CN",
        area_name(each.area, each.content["tables"]["names"]),
        each.issued,
        bool(each.corrected_by),
    )


@bp.get("")
@public
def page() -> str:
    """List what was issued; who may release also sees the drafts of their area."""
    conn, grants = connection(), scope("release")
    counties = {code: list(names) for code, names in store.counties(conn).items()}
    names = {"county": counties}
    codes = [code for code in ("", *counties) if reaches_area(grants, code)]
    areas = [(code, area_name(code, names)) for code in codes]
    drafts = [
        ShownOpen(
            each.id,
            each.newest.texts["title"],
            f"{area_name(each.area, names)} · {full_day(each.made)}",
        )
        for each in (store.open_drafts(conn) if areas else [])
        if each.area in codes
    ]
    wanted = request.args.get("page", 1, type=int)
    _, total = store.archive(conn, 0)
    number, pages, here = page_of(total, PER_PAGE, wanted)
    found, _ = store.archive(conn, PER_PAGE, here.start or 0)
    issued = [_line(each) for each in found]
    return render_template(
        "bulletin/archive.html",
        issued=issued,
        drafts=drafts,
        areas=areas,
        number=number,
        pages=pages,
    )


def _found(year: int, number: int) -> Bulletin:
    found = store.issued(connection(), year, number)
    if found is None:
        raise PageNotFound(
            str(
                gettext(
                    "There is no bulletin No. %(number)d of %(year)d.", number=number, year=year
                )
            ),
            [Suggestion(url_for("bulletins.page"), str(gettext("All bulletins")))],
        )
    return found


@bp.get("/<int:year>/<int:number>")
@public
def one(year: int, number: int) -> str:
    """Show a bulletin as it was issued."""
    found = _found(year, number)
    return render_template(
        "bulletin/one.html",
        bulletin=found,
        b=show(found.content),
        serial=serial(year, number),
        corrects=serial(*found.corrects) if found.corrects else "",
        corrected_by=[(*each, serial(*each)) for each in found.corrected_by],
        pdf=printing.chromium() is not None,
        may_correct=reaches_area(scope("release"), found.area),
    )


def _noted(found: Bulletin, kind: str) -> None:
    """Write down who of those signed in took a file; what is public is nobody's secret."""
    user = reader()
    if user is not None:
        what, detail = f"bulletin {found.year}/{found.number}", {"kind": kind}
        audit.append(connection(), str(user.id), "data_exported", what, detail, at=CLOCK.now())


def _file_name(found: Bulletin, kind: str) -> str:
    return f"nongqing-bulletin-{found.year}-{found.number}.{kind}"


@bp.get("/<int:year>/<int:number>.pdf")
@public
@heavy
def pdf(year: int, number: int) -> ResponseReturnValue:
    """Give a bulletin as PDF on A4; where no program makes one, say how the browser does."""
    found = _found(year, number)
    kept: OrderedDict[tuple[int, int, str], bytes] = current_app.extensions.setdefault(
        _KEPT, OrderedDict()
    )
    key = year, number, current_language().code
    if key not in kept:
        html = render_template(
            "bulletin/print.html",
            bulletin=found,
            b=show(found.content),
            serial=serial(year, number),
            corrects=serial(*found.corrects) if found.corrects else "",
        )
        try:
            kept[key] = printing.to_pdf(html)
        except printing.NotPrinted as error:
            current_app.logger.error("bulletin %d/%d: %s", year, number, error)
            flash(
                gettext(
                    "No PDF can be made here now. Print this page with your browser: it can save "
                    "it as PDF, on A4, too."
                )
            )
            return redirect(url_for("bulletins.one", year=year, number=number), code=303)
        while len(kept) > MOST_KEPT:
            kept.popitem(last=False)
    _noted(found, "pdf")
    return files.sent(_file_name(found, "pdf"), kept[key])


@bp.get("/<int:year>/<int:number>.xlsx")
@public
@heavy
def xlsx(year: int, number: int) -> Response:
    """Give the tables of a bulletin as XLSX, with what the columns mean."""
    found, language = _found(year, number), current_language().code
    _noted(found, "xlsx")
    words = sheets.dictionary("bulletin", table.COLUMNS, language)

    def write(file: IO[bytes]) -> None:
        title = f"{year}-{number}"
        sheets.write_xlsx(file, title, table.COLUMNS, table.rows(found, language), words)

    return files.made(_file_name(found, "xlsx"), write)


@bp.get("/<int:year>/<int:number>.csv")
@public
def csv(year: int, number: int) -> Response:
    """Give the tables of a bulletin as CSV."""
    found, language = _found(year, number), current_language().code
    _noted(found, "csv")
    write = partial(sheets.write_csv, columns=table.COLUMNS, rows=table.rows(found, language))
    return files.made(_file_name(found, "csv"), write)


@bp.get("/columns.csv")
@public
def dictionary_file() -> Response:
    """Say what the columns of a bulletin's CSV mean."""
    words = sheets.dictionary("bulletin", table.COLUMNS, current_language().code)
    return files.made(
        "nongqing-bulletin-columns.csv", partial(sheets.write_dictionary, words=words)
    )
