"""What an outlook of risk is worth whose weather is no forecast: the last day, again and again.

No forecasts of past years are at hand. So at ten past midnight of each day the hours of the day
before are taken for every hour to come, which anybody can do; a forecast of the weather should do
better. The fold goes on from what was measured, as the risk job does, into the open day and six
more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from models.crops.season import Seasons
from models.evaluations.information import open_fields
from models.evaluations.tables import markdown_table
from models.hazards.catalogue import catalogue
from models.risk.answers import begin
from models.risk.fold import HOURS, Fold, feed
from models.risk.hazard import CANNOT_SAY, OUT_OF_SEASON
from models.risk.judge import Result
from models.risk.outlook import DAYS
from models.risk.state import morning_of, resume
from models.skill.risk_outlooks import ABSENT, Classes, Kept, RiskOutlookRow, account
from models.weather.dataset import Array, prepare
from models.weather.local_days import AHEAD

#: Lead days whose rows the table shows.
SHOWN = (1, 3, 6)
_UNIX, _DAY = np.datetime64("1970-01-01"), np.timedelta64(1, "D")


def compare(source: Path) -> tuple[dict[str, Any], str]:
    """Judge outlooks from repeated weather at the Beijing stations.

    Parameters
    ----------
    source : Path
        Folder that holds the series; air [degC], [%], rain [mm], wind [m s-1].

    Returns
    -------
    tuple of (numbers, Markdown)
    """
    data, seasons, _ = open_fields(source)
    rows = judged(data, seasons)
    return {"rows": [asdict(row) for row in rows]}, markdown(rows)


def judged(
    data: xr.Dataset, seasons: Seasons, only: Collection[str] | None = None
) -> list[RiskOutlookRow]:
    """The account of outlooks from repeated weather, by hazard and lead day.

    Parameters
    ----------
    data
        Hourly, from a local midnight on, as ``models.weather.dataset`` says [for instance degC].
    seasons
        What grows where; one crop at a site.
    only
        Ids of the hazards that are asked; all when left out.
    """
    known, _ = prepare(data)
    hazards = tuple(h for h in catalogue().values() if only is None or h.id in only)
    fold = begin(known, seasons, hazards)
    days = known.sizes["time"] // HOURS
    shape = days, len(fold.sites)
    came = {h.id: np.full(shape, ABSENT, np.uint8) for h in hazards}
    said = {
        h.id: {lead: np.full(shape, ABSENT, np.uint8) for lead in range(1, DAYS)} for h in hazards
    }
    chance = {h.id: np.full((DAYS, *shape), np.nan) for h in hazards if h.probability}
    hours = {q: known[q].values for q in fold.quantities if q in known.data_vars}
    for day in range(days):
        last = {q: values[day * HOURS : (day + 1) * HOURS] for q, values in hours.items()}
        _note(feed(fold, last), 0, day, came, chance)
        for lead, results in enumerate(_ahead(fold, seasons, last)):
            if lead and day + 1 + lead < days:
                codes = {name: of[lead] for name, of in said.items()}
                _note(results, lead, day + 1 + lead, codes, chance)
    first = int((known["time"].values[0] + np.timedelta64(AHEAD) - _UNIX) // _DAY)
    return [row for h in hazards for row in account(_kept(h.id, first, came, said, chance))]


def _ahead(fold: Fold, seasons: Seasons, last: dict[str, Array]) -> list[list[Result]]:
    """Results of the open day and the coming ones, each with the weather of the last day."""
    part = resume(fold.sites, fold.hazards, seasons, fold.day, [morning_of(fold)])
    return [feed(part, last) for _ in range(DAYS)]


def _note(
    results: Sequence[Result],
    lead: int,
    day: int,
    codes: dict[str, Classes],
    chance: dict[str, Array],
) -> None:
    for result in results:
        name, index = result.hazard.id, result.index[: len(result.status)]
        codes[name][day, index] = result.status
        if name in chance:
            unknown = np.isin(result.status, (CANNOT_SAY, OUT_OF_SEASON))
            chance[name][lead, day, index] = np.where(unknown, np.nan, result.score)


def _kept(
    name: str,
    first: int,
    came: dict[str, Classes],
    said: dict[str, dict[int, Classes]],
    chance: dict[str, Array],
) -> Kept:
    if name not in chance:
        return Kept(name, first, came[name], said[name])
    known = chance[name]
    return Kept(name, first, came[name], said[name], known[0], dict(enumerate(known)))


def markdown(rows: Sequence[RiskOutlookRow]) -> str:
    """The account as a table.

    Parameters
    ----------
    rows : sequence of RiskOutlookRow
    """
    return markdown_table(
        (
            *("hazard", "day", "pairs", "days", "bias", "mean error of the class"),
            *("warned and right", "missed", "in vain", "Brier", "as on the last day", "as around"),
            "skill",
        ),
        [_cells(row) for row in rows if row.lead in SHOWN],
    )


def _cells(row: RiskOutlookRow) -> tuple[object, ...]:
    table = row.table
    scores = (
        "–" if each is None else f"{each:.3f}"
        for each in (row.score, row.persistence, row.climatology)
    )
    skill = "–" if row.skill is None else f"{row.skill:+.2f}"
    if row.low is not None and row.high is not None:
        skill += f" ({row.low:+.2f} to {row.high:+.2f})"
    counts = table.hits, table.misses, table.false_alarms
    errors = f"{row.bias:+.2f}", f"{row.mae:.2f}"
    return row.hazard, row.lead, row.pairs, row.days, *errors, *counts, *scores, skill
