"""Scouting reports from CSV: each line taken in, or named with what to mend."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from collector.commands.import_ import import_ as import_file
from collector.commands.judging.ledger import rule, skill
from collector.files.scouting import Known, import_scouting, names_of_kinds, parse_scouting
from collector.store.advice import ledger
from collector.store.postgres import db
from field_configs.load import load
from field_configs.schema import Season
from models.hazards.catalogue import catalogue
from models.sheets.refused import SheetError
from tests.collector.conftest import Parts

NOW = datetime(2016, 6, 20, 12, tzinfo=UTC)
HEAD = "field,hazard,date,found"
KNOWN = Known(
    frozenset({"qf-liuge-1", "qf-liuge-2"}),
    catalogue(),
    (
        Season("qf-liuge-1", "winter_wheat", None, None, date(2014, 10, 9), None, date(2015, 6, 5)),
        Season("qf-liuge-1", "winter_wheat", None, None, date(2015, 10, 8), None),
    ),
    {"winter_wheat": 260},
    date(2016, 6, 20),
    names_of_kinds(catalogue(), load(site=None).crops) | {"村东一号地": "qf-liuge-1"},
)


@pytest.fixture
def parsed(tmp_path):
    def parsed(*lines, head=HEAD, known=KNOWN):
        path = tmp_path / "f.csv"
        text = "\n".join([head, *lines])
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return parse_scouting(path, known)

    return parsed


@pytest.fixture
def reason(parsed):
    """Why a line is refused; the good ones around it are taken in."""

    def reason(line, head=HEAD):
        good = "qf-liuge-1,wheat_fhb,2016-05-20,yes" + "," * (head.count(",") - 3)
        found = parsed(good, line, good, head=head)
        assert len(found.reports) == 2
        (refused,) = found.refused
        assert refused.text == line.replace("\0", "\\0")
        assert str(refused).startswith("f.csv:3: ")
        return str(refused.event)

    return reason


def test_a_full_line(parsed):
    head = "hazard,field,found,date,crop,treated,severity,source,observer,note"
    line = 'wheat_fhb,qf-liuge-1,是,2016-05-20,winter_wheat,否,12.5%,answer,李,"东头, 低洼"'
    (found,) = parsed(line, head=head).reports
    assert (found.site, found.hazard, found.crop, found.season) == (
        "qf-liuge-1",
        "wheat_fhb",
        "winter_wheat",
        2015,
    )
    assert (found.found, found.treated, found.severity) == (True, False, 12.5)
    assert (found.source, found.observer, found.note) == ("answer", "李", "东头, 低洼")
    assert found.origin == "f.csv:2"


def test_the_least_line(parsed):
    (found,) = parsed("qf-liuge-1,wheat_fhb,2016-05-20,no").reports
    assert (found.found, found.treated, found.severity, found.source) == (
        False,
        False,
        None,
        "scouting",
    )


def test_the_season_is_that_of_the_day(parsed):
    (found,) = parsed("qf-liuge-1,wheat_fhb,2015-05-20,no").reports
    assert found.season == 2014


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "qf-liug-1,wheat_fhb,2016-05-20,yes",
            'unknown field "qf-liug-1" (did you mean "qf-liuge-1"?)',
        ),
        ("zzzzzzzzzzzz,wheat_fhb,2016-05-20,yes", 'unknown field "zzzzzzzzzzzz"'),
        (
            "qf-liuge-1,wheat_fbh,2016-05-20,yes",
            'unknown hazard "wheat_fbh" (did you mean "wheat_fhb"?)',
        ),
        (
            "qf-liuge-1,wheat_fhb,20. May,yes",
            'date "20. May" is no day; write it as 2016-05-08',
        ),
        (
            "qf-liuge-1,wheat_fhb,2016-06-21,yes",
            "date 2016-06-21 lies in the future (today is 2016-06-20); mend it",
        ),
        (
            "qf-liuge-1,wheat_fhb,2016-05-20,maybe",
            'found "maybe" is neither yes nor no; write yes or no',
        ),
        (
            "qf-liuge-1,wheat_fhb,2016-05-20,",
            'found "" is neither yes nor no; write yes or no',
        ),
        (
            "qf-liuge-1,wheat_fhb,2016-05-20",
            "3 cells under 4 columns; quote a cell that holds a comma, give a dot as the decimal "
            "sign, and leave a cell empty where there is no value",
        ),
        (
            "qf-liuge-1,wheat_fhb,2016-05-20,yes,more",
            "5 cells under 4 columns; quote a cell that holds a comma, give a dot as the decimal "
            "sign, and leave a cell empty where there is no value",
        ),
        (
            "qf-liuge-1,wheat_fhb\0,2016-05-20,yes",
            "holds NUL characters, as after a power failure; take the line out or write it again",
        ),
        (
            "qf-liuge-1,wheat_fhb,0001-05-20,yes",
            "date 0001-05-20 lies before 1950; mend the year",
        ),
        (
            "qf-liuge-2,wheat_fhb,2016-05-20,yes",
            "field qf-liuge-2 had no winter_wheat on 2016-05-20; enter what was sown (nongqing "
            "sites import), then import this line again",
        ),
        (
            "qf-liuge-1,wheat_fhb,2015-08-20,yes",
            "field qf-liuge-1 had no winter_wheat on 2015-08-20; enter what was sown (nongqing "
            "sites import), then import this line again",
        ),
        (
            'qf-liuge-1,wheat_fhb,"2016-05-20,yes',
            "not CSV (unexpected end of data); close quotes, and double a quote inside a cell",
        ),
        (
            'qf-liuge-1,wheat_fhb,"2016-05-20"x,yes',
            "not CSV (',' expected after '\"'); close quotes, and double a quote inside a cell",
        ),
    ],
)
def test_a_broken_line_is_named_and_the_rest_goes_on(reason, line, expected):
    assert reason(line) == expected


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("treated", "?", 'treated "?" is neither yes nor no; write yes or no'),
        (
            "severity",
            "much",
            'severity "much" is no number; leave the cell empty where there is none',
        ),
        ("severity", "101", "severity 101 is not within 0..100 per cent; mend it"),
        ("source", "anser", 'unknown source "anser" (did you mean "answer"?)'),
        (
            "crop",
            "winter_weat",
            'wheat_fhb is no hazard of "winter_weat"; it is one of winter_wheat (did you mean '
            '"winter_wheat"?)',
        ),
    ],
)
def test_a_broken_cell_is_named(reason, column, cell, expected):
    line = f"qf-liuge-1,wheat_fhb,2016-05-20,yes,{cell}"
    assert reason(line, head=f"{HEAD},{column}") == expected


def test_many_broken_lines_lose_no_good_one(parsed):
    good, open_quote = "qf-liuge-1,wheat_fhb,2016-05-20,yes", '"qf-liuge-1,wheat_fhb'
    found = parsed(*[good, open_quote, "", "nonsense"] * 50)
    assert len(found.reports) == 50
    assert len(found.refused) == 100
    assert [r.origin for r in found.refused][:4] == ["f.csv:3", "f.csv:5", "f.csv:7", "f.csv:9"]


def test_a_cell_over_several_lines_counts_its_lines(parsed):
    head = HEAD + ",note"
    found = parsed(
        'qf-liuge-1,wheat_fhb,2016-05-20,yes,"two\nlines"',
        "bad,wheat_fhb,2016-05-20,yes,",
        head=head,
    )
    assert found.reports[0].note == "two\nlines"
    assert next(iter(found.refused)).origin == "f.csv:4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.csv:1: empty; the first line names the columns"),
        (
            "field,hazrd,date,found",
            "f.csv:1: no column hazard; the first line names the columns, it holds: field, hazrd, "
            'date, found (did you mean "hazard"?)',
        ),
        ("field,hazard,date,found,date", 'f.csv:1: column "date" comes twice; leave one out'),
        ("field,date", "f.csv:1: no column hazard, found; the first line names the columns"),
        ("field,hazard,date,found", "f.csv:1: holds a first line and nothing below it"),
    ],
)
def test_a_file_that_cannot_be_taken_in(parsed, text, message):
    with pytest.raises(SheetError) as caught:
        parsed(head=text)
    assert str(caught.value).startswith(message)


def test_a_column_that_nobody_knows_is_left_out_and_named(parsed):
    found = parsed("qf-liuge-1,wheat_fhb,2016-05-20,no,7", head=f"{HEAD},plants")
    assert len(found.reports) == 1
    assert [str(each) for each in found.refused] == [
        'f.csv:1: unknown column "plants"; it is left out'
    ]


def test_what_a_chinese_office_has(tmp_path):
    path = tmp_path / "f.csv"
    text = (
        "地块，病虫害，日期，是否发现，作物，是否防治，严重度（％），调查人，备注\r\n"
        "村东一号地，小麦赤霉病，２０１６／５／２０，是，冬小麦，否，１２．５，李，东头\r\n"
        "qf-liuge-1 ，wheat_fhb，2016年5月21日，未发现，，，，，\r\n"
    )
    path.write_bytes(text.encode("gb18030"))
    found = parse_scouting(path, KNOWN)
    assert list(found.refused) == []
    first, second = found.reports
    assert (first.site, first.hazard, first.crop) == ("qf-liuge-1", "wheat_fhb", "winter_wheat")
    assert (first.date, first.found, first.severity) == (date(2016, 5, 20), True, 12.5)
    assert (first.observer, first.note) == ("李", "东头")
    assert (second.site, second.date, second.found) == ("qf-liuge-1", date(2016, 5, 21), False)


def test_a_name_in_words_that_is_nearly_right_is_hinted_at(reason):
    assert reason("qf-liuge-1,小麦赤霉,2016-05-20,yes") == (
        'unknown hazard "小麦赤霉" (did you mean "小麦赤霉病"?)'
    )


def test_every_hazard_and_crop_has_a_name_of_its_own():
    names = names_of_kinds(catalogue(), load(site=None).crops)
    assert set(names.values()) == {*catalogue(), *load(site=None).crops}


# Into the store -------------------------------------------------------------------------------

LINES = [
    HEAD,
    "qf-liuge-1,wheat_fhb,2016-05-20,yes",
    "qf-liuge-1,wheat_fbh,2016-05-20,yes",
    "qf-liuge-1,wheat_fhb,2016-05-20,yes",
    "qf-liuge-1,wheat_fhb,2016-05-20,no",
    "qf-liuge-2,wheat_fhb,2016-05-20,no",
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("\n".join(LINES), "utf-8")
    return path


def test_nothing_is_lost(registered: db.Connection, file):
    done = import_scouting(registered, file, NOW)
    assert done.new == 1
    assert [(each.origin, each.event.kind) for each in done.refused.first] == [
        ("f.csv:2", "report_contradicts"),
        ("f.csv:3", "cell_unknown"),
        ("f.csv:4", "report_contradicts"),
        ("f.csv:5", "report_contradicts"),
    ]
    kept = ledger.refused(registered)
    assert {each.origin for each in kept} == {"f.csv:2", "f.csv:3", "f.csv:4", "f.csv:5"}
    assert "qf-liuge-1,wheat_fbh,2016-05-20,yes" in {each.text for each in kept}
    # Again: nothing new, the same lines refused, and each kept once.
    again = import_scouting(registered, file, NOW)
    assert (again.new, again.same.total, again.refused.total) == (0, 1, 4)
    assert len(ledger.refused(registered)) == 4
    # Of two models, in the season and in all.
    assert [row.unanswered for row in ledger.rows(registered)] == [1, 1, 1, 1]


def test_a_report_is_corrected_by_a_newer_one(registered: db.Connection, tmp_path):
    path = tmp_path / "f.csv"
    path.write_text(f"{LINES[0]}\n{LINES[1]}\n", "utf-8")
    assert import_scouting(registered, path, NOW).new == 1
    path.write_text(f"{LINES[0]}\n{LINES[4]}\n", "utf-8")
    done = import_scouting(registered, path, NOW)
    assert (done.new, done.refused.total) == (0, 0)
    assert [str(each) for each in done.corrected.first] == [
        "f.csv:2: takes the place of the report from f.csv:2, which is kept on record"
    ]
    with registered, registered.cursor() as cur:
        cur.execute("SELECT found FROM scouting_report ORDER BY id")
        assert cur.fetchall() == [(True,), (False,)]
    cases = ledger.cases(registered, catalogue())
    assert {case.report.hazard for case in cases} == {"wheat_fhb", "wheat_fhb_trained"}
    assert {case.report.found for case in cases} == {False}


@pytest.fixture
def run(registered: db.Connection, dsn: str):
    def run(command, *words):
        return CliRunner().invoke(command, [str(word) for word in words], obj=Parts(dsn, NOW))

    return run


def test_import_names_what_it_refused_and_exits_1(run, file):
    result = run(import_file, file)
    assert result.exit_code == 1
    assert "f.csv: 1 new, 0 there already, 4 refused" in result.output
    assert 'f.csv:3: unknown hazard "wheat_fbh" (did you mean "wheat_fhb"?)' in result.output
    values = json.loads(run(import_file, file, "--json").stdout)
    assert (values["new"], len(values["same"]), len(values["refused"])) == (0, 1, 4)
    assert values["counts"] == {"corrected": 0, "same": 1, "refused": 4}
    assert values["refused"][1]["event"] == "cell_unknown"


def test_import_of_good_lines_exits_0(run, tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("\n".join(LINES[:2]), "utf-8")
    assert run(import_file, path).exit_code == 0


def test_import_of_another_file_is_used_wrongly(run, tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    result = run(import_file, path, "--kind", "scouting")
    assert result.exit_code == 2
    assert "g.csv:1: no column field, hazard, date, found; the first line names" in result.output
    assert "it holds: a, b" in result.output


def test_skill_prints_the_ledger_and_exits_1_without_validation(run, file):
    empty = run(skill)
    assert empty.exit_code == 1
    assert "no report has been matched to a status yet" in empty.output
    run(import_file, file)
    result = run(skill)
    assert result.exit_code == 1
    assert "not validated: cases, seasons, interval" in result.output
    values = json.loads(run(skill, "--json").stdout)
    assert values["rules"]["least_cases"] == 30
    assert values["evidence"][0]["unanswered"] == 1
    assert values["evidence"][0]["validated"] is False
    assert [(row["hazard"], row["season"]) for row in values["seasons"]] == [
        ("wheat_fhb", 2015),
        ("wheat_fhb_trained", 2015),
    ]


def test_a_rule_is_changed_and_shown(run):
    result = run(rule, "least_cases", "20", "--by", "Li", "--reason", "trial")
    assert result.exit_code == 0
    assert "least_cases is now 20, below the default of 30; the change is logged" in result.output
    assert "lowered: least_cases is 20, by default 30" in run(skill).output
    wrong = run(rule, "least_cases", "x", "--by", "Li", "--reason", "trial")
    assert wrong.exit_code == 2
    assert 'least_cases: "x" is not a whole number' in wrong.output
    assert run(rule, "least_cases", "20").exit_code == 2


@pytest.mark.parametrize("command", [skill, rule])
def test_help_has_an_example(command):
    assert "Example:" in CliRunner().invoke(command, ["--help"]).output
