"""What the docstrings of every room say: what is taken, what is given, in which unit."""

import ast
import re

import pytest

from tests.paths import ROOT

ROOMS = ("firmware", "field_configs", "models", "collector", "webapp")
#: Every unit that a bracket may hold; what is no unit stands outside brackets.
UNITS = {
    "kg", "dBm", "m3", "m3 h-1",
    "%", "ha", "degC", "degC d", "degC h", "degree", "m", "km", "mm", "mm h-1", "m s-1", "m3 m-3",
    "hPa", "kPa", "V", "W", "mA", "mAh", "mJ",
    "lx", "L", "ns", "ms", "s", "min", "h", "d", "h-1", "d-1", "h d-1",
    "s of uptime", "s since 1970", "s since 1970 UTC", "s since 1970-01-01 UTC", "h since 1970 UTC",
    "degC below zero", "moths", "generations", "logit",
}  # fmt: skip
BRACKET = re.compile(r"(?:(?<=[\w`)\"'*,;:-])\s+|^\s*)\[([^\[\]]*)\]", re.MULTILINE)
#: Numbers that have no unit say what they are.
NUMBER = re.compile(
    r"units?\b|probabilit|share|fraction|chance|count|number|BBCH|0 (and|or|to) 1|0\.\.1|ratio|"
    r"score|weight|level|factor|index|logarithm|bounds?\b|False or true|whether|hits|slope|rate\b|"
    r"degree days|logit|status|as for|as in|as `|columns|values?\b|penalty|exponent|year|each ",
    re.IGNORECASE,
)
PHYSICAL = re.compile(r"\b(float|Array|ArrayLike|FloatArray|Dataset|Range)\b")


def documents():
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                    text = ast.get_docstring(node) or ""
                    yield path.relative_to(ROOT).as_posix(), getattr(node, "name", ""), text


def no_units(text: str) -> list[str]:
    """Return what stands in the brackets of a docstring and is no unit."""
    held = [" ".join(each.split()).removeprefix("for instance ") for each in BRACKET.findall(text)]
    return [each for each in held if not set(each.split(", ")) <= UNITS]


def test_brackets_hold_units():
    wrong = [(path, name, bad) for path, name, text in documents() if (bad := no_units(text))]
    assert wrong == []


@pytest.mark.parametrize("text", ["Probability [1].", "Names [text].", "Rows [see above]."])
def test_a_bracket_without_a_unit_is_found(text):
    assert no_units(text)
    assert not no_units("Temperature [degC], rain [mm] and (for instance) a [degC d].")


def entry(text: str, name: str) -> str | None:
    """Return what the Parameters section of a docstring says of one argument."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+$|\Z)", text, re.M | re.S)
    for heading, body in re.findall(
        r"^(\S[^\n]*)\n((?:(?:[ \t]+[^\n]*)?\n?)*)", section[1] + "\n" if section else "", re.M
    ):
        if name in re.split(r"[,\s]+", heading.split(" : ")[0].replace("*", "")):
            return heading + " " + body
    return None


def silent_arguments(node: ast.FunctionDef) -> list[str]:
    """Return the arguments of which the docstring says nothing, or no unit."""
    text = ast.get_docstring(node) or ""
    silent = []
    for each in [*node.args.args, *node.args.kwonlyargs]:
        said = entry(text, each.arg)
        kind = ast.unparse(each.annotation) if each.annotation else ""
        if said is None or (
            PHYSICAL.search(kind) and not BRACKET.search(said) and not NUMBER.search(said)
        ):
            silent.append(f"{node.name}({each.arg})")
    return silent


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "models").rglob("*.py")),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_models_are_documented(path):
    """Every public function of models/ says what it takes, and the unit of what is physical."""
    silent = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                silent.append(node.name)
            if isinstance(node, ast.FunctionDef):
                silent += silent_arguments(node)
    assert silent == [], "numpydoc with Parameters, and units in brackets, is missing"
