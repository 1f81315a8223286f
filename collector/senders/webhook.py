"""Sends a body to an address that others have named: once, within a time, to where it may go."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from collector.senders.address import Address
from collector.senders.public import DestinationError, parse_destination, resolve

#: For all of one attempt, from the first packet to the end of the answer [s].
TIMEOUT_S = 10.0
#: So much of an answer is read, and none of it kept: whoever names an address learns nothing by us
#: of what stands behind it.
MOST_BYTES = 4096


@dataclass(frozen=True)
class Answered:
    """What came of sending: the status of the answer, None where there was none; why it failed."""

    status: int | None
    why: str = ""

    @property
    def taken(self) -> bool:
        """Whether the receiver has taken it."""
        return self.status is not None and 200 <= self.status < 300


def signature(token: str, body: bytes) -> str:
    """Return what proves who sends a body: ``sha256=`` and its HMAC in hexadecimal.

    Parameters
    ----------
    token : str
        Which the receiver has given.
    body : bytes
    """
    return f"sha256={hmac.new(token.encode(), body, hashlib.sha256).hexdigest()}"


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    here: bool = False,
    timeout_s: float = TIMEOUT_S,
    trust: ssl.SSLContext | None = None,
) -> Answered:
    """Send a body to an address; what goes wrong is in the answer, nothing is raised.

    Parameters
    ----------
    url : str
    body : bytes
    headers : mapping of str to str
    here : bool
        Whether this machine, and http to it, are allowed.
    timeout_s : float
        For all but the resolving of the name, which the system bounds [s].
    trust : ssl.SSLContext, optional
        Whose certificates are believed; the system's where left out.
    """
    try:
        address = parse_destination(url, here=here)
        found = resolve(address, here=here)
    except DestinationError as error:
        return Answered(None, f"dest: {error}")
    deadline = time.monotonic() + timeout_s
    try:
        with connected(address, found, deadline, trust) as conn:
            conn.request("POST", address.target, body, dict(headers))
            response = conn.getresponse()
            with suppress(OSError, http.client.HTTPException):  # the status says it all
                response.read(MOST_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= deadline:
            return Answered(None, f"no answer within {timeout_s:g} s")
        return Answered(None, f"no answer ({type(error).__name__})")
    return Answered(response.status, f"answered {response.status}")


@contextmanager
def connected(
    address: Address, found: list[str], deadline: float, trust: ssl.SSLContext | None
) -> Iterator[http.client.HTTPConnection]:
    """Connect to one of the addresses that were checked, and to no other; cut off at the deadline.

    Timeouts of sockets count from byte to byte: who sends one now and then would hold us for hours.
    """
    plain = _socket(address, found, deadline)
    guard = plain.dup()  # the same connection, whatever becomes of the first socket
    cut = threading.Timer(max(0.0, deadline - time.monotonic()), _shut, (guard,))
    cut.daemon = True
    cut.start()
    conn = http.client.HTTPConnection(address.host, address.port)
    conn.auto_open = 0  # never by itself, which would be to wherever the name leads by then
    try:
        conn.sock = plain
        if address.tls:
            trust = trust or ssl.create_default_context()
            conn.sock = trust.wrap_socket(plain, server_hostname=address.host)
            conn.default_port = 443  # so that the Host header names no port then
        yield conn
    finally:
        cut.cancel()
        conn.close()
        plain.close()
        guard.close()


def _shut(guard: socket.socket) -> None:
    with suppress(OSError):  # it is over already
        guard.shutdown(socket.SHUT_RDWR)


def _socket(address: Address, found: list[str], deadline: float) -> socket.socket:
    last: OSError = OSError("no address")
    for each in found:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            return socket.create_connection((each, address.port), timeout=left)
        except OSError as error:
            last = error
    raise last
