"""Reading TOML never gives a traceback, and the nearest word is a sensible one."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from field_configs.load import load
from field_configs.reading import Section, meant, nearest, read_toml
from field_configs.schema import ConfigErrors, Configs
from firmware.wire.quantities import QUANTITIES

NAMES = [quantity.name for quantity in QUANTITIES]
ONE_TEST_ONE_FOLDER = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(st.sampled_from(NAMES), st.data())
def test_one_letter_lost_is_found_again(name, data):
    at = data.draw(st.integers(0, len(name) - 1))
    assert nearest(name[:at] + name[at + 1 :], NAMES) == name


@given(st.text(), st.lists(st.text(min_size=1), max_size=8))
def test_nearest_is_a_valid_word_or_nothing(word, valid):
    assert nearest(word, valid) in (None, *valid)


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("soil_moistur", "soil_moisture"),
        ("AIR_TEMPERATURE", "air_temperature"),
        ("rain", None),
        ("", None),
    ],
)
def test_nearest(word, near):
    assert nearest(word, NAMES) == near


def test_meant_finds_an_id_by_its_name():
    names = {"410922": ("清丰县", "Qingfeng County"), "410928": ("濮阳县", "Puyang County")}
    assert meant("清丰", names) == "410922"
    assert meant("Puyang Conty", names) == "410928"
    assert meant("41092", names) in names
    assert meant("Zhengzhou", names) is None


@ONE_TEST_ONE_FOLDER
@given(st.binary(max_size=200))
def test_any_bytes_give_a_table_or_errors(tmp_path, data):
    path = tmp_path / "any.toml"
    path.write_bytes(data)
    errors = []
    table = read_toml(path, "any.toml", errors)
    assert (table is None) == bool(errors)


WORDS = st.sampled_from(
    ["[region]", "[[fields]]", "id", "=", "2015-10-08", '"x"', "1e400", "{", "}", "nan", "\n", "."]
)
VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-3, 500000),
        st.floats(),
        st.text(max_size=3),
        st.dates(),
        st.datetimes(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@ONE_TEST_ONE_FOLDER
@given(
    st.sampled_from(["regions/puyang", "crops/wheat", "boards/b1", "sites/demo"]),
    st.integers(0, 400),
    st.integers(0, 60),
    st.lists(WORDS, max_size=6),
)
def test_random_damage_gives_configs_or_errors(folder, name, at, cut, words):
    """Cut a piece out of a sound file, put words in: a load gives Configs or ConfigErrors."""
    path = folder.root / f"{name}.toml"
    text = path.read_text(encoding="utf-8")
    folder.write(f"{name}.toml", text[:at] + " ".join(words) + text[at + cut :])
    shown = ""
    try:
        configs = load(folder.root)
    except ConfigErrors as errors:
        shown = str(errors)
    finally:
        folder.write(f"{name}.toml", text)
    assert shown or isinstance(configs, Configs)


@given(st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h"]), VALUES))
def test_any_value_under_any_key_is_taken_or_told(table):
    """No type of value surprises a reader; what is not taken is an unknown key."""
    errors = []
    section = Section(table, "x.toml", "", errors)
    section.text("a")
    section.number("b", 0, 1, "m")
    section.whole("c", 0, 9)
    section.day("d")
    section.flag("e")
    section.month_day("f")
    for part in section.tables("g", "id"):
        part.slug()
        part.close()
    section.close()
    assert section.bad == bool([e for e in errors if not e.key.startswith("g[")])
    assert ("h" in table) == any(error.key == "h" for error in errors)


@pytest.mark.parametrize(
    ("text", "good"),
    [("02-29", True), ("02-30", False), ("04-31", False), ("12-31", True), ("1-1", False)],
)
def test_month_day(text, good):
    errors = []
    Section({"k": text}, "x.toml", "", errors).month_day("k")
    assert good == (not errors)


def test_toml_round_trip(folder):
    """What is in the file is what comes out."""
    raw = tomllib.loads((folder.root / "sites/demo.toml").read_text(encoding="utf-8"))
    configs = load(folder.root)
    village = configs.villages["liuge"]
    assert {key: getattr(village, key) for key in raw["villages"][0]} == raw["villages"][0]
    season = configs.seasons[0]
    assert {key: getattr(season, key) for key in raw["seasons"][0]} == raw["seasons"][0]
    assert configs.nodes["qf-001"].channels == {0: "liuge-1-t", 1: "liuge-1-sm"}
    assert configs.stage_observations[0].date == date(2016, 5, 6)
