"""How well outlooks of the weather did, as the page on trust shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from models.skill.outlooks import CLASSES, OutlookRow, Reliability
from webapp.language.formats import full_day, number
from webapp.language.i18n import gettext
from webapp.language.risks import quantity_name, unit_name, upper_first

_FIRST = date(1970, 1, 1)


@dataclass(frozen=True)
class ShownOutlook:
    """A lead day of a source: counts, errors, skill and its interval, and of rain its cases."""

    lead: int
    pairs: int
    bias: str
    mae: str
    same: str
    rmse: str
    skill: str
    rain: OutlookRow | None
    often: str


@dataclass(frozen=True)
class ShownTable:
    """A quantity of a source: its title, what it is set against, its rows."""

    id: str
    title: str
    about: str
    is_rain: bool
    rows: list[ShownOutlook]
    reliability: list[str]


def show_outlooks(rows: Sequence[OutlookRow]) -> list[ShownTable]:
    """List the account of outlooks: nothing where none has been verified.

    Parameters
    ----------
    rows : sequence of OutlookRow
        By source, quantity and what they are set against.
    """
    groups = groupby(rows, key=lambda row: (row.source, row.quantity, row.truth))
    return [_table(number, list(some)) for number, (_, some) in enumerate(groups)]


def _table(number_: int, rows: list[OutlookRow]) -> ShownTable:
    row = rows[0]
    is_rain = row.rain is not None
    title = gettext(
        "%(quantity)s [%(unit)s], forecast by %(source)s",
        quantity=upper_first(quantity_name(row.quantity)),
        unit=unit_name(row.quantity),
        source=row.source,
    )
    return ShownTable(
        f"outlook-{number_}",
        str(title),
        _about(rows),
        is_rain,
        [_shown(each) for each in rows],
        [_reliability(each) for each in row.reliability] if is_rain and row.lead == 1 else [],
    )


def _about(rows: Sequence[OutlookRow]) -> str:
    first = full_day(_FIRST + timedelta(days=min(row.first for row in rows)))
    last = full_day(_FIRST + timedelta(days=max(row.last for row in rows)))
    places = max(row.places for row in rows)
    if rows[0].truth == "analysed":
        return str(
            gettext(
                "%(places)d places, %(first)s to %(last)s, against an analysis of the same kind of "
                "models: nobody measured near them",
                places=places,
                first=first,
                last=last,
            )
        )
    return str(
        gettext(
            "%(places)d places, %(first)s to %(last)s, against what nodes and stations measured",
            places=places,
            first=first,
            last=last,
        )
    )


def _shown(row: OutlookRow) -> ShownOutlook:
    bias = number(row.bias, 2) if row.bias < 0 else f"+{number(row.bias, 2)}"
    often = "–" if row.frequency_bias is None else number(row.frequency_bias, 2)
    same = "–" if row.same_mae is None else number(row.same_mae, 2)
    errors = number(row.mae, 2), same, number(row.rmse, 2)
    rain = row if row.rain is not None else None
    return ShownOutlook(row.lead, row.pairs, bias, *errors, _skill(row), rain, often)


def _skill(row: OutlookRow) -> str:
    if row.skill is None:
        return str(gettext("too short a time"))
    skill = number(row.skill, 2)
    if row.low is None or row.high is None:
        why = gettext("too short a time for an interval")
        return str(gettext("%(skill)s (%(why)s)", skill=skill, why=why))
    span = gettext("%(low)s to %(high)s", low=number(row.low, 2), high=number(row.high, 2))
    return str(gettext("%(skill)s (%(why)s)", skill=skill, why=span))


def _reliability(found: Reliability) -> str:
    upto = next((each for each in CLASSES if each > found.least), None)
    about = {"least": number(found.least, 0), "days": found.days, "wet": found.wet}
    if upto is None:
        text = gettext("%(least)s mm or more said: %(days)d days, wet %(wet)d", **about)
    else:
        text = gettext(
            "%(least)s to under %(upto)s mm said: %(days)d days, wet %(wet)d",
            upto=number(upto, 0),
            **about,
        )
    return str(text)
