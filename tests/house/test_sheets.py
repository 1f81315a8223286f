"""The style sheet: nothing that a phone's browser of 2017 drops without a replacement.

An old browser leaves out a declaration it does not know, and a whole rule whose selector it does
not know. So what came after Chrome 60 stands only beside what that one reads.
"""

import re
from collections.abc import Iterator

import pytest
import tinycss2

from tests.paths import ROOT

SHEETS = sorted((ROOT / "webapp" / "static").glob("*.css"))
# Property -> what must stand before it in the same block; "" where nothing replaces it.
PROPERTIES = {
    "gap": "grid-gap",
    "row-gap": "grid-row-gap",
    "column-gap": "grid-column-gap",
    "inset": "",
    "aspect-ratio": "",
    "translate": "",
    "rotate": "",
    "scale": "",
    "contain": "",
    "content-visibility": "",
}
LOGICAL = re.compile(
    r"(margin|padding|border|inset)-(inline|block)|(min|max)?-?(inline|block)-size"
)
FUNCTIONS = re.compile(
    r"(min|max|clamp|env|color-mix|light-dark|hwb|lab|lch|oklab|oklch|color|conic-gradient"
    r"|fit-content|round|mod|attr)$"
)
#: Of a function that is new elsewhere, where it is as old as the sheet.
OLD = {("content", "attr")}
UNITS = {"dvh", "svh", "lvh", "dvw", "svw", "lvw", "lh", "rlh", "cqw", "cqh", "cqi", "cqb"}
# Property and keyword -> the declaration that must be in the same block.
KEYWORDS = {
    ("overflow-wrap", "anywhere"): ("word-break", "break-word"),
    ("overflow", "clip"): None,
    ("display", "contents"): None,
    ("word-break", "auto-phrase"): None,
}
SELECTORS = re.compile(
    r":(is|where|has|focus-visible|any-link|dir|modal|autofill|user-valid|user-invalid)\b|::marker"
    r"|:not\([^()]*,"
)
#: Losing this rule costs an old browser nothing: it draws the ring more often.
HARMLESS = ":focus:not(:focus-visible)"
AT_RULES = {"media", "font-face", "page", "keyframes", "charset"}


def tokens(values: list) -> Iterator:
    """Every token of a value, those inside of functions and brackets among them."""
    for each in values:
        yield each
        yield from tokens(getattr(each, "arguments", None) or getattr(each, "content", None) or [])


def written(each: tinycss2.ast.Declaration) -> str:
    return tinycss2.serialize(each.value).strip()


def of_value(each: tinycss2.ast.Declaration) -> list[str]:
    found = []
    for token in tokens(each.value):
        old = (each.lower_name, getattr(token, "lower_name", "")) in OLD
        if token.type == "function" and FUNCTIONS.match(token.lower_name) and not old:
            found.append(f"{token.lower_name}()")
        colour = token.type == "function" and token.lower_name in ("rgb", "rgba", "hsl", "hsla")
        if colour and "," not in token.arguments:
            found.append(f"{token.lower_name}() without commas")
        if token.type == "dimension" and token.lower_unit in UNITS:
            found.append(token.lower_unit)
        if token.type == "hash" and len(token.value) in (4, 8):
            found.append("a colour with its opacity in #")
    return found


def of_block(content: list) -> Iterator[tuple[int, str]]:
    before: dict[str, list] = {}
    parts = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    said = [
        (each.lower_name, token.lower_value)
        for each in parts
        if each.type == "declaration"
        for token in each.value
        if token.type == "ident"
    ]
    for each in parts:
        if each.type != "declaration":
            yield each.source_line, f"{each.type} within a rule"
            continue
        name = each.lower_name
        if name in PROPERTIES:
            stands = before.get(PROPERTIES[name])
            if not stands or written(stands[0]) != written(each):
                yield each.source_line, f"{name} without {PROPERTIES[name] or 'another way'}"
        if LOGICAL.match(name):
            yield each.source_line, name
        newer = of_value(each)
        if name == "content":  # where attr() has stood since CSS 2
            newer = [one for one in newer if one != "attr()"]
        if newer and not any(not of_value(other) for other in before.get(name, [])):
            yield from ((each.source_line, f"{one} in {name}") for one in newer)
        for token in each.value:
            key = name, getattr(token, "lower_value", "")
            if key in KEYWORDS and KEYWORDS[key] not in said:
                yield each.source_line, f"{name}: {key[1]}"
        before.setdefault(name, []).append(each)


def newer(rules: list) -> Iterator[tuple[int, str]]:
    """What Chrome 60 does not know and nothing stands in for, each with its line."""
    for rule in rules:
        if rule.type == "error":
            yield rule.source_line, rule.message
        elif rule.type == "at-rule":
            if rule.lower_at_keyword not in AT_RULES:
                yield rule.source_line, f"@{rule.lower_at_keyword}"
            if re.search(r"[<>]", tinycss2.serialize(rule.prelude)):
                yield rule.source_line, "a range in @media"
            if rule.content and rule.lower_at_keyword == "media":
                inside = tinycss2.parse_rule_list(rule.content, True, True)
                yield from newer(inside)
            elif rule.content:
                yield from of_block(rule.content)
        elif rule.type == "qualified-rule":
            selector = tinycss2.serialize(rule.prelude).strip()
            for found in SELECTORS.finditer(selector if selector != HARMLESS else ""):
                yield rule.source_line, f"{found[0]} in {selector}"
            yield from of_block(rule.content)


def faults(text: str) -> list[str]:
    rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    return [f"line {line}: {what}" for line, what in newer(rules)]


def test_there_is_one_sheet_and_one_of_some_pages_of_work():
    assert [path.name for path in SHEETS] == ["nongqing.css", "work.css"]


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_old_browsers_can_read_it(path):
    assert faults(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "a { display: flex; gap: 1rem }",
        "a { grid-gap: 1rem; gap: 2rem }",
        "a { row-gap: 1rem }",
        "a { inset: 0 }",
        "a { aspect-ratio: 1 }",
        "a { margin-inline: 1rem }",
        "a { width: min(10rem, 50%) }",
        "a { font-size: calc(1rem + clamp(1px, 2vw, 3px)) }",
        "a { color: color-mix(in srgb, red, blue) }",
        "a { color: rgb(0 0 0 / 50%) }",
        "a { color: #12345678 }",
        "a { height: 100dvh }",
        "a { width: attr(data-width) }",
        "a { overflow-wrap: anywhere }",
        "a { display: contents }",
        "a:focus-visible { color: red }",
        "a, :focus:not(:focus-visible) { color: red }",
        ":is(a, b) { color: red }",
        "a:not(.b, .c) { color: red }",
        "@layer x { a { color: red } }",
        "@supports (gap: 1px) { a { color: red } }",
        "@media (width >= 40rem) { a { color: red } }",
        "@media screen { a:where(b) { color: red } }",
        "a { color: red; b { color: blue } }",
    ],
)
def test_what_is_too_new_is_found_with_its_line(text):
    assert faults(f"b {{ color: red }}\n\n{text}")[0].startswith("line 3: ")


@pytest.mark.parametrize(
    "text",
    [
        "a { grid-gap: 1rem; gap: 1rem }",
        "a { width: 50%; width: min(10rem, 50%) }",
        "a { word-break: break-word; overflow-wrap: anywhere }",
        ":focus:not(:focus-visible) { outline: 0 }",
        "a { clip-path: inset(50%); color: rgba(0, 0, 0, .5); margin: calc(100% - 1rem) }",
        "@media (min-width: 40rem) { a:not(.b) { color: #123 } }",
        "a::before { content: attr(data-name) }",
    ],
)
def test_what_has_something_in_its_place_may_stand(text):
    assert faults(text) == []
