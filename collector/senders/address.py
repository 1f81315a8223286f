"""The address of a gateway."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from collector.settings import SettingsError

LOOPBACK = ("127.0.0.1", "::1", "localhost")
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Address:
    """Where a gateway listens; `target` is path and query."""

    host: str
    port: int
    tls: bool
    target: str


def parse_address(url: str, setting: str) -> Address:
    """Take a gateway's address apart.

    Parameters
    ----------
    url : str
        ``https://host[:port]/path``; ``http`` only to this machine, as codes go there.
    setting : str
        Name of the setting, for messages.

    Raises
    ------
    SettingsError
        When it is not of that form; the message shows nothing of it, as it may hold a password.
    """
    form = f"{setting}: cannot read it; write https://host/path, without user and password"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        raise SettingsError(form) from None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    odd = not target.isascii() or not url.isprintable() or " " in url
    if parts.scheme not in PORTS or not host or port == 0 or "@" in parts.netloc or odd:
        raise SettingsError(form)
    if parts.scheme == "http" and host not in LOOPBACK:
        raise SettingsError(
            f"{setting}: codes and numbers would go to {host} unencrypted; write https:// "
            "(http:// is for a gateway on this machine)"
        )
    return Address(host, port or PORTS[parts.scheme], parts.scheme == "https", target)
