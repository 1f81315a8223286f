"""Corn earworm in traps: does weather say more than the time of the year?

Evaluation only: no licence was seen for these data. Event: a trap's catch of the month lies
above the upper quartile of its kind of trap (light or pheromone) in the other years.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from models.evaluations.reading import base_rate_elsewhere, left_out_logistic, one_hot, read_table
from models.evaluations.tables import interval_text, markdown_table
from models.skill import scores

FILE = "cew_helicoverpa_zea_monthly_master.csv"
WEATHER = ("precipitation", "temp_max", "temp_mean", "temp_min", "temp_range")
PLACE = ("Latitude", "Longitude", "EVI", "light")


def compare(folder: Path) -> tuple[dict[str, Any], str]:
    """Scores with a year left out, by what the forecast may know.

    Parameters
    ----------
    folder : Path
        Holds the table of monthly catches.

    Returns
    -------
    tuple of (numbers, Markdown); scores have no unit

    Raises
    ------
    DocumentError
        The file is missing or lacks columns.
    """
    needed = ("year", "month", "lighttrap", "count", *WEATHER, *PLACE)
    table = read_table(folder, FILE, needed)
    year = table["year"].to_numpy(np.int64)
    kind = (table["lighttrap"] == "Y").to_numpy(float)
    caught = table["count"].to_numpy(float)
    y = np.empty(caught.shape)
    for one in np.unique(year):
        for trap in (0.0, 1.0):
            here, others = (year == one) & (kind == trap), (year != one) & (kind == trap)
            y[here] = caught[here] > np.quantile(caught[others], 0.75)
    month = np.column_stack([one_hot(table["month"].to_numpy(np.int64)), kind])
    weather = np.column_stack([month, table[list(WEATHER)].to_numpy(float)])
    place = np.column_stack([weather, table[list(PLACE)].to_numpy(float)])
    base = base_rate_elsewhere(y, year)
    answers = {
        "month": left_out_logistic(month, y, year),
        "month and weather": left_out_logistic(weather, y, year),
        "month, weather and place": left_out_logistic(place, y, year),
    }

    def gain(o: Any, p: Any, q: Any) -> float:
        return scores.auc(o, p) - scores.auc(o, q)

    result: dict[str, Any] = {"cases": int(y.size), "years": int(np.unique(year).size)}
    rows = []
    for name, p in answers.items():
        bounds = scores.block_bootstrap(scores.auc, [y, p], year, draws=300)
        value = scores.brier_skill(y, p, base)
        more = scores.block_bootstrap(gain, [y, p, answers["month"]], year, draws=300)
        result[name] = {"auc": vars(bounds), "skill": value, "gain": vars(more)}
        shown = "—" if name == "month" else interval_text(more)
        rows.append((name, interval_text(bounds, signed=False), shown, f"{value:+.3f}"))
    head = ("forecast from", "AUC (95 % by years)", "AUC beyond month alone", "Brier skill")
    text = (
        f"{y.size} trap-months in {np.unique(year).size} years, each year left out\n\n"
        + markdown_table(head, rows)
    )
    return result, text
