"""The commands of `risk`: answers in order, errors with the place and the mend."""

import csv
import io
import json
import shutil

import pytest
from click.testing import CliRunner

from models.cli import risk
from models.trained.shipped import FOLDER
from tests.paths import SHARED

DATA = SHARED / "data/disease/fhb_us_shah2023.csv"
PRE = ("id", "type", "resist", "corn", "RH.A.PRE14.24H")
POST = (*PRE, "RH7", "D.A.1", "TRH8010", "T.A.POST7.24H")
ROWS = (
    ("dry", "winter", "MR", "0", "60", "60", "6", "10", "20"),
    ("wet", "winter", "VS", "1", "85", "85", "14", "160", "17"),
    ("mid", "spring", "S", "0", "72", "72", "12", "60", "19"),
)


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(risk, [str(a) for a in args])


@pytest.fixture
def predict(run, tmp_path):
    def go(rows=ROWS, columns=PRE, stage="pre", *more, out="out.csv"):
        path = tmp_path / "cases.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(row[: len(columns)] for row in rows)
        result = run("predict", "--hazard", "wheat_fhb", "--stage", stage, "--cases", path,
                     "--out", tmp_path / out, *more)  # fmt: skip
        target = tmp_path / out
        written = target.read_text(encoding="utf-8") if target.is_file() else None
        answers = None if written is None else list(csv.DictReader(io.StringIO(written)))
        return result, answers

    return go


def test_answers_keep_ids_and_order_and_carry_status_words(predict):
    result, answers = predict()
    assert result.exit_code == 0, result.output
    assert [list(a) for a in answers] == [["id", "probability", "status"]] * 3
    assert [(a["id"], a["status"]) for a in answers] == [
        ("dry", "no_risk"), ("wet", "high"), ("mid", answers[2]["status"]),
    ]  # fmt: skip
    assert 0 < float(answers[0]["probability"]) < 0.1 < 0.5 < float(answers[1]["probability"]) < 1
    assert "3 cases:" in result.output


def test_before_flowering_what_follows_is_never_read(predict):
    _, plain = predict()
    spoilt = [(*row[:5], "rubbish", "", "", "") for row in ROWS]
    result, answers = predict(spoilt, POST)
    assert result.exit_code == 0
    assert "rubbish" not in result.output + result.stderr
    assert answers == plain


def test_after_flowering_it_is_read_and_needed(predict):
    result, answers = predict(ROWS, POST, "post")
    assert [a["status"] for a in answers][:2] == ["no_risk", "high"]
    result, _ = predict(ROWS, PRE, "post")
    assert result.exit_code == 2
    assert "cases.csv:1: no column RH7, D.A.1, TRH8010, T.A.POST7.24H" in result.output


def test_all_missing_columns_are_named_at_once(predict):
    result, answers = predict([("a", "S")], ("id", "resist"))
    assert result.exit_code == 2
    assert "cases.csv:1: no column type, corn, RH.A.PRE14.24H; the first line" in result.output
    assert answers is None


def test_a_cell_that_is_no_number_costs_its_row_only(predict):
    rows = [ROWS[0], ("bad", "winter", "S", "1", "humid"), ROWS[1]]
    result, answers = predict(rows)
    assert result.exit_code == 0
    assert answers[1] == {"id": "bad", "probability": "", "status": "cannot_say"}
    assert 'cases.csv:3: column RH.A.PRE14.24H: "humid" is not a number' in result.stderr
    assert answers[2]["status"] == "high"


def test_an_unknown_class_is_said_and_taken_as_the_most_susceptible(predict):
    rows = [("u", "winter", "R", "1", "75"), ("v", "winter", "VS", "1", "75")]
    result, answers = predict(rows, PRE, "pre", "--bounds")
    assert 'cases.csv:2: column resist: "R" is not one of' in result.stderr
    assert answers[0]["probability"] == answers[1]["probability"]
    assert float(answers[0]["low"]) < float(answers[1]["low"])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([ROWS[0], ROWS[0]], 'cases.csv:3: column id: "dry" is already on line 2'),
        ([], "holds a first line and nothing below it"),
    ],
)
def test_files_without_an_answer_row_by_row_are_refused(predict, rows, message):
    result, answers = predict(rows)
    assert result.exit_code == 2
    assert message in result.output
    assert answers is None


@pytest.mark.parametrize(
    ("out", "message"), [("no/such/out.csv", "does not exist"), (".", "is not a file")]
)
def test_a_place_that_cannot_be_written_is_said_before_the_work(predict, out, message):
    result, _ = predict([("bad",)], ("id",), "pre", out=out)
    assert result.exit_code == 2
    assert message in result.output
    assert "no column" not in result.output


@pytest.mark.parametrize("link", [None, "symlink_to", "hardlink_to"])
def test_the_cases_themselves_are_not_written_over(predict, tmp_path, link):
    out = "cases.csv"
    if link:
        out = "other.csv"
        (tmp_path / "cases.csv").touch()
        getattr(tmp_path / out, link)(tmp_path / "cases.csv")
    result, _ = predict(out=out)
    assert result.exit_code == 2
    assert f"{out}: holds the cases themselves: name another file to write" in result.output
    assert (tmp_path / "cases.csv").read_text("utf-8").startswith("id,type,resist")


def test_a_broken_line_is_named_gets_no_answer_and_the_exit_code_is_1(predict):
    result, answers = predict([ROWS[0], ("bad", "win\0ter", "S", "1", "70"), ROWS[1]])
    assert result.exit_code == 1
    assert "cases.csv:3: holds NUL characters" in result.stderr
    assert [a["id"] for a in answers] == ["dry", "wet"]


def test_many_bad_cells_are_counted_not_poured_out(predict):
    result, _ = predict([(str(i), "winter", "S", "1", "x") for i in range(30)])
    assert result.stderr.count("is not a number") == 20
    assert "and 10 more cells" in result.stderr


def test_json_says_the_same(predict):
    result, answers = predict(ROWS, PRE, "pre", "--json")
    said = json.loads(result.stdout)
    assert [a["id"] for a in said] == [a["id"] for a in answers]
    assert said[1]["probability"] == pytest.approx(float(answers[1]["probability"]), abs=1e-6)


def test_a_changed_artefact_is_not_used(predict, tmp_path):
    shutil.copytree(FOLDER, tmp_path / "a")
    (tmp_path / "a/wheat_fhb_pre.skops").write_bytes(b"other")
    result, answers = predict(ROWS, PRE, "pre", "--artefacts", str(tmp_path / "a"))
    assert result.exit_code == 2
    assert "wheat_fhb_pre.skops: was changed" in result.output
    assert answers is None


def test_the_card_is_printed_and_its_numbers_are_the_manifests(run):
    text = run("card", "--hazard", "wheat_fhb", "--stage", "pre").output
    manifest = json.loads(run("card", "--stage", "pre", "--json").output)
    score = manifest["report"]["schemes"]["year"]["models"]["pre"]
    assert f"| {score['auc']:.3f} | {score['brier']:.4f} | {score['skill']:+.3f} |" in text
    assert "## Limits" in text


def test_evaluate_asks_for_one_kind_of_data(run, tmp_path):
    assert "give either --data" in run("evaluate", "--hazard", "wheat_fhb").output
    wrong = run("evaluate", "--hazard", "moths", "--held-out", tmp_path)
    assert wrong.exit_code == 2
    assert "moths has no trained artefact" in wrong.output
    nothing = run("evaluate", "--hazard", "moths", "--data", tmp_path)
    assert "cew_helicoverpa_zea_monthly_master.csv: cannot be read" in nothing.output


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "card"])
def test_every_command_shows_an_example(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"nongqing risk {command}" in result.output


@pytest.mark.skipif(not DATA.exists(), reason="the scab cases are not beside the project")
def test_the_shipped_artefacts_are_fits_of_the_cases_they_name():
    """A refit on the same file gives the same coefficients on any machine."""
    from models.evaluations.scab.choosing import choose_after, choose_before
    from models.evaluations.scab.selection import Trials, fit_stage
    from models.evaluations.scab.training import everything, read_labelled
    from models.trained.artefact import load, read_manifest, sha256
    from models.trained.shipped import SEED

    manifest = read_manifest("wheat_fhb")
    assert sha256(DATA.read_bytes()) == manifest["data"]["sha256"]
    trials = Trials.of(read_labelled(DATA))
    before, report = choose_before(trials, everything(trials)), manifest["report"]
    assert report["slopes"]["pre"] == before.shrink
    chosen = {"pre": before.terms, "post": choose_after(trials, everything(trials))}
    for stage, terms in chosen.items():
        slope, spread = report["slopes"][stage], report["year_spread"][stage]
        again = fit_stage(trials, stage, terms, slope=slope, spread=spread, seed=SEED)
        shipped = load("wheat_fhb", stage)
        assert shipped.terms == terms
        assert shipped.model.coefficient_ == pytest.approx(again.model.coefficient_, abs=1e-6)
        assert shipped.coefficients == pytest.approx(again.coefficients, abs=1e-6)
