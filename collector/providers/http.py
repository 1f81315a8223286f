"""A request to a service of weather: one answer, within a time and a size, and nothing followed."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from collector.providers.provider import ProviderError
from collector.senders.address import Address
from collector.senders.webhook import connected
from field_configs.events import event

#: For all of a request, from the first packet to the end of the answer [s].
TIMEOUT_S = 30.0
#: A year of hours at fifty places is some 20 MB.
MOST_BYTES = 32 * 1024 * 1024
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "nongqing",
    "Connection": "close",
}


@dataclass(frozen=True)
class Reply:
    """What came: status, headers by small names, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def get(
    address: Address,
    target: str,
    *,
    timeout_s: float = TIMEOUT_S,
    trust: ssl.SSLContext | None = None,
) -> Reply:
    """Ask; redirects are not followed, since they could lead the key elsewhere.

    Parameters
    ----------
    address : Address
        Of the service.
    target : str
        Path and query; never shown, as the key stands in it.
    timeout_s : float
        For all of it [s].
    trust : ssl.SSLContext, optional
        Whose certificates are believed; the system's where left out.

    Raises
    ------
    ProviderError
        When nothing comes, or not all of it, or too much.
    """
    deadline = time.monotonic() + timeout_s
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        hosts = list(dict.fromkeys(str(each[4][0]) for each in found))
        with connected(address, hosts, deadline, trust) as conn:
            conn.request("GET", target, headers=HEADERS)
            response = conn.getresponse()
            body = response.read(MOST_BYTES + 1)
            wanted = response.length
    except (OSError, http.client.HTTPException, ValueError) as error:
        late = time.monotonic() >= deadline
        reason = f"{timeout_s:g} s" if late else type(error).__name__
        raise ProviderError(event("provider_silent", host=address.host, reason=reason)) from None
    if len(body) > MOST_BYTES:
        raise ProviderError(event("provider_too_much", host=address.host, most=MOST_BYTES >> 20))
    if wanted or time.monotonic() >= deadline:
        reason = f"{timeout_s:g} s" if time.monotonic() >= deadline else "IncompleteRead"
        raise ProviderError(event("provider_silent", host=address.host, reason=reason))
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, body)


def retry_after(text: str | None, now: datetime) -> float | None:
    """Return how long a header ``Retry-After`` asks to wait [s]; None where it cannot be read.

    Parameters
    ----------
    text : str or None
        Seconds, or a date (RFC 9110, section 10.2.3).
    now : datetime
        Aware.
    """
    if not text:
        return None
    plain = text.strip()
    if plain.isascii() and plain.isdigit():
        return float(plain[:9])
    try:
        when = parsedate_to_datetime(plain)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())
