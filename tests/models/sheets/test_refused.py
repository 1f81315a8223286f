"""What is refused is counted, and the first of it named."""

from pathlib import Path

from field_configs.events import event, sentence
from field_configs.words import Words
from models.sheets.refused import MOST_NAMED, MOST_TEXT, Refusals, Refused, file_name


def test_all_are_counted_and_the_first_are_named():
    refusals = Refusals("f.csv")
    for line in range(MOST_NAMED + 500, 0, -1):
        refusals.add(line, event("line_nul"), "x" * 9_000)
    assert len(refusals) == MOST_NAMED + 500
    named = list(refusals)
    assert len(named) == MOST_NAMED
    assert [r.origin for r in named] == sorted((r.origin for r in named), key=lambda o: int(o[6:]))
    assert {len(r.text) for r in named} == {MOST_TEXT + 1}


def test_a_place_in_a_document_and_a_line_of_a_sheet():
    refusals = Refusals("f.json")
    refusals.add("data[3]", event("line_nul"), "a\0b")
    (refused,) = refusals
    assert (refused.origin, refused.text) == ("f.json: data[3]", "a\\0b")


def test_it_reads_in_english_and_in_chinese():
    refused = Refused("f.csv:3", event("cell_no_number", column="air_temperature", value="warm"))
    assert str(refused) == (
        'f.csv:3: air_temperature "warm" is no number; leave the cell empty where there is none'
    )
    assert sentence(refused.event, Words.load("zh_CN")) == "气温“warm”不是数字；没有数就空着"


def test_a_name_of_any_bytes_can_be_shown():
    assert (
        file_name(Path("a") / b"w\xff\xe9.csv".decode("utf-8", "surrogateescape"))
        == "w\\xff\\xe9.csv"
    )
    assert file_name(Path("田.csv")) == "田.csv"
