"""Made-up scab cases for tests, written as the CSV that the commands take."""

import csv

import numpy as np
import pytest

from models.trained.scab_windows import WINDOWS

YEARS = tuple(range(2000, 2008))


def make_rows(seed=3, years=YEARS, per_year=25):
    random = np.random.default_rng(seed)
    rows = []
    for year in years:
        wet = random.normal()
        for _ in range(per_year):
            resist = random.choice(["VS", "S", "MS", "MR"])
            corn = random.integers(0, 2)
            humidity = 70 + 6 * wet + 3 * random.normal()
            z = 0.25 * (humidity - 72) + corn - 0.6 * ["VS", "S", "MS", "MR"].index(resist)
            row = {
                "id": f"c{len(rows)}",
                "year": year,
                "state": random.choice(["OH", "ND", "MO"]),
                "type": random.choice(["winter", "winter", "spring"]),
                "resist": resist,
                "corn": float(corn),
                "S": 25.0 if random.uniform() < 1 / (1 + np.exp(-z)) else 2.0,
            }
            for name, window in WINDOWS.items():
                middle = 0.4 * window.low + 0.6 * window.high
                row[name] = round(middle + 0.05 * (window.high - window.low) * random.normal(), 3)
            for name in ("RH7", "RH.A.PRE14.24H"):
                row[name] = round(float(np.clip(humidity, 1, 99)), 3)
            rows.append(row)
    return rows


def write_rows(path, rows, columns=None):
    names = columns or list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(name="rows")
def _rows():
    return make_rows()


@pytest.fixture
def write(tmp_path):
    """Write rows as CSV, by default to cases.csv of the test's folder."""

    def to(rows, name="cases.csv", columns=None):
        return write_rows(tmp_path / name, rows, columns)

    return to
