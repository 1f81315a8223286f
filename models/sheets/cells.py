"""Cells to what they say: numbers, days, times, yes and no, names.

Full-width digits and signs are read as plain ones. A cell that means "nothing was measured" is
NaN; one that cannot be read is a `CellError` that names the column, and costs that cell.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from field_configs.events import event
from field_configs.names import unseen
from field_configs.reading import nearest
from models.sheets.refused import CellError
from models.weather.local_days import AHEAD

#: Nothing that is read is earlier or later than this.
EARLIEST = datetime(1950, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_LAST_DAY = date(2099, 12, 31)

#: What people and programs write where nothing was measured.
_NOTHING = """na n/a nan null none nil - -- --- — —— / * missing unknown 缺 缺测 无数据 未测"""
NOTHING = frozenset(("", *_NOTHING.split()))
#: The same as numbers, where they are outside what a quantity can be. 32766 and 32744 are those
#: of the daily climate data set of the China Meteorological Administration (V3.0), 999999 and
#: 999998 those of its later interface; the others are general custom.
NOTHING_NUMBERS: tuple[float, ...] = (-99, -99.9, -999, -999.9, -9999, -99999) + (
    999,
    999.9,
    9999,
    99999,
)
NOTHING_NUMBERS += (32766, 32744, 999999, 999998)
#: A trace of rain: less than can be measured, which is 0.1 mm (WMO-No. 8, vol. I, 6.1.2). Half of
#: it is taken [mm]; unverified.
TRACE = frozenset(("t", "tr", "trace", "微量"))
TRACE_NUMBERS = (32700, 999990)
TRACE_MM = 0.05

YES = frozenset(("yes", "y", "true", "1", "是", "有", "√", "发现"))
NO = frozenset(("no", "n", "false", "0", "否", "无", "×", "没有", "未发现"))

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_WITH_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+", re.ASCII)
_DAY = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_ONLY_DAY = re.compile(_DAY, re.ASCII)
_MOMENT = re.compile(
    _DAY + r"([T ]?)\s*(\d{1,2})(?:[:时点](\d{1,2})?分?)?(?::(\d{2})(?:\.\d+)?)?"
    r"\s*(Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_ZONE = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII)
_UTC_WORDS = frozenset(("UTC", "GMT", "Z", "世界时", "世界协调时", "国际时"))
_LOCAL_WORDS = frozenset(("北京时间", "北京时", "当地时间", "LOCAL", "BJT"))
#: Local time where a time carries no zone [s].
_LOCAL_S = int(AHEAD.total_seconds())
_MINUS = str.maketrans("−–－", "---")


class Moment(NamedTuple):
    """A time [s since 1970 UTC], and whether it carried no zone and was taken as local."""

    seconds: int
    assumed: bool


def narrow(text: str) -> str:
    """Write a cell with plain digits, letters and signs in the place of full-width ones.

    Parameters
    ----------
    text : str
        A cell.
    """
    return unicodedata.normalize("NFKC", text.translate(_MINUS)).strip()


def name(text: str) -> str:
    """Read a name: blanks around and doubled ones inside do not make it another name.

    Parameters
    ----------
    text : str
        A cell.
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())


def new_name(text: str, column: str) -> str:
    """Read a name that may not be known yet, to be kept and shown.

    Parameters
    ----------
    text : str
        A cell.
    column : str
        Its column, for messages.

    Raises
    ------
    CellError
        When it holds a character that nobody sees, or that turns the direction of writing.
    """
    if found := unseen(text.strip()):
        raise CellError(event("cell_unseen", column=column, character=found))
    return name(text)


def note(text: str, column: str) -> str:
    """Read a remark: as it was written, of one or several lines.

    Parameters
    ----------
    text : str
        A cell.
    column : str
        Its column, for messages.

    Raises
    ------
    CellError
        As `new_name`.
    """
    if found := unseen(text, lines=True):
        raise CellError(event("cell_unseen", column=column, character=found))
    return text


def number(text: str, column: str, *, comma: bool = False) -> float:
    """Read a number in the column's unit; NaN where the cell says that there is none.

    Parameters
    ----------
    text : str
        A cell.
    column : str
        Its column, for messages.
    comma : bool
        Whether a comma may be the decimal sign, as where it does not separate cells.

    Raises
    ------
    CellError
        When it is no number, or may be two different ones.
    """
    plain = narrow(text)
    if _NUMBER.fullmatch(plain):
        value = float(plain)
        if math.isfinite(value):
            return value
    elif plain.casefold() in NOTHING:
        return math.nan
    elif _THOUSANDS.fullmatch(plain):
        raise CellError(event("cell_comma", column=column, value=plain))
    elif comma and _WITH_COMMA.fullmatch(plain):
        return float(plain.replace(",", "."))
    raise CellError(event("cell_no_number", column=column, value=_cut(plain)))


def whole(text: str, column: str, least: int) -> int:
    """Read a whole number.

    Parameters
    ----------
    text : str
        A cell.
    column : str
        Its column, for messages.
    least : int
        The smallest that can be.

    Raises
    ------
    CellError
        When it is none, or smaller.
    """
    plain = narrow(text)
    if not (plain.isascii() and plain.isdecimal() and len(plain) < 10 and int(plain) >= least):
        raise CellError(event("cell_no_count", column=column, value=_cut(plain), least=least))
    return int(plain)


def day(text: str, column: str, last: date = _LAST_DAY) -> date:
    """Read a day: 2016-05-08, 2016/5/8, 2016.5.8, 2016年5月8日 or 20160508.

    Parameters
    ----------
    text : str
        A cell.
    column : str
        Its column, for messages.
    last : date
        The last day that can be.

    Raises
    ------
    CellError
        When it is no day, before 1950 or after `last`.
    """
    plain = narrow(text)
    parts = _ONLY_DAY.fullmatch(plain) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", plain, re.ASCII)
    try:
        found = date(*map(int, parts.groups())) if parts else None
    except ValueError:
        found = None
    if found is None:
        raise CellError(event("cell_no_day", column=column, value=_cut(plain)))
    if found > last:
        raise CellError(event("cell_future_day", column=column, value=str(found), today=str(last)))
    if found < EARLIEST.date():
        raise CellError(event("cell_early", column=column, value=str(found), first=EARLIEST.year))
    return found


def zone_stated(notes: Iterable[str]) -> int | None:
    """Return the offset from UTC that stands in brackets behind a column of times [s], or None.

    Parameters
    ----------
    notes : iterable of str
        Texts: ``UTC``, ``北京时间``, ``UTC+8`` …
    """
    for note in notes:
        plain = narrow(note).upper().replace(" ", "")
        if plain in _UTC_WORDS:
            return 0
        if plain in _LOCAL_WORDS:
            return _LOCAL_S
        if parts := _ZONE.fullmatch(plain):
            size = int(parts[2]) * 3600 + int(parts[3] or 0) * 60
            return -size if parts[1] == "-" else size
    return None


def moment(text: str, column: str, stated: int | None = None) -> Moment:
    """Read a time: RFC 3339 with its zone, or 2016/5/1 8:00 as people write it, in local time.

    A time with a "T" in it was written by a program, which may have meant UTC: it needs a zone,
    or one that is stated for its column.

    Parameters
    ----------
    text : str
        A cell.
    column : str
        Its column, for messages.
    stated : int, optional
        Offset from UTC of the column's times where they carry none [s].

    Raises
    ------
    CellError
        When it is no time, lacks its zone, or is before 1950 or after 2099.
    """
    plain = narrow(text)
    parts = _MOMENT.fullmatch(plain)
    if parts is None or not (parts[4] or parts[8] or "日" in plain):
        raise CellError(event("cell_no_time", column=column, value=_cut(plain)))
    year, month, number_of_day, between, hour, minute, second, zone = parts.groups()
    try:
        start = datetime(int(year), int(month), int(number_of_day), tzinfo=UTC)
        clock = int(hour) * 3600 + int(minute or 0) * 60 + int(second or 0)
        if clock > 86_400 or int(minute or 0) > 59 or int(second or 0) > 59:
            raise ValueError
    except ValueError:
        raise CellError(event("cell_no_time", column=column, value=_cut(plain))) from None
    if zone is None and stated is None and between.upper() == "T":
        raise CellError(event("cell_no_zone", column=column, value=plain))
    offset = _offset(zone) if zone else _LOCAL_S if stated is None else stated
    seconds = int(start.timestamp()) + clock - offset
    if not EARLIEST.timestamp() <= seconds < LATEST.timestamp():
        years = (EARLIEST.year, LATEST.year - 1)
        raise CellError(
            event("cell_years", column=column, value=plain, first=years[0], last=years[1])
        )
    return Moment(seconds, zone is None and stated is None)


def _offset(zone: str) -> int:
    if zone in "Zz":
        return 0
    size = int(zone[1:3]) * 3600 + int(zone[3:].strip(":") or 0) * 60
    return -size if zone[0] == "-" else size


def yes(text: str, column: str) -> bool:
    """Read yes or no, in English or Chinese.

    Parameters
    ----------
    text : str
        A cell.
    column : str
        Its column, for messages.

    Raises
    ------
    CellError
        When it is neither.
    """
    plain = narrow(text).casefold()
    if plain in YES or plain in NO:
        return plain in YES
    raise CellError(event("cell_no_yes", column=column, value=_cut(plain)))


def known_id(
    text: str, column: str, ids: Collection[str], names: Mapping[str, str] | None = None
) -> str:
    """Read what is named by its id or another name.

    Parameters
    ----------
    text : str
        A cell.
    column : str
        Its column, for messages.
    ids : collection of str
        What it may be.
    names : mapping, optional
        Other names -> ids.

    Raises
    ------
    CellError
        When it is none of them; with the one that was probably meant.
    """
    names = names or {}
    word = name(text)
    found = names.get(word, word)
    if found not in ids:
        also = [other for other, id_ in names.items() if id_ in ids]
        near = nearest(word, [*sorted(ids), *also])
        raise CellError(event("cell_unknown", column=column, value=_cut(word), near=near))
    return found


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
