"""How often warnings of coming days came true, as the page on trust shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from models.risk.hazard import HIGH, MEDIUM, NO_RISK
from models.skill.risk_outlooks import ClassSaid, RiskOutlookRow, SeenRow
from webapp.language.formats import full_day, number
from webapp.language.i18n import gettext
from webapp.language.risks import hazard_name

_FIRST = date(1970, 1, 1)
#: The lead day of which the words at the top tell; the nearest one that there is before it.
TOLD = 3
_NONE = "–"


@dataclass(frozen=True)
class ShownLead:
    """A lead day against the risk from measured weather; `after` for no risk, medium and high."""

    lead: int
    pairs: int
    after: list[str]
    missed: int
    bias: str
    mae: str
    brier: str
    same: str
    skill: str
    chance: str


@dataclass(frozen=True)
class ShownRisk:
    """A hazard: what it comes to in a sentence, what it rests on, its lead days."""

    id: str
    name: str
    told: str
    about: str
    has_chance: bool
    rows: list[ShownLead]


@dataclass(frozen=True)
class ShownSeen:
    """A hazard at a lead day against what people saw in the field."""

    name: str
    lead: int
    cases: int
    after: list[str]
    missed: int
    brier: str
    aside: str


def show_risk_outlooks(rows: Sequence[RiskOutlookRow]) -> list[ShownRisk]:
    """List the account of each hazard; nothing where nothing has been verified.

    Parameters
    ----------
    rows : sequence of RiskOutlookRow
        By hazard and lead day.
    """
    return [_risk(hazard, list(some)) for hazard, some in groupby(rows, key=lambda r: r.hazard)]


def _risk(hazard: str, rows: list[RiskOutlookRow]) -> ShownRisk:
    has_chance = any(row.chance_mae is not None for row in rows)
    shown = [_lead(row) for row in rows]
    return ShownRisk(
        f"ahead-{hazard}", hazard_name(hazard), told(rows), _about(rows), has_chance, shown
    )


def told(rows: Sequence[RiskOutlookRow]) -> str:
    """Say in plain words how often warnings of a hazard came true.

    Parameters
    ----------
    rows : sequence of RiskOutlookRow
        Of one hazard, by lead day.
    """
    row = max((row for row in rows if row.lead <= TOLD), key=lambda row: row.lead, default=rows[0])
    table = row.table
    said = table.hits + table.false_alarms
    came = table.hits + table.misses
    if not said + came:
        return str(gettext("No warning was given, and no risk came."))
    if not said:
        return str(
            gettext(
                "No warning was given %(lead)d days ahead; risk came %(came)d times.",
                lead=row.lead,
                came=came,
            )
        )
    return str(
        gettext(
            "Warned %(lead)d days ahead %(said)d times: right %(hits)d times. Risk came %(came)d "
            "times, unwarned %(missed)d times.",
            lead=row.lead,
            said=said,
            hits=table.hits,
            came=came,
            missed=table.misses,
        )
    )


def _about(rows: Sequence[RiskOutlookRow]) -> str:
    return str(
        gettext(
            "%(fields)d fields, %(days)d days, %(first)s to %(last)s",
            fields=max(row.fields for row in rows),
            days=max(row.days for row in rows),
            first=full_day(_FIRST + timedelta(days=min(row.first for row in rows))),
            last=full_day(_FIRST + timedelta(days=max(row.last for row in rows))),
        )
    )


def _lead(row: RiskOutlookRow) -> ShownLead:
    return ShownLead(
        row.lead,
        row.pairs,
        _after(row.reliability),
        row.table.misses,
        _signed(row.bias, 2),
        number(row.mae, 2),
        _score(row.score),
        _score(row.same_score),
        _skill(row),
        _chance(row),
    )


def _after(classes: Sequence[ClassSaid]) -> list[str]:
    """How often it came true after each class, with how often the class was said."""
    known = {each.status: each for each in classes}
    return [
        str(gettext("%(came)d of %(said)d", came=each.warned, said=each.pairs))
        if (each := known.get(status))
        else _NONE
        for status in (NO_RISK, MEDIUM, HIGH)
    ]


def _score(value: float | None) -> str:
    return _NONE if value is None else number(value, 3)


def _signed(value: float, digits: int) -> str:
    return number(value, digits) if value < 0 else f"+{number(value, digits)}"


def _chance(row: RiskOutlookRow) -> str:
    if row.chance_bias is None or row.chance_mae is None:
        return _NONE
    return f"{_signed(100 * row.chance_bias, 1)} / {number(100 * row.chance_mae, 1)}"


def _skill(row: RiskOutlookRow) -> str:
    if row.skill is None:
        return _NONE if row.common else str(gettext("too short a time"))
    skill = number(row.skill, 2)
    if row.low is None or row.high is None:
        why = gettext("too short a time for an interval")
        return str(gettext("%(skill)s (%(why)s)", skill=skill, why=why))
    span = gettext("%(low)s to %(high)s", low=number(row.low, 2), high=number(row.high, 2))
    return str(gettext("%(skill)s (%(why)s)", skill=skill, why=span))


def show_seen(rows: Sequence[SeenRow]) -> list[ShownSeen]:
    """List the account against what people saw, by hazard and lead day.

    Parameters
    ----------
    rows : sequence of SeenRow
    """
    return [
        ShownSeen(
            hazard_name(row.hazard),
            row.lead,
            row.cases,
            _after(row.reliability),
            row.table.misses,
            _NONE if row.score is None else f"{number(row.score, 3)} / {_score(row.base)}",
            str(
                gettext(
                    "%(unanswered)d without an answer, %(treated)d treated, %(other)d of an older "
                    "model",
                    unanswered=row.unanswered,
                    treated=row.treated,
                    other=row.other_version,
                )
            ),
        )
        for row in rows
    ]
