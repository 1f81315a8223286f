"""Scoring of loggers at size: 1,000 of them, 30 days, a reading each minute.

One run scores random loggers with gaps, frozen stretches and warm spells, and a few of them in a
plain Python loop over readings that comes to the same numbers. Prints each figure beside its bar;
exit code 1 when a bar is missed or the two sides differ. Times are the CPU time of this
single-threaded process, so that other work on the machine counts little.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from field_configs.load import load
from field_configs.schema import Product
from models.coldchain.exposure import Assumed
from models.coldchain.kinetics import GAS, USP_KJ_MOL
from models.coldchain.life import life_days
from models.coldchain.readings import FROZEN_S, HIGH_C, LONGEST_GAP_S, LOW_C
from models.coldchain.score import Score, score

READINGS = 30 * 24 * 60
IN_LOOP = 6
BLOCK = 50
ASSUMED = Assumed(-5.0, 30.0)


def make_readings(loggers: int, readings: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and temperatures [degC] around 0 degC: noise, days, warm spells, gaps, freezing."""
    random = np.random.default_rng(seed)
    times = 1.5e9 + 60.0 * np.arange(readings)
    day = 0.2 * np.sin(np.arange(readings) / 1440 * 2 * np.pi)
    values = day + random.normal(0.0, 0.08, (loggers, readings))
    for logger in range(loggers):
        for _ in range(6):
            at, width = random.integers(0, readings), int(random.integers(20, 200))
            values[logger, at : at + width] += random.uniform(-8.0, 14.0)
        at = random.integers(0, readings)
        values[logger, at : at + readings // 50] = np.nan
    values = np.round(values, 2)
    for logger in range(0, loggers, 5):
        at = random.integers(0, readings)
        values[logger, at : at + 900] = 2.0
    return times, values


def by_hand(
    times: list[float], values: list[float], product: Product, assumed: Assumed
) -> dict[str, float]:
    """The same numbers for one logger, reading by reading."""
    low, high = product.temperature.low, product.temperature.high
    activation = USP_KJ_MOL * 1e3 / GAS
    floor, points = _law(product)
    borne = [(row.celsius, row.shortest_days, row.longest_days) for row in product.chilling]
    kept: list[tuple[float, float]] = []
    run_start, run_value, held = 0.0, math.nan, 0
    for when, value in zip(times, values, strict=True):
        if not LOW_C <= value <= HIGH_C:
            continue
        if value == run_value:
            held += 1
        else:
            run_start, run_value, held = when, value, 0
        kept.append((when, value))
        if held and when - run_start >= FROZEN_S:
            del kept[-held:]
            held = 0
            run_start = -math.inf
        elif run_start == -math.inf:
            kept.pop()
    sums = dict.fromkeys(("known", "above", "below", "hot", "cold", "mkt"), 0.0)
    sums |= dict.fromkeys(("slow", "fast", "mild", "harsh", "by_law"), 0.0)
    coldest, warmest = math.inf, -math.inf
    excursions, side_before, broken = 0, 0, True
    for i, (when, value) in enumerate(kept):
        before = when - kept[i - 1][0] if i else math.inf
        after = kept[i + 1][0] - when if i + 1 < len(kept) else math.inf
        weight = 0.0
        if before <= LONGEST_GAP_S:
            weight += 0.5 * before
        if after <= LONGEST_GAP_S:
            weight += 0.5 * after
        broken = before > LONGEST_GAP_S
        coldest, warmest = min(coldest, value), max(warmest, value)
        side = 1 if value > high else -1 if value < low else 0
        if side and (side != side_before or broken):
            excursions += 1
        side_before = side
        sums["known"] += weight
        if side > 0:
            sums["above"] += weight
            sums["hot"] += weight * (value - high) / 3600.0
        elif side < 0:
            sums["below"] += weight
            sums["cold"] += weight * (low - value) / 3600.0
        sums["mkt"] += weight * math.exp(-activation / (value + 273.15))
        shortest, longest = _days(max(value, floor), points, product)
        sums["slow"] += weight / (longest * 86400.0)
        sums["fast"] += weight / (shortest * 86400.0)
        if not points[0][0] <= value <= points[-1][0]:
            sums["by_law"] += weight
        if borne and value < borne[-1][0]:
            least, most = _on_line(value, borne)
            sums["mild"] += weight / (most * 86400.0)
            sums["harsh"] += weight / (least * 86400.0)
    unknown = times[-1] - times[0] - sums["known"]
    slow, fast = life_days(product, assumed.low_c)[1], life_days(product, assumed.high_c)[0]
    hottest = max(assumed.high_c - high, 0.0)
    worst_pace = math.exp(-activation / (assumed.high_c + 273.15))
    mean = (sums["mkt"] + unknown * worst_pace) / (sums["known"] + unknown)
    return {
        "known": sums["known"],
        "unknown": unknown,
        "coldest": coldest,
        "warmest": warmest,
        "above.best": sums["above"],
        "below.best": sums["below"],
        "degree_hours_above.worst": sums["hot"] + unknown * hottest / 3600.0,
        "degree_hours_below.best": sums["cold"],
        "kinetic.worst": activation / -math.log(mean) - 273.15,
        "life_used.best": sums["slow"] + unknown / (float(slow) * 86400.0),
        "life_used.worst": sums["fast"] + unknown / (float(fast) * 86400.0),
        "chilling.best": sums["mild"],
        "by_law.best": sums["by_law"],
        "excursions": float(excursions),
    }


def _law(product: Product) -> tuple[float, list[tuple[float, float, float]]]:
    if product.chilling:
        floor = product.chilling[-1].celsius
    else:
        floor = product.freezing.high if product.freezing else 0.0
    return floor, [(row.celsius, row.shortest_days, row.longest_days) for row in product.life]


def _on_line(value: float, points: list[tuple[float, float, float]]) -> tuple[float, float]:
    if value <= points[0][0]:
        return points[0][1:]
    for (cold, s0, l0), (warm, s1, l1) in zip(points, points[1:], strict=False):
        if value <= warm:
            share = (value - cold) / (warm - cold)
            return s0 * (s1 / s0) ** share, l0 * (l1 / l0) ** share
    return points[-1][1:]


def _days(
    value: float, points: list[tuple[float, float, float]], product: Product
) -> tuple[float, float]:
    if points[0][0] <= value <= points[-1][0]:
        return _on_line(value, points)
    cold = value < points[0][0]
    reference, shortest, longest = points[0] if cold else points[-1]
    if product.arrhenius:
        step = 1e3 / GAS * (1 / (reference + 273.15) - 1 / (value + 273.15))
        flat = math.exp(step * product.arrhenius.low)
        steep = math.exp(step * product.arrhenius.high)
    else:
        flat = steep = 1.0
        for number, (least, most) in enumerate(((2.5, 4.0), (2.0, 2.5), (1.5, 2.0), (1.0, 1.5))):
            begin = -math.inf if number == 0 else 10.0 * number
            end = math.inf if number == 3 else 10.0 * number + 10.0
            tens = (min(max(value, begin), end) - min(max(reference, begin), end)) / 10.0
            flat *= least**tens
            steep *= most**tens
    if cold:
        return shortest / flat, longest / steep
    return shortest / steep, longest / flat


def check(found: Score, loops: list[dict[str, float]]) -> None:
    """End the run where the two sides differ."""
    for logger, loop in enumerate(loops):
        for what, value in loop.items():
            column, _, end = what.partition(".")
            got = getattr(found, column)
            if column == "excursions":
                mine = float((got.logger == logger).sum())
            else:
                mine = float((getattr(got, end) if end else got)[logger])
            if not math.isclose(mine, value, rel_tol=1e-6, abs_tol=1e-6):
                raise SystemExit(f"logger {logger}: {what}: {mine} here, {value} in the loop")


def peak_mb(times: np.ndarray, values: np.ndarray, product: Product) -> float:
    """Peak of what is allocated while loggers are scored, the answer included [MB]."""
    tracemalloc.start()
    score(times, values, product, ASSUMED)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def measure(loggers: int) -> list[tuple[str, float, str, float | None, bool]]:
    """All figures: what, value, unit, bar, whether at least (else at most) the bar is wanted."""
    product = load(site=None).products["garlic_scape"]
    times, few = make_readings(IN_LOOP, READINGS)
    score(times, few, product, ASSUMED)
    start = time.process_time()
    loops = [by_hand(times.tolist(), row.tolist(), product, ASSUMED) for row in few]
    loop = (time.process_time() - start) / few.size
    check(score(times, few, product, ASSUMED), loops)

    values = np.empty((loggers, READINGS))
    for first in range(0, loggers, BLOCK):
        rows = values[first : first + BLOCK]
        rows[:] = make_readings(len(rows), READINGS, 2 + first)[1]
    seconds = math.inf
    for _ in range(3):
        start = time.process_time()
        found = score(times, values, product, ASSUMED)
        seconds = min(seconds, time.process_time() - start)
    tenth, whole = (peak_mb(times, values[:n], product) for n in (loggers // 10, loggers))
    each = seconds / values.size
    return [
        ("loggers x readings", float(values.size), "readings", None, True),
        ("excursions found", float(len(found.excursions)), "excursions", None, True),
        ("Python loop over readings", 1e-6 / loop, "M readings/s", None, True),
        ("scored", seconds, "s", None, True),
        ("scored", 1e-6 / each, "M readings/s", 20.0, True),
        ("scored / Python loop", loop / each, "x", 20.0, True),
        ("readings", values.nbytes / 1e6, "MB", None, True),
        ("memory while scoring a tenth", tenth, "MB", None, False),
        ("memory while scoring", whole, "MB", 100.0, False),
    ]


def main() -> int:
    """Print the figures; 1 when one misses its bar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loggers", type=int, default=1000)
    missed = 0
    for what, value, unit, bar, least in measure(parser.parse_args().loggers):
        said = ""
        if bar is not None:
            fine = value >= bar if least else value <= bar
            missed += not fine
            said = f"bar {bar:g}  {'ok' if fine else 'MISSED'}"
        print(f"{what:32} {value:14.4g} {unit:14} {said}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
