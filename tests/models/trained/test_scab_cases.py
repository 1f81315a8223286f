"""Reading cases: what a file is refused for, and what costs one cell only."""

import numpy as np
import pytest

from models.sheets.refused import SheetError
from models.trained.scab_cases import CasesError, read_cases

HEADER = "id,type,resist,corn,RH7,D.A.1\n"
GOOD = "a,winter,S,1,70,10\n"


@pytest.fixture
def read(tmp_path):
    def from_text(text, windows=("RH7", "D.A.1"), **how):
        path = tmp_path / "cases.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_cases(path, windows, **how)

    return from_text


def test_a_good_row_with_spare_columns_and_a_byte_order_mark(read):
    cases = read("\ufeffid,x,type,resist,corn,RH7,D.A.1\nq1,?,Winter,ms,0.0,70.5,-3\n\n")
    assert cases.id == ("q1",)
    assert (cases.wheat, cases.resistance, cases.residue) == (("winter",), ("MS",), ("no",))
    assert cases.weather["RH7"].tolist() == [70.5]
    assert cases.weather["D.A.1"].tolist() == [-3.0]
    assert (len(cases.faults), len(cases.lost)) == (0, 0)
    assert cases.epidemic is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty; the first line names the columns"),
        (HEADER, "holds a first line and nothing below it"),
        ("id,type,corn\na,winter,1\n", "no column resist, RH7, D.A.1"),
        (HEADER.replace("corn", "RH7") + GOOD, 'column "RH7" comes twice'),
        (HEADER + GOOD + GOOD, 'cases.csv:3: column id: "a" is already on line 2'),
        (HEADER + GOOD + GOOD.replace("a,", " a ,", 1), '"a" is already on line 2'),
        (HEADER + GOOD.replace("a,", " ,", 1), "cases.csv:2: column id: is empty"),
    ],
)
def test_a_file_that_cannot_be_answered_row_by_row_is_refused(read, text, message):
    with pytest.raises((CasesError, SheetError), match=r"cases\.csv.*") as refused:
        read(text)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("b,winter,S,1,70,10,9\n", "cases.csv:3: 7 cells under 6 columns"),
        ("b,winter,S,1,7\0,10\n", "cases.csv:3: holds NUL characters"),
        (b"b,winter,S,1,70,\xff\xfe\n", "cases.csv:3: not UTF-8"),
        ('b,"winter,S,1,70,10\n', "cases.csv:3: not CSV"),
    ],
)
def test_a_broken_line_costs_that_line_and_is_named(read, line, message):
    later = GOOD.replace("a,", "c,", 1) + GOOD.replace("a,", "d,", 1)
    line = line if isinstance(line, bytes) else line.encode()
    cases = read((HEADER + GOOD).encode() + line + later.encode())
    assert cases.id == ("a", "c", "d")
    (lost,) = map(str, cases.lost)
    assert lost.startswith(message)
    with pytest.raises(CasesError, match="cannot train or score on these cells"):
        read(
            HEADER.strip().encode() + b",year,state,S\na,winter,S,1,70,10,2001,OH,5\n" + line,
            labelled=True,
        )


def test_an_open_quote_merges_no_cases(read):
    lines = [GOOD.replace("a,", f"{name},", 1) for name in "bcde"]
    cases = read(HEADER + 'a,"winter,S,1,70,10\n' + "".join(lines) + 'f,winter",S,1,70,10\n')
    assert cases.id == ("b", "c", "d", "e", "f")
    assert [refused.event.kind for refused in cases.lost] == ["line_no_csv"]


def test_capitals_of_columns_do_not_matter(read):
    cases = read(HEADER.upper().replace("D.A.1", "d.a.1") + GOOD)
    assert cases.weather["D.A.1"].tolist() == [10.0]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SheetError, match=r"nowhere\.csv: cannot be read"):
        read_cases(tmp_path / "nowhere.csv", ())


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("wet", 'cases.csv:3: column RH7: "wet" is not a number; give mean relative humidity'),
        ("", "cases.csv:3: column RH7: missing; give mean relative humidity"),
        ("nan", "cases.csv:3: column RH7: missing"),
        ("-999", "cases.csv:3: column RH7: missing"),
        ("140", "cases.csv:3: column RH7: 140 lies outside 0..100 %"),
        ("1_0", '"1_0" is not a number'),
        ("inf", '"inf" is not a number'),
    ],
)
def test_a_bad_weather_cell_costs_that_cell_and_is_named(read, cell, message):
    cases = read(HEADER + GOOD + f"b,winter,S,1,{cell},10\n")
    assert len(cases) == 2
    assert np.isnan(cases.weather["RH7"]).tolist() == [False, True]
    (fault,) = cases.faults
    assert message in str(fault)


def test_a_short_row_misses_its_last_cells(read):
    cases = read(HEADER + "a,winter,S,1,70\n")
    assert np.isnan(cases.weather["D.A.1"][0])


def test_unknown_levels_are_unknown_and_said(read):
    cases = read(HEADER + "a,durum,R,maybe,70,10\nb,,,NA,70,10\n")
    assert cases.resistance == cases.wheat == cases.residue == ("unknown", "unknown")
    said = "\n".join(map(str, cases.faults))
    assert 'csv:2: column resist: "R" is not one of MR, MS, S, VS; taken as the level' in said
    assert "cases.csv:3: column corn: not given (one of no, yes); taken as the level" in said


def test_labels_must_be_whole(read):
    labelled = HEADER.strip() + ",year,state,S\n"
    cases = read(labelled + "a,winter,S,1,70,10,2001,OH,10\nb,winter,S,,70,10,2001,OH,9.9\n",
                 labelled=True)  # fmt: skip
    assert cases.epidemic.tolist() == [1.0, 0.0]
    with pytest.raises(CasesError) as refused:
        read(labelled + "a,winter,S,1,x,10,soon,OH,\n", labelled=True)
    for part in ('column RH7: "x"', 'column year: "soon"', 'column S: "" is not a number'):
        assert part in str(refused.value)
    with pytest.raises(SheetError, match="no column year, state, S"):
        read(HEADER + GOOD, labelled=True)
