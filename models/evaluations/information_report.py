"""The figures of how much hazards tell, as tables: what is shown as a level, and how often.

A level is medium or high: "no risk" is on no page a level (tests/webapp/pages/test_quiet.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.evaluations.information import (
    MOST_ALIKE,
    STEADY,
    Figures,
    damp_years,
    field_years,
    figures,
    house_season,
    season_changes,
    soil_years,
)
from models.evaluations.tables import markdown_table
from models.hazards.catalogue import catalogue


def compare(folder: Path) -> tuple[dict[str, Any], str]:
    """The figures of every hazard over field years, the greenhouse season and measured soils.

    With them what the hazards that said "no risk" nearly always said on damper weather.

    Parameters
    ----------
    folder : Path
        Holds ``weather``, ``greenhouse``, ``soil`` and ``disease``.

    Returns
    -------
    tuple of (numbers, Markdown); entropy in bits, days [d]

    Raises
    ------
    DocumentError
        A file is missing or lacks columns.
    """
    field, sown = field_years(folder / "weather")
    house = house_season(folder / "greenhouse")
    statuses = field | house | soil_years(folder / "soil")
    found = {name: figures(codes) for name, codes in sorted(statuses.items())}
    houses = next(iter(house.values())).shape[1]
    lasting = season_changes(field, sown) + season_changes(house, [[0]] * houses)
    middle = float(np.median(lasting))
    numbers: dict[str, Any] = {name: one._asdict() for name, one in found.items()}
    text = (
        f"The gravest level of a field (of the hazards shown as levels) lasts {middle:.1f} days in "
        f"the median of {len(lasting)} seasons; in {sum(x < STEADY for x in lasting)} of them less "
        f"than {STEADY} days.\n\n"
    )
    text += shown_as_levels(found)
    seldom = [name for name, one in found.items() if _seldom_warns(name, one)]
    damp = {name: figures(codes) for name, codes in damp_years(folder / "disease", seldom).items()}
    numbers |= {"level_lasts": middle, "damp": {name: damp[name]._asdict() for name in damp}}
    return numbers, text + markdown(found) + silent(found, damp)


def shown_as_levels(found: Mapping[str, Figures]) -> str:
    """Say of the hazards shown as levels which of them shows one most often, and the same one.

    Parameters
    ----------
    found : mapping
        Hazard id to its figures, entropy in bits.
    """
    known = catalogue()
    levels = {n: one for n, one in found.items() if known[n].shown == "level" and one.answered}
    often = max(levels, key=lambda name: levels[name].levelled)
    alike = max(levels, key=lambda name: levels[name].one_level)
    return (
        f"Of {len(levels)} hazards shown as levels none shows one on more than "
        f"{percent(levels[often].levelled)} of its days with an answer ({often}), none one and the "
        f"same on more than {percent(levels[alike].one_level)} ({alike}; our limit is "
        f"{percent(MOST_ALIKE)}).\n\n"
    )


def percent(share: float) -> str:
    """A share in per cent as text; what is little is not written as nothing.

    Parameters
    ----------
    share
        From 0 to 1; NaN for none.
    """
    if share != share:
        return "—"
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def silent(found: Mapping[str, Figures], damp: Mapping[str, Figures]) -> str:
    """How often the hazards that seldom warned did so, here and on damp weather.

    Parameters
    ----------
    found, damp : mapping
        Hazard id to its figures, entropy in bits.
    """
    known = catalogue()
    rows = [
        (name, known[name].shown, *_warned(found[name]), *_warned(one))
        for name, one in sorted(damp.items())
    ]
    head = ("seldom shows a level", "shown as", "days with an answer", "of them medium or high")
    table = markdown_table(
        (*head, "days at Oak Park", "of them medium or high"),
        rows,
    )
    return f"\n\n{table}"


def _seldom_warns(name: str, one: Figures) -> bool:
    return catalogue()[name].shown in ("level", "background") and one.no_risk > MOST_ALIKE


def _warned(one: Figures) -> tuple[str, str]:
    return str(one.answered), percent(one.levelled)


def markdown(found: Mapping[str, Figures]) -> str:
    """The figures as a table: shares [%], entropy in bits, changes in 30 days.

    Parameters
    ----------
    found : mapping
        Hazard id to its figures, entropy in bits.
    """
    known = catalogue()
    return markdown_table(
        ("hazard", "shown as", "days in season", "no risk", "medium", "high", "cannot say")
        + ("days with a level", "of these the same level", "entropy [bit]", "changes in 30 days"),
        (
            (name, known[name].shown, one.days, *_cells(one, known[name].shown == "level"))
            for name, one in found.items()
        ),
    )


def _cells(one: Figures, level: bool) -> Iterator[str]:
    yield from map(percent, (one.no_risk, one.medium, one.high, one.cannot_say))
    yield from map(percent, (one.levelled, one.alike)) if level else ("none", "—")
    yield from (f"{x:.2f}" if x == x else "—" for x in (one.entropy, one.flips))
