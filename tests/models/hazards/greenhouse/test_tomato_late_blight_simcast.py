"""Blight units of SIMCAST, cell by cell, and the thresholds by resistance."""

import numpy as np
import pytest

from models.hazards.greenhouse._late_blight import SIMCAST_TABLES
from models.risk.hazard import HIGH, MEDIUM, NO_RISK

#: Resistance, temperature, hours from-to, units (Gruenwald et al. 2002, Table 3).
CELLS = [
    ("susceptible", 25, (7, 9), 1),
    ("susceptible", 25, (10, 12), 2),
    ("susceptible", 25, (13, 15), 3),
    ("susceptible", 25, (16, 18), 4),
    ("susceptible", 25, (19, 24), 5),
    ("susceptible", 18, (7, 9), 5),
    ("susceptible", 18, (10, 12), 6),
    ("susceptible", 18, (13, 24), 7),
    ("susceptible", 10, (7, 7), 1),
    ("susceptible", 10, (8, 9), 2),
    ("susceptible", 10, (10, 10), 3),
    ("susceptible", 10, (11, 12), 4),
    ("susceptible", 10, (13, 15), 5),
    ("susceptible", 10, (16, 24), 6),
    ("susceptible", 5, (10, 12), 1),
    ("susceptible", 5, (13, 15), 2),
    ("susceptible", 5, (16, 18), 3),
    ("susceptible", 5, (19, 24), 4),
    ("moderately_susceptible", 25, (10, 18), 1),
    ("moderately_susceptible", 25, (19, 24), 2),
    ("moderately_susceptible", 18, (7, 7), 1),
    ("moderately_susceptible", 18, (8, 8), 2),
    ("moderately_susceptible", 18, (9, 9), 3),
    ("moderately_susceptible", 18, (10, 10), 4),
    ("moderately_susceptible", 18, (11, 12), 5),
    ("moderately_susceptible", 18, (13, 24), 6),
    ("moderately_susceptible", 10, (7, 9), 1),
    ("moderately_susceptible", 10, (10, 12), 2),
    ("moderately_susceptible", 10, (13, 15), 3),
    ("moderately_susceptible", 10, (16, 18), 4),
    ("moderately_susceptible", 10, (19, 24), 5),
    ("moderately_susceptible", 5, (13, 24), 1),
    ("moderately_resistant", 25, (16, 24), 1),
    ("moderately_resistant", 18, (7, 7), 1),
    ("moderately_resistant", 18, (8, 8), 2),
    ("moderately_resistant", 18, (9, 9), 3),
    ("moderately_resistant", 18, (10, 12), 4),
    ("moderately_resistant", 18, (13, 24), 5),
    ("moderately_resistant", 10, (10, 12), 1),
    ("moderately_resistant", 10, (13, 15), 2),
    ("moderately_resistant", 10, (16, 24), 3),
    ("moderately_resistant", 5, (19, 24), 1),
]


@pytest.mark.parametrize(("table", "heat", "hours", "units"), CELLS)
def test_cell(table, heat, hours, units):
    span = np.arange(hours[0], hours[1] + 1.0)
    assert (SIMCAST_TABLES[table].units(span, np.full(span.shape, float(heat))) == units).all()


def test_hours_of_no_cell_give_nothing():
    for table, units in SIMCAST_TABLES.items():
        for heat in (5, 10, 18, 25):
            named = {
                h for t, c, (a, b), _ in CELLS if (t, c) == (table, heat) for h in range(a, b + 1)
            }
            rest = np.array(sorted(set(range(25)) - named), float)
            assert not units.units(rest, np.full(rest.shape, float(heat))).any()


@pytest.mark.parametrize(("heat", "units"), [(2.4, 0), (2.6, 4), (12.6, 7), (22.6, 5), (27.6, 0)])
def test_temperature_is_rounded_so_that_none_falls_between_classes(heat, units):
    assert SIMCAST_TABLES["susceptible"].units(np.array([24.0]), np.array([heat])) == units


def nights(hours):
    """Humid from 20:00 on for so many hours, every night."""
    clock = (np.arange(480) - 20) % 24
    return np.where(clock < hours, 95.0, 60.0)[:, None]


@pytest.mark.parametrize(
    ("resistance", "units", "threshold", "status"),
    [(None, 42, 30, HIGH), ("S", 42, 30, HIGH), ("MS", 35, 35, HIGH), ("MR", 28, 40, MEDIUM)],
)
def test_a_damp_week_by_resistance(ask, resistance, units, threshold, status):
    found = ask("tomato_late_blight_simcast", relative_humidity=nights(11), resistance=resistance)
    assert found.drivers["blight_units"][0] == units
    assert found.drivers["threshold"][0] == threshold
    assert found.status[0] == status


def test_the_spells_of_a_broken_night_add_up(ask):
    """Two of seven hours at 15 degC give 10, as by the script of Sparks & Garrett."""
    damp = np.isin(np.arange(480) % 24, [13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 0, 1, 2, 3])
    found = ask(
        "tomato_late_blight_simcast",
        relative_humidity=np.where(damp, 95.0, 60.0)[:, None],
        air_temperature=np.full((480, 1), 15.0),
    )
    assert found.drivers["blight_units"][0] == 7 * 10


def test_spells_shorter_than_the_table_count_nothing(ask):
    damp = nights(12)
    damp[np.arange(480) % 24 == 2] = 60.0
    found = ask("tomato_late_blight_simcast", relative_humidity=damp)
    assert (found.drivers["blight_units"][0], found.status[0]) == (0, NO_RISK)


def test_an_unknown_variety_lowers_the_certainty(ask):
    known = ask("tomato_late_blight_simcast", resistance="S").certainty[0]
    assert ask("tomato_late_blight_simcast").certainty[0] == pytest.approx(0.8 * known)
