"""Stripe rust surveys of Ethiopia: does monthly reanalysis weather tell where rust is?

Evaluation only: no licence was seen for these data, and there is no skill to ship.

References
----------
Meyer, M. et al. (2021). PLoS ONE 16, e0245697, doi:10.1371/journal.pone.0245697.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from models.evaluations.reading import base_rate_elsewhere, left_out_logistic, one_hot, read_table
from models.evaluations.tables import interval_text, markdown_table
from models.skill import scores

FILE = "ethiopia_stripe_rust_era5.csv.gz"
LABEL = "Binary disease presence"
WEATHER = tuple(
    f"era5_{name}{lag}" for name in ("t2m", "d2m", "tp", "ssrd") for lag in ("", "_lag1m", "_lag2m")
) + ("era5_rh", "era5_rh_lag1m", "ndvi", "ndvi_lag1m")
PLACE = ("Latitude", "Longitude", "Altitude")


def compare(folder: Path) -> tuple[dict[str, Any], str]:
    """Scores with a year left out, by what the forecast may know.

    Parameters
    ----------
    folder : Path
        Holds the survey file.

    Returns
    -------
    tuple of (numbers, Markdown); scores have no unit

    Raises
    ------
    DocumentError
        The file is missing or lacks columns.
    """
    needed = ("Year", "Month", "GrowthStage", LABEL, *PLACE, *WEATHER)
    table = read_table(folder, FILE, needed).replace(-999.99, np.nan)
    y, year = table[LABEL].to_numpy(float), table["Year"].to_numpy(np.int64)
    month = one_hot(table["Month"].to_numpy(np.int64))
    stage = one_hot(table["GrowthStage"].to_numpy(np.int64))
    place = table[list(PLACE)].to_numpy(float)
    weather = table[list(WEATHER)].to_numpy(float)
    inputs = {
        "weather only": weather,
        "month and growth stage": np.column_stack([month, stage]),
        "place, month and growth stage": np.column_stack([place, month, stage]),
        "place, month, growth stage and weather": np.column_stack([place, month, stage, weather]),
    }
    base = base_rate_elsewhere(y, year)
    result: dict[str, Any] = {"cases": int(y.size), "years": int(np.unique(year).size)}
    rows = []
    for name, x in inputs.items():
        p = left_out_logistic(x, y, year)
        value = scores.brier_skill(y, p, base)
        within = [scores.auc(y[year == g], p[year == g]) for g in _mixed(y, year)]
        bounds = scores.block_bootstrap(scores.auc, [y, p], year, draws=300)
        result[name] = {"auc": vars(bounds), "skill": value, "within": float(np.median(within))}
        rows.append(
            (name, interval_text(bounds, signed=False), f"{np.median(within):.3f}", f"{value:+.3f}")
        )
    head = ("forecast from", "AUC (95 % by years)", "median AUC within a year", "Brier skill")
    text = (
        f"{y.size} surveys in {np.unique(year).size} years, each year left out; "
        f"base rate {y.mean():.2f}\n\n" + markdown_table(head, rows)
    )
    return result, text


def _mixed(y: np.ndarray[Any, Any], year: np.ndarray[Any, Any]) -> list[int]:
    return [int(g) for g in np.unique(year) if 0.0 < y[year == g].mean() < 1.0]
