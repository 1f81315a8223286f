"""Speed of the water balance: ``python tests/bench/water.py [--json] [--fields N] [--days N]``.

The balance of all fields over a season (coefficients of every day included) against the same
equations in a hand-written NumPy loop over days, in one run; both give the same depletion. As
context the time of PyPI's pyfao56 for one field, where it is installed, and of advice for all.
Times are CPU times of this single-threaded process, the best of three.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from models.water.advice import Asked, advise
from models.water.balance import begin, run
from models.water.coefficients import Crops, basal_by_days, course
from models.water.fields import Field, Weather, follow
from models.water.ground import ground_of
from models.water.soils import TEXTURES, soil_of
from models.weather.dataset import Array

BAR = 3.0
KEEP = ("actual", "depletion", "ks", "percolation", "evaporation")


def world(fields: int, days: int) -> dict[str, Array]:
    """Make up crops, soils and weather."""
    random = np.random.default_rng(7)
    one = lambda low, high: random.uniform(low, high, fields)  # noqa: E731
    shape = (days, fields)
    return {
        "ini": np.full(fields, 0.15), "mid": one(0.9, 1.2), "end": one(0.2, 0.6),
        "lengths": np.array([one(20, 35), one(30, 60), one(40, 60), one(25, 40)]),
        "low": np.full(fields, 0.05), "high": one(0.3, 2.0), "shallow": np.full(fields, 0.15),
        "deep": one(0.5, 1.5), "p": one(0.3, 0.6),
        "kind": random.integers(0, len(TEXTURES), fields),
        "eto": random.uniform(1, 7, shape), "wind": random.uniform(0.5, 5, shape),
        "rhmin": random.uniform(15, 80, shape),
        "rain": np.where(random.random(shape) < 0.15, random.gamma(0.8, 12, shape), 0.0),
        "watered": np.where(random.random(shape) < 0.03, 60.0, 0.0),
        "wetted": np.full(shape, 0.8),
    }  # fmt: skip


def by_the_room(w: dict[str, Array]) -> Array:
    """Use the room's own functions."""
    crops = Crops(w["ini"], w["mid"], w["end"], w["lengths"], w["low"], w["high"], w["shallow"],
                  w["deep"], w["p"], w["ini"])  # fmt: skip
    soils = [soil_of(name).middle for name in TEXTURES]
    ground = ground_of([soils[k] for k in w["kind"].astype(int)])
    made = course(
        crops, basal_by_days(crops, np.arange(len(w["eto"]))[:, None]), w["wind"], w["rhmin"]
    )
    found = run(ground, made, crops.p, w["eto"], w["rain"], w["watered"], w["wetted"],
                begin(ground, w["shallow"]), keep=KEEP)  # fmt: skip
    return found["depletion"]


def by_hand(w: dict[str, Array]) -> Array:
    """Write the same equations down once more, as a loop over days."""
    soils = [soil_of(name).middle for name in TEXTURES]
    rows = np.array([[s.capacity, s.wilting, s.readily_evaporable] for s in soils])[
        w["kind"].astype(int)
    ].T
    holds, rew = 1000 * (rows[0] - rows[1]), rows[2]
    tew = 100 * (rows[0] - 0.5 * rows[1])
    l1, l2, l3, l4 = w["lengths"]
    de, dr = tew.copy(), np.zeros(len(rew))
    fw, tall, root = np.ones(len(rew)), w["low"].copy(), w["shallow"].copy()
    kept = {name: np.empty_like(w["eto"]) for name in KEEP}
    for i in range(len(w["eto"])):
        eto, rain, given = w["eto"][i], w["rain"][i], w["watered"][i]
        grown = np.clip((i - l1) / l2, 0, 1)
        gone = np.clip((i - l1 - l2 - l3) / l4, 0, 1)
        kcb = w["ini"] + (w["mid"] - w["ini"]) * grown + (w["end"] - w["mid"]) * gone
        share = (kcb - w["ini"]) / (w["mid"] - w["ini"])
        tall = np.maximum(w["low"] + (w["high"] - w["low"]) * share, tall)
        root = np.maximum(w["shallow"] + (w["deep"] - w["shallow"]) * share, root)
        u2, rh = np.clip(w["wind"][i], 1, 6), np.clip(w["rhmin"][i], 20, 80)
        kcmax = 1.2 + (0.04 * (u2 - 2) - 0.004 * (rh - 45)) * (tall / 3) ** 0.3
        kcmax = np.maximum(kcmax, kcb + 0.05)
        ratio = np.maximum((kcb - w["ini"]) / (kcmax - w["ini"]), 0)
        cover = np.clip(ratio ** (1 + 0.5 * tall), 0, 0.99)
        fw = np.where(given > 0, w["wetted"][i], np.where(rain >= 3, 1.0, fw))
        few = np.clip(np.minimum(1 - cover, fw), 0.01, 1)
        kr = np.clip((tew - de) / (tew - rew), 0, 1)
        ke = np.minimum(kr * (kcmax - kcb), few * kcmax)
        e, came = ke * eto, rain + given / fw
        de = np.clip(de - came + e / few + np.maximum(came - de, 0), 0, tew)
        taw = holds * root
        p = np.clip(w["p"] + 0.04 * (5 - (kcb + ke) * eto), 0.1, 0.8)
        ks = np.clip((taw - dr) / (taw - p * taw), 0, 1)
        et = (ks * kcb + ke) * eto
        dp = np.maximum(rain + given - et - dr, 0)
        dr = np.clip(dr - rain - given + et + dp, 0, taw)
        for name, value in zip(KEEP, (et, dr, ks, dp, e), strict=True):
            kept[name][i] = value
    return kept["depletion"]


def timed(work: Callable[[], object], times: int = 3) -> float:
    """CPU time of the best of some runs [s]."""
    best = float("inf")
    for _ in range(times):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def advised(fields: int, days: int) -> float:
    """CPU time of following and advising fields of ours, three sides each [s]."""
    crops = ("winter_wheat", "summer_maize", "peanut", "garlic")
    some = [
        Field(f"F{i}", crops[i % 4], date(2015, 10, 10), 5.0, "flood", list(TEXTURES)[i % 9])
        for i in range(fields)
    ]
    w = world(fields, days)
    weather = Weather(date(2015, 10, 10), w["eto"], w["rain"], w["wind"], w["rhmin"])
    return timed(
        lambda: advise(follow(some, weather, w["watered"]), days - 8, [Asked()] * fields), 1
    )


def peer() -> float | None:
    """CPU time of pyfao56 for one field [s], None where it is not installed."""
    try:
        from tests.models.water.peer import pyfao56
        from tests.models.water.test_like_pyfao56 import season
    except ImportError:
        return None
    model = season(pyfao56(), "winter_wheat", 200, 1, 0.1)
    return timed(model.run, 1)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--fields", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=200)
    given = parser.parse_args()
    w = world(given.fields, given.days)
    apart = float(np.abs(by_the_room(w) - by_hand(w)).max())
    ours, hand = timed(lambda: by_the_room(w)), timed(lambda: by_hand(w))
    told = {
        "fields": given.fields, "days": given.days, "room_s": ours, "hand_s": hand,
        "ratio": ours / hand, "bar": BAR, "apart_mm": apart,
        "advice_s": advised(given.fields, given.days), "pyfao56_one_field_s": peer(),
    }  # fmt: skip
    good = told["ratio"] <= BAR and apart < 1e-6
    if given.json:
        print(json.dumps(told))
    else:
        print(f"{given.fields} fields x {given.days} days, CPU time, best of three")
        print(f"  balance of the room     {ours:8.3f} s")
        print(f"  NumPy by hand           {hand:8.3f} s")
        print(f"  ratio                   {told['ratio']:8.2f}   bar {BAR:g}, apart {apart:.1e} mm")
        print(f"  follow and advise       {told['advice_s']:8.3f} s  three soils a field")
        one = told["pyfao56_one_field_s"]
        if one is not None:
            print(
                f"  pyfao56, one field      {one:8.3f} s  so all of them {one * given.fields:.0f} s"
            )
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
