"""The local day is worked out in one place, and everything else asks there."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

OWNER = ROOT / "models" / "weather" / "local_days.py"
# SQL stands outside: PostgreSQL has its own calendar and cannot ask Python. firmware/ stands
# outside: a technician's tool may not import models.
ROOMS = ("models", "collector", "webapp")


def sources() -> list[Path]:
    return [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py")) if p != OWNER]


def own_arithmetic(text: str) -> Iterator[str]:
    """Whatever makes local time by itself: a zone, an offset of eight hours, 16 hours UTC."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            given = {k.arg: ast.unparse(k.value) for k in node.keywords}
            hour = given.get("hour") or (ast.unparse(node.args[3]) if len(node.args) > 3 else "")
            if (
                name in ("timezone", "ZoneInfo", "fromutc", "utcoffset")
                or (name == "timedelta" and given.get("hours") in ("8", "-8"))
                or (name in ("datetime", "replace") and hour == "16")
            ):
                yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Constant) and node.value in ("Asia/Shanghai", 28800):
            yield f"{node.lineno}: {node.value!r}"
        elif isinstance(node, ast.BinOp) and ast.unparse(node) in ("8 * 3600", "3600 * 8"):
            yield f"{node.lineno}: {ast.unparse(node)}"


def test_no_other_file_makes_local_time_by_itself() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for path in sources()
        if (lines := list(own_arithmetic(path.read_text("utf-8"))))
    }
    assert found == {}, "ask models/weather/local_days.py"


@pytest.mark.parametrize(
    "line",
    [
        "timezone(timedelta(hours=8))",
        "ZoneInfo(ZONE)",
        "at - timedelta(hours=8)",
        "datetime(2016, 5, 8, 16, tzinfo=UTC)",
        "at.replace(hour=16)",
        "name = 'Asia/Shanghai'",
        "seconds + 8 * 3600",
        "seconds + 28800",
    ],
)
def test_the_rule_sees_each_way(line: str) -> None:
    assert list(own_arithmetic(line))
