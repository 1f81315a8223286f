"""What a new hazard must bring: words in every language, known crops and stages, its own tests.

Quick, and part of ``make check``; what the hazards compute is tried in ``test_catalogue.py``.
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from field_configs.check_words import HAZARD_KEYS, missing_words
from field_configs.load import load
from field_configs.reading import nearest
from field_configs.words import LANGUAGES, Words
from models.crops.season import Seasons, SiteSeason
from models.hazards.catalogue import catalogue
from models.risk.answers import begin, walk
from models.risk.features import PLAUSIBLE
from models.weather.dataset import dataset, prepare
from models.weather.local_days import midnight

CROPS = load(site=None).crops
HAZARDS = list(catalogue().values())
TESTS = Path(__file__).parent
FIRST = date(2016, 4, 20)


def drivers(hazard):
    """Names of the terms that the hazard shows with its answer, from two days of weather."""
    crop = next(c for c in hazard.crops if c in CROPS)
    start = midnight(FIRST)
    values = {name: np.full((48, 1), sum(limits) / 4) for name, limits in PLAUSIBLE.items()}
    data, _ = prepare(dataset([start + timedelta(hours=h) for h in range(48)], ["a"], values))
    seen = ((FIRST, sum(hazard.crops[crop]) // 2),)
    season = SiteSeason("a", crop, FIRST - timedelta(days=60), observed=seen)
    fold = begin(data, Seasons((season,), CROPS), [hazard])
    *_, last = walk(fold, data)
    return set(last[0].drivers)


def keys_of(hazard):
    """Every key that pages and advisories ask for when the hazard answers."""
    return [
        f"hazard.{hazard.id}.{key}"
        for key in (
            *HAZARD_KEYS,
            "change",
            *(f"driver.{name}" for name in sorted(drivers(hazard))),
            *(f"action.{name}" for name in hazard.actions),
        )
    ]


def wordless(hazard):
    """Lines that say which words the hazard lacks, and where they belong."""
    return [str(error) for error in missing_words(keys_of(hazard))]


def crop_errors(hazard):
    """Lines that say which of the hazard's crops and stages field_configs does not know."""
    place = f"hazard {hazard.id}: crops"
    lines = [] if hazard.crops else [f"{place}: is empty; name at least one crop"]
    for name, (first, last) in hazard.crops.items():
        if name not in CROPS:
            near = nearest(name, CROPS)
            hint = f' (did you mean "{near}"?)' if near else ""
            known = f"declare it in field_configs/crops or use one of {', '.join(sorted(CROPS))}"
            lines.append(f'{place}["{name}"]: unknown crop; {known}{hint}')
            continue
        stages = [stage.bbch for stage in CROPS[name].stages]
        if first > max(stages) or last < min(stages):
            known = f"field_configs/crops/{name}.toml knows BBCH {min(stages)} to {max(stages)}"
            lines.append(f'{place}["{name}"]: BBCH {first} to {last} is never reached; {known}')
    return lines


def untested(hazard, folder=TESTS):
    """Lines that say which test file the hazard lacks."""
    name = f"test_{hazard.id}.py"
    reason = f"hazard {hazard.id}: has no tests; write {name} below tests/models/hazards"
    return [] if list(folder.rglob(name)) else [reason]


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda h: h.id)
def test_every_hazard_names_known_crops_and_stages(hazard):
    assert crop_errors(hazard) == []


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda h: h.id)
def test_every_hazard_has_its_words_in_every_language(hazard):
    assert crop_errors(hazard) == []
    assert hazard.actions, f"hazard {hazard.id}: no actions; name what a farmer can do"
    assert wordless(hazard) == []


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda h: h.id)
def test_every_hazard_has_its_test_file(hazard):
    assert untested(hazard) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_of_a_hazard_that_is_not_there(language):
    texts = Words.load(language).texts
    named = {key.split(".")[1] for key in texts if key.startswith("hazard.")}
    strangers = sorted(named - set(catalogue()))
    files = [f"field_configs/words/{language}/hazards/{name}.toml" for name in strangers]
    assert files == [], "no hazard has these words"


FHB = catalogue()["wheat_fhb"]


def test_a_hazard_without_words_is_told_file_by_file():
    lines = wordless(replace(FHB, id="wheat_fog"))
    assert len(lines) == 2 * len(keys_of(FHB))
    file = "field_configs/words/en/hazards/wheat_fog.toml"
    for key in ("name", "what", "change", "reason.high", "driver.rh14", "action.drain"):
        assert any(
            line.startswith(f"{file}: hazard.wheat_fog.{key}: has no text: add it")
            for line in lines
        ), key


def test_an_action_without_words_is_told():
    lines = wordless(replace(FHB, actions=(*FHB.actions, "drian")))
    assert lines[1] == (
        "field_configs/words/en/hazards/wheat_fhb.toml: hazard.wheat_fhb.action.drian: "
        'has no text: add it (did you mean "hazard.wheat_fhb.action.drain"?)'
    )


def test_an_unknown_crop_is_told_with_the_nearest():
    there = ", ".join(sorted(load(site=None).crops))
    assert "garlic, greenhouse_cucumber" in there
    assert crop_errors(replace(FHB, crops={"winter_weat": (45, 69)})) == [
        'hazard wheat_fhb: crops["winter_weat"]: unknown crop; declare it in '
        f'field_configs/crops or use one of {there} (did you mean "winter_wheat"?)'
    ]
    assert crop_errors(replace(FHB, crops={})) == [
        "hazard wheat_fhb: crops: is empty; name at least one crop"
    ]


def test_stages_that_the_crop_never_reaches_are_told():
    last = max(stage.bbch for stage in CROPS["winter_wheat"].stages)
    wrong = crop_errors(replace(FHB, crops={"winter_wheat": (last + 1, 99)}))
    assert wrong == [
        f'hazard wheat_fhb: crops["winter_wheat"]: BBCH {last + 1} to 99 is never '
        f"reached; field_configs/crops/winter_wheat.toml knows BBCH 0 to {last}"
    ]


def test_a_hazard_without_tests_is_told(tmp_path):
    assert untested(FHB, tmp_path) == [
        "hazard wheat_fhb: has no tests; write test_wheat_fhb.py below tests/models/hazards"
    ]
