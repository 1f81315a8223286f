"""Bulletins drafted from the data: by the weekly job, by an officer, or to correct one."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from collector.bulletins.figures import draw_up
from collector.bulletins.texts import drafted
from collector.store.bureau import bulletins
from collector.store.bureau.bulletins import Bulletin
from collector.store.postgres.db import Connection
from field_configs.words import Words
from models.weather.local_days import local_day

#: Bulletins of the weekly job are in Chinese, as the station's are.
LANGUAGE = "zh_CN"
BY_JOB = "system:bulletin"


def monday(at: datetime) -> date:
    """Return the local Monday of a moment's week."""
    day = local_day(at)
    return day - timedelta(days=day.weekday())


def weekly(conn: Connection, at: datetime) -> int | None:
    """Draft the city's bulletin of the week; None where that is done."""
    tables = draw_up(conn, bulletins.CITY, at)
    texts = drafted(tables, LANGUAGE)
    return bulletins.add_draft(conn, bulletins.CITY, tables, texts, BY_JOB, at, week=monday(at))


def on_demand(
    conn: Connection, area: str, by: str, signature: str, language: str, at: datetime
) -> int:
    """Draft a bulletin of an area now, and return its number.

    Parameters
    ----------
    conn : Connection
    area : str
        A county's code, or '' for the city.
    by, signature : str
        Who asked for it, and the name that it is signed with.
    language : str
        Language of its texts.
    at : datetime
        Now, aware.
    """
    tables = draw_up(conn, area, at)
    draft = bulletins.add_draft(conn, area, tables, drafted(tables, language, signature), by, at)
    assert draft is not None, "only the week of a weekly draft is taken"
    return draft


def correction(conn: Connection, of: Bulletin, by: str, signature: str, at: datetime) -> int:
    """Draft a correction: the texts and tables of an issued bulletin, to be mended and issued anew.

    Parameters
    ----------
    conn : Connection
    of : Bulletin
        What is wrong.
    by, signature : str
        Who asked for it, and the name that it is signed with.
    at : datetime
        Now, aware.
    """
    texts = dict(of.content["texts"])
    words = Words.load(texts.get("language", LANGUAGE))
    texts["title"] = words.text("bulletin.correction", title=texts["title"])
    texts["signature"] = signature
    corrects = of.year, of.number
    draft = bulletins.add_draft(
        conn, of.area, of.content["tables"], texts, by, at, corrects=corrects
    )
    assert draft is not None, "only the week of a weekly draft is taken"
    return draft
