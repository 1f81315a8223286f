"""Words: complete in both languages, and every mistake in them has its message."""

from __future__ import annotations

import shutil
from string import Formatter

import pytest

from field_configs.check_words import check_words, missing_words, required_keys
from field_configs.events import Event, sentence
from field_configs.load import ROOT, load
from field_configs.schema import ConfigErrors
from field_configs.words import (
    LANGUAGES,
    MissingParameter,
    MissingWord,
    UnknownLanguage,
    Words,
    file_of,
)

AT = "2016-05-07T00:20:00Z"


@pytest.fixture
def words_root(tmp_path):
    """A copy of the shipped configurations, to be damaged."""
    root = tmp_path / "field_configs"
    for name in ("words", "regions", "crops", "boards", "sites"):
        shutil.copytree(ROOT / name, root / name)
    return root


def change(root, name, old, new):
    path = root / "words" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def lines(root):
    return [str(error) for error in check_words(root)]


def test_shipped_words_are_sound():
    assert check_words() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_required_key_has_a_text(language):
    words = Words.load(language)
    for key in required_keys():
        assert words.texts[key].text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_text_can_be_filled_in(language):
    words = Words.load(language)
    for key, entry in words.texts.items():
        parts = [part for part in Formatter().parse(entry.text) if part[1]]
        kinds = {name: spec for _, name, spec, _ in parts}
        values = {
            name: {"moment": AT, "day": "2016-05-08"}.get(
                spec, "a" if spec.endswith("word") else 12.0
            )
            for name, spec in kinds.items()
        }
        if key.startswith("event."):
            said = sentence(Event(key.split(".")[1], values), words)
            assert said, key
            assert key.endswith(".name") or "=" not in said, key  # its bare parameters otherwise
        else:
            assert words.text(key, **values)


def test_crops_and_stages_are_named_from_their_files():
    assert Words.load("zh_CN").text("crop.winter_wheat") == "冬小麦"
    assert Words.load("en").text("crop.winter_wheat") == "winter wheat"
    assert Words.load("zh_CN").text("stage.winter_wheat.61") == "扬花期"
    assert set(load(site=None).crops) == {
        key.split(".")[1] for key in Words.load("en").texts if key.startswith("crop.")
    }


def test_chinese_texts_are_chinese():
    """A Chinese text without a Chinese character is a unit or an abbreviation."""
    bare = {
        key
        for key, entry in Words.load("zh_CN").texts.items()
        if not any("一" <= char <= "鿿" for char in entry.text)
    }
    assert {key.split(".")[0] for key in bare} <= {"unit"}


def test_english_texts_are_english():
    for key, entry in Words.load("en").texts.items():
        assert not any("一" <= char <= "鿿" for char in entry.text), key


def test_text_fills_in():
    words = Words.load("zh_CN")
    assert words.text("age.hours", n=3, more="ignored") == "3 小时前的数据"


def test_words_are_read_once():
    assert Words.load("en") is Words.load("en")


def test_missing_word():
    with pytest.raises(MissingWord) as caught:
        Words.load("en").text("status.hihg")
    assert isinstance(caught.value, KeyError)
    assert str(caught.value) == (
        "field_configs/words/en/status.toml: status.hihg: no such text "
        '(did you mean "status.high"?)'
    )


def test_missing_parameter():
    with pytest.raises(MissingParameter) as caught:
        Words.load("en").text("age.hours")
    assert str(caught.value) == "field_configs/words/en/age.toml: age.hours: needs a value for 'n'"


def test_parameter_that_does_not_fit():
    with pytest.raises(MissingParameter, match="reason.high: a value does not fit"):
        Words.load("en").text("hazard.wheat_fhb.reason.high", rh14=None)


def test_unknown_language():
    with pytest.raises(UnknownLanguage) as caught:
        Words.load("fr")
    assert str(caught.value) == 'no words in language "fr": use one of zh_CN, en'


def test_broken_file_on_load(words_root):
    change(words_root, "en/age.toml", "now = ", "now ")
    with pytest.raises(ConfigErrors, match=r"words/en/age.toml: line 1, column 5: is no TOML"):
        Words.load("en", words_root)


def test_has():
    assert "status.high" in Words.load("en")
    assert "status.higher" not in Words.load("en")


@pytest.mark.parametrize(
    ("key", "file"),
    [
        ("status.high", "field_configs/words/en/status.toml"),
        ("hazard.wheat_fhb.action.drain", "field_configs/words/en/hazards/wheat_fhb.toml"),
    ],
)
def test_file_of(key, file):
    assert file_of("en", key) == file


def test_key_in_one_language_only(words_root):
    change(words_root, "en/age.toml", "silent = ", "silentt = ")
    assert lines(words_root) == [
        "field_configs/words/zh_CN/age.toml: age.silentt: has no text: add it "
        '(did you mean "age.silent"?)',
        "field_configs/words/en/age.toml: age.silent: has no text: add it "
        '(did you mean "age.silentt"?)',
    ]


def test_required_word_missing_in_both(words_root):
    for language in LANGUAGES:
        change(words_root, f"{language}/quantity.toml", "soil_ph = ", "soil_acid = ")
    assert [line for line in lines(words_root) if "has no text" in line] == [
        "field_configs/words/zh_CN/quantity.toml: quantity.soil_ph: has no text: add it "
        '(did you mean "quantity.soil_acid"?)',
        "field_configs/words/en/quantity.toml: quantity.soil_ph: has no text: add it "
        '(did you mean "quantity.soil_acid"?)',
    ]


def test_fields_that_differ(words_root):
    change(words_root, "en/age.toml", "{n} h ago", "{hours} h ago")
    assert lines(words_root) == [
        "field_configs/words/en/age.toml: age.hours: has fields hours, but "
        "field_configs/words/zh_CN/age.toml has n: mend one"
    ]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [("{n", "expected '}' before end of string"), ("{}", 'field "{}" has no plain name')],
)
def test_braces(words_root, damage, problem):
    change(words_root, "en/age.toml", "{n} h ago", damage)
    assert lines(words_root) == [
        f"field_configs/words/en/age.toml: age.hours: cannot be filled in: {problem}"
    ]


def test_text_that_is_none(words_root):
    change(words_root, "en/age.toml", '"just now"', "0")
    assert lines(words_root)[0] == (
        "field_configs/words/en/age.toml: now: is no text: write it in quotes"
    )


def test_number_without_a_source(words_root):
    change(words_root, "en/hazards/wheat_fhb.toml", "several places", "5 places")
    assert lines(words_root) == [
        "field_configs/words/en/hazards/wheat_fhb.toml: hazard.wheat_fhb.action.scout_heads: "
        "holds a number without a source: name it under [source] or write no number"
    ]


def test_source_of_nothing(words_root):
    path = "zh_CN/hazards/wheat_stripe_rust.toml"
    change(words_root, path, '\nreport_first_spot = "the', '\nreport_first_sopt = "the')
    assert lines(words_root) == [
        f"field_configs/words/{path}: source: hazard.wheat_stripe_rust.action.report_first_sopt: "
        'is no text\'s key (did you mean "hazard.wheat_stripe_rust.action.report_first_spot"?)'
    ]


def test_hazard_without_reason_or_action(words_root):
    for language in LANGUAGES:
        path = words_root / "words" / language / "hazards" / "wheat_rot.toml"
        path.write_text('name = "x"\nwhat = "y"\n', encoding="utf-8")
    found = [line for line in lines(words_root) if "/en/" in line]
    assert len(found) == 6
    assert found[0].startswith(
        "field_configs/words/en/hazards/wheat_rot.toml: hazard.wheat_rot.reason.cannot_say: "
        "has no text: add it"
    )
    assert found[-1] == (
        "field_configs/words/en/hazards/wheat_rot.toml: hazard.wheat_rot.action.*: "
        "has no action: add what a farmer can do, cultural measure first"
    )


def test_hazard_in_one_language_only(words_root):
    (words_root / "words/en/hazards/wheat_fhb.toml").unlink()
    assert "field_configs/words/en/hazards/wheat_fhb.toml: hazard.wheat_fhb.name: has no text" in (
        "\n".join(lines(words_root))
    )


def test_missing_words_names_what_a_catalogue_needs():
    errors = missing_words(["hazard.wheat_fhb.name", "hazard.wheat_fhb.action.pray"])
    assert [error.key for error in errors] == ["hazard.wheat_fhb.action.pray"] * 2
    assert [error.file.split("/")[2] for error in errors] == ["zh_CN", "en"]
