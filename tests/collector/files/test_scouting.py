"""Scouting reports from CSV: each line taken in, or named with what to mend."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner

from collector.commands.import_ import import_ as import_file
from collector.commands.ledger import rule, skill
from collector.files.scouting import (
    Known,
    ScoutingFileError,
    decode,
    import_scouting,
    parse_scouting,
)
from collector.store import db, ledger
from field_configs.schema import Season
from models.hazards.catalogue import catalogue

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
)


def parsed(*lines, head=HEAD, known=KNOWN):
    return parse_scouting("\n".join([head, *lines]), "f.csv", known)


def reason(line, head=HEAD):
    """Why a line is refused; the good ones around it are taken in."""
    good = "qf-liuge-1,wheat_fhb,2016-05-20,yes" + "," * (head.count(",") - 3)
    found = parsed(good, line, good, head=head)
    assert len(found.reports) == 2
    (refused,) = found.refused
    assert refused.text == line.replace("\0", "\\0")
    assert str(refused).startswith("f.csv:3: ")
    return refused.reason


def test_a_full_line():
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


def test_the_least_line():
    (found,) = parsed("qf-liuge-1,wheat_fhb,2016-05-20,no").reports
    assert (found.found, found.treated, found.severity, found.source) == (
        False,
        False,
        None,
        "scouting",
    )


def test_the_season_is_that_of_the_day():
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
            "date 2016-06-21 lies in the future (today is 2016-06-20); mend the date",
        ),
        (
            "qf-liuge-1,wheat_fhb,2016-05-20,maybe",
            'found "maybe" is neither yes nor no; write yes or no (是 or 否)',
        ),
        (
            "qf-liuge-1,wheat_fhb,2016-05-20,",
            'found "" is neither yes nor no; write yes or no (是 or 否)',
        ),
        (
            "qf-liuge-1,wheat_fhb,2016-05-20",
            "3 cells under 4 columns; quote a cell that holds a comma",
        ),
        (
            "qf-liuge-1,wheat_fhb,2016-05-20,yes,more",
            "5 cells under 4 columns; quote a cell that holds a comma",
        ),
        ("qf-liuge-1,wheat_fhb\0,2016-05-20,yes", "holds a NUL character; take it out"),
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
def test_a_broken_line_is_named_and_the_rest_goes_on(line, expected):
    assert reason(line) == expected


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("treated", "?", 'treated "?" is neither yes nor no; write yes or no (是 or 否)'),
        ("severity", "much", 'severity "much" is no number; give per cent, or leave it out'),
        ("severity", "101", "severity 101 is not within 0..100 per cent; mend it"),
        ("severity", "nan", "severity nan is not within 0..100 per cent; mend it"),
        ("source", "anser", 'unknown source "anser" (did you mean "answer"?)'),
        (
            "crop",
            "winter_weat",
            'wheat_fhb is no hazard of "winter_weat" (did you mean "winter_wheat"?); it is one of '
            "winter_wheat",
        ),
    ],
)
def test_a_broken_cell_is_named(column, cell, expected):
    line = f"qf-liuge-1,wheat_fhb,2016-05-20,yes,{cell}"
    assert reason(line, head=f"{HEAD},{column}") == expected


def test_many_broken_lines_lose_no_good_one():
    good, open_quote = "qf-liuge-1,wheat_fhb,2016-05-20,yes", '"qf-liuge-1,wheat_fhb'
    found = parsed(*[good, open_quote, "", "nonsense"] * 50)
    assert len(found.reports) == 50
    assert len(found.refused) == 100
    assert [r.origin for r in found.refused[:4]] == ["f.csv:3", "f.csv:5", "f.csv:7", "f.csv:9"]


def test_a_cell_over_several_lines_counts_its_lines():
    head = HEAD + ",note"
    found = parsed(
        'qf-liuge-1,wheat_fhb,2016-05-20,yes,"two\nlines"',
        "bad,wheat_fhb,2016-05-20,yes,",
        head=head,
    )
    assert found.reports[0].note == "two\nlines"
    assert found.refused[0].origin == "f.csv:4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.csv:1: empty; its first line names field, hazard, date, found"),
        (
            "field,hazrd,date,found",
            'f.csv:1: unknown column "hazrd" (did you mean "hazard"?); columns: field, hazard, ',
        ),
        ("field,hazard,date,found,date", 'f.csv:1: column "date" comes twice; leave one out'),
        ("field,date", "f.csv:1: no column hazard, found; the first line names the columns"),
    ],
)
def test_a_file_that_cannot_be_taken_in(text, message):
    with pytest.raises(ScoutingFileError) as caught:
        parse_scouting(text, "f.csv", KNOWN)
    assert str(caught.value).startswith(message)


def test_another_encoding_is_named():
    content = f"{HEAD},note\nqf-liuge-1,wheat_fhb,2016-05-20,是,".encode("gb18030")
    with pytest.raises(
        ScoutingFileError, match=r'f.csv:2: not UTF-8; save it again as "CSV UTF-8"'
    ):
        decode(content, "f.csv")
    assert decode(b"\xef\xbb\xbffield", "f.csv") == "field"


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
    assert done.new == 2
    assert [str(each) for each in done.same] == [
        "f.csv:4: the same report is there already, from f.csv:2"
    ]
    assert [each.origin for each in done.refused] == ["f.csv:3", "f.csv:5"]
    kept = ledger.refused(registered)
    assert {each.origin for each in kept} == {"f.csv:3", "f.csv:5"}
    assert "qf-liuge-1,wheat_fbh,2016-05-20,yes" in {each.text for each in kept}
    # Again: nothing new, the same lines refused, and each kept once.
    again = import_scouting(registered, file, NOW)
    assert (again.new, len(again.same), len(again.refused)) == (0, 3, 2)
    assert len(ledger.refused(registered)) == 2
    assert [row.unanswered for row in ledger.rows(registered)] == [2, 2]


class Clock:
    def now(self):
        return NOW


class Parts:
    """What the front door hands over, for a test's database."""

    def __init__(self, dsn):
        self.dsn = dsn

    def clock(self):
        return Clock()

    @contextmanager
    def store(self):
        pool = db.Pool(self.dsn)
        yield pool
        pool.close()


@pytest.fixture
def run(registered: db.Connection, dsn: str):
    def run(command, *words):
        return CliRunner().invoke(command, [str(word) for word in words], obj=Parts(dsn))

    return run


def test_import_names_what_it_refused_and_exits_1(run, file):
    result = run(import_file, file)
    assert result.exit_code == 1
    assert "f.csv: 2 new, 1 there already, 2 refused" in result.output
    assert 'f.csv:3: unknown hazard "wheat_fbh" (did you mean "wheat_fhb"?)' in result.output
    values = json.loads(run(import_file, file, "--json").stdout)
    assert (values["new"], len(values["same"]), len(values["refused"])) == (0, 3, 2)


def test_import_of_good_lines_exits_0(run, tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("\n".join(LINES[:2]), "utf-8")
    assert run(import_file, path).exit_code == 0


def test_import_of_another_file_is_used_wrongly(run, tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    result = run(import_file, path, "--kind", "scouting")
    assert result.exit_code == 2
    assert 'g.csv:1: unknown column "a"' in result.output


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
    assert values["evidence"][0]["unanswered"] == 2
    assert values["evidence"][0]["validated"] is False
    assert [row["season"] for row in values["seasons"]] == [2015]


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
