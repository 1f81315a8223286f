"""Speed and memory of the risk engine: ``python tests/bench/risk.py [--json] [--sites N]``.

Every figure stands beside its bar; ratios are measured in one run on one machine.

* whole catalogue, all sites, 30 days hourly: absolute rate, and peak memory over the input's
* three named hazards through the engine (its start included), against the same answers in
  hand-written NumPy
* the same against a Python loop over sites
* one new hour through the job path, averaged over a day that closes, against the whole; the
  dearest hour (the one that closes the day) is printed too
Times are the CPU time of this single-threaded process, so that other work on the machine counts
little.

* replay hour by hour equals the batch bit for bit
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from field_configs.load import load
from field_configs.schema import Crop
from models.crops.phenology import held_between, normal_temperature, stage_at, thermal_at
from models.crops.season import Active, Seasons, SiteSeason
from models.crops.slowing import cold_of, pace
from models.hazards.catalogue import catalogue
from models.hazards.wheat import wheat_fhb, wheat_stripe_rust
from models.risk.answers import begin, walk
from models.risk.fold import feed
from models.weather.dataset import dataset
from models.weather.local_days import midnight

DAYS, HOURS = 30, 24 * 30
NAMED = ("wheat_fhb", "wheat_stripe_rust", "tomato_late_blight_hutton")
FIRST = date(2016, 4, 10)


def make_weather(sites: int, quantities: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Random weather (hour, site), the quantities that the catalogue reads."""
    random = np.random.default_rng(1)
    shape = (HOURS, sites)
    clock = np.arange(HOURS)[:, None] % 24
    heat = 14 + 6 * np.sin((clock - 9) / 24 * 2 * np.pi) + random.normal(0, 2, shape)
    made = {
        "air_temperature": heat,
        "relative_humidity": np.clip(75 - 3 * (heat - 14) + random.normal(0, 9, shape), 3, 100),
        "precipitation_amount": np.where(random.random(shape) < 0.05, 1.0, 0.0),
        "wind_speed": random.gamma(2.0, 1.2, shape),
        "shortwave_irradiance": np.clip(700 * np.sin((clock - 6) / 12 * np.pi), 0, None)
        + random.random(shape),
        "soil_moisture": random.uniform(0.1, 0.35, shape),
        "soil_temperature": heat - 1.0,
    }
    return {q: made[q] for q in quantities if q in made}


def make_seasons(names: list[str], hazards: list) -> Seasons:
    """Every crop at every site, each observed in the middle of its hazards' stages."""
    crops = load(site=None).crops
    rows = []
    for crop in sorted({c for h in hazards for c in h.crops if c in crops}):
        windows = [h.crops[crop] for h in hazards if crop in h.crops]
        stage = (max(w[0] for w in windows) + min(w[1] for w in windows)) // 2
        sown = FIRST - timedelta(days=60)
        for site in names:
            rows.append(SiteSeason(site, crop, sown, "S", None, ((FIRST, stage),)))
    return Seasons(tuple(rows), crops)


def by_hand(weather: dict[str, np.ndarray], seasons: Seasons) -> dict[str, np.ndarray]:
    """Scores and statuses of the named hazards per day, in plain NumPy on whole arrays.

    The same answers as the engine's, without its answer to missing data: growth stage by
    thermal time from the observed stage, score, class, out of season by stage.
    """
    heat, damp = weather["air_temperature"], weather["relative_humidity"]
    rain = weather["precipitation_amount"]
    sites = heat.shape[1]
    cut = (DAYS, 24, sites)
    humid = damp.reshape(cut).sum(axis=1) / 24
    mild = heat.reshape(cut).sum(axis=1) / 24
    over = damp >= 90.0
    wet = (over | (rain >= 0.1)).reshape(cut).sum(axis=1).astype(float)
    fhb = np.full((DAYS, sites), np.nan)
    rust = np.full((DAYS, sites), np.nan)
    hutton = np.full((DAYS, sites), np.nan)
    infection = wheat_stripe_rust.infection_efficiency(mild, wet)
    for day in range(13, DAYS):
        fhb[day] = wheat_fhb.probability(humid[day - 13 : day + 1].sum(axis=0) / 14, -0.82795556)
    for day in range(9, DAYS):
        rust[day] = infection[day - 9 : day + 1].sum(axis=0)
    humid_hours = over.reshape(cut).sum(axis=1)
    blight = (humid_hours >= 6) & (heat.reshape(cut).min(axis=1) >= 10.0)
    hutton[1:] = blight[1:].astype(float) + blight[:-1]
    good = (damp > 92.0) & (rain <= 0.1) & (heat > 4.0) & (heat < 16.0)
    full = good[3:] & good[2:-1] & good[1:-2] & good[:-3]
    spells = np.zeros_like(good)
    for ahead in range(4):
        spells[ahead : ahead + len(full)] |= full
    found = {"rule_hours": spells.reshape(cut).sum(axis=1)}
    for name, score in zip(NAMED, (fhb, rust, hutton), strict=True):
        hazard = catalogue()[name]
        (crop_id,) = hazard.crops
        crop = seasons.crops[crop_id]
        at = seasons.of_crop(crop_id, [f"s{i}" for i in range(sites)]).at(FIRST)
        stage = stage_at(heat_by_hand(mild, crop, at), crop)
        status = 2 + (score >= hazard.medium) + (score >= hazard.high)
        status[np.isnan(score)] = 1
        first, last = hazard.crops[crop_id]
        status[(stage < first) | (stage > last)] = 0
        found[name], found[f"{name} status"] = score, status
    return found


def heat_by_hand(mild: np.ndarray, crop: Crop, at: Active) -> np.ndarray:
    """Thermal time at the end of each day (day, site) [degC d], from daily means and normals.

    A winter crop needs its cold days first: by the normals up to the first day, then by the means.
    """
    daily = np.clip(mild, crop.base_c, crop.upper_c or np.inf) - crop.base_c
    start = thermal_at(at.anchor_bbch, crop)
    if crop.slowed is None:
        return start + np.cumsum(daily, axis=0)
    cold = np.zeros(len(start))
    for day in range(int(at.sown.min()), FIRST.toordinal()):
        chill = cold_of(normal_temperature(date.fromordinal(day)))
        cold += np.where(at.sown <= day, chill, 0.0)
    thermal, held = np.empty_like(daily), held_between(crop)
    for day in range(DAYS):
        share = pace(crop, start, held, cold, FIRST + timedelta(days=day))
        start = start + daily[day] * share
        thermal[day] = start
        cold += cold_of(mild[day])
    return thermal


def by_site(weather: dict[str, np.ndarray], site: int) -> tuple[float, float, float]:
    """The last day's three scores of one site in a plain Python loop."""
    heat = weather["air_temperature"][:, site].tolist()
    damp = weather["relative_humidity"][:, site].tolist()
    rain = weather["precipitation_amount"][:, site].tolist()
    days, infections, blights = [], [], []
    p = rust = math.nan
    spell = favourable = 0
    for day in range(DAYS):
        t = h = w = 0.0
        lowest, humid = math.inf, 0
        for hour in range(24 * day, 24 * day + 24):
            t += heat[hour]
            h += damp[hour]
            lowest = min(lowest, heat[hour])
            humid += damp[hour] >= 90.0
            w += damp[hour] >= 90.0 or rain[hour] >= 0.1
            good = damp[hour] > 92.0 and rain[hour] <= 0.1 and 4.0 < heat[hour] < 16.0
            spell = spell + 1 if good else 0
            favourable += 4 if spell == 4 else spell > 4
        days.append(h / 24)
        blights.append(lowest >= 10.0 and humid >= 6)
        t /= 24
        ie = 0.0
        if 2.37 < t < 19.8:
            over = w - (10.14 - 1.024 * t + 0.0427 * t * t)
            rate = -0.023 + 0.0246 * t - 0.00101 * t * t
            if over > 0:
                ft = 2.24 * ((t - 2.37) / 17.43) ** 0.87 * ((19.8 - t) / 17.43) ** 0.41
                light = 1 - math.exp(-0.045 * (20 - 0.065))
                ie = 0.421 * ft * light * (1 - math.exp(-rate * over))
        infections.append(ie)
        if day >= 13:
            mean = sum(days[-14:]) / 14
            p = 1 / (1 + math.exp(-(-3.6432643 - 0.82795556 + 0.051459669 * mean)))
        if day >= 9:
            rust = sum(infections[-10:])
    return p, rust, float(sum(blights[-2:]))


def hand_terms(weather: dict[str, np.ndarray]) -> None:
    """The RH14 and stripe rust terms alone, hand-written."""
    heat, damp = weather["air_temperature"], weather["relative_humidity"]
    rain = weather["precipitation_amount"]
    cut = (DAYS, 24, heat.shape[1])
    humid = damp.reshape(cut).sum(axis=1) / 24
    wet = ((damp >= 90.0) | (rain >= 0.1)).reshape(cut).sum(axis=1).astype(float)
    infection = wheat_stripe_rust.infection_efficiency(heat.reshape(cut).sum(axis=1) / 24, wet)
    for day in range(13, DAYS):
        wheat_fhb.probability(humid[day - 13 : day + 1].sum(axis=0) / 14, -0.82795556)
        infection[day - 9 : day + 1].sum(axis=0)


def best_of(times: int, *works) -> list[float]:
    """Shortest of several runs of each [s], taken in turns so that noise hits all alike."""
    found = [math.inf] * len(works)
    for _ in range(times):
        for i, work in enumerate(works):
            start = time.process_time()
            work()
            found[i] = min(found[i], time.process_time() - start)
    return found


def side_by_side(times: int, *works) -> np.ndarray:
    """Times of several runs of each (run, work) [s], in turns, so that neighbours share noise."""
    found = np.empty((times, len(works)))
    for run in range(times):
        for i, work in enumerate(works):
            start = time.process_time()
            work()
            found[run, i] = time.process_time() - start
    return found


def through_engine(data, seasons, hazards) -> list:
    """The batch: only the last day's results are kept."""
    last: list = []
    for results in walk(begin(data, seasons, hazards), data):
        last = results
    return last


def frame(weather: dict[str, np.ndarray], names: list[str]):
    """Weather as the Dataset of the contract."""
    first = midnight(FIRST)
    return dataset([first + timedelta(hours=h) for h in range(HOURS)], names, weather)


def peak_memory(sites: int) -> dict[str, float]:
    """Peak resident memory of the whole catalogue in a process of its own, over its input's."""
    run = [sys.executable, __file__, "--memory", "--sites", str(sites)]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def measure_memory(sites: int) -> dict[str, float]:
    """Run in the child: resident memory before the input, with it, and at its peak."""
    import psutil

    hazards = list(catalogue().values())
    names = [f"s{i}" for i in range(sites)]
    seasons = make_seasons(names, hazards)
    quantities = tuple(sorted({i.quantity for h in hazards for i in h.inputs}))
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    weather = make_weather(sites, quantities)
    data = frame(weather, names)
    size = sum(a.nbytes for a in weather.values())
    high = 0

    def watch() -> None:
        nonlocal high
        high = max(high, process.memory_info().rss)

    fold = begin(data, seasons, hazards)
    for _ in walk(fold, data):
        watch()
    return {
        "input_mb": size / 1e6,
        "peak_mb": (high - before) / 1e6,
        "ratio": (high - before) / size,
    }


def measure(sites: int) -> list[dict]:
    """All figures."""
    every = list(catalogue().values())
    named = [catalogue()[name] for name in NAMED]
    names = [f"s{i}" for i in range(sites)]
    quantities = tuple(sorted({i.quantity for h in every for i in h.inputs}))
    weather = make_weather(sites, quantities)
    data = frame(weather, names)
    hours = sites * HOURS
    some, all_ = make_seasons(names, named), make_seasons(names, every)

    start = time.process_time()
    begin(data, some, named)
    first_begin = time.process_time() - start
    runs = side_by_side(
        25,
        lambda: by_hand(weather, some),
        lambda: through_engine(data, some, named),
        lambda: hand_terms(weather),
    )
    hand, engine, terms = np.median(runs, axis=0).tolist()
    ratio = float(np.median(runs[:, 0] / runs[:, 1]))
    loop_sites = max(1, sites // 100)
    (loop,) = best_of(2, lambda: [by_site(weather, s) for s in range(loop_sites)])
    loop *= sites / loop_sites
    (whole,) = best_of(3, lambda: through_engine(data, all_, every))

    last = {r.hazard.id: r for r in through_engine(data, some, named)}
    wanted = by_hand(weather, some)
    for name in NAMED:
        same = np.allclose(last[name].score, wanted[name][-1])
        if not same or (last[name].status != wanted[f"{name} status"][-1]).any():
            raise SystemExit(f"{name}: engine and hand-written NumPy differ")
    if not np.allclose(by_site(weather, 0), [last[n].score[0] for n in NAMED]):
        raise SystemExit("engine and Python loop differ")

    batch = [r.score.tobytes() for rs in walk(begin(data, all_, every), data) for r in rs]
    fold, replay, costs = begin(data, all_, every), [], []
    for hour in range(HOURS):
        block = {q: data[q].values[hour : hour + 1] for q in fold.quantities if q in data}
        start = time.process_time()
        results = feed(fold, block)
        costs.append(time.process_time() - start)
        replay += [r.score.tobytes() for r in results]
    hour = sum(costs[-240:]) / 240
    memory = peak_memory(sites)

    def row(what: str, value: float, unit: str, bar: float | None = None, least: bool = True):
        fine = None if bar is None else (value >= bar if least else value <= bar)
        return {"what": what, "value": value, "unit": unit, "bar": bar, "ok": fine}

    return [
        row("sites x hours", hours, "site-hours"),
        row("hazards in the catalogue", len(every), "hazards"),
        row("hand-written, RH14 and rust terms alone", hours / terms / 1e6, "M site-hours/s", 30.0),
        row("hand-written NumPy, three named hazards", hours / hand / 1e6, "M site-hours/s"),
        row("engine, three named hazards", hours / engine / 1e6, "M site-hours/s"),
        row("arranging the seasons, once", first_begin * 1e3, "ms"),
        row("engine / hand-written NumPy, median of runs", ratio, "x", 0.8),
        row("engine / Python loop over sites", loop / engine, "x", 20.0),
        row("whole catalogue", whole, "s"),
        row("whole catalogue", hours / whole / 1e6, "M site-hours/s"),
        row("whole catalogue, site-hours x hazards", len(every) * hours / whole / 1e6, "M/s"),
        row("peak memory, whole catalogue", memory["peak_mb"], "MB"),
        row("input", memory["input_mb"], "MB"),
        row("peak memory / input", memory["ratio"], "x", 3.0, least=False),
        row("one new hour, mean of ten days", hour * 1e3, "ms"),
        row("one new hour x 720 / whole", hour * HOURS / whole, "x", 2.0, least=False),
        row("dearest hour (closes a day) / whole", max(costs[-240:]) / whole, "1"),
        row("replay equals batch, differing bits", float(batch != replay), "", 0.0, least=False),
    ]


def main() -> int:
    """Print the figures; 1 when one misses its bar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory:
        print(json.dumps(measure_memory(given.sites)))
        return 0
    rows = measure(given.sites)
    if given.json:
        print(json.dumps(rows, indent=2))
    else:
        for r in rows:
            bar = "" if r["bar"] is None else f"bar {r['bar']:g}  {'ok' if r['ok'] else 'MISSED'}"
            print(f"{r['what']:42} {r['value']:14.4g} {r['unit']:16} {bar}")
    return 0 if all(r["ok"] is not False for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
