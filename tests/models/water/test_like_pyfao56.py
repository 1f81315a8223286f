"""The balance against PyPI's pyfao56, on every column that both have, to 0.01 mm.

Seasons that pyfao56 publishes with its source (tests/test01 to test08 of its repository) are
compared where NONGQING_PYFAO56_TESTS names that folder; seasons of our own always.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from math import nan
from pathlib import Path

import numpy as np
import pandas
import pyfao56 as fao
import pytest

from models.water.balance import State, begin, run
from models.water.coefficients import Crops, basal_by_days, course, observed_onward
from models.water.ground import Ground, layered
from models.water.needs import NEEDS

FOLDER = os.environ.get("NONGQING_PYFAO56_TESTS", "")
#: Our columns by theirs.
COLUMNS = {
    "fc": "cover", "fw": "wetted", "few": "exposed", "De": "surface", "Kr": "kr", "Ke": "ke",
    "E": "evaporation", "DPe": "surface_percolation", "TAW": "available", "p": "p",
    "RAW": "readily", "Ks": "ks", "ETa": "actual", "T": "transpiration", "DP": "percolation",
    "Dr": "depletion", "Ksend": "ks_end", "Runoff": "runoff",
}  # fmt: skip
FIXED = {"cons_p": True}
PUBLISHED = {
    "test01 dry": ("test01/cotton2013", "test01/cottondry2013", "2013-113", "2013-312", "", {}),
    "test01 wet": ("test01/cotton2013", "test01/cottonwet2013", "2013-113", "2013-312", "", {}),
    "test03 Kcb seen": ("test03/cotton2019",) * 2 + ("2019-108", "2019-274", "upd", {}),
    "test04 60 %": ("test04/cotton2018", "test04/cotton2018_060", "2018-108", "2018-303", "", {}),
    "test04 100 %": ("test04/cotton2018", "test04/cotton2018_100", "2018-108", "2018-303", "", {}),
    "test04 120 %": ("test04/cotton2018", "test04/cotton2018_120", "2018-108", "2018-303", "", {}),
    "test05": ("test05/E12FF2022",) * 2 + ("2022-129", "2022-299", "", FIXED),
    "test05 layers": ("test05/E12FF2022",) * 2 + ("2022-129", "2022-299", "sol", FIXED),
    "test05 Kcb": ("test05/E12FF2022",) * 2 + ("2022-129", "2022-299", "upd", FIXED),
    "test05 both": ("test05/E12FF2022",) * 2 + ("2022-129", "2022-299", "sol upd", FIXED),
    "test06 layers": ("test06/cotton2022", "test06/cotton2022p10-2", "2022-111", "2022-304",
                      "sol", {}),
    "test07 both": ("test07/E42FF2023",) * 2 + ("2023-122", "2023-305", "sol upd", FIXED),
}  # fmt: skip
WEATHER = {"test05": "LIRF", "test07": "LIRFWeather2023"}


def crops_of(par):
    one = lambda *values: tuple(np.array([float(v)]) for v in values)  # noqa: E731
    ini, mid, end = one(par.Kcbini, par.Kcbmid, par.Kcbend)
    lengths = np.array([[par.Lini], [par.Ldev], [par.Lmid], [par.Lend]], float)
    rest = one(par.hini, par.hmax, par.Zrini, par.Zrmax, par.pbase, par.Kcbini)
    return Crops(ini, mid, end, lengths, *rest)


def ours(model):
    """Run our balance on what a pyfao56 model was given."""
    par, theirs = model.par, model.odata
    keys, count = list(theirs.index), len(theirs)
    column = lambda name: theirs[name].to_numpy(float)[:, None]  # noqa: E731
    weather = model.wth.wdata.loc[keys]
    wind = weather["Wndsp"].fillna(2.0).to_numpy(float)[:, None]
    wind = wind * (4.87 / np.log(67.8 * model.wth.wndht - 5.42))
    seen = {name: np.full((count, 1), np.nan) for name in ("Kcb", "h", "fc")}
    if model.upd is not None:
        for name, rows in seen.items():
            for day, key in enumerate(keys):
                value = model.upd.getdata(key, name)
                rows[day] = value if value > 0 else np.nan
    crops = crops_of(par)
    curve = basal_by_days(crops, np.arange(count)[:, None])
    np.testing.assert_allclose(curve, column("tKcb"), atol=1e-9)
    basal = observed_onward(curve, seen["Kcb"])
    made = course(crops, curve, wind, least_humidity(model, weather), basal=basal,
                  height=seen["h"], cover=seen["fc"], alfalfa=model.wth.rfcrp == "T")  # fmt: skip
    for name, mine in (("Kcb", made.basal), ("h", made.height), ("Kcmax", made.highest),
                       ("Zr", made.root)):  # fmt: skip
        np.testing.assert_allclose(mine, column(name), atol=1e-9, err_msg=name)
    ground, state = soil_of(model, par)
    if model.sol is not None:
        # Theirs counts whole millimetres of layers: the last bit of a depth decides on one more.
        made = replace(made, root=column("Zr"))
    given = column("Irrig") - column("IrrLoss")
    number = np.array([float(par.CN2)]) if model.roff else None
    return run(ground, made, crops.p, column("ETref"), column("Rain"), given, column("fw"), state,
               fixed_p=model.cons_p, curve_number=number)  # fmt: skip


def least_humidity(model, weather):
    found = weather["RHmin"].to_numpy(float)[:, None]
    e = lambda t: 0.6108 * np.exp(17.27 * t / (t + 237.3))  # noqa: E731
    dew = weather["Tdew"].fillna(weather["Tmin"])
    by_dew = (e(dew) / e(weather["Tmax"]) * 100.0).to_numpy(float)[:, None]
    return np.nan_to_num(np.where(np.isnan(found), by_dew, found), nan=45.0)


def soil_of(model, par):
    if model.sol is None:
        total = np.array([1000 * (par.thetaFC - 0.5 * par.thetaWP) * par.Ze])
        ground = Ground(
            np.array([par.thetaFC]), np.array([par.thetaWP]), np.array([par.REW]), total
        )
        return ground, begin(ground, par.Zrini, np.array([par.theta0]))
    rows = model.sol.sdata
    depths = [float(d) / 100 for d in rows.index]
    ground = layered(
        depths, list(rows["thetaFC"]), list(rows["thetaWP"]), par.REW, par.Ze, par.Zrmax
    )
    each = np.searchsorted(np.rint(np.array(depths) * 1000), np.arange(1, depths[-1] * 1000 + 1))
    lacking = (rows["thetaFC"] - rows["theta0"]).to_numpy(float)[each.astype(int)]
    deep = lambda z: np.array([lacking[: int(np.floor(z * 1000))].sum()])  # noqa: E731
    first = np.array([par.Zrini])
    return ground, State(deep(par.Zrini), ground.total.copy(), np.ones(1),
                         ground.available(first), deep(par.Zrmax))  # fmt: skip


def compare(model, tolerance=0.01):
    mine = ours(model)
    worst = 0.0
    for theirs, name in COLUMNS.items():
        gap = np.abs(mine[name][:, 0] - model.odata[theirs].to_numpy(float))
        assert gap.max() <= tolerance, f"{theirs}: {gap.max():.4f} on day {gap.argmax()}"
        worst = max(worst, gap.max())
    if model.sol is not None:
        gap = np.abs(mine["subsoil"][:, 0] - model.odata["Db"].to_numpy(float))
        assert gap.max() <= tolerance, f"Db: {gap.max():.4f} on day {gap.argmax()}"
    return worst


@pytest.mark.skipif(not FOLDER, reason="NONGQING_PYFAO56_TESTS names no folder of pyfao56's tests")
@pytest.mark.parametrize("season", PUBLISHED)
def test_published_seasons(season):
    base, watered, first, last, parts, options = PUBLISHED[season]
    stem = Path(FOLDER) / watered
    folder = Path(FOLDER) / base.split("/")[0]
    parameters = (
        stem.with_suffix(".par")
        if stem.with_suffix(".par").exists()
        else Path(FOLDER) / (base + ".par")
    )
    weather = WEATHER.get(folder.name, Path(base).name)
    given = {}
    if "sol" in parts:
        given["sol"] = fao.SoilProfile(str(stem.with_suffix(".sol")))
    if "upd" in parts:
        given["upd"] = fao.Update(str(stem.with_suffix(".upd")))
    model = fao.Model(first, last, loaded(fao.Parameters(), parameters),
                      fao.Weather(str(folder / f"{weather}.wth")),
                      irr=fao.Irrigation(str(stem.with_suffix(".irr"))),
                      **given, **options)  # fmt: skip
    model.run()
    assert compare(model) < 0.01


def loaded(thing, path):
    thing.loadfile(str(path))
    return thing


def season(crop, days, seed, rainy):
    """A season of made-up weather, as pyfao56 takes it."""
    random = np.random.default_rng(seed)
    weather, parameters = fao.Weather(), fao.Parameters()
    need = NEEDS[crop]
    parameters.Kcbini, parameters.Kcbmid, parameters.Kcbend = need.kcb
    parameters.Lini, parameters.Ldev, parameters.Lmid, parameters.Lend = need.lengths
    parameters.hini, parameters.hmax = need.first_height, need.height
    parameters.Zrini, parameters.Zrmax, parameters.pbase = need.first_root, need.roots[0], need.p
    parameters.thetaFC, parameters.thetaWP, parameters.theta0 = 0.29, 0.14, 0.25
    weather.wndht, weather.rfcrp, weather.z, weather.lat = 2.0, "S", 52.0, 35.7
    rows, irrigation = {}, fao.Irrigation()
    day = datetime(2015, 10, 10, tzinfo=UTC)
    for count in range(days):
        today = day + timedelta(days=count)
        key = today.strftime("%Y-%j")
        rain = float(random.gamma(0.6, 12)) if random.random() < rainy else 0.0
        tmin = 5 + 10 * float(np.sin(count / 58)) + float(random.normal(0, 2))
        swing, rh, wind = (float(random.uniform(*each)) for each in ((6, 14), (15, 60), (0.5, 5)))
        rows[key] = [nan, tmin + swing, tmin, nan, nan, nan, rh, wind, rain,
                     float(random.uniform(0.5, 7)), "M"]  # fmt: skip
        if count % 31 == 30:
            irrigation.addevent(today.year, int(today.strftime("%j")), 60.0, 0.8, 85.0)
    weather.wdata = pandas.DataFrame.from_dict(rows, orient="index", columns=weather.cnames)
    last = (day + timedelta(days=days - 1)).strftime("%Y-%j")
    return fao.Model("2015-283", last, parameters, weather, irr=irrigation, roff=rainy > 0.2)


@pytest.mark.parametrize(
    ("crop", "days", "seed", "rainy"),
    [("winter_wheat", 240, 1, 0.1), ("summer_maize", 110, 2, 0.3), ("garlic", 210, 3, 0.25)],
)
def test_seasons_of_our_crops(crop, days, seed, rainy):
    model = season(crop, days, seed, rainy)
    model.run()
    assert compare(model) < 0.01
    assert (model.odata["Ks"] < 1).any()
    assert (model.odata["DP"] > 0).any()
    assert (model.odata["Runoff"] > 0).any() == (rainy > 0.2)


def test_another_order_of_the_day_is_seen(monkeypatch):
    model = season("summer_maize", 110, 2, 0.3)
    model.run()
    monkeypatch.setattr("tests.models.water.test_like_pyfao56.run", partial(run, early=True))
    with pytest.raises(AssertionError):
        compare(model)
