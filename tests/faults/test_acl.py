"""On Mosquitto as in production a device keeps to its topics, and a revoked one is out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.store.network import registry
from collector.store.postgres import db
from field_configs.load import load
from firmware.wire.topics import topic
from tests.faults import acl
from tests.faults.acl import Device, Site, Tunnel, as_collector, end, enrol_all, nodes, site, until
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


def test_each_device_keeps_to_its_topics_and_a_revoked_one_is_out(
    made: Made, conn: db.Connection
) -> None:
    ready, keys = made
    assert len(keys) >= 6
    with nodes(ready, list(keys.values())) as devices:
        collector = as_collector(ready)
        outcome = acl.try_all(devices, collector)
        assert outcome.publishes > len(keys) * (len(keys) - 1)
        assert outcome.passed == []
        assert outcome.own_refused == []
        assert outcome.overheard == []
        out = sorted(keys)[0]
        following = ready.admit("--pid-file", str(ready.broker.pid_file), "--follow")
        try:
            until(lambda: "Reloading config" in ready.broker.log, what="the first reading")
            with conn:
                registry.revoke(conn, out, reason="stolen", by="Li", at=datetime.now(UTC))
            took = until(lambda: devices[out].lost is not None, acl.OUT_SECONDS, f"{out} is out")
            print(f"out after {took:.1f} s")
            time.sleep(1.0)
            assert [name for name, device in devices.items() if device.lost] == [out]
            assert collector.lost is None
            tunnel = Tunnel(ready.broker.ports["8883"], out, acl.psk_of(keys[out].key))
            with pytest.raises(AssertionError, match="comes in"):
                Device.make(out, tunnel.port, 1.0)
            tunnel.close()
            others = [device for name, device in devices.items() if name != out]
            assert not any(any(one.is_refused([topic(one.name, "up")])) for one in others)
        finally:
            said = end(following)
        assert f"put out: {out}" in said
        collector.close()
