"""Every event that the code makes has its words, in both languages, with just its parameters."""

import ast
import re
from pathlib import Path

import pytest

from collector.ingest import authenticity
from field_configs.words import LANGUAGES, Words, fields_of
from tests.paths import ROOT

ROOMS = ("field_configs", "models", "collector", "webapp")
ADDED = {"near"}


def made() -> list[tuple[str, str, set[str], bool]]:
    """Place, kind and parameters of each call of `event`, and whether it passes a mapping too."""
    found = []
    for path in sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id != "event" or not node.args:
                continue
            kind = node.args[0]
            place = f"{Path(path).relative_to(ROOT).as_posix()}:{node.lineno}"
            assert isinstance(kind, ast.Constant), f"{place}: write the kind of an event as text"
            names = {each.arg for each in node.keywords if each.arg}
            found.append((place, kind.value, names, any(k.arg is None for k in node.keywords)))
    return found


MADE = made()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_has_its_text_and_just_the_parameters_of_it(language):
    words = Words.load(language)
    wrong = []
    for place, kind, names, open_ended in MADE:
        key = f"event.{kind}.text"
        if key not in words:
            wrong.append(f"{place}: no {key} in words/{language}/events/")
            continue
        wanted = fields_of(words.raw(key))
        lacking = set() if open_ended else wanted - names
        idle = names - wanted - ADDED
        if lacking or idle:
            wrong.append(f"{place}: {kind} lacks {sorted(lacking)}, does not need {sorted(idle)}")
    assert wrong == []
    assert len(MADE) > 15


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_in_lists_has_a_name(language):
    """Maintenance items and dead letters are listed by their kind's name, refusals by reason."""
    words = Words.load(language)
    listed = {
        kind
        for place, kind, _, _ in MADE
        if re.match("collector/(ingest|store/devices|jobs/unlike)", place)
    }
    assert len(listed) > 12
    assert [kind for kind in sorted(listed) if f"event.{kind}.name" not in words] == []
    reasons = set(re.findall(r"``(\w+)``", str(authenticity.prove.__doc__)))
    assert len(reasons) > 5
    assert [one for one in sorted(reasons) if f"refusal.{one}" not in words] == []


def test_no_words_for_what_nobody_makes():
    texts = {key.split(".")[1] for key in Words.load("en").texts if key.startswith("event.")}
    kinds = {kind for _, kind, _, _ in MADE} | {"never", "hint"}
    sql = "".join(p.read_text("utf-8") for p in (ROOT / "collector/store/sql").rglob("*.sql"))
    kinds |= set(re.findall(r"kind = '(\w+)'", sql))
    assert sorted(texts - kinds) == []
