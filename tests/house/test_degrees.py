"""A degree Celsius is written one way in each language: ℃ in Chinese, °C in English.

GB 3100-93 and GB 3101-93 have it as one sign that stays whole, with a space before it.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "webapp/translations/zh_CN/LC_MESSAGES/messages.po"
CHINESE, ENGLISH = "℃", "°C"
TRANSLATED = {"gettext", "lazy_gettext", "ngettext"}


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, str):
        yield value


def words(language: str) -> dict[str, list[str]]:
    """Texts of field_configs by file."""
    folder = ROOT / "field_configs/words" / language
    return {
        str(path.relative_to(ROOT)): list(_strings(tomllib.loads(path.read_text("utf-8"))))
        for path in folder.rglob("*.toml")
    }


def catalogue() -> list[tuple[str, str]]:
    """English and Chinese texts of the pages, forms of numbers one by one."""
    with CATALOGUE.open("rb") as file:
        found = read_po(file, locale="zh_CN")
    pairs = []
    for message in found:
        english = message.id if isinstance(message.id, tuple) else (message.id,)
        chinese = message.string if isinstance(message.string, tuple) else (message.string,)
        pairs += [(english[0], str(each)) for each in chinese]
    return pairs


def wrong_in_chinese(text: str) -> bool:
    """Whether a degree is written as in English, or right behind its number."""
    return ENGLISH in text or re.search(rf"[0-9}}s]{CHINESE}", text) is not None


@pytest.mark.parametrize("text", ["25 °C", "25℃", "{high:.0f}℃", "%(high)s℃"])
def test_the_check_finds_what_is_wrong(text: str) -> None:
    assert wrong_in_chinese(text)
    assert not wrong_in_chinese("平均 25 ℃，气温（℃）")


def test_chinese_texts_write_it_as_one_sign_with_a_space_before() -> None:
    told = [*words("zh_CN").items(), (str(CATALOGUE), [text for _, text in catalogue()])]
    assert [(name, text) for name, texts in told for text in texts if wrong_in_chinese(text)] == []
    assert sum(CHINESE in text for _, texts in told for text in texts) > 80


def test_english_texts_write_it_as_two() -> None:
    told = [*words("en").items(), ("pages", [text for text, _ in catalogue()])]
    assert [(name, text) for name, texts in told for text in texts if CHINESE in text] == []


def untranslated(tree: ast.AST) -> Iterator[int]:
    """Lines of texts with a degree that no catalogue holds; what explains code is none."""
    kept = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            kept.add(id(body[0].value))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in TRANSLATED:
            kept |= {id(each) for each in ast.walk(node)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if (
            isinstance(text, str)
            and re.search(f"{CHINESE}|{ENGLISH}", text)
            and id(node) not in kept
        ):
            yield node.lineno


def test_no_page_writes_it_past_its_language() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / "webapp").rglob("*.py"))
        for line in untranslated(ast.parse(path.read_text("utf-8")))
    ]
    for path in sorted((ROOT / "webapp/templates").rglob("*.html")):
        bare = re.sub(r'_\("[^"]*"', "", path.read_text("utf-8"))
        if re.search(f"{CHINESE}|{ENGLISH}", bare):
            found.append(str(path.relative_to(ROOT)))
    assert found == []
    assert list(untranslated(ast.parse('x = f"{y} °C"\nz = gettext("°C")'))) == [1]
