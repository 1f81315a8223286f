"""Names that nobody can see, or that turn the direction of writing, enter nowhere."""

import pytest

from collector.commands.named import NAME, Name
from collector.commands.network.enrolment import StoreRegistry
from field_configs.names import unseen, visible
from field_configs.reading import Section
from models.sheets import cells
from models.sheets.refused import CellError

BAD = {
    "\0": "U+0000",
    "\x1b": "U+001B",
    "\x85": "U+0085",
    "\u00ad": "U+00AD",
    "\u061c": "U+061C",
    "\u200b": "U+200B",
    "\u200d": "U+200D",
    "\u200f": "U+200F",
    "\u2028": "U+2028",
    "\u202e": "U+202E",
    "\u2067": "U+2067",
    "\ufeff": "U+FEFF",
    "\u3164": "U+3164",
    "\u2800": "U+2800",
    "\ud800": "U+D800",
    "\ue000": "U+E000",
    "\U000e0041": "U+E0041",
}
GOOD = ["柳格示范村", "Liuge No. 1", "東北庄（北）", "Ümit’s", "李·明", "𠮷田"]


@pytest.mark.parametrize(("character", "code"), BAD.items())
def test_such_a_character_is_named(character, code):
    assert unseen(f"柳格{character}村") == code
    with pytest.raises(CellError) as caught:
        cells.new_name(f"李{character}明", "observer")
    assert caught.value.event.kind == "cell_unseen"
    assert code in str(caught.value.event)
    with pytest.raises(CellError):
        cells.note(f"东头{character}", "note")
    with pytest.raises(Exception, match=r"character that nobody sees; type it anew"):
        NAME.convert(f"Li{character}", None, None)


@pytest.mark.parametrize("name", GOOD)
def test_names_of_people_and_places_pass(name):
    assert unseen(name) is None
    assert cells.new_name(name, "observer")
    assert NAME.convert(name, None, None) == name
    assert visible(name) == name


def test_a_declared_name_is_refused_with_its_place():
    errors = []
    section = Section({"zh": "柳格\u202e村"}, "demo.toml", "village", errors)
    section.text("zh")
    assert section.bad
    (error,) = errors
    assert error.reason == "holds U+202E, a character that nobody sees: type it anew"
    assert error.key == "village.zh"


def test_a_note_may_have_lines_and_a_name_not():
    assert cells.note("a\nb\tc", "note") == "a\nb\tc"
    assert unseen("a\nb") == "U+000A"


@pytest.mark.parametrize("blank", ["", "  ", "\u3000"])
def test_a_blank_name_is_refused_on_the_command_line(blank):
    with pytest.raises(Exception, match="it is blank; write a name"):
        NAME.convert(blank, None, None)


def test_what_is_looked_for_is_found_although_more_was_copied_along():
    assert visible("\u202a 柳格\u200b\u202c ") == "柳格"
    assert visible("\u3164\u200b") == ""


def test_every_person_and_reason_of_the_command_line_is_such_a_name():
    import nongqing

    found = []

    def walk(command, path):
        for each in getattr(command, "commands", {}).values():
            walk(each, (*path, each.name))
        for option in command.params:
            if option.name in ("by", "reason", "note"):
                found.append((" ".join(path), option))

    walk(nongqing.main, ())
    assert len(found) >= 6
    # The workbench knows nothing of this room; its registry refuses
    # (collector.commands.network.enrolment).
    others = {path for path, option in found if not isinstance(option.type, Name)}
    told = {f"node tell {word}" for word in ("config", "key", "selftest", "send")}
    assert others == {"node revoke", *told}
    with pytest.raises(Exception, match="character that nobody sees"):
        StoreRegistry(None).tell("qf-001", "send", None, {}, by="Li\u202e", at=None, expires=None)
    with pytest.raises(Exception, match="character that nobody sees"):
        StoreRegistry(None).revoke("qf-001", reason="lost", by="Li\u202e", at=None)
