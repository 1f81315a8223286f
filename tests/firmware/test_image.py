"""The image of a node's file system, mounted and started under MicroPython's Unix port."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

import firmware
from field_configs.load import load
from firmware.workbench import bundle, filesystem
from firmware.workbench.config import node_config, parse_broker_url, write_config
from firmware.workbench.config_check import fault
from firmware.workbench.simulated import LAUNCH, SHIMS
from nongqing import main
from tests.firmware.esp32_rom import VFS_AT, Rom, micropython
from tests.firmware.field import Collector, Key, Shared, wait_for
from tests.paths import ROOT

NODE = "qf-001"
BOOT = ROOT / "tests" / "micropython" / "boot_image.py"


class Registry:
    """One node, as the registry tells of it."""

    epoch: int | None = 1

    def nodes(self) -> list[Any]:
        return [SimpleNamespace(id=NODE, board="soilair-1", epoch=self.epoch)]


def image(*arguments: str) -> Any:
    parts = SimpleNamespace(registry=Registry, boards=lambda: load(site=None).boards)
    return CliRunner().invoke(main, ["node", "image", *arguments], obj=parts)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the configuration of the node."""
    monkeypatch.chdir(tmp_path)
    configure(tmp_path / "node.json")
    return tmp_path


def configure(path: Path, port: int = 1883, **changes: Any) -> None:
    board = load(site=None).boards["soilair-1"]
    config = node_config(Key(NODE), board, parse_broker_url(f"mqtt://127.0.0.1:{port}"))
    write_config(path, config | changes)


ROW = {"number": 0, "quantity": 1, "scale": 10, "driver": "sht4x", "bus": "i2c"}
COMMAND = (NODE, "--config", "node.json", "--out", "node.img")


def test_an_image_is_for_its_owner_alone(folder: Path) -> None:
    result = image(*COMMAND)
    assert result.exit_code == 0, result.output
    assert result.output == (
        "node.img: qf-001 的镜像，板型 soilair-1，固件 0.1.0，2097152 字节；内有密钥，请保密 | "
        "2097152 bytes for qf-001, board soilair-1, firmware 0.1.0; it holds the node's key "
        "(keep it secret)\n"
    )
    path = folder / "node.img"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size == 4 * 1024**2 - 0x200000
    held = path.read_bytes()
    assert held[8:16] == b"littlefs"
    assert held[20:24] == b"\x00\x00\x02\x00"  # version 2.0 on disk
    assert sorted(each.name for each in folder.iterdir()) == ["node.img", "node.json"]


def test_two_images_of_the_same_are_the_same(folder: Path) -> None:
    image(*COMMAND)
    first = (folder / "node.img").read_bytes()
    image(*COMMAND)
    assert (folder / "node.img").read_bytes() == first


def test_a_bundle_that_was_built_before_needs_no_registry(folder: Path) -> None:
    boards = load(site=None).boards
    bundle.build("soilair-1", boards["soilair-1"], folder / "bundle")
    command = ["node", "image", *COMMAND, "--bundle", "bundle", "--blocks", "240"]
    result = CliRunner().invoke(main, command, obj=SimpleNamespace())
    assert result.exit_code == 0, result.output
    assert (folder / "node.img").stat().st_size == 240 * 4096


@contextmanager
def started(folder: Path, image: Path, weather_file: Path) -> Iterator[None]:
    """Start the node of an image with 160 KiB of heap; it must still run in the end."""
    bench = {"clock": Shared.set(60, 3600), "weather": str(weather_file), "image": "unused"}
    (folder / "bench.json").write_text(json.dumps(bench))
    start = (sys.executable, "-c", LAUNCH, "-X", "heapsize=160k", str(BOOT))
    with (
        (folder / "node.log").open("wb") as log,
        subprocess.Popen(
            [*start, str(image)],
            cwd=folder,
            env={
                "NONGQING_BENCH": str(folder / "bench.json"),
                "SHIMS": str(SHIMS),
                "MICROPYPATH": f"{SHIMS}:.frozen",
            },
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield
            assert process.poll() is None
        finally:
            process.kill()
            print((folder / "node.log").read_text())


@pytest.mark.system
def test_a_node_starts_from_its_image(
    collector: Collector, folder: Path, broker_port: int, weather_file: Path
) -> None:
    configure(folder / "node.json", broker_port, ack_ms=500)
    assert image(*COMMAND).exit_code == 0
    with started(folder, folder / "node.img", weather_file):
        wait_for(lambda: len(collector.received()) >= 3)
    said = (folder / "node.log").read_text()
    assert said == "['a', 'main.py', 'manifest.json', 'node.json', 'slot']\n"
    assert not collector.refused
    (boot,) = collector.kinds("boot")
    hashed = hashlib.sha256(json.dumps(json.loads((folder / "node.json").read_bytes())).encode())
    assert boot.detail == [1, 0, firmware.VERSION, "soilair-1/ip", hashed.digest()[:4]]
    assert not collector.kinds("fault")


@pytest.mark.system
def test_from_the_box_to_the_first_value(
    collector: Collector, folder: Path, broker_port: int, weather_file: Path
) -> None:
    """Image, flash, start: from what esptool left on the emulated board's flash."""
    configure(folder / "node.json", broker_port, ack_ms=500)
    assert image(*COMMAND).exit_code == 0
    (folder / "mp.bin").write_bytes(micropython())
    with Rom(folder / "flash") as rom:
        command = ["--image", "node.img", "--micropython", "mp.bin", "--no-stub"]
        result = CliRunner().invoke(main, ["node", "flash", rom.port, *command])
    assert result.exit_code == 0, result.output
    (folder / "vfs").write_bytes((folder / "flash").read_bytes()[VFS_AT:])
    with started(folder, folder / "vfs", weather_file):
        wait_for(lambda: bool(collector.received()))
    assert not collector.refused


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"node": "py-002"}, " | is the configuration of py-002, not of qf-001"),
        ({"key": "00"}, " | holds no whole key, or no channel; make it again: nongqing"),
        ({"channels": []}, " | holds no whole key, or no channel; make it again: "),
        ({"key": "no hex"}, " | is no configuration of a node; make it again: nongqing"),
        ({"key": None}, " | is no configuration of a node; make it again: nongqing"),
        (
            {"link": {"kind": "nbiot"}},
            " | its link is nbiot, which the program of board soilair-1 does not hold; enrol the "
            "node again, or build with its --link",
        ),
        (
            {"channels": [ROW | {"number": 3, "driver": "sht99"}]},
            " | channel 3 wants the driver sht99, which the program of board soilair-1 "
            "does not hold; enrol the node again, or build for its board",
        ),
    ],
)
def test_a_wrong_configuration(folder: Path, change: dict[str, Any], said: str) -> None:
    configure(folder / "node.json", **change)
    refused(folder, image(*COMMAND), said)


def refused(folder: Path, result: Any, said: str) -> None:
    assert result.exit_code == 1
    assert said in result.output, result.output
    if " | " in said:
        assert re.match(r"Error: (none/)?node\.(img|json): [^|]*[一-鿿][^|]* \| ", result.output)
    assert len(result.output.splitlines()) == 1
    assert not (folder / "node.img").exists()


@pytest.mark.parametrize("epoch", [2, None])
def test_a_key_that_counts_no_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch, epoch: int | None
) -> None:
    """Somebody else has enrolled the node since, or it was taken out of service."""
    monkeypatch.setattr(Registry, "epoch", epoch)
    said = f" | holds key 1, and the one that counts is {epoch or '-'}: somebody else may have"
    refused(folder, image(*COMMAND), said)


def whole() -> dict[str, Any]:
    board = load(site=None).boards["soilair-1"]
    return node_config(Key(NODE), board, parse_broker_url("mqtt://127.0.0.1"), ("field", "x"))


def test_a_whole_configuration_has_no_fault() -> None:
    for board in load(site=None).boards.values():
        held = node_config(Key(NODE), board, parse_broker_url("mqtts://broker.example"))
        assert fault(json.loads(json.dumps(held))) == ""
    assert fault(whole()) == ""


@pytest.mark.parametrize("harm", [None, "", "no hex", -1, 1.5, True, [], [{}], {}, 10**12])
@pytest.mark.parametrize(
    "name",
    [
        *("node", "epoch", "key", "broker", "sample_s", "samples_per_frame", "channels"),
        *("wifi", "update_key"),
    ],
)
def test_a_damaged_configuration_is_not_put_onto_a_board(
    folder: Path, name: str, harm: Any
) -> None:
    held = whole() | {name: harm}
    if name == "node" and harm == "no hex":
        return  # as good a name as any
    assert fault(held).startswith(name)
    (folder / "node.json").write_text(json.dumps(held))
    result = image(*COMMAND)
    assert result.exit_code == 1
    assert result.output.startswith("Error: node.json: ")
    assert not (folder / "node.img").exists()


@pytest.mark.parametrize("held", [[], "text", 3, None, {}])
def test_what_is_no_configuration_at_all(held: Any) -> None:
    assert fault(held)


@pytest.mark.parametrize("key", ["number", "quantity", "scale", "driver", "bus"])
def test_a_damaged_channel_is_named(key: str) -> None:
    held = whole()
    held["channels"][2][key] = None
    assert fault(held) == f"channels[2].{key}"


def test_a_configuration_that_is_not_there(folder: Path) -> None:
    (folder / "node.json").unlink()
    refused(folder, image(*COMMAND), " | cannot be read ([Errno 2] No such file")


def test_a_configuration_that_is_no_json(folder: Path) -> None:
    (folder / "node.json").write_text("{")
    refused(folder, image(*COMMAND), " | is no configuration of a node; make it again")


def test_a_node_that_is_not_in_the_registry(folder: Path) -> None:
    configure(folder / "node.json", node="qf-009")
    refused(
        folder, image("qf-009", *COMMAND[1:]), "node qf-009: not in the registry; it has qf-001"
    )


def test_a_bundle_that_is_none(folder: Path) -> None:
    said = "node.img: 没有做成 | not made: bundle/manifest.json: cannot be read (No such file or "
    refused(folder, image(*COMMAND, "--bundle", "bundle"), said)


def test_a_file_system_that_is_too_small(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystem, "FEWEST_BLOCKS", 8)
    manifest = bundle.build("soilair-1", load(site=None).boards["soilair-1"], folder / "b")
    with pytest.raises(bundle.BundleError, match="hold not all of it .*; give more --blocks"):
        filesystem.make(manifest, bundle.read(folder / "b")[1], b"{}", 8)
    result = image(*COMMAND, "--blocks", "8")
    assert result.exit_code == 2
    assert "8 is not in the range 64<=x<=65536" in result.output


def test_without_littlefs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "littlefs", None)
    said = "node.img: 没有做成 | not made: littlefs-python is missing: pip install littlefs-python"
    refused(folder, image(*COMMAND), said)


def test_a_place_that_is_not_there(folder: Path) -> None:
    result = image(*COMMAND[:-1], "none/node.img")
    said = " | cannot be written (No such file or directory); name a file in a folder"
    refused(folder, result, said)


def test_the_command_has_an_example() -> None:
    assert "nongqing node image qf-001 --config qf-001.json" in image("--help").output
