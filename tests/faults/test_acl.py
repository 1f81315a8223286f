"""On Mosquitto as in production a device keeps to its topics, and a revoked one is out."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

import nongqing
from collector.commands.network.admit import LOOK_SECONDS, Admission
from collector.store.network import registry
from collector.store.postgres import db
from field_configs.load import load
from firmware.wire.topics import topic
from tests.faults import acl
from tests.faults.acl import Device, Site, Tunnel, as_collector, enrol_all, nodes, site, until
from tests.mosquitto import MOSQUITTO

Made = tuple[Site, dict[str, registry.NodeKey]]

pytestmark = pytest.mark.system


@pytest.fixture
def made(
    conn: db.Connection, dsn: str, tmp_path: Path
) -> Iterator[tuple[Site, dict[str, registry.NodeKey]]]:
    if not Path(MOSQUITTO).exists():
        reason = "mosquitto is not installed (apt-get install mosquitto)"
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    with conn:
        registry.import_configs(conn, load(site="demo"), datetime.now(UTC))
    keys = enrol_all(conn, tmp_path / "state")
    with site(dsn, tmp_path) as ready:
        yield ready, keys


@contextmanager
def following(made: Site, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Look at the registry each second, as the command does; lends what it says."""
    parts = nongqing.Parts()
    over, told = threading.Event(), []

    def follow() -> None:
        with parts.store() as pool:
            admission = Admission(parts, pool, made.broker.own, made.broker.pid_file)
            while not over.is_set():
                admission.renew()
                told.append(capsys.readouterr().out)
                over.wait(LOOK_SECONDS)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield lambda: "".join(told)
    finally:
        over.set()
        thread.join()


def test_each_device_keeps_to_its_topics_and_a_revoked_one_is_out(
    made: Made,
    conn: db.Connection,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ready, keys = made
    for name, value in ready.environment.items():
        monkeypatch.setenv(name, value)
    assert len(keys) >= 6
    with nodes(ready, list(keys.values())) as devices:
        collector = as_collector(ready)
        outcome = acl.try_all(devices, collector)
        assert outcome.publishes > len(keys) * (len(keys) - 1)
        assert outcome.passed == []
        assert outcome.own_refused == []
        assert outcome.overheard == []
        out = sorted(keys)[0]
        with following(ready, capsys) as said:
            until(lambda: "Reloading config" in ready.broker.log, what="the first reading")
            with conn:
                registry.revoke(conn, out, reason="stolen", by="Li", at=datetime.now(UTC))
            until(lambda: devices[out].lost is not None, acl.OUT_SECONDS, f"{out} is out")
            until(lambda: f"put out: {out}" in said(), what="the end of putting out")
        assert [name for name, device in devices.items() if device.lost] == [out]
        assert collector.lost is None
        tunnel = Tunnel(ready.broker.ports["8883"], out, acl.psk_of(keys[out].key))
        with pytest.raises(AssertionError, match="comes in"):
            Device.make(out, tunnel.port, 1.0)
        tunnel.close()
        others = [device for name, device in devices.items() if name != out]
        assert not any(any(one.is_refused([topic(one.name, "up")])) for one in others)
        collector.close()
