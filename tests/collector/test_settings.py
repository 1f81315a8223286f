"""Settings from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.clock import ClockSpecError
from collector.settings import BrokerAddress, Settings, SettingsError, parse_broker


def test_defaults() -> None:
    assert Settings.from_env({}) == Settings(None, None, Path(".nongqing"))


def test_everything_is_read() -> None:
    settings = Settings.from_env(
        {
            "NONGQING_DSN": "postgresql://db/x",
            "NONGQING_BROKER": "mqtt://b",
            "NONGQING_STATE_DIR": "/s",
            "NONGQING_MASTER_KEY": "k",
            "NONGQING_CLOCK": "sim:0@0*2",
            "NONGQING_SHARED_GROUP": "g",
        }
    )
    assert settings.need_dsn() == "postgresql://db/x"
    assert settings.need_broker() == "mqtt://b"
    assert (settings.state_dir, settings.master_key) == (Path("/s"), "k")
    assert settings.clock().spec() == "sim:0.000@0.000*2"
    assert settings.shared_group == "g"


def test_the_key_of_updates_is_a_file_that_can_be_read(tmp_path: Path) -> None:
    key = tmp_path / "update.key.pub"
    key.write_text("k")
    assert Settings.from_env({"NONGQING_UPDATE_KEY": str(key)}).update_key == key
    with pytest.raises(SettingsError, match="NONGQING_UPDATE_KEY: .*gone cannot be read"):
        Settings.from_env({"NONGQING_UPDATE_KEY": str(tmp_path / "gone")})


def test_missing_addresses_say_what_to_set() -> None:
    with pytest.raises(SettingsError, match=r"NONGQING_DSN is not set: .*`nongqing up`"):
        Settings.from_env({}).need_dsn()
    with pytest.raises(SettingsError, match=r"NONGQING_BROKER is not set: .*`nongqing up`"):
        Settings.from_env({}).need_broker()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("mqtt://h", BrokerAddress("h", 1883, False, None, None)),
        ("mqtts://u:p@h", BrokerAddress("h", 8883, True, "u", "p")),
        ("mqtts://u:a%40b%23@h", BrokerAddress("h", 8883, True, "u", "a@b#")),
        ("mqtt://[::1]:99", BrokerAddress("::1", 99, False, None, None)),
    ],
)
def test_broker_addresses(url: str, address: BrokerAddress) -> None:
    assert parse_broker(url) == address


@pytest.mark.parametrize(
    "url", ["localhost", "http://h", "mqtt://", "mqtt://h:port", "mqtt://h:-1"]
)
def test_unreadable_broker_addresses(url: str) -> None:
    with pytest.raises(
        SettingsError, match=r"NONGQING_BROKER: cannot read .*write mqtt://host:port"
    ):
        Settings.from_env({"NONGQING_BROKER": url})


@pytest.mark.parametrize(
    "url",
    [
        "mqtt://u:a/secret@h",
        "mqtt://u:1/secret@h",
        "mqtt://u:a#secret@h",
        "mqtt://u:1#secret@h",
        "mqtt://u:1?secret@h",
        "mqtt://u:secret@h:port",
        "mqtt://u:secret@[h",
        "mqtt://u:secret@a..b",
    ],
)
def test_an_unreadable_broker_address_is_never_shown(url: str) -> None:
    with pytest.raises(SettingsError, match=r"%40 for @, .*%23 for #") as caught:
        parse_broker(url)
    assert "secret" not in str(caught.value)


def test_an_unreadable_clock() -> None:
    with pytest.raises(ClockSpecError):
        Settings.from_env({"NONGQING_CLOCK": "noon"})
