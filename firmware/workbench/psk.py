"""Pre-shared keys of nodes for TLS to the broker, and the command `node psk` that prints them.

A node's is made from its own key, so that nothing more need be kept; from it the node's key cannot
be found. A new key of a node is a new pre-shared key.
"""

from __future__ import annotations

import click

from firmware.wire import seal
from firmware.workbench.parts import NodeKey, Parts

LABEL = b"nongqing tls-psk 1"


def psk_of(key: bytes) -> bytes:
    """Make the pre-shared key of the node that has `key`: HMAC-SHA-256 of `LABEL` under it."""
    return bytes(seal.hmac_sha256(key, LABEL))


def psk_line(key: NodeKey) -> str:
    """Return the node's line of Mosquitto's psk_file: identity and key in hexadecimal."""
    return f"{key.node}:{psk_of(key.key).hex()}"


@click.command()
@click.pass_obj
def psk(parts: Parts) -> None:
    """Print the lines of all nodes for the psk_file of a Mosquitto broker.

    One for each node that has a key and is not revoked. Keep the file secret, and let the broker
    read it again after each enrolment (SIGHUP).

    \b
    Example:
      nongqing node psk > /etc/mosquitto/nodes.psk
    """
    registry = parts.registry()
    for row in registry.nodes():
        key = None if row.revoked is not None else registry.key(row.id)
        if key is not None:
            click.echo(psk_line(key))
