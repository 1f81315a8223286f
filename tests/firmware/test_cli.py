"""The `node` commands, with a registry kept in memory."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from field_configs.board import layout_of
from field_configs.load import load
from firmware.workbench.cli import node
from firmware.workbench.config import BrokerUrlError, node_config, parse_broker_url, write_config
from tests.firmware.field import Collector, Key, wait_for

NOW = datetime(2016, 5, 10, tzinfo=UTC)


@dataclass
class Row:
    id: str
    board: str = "soilair-1"
    village: str = "qf-liuge"
    epoch: int | None = None
    last_seen: datetime | None = None


@dataclass
class Memory:
    rows: dict[str, Row] = field(default_factory=dict)
    enrolled: list[Any] = field(default_factory=list)

    def nodes(self) -> list[Row]:
        return list(self.rows.values())

    def enroll(self, node_id: str, *, layout: Any, at: datetime) -> Key:
        self.enrolled.append((node_id, layout, at))
        self.rows[node_id].epoch = (self.rows[node_id].epoch or 0) + 1
        return Key(node_id, self.rows[node_id].epoch)

    def key(self, node_id: str) -> Key | None:
        epoch = self.rows[node_id].epoch
        return None if epoch is None else Key(node_id, epoch)


@pytest.fixture
def registry() -> Memory:
    return Memory({"qf-001": Row("qf-001"), "py-002": Row("py-002", epoch=3, last_seen=NOW)})


@pytest.fixture
def run(registry: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    settings = SimpleNamespace(
        state_dir=tmp_path / "state", need_broker=lambda: "mqtt://broker.example"
    )
    parts = SimpleNamespace(
        registry=lambda: registry,
        clock=lambda: SimpleNamespace(now=lambda: NOW, spec=lambda: "system"),
        settings=lambda: settings,
    )

    def invoke(*arguments: str) -> Any:
        return CliRunner().invoke(node, list(arguments), obj=parts)

    return invoke


def test_list_as_a_table_and_as_json(run: Any) -> None:
    lines = run("list").output.splitlines()
    assert lines[1].split() == ["qf-001", "soilair-1", "qf-liuge", "-", "never"]
    assert lines[2].split() == ["py-002", "soilair-1", "qf-liuge", "3", "2016-05-10", "00:00"]
    assert json.loads(run("list", "--json").output)[1] == {
        "id": "py-002",
        "board": "soilair-1",
        "village": "qf-liuge",
        "epoch": 3,
        "last_seen": "2016-05-10T00:00:00+00:00",
    }


def test_enroll_writes_a_file_for_the_owner_alone(
    run: Any, registry: Memory, tmp_path: Path
) -> None:
    result = run("enroll", "qf-001", "--wifi", "field", "secret")
    assert result.exit_code == 0, result.output
    assert result.output == "qf-001: key epoch 1; configuration in qf-001.json (keep it secret)\n"
    path = tmp_path / "qf-001.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = json.loads(path.read_text())
    assert config["key"] == bytes(range(32)).hex()
    assert config["broker"] == {
        "host": "broker.example",
        "port": 1883,
        "user": None,
        "password": None,
    }
    assert config["wifi"] == {"ssid": "field", "password": "secret"}
    board = load(site=None).boards["soilair-1"]
    assert registry.enrolled == [("qf-001", layout_of(board), NOW)]


def test_enroll_prints_json(run: Any, tmp_path: Path) -> None:
    config = json.loads(run("enroll", "qf-001", "--json").output)
    assert (config["node"], config["epoch"]) == ("qf-001", 1)
    assert not (tmp_path / "qf-001.json").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["qf-009"], "node qf-009: not in the registry; it has py-002, qf-001"),
        (["qf-001", "--broker", "http://x"], "broker 'http://x': must be mqtt://"),
        (["qf-001", "--out", "none/x.json"], "none/x.json: its folder does not exist"),
    ],
)
def test_enroll_keeps_the_old_key_when_it_cannot_go_on(
    run: Any, registry: Memory, arguments: list[str], reason: str
) -> None:
    result = run("enroll", *arguments)
    assert result.exit_code == 1
    assert reason in result.output
    assert registry.enrolled == []


def test_an_unknown_board_is_named(run: Any, registry: Memory) -> None:
    registry.rows["qf-001"].board = "soilair-9"
    result = run("enroll", "qf-001")
    assert "node qf-001: board soilair-9 is not in field_configs/boards" in result.output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["qf-001"], "node qf-001: has no key; run `nongqing node enroll qf-001` first"),
        (["--weather", "bad.csv"], "bad.csv: no column time"),
        (["--broker", "tcp://x"], "broker 'tcp://x': must be mqtt://"),
    ],
)
def test_simulate_says_what_is_wrong(
    run: Any, tmp_path: Path, arguments: list[str], reason: str
) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    result = run("simulate", *arguments)
    assert result.exit_code == 1
    assert reason in result.output


def test_simulate_without_any_key(run: Any, registry: Memory) -> None:
    registry.rows["py-002"].epoch = None
    result = run("simulate")
    assert result.exit_code == 1
    assert "no node is enrolled; run `nongqing node enroll <node>`" in result.output


@pytest.mark.parametrize("command", ["enroll", "simulate", "list"])
def test_every_command_has_an_example(run: Any, command: str) -> None:
    assert f"nongqing node {command}" in run(command, "--help").output


@pytest.mark.parametrize("url", ["", "mqtt://", "http://a", "mqtt:///x", "mqtt://a:b"])
def test_a_wrong_broker_is_refused(url: str) -> None:
    with pytest.raises(BrokerUrlError, match="must be mqtt://"):
        parse_broker_url(url)


def test_a_broker_with_everything() -> None:
    assert parse_broker_url("mqtt://user:p%40ss@host.example:1884") == {
        "host": "host.example",
        "port": 1884,
        "user": "user",
        "password": "p@ss",
    }


def test_a_configuration_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "node.json"
    path.write_text("old")
    path.chmod(0o644)
    board = load(site=None).boards["soilair-1"]
    write_config(path, node_config(Key("qf-001"), board, "mqtt://h"))
    assert json.loads(path.read_text())["node"] == "qf-001"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.system
def test_simulate_runs_nodes_until_it_is_told_to_stop(
    collector: Collector, broker_port: int, weather_file: Path, tmp_path: Path
) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(f"""
        from pathlib import Path
        from types import SimpleNamespace
        from firmware.workbench.cli import node
        from tests.firmware.field import START, Key
        from tests.firmware.test_cli import Memory, Row
        settings = SimpleNamespace(
            state_dir=Path({str(tmp_path)!r}),
            need_broker=lambda: "mqtt://127.0.0.1:{broker_port}",
        )
        clock = SimpleNamespace(spec=lambda: f"sim:{{START + 864000}}@{time.time()}*3600")
        parts = SimpleNamespace(
            registry=lambda: Memory({{"qf-001": Row("qf-001", epoch=1)}}),
            clock=lambda: clock,
            settings=lambda: settings,
        )
        node(["simulate", "--weather", {str(weather_file)!r}, "--backlog-days", "1"], obj=parts)
        """)
    )
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: len(collector.received()) >= 24)
        nodes = psutil.Process(process.pid).children(recursive=True)
        assert len(nodes) == 1
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "1 nodes run; Ctrl-C ends them" in output
    assert psutil.wait_procs(nodes, timeout=5)[1] == []
