"""Artefacts are believed only after their hash and their types were checked."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import skops.io

from models.trained import artefact
from models.trained.artefact import FOLDER, ArtefactError, load, read_manifest, sha256
from models.trained.scab import FhbEstimator, RidgeLogit, Terms


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "artefacts")
    return tmp_path / "artefacts"


def test_every_committed_file_is_the_one_the_manifest_vouches_for():
    manifest = read_manifest("wheat_fhb")
    assert {p.name for p in FOLDER.iterdir()} == {*manifest["files"], "wheat_fhb.json"}
    for name, expected in manifest["files"].items():
        assert sha256((FOLDER / name).read_bytes()) == expected


def test_the_committed_cards_name_the_artefacts_they_stand_beside():
    manifest = read_manifest("wheat_fhb")
    for stage in ("pre", "post"):
        text = (FOLDER / f"wheat_fhb_{stage}.md").read_text(encoding="utf-8")
        found = sha256((FOLDER / f"wheat_fhb_{stage}.skops").read_bytes())
        assert found in text
        assert manifest["artefacts"][stage] == found
        assert manifest["data"]["sha256"] in text
        for words in ("doi:10.5061/dryad.fn2z34trv", "CC0", "showed no licence", "Puyang"):
            assert words in text


def test_what_ships_is_what_the_intervals_allow():
    """Fitted weather ships only because it beat agronomy alone with an interval clear of zero.

    Before flowering none is fitted: a published slope may stand there, whatever the interval says.
    """
    manifest = read_manifest("wheat_fhb")
    report = manifest["report"]
    for stage in ("pre", "post"):
        gain = next(
            d["skill"]
            for d in report["schemes"]["year"]["differences"]
            if (d["one"], d["other"]) == (stage, "agronomy")
        )
        beats = report["weather_beats_agronomy"][stage]
        assert beats == (gain["low"] > 0.0)
        terms = load("wheat_fhb", stage).terms
        assert len(terms.windows) > len(terms.given) or stage == "pre" or not beats
        assert stage == "post" or len(terms.windows) == len(terms.given)


def test_one_changed_byte_is_refused(copy):
    path = copy / "wheat_fhb_pre.skops"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ArtefactError, match=r"wheat_fhb_pre\.skops: was changed.*risk train"):
        load("wheat_fhb", "pre", copy)
    assert load("wheat_fhb", "post", copy).stage == "post"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "wheat_fhb_pre.skops").unlink(), r"wheat_fhb_pre\.skops: cannot be read"),
        (lambda f: (f / "wheat_fhb.json").unlink(), r"wheat_fhb\.json: no manifest"),
        (lambda f: (f / "wheat_fhb.json").write_text("{"), r"wheat_fhb\.json: is not a manifest"),
        (lambda f: (f / "wheat_fhb.json").write_text("[]"), r"wheat_fhb\.json: is not a manifest"),
        (
            lambda f: (f / "wheat_fhb.json").write_text('{"files": {}}'),
            r"wheat_fhb_pre\.skops: is not in the manifest",
        ),
    ],
)
def test_a_missing_or_broken_file_is_named_with_the_mend(copy, spoil, message):
    spoil(copy)
    with pytest.raises(ArtefactError, match=message + r".*risk train"):
        load("wheat_fhb", "pre", copy)


NO_MODEL = {"model": 3, "windows": [], "penalty": 1.0, "stage": "pre", "coefficients": None}


def vouch(folder, data):
    """Put bytes in place of the artefact, hash and all, as someone with both could."""
    (folder / "wheat_fhb_pre.skops").write_bytes(data)
    manifest = json.loads((folder / "wheat_fhb.json").read_text())
    manifest["files"]["wheat_fhb_pre.skops"] = sha256(data)
    (folder / "wheat_fhb.json").write_text(json.dumps(manifest))


def test_types_that_are_not_expected_are_refused_even_when_the_hash_agrees(copy):
    vouch(copy, skops.io.dumps({"model": np.random.default_rng}))
    with pytest.raises(ArtefactError, match="types that are not trusted"):
        load("wheat_fhb", "pre", copy)


@pytest.mark.parametrize(
    "data", [b"not a zip", skops.io.dumps(NO_MODEL), skops.io.dumps({"a": 1}), b""]
)
def test_what_is_no_artefact_is_refused(copy, data):
    vouch(copy, data)
    with pytest.raises(ArtefactError, match=r"wheat_fhb_pre\.skops: (is not an artefact|holds no)"):
        load("wheat_fhb", "pre", copy)


def small():
    model = RidgeLogit((1.0, 1.0, 1.0)).fit(np.eye(3), [1.0, 0.0, 1.0])
    return FhbEstimator("pre", Terms(()), model, np.arange(8.0).reshape(2, 4))


def test_equal_estimators_give_equal_bytes_in_another_process_too():
    code = (
        "import sys; sys.path.insert(0, 'tests/models/trained');"
        "import hashlib, test_artefact as t;"
        "print(hashlib.sha256(t.artefact.encode_estimator(t.small())).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        cwd=FOLDER.parents[2], env={"PYTHONPATH": ".", "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert run.stdout.strip() == sha256(artefact.encode_estimator(small()))


def test_an_estimator_comes_back_as_it_was(tmp_path):
    given = small()
    back = artefact.decode_estimator(artefact.encode_estimator(given), tmp_path / "x.skops")
    assert (back.stage, back.terms) == (given.stage, given.terms)
    assert (back.coefficients == given.coefficients).all()
    assert (back.model.coefficient_ == given.model.coefficient_).all()
