"""What `broker admit` says where it cannot do its work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from collector.commands.network.admit import Admission
from collector.keys import load_or_make_master_key
from collector.one_machine.embedded import free_port
from collector.settings import Settings
from collector.store.network import external_devices, registry
from collector.store.network.registry import KeyRow
from collector.store.postgres import db
from tests.collector.conftest import NOW


@dataclass
class Parts:
    """What the front door hands over."""

    state: Path
    broker: str

    def settings(self) -> Settings:
        return Settings(dsn=None, broker=self.broker, state_dir=self.state)

    def psk_line(self, key: KeyRow) -> str:
        return f"{key.node}:{key.key.hex()}"


@pytest.fixture
def admission(registered: db.Connection, pool: db.Pool, tmp_path: Path) -> Admission:
    """Of a registry with two nodes, and a broker that is nowhere."""
    master = load_or_make_master_key(tmp_path / "state", None)
    with registered:
        for row in registry.nodes(registered)[:2]:
            registry.enroll(registered, master, row.id, at=NOW)
    (tmp_path / "broker").mkdir()
    parts = Parts(tmp_path / "state", f"mqtt://127.0.0.1:{free_port()}")
    return Admission(parts, pool, tmp_path / "broker", tmp_path / "pid")  # type: ignore[arg-type]


def test_a_folder_that_is_not_there_is_named(admission: Admission, tmp_path: Path) -> None:
    (tmp_path / "broker").rmdir()
    with pytest.raises(click.ClickException, match=r"nodes.new: cannot be written \(No such file"):
        admission.renew()


@pytest.mark.parametrize(
    ("said", "reason"),
    [(None, "No such file"), ("x", "no number in it"), ("4194303", "No such p")],
)
def test_a_broker_that_cannot_be_signalled_is_named(
    said: str | None, reason: str, admission: Admission, tmp_path: Path
) -> None:
    if said is not None:
        (tmp_path / "pid").write_text(said)
    for _ in range(2):  # and is tried again
        with pytest.raises(click.ClickException, match=rf"pid: .* be signalled \({reason}"):
            admission.renew()


def test_who_cannot_be_put_out_is_named_and_tried_again(
    admission: Admission, tmp_path: Path, registered: db.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.commands.network.admit.PUT_OUT_SECONDS", (0.0,))
    monkeypatch.setattr("os.kill", lambda *_: None)
    (tmp_path / "pid").write_text("1")
    admission.renew()
    out = registry.nodes(registered)[0].id
    with registered:
        registry.revoke(registered, out, reason="stolen", by="Li", at=NOW)
    for _ in range(2):
        with pytest.raises(click.ClickException, match=rf"cannot be ended .*: {out}; correct"):
            admission.renew()
    assert out not in (tmp_path / "broker" / "nodes.psk").read_text()


def test_other_makers_devices_come_in_while_they_count(
    admission: Admission, tmp_path: Path, registered: db.Connection, capsys: pytest.CaptureFixture
) -> None:
    admission.pid_file = None
    folder = tmp_path / "broker"
    with registered:
        external_devices.enrol(registered, "gauge-7", [], step_s=600, at=NOW, by="Li")
        external_devices.add_network(registered, "coop", "chirpstack", at=NOW, by="Li")
        external_devices.enrol(
            registered, "far-1", [], step_s=600, at=NOW, by="Li", network="coop", eui="0" * 16
        )
    (folder / "devices.passwd").write_text("gauge-7:$7$x\nold-1:$7$y\n")
    admission.renew()
    assert "2 nodes and 1 other devices may come in" in capsys.readouterr().out
    assert "user gauge-7\ntopic write senml/gauge-7\n" in (folder / "field.acl").read_text()
    assert "far-1" not in (folder / "field.acl").read_text()
    assert (folder / "devices.passwd").read_text() == "gauge-7:$7$x\n"
    with registered:
        external_devices.retire(registered, "gauge-7", NOW)
    admission.renew()
    assert "gauge-7" not in (folder / "field.acl").read_text()
    assert (folder / "devices.passwd").read_text() == ""
    assert admission._standing >= {"gauge-7", "old-1"}
