"""Events are kinds and parameters; their words stand in one place for each language."""

from datetime import UTC, datetime

import pytest

from field_configs.events import Event, event, moment, name, sentence
from field_configs.words import Text, Words

TEXTS = {
    "event.never.text": "never",
    "event.hint.text": ' (did you mean "{near}"?)',
    "event.silent.name": "Silent",
    "event.silent.text": "node {node}: last heard {seen:moment}",
    "event.range.text": "{quantity:quantity.word} {value:g} is out of range",
    "event.sprayed.text": "sprayed on {day:day}",
    "quantity.air_temperature": "air temperature",
}
WORDS = Words("en", {key: Text(text, "events.toml") for key, text in TEXTS.items()})
AT = datetime(2016, 5, 7, 0, 20, tzinfo=UTC)


def test_a_moment_is_kept_as_text_and_written_for_the_reader():
    one = event("silent", node="qf-001", seen=AT)
    assert one.params == {"node": "qf-001", "seen": "2016-05-07T00:20:00Z"}
    assert sentence(one, WORDS) == "node qf-001: last heard 2016-05-07 00:20 UTC"
    assert sentence(one, WORDS, lambda at: f"{at:%H}h") == "node qf-001: last heard 00h"
    assert sentence(event("silent", node="a", seen=None), WORDS) == "node a: last heard never"


def test_a_day_is_kept_as_text_and_written_for_the_reader():
    one = event("sprayed", day="2016-05-08")
    assert sentence(one, WORDS) == "sprayed on 2016-05-08"
    assert sentence(one, WORDS, write_day=lambda day: f"{day:%d.%m.}") == "sprayed on 08.05."
    assert sentence(event("sprayed", day="soon"), WORDS) == "sprayed: day=soon"


def test_a_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="has no time zone; give one in UTC"):
        moment(AT.replace(tzinfo=None))


def test_a_parameter_may_itself_be_a_word():
    known = event("range", quantity="air_temperature", value=99.5)
    assert sentence(known, WORDS) == "air temperature 99.5 is out of range"
    assert sentence(event("range", quantity="pollen", value=1.0), WORDS).startswith("pollen 1 is")


def test_what_was_probably_meant_is_added():
    assert sentence(event("silent", node="a", seen=None, near="b"), WORDS).endswith(
        '(did you mean "b"?)'
    )


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (Event("silent", {"detail": "kept by an earlier release"}), "kept by an earlier release"),
        (Event("silent", {"node": "a"}), "silent: node=a"),
        (Event("unheard_of", {"a": 1}), "unheard_of: a=1"),
        (Event("unheard_of"), "unheard_of"),
        (Event("silent", {"node": "a", "seen": "yesterday"}), "silent: node=a, seen=yesterday"),
    ],
)
def test_what_has_no_words_is_shown_as_it_is(one, shown):
    assert sentence(one, WORDS) == shown


def test_a_kind_has_a_name():
    assert name("silent", WORDS) == "Silent"
    assert name("unheard_of", WORDS) == "unheard_of"


def test_the_shipped_words_say_never():
    assert [Words.load(each).text("event.never.text") for each in ("zh_CN", "en")] == [
        "从未",
        "never",
    ]
