"""Where others let us send something: by https, to public addresses, and nowhere into our network.

A name is resolved when something goes out, every address that it has is checked, and the addresses
that were checked are those that are connected to: a name that is resolved again, to another
address, is of no use to anybody. Redirects are not followed (`collector.senders.webhook`).

References
----------
IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890).
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from collector.senders.address import PORTS, Address

LONGEST = 2000
#: Ports of programs that speak HTTP; those of other services are left alone.
LEAST_PORT = 1024
#: What Python counts as global and is no place to send to: addresses of protocols, at which some
#: clouds keep what a machine may know of itself; relays of 6to4; the host below Azure's machines.
NOT_PUBLIC = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")))
GLOBAL_UNICAST = ip_network("2000::/3")
#: IPv6 that leads into IPv4 or nowhere: Teredo, ORCHID and others; 6to4; documentation.
LEADS_ELSEWHERE = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
#: Ends of names that are known in a network alone.
OURS = (".localhost", ".local", ".internal", ".localdomain", ".lan", ".home.arpa")


class DestinationError(ValueError):
    """Nothing is sent there; the message says why."""


def is_public(address: str) -> bool:
    """Whether an address is one of the public network.

    Parameters
    ----------
    address : str
        IPv4 or IPv6, as `socket.getaddrinfo` writes it.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        elsewhere = any(found in each for each in LEADS_ELSEWHERE)
        return found in GLOBAL_UNICAST and found.scope_id is None and not elsewhere
    known = any(found in each for each in NOT_PUBLIC)
    return found.is_global and not found.is_multicast and not known


def _is_here(address: str) -> bool:
    found = ip_address(address)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    plain: IPv4Address | IPv6Address = mapped or found
    return plain.is_loopback


def parse_destination(url: str, *, here: bool = False) -> Address:
    """Take the address of a receiver apart.

    Parameters
    ----------
    url : str
        ``https://host[:port]/path``
    here : bool
        Whether this machine, and http to it, are allowed.

    Raises
    ------
    DestinationError
        When it is not of that form, or it is plain without a look at names that it leads into a
        network of ours.
    """
    form = "write https://host/path, without user, password and fragment"
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        name = host if ":" in host else host.encode("idna").decode()
    except ValueError:
        raise DestinationError(f"cannot be read; {form}") from None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    odd = not target.isascii() or not url.isprintable() or " " in url or "\\" in url
    stray = "@" in parts.netloc or parts.fragment or "%" in host
    if len(url) > LONGEST or odd or stray or not host:
        raise DestinationError(f"cannot be read; {form}")
    if parts.scheme != "https" and not (here and parts.scheme == "http"):
        raise DestinationError(f'"{parts.scheme[:20]}" is not sent by; {form}')
    port = PORTS[parts.scheme] if port is None else port
    if port != PORTS[parts.scheme] and port < LEAST_PORT:
        raise DestinationError(f"port {port} is not sent to; use 443, or one from {LEAST_PORT} on")
    address = Address(name, port, parts.scheme == "https", target)
    literal = _resolved(address, socket.AI_NUMERICHOST)
    if literal:
        prove(address, literal, here=here)
    elif not here and ("." not in name or name.endswith(OURS)):
        raise DestinationError(f"{name} is a name of a network of ours; name a public host")
    return address


def _resolved(address: Address, flags: int = 0) -> list[str]:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def prove(address: Address, found: list[str], *, here: bool = False) -> None:
    """Refuse a host of whose addresses one is not public.

    Raises
    ------
    DestinationError
    """
    if here and all(map(_is_here, found)):
        return
    if not address.tls:
        raise DestinationError(f"{address.host} is not this machine; write https://")
    for each in found:
        if not is_public(each):
            raise DestinationError(f"{address.host} is at {each}, which is no public address")


def resolve(address: Address, *, here: bool = False) -> list[str]:
    """Return the addresses of a host, all of which are public; connect to one of these.

    Raises
    ------
    DestinationError
        When it has none, or one that is not.
    """
    found = _resolved(address)
    if not found:
        raise DestinationError(f"{address.host}: there is no host of this name")
    prove(address, found, here=here)
    return found
