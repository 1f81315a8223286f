"""What nodes give as their reasons is known here, in both languages."""

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

from tests.paths import ROOT
from webapp.language import i18n
from webapp.views.technician.reasons import KNOWN, reason

SOURCES = ("offer", "fetch", "update", "slots", "commands", "configuration")
#: What does not reach the server as a reason: `make_layout` and the like are asked before.
NO_REASONS = {"%s: %s", "%s%s", "%s/%s%s", "%s/%s/", "%02x"}
#: What a reason says of a file that came, in the place of its second text.
WRONG, OF_FILE = ("has another digest",), "7: 7, 8 times"
FAULTS = ("is not whole", "must be a list of channels", "is of the wrong kind")
HAN = re.compile("[\u4e00-\u9fff]")


def said_by_nodes() -> list[str]:
    """Every reason in the sources of the node, with something in its places."""
    found, wrong = [], list(WRONG)
    for name in SOURCES:
        path = Path(ROOT / "firmware" / "node" / f"{name}.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                found += strings(node.exc)
            elif isinstance(node, ast.Call) and calls(node) in ("note", "undo", "_end"):
                found += [each.removeprefix("!") for each in strings(node)]
            elif isinstance(node, ast.Return) and name == "fetch":
                wrong += strings(node)
            elif isinstance(node, ast.Assign) and "text" in {ast.unparse(t) for t in node.targets}:
                found += [f"manifest: {each}" for each in strings(node)]
    filled = [re.sub("%[sr]", "7", each).replace("%d", "8") for each in found if " " in each]
    assert OF_FILE in filled
    filled += [OF_FILE.replace(" 7", f" {each}") for each in wrong if "%" not in each]
    faults = {f"wifi: {fault}" for fault in FAULTS}
    return sorted({*filled, *faults, "no memory"} - {"7: 7", OF_FILE, *WRONG})


def calls(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]


def strings(node: ast.AST) -> list[str]:
    return [
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and len(each.value) > 8
    ]


@pytest.fixture(scope="module")
def app() -> Flask:
    made = Flask("words")
    made.secret_key = "of this test"
    i18n.install(made)
    return made


def test_the_sources_are_read() -> None:
    found = said_by_nodes()
    assert "no update key: enrol the node with one" in found
    assert "started 7 times without an answer" in found
    assert "manifest: no room: 8 blocks of 8 bytes wanted, 8 free" in found
    assert len(found) >= len(KNOWN) - 2


@pytest.mark.parametrize("said", said_by_nodes())
def test_every_reason_of_a_node_is_told_in_chinese(app: Flask, said: str) -> None:
    with app.test_request_context("/?lang=zh"):
        app.preprocess_request()
        assert HAN.search(reason(said)), said
    with app.test_request_context("/?lang=en"):
        app.preprocess_request()
        assert not HAN.search(reason(said))


def test_places_are_filled_and_what_is_unknown_stays(app: Flask) -> None:
    with app.test_request_context("/?lang=zh"):
        app.preprocess_request()
        assert reason("other target: weather-1/ip, this is soilair-1/ip") == (
            "升级是给 weather-1/ip 的，设备是 soilair-1/ip"
        )
        assert (
            reason("firmware/a.mpy: [Errno 28] ENOSPC") == "firmware/a.mpy 写不进闪存（错误号 28）"
        )
        for text in ("100 % <b>of my own</b>", "", "bad signature!"):
            assert reason(text) == text
