"""Fields followed over days: texture as an interval, gaps in the weather, refused input."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from models.water.balance import begin, run
from models.water.fields import (
    DRY,
    LONGEST_GAP,
    MIDDLE,
    WET,
    Field,
    Weather,
    checked,
    follow,
    runs_of,
)
from models.water.ground import ground_of
from models.water.needs import NEEDS, lengths_of, need_of
from models.water.refused import WaterError
from models.water.soils import Soil, soil_of
from models.water.wetting import METHODS, method_of

WHEAT = Field("F1", "winter_wheat", date(2015, 10, 10), 3.0, "flood", "loam",
              harvest=date(2016, 6, 5), moisture=0.9)  # fmt: skip


def weather(days=60, fields=1, eto=3.0, rain=0.0, first=date(2016, 3, 20)):
    flat = np.full((days, fields), eto)
    return Weather(first, flat, np.full((days, fields), rain), flat * 0 + 2.0, flat * 0 + 45.0)


def dried(texture=None, bounds=None, days=40):
    given = weather(days)
    return follow([replace(WHEAT, texture=texture, bounds=bounds)], given, np.zeros((days, 1)))


def width(followed):
    shares = [s["depletion"][-1, 0] / s["available"][-1, 0] for s in followed.sides]
    return shares[DRY] - shares[WET]


def test_an_unknown_texture_widens_the_interval():
    assert 0 < width(dried("loam")) < width(dried(bounds=("sandy_loam", "silt"))) <= width(dried())


def test_the_interval_holds_the_middle():
    share = [s["depletion"][-1, 0] / s["available"][-1, 0] for s in dried("loam", days=25).sides]
    assert share[DRY] > share[MIDDLE] + 0.02 > share[WET] + 0.04


def test_water_is_neither_made_nor_lost():
    random = np.random.default_rng(4)
    given = weather(90)
    rain = np.where(random.random((90, 1)) < 0.2, random.gamma(1, 15, (90, 1)), 0.0)
    watered = np.zeros((90, 1))
    watered[30] = 70.0
    found = follow([WHEAT], replace(given, rain=rain), watered)
    for side, ground in zip(found.sides, found.grounds, strict=True):
        whole = ground.available(ground.deepest)
        first = 0.1 * whole  # moisture 0.9 of what is available
        came = rain.sum() + watered.sum() - side["percolation"].sum() - side["actual"].sum()
        assert side.state.whole == pytest.approx(first - came, abs=1e-6)


def test_a_short_gap_is_bridged_and_widens():
    given = weather(40)
    given.eto[20:22] = given.rain[20:22] = np.nan
    found = follow([WHEAT], given, np.zeros((40, 1)))
    assert not found.blind[21, 0] or found.unknown[21, 0] <= LONGEST_GAP
    assert found.sides[WET]["depletion"][21, 0] == 0.0
    assert width(found) > width(dried("loam"))


def test_thirty_days_without_weather_cannot_be_said_until_rain_fills_the_soil():
    given = weather(80)
    given.eto[20:50] = given.rain[20:50] = np.nan
    given.rain[60] = 400.0
    found = follow([WHEAT], given, np.zeros((80, 1)))
    assert found.unknown[49, 0] == 30
    assert found.blind[24:60, 0].all()
    assert not found.blind[:20, 0].any()
    assert not found.blind[61:, 0].any()


def test_measured_moisture_ends_what_a_gap_made_unknown():
    given = weather(60)
    given.eto[20:40] = given.rain[20:40] = np.nan

    def told(day, depletion, available):
        return 0.4 * available if day == 45 else depletion

    found = follow([WHEAT], given, np.zeros((60, 1)), corrections=(told, told, told))
    assert found.blind[44, 0]
    assert not found.blind[45:, 0].any()
    assert found.sides[MIDDLE]["depletion"][45, 0] == pytest.approx(
        0.4 * found.sides[MIDDLE]["available"][45, 0]
    )


def test_a_correction_moves_all_days_after_it():
    days = 10
    given = weather(days)
    nudged = follow([WHEAT], given, np.zeros((days, 1)),
                    corrections=(None, lambda d, dr, taw: dr + 5.0 * (d == 3), None))  # fmt: skip
    plain = follow([WHEAT], given, np.zeros((days, 1)))
    gap = nudged.sides[MIDDLE]["depletion"] - plain.sides[MIDDLE]["depletion"]
    assert gap[2, 0] == 0
    assert gap[3, 0] == pytest.approx(5.0)
    assert gap[-1, 0] > 4.0


def test_growth_stages_place_the_coefficient():
    days = 5
    bbch = np.full((days, 1), np.nan)
    bbch[2:] = 61
    found = follow([replace(WHEAT, sown=date(2016, 3, 1))], weather(days), np.zeros((days, 1)),
                   bbch=bbch)  # fmt: skip
    assert found.course.basal[:2, 0].max() < 0.5
    assert found.course.basal[2:, 0].tolist() == pytest.approx([1.10] * 3)


def test_drip_evaporates_less_than_flood():
    given = weather(20, eto=5.0)
    watered = np.zeros((20, 1))
    watered[::4] = 10.0
    lost = {}
    for method in ("flood", "drip", "sprinkler"):
        found = follow([replace(WHEAT, method=method, sown=date(2016, 3, 15))], given, watered)
        lost[method] = found.sides[MIDDLE]["evaporation"].sum()
    assert lost["drip"] < 0.7 * lost["flood"]
    assert lost["sprinkler"] == lost["flood"]


def test_days_running():
    assert runs_of(np.array([[True], [True], [False], [True]]))[:, 0].tolist() == [1, 2, 0, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"crop": "winter_weat"}, 'field F1: no water needs of the crop "winter_weat" .did you'),
        ({"mu": -1.0}, "field F1: area of -1 亩: give an area above 0"),
        ({"mu": float("nan")}, "field F1: area of nan 亩"),
        ({"texture": "lomy"}, r'field F1: unknown soil texture "lomy" \(did you mean "loam"'),
        ({"texture": None, "bounds": ("mud", "silt")}, 'field F1: unknown soil texture "mud"'),
        ({"method": "flod"}, 'field F1: unknown way of irrigation "flod" .did you mean "flood"'),
        ({"harvest": date(2015, 10, 1)}, "field F1: harvest 2015-10-01 is not after sowing"),
        ({"harvest": date(2015, 10, 20)}, "field F1: a season of 10 d is too short"),
        ({"moisture": 1.5}, "field F1: moisture 1.5 is no share"),
        ({"allocation": -5.0}, "field F1: allocation of -5 m3: give 0 or more"),
    ],
)
def test_impossible_fields_are_refused(change, message):
    with pytest.raises(WaterError, match=message):
        follow([replace(WHEAT, **change)], weather(3), np.zeros((3, 1)))


def test_arrays_of_another_shape_are_refused():
    with pytest.raises(WaterError, match="watered has 4 days of 1 fields, the weather 3 of 1"):
        follow([WHEAT], weather(3), np.zeros((4, 1)))


@pytest.mark.parametrize("bad", [np.nan, -2.0, np.inf])
def test_water_that_cannot_be_is_refused_by_day_and_field(bad):
    watered = np.zeros((3, 1))
    watered[2] = bad
    with pytest.raises(WaterError, match=r"day 2, field 0: watered is .*; fill the gap"):
        follow([WHEAT], weather(3), watered)


def test_an_unknown_texture_without_bounds_is_any():
    found = soil_of(None)
    assert not found.known
    assert found.least.capacity - found.least.wilting == pytest.approx(0.05)
    assert found.most.capacity - found.most.wilting == pytest.approx(0.20)


def test_every_crop_and_method_is_known():
    assert {name: need_of(name) for name in NEEDS} == NEEDS
    assert {name: method_of(name) for name in METHODS} == METHODS
    assert sum(lengths_of(NEEDS["garlic"], 105.0)) == pytest.approx(105.0)
    soils, methods = checked([WHEAT])
    assert soils[0].known
    assert not methods[0].overhead


def test_a_balance_does_not_change_its_state():
    ground = ground_of([Soil(0.3, 0.15, 8.0)])
    state = begin(ground, 0.5, np.array([0.25]))
    before = {k: v.copy() for k, v in vars(state).items()}
    found = follow([WHEAT], weather(3), np.zeros((3, 1)))
    one = np.ones((3, 1))
    run(ground, found.course, np.array([0.5]), one, one, one, one, state)
    for name, value in vars(state).items():
        assert value.tolist() == before[name].tolist()


def test_a_long_gap_empties_the_dry_side():
    given = weather(40)
    given.eto[20:30] = given.rain[20:30] = np.nan
    found = follow([WHEAT], given, np.zeros((40, 1)))
    dry = found.sides[DRY]
    assert dry["depletion"][19 + LONGEST_GAP, 0] < dry["available"][19 + LONGEST_GAP, 0]
    assert dry["depletion"][20 + LONGEST_GAP, 0] == dry["available"][20 + LONGEST_GAP, 0]


def test_a_correction_reaches_the_subsoil_too():
    days = 30
    given = weather(days, eto=0.5, first=date(2015, 10, 20))
    given.rain[10] = 10.0

    def dried_out(day, depletion, available):
        return available if day == 5 else depletion

    found = follow([WHEAT], given, np.zeros((days, 1)), corrections=(dried_out, None, None))
    plain = follow([WHEAT], given, np.zeros((days, 1)))
    more = found.sides[DRY].state.whole - plain.sides[DRY].state.whole
    assert more[0] > 5.0
