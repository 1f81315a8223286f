"""The trained head blight model from hours: the same answer as for a case row, or none at all."""

import csv
import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from click.testing import CliRunner

from models.cli import risk
from models.crops.season import Seasons
from models.evaluations.scab.predictions import predict
from models.hazards.catalogue import catalogue
from models.hazards.wheat._fhb_trained import SPANS, effect_of, read_trained
from models.hazards.wheat.wheat_fhb_trained import make
from models.risk.answers import assess, begin, walk
from models.risk.hazard import CANNOT_SAY, HIGH, MEDIUM, NO_RISK, OUT_OF_SEASON
from models.trained.artefact import ArtefactError, load, read_manifest, save
from models.trained.scab import expit, logit
from models.trained.scab_cases import read_cases
from models.trained.shipped import FOLDER
from models.weather.meteo import dew_point

HAZARD = catalogue()["wheat_fhb_trained"]
FIRST, FLOWERING, DAYS = date(2016, 4, 1), date(2016, 5, 6), 50
SEEN = ((date(2016, 4, 20), 51), (FLOWERING, 61), (date(2016, 5, 14), 69))
SHARES = ("base", "field", "humidity_14", "humidity", "dew_point", "damp_warm", "warmth")


def made(weather, seed=5, heat=17.0, damp=72.0, sites=("a",)):
    """Hours with days and nights, warmth and damp spells."""
    random = np.random.default_rng(seed)
    shape = (24 * DAYS, len(sites))
    swing = np.sin((np.arange(shape[0])[:, None] - 9) / 24 * 2 * np.pi)
    spell = np.repeat(random.normal(0, 6, (DAYS, shape[1])), 24, axis=0)
    t = heat + 6 * swing + random.normal(0, 1, shape)
    humidity = np.clip(damp - 15 * swing + spell + random.normal(0, 4, shape), 15, 100)
    return weather(
        days=DAYS, sites=sites, first=FIRST, air_temperature=t, relative_humidity=humidity
    )


def evening(day):
    """Just after the local day is over."""
    return datetime(day.year, day.month, day.day, 17, tzinfo=UTC)


def answer(data, grown, day, hazard=HAZARD):
    (found,) = assess(data, grown, [hazard], evening(day))
    return found


def windows(data, day):
    """The case file's columns about a flowering day, by hand."""

    def hours(quantity, first, last):
        begin_ = (day - FIRST).days * 24
        return data[quantity].values[begin_ + 24 * first : begin_ + 24 * (last + 1), 0]

    def both(first, last):
        return (hours(q, first, last) for q in ("air_temperature", "relative_humidity"))

    t, humidity = both(0, 10)
    return {
        "RH.A.PRE14.24H": hours("relative_humidity", -14, 0).mean(),
        "RH7": hours("relative_humidity", -7, 0).mean(),
        "D.A.1": dew_point(*both(-20, 0)).mean(),
        "TRH8010": float(((t >= 15) & (t <= 30) & (humidity >= 80)).sum()),
        "T.A.POST7.24H": hours("air_temperature", 0, 7).mean(),
    }


def case_file(path, row):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    return path


@pytest.mark.parametrize("resistance", [None, "VS", "S", "MS", "MR"])
@pytest.mark.parametrize(("crop", "corn"), [(None, ""), ("summer_maize", "yes"), ("peanut", "no")])
@pytest.mark.parametrize(("stage", "after"), [("pre", 0), ("pre", 9), ("post", 10), ("post", 14)])
def test_the_answer_is_that_of_a_case_row(
    weather, seasons, tmp_path, resistance, crop, corn, stage, after
):
    data = made(weather)
    grown = seasons(observed=SEEN, resistance=resistance, previous_crop=crop)
    found = answer(data, grown, FLOWERING + timedelta(days=after))
    row = {"id": "x", "type": "winter", "resist": resistance or "", "corn": corn}
    row |= {name: repr(float(value)) for name, value in windows(data, FLOWERING).items()}
    path = case_file(tmp_path / "cases.csv", row)
    estimator = load("wheat_fhb", stage)
    (said,) = predict(estimator, read_cases(path, estimator.terms.windows))
    assert found.score == pytest.approx(said.probability, abs=1e-9)
    assert found.status == {"no_risk": NO_RISK, "medium": MEDIUM, "high": HIGH}[said.status]
    unknown = (0.8 if resistance is None else 1) * (0.8 if crop is None else 1)
    assert found.certainty == pytest.approx(HAZARD.certainty * unknown)


@pytest.mark.parametrize(("stage", "after"), [("pre", 0), ("post", 10)])
def test_the_command_says_the_same(weather, seasons, tmp_path, stage, after):
    data = made(weather, seed=2, damp=80.0)
    grown = seasons(observed=SEEN, resistance="S", previous_crop="summer_maize")
    found = answer(data, grown, FLOWERING + timedelta(days=after))
    row = {"id": "x", "type": "winter", "resist": "S", "corn": "1", **windows(data, FLOWERING)}
    path, out = case_file(tmp_path / "cases.csv", row), tmp_path / "out.csv"
    words = ["predict", "--hazard", "wheat_fhb", "--stage", stage, "--cases", str(path)]
    result = CliRunner().invoke(risk, [*words, "--out", str(out)])
    assert result.exit_code == 0, result.output
    (said,) = csv.DictReader(out.read_text(encoding="utf-8").splitlines())
    assert found.score == pytest.approx(float(said["probability"]), abs=5e-7)


def test_before_flowering_the_windows_end_today(weather, seasons):
    data, day = made(weather), FLOWERING - timedelta(days=5)
    drivers = answer(data, seasons(observed=SEEN), day).drivers
    wanted = windows(data, day)
    assert drivers["humidity_14"] == pytest.approx(wanted["RH.A.PRE14.24H"])
    assert drivers["humidity"] == pytest.approx(wanted["RH7"])
    assert drivers["humidity_share"] == drivers["dew_point_share"] == 0.0
    assert drivers["dew_point"] == pytest.approx(wanted["D.A.1"])
    assert "damp_warm" not in drivers
    assert drivers["damp_warm_share"] == drivers["warmth_share"] == 0.0


@pytest.mark.parametrize("after", [-3, 0, 5, 10, 13])
def test_the_shares_add_up_to_the_logit(weather, seasons, after):
    grown = seasons(observed=SEEN, resistance="MS", previous_crop="peanut")
    found = answer(made(weather), grown, FLOWERING + timedelta(days=after))
    total = sum(found.drivers[f"{name}_share"] for name in SHARES)
    assert total == pytest.approx(float(logit(found.score)))
    assert found.drivers["chance"] == pytest.approx(100 * found.score)


def test_both_models_stand_side_by_side(weather, seasons):
    grown = seasons(observed=SEEN, resistance="S", previous_crop="summer_maize")
    rule = catalogue()["wheat_fhb"]
    gaps = set()
    for damp, heat in ((62, 12), (68, 17), (72, 17), (75, 17), (78, 8), (78, 24), (90, 24)):
        data = made(weather, damp=damp, heat=heat)
        first, second = assess(data, grown, [rule, HAZARD], evening(FLOWERING))
        assert second.drivers["rh14_chance"] == pytest.approx(100 * first.score)
        gap = abs(second.status - first.status)
        assert second.drivers["classes_apart"] == gap
        assert second.drivers["models_agree"] == (gap == 0)
        gaps.add(gap)
    assert len(gaps) > 1


def test_where_nobody_saw_flowering_the_windows_run_on_and_stay(weather, seasons):
    data, grown = made(weather), seasons(observed=((date(2016, 5, 5), 61),))
    unseen = Seasons((replace(grown.seasons[0], observed=((date(2016, 4, 20), 55),)),), grown.crops)
    found = {}
    for day in range(30, DAYS):
        each = answer(data, unseen, FIRST + timedelta(days=day))
        if each.status != OUT_OF_SEASON:
            found[day] = each
    running = [d for d, each in found.items() if each.stage_bbch <= 69]
    held = [d for d, each in found.items() if each.stage_bbch > 69]
    assert len(running) > 3
    assert len(held) > 2
    for day in running:
        wanted = windows(data, FIRST + timedelta(days=day))["RH7"]
        assert found[day].drivers["humidity"] == pytest.approx(wanted)
    assert {found[day].score for day in held} == {found[running[-1]].score}
    assert all("damp_warm" not in each.drivers for each in found.values())


KINDS = {"hours": 0.004, "days": 0.0, "temperature": 0.02, "humidity": 0.02}


@pytest.mark.parametrize("seen", [SEEN, SEEN[:1]], ids=["seen", "unseen"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_gaps_never_turn_one_answer_into_another(weather, seasons, seen, kind, seed):
    sites = tuple("abcdefghij")
    random = np.random.default_rng(seed)
    data = made(weather, seed, random.uniform(12, 24), random.uniform(60, 85), sites)
    holed = data.copy(deep=True)
    for name in ("air_temperature", "relative_humidity"):
        if kind in ("temperature", "humidity") and kind not in name:
            continue
        values = holed[name].values
        values[random.random(values.shape) < KINDS[kind]] = np.nan
        if kind == "days":
            for column in range(len(sites)):
                start = random.integers(0, 24 * (DAYS - 1))
                values[start : start + 18, column] = np.nan
    grown = seasons(sites=sites, observed=seen, resistance="S", previous_crop="summer_maize")
    full, gaps = (
        np.array([results[0].status for results in walk(begin(d, grown, [HAZARD]), d)])
        for d in (data, holed)
    )
    inside = (full >= NO_RISK) & (gaps >= NO_RISK)
    assert inside.any()
    assert not (inside & (full >= MEDIUM) & (gaps < MEDIUM)).any()
    assert not (inside & (full == NO_RISK) & (gaps > NO_RISK)).any()


@pytest.mark.parametrize("warmer", [8, -8])
def test_a_doubtful_end_of_flowering_never_turns_one_answer_into_another(weather, seasons, warmer):
    """Two days without temperatures, unlike the normals, before the windows of late flowering."""
    sites, gap = tuple(f"s{i}" for i in range(200)), slice(24 * 4, 24 * 6)
    data = made(weather, heat=21.0, sites=sites)
    # from fields that are always damp to some that never are: the published slope counts in few
    damp = np.random.default_rng(2).uniform(30, 90, len(sites))
    daily = np.clip(damp + np.random.default_rng(1).uniform(-20, 20, (DAYS, len(sites))), 20, 100)
    data["relative_humidity"].values[:] = np.repeat(daily, 24, axis=0)
    data["air_temperature"].values[gap] = 16.0 + warmer
    holed = data.copy(deep=True)
    holed["air_temperature"].values[gap] = np.nan
    grown = seasons(
        sites=sites,
        observed=((date(2016, 4, 3), 45),),
        resistance="S",
        previous_crop="summer_maize",
    )
    full, gaps = (
        np.array([results[0].status for results in walk(begin(d, grown, [HAZARD]), d)])[28:36]
        for d in (data, holed)
    )
    assert {NO_RISK, MEDIUM} <= set(full.ravel())
    known = gaps >= NO_RISK
    assert known.mean() > 0.5
    assert (full[known] == gaps[known]).all()


@pytest.mark.parametrize("seen", [SEEN, SEEN[:1]], ids=["seen", "unseen"])
def test_on_complete_data_it_can_always_say(weather, seasons, seen):
    data = made(weather, sites=tuple("ab"))
    grown = seasons(sites=tuple("ab"), observed=seen)
    found = np.array([r[0].status for r in walk(begin(data, grown, [HAZARD]), data)])[20:]
    assert (found >= NO_RISK).sum() > 20
    assert not (found == CANNOT_SAY).any()


def test_a_fold_that_began_after_flowering_cannot_say(weather, seasons):
    data = made(weather).isel(time=slice(24 * 38, None))
    found = answer(data, seasons(observed=SEEN), FLOWERING + timedelta(days=12))
    assert found.status == CANNOT_SAY


def test_effects_follow_the_signs_of_the_artefact():
    trained = read_trained()
    for column, effect in trained.effects.items():
        slopes = [
            float(s.model.coefficient_[4 + s.terms.windows.index(column)])
            for s in trained.stages
            if column in s.terms.windows
        ]
        assert effect == effect_of(slopes)
        assert HAZARD.uses[SPANS[column].name].effect == effect
    assert effect_of([0.1, 0.0]) == "raises"
    assert effect_of([-0.1]) == "lowers"
    assert effect_of([0.1, -0.1]) == "mixed"


@pytest.mark.parametrize("column", SPANS)
def test_the_effect_is_how_the_probability_moves(column):
    trained = read_trained()
    for fitted in trained.stages:
        if column in fitted.terms.windows:
            place = 3 + fitted.terms.windows.index(column)
            x = np.tile(fitted.model.mean_, (9, 1))
            x[:, place] = np.linspace(fitted.model.low_[place], fitted.model.high_[place], 9)
            moves = np.diff(expit(fitted.model.decision_function(x)))
            assert (moves >= 0).all() or trained.effects[column] == "lowers"
            assert (moves <= 0).all() or trained.effects[column] == "raises"


def test_it_says_where_it_was_validated_and_never_here():
    assert HAZARD.validated == (
        "United States, cases of 1982-2015, years left out: AUC 0.663 before flowering, 0.816 after"
    )
    files = read_manifest("wheat_fhb")["files"]
    assert HAZARD.version == "-".join(
        files[f"wheat_fhb_{stage}.skops"][:8] for stage in ("pre", "post")
    )


def without_file(folder):
    (folder / "wheat_fhb_post.skops").unlink()


def with_other_bytes(folder):
    path = folder / "wheat_fhb_pre.skops"
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def without_manifest(folder):
    (folder / "wheat_fhb.json").unlink()


def with_another_window(folder):
    manifest = read_manifest("wheat_fhb", folder)
    files = {name: (folder / name).read_bytes() for name in manifest["files"]}
    files["wheat_fhb_pre.skops"] = files["wheat_fhb_post.skops"]
    save("wheat_fhb", files, manifest, folder)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (without_file, r"wheat_fhb_post\.skops: cannot be read .*nongqing risk train"),
        (with_other_bytes, r"wheat_fhb_pre\.skops: was changed: .*nongqing risk train"),
        (without_manifest, r"wheat_fhb\.json: no manifest .*nongqing risk train"),
        (with_another_window, r"window TRH8010 cannot be made from hours: add it to models\."),
    ],
)
def test_without_a_sound_artefact_it_cannot_say_and_tells_why(
    weather, seasons, tmp_path, spoil, message
):
    folder = tmp_path / "artefacts"
    shutil.copytree(FOLDER, folder)
    spoil(folder)
    with pytest.raises(ArtefactError, match=message):
        read_trained(folder)
    with pytest.warns(RuntimeWarning, match=f"wheat_fhb_trained answers nothing: .*{message}"):
        broken = make(folder)
    assert broken.references[-1].startswith("models/trained/artefacts/wheat_fhb")
    rule = catalogue()["wheat_fhb"]
    both = assess(made(weather), seasons(observed=SEEN), [rule, broken], evening(FLOWERING))
    assert [each.status == CANNOT_SAY for each in both] == [False, True]
    assert json.dumps(both[1].drivers) == "{}"


def test_weather_beyond_training_is_said_and_trusted_less(weather, seasons):
    """Air of the North China Plain is drier than any that the estimator after flowering saw."""
    grown = seasons(observed=SEEN, resistance="S", previous_crop="summer_maize")
    usual, dry = (
        answer(made(weather, damp=damp), grown, FLOWERING + timedelta(days=10))
        for damp in (72.0, 40.0)
    )
    assert (usual.drivers["beyond_training"], dry.drivers["beyond_training"]) == (0.0, 1.0)
    assert dry.certainty == pytest.approx(0.7 * usual.certainty)
    # before flowering most air changes nothing, and dry air holds the risk down
    usual, dry = (answer(made(weather, damp=damp), grown, FLOWERING) for damp in (70.0, 40.0))
    assert usual.drivers["humidity_14_share"] == 0.0 > dry.drivers["humidity_14_share"]
    assert (usual.status, dry.status) == (MEDIUM, NO_RISK)
    assert dry.drivers["beyond_training"] == 1.0
