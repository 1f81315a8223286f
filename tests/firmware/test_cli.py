"""The `node` commands, with a registry kept in memory."""

from __future__ import annotations

import hmac
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from field_configs.board import layout_of
from field_configs.load import load
from firmware.workbench import release
from firmware.workbench.cli import node
from firmware.workbench.config import BrokerUrlError, node_config, parse_broker_url, write_config
from firmware.workbench.hourly import WeatherError, covered
from firmware.workbench.simulate import Fleet
from nongqing import main
from tests.firmware.field import Collector, Key, wait_for
from tests.paths import ROOT

NOW = datetime(2016, 5, 10, tzinfo=UTC)


@dataclass
class Row:
    id: str
    board: str = "soilair-1"
    village: str = "qf-liuge"
    epoch: int | None = None
    last_seen: datetime | None = None
    revoked: datetime | None = None
    version: str | None = None
    update_key: str | None = None


@dataclass
class Memory:
    rows: dict[str, Row] = field(default_factory=dict)
    enrolled: list[Any] = field(default_factory=list)
    not_taken: list[Any] = field(default_factory=list)

    def nodes(self) -> list[Row]:
        return list(self.rows.values())

    def refused(self, node_id: str | None = None) -> list[Any]:
        return self.not_taken

    def enroll(
        self,
        node_id: str,
        *,
        layout: Any,
        at: datetime,
        after_revocation: bool = False,
        update_key: str | None = None,
    ) -> Key:
        self.enrolled.append((node_id, layout, at))
        self.rows[node_id].update_key = update_key
        self.rows[node_id].epoch = (self.rows[node_id].epoch or 0) + 1
        return Key(node_id, self.rows[node_id].epoch)

    def key(self, node_id: str) -> Key | None:
        epoch = self.rows[node_id].epoch
        return None if epoch is None else Key(node_id, epoch)


@pytest.fixture
def registry() -> Memory:
    return Memory(
        {"qf-001": Row("qf-001"), "py-002": Row("py-002", epoch=3, last_seen=NOW, version="0.1.0")}
    )


@pytest.fixture
def run(registry: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    settings = SimpleNamespace(
        state_dir=tmp_path / "state", need_broker=lambda: invoke.broker_of_collector
    )
    parts = SimpleNamespace(
        registry=lambda: registry,
        clock=lambda: SimpleNamespace(now=lambda: NOW, spec=lambda: "system"),
        settings=lambda: settings,
        boards=lambda: load(site=None).boards,
        layout_of=layout_of,
    )

    def invoke(*arguments: str, clock: Any = None) -> Any:
        if clock is not None:
            parts.clock = lambda: clock
        return CliRunner().invoke(node, list(arguments), obj=parts)

    invoke.broker_of_collector = "mqtt://broker.example"  # type: ignore[attr-defined]
    return invoke


def test_list_as_a_table_and_as_json(run: Any) -> None:
    lines = run("list").output.splitlines()
    assert lines[1].split() == ["qf-001", "soilair-1", "qf-liuge", "-", "-", "never"]
    assert lines[2].split() == [
        "py-002",
        "soilair-1",
        "qf-liuge",
        "3",
        "0.1.0",
        "2016-05-10",
        "00:00",
    ]
    assert json.loads(run("list", "--json").output)[1] == {
        "id": "py-002",
        "board": "soilair-1",
        "village": "qf-liuge",
        "epoch": 3,
        "version": "0.1.0",
        "last_seen": "2016-05-10T00:00:00+00:00",
        "revoked": None,
        "update_key": None,
        "not_taken": {},
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


@pytest.mark.parametrize("who", ["collector:secret", "collector", ":secret"])
def test_a_node_never_gets_the_collectors_password(run: Any, tmp_path: Path, who: str) -> None:
    run.broker_of_collector = f"mqtt://{who}@broker.example:1884"
    result = run("enroll", "qf-001")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[0] == (
        "qf-001: gets no user and password: those in NONGQING_BROKER are the collector's; where "
        "the broker asks for some, give the node its own: "
        "--broker mqtt://user:password@broker.example:1884"
    )
    text = (tmp_path / "qf-001.json").read_text()
    assert "secret" not in text
    assert "collector" not in text
    assert json.loads(text)["broker"] == {
        "host": "broker.example",
        "port": 1884,
        "user": None,
        "password": None,
    }


def test_a_node_gets_its_own_password_from_the_option(run: Any, tmp_path: Path) -> None:
    run.broker_of_collector = "mqtt://collector:secret@broker.example"
    result = run("enroll", "qf-001", "--broker", "mqtt://qf-001:its-own@broker.example")
    assert result.output.startswith("qf-001: key epoch 1")
    config = json.loads((tmp_path / "qf-001.json").read_text())
    assert (config["broker"]["user"], config["broker"]["password"]) == ("qf-001", "its-own")


@pytest.mark.parametrize("command", [("enroll", "qf-001"), ("simulate", "py-002")])
def test_the_collectors_port_with_tls_is_no_port_of_nodes(
    run: Any, registry: Memory, command: tuple[str, ...]
) -> None:
    run.broker_of_collector = "mqtts://c:secret@broker.example:8883"
    result = run(*command)
    assert result.exit_code == 1
    assert result.output == (
        "Error: broker 'mqtts://…@broker.example:8883': the collector's port takes certificates, "
        "nodes have pre-shared keys; give the broker a listener with a psk_file and name that: "
        "--broker mqtts://host[:port]\n"
    )
    assert registry.enrolled == []


# HMAC-SHA-256 of "nongqing tls-psk 1" under the bytes 0 to 31, by Python's own hmac.
PSK = hmac.digest(bytes(range(32)), b"nongqing tls-psk 1", "sha256").hex()


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_node_of_a_broker_with_tls_gets_its_pre_shared_key(
    run: Any, tmp_path: Path, more: tuple[str, ...]
) -> None:
    result = run("enroll", "qf-001", "--broker", "mqtts://broker.example", *more)
    assert result.exit_code == 0, result.output
    assert result.stderr == (
        "qf-001: its line of the broker's psk_file (keep it secret):\n" + f"qf-001:{PSK}\n"
    )
    text = result.stdout if more else (tmp_path / "qf-001.json").read_text()
    assert json.loads(text)["broker"] == {
        "host": "broker.example",
        "port": 8883,
        "user": None,
        "password": None,
        "psk": {"identity": "qf-001", "key": PSK},
    }


def test_list_names_those_that_are_looked_for(run: Any, registry: Memory) -> None:
    registry.rows["py-003"] = Row("py-003", "weather-1", "py-a", 1, NOW, None, "0.2.0", "00" * 32)

    def found(*options: str) -> list[str]:
        result = run("list", *options)
        assert result.exit_code == 0, result.output
        return [line.split()[0] for line in result.output.splitlines()[1:]]

    assert found() == ["qf-001", "py-002", "py-003"]
    assert found("--board", "weather-1") == found("--village", "py-a") == ["py-003"]
    assert found("--version", "0.1.0") == ["py-002"]
    assert found("--no-updates") == ["qf-001", "py-002"]
    registry.rows["py-003"].last_seen = NOW - timedelta(hours=25)
    registry.rows["py-004"] = Row("py-004", epoch=1)
    assert found("--silent", "24") == ["py-003", "py-004"]
    assert found("--silent", "24", "--no-updates") == ["py-004"]
    assert [each["id"] for each in json.loads(run("list", "--silent", "26", "--json").output)] == [
        "py-004"
    ]


def test_of_many_nodes_an_error_names_some_and_the_nearest(run: Any, registry: Memory) -> None:
    for number in range(50):
        registry.rows[f"zz-{number:03}"] = Row(f"zz-{number:03}")
    said = run("enroll", "py-0022").output
    assert 'zz-007 and 42 more; did you mean "py-002"?' in said


def test_who_enrols_second_is_told(run: Any, registry: Memory, tmp_path: Path) -> None:
    """Even if the first did so after this command had looked."""
    enroll = registry.enroll

    def both(node_id: str, **given: Any) -> Key:
        enroll(node_id, **given)
        return enroll(node_id, **given)

    registry.enroll = both  # type: ignore[method-assign]
    said = run("enroll", "qf-001").output
    assert "qf-001: the key of epoch 1 is retired; files and images" in said


def test_psk_prints_the_lines_of_nodes_that_may_speak(run: Any, registry: Memory) -> None:
    registry.rows["py-003"] = Row("py-003", epoch=1, revoked=NOW)
    assert run("psk").output == f"py-002:{PSK}\n"


def test_enroll_gives_the_node_the_key_of_updates(
    run: Any, tmp_path: Path, registry: Memory
) -> None:
    public = release.keygen(tmp_path / "update.key")
    for name in ("update.key", "update.key.pub"):
        result = run("enroll", "qf-001", "--update-key", name)
        assert result.exit_code == 0, result.output
        assert json.loads((tmp_path / "qf-001.json").read_text())["update_key"] == public.hex()
        assert registry.rows["qf-001"].update_key == public.hex()
    run("enroll", "qf-001")
    assert registry.rows["qf-001"].update_key is None
    assert "update_key" not in json.loads((tmp_path / "qf-001.json").read_text())


def test_enroll_prints_json(run: Any, tmp_path: Path) -> None:
    config = json.loads(run("enroll", "qf-001", "--json").output)
    assert (config["node"], config["epoch"]) == ("qf-001", 1)
    assert not (tmp_path / "qf-001.json").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["qf-009"], "node qf-009: not in the registry; it has py-002, qf-001"),
        (
            ["qf-001", "--broker", "http://x"],
            "broker 'http://x': must be mqtt://host[:port] or mqtt://user:password@host[:port]",
        ),
        (["qf-001", "--out", "none/x.json"], "none/x.json: its folder does not exist"),
        (["qf-001", "--apn", "x"], "--apn: this board has Wi-Fi and no modem; take it out"),
    ],
)
def test_enroll_keeps_the_old_key_when_it_cannot_go_on(
    run: Any, registry: Memory, arguments: list[str], reason: str
) -> None:
    result = run("enroll", *arguments)
    assert result.exit_code == 1
    assert reason in result.output
    assert registry.enrolled == []


def test_a_board_with_a_modem_gets_its_link_and_no_wifi(
    run: Any, registry: Memory, tmp_path: Path
) -> None:
    registry.rows["qf-001"].board = "soilair-nb-1"
    said = run("enroll", "qf-001", "--wifi", "field", "secret")
    assert "--wifi: this board has a modem and no Wi-Fi; take it out" in said.output
    assert registry.enrolled == []
    assert run("enroll", "qf-001", "--apn", "cmnbiot").exit_code == 0
    link = json.loads((tmp_path / "qf-001.json").read_text())["link"]
    psm = {"periodic_s": 86400, "active_s": 20}
    assert link == {"kind": "nbiot", "psm": psm, "apn": "cmnbiot"}


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


def test_an_unknown_node_is_told_before_anything_is_made(run: Any, tmp_path: Path) -> None:
    result = run("simulate", "qf-009")
    assert result.exit_code == 1
    assert result.output == "Error: node qf-009: not in the registry; it has py-002, qf-001\n"
    assert list(tmp_path.iterdir()) == []


def hours_of(first: datetime, count: int) -> str:
    rows = [f"{first + timedelta(hours=hour):%FT%H:00Z},10,60,0" for hour in range(count)]
    return "\n".join(["time,air_temperature,relative_humidity,precipitation_amount", *rows])


@pytest.mark.parametrize("first", [NOW - timedelta(hours=48), NOW + timedelta(hours=1)])
def test_weather_that_does_not_cover_the_clock_is_refused(
    run: Any, tmp_path: Path, first: datetime
) -> None:
    (tmp_path / "w.csv").write_text(hours_of(first, 48))
    result = run("simulate", "py-002", "--weather", "w.csv")
    assert result.exit_code == 1
    assert (
        f"Error: weather w.csv covers {first:%F %H:%M} to {first + timedelta(hours=48):%F %H:%M} "
        "UTC, the clock says 2016-05-10 00:00; give --weather that covers it\n"
    ) in result.output


def test_a_broken_compact_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.nqw").write_bytes(b"NQW1")
    with pytest.raises(WeatherError, match=r"w\.nqw: is no compact weather file"):
        covered(tmp_path / "w.nqw")


def test_simulate_ends_with_its_weather_and_tells_what_it_leaves_out(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands an hour before the end at first, then at the end."""
    times = iter([NOW, NOW + timedelta(hours=1)])
    clock = SimpleNamespace(now=lambda: next(times), spec=lambda: "system")
    started: list[float] = []

    class StillFleet(Fleet):
        def start(self) -> None:
            started.extend(n.settings["backlog_s"] / 86400 for n in self.nodes.values())

    monkeypatch.setattr("firmware.workbench.cli.Fleet", StillFleet)
    flash = tmp_path / "state" / "nodes" / "py-002" / "flash.img"
    flash.parent.mkdir(parents=True)
    flash.touch()
    (tmp_path / "w.csv").write_text(hours_of(NOW - timedelta(hours=47), 48))
    result = run("simulate", "py-002", "--weather", "w.csv", "--backlog-days", "7", clock=clock)
    assert result.exit_code == 1
    assert "backlog: begins with the weather on 2016-05-08 01:00 UTC, 2.0 days ago" in result.output
    assert (
        "--backlog-days is for a first start; not for py-002, whose flash exists "
        f"({flash}); remove it to start from nothing\n"
    ) in result.output
    assert "Error: the weather ended on 2016-05-10 01:00 UTC, and the clock" in result.output
    assert started == [pytest.approx(47 / 24)]


@pytest.mark.parametrize("url", ["tcp://u:secret@h", "mqtt://u:sec/ret@h:1", "u:secret@h"])
def test_a_password_is_not_printed(run: Any, url: str) -> None:
    result = run("enroll", "qf-001", "--broker", url)
    assert result.exit_code == 1
    assert "…@h" in result.output
    assert "sec" not in result.output.replace("keep it secret", "")


def test_enroll_tells_what_it_ends_and_replaces(run: Any, tmp_path: Path) -> None:
    (tmp_path / "py-002.json").touch()
    assert run("enroll", "py-002").output.splitlines() == [
        "py-002: the key of epoch 3 is retired; files and images that hold it are of no use any "
        "more",
        "py-002.json: the file that was there is replaced",
        "py-002: key epoch 4; configuration in py-002.json (keep it secret)",
    ]


def test_the_group_has_an_example(run: Any) -> None:
    assert "nongqing node enroll qf-001 --broker" in run("--help").output


@pytest.mark.parametrize(
    ("environment", "code", "message"),
    [
        ({"NONGQING_CLOCK": "foo"}, 2, 'Error: NONGQING_CLOCK: cannot read "foo"'),
        ({}, 2, "Error: NONGQING_DSN is not set"),
        ({"NONGQING_DSN": "postgresql://u:pw@127.0.0.1:1/x"}, 1, "Error: database 127.0.0.1:1/x:"),
    ],
)
@pytest.mark.parametrize("arguments", [["list"], ["simulate"], ["enroll", "qf-001"]])
def test_ordinary_trouble_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    environment: dict[str, str],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("NONGQING_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(main, ["node", *arguments])
    assert result.exit_code == code
    assert result.output.startswith(message)
    assert len(result.output.splitlines()) == 1
    assert isinstance(result.exception, SystemExit)


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
    write_config(path, node_config(Key("qf-001"), board, parse_broker_url("mqtt://h")))
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
        from datetime import UTC, datetime
        from pathlib import Path
        from types import SimpleNamespace
        from field_configs.load import load
        from firmware.workbench.cli import node
        from tests.firmware.field import START, Key
        from tests.firmware.test_cli import Memory, Row
        settings = SimpleNamespace(
            state_dir=Path({str(tmp_path)!r}),
            need_broker=lambda: "mqtt://127.0.0.1:{broker_port}",
        )
        spec = f"sim:{{START + 864000}}@{time.time()}*3600"
        now = datetime.fromtimestamp(START + 864000, UTC)
        clock = SimpleNamespace(spec=lambda: spec, now=lambda: now)
        parts = SimpleNamespace(
            registry=lambda: Memory({{"qf-001": Row("qf-001", epoch=1)}}),
            clock=lambda: clock,
            settings=lambda: settings,
            boards=lambda: load(site=None).boards,
        )
        node(["simulate", "--weather", {str(weather_file)!r}, "--backlog-days", "1"], obj=parts)
        """)
    )
    root = ROOT
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
    assert "1 nodes run; Ctrl-C stops them" in output
    assert psutil.wait_procs(nodes, timeout=5)[1] == []
