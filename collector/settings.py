"""What a running system is given from outside: addresses, folders, the clock."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from collector.clock import Clock, from_spec
from collector.running_note import Running, read_running

DEFAULT_STATE_DIR = ".nongqing"
AUDIT_HEAD = "audit.head"
ARCHIVE = "archive"
BROKER_SCHEMES = {"mqtt": 1883, "mqtts": 8883}

BROKER_FORM = (
    "NONGQING_BROKER: cannot read it; write mqtt://host:port or mqtts://user:password@host:port; "
    "in the password write %40 for @, %2F for /, %23 for #, %25 for %"
)


class SettingsError(ValueError):
    """A setting is missing or cannot be read; the message names it and the mend."""


def make_state_dir(folder: Path) -> None:
    """Make the state folder where it does not exist.

    Raises
    ------
    SettingsError
        When it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{folder}: this folder cannot be made ({error.strerror}); name one that you may "
            "write to in NONGQING_STATE_DIR"
        ) from error


@dataclass(frozen=True)
class BrokerTls:
    """Files in PEM: the authority that signed the broker's certificate (None: the system's own
    authorities), and our certificate and key where the broker asks for them.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


def _path(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]) if env.get(name) else None


def _file(env: Mapping[str, str], name: str) -> Path | None:
    """Return the file that a setting names.

    Raises
    ------
    SettingsError
        When it cannot be read.
    """
    if not env.get(name):
        return None
    path = Path(env[name])
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise SettingsError(
            f"{name}: {path} cannot be read ({error.strerror}); name a file in PEM that this user "
            "may read"
        ) from error


def _proxies(text: str) -> int:
    """Read how many proxies stand before the web.

    Raises
    ------
    SettingsError
        When it is no small number.
    """
    if not (text.isascii() and text.isdigit() and len(text) == 1):
        raise SettingsError(
            f"NONGQING_PROXIES: {text[:20]!r} is no number of proxies; write 1 behind nginx or "
            "caddy, 0 without (0 to 9)"
        )
    return int(text)


def _url(text: str | None) -> str | None:
    """Read the public address of the pages.

    Raises
    ------
    SettingsError
        When it is no address of a whole site.
    """
    if not text:
        return None
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        stray = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    except ValueError:
        good, stray = False, ""
    if not good or stray:
        raise SettingsError(
            f"NONGQING_URL: {text[:60]!r} is no address of the pages; write it as people open it, "
            "https://nongqing.example"
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _webhooks_here(text: str) -> bool:
    """Read where subscribers may be.

    Raises
    ------
    SettingsError
        When it is neither of two words.
    """
    if text not in ("public", "here"):
        raise SettingsError(
            f'NONGQING_WEBHOOKS: "{text[:20]}": write public, or here where programs of this '
            "machine may be subscribers too"
        )
    return text == "here"


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
    broker_tls : BrokerTls
        Whom to believe over ``mqtts``, and how to prove who we are.
    web_key : str or None
        Base64 of 32 bytes; None where the key file in `state_dir` is used.
    metrics_token : str or None
        What a reader of /metrics from another machine must show; None: nobody may.
    audit_head : Path or None
        File for the heads of the audit log; None where it is ``audit.head`` in `state_dir`.
    audit_key : Path or None
        File of the key that heads are sealed with; None where they are not.
    proxies : int
        How many proxies stand before the web, each of which adds to the ``X-Forwarded`` headers;
        0 believes none of them.
    url : str or None
        Address at which people open the pages, ``https://nongqing.example``: security keys belong
        to it; None: whatever address a request names.
    update_key : Path or None
        File of the public key that nodes trust updates of.
    webhooks_here : bool
        Whether subscribers may be programs of this machine, by http too: for trying things out.
    archive : Path or None
        Folder of frames that were moved out of the database; None: ``archive`` in `state_dir`.
    """

    dsn: str | None
    broker: str | None
    state_dir: Path
    master_key: str | None = None
    clock_spec: str = "system"
    shared_group: str | None = None
    broker_tls: BrokerTls = BrokerTls()
    web_key: str | None = None
    metrics_token: str | None = None
    audit_head: Path | None = None
    audit_key: Path | None = None
    proxies: int = 0
    url: str | None = None
    webhooks_here: bool = False
    update_key: Path | None = None
    archive: Path | None = None

    @property
    def archive_folder(self) -> Path:
        """The folder of frames that were moved out of the database."""
        return self.archive or self.state_dir / ARCHIVE

    @property
    def audit_head_file(self) -> Path:
        """The file that heads of the audit log are written to."""
        return self.audit_head or self.state_dir / AUDIT_HEAD

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
            broker_tls=BrokerTls(
                *(_file(env, f"NONGQING_BROKER_{part}") for part in ("CA", "CERT", "KEY"))
            ),
            web_key=env.get("NONGQING_WEB_KEY") or None,
            metrics_token=env.get("NONGQING_METRICS_TOKEN") or None,
            audit_head=_path(env, "NONGQING_AUDIT_HEAD"),
            audit_key=_path(env, "NONGQING_AUDIT_KEY"),
            proxies=_proxies(env.get("NONGQING_PROXIES") or "0"),
            url=_url(env.get("NONGQING_URL")),
            update_key=_file(env, "NONGQING_UPDATE_KEY"),
            webhooks_here=_webhooks_here(env.get("NONGQING_WEBHOOKS") or "public"),
            archive=_path(env, "NONGQING_ARCHIVE"),
        )
        if (settings.broker_tls.cert is None) != (settings.broker_tls.key is None):
            raise SettingsError(
                "NONGQING_BROKER_CERT and NONGQING_BROKER_KEY belong together: set both or none"
            )
        if settings.broker is not None:
            parse_broker(settings.broker)
        from_spec(settings.clock_spec)
        return settings

    def clock(self) -> Clock:
        """Return the clock that `clock_spec` describes, or that of the `nongqing up` in use."""
        found = self._running() if self.clock_spec == "system" else None
        return from_spec(self.clock_spec if found is None else found.clock)

    def _running(self) -> Running | None:
        """Return the `nongqing up` that these settings lead to, if it runs."""
        found = read_running(self.state_dir)
        return found if found is not None and self.dsn in (None, found.dsn) else None

    def need_dsn(self) -> str:
        """Return the database's address: the one that is set, else that of a `nongqing up`.

        Raises
        ------
        SettingsError
            When none is set and no `nongqing up` runs from the state folder.
        RunningNoteError
            When its note cannot be read.
        """
        found = self._running() if self.dsn is None else None
        if found is not None:
            return found.dsn
        if self.dsn is None:
            raise SettingsError(
                "NONGQING_DSN is not set: name the database, for example "
                "postgresql://nongqing@db.example/nongqing, or use `nongqing up`, "
                "which brings one"
            )
        return self.dsn

    def need_broker(self) -> str:
        """Return the broker's address: the one that is set, else that of a `nongqing up`.

        Raises
        ------
        SettingsError
            When none is set and no `nongqing up` runs from the state folder.
        RunningNoteError
            When its note cannot be read.
        """
        found = self._running() if self.broker is None else None
        if found is not None:
            return found.broker
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
        When it is not of that form; the message shows nothing of it, as it may hold a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        raise SettingsError(BROKER_FORM) from None
    stray = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in BROKER_SCHEMES or not host or port == 0 or stray:
        raise SettingsError(BROKER_FORM)
    return BrokerAddress(
        host=host,
        port=port or BROKER_SCHEMES[parts.scheme],
        tls=parts.scheme == "mqtts",
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )
