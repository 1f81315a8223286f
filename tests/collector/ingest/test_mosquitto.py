"""A real Mosquitto with its own authority, client certificates and access rules."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collector.ingest import broker
from collector.ingest.broker import SUBSCRIPTIONS, MqttLink
from collector.one_machine.embedded import free_port
from collector.settings import BrokerTls, Settings, SettingsError
from tests.mosquitto import Authority, mosquitto


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that failed is tried again at once."""
    monkeypatch.setattr(broker, "CONNECT_AGAIN_SECONDS", (0.01, 0.05))


@contextmanager
def linked(url: str, tls: BrokerTls | None = None) -> Iterator[MqttLink]:
    link = MqttLink(url, lambda message: None, tls=tls)
    link.start()
    try:
        yield link
    finally:
        link.stop()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority.make(tmp_path / "pki")
    for name in ("server", "collector"):
        made.sign(name)
    return made


@pytest.fixture
def tls_lines(authority: Authority) -> list[str]:
    at = authority.folder
    return [
        f"cafile {at / 'ca.crt'}",
        f"certfile {at / 'server.crt'}",
        f"keyfile {at / 'server.key'}",
    ]


# the client leaves the socket of a failed handshake to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_authority_of_ones_own_is_named_by_a_setting(
    authority: Authority, tls_lines: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ca = authority.folder / "ca.crt"
    with mosquitto(tmp_path, "allow_anonymous true", *tls_lines) as port:
        url = f"mqtts://127.0.0.1:{port}"
        with linked(url) as stranger:
            until(lambda: stranger.trouble is not None)
            assert stranger.trouble is not None
            assert stranger.trouble.kind == "broker_not_trusted"
            until(lambda: "name the file of its authority in NONGQING_BROKER_CA" in caplog.text)
        settings = Settings.from_env({"NONGQING_BROKER_CA": str(ca)})
        with linked(url, settings.broker_tls) as link:
            assert link.subscribed.wait(20)
            assert link.trouble is None


def test_a_broker_that_asks_for_a_certificate_gets_ours(
    authority: Authority, tls_lines: list[str], tmp_path: Path
) -> None:
    at = authority.folder
    lines = ["require_certificate true", "use_identity_as_username true", *tls_lines]
    settings = Settings.from_env(
        {
            "NONGQING_BROKER_CA": str(at / "ca.crt"),
            "NONGQING_BROKER_CERT": str(at / "collector.crt"),
            "NONGQING_BROKER_KEY": str(at / "collector.key"),
        }
    )
    with (
        mosquitto(tmp_path, *lines) as port,
        linked(f"mqtts://127.0.0.1:{port}", settings.broker_tls) as link,
    ):
        assert link.subscribed.wait(20)


def security(folder: Path, *, subscribe: bool) -> list[str]:
    """Lines for Mosquitto's own access rules, which refuse what is not allowed."""
    (plugin,) = Path("/usr/lib").glob("*/mosquitto_dynamic_security.so")
    rules = folder / "rules.json"
    allowed = dict.fromkeys(("publishClientSend", "publishClientReceive", "unsubscribe"), True)
    allowed["subscribe"] = subscribe
    rules.write_text(json.dumps({"defaultACLAccess": allowed, "clients": [], "roles": []}))
    return [
        "allow_anonymous true",
        f"plugin {plugin}",
        f"plugin_opt_config_file {rules}",
    ]


def test_a_refused_subscription_is_no_connection(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Access rules that let the collector in but not read: nothing comes, and it says so."""
    caplog.set_level(logging.INFO)
    port = free_port()
    with linked(f"mqtt://127.0.0.1:{port}") as link:
        with mosquitto(tmp_path, *security(tmp_path, subscribe=False), port=port):
            until(lambda: link.trouble is not None and link.trouble.kind.endswith("refuses_topics"))
            assert link.trouble is not None
            assert link.trouble.params["topics"] == ", ".join(SUBSCRIPTIONS)
            assert "does not let user (none) read nq/1/+/up, nq/1/+/evt, nq/1/+/ask" in caplog.text
            assert ": connected" not in caplog.text
            assert not link.subscribed.is_set()
        with mosquitto(tmp_path, *security(tmp_path, subscribe=True), port=port):
            assert link.subscribed.wait(20)
            assert link.trouble is None
    assert ": connected" in caplog.text


@pytest.mark.parametrize("part", ["CA", "CERT", "KEY"])
def test_a_file_that_is_not_there_is_named(part: str, tmp_path: Path) -> None:
    name = f"NONGQING_BROKER_{part}"
    with pytest.raises(SettingsError, match=rf"{name}: .*/gone cannot be read \(No such file"):
        Settings.from_env({name: str(tmp_path / "gone")})


def test_certificate_and_key_belong_together(authority: Authority) -> None:
    env = {"NONGQING_BROKER_CERT": str(authority.folder / "collector.crt")}
    with pytest.raises(SettingsError, match="belong together: set both or none"):
        Settings.from_env(env)


def test_a_file_that_is_no_certificate_is_named(authority: Authority, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    with pytest.raises(SettingsError, match="NONGQING_BROKER_CA, _CERT, _KEY: cannot be used"):
        MqttLink("mqtts://h", lambda message: None, tls=BrokerTls(bad))
    other = BrokerTls(None, authority.folder / "collector.crt", authority.folder / "server.key")
    with pytest.raises(SettingsError, match="belonging to the certificate"):
        MqttLink("mqtts://h", lambda message: None, tls=other)
