"""Soil moisture one day ahead, against persistence and the balance, by depth and by site.

Errors are root mean squares and means of distances over all pairs of consecutive days, in
m3 m-3. What learns does so at other sites and in other years than the case's. The rain of the
day is known to all but persistence and the table without it: as by an outlook that is right.
Evaluation only: the data's licence is that of a program (GPL), no artefact is made of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluations.soil_moisture_balance import from_few_probes, told_by_balance
from models.evaluations.soil_moisture_farm import COSMOS, Farm, read_cosmos, read_farm
from models.evaluations.soil_moisture_learned import Cases, by_table, by_trees, cases_of, table
from models.evaluations.tables import markdown_table
from models.skill.scores import Interval, block_bootstrap
from models.water.events import KINDS, THAW, WATERING, wettings
from models.weather.dataset import Array

FORECASTS = {
    "persistence": "as the evening before",
    "free": "balance alone",
    "level": "balance corrected",
    "moved": "measured + the balance's change",
    "dry_table": "table, rain of the day unknown",
    "table": "table",
    "trees": "trees",
}
#: The table where years are shared with the sites that it learned from.
SHARED = "table_shared"
#: Depths from which the depletion of the root zone is told, by their place.
FEW = ((0,), (2,), (0, 2), (1, 3))
#: Depth down to which wettings are looked for [m].
SEEN_TO = 1.0

_FEW_HEAD = {
    "free": "balance alone",
    "corrected": "balance corrected, the evening before",
    "probes": "these probes alone, the same day",
    "claimed": "error that the correction claims",
}


def compare(folder: Path) -> tuple[dict[str, Any], str]:
    """Errors of every forecast by depth and by site.

    Where the file has one year only, sites alone are left out, and the table says so.

    Parameters
    ----------
    folder : Path
        Holds the farm's file, and perhaps that of another place.

    Returns
    -------
    tuple of (numbers, Markdown); errors [m3 m-3]

    Raises
    ------
    DocumentError
        The farm's file is missing; a file lacks columns, or has one place only.
    """
    farm = read_farm(folder)
    years = len(np.unique(farm.years)) > 1
    balance = told_by_balance(farm)
    misses = []
    for depth in range(len(farm.depths)):
        cases = cases_of(farm, depth)
        at = cases.day, cases.site
        value = farm.moisture[*at, depth]
        misses.append(
            {
                "persistence": cases.change,
                "free": value - balance.free[at],
                "level": value - balance.level[*at, depth],
                "moved": value - balance.moved[*at, depth],
                "dry_table": cases.change - by_table(cases, years=years, weather=False),
                "table": cases.change - by_table(cases, years=years),
                "trees": cases.change - by_trees(cases, years=years),
                SHARED: cases.change - by_table(cases, years=False),
                "site": cases.site,
                "month": farm.days.to_period("M").asi8[cases.day],
            }
        )
    result: dict[str, Any] = {
        "depths": {f"{d:g}": _by_depth(miss) for d, miss in zip(farm.depths, misses, strict=True)},
        "sites": _by_site(farm, misses),
        "own_ranges": balance.own,
        "elsewhere": None,
        "years_left_out": years,
        "wettings": _wettings(farm),
        "few": {
            ", ".join(f"{farm.depths[one]:g}" for one in kept): from_few_probes(farm, kept)
            for kept in FEW
            if max(kept) < len(farm.depths)
        },
    }
    if (folder / COSMOS).exists():
        result["elsewhere"] = _elsewhere(cases_of(farm, 0), read_cosmos(folder))
    return result, markdown(result)


def _scores(miss: Array) -> dict[str, float]:
    return {"rmse": float(np.sqrt((miss**2).mean())), "mae": float(np.abs(miss).mean())}


def _by_depth(miss: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"cases": len(miss["site"])}
    found |= {name: _scores(miss[name]) for name in (*FORECASTS, SHARED)}
    found["gain"] = vars(_gain(miss["table"], miss["persistence"], miss["month"]))
    sites = np.unique(miss["site"])
    better = [_better(miss, miss["site"] == site) for site in sites]
    return found | {"sites": len(sites), "better": int(sum(better))}


def _better(miss: dict[str, Any], here: NDArray[np.bool_]) -> bool:
    both = (_scores(miss[name][here])["rmse"] for name in ("table", "persistence"))
    table_rmse, persistence_rmse = both
    return table_rmse < persistence_rmse


def _gain(miss: Array, other: Array, month: NDArray[np.int64]) -> Interval:
    """Relative change of the RMSE, with the interval of months drawn again."""
    months, place = np.unique(month, return_inverse=True)
    own, others = (np.bincount(place, weights=one**2) for one in (miss, other))

    def relative(a: Array, b: Array) -> float:
        return float(np.sqrt(a.sum() / b.sum()) - 1)

    return block_bootstrap(relative, (own, others), months)


def _by_site(farm: Farm, misses: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    found = {}
    for site, name in enumerate(farm.names):
        rows = {
            each: np.concatenate([miss[each][miss["site"] == site] for miss in misses])
            for each in FORECASTS
        }
        if len(rows["persistence"]):
            found[name] = {each: _scores(row)["rmse"] for each, row in rows.items()}
    return found


def _elsewhere(cases: Cases, daily: Array) -> dict[str, Any]:
    """Judge the table of the highest probe, without rain, on a series of another place."""
    change = np.diff(daily)
    known = ~np.isnan(change[1:])
    last, happened = change[:-1][known], change[1:][known]
    said = table((None, cases.last, cases.change), None, last)
    return {
        "cases": len(happened),
        "persistence": _scores(happened),
        "dry_table": _scores(happened - said),
    }


def _wettings(farm: Farm) -> dict[str, int]:
    """Count the wettings of a farm that nobody watered, by what they are taken for."""
    sites = len(farm.names)
    weather = (np.repeat(one[:, None], sites, axis=1) for one in (farm.rain, farm.lowest))
    rain, lowest = weather
    found = wettings(
        farm.moisture, farm.depths, np.full(sites, SEEN_TO), rain=rain, temperature=lowest
    )
    counts = np.bincount(found.kind, minlength=len(KINDS))
    return dict(zip(KINDS, (int(count) for count in counts), strict=True))


def markdown(result: dict[str, Any]) -> str:
    """Tables of the errors [m3 m-3].

    Parameters
    ----------
    result : dict
        Of `compare`.
    """
    rows, gains = [], []
    for depth, found in result["depths"].items():
        rows.append([depth, found["cases"], *(_pair(found[name]) for name in FORECASTS)])
        gain, low, high = (100 * found["gain"][key] for key in ("estimate", "low", "high"))
        gains.append(
            [
                depth,
                f"{gain:+.1f} % ({low:+.1f} to {high:+.1f})",
                f"{found['better']} of {found['sites']}",
                _pair(found[SHARED]),
            ]
        )
    head = ["depth [m]", "pairs of days", *FORECASTS.values()]
    out = "sites and years" if result["years_left_out"] else "sites, of the one year there is,"
    text = f"RMSE / mean distance [m3 m-3], {out} left out\n\n{markdown_table(head, rows)}"
    head = ["depth [m]", "table's RMSE against persistence (95 % by months)"]
    head += ["sites where it is less", "table, sites alone left out"]
    text += "\n\n" + markdown_table(head, gains)
    lines = [
        [name, *(f"{found[each]:.4f}" for each in FORECASTS)]
        for name, found in result["sites"].items()
    ]
    text += "\n\nRMSE over all depths [m3 m-3], by site left out\n\n"
    text += markdown_table(["site", *FORECASTS.values()], lines)
    few = [
        [depths, one["days"], *(f"{one[each]:.0f}" for each in _FEW_HEAD)]
        for depths, one in result["few"].items()
    ]
    text += "\n\nDepletion of the root zone by all probes [mm], RMSE where only some are seen\n\n"
    text += markdown_table(["probes seen [m]", "days and sites", *_FEW_HEAD.values()], few)
    other, counts = result["elsewhere"], result["wettings"]
    frosts, watered = counts[KINDS[THAW]], counts[KINDS[WATERING]]
    others = sum(counts.values()) - frosts
    if other is not None:
        text += (
            f"\n\nAnother place (COSMOS ARM-1, {other['cases']} pairs of days): persistence "
            f"{_pair(other['persistence'])}, table of the highest probe without rain "
            f"{_pair(other['dry_table'])}."
        )
    return text + (
        f"\n\nWettings seen within {SEEN_TO:g} m: {frosts} after frost, {others} others; of these "
        f"{watered} are taken for watering, and none was."
        f"\n\n{result['own_ranges']} probes have a range of their own in the end."
    )


def _pair(scores: dict[str, float]) -> str:
    return f"{scores['rmse']:.5f} / {scores['mae']:.5f}"
