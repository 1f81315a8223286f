"""Reading cases: what a file is refused for, and what costs one cell only."""

import numpy as np
import pytest

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
    assert cases.faults == ()
    assert cases.epidemic is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (HEADER, "no cases"),
        ("id,type,corn\na,winter,1\n", "columns missing: resist, RH7, D.A.1"),
        (HEADER.replace("corn", "RH7") + GOOD, "columns given twice: RH7"),
        (HEADER + GOOD + GOOD, "line 3: column id: 'a' is already on line 2"),
        (HEADER + GOOD.replace("a,", " ,", 1), "line 2: column id: is empty"),
        (HEADER + GOOD.strip() + ",9\n", "line 2: more cells than the header"),
        (HEADER.encode() + b"\xff\xfe,winter", "not CSV text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_answered_row_by_row_is_refused(read, text, message):
    with pytest.raises(CasesError, match=r"cases\.csv.*") as refused:
        read(text)
    assert message in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CasesError, match=r"nowhere\.csv: cannot be read"):
        read_cases(tmp_path / "nowhere.csv", ())


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("wet", "line 3: column RH7: 'wet' is not a number; give mean relative humidity"),
        ("", "line 3: column RH7: is missing"),
        ("nan", "line 3: column RH7: 'nan' is missing"),
        ("140", "line 3: column RH7: '140' lies outside 0..100 %"),
        ("inf", "lies outside"),
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
    assert "line 2: column resist: 'R' is not one of MR, MS, S, VS; taken as the level" in said
    assert "line 3: column corn: 'NA' is not given" in said


def test_labels_must_be_whole(read):
    labelled = HEADER.strip() + ",year,state,S\n"
    cases = read(labelled + "a,winter,S,1,70,10,2001,OH,10\nb,winter,S,,70,10,2001,OH,9.9\n",
                 labelled=True)  # fmt: skip
    assert cases.epidemic.tolist() == [1.0, 0.0]
    with pytest.raises(CasesError) as refused:
        read(labelled + "a,winter,S,1,x,10,soon,OH,\n", labelled=True)
    for part in ("column RH7: 'x'", "column year: 'soon'", "column S: is not a number"):
        assert part in str(refused.value)
    with pytest.raises(CasesError, match="columns missing: year, state, S"):
        read(HEADER + GOOD, labelled=True)
