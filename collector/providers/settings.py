"""Which service of weather is asked, where, and with what key: read from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from collector.providers import open_meteo
from collector.providers.open_meteo import OpenMeteo
from collector.providers.provider import Provider
from collector.secret_file import read_secret
from collector.senders.address import LOOPBACK, PORTS, Address
from collector.settings import SettingsError

PROVIDERS = (open_meteo.NAME,)
#: Of the free service, and of a subscription.
FREE = ("https://api.open-meteo.com", "https://archive-api.open-meteo.com")
PAID = ("https://customer-api.open-meteo.com", "https://customer-archive-api.open-meteo.com")
FEWEST_CHARACTERS = 8


def provider_from_env(env: Mapping[str, str] | None = None) -> Provider | None:
    """Return the service that `env` names (the process's environment when left out), if any.

    ``NONGQING_WEATHER`` names it, ``NONGQING_WEATHER_KEY_FILE`` a file with its key, and
    ``NONGQING_WEATHER_URL`` and ``NONGQING_WEATHER_ARCHIVE_URL`` where it is, when not at home.

    Raises
    ------
    SettingsError
        When one cannot be read.
    """
    env = os.environ if env is None else env
    name = env.get("NONGQING_WEATHER") or ""
    if not name:
        return None
    if name not in PROVIDERS:
        raise SettingsError(
            f'NONGQING_WEATHER: "{name[:40]}" is no service of weather that is known; write '
            f"{' or '.join(PROVIDERS)}, or leave it out"
        )
    file = env.get("NONGQING_WEATHER_KEY_FILE")
    key = _key(Path(file)) if file else None
    home, archive = PAID if key else FREE
    return OpenMeteo(
        _base(env.get("NONGQING_WEATHER_URL") or home, "NONGQING_WEATHER_URL", key),
        _base(
            env.get("NONGQING_WEATHER_ARCHIVE_URL") or archive, "NONGQING_WEATHER_ARCHIVE_URL", key
        ),
        key,
    )


def _key(path: Path) -> str:
    name = "NONGQING_WEATHER_KEY_FILE"
    try:
        text = read_secret(path, name, FEWEST_CHARACTERS).decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() or not text or " " in text:
        raise SettingsError(f"{name}: {path} holds no key; write the key alone into it")
    return text


def _base(url: str, setting: str, key: str | None) -> Address:
    """Take the address of an API apart.

    Raises
    ------
    SettingsError
        When it is not of the form; the message shows nothing of it.
    """
    form = f"{setting}: cannot read it; write https://host[:port][/path], without ? and password"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        raise SettingsError(form) from None
    odd = not url.isascii() or not url.isprintable() or " " in url or parts.query or parts.fragment
    if parts.scheme not in PORTS or not host or port == 0 or "@" in parts.netloc or odd:
        raise SettingsError(form)
    if parts.scheme == "http" and key and host not in LOOPBACK:
        raise SettingsError(f"{setting}: the key would go to {host} unencrypted; write https://")
    return Address(host, port or PORTS[parts.scheme], parts.scheme == "https", parts.path)
