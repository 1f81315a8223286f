"""What a running system is told from outside: addresses, folders, the clock."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from collector.clock import Clock, from_spec

DEFAULT_STATE_DIR = ".nongqing"
BROKER_SCHEMES = {"mqtt": 1883, "mqtts": 8883}


class SettingsError(ValueError):
    """A setting is missing or cannot be read; the message names it and the mend."""


@dataclass(frozen=True)
class Settings:
    """Settings of one process.

    Attributes
    ----------
    dsn : str or None
        Connection string of the database; None where an embedded one is to be started.
    broker : str or None
        ``mqtt[s]://[user:password@]host[:port]``; None where an embedded one is to be started.
    state_dir : Path
        Folder of the files that this installation keeps outside the database.
    master_key : str or None
        Base64 of 32 bytes; None where the key file in `state_dir` is used.
    clock_spec : str
        See `collector.clock.from_spec`.
    shared_group : str or None
        Name of the MQTT shared subscription when several collectors divide the work.
    """

    dsn: str | None
    broker: str | None
    state_dir: Path
    master_key: str | None = None
    clock_spec: str = "system"
    shared_group: str | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from `env` (the process's environment when left out).

        Raises
        ------
        SettingsError
            When an address cannot be read.
        ClockSpecError
            When NONGQING_CLOCK cannot be read.
        """
        env = os.environ if env is None else env
        settings = cls(
            dsn=env.get("NONGQING_DSN") or None,
            broker=env.get("NONGQING_BROKER") or None,
            state_dir=Path(env.get("NONGQING_STATE_DIR") or DEFAULT_STATE_DIR),
            master_key=env.get("NONGQING_MASTER_KEY") or None,
            clock_spec=env.get("NONGQING_CLOCK") or "system",
            shared_group=env.get("NONGQING_SHARED_GROUP") or None,
        )
        if settings.broker is not None:
            parse_broker(settings.broker)
        settings.clock()
        return settings

    def clock(self) -> Clock:
        """Return the clock that `clock_spec` describes."""
        return from_spec(self.clock_spec)

    def need_dsn(self) -> str:
        """Return the database's address.

        Raises
        ------
        SettingsError
            When none is set.
        """
        if self.dsn is None:
            raise SettingsError(
                "NONGQING_DSN is not set: name the database, for example "
                "postgresql://nongqing@db.example/nongqing, or use `nongqing up`, "
                "which brings one"
            )
        return self.dsn

    def need_broker(self) -> str:
        """Return the broker's address.

        Raises
        ------
        SettingsError
            When none is set.
        """
        if self.broker is None:
            raise SettingsError(
                "NONGQING_BROKER is not set: name the MQTT broker, for example "
                "mqtts://collector@broker.example:8883, or use `nongqing up`, which brings one"
            )
        return self.broker


@dataclass(frozen=True)
class BrokerAddress:
    """A broker's address in its parts."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None


def parse_broker(url: str) -> BrokerAddress:
    """Take a broker's address apart.

    Parameters
    ----------
    url : str
        ``mqtt[s]://[user:password@]host[:port]``

    Raises
    ------
    SettingsError
        When it is not of that form.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in BROKER_SCHEMES or not parts.hostname or port == -1:
        raise SettingsError(
            f'NONGQING_BROKER: cannot read "{url}"; '
            "write mqtt://host:port or mqtts://user:password@host:port"
        )
    return BrokerAddress(
        host=parts.hostname,
        port=port or BROKER_SCHEMES[parts.scheme],
        tls=parts.scheme == "mqtts",
        user=parts.username,
        password=parts.password,
    )
