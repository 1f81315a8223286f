"""What the technician's page says of pins, sizes and commands is what the sources have."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from field_configs.board_pins import read_pins
from nongqing import main
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "technician.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("bus", ["i2c", "rs485", "pulse", "adc", "gnss"])
def test_pins_are_those_of_the_board(bus: str) -> None:
    (row,) = re.findall(rf"^\|[^|]*\| {bus} \|([^|]*)\|$", PAGE, re.MULTILINE)
    pins = read_pins()
    known = [pin for _, pin in pins.buses[bus]] if bus in pins.buses else [pins.usual[bus]]
    assert [int(pin) for pin in re.findall(r"GPIO (\d+)", row)] == known


COMMANDS = re.findall(r"^ +(nongqing .+)$", PAGE, re.MULTILINE)
#: Files that the steps before have made, or that somebody brings.
FILES = ("puyang.toml", "update.key.pub", "faults.toml")


def parse(words: list[str]) -> None:
    """Read a command line as the front door does, and run nothing."""
    group: click.Command = main
    context = click.Context(main, info_name="nongqing")
    rest = words
    while isinstance(group, click.Group):
        name, found, rest = group.resolve_command(context, rest)
        assert found is not None
        group = found
        if isinstance(group, click.Group):
            context = click.Context(group, parent=context, info_name=name)
    group.make_context(words[-1], list(rest), parent=context)


def test_the_page_has_its_commands() -> None:
    assert len(COMMANDS) >= 20
    for step in ("enroll", "build", "image", "flash", "label", "selftest", "ota offer", "replace"):
        assert any(f"nongqing node {step} " in line for line in COMMANDS), step


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_is_one(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        Path(name).touch()
    Path("bundle").mkdir()
    parse(shlex.split(line)[1:])


def test_a_command_that_is_none_is_found() -> None:
    with pytest.raises(click.UsageError):
        parse(["node", "flash", "p", "--no-such-thing"])
    with pytest.raises(click.UsageError):
        parse(["node", "flsh", "p"])
