"""The water page of a field: the sentence, its reasons, the curve, days in numbers, the facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from collector.store.advice import water
from collector.store.advice.water import Account
from collector.store.postgres.db import Connection
from field_configs.schema import Field
from webapp.language.formats import day_tick, local_day, number, short
from webapp.language.i18n import gettext
from webapp.language.risks import certainty_label, upper_first
from webapp.views.village import water_chart
from webapp.views.village.fields import MU
from webapp.views.village.own_fields import SOIL_NAMES
from webapp.views.village.water_chart import Drawn, Words
from webapp.views.village.water_words import METHOD_NAMES, TEXTURE_NAMES, say, sentence, tone

#: Days that a drawing has at least, ahead and before.
LEAST_DAYS = 21
#: An account older than this is told as such.
FRESH = timedelta(hours=30)


@dataclass(frozen=True)
class Row:
    """A day in numbers; ``ahead`` by the forecast."""

    day: str
    numbers: tuple[str, ...]
    ahead: bool


@dataclass(frozen=True)
class WaterView:
    """What the page shows; ``tone`` marks the sentence, ``svg`` is empty without days."""

    tone: str
    text: str
    certainty: str
    reasons: list[str]
    notes: list[str]
    svg: Markup
    rows: list[Row]
    facts: list[tuple[str, str]]
    computed: datetime | None
    old: bool


def _facts(field: Field, soil: str | None, account: Account | None) -> list[tuple[str, str]]:
    unknown = str(gettext("not known"))
    texture = str(TEXTURE_NAMES[field.texture]) if field.texture else ""
    if not texture and soil:
        texture = str(SOIL_NAMES[soil])
    area = "" if field.area_ha is None else str(gettext("%(mu)s mu", mu=short(field.area_ha * MU)))
    found = [
        (str(gettext("Soil")), texture or unknown),
        (
            str(gettext("Watered by")),
            str(METHOD_NAMES[field.method]) if field.method else unknown,
        ),
        (str(gettext("Area of the field")), area or unknown),
    ]
    if field.well:
        found.append((str(gettext("Well")), field.well))
    used = account.advice.get("used") if account else None
    if field.allocation_m3 is not None:
        share = gettext("%(m3)s m³", m3=short(field.allocation_m3, 0))
        if used is not None:
            about = {"share": share, "used": short(used, 0)}
            share = gettext("%(share)s, of which %(used)s m³ are used", **about)
        found.append((str(gettext("Share of this season")), str(share)))
    elif used:
        found.append(
            (str(gettext("Watered this season")), str(gettext("%(m3)s m³", m3=short(used, 0))))
        )
    return found


def _drawn(account: Account) -> Drawn | None:
    days = account.days
    if not days or not any(value is not None for value in days["middle"]):
        return None
    known = next(i for i, value in enumerate(days["middle"]) if value is not None)
    begin = max(min(known, len(days["middle"]) - LEAST_DAYS), 0)
    names = ("middle", "dry", "wet", "readily", "available", "rain", "watered")
    first = account.first + timedelta(days=begin)
    return Drawn(first, (account.today - first).days, *(days[k][begin:] for k in names))


def _heard(account: Account, drawn: Drawn) -> str:
    """The curve in a sentence, for those who hear the page."""
    ahead = next((v for v in reversed(drawn.middle) if v is not None), None)
    return str(
        gettext(
            "Gone today: %(now)s mm, in a week by the forecast: %(ahead)s mm; the crop begins to "
            "lack water at %(limit)s mm and wilts at %(full)s mm.",
            now=number(drawn.middle[drawn.today], 0),
            ahead=number(ahead, 0),
            limit=number(account.advice.get("limit"), 0),
            full=number(account.advice.get("available"), 0),
        )
    )


def _chart(drawn: Drawn, text: str) -> Markup:
    words = Words(
        title=str(gettext("Water gone from the root zone, mm")),
        desc=text,
        full=str(gettext("field capacity")),
        readily=str(gettext("the crop begins to lack water")),
        wilting=str(gettext("wilting point")),
        forecast=str(gettext("forecast")),
        day=day_tick,
    )
    return Markup(water_chart.draw(drawn, words, "water"))  # noqa: S704 - all text is escaped there


def _rows(account: Account) -> list[Row]:
    if not account.days:
        return []
    today = (account.today - account.first).days
    columns = [account.days[key] for key in ("middle", "readily", "available", "rain", "watered")]
    last = range(max(today - 13, 0), len(columns[0]))
    return [
        Row(
            day=local_day(account.first + timedelta(days=day)),
            numbers=tuple(number(column[day], 0) for column in columns),
            ahead=day > today,
        )
        for day in reversed(last)
    ]


def make_view(conn: Connection, field: Field, soil: str | None, at: datetime) -> WaterView:
    """Gather the water page of a field.

    Parameters
    ----------
    conn
        Lent by the pool.
    field
        With what is known of its water.
    soil
        In its keeper's word, where it is somebody's own.
    at
        Now, aware.
    """
    found = water.accounts(conn, field=field.id)
    if not found:
        text = str(
            gettext("The water of this field is computed every night; not yet for this one.")
        )
        return WaterView("cannot_say", text, "", [], [], Markup(), [], _facts(field, soil, None),
                         None, False)  # fmt: skip
    account = found[0]
    said, text = account.advice, sentence(account)
    drawn = _drawn(account)
    sure = said.get("certainty")
    return WaterView(
        tone=tone(account),
        text=text,
        certainty=upper_first(certainty_label(sure)) if sure else "",
        reasons=[say(code, numbers) for code, numbers in said["reasons"]],
        notes=[say(code, numbers) for code, numbers in said["notes"]],
        svg=_chart(drawn, _heard(account, drawn)) if drawn else Markup(),
        rows=_rows(account) if drawn else [],
        facts=_facts(field, soil, account),
        computed=account.computed,
        old=at - account.computed > FRESH,
    )
