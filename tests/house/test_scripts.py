"""JavaScript of ours: little of it, and nothing that a phone's browser of 2017 cannot read."""

import re

import pytest

from tests.paths import ROOT

SCRIPTS = sorted((ROOT / "webapp" / "static").glob("*.js"))
MOST_BYTES = 30 * 1024
# What came after ES2017, or after Chrome 60, and would keep the whole file from being read or run.
NEWER = {
    "optional chaining": r"\?\.(?!\d)",
    "??": r"\?\?",
    "catch without a name": r"\bcatch\s*\{",
    "spread in an object": r"[{,]\s*\.\.\.",
    "class": r"\bclass\s+\w+",
    "for await": r"\bfor\s+await\b",
    "async generator": r"\basync\s+function\s*\*",
    "import": r"\bimport\b\s*[({*\w]",
    "big or separated number": r"\b\d+(_\d|n\b)",
    "named group or looking behind": r"\(\?<",
    "regular expression with s or d": r"/[gimuy]*[sd][gimuy]*[.,;)]",
    "newer functions": r"(?<!clients)\.(finally|flat|flatMap|matchAll|replaceAll|at|any)\("
    r"|\.(allSettled|fromEntries|toggleAttribute|replaceChildren|randomUUID)\(",
    "newer names": r"\b(globalThis|structuredClone|queueMicrotask|AggregateError|WeakRef)\b"
    r"|\bAbortSignal\.|\bIntl\.(RelativeTimeFormat|ListFormat)\b",
    "assignment with a condition": r"(\?\?|&&|\|\|)=",
    "private or static part": r"[{;,(.]\s*#\w|\bstatic\b",
    "code from text": r"\beval\(|new Function\b",
}


def bare(text: str) -> str:
    """Leave out comments and what stands in quotes; lines stay where they are."""
    return re.sub(
        r"/\*.*?\*/|'(?:[^'\\\n]|\\.)*'",
        lambda found: "''" + "\n" * found[0].count("\n"),
        text,
        flags=re.S,
    )


def newer(text: str) -> list[str]:
    """What is too new in a script, each with its line."""
    script = bare(text)
    return [
        f"line {script.count(chr(10), 0, found.start()) + 1}: {name}"
        for name, pattern in NEWER.items()
        for found in re.finditer(pattern, script)
    ]


def test_all_scripts_together_are_small():
    assert sum(path.stat().st_size for path in SCRIPTS) <= MOST_BYTES


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_old_browsers_can_read_it(path):
    assert newer(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "a?.b",
        "a ?? b",
        "try {} catch {}",
        "({...a})",
        "class A {}",
        "x.flat()",
        "1_000",
        "eval('')",
    ],
)
def test_newer_language_is_found(text):
    assert newer(f"/* one\ntwo */\n{text}")[0].startswith("line 3: ")
    assert newer("a ? .5 : b; try {} catch (e) {} f(...a)") == []
