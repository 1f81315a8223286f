"""From a file of cases to artefacts that answer, and the scores of what shipped."""

import json

import pytest
from click.testing import CliRunner

from models.cli import risk
from models.evaluations.scab import choosing
from models.evaluations.scab import report as wheat_fhb
from models.evaluations.scab import selection as fhb_selection
from models.evaluations.scab.report import SEED
from models.evaluations.scab.training import evaluate_held_out, train
from models.trained.artefact import ArtefactError, load, read_manifest
from models.trained.scab_cases import CasesError


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few candidates and draws: the machinery, not the numbers, is tried here."""
    monkeypatch.setattr(choosing, "BEFORE_POOL", ((), ("RH7",), ("RH7", "MT7")))
    monkeypatch.setattr(choosing, "AFTER_POOL", ((), ("RH10",)))
    monkeypatch.setattr(choosing, "PENALTIES", (10.0,))
    monkeypatch.setattr(choosing, "SETS", 6)
    monkeypatch.setattr(wheat_fhb, "KEPT_BACK_DRAWS", 1)
    monkeypatch.setattr(wheat_fhb, "BOOTSTRAP_DRAWS", 40)
    kept = fhb_selection.folds_kept_back
    monkeypatch.setattr(
        choosing,
        "folds_kept_back",
        lambda t, n, seed, within: kept(t, n, seed, share=(0.4, 0.9), within=within),
    )
    monkeypatch.setattr(
        wheat_fhb, "folds_kept_back", lambda t, n, seed: kept(t, n, seed, share=(0.4, 0.9))
    )
    monkeypatch.setattr(
        wheat_fhb, "folds_later", lambda t: fhb_selection.folds_later(t, least_train=60)
    )


@pytest.fixture
def trained(rows, write, tmp_path):
    shown = []
    train(write(rows), tmp_path / "a", SEED, shown.append)
    return tmp_path / "a", shown


def test_training_writes_artefacts_cards_and_a_manifest_that_vouches_for_them(trained):
    folder, shown = trained
    manifest = read_manifest("wheat_fhb", folder)
    assert sorted(manifest["files"]) == [
        "wheat_fhb_agronomy.skops",
        "wheat_fhb_post.md",
        "wheat_fhb_post.skops",
        "wheat_fhb_pre.md",
        "wheat_fhb_pre.skops",
    ]
    before = load("wheat_fhb", "pre", folder)
    assert before.terms.windows == ("RH.A.PRE14.24H",)
    assert [slope for _, _, slope in before.terms.given] == [0.051459669]
    assert load("wheat_fhb", "post", folder).terms.windows == ("RH7",)
    assert load("wheat_fhb", "agronomy", folder).terms.windows == ()
    assert manifest["data"]["cases"] == 200
    assert {text.split(":")[0] for text in shown} >= {"year", "state", "later"}


def test_training_again_gives_the_same_bytes(trained, rows, write, tmp_path):
    folder, _ = trained
    train(write(rows), tmp_path / "b", SEED, lambda _: None)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_agronomy_alone_ships_when_weather_does_not_beat_it(rows, write, tmp_path, monkeypatch):
    """The same cases with weather that says nothing: the simpler model, and the card says so."""
    for row in rows:
        row["RH7"] = row["RH.A.PRE14.24H"] = 70.0
    train(write(rows), tmp_path / "a", SEED, lambda _: None)
    assert load("wheat_fhb", "pre", tmp_path / "a").terms.windows == ()
    assert load("wheat_fhb", "post", tmp_path / "a").terms.windows == ()
    assert "agronomy alone, ships" in (tmp_path / "a/wheat_fhb_post.md").read_text()


def test_held_out_cases_are_scored_by_year_against_the_rivals(trained, rows, write):
    folder, _ = trained
    result = evaluate_held_out(write(rows), folder)
    assert result["cases"] == 200
    assert result["models"]["pre"]["skill"] > result["models"]["agronomy"]["skill"]
    assert {row["group"] for row in result["by_year"]["pre"]} == {
        str(year) for year in range(2000, 2008)
    }
    with pytest.raises(CasesError, match=r"cases\.csv: cannot be scored: one block only"):
        evaluate_held_out(write([r for r in rows if r["year"] == 2000]), folder)
    with pytest.raises(ArtefactError, match="no manifest"):
        evaluate_held_out(write(rows), folder / "none")


@pytest.mark.parametrize("years", [(2000, 2001), tuple(range(2000, 2004))])
def test_too_short_a_collection_is_refused_with_the_reason(rows, write, tmp_path, years):
    with pytest.raises(CasesError, match=r"cases\.csv: holds too few years or cases"):
        train(write([r for r in rows if r["year"] in years]), tmp_path / "a", SEED, print)
    assert not (tmp_path / "a").exists()


def test_the_commands_train_and_evaluate(rows, write, tmp_path):
    run = CliRunner().invoke
    data, out = str(write(rows)), str(tmp_path / "a")
    done = run(risk, ["train", "--data", data, "--out", out])
    assert done.exit_code == 0, done.output
    assert "wheat_fhb_pre.skops: RH.A.PRE14.24H" in done.stdout
    assert "judging by year" in done.stderr
    said = run(risk, ["train", "--data", data, "--out", out, "--json"])
    assert json.loads(said.stdout)["windows"]["pre"] == ["RH.A.PRE14.24H"]
    assert said.stderr == ""
    document = tmp_path / "skill.md"
    document.write_text("<!-- begin wheat_fhb --><!-- end wheat_fhb -->")
    shown = run(
        risk, ["evaluate", "--hazard", "wheat_fhb", "--data", data, "--into", str(document)]
    )
    assert shown.exit_code == 0, shown.output
    assert "| agronomy alone |" in document.read_text()
    held = run(risk, ["evaluate", "--hazard", "wheat_fhb", "--held-out", data, "--artefacts", out])
    assert "shipped artefact on cases it never saw".capitalize() in held.stdout
    refused = run(risk, ["train", "--data", str(tmp_path / "none.csv"), "--out", out])
    assert refused.exit_code == 2
    assert "none.csv: cannot be read" in refused.output
