"""The MQTT client for thousands of messages a second.

The client as it comes reads a byte, another byte and the rest of each packet from the socket, looks
whether there is more to do after each of them, and sends each confirmation by itself. Every such
call gives Python's lock away, and those who decode meanwhile do not hurry to give it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

_READ_BYTES = 1 << 16
#: Most packets before the client looks again whether there is something to send.
_READ_MOST = 1000
_PUBACK = 0x40


class _Buffered:
    """A socket, or one with TLS, that is read in large pieces."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._data = b""
        self._at = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv(self, size: int) -> bytes:
        """Return at most so many bytes of what came; raises as the socket does."""
        if self._at == len(self._data):
            self._data, self._at = self._sock.recv(_READ_BYTES), 0
        found: bytes = self._data[self._at : self._at + size]
        self._at += len(found)
        return found

    def pending(self) -> int:
        """How many bytes can be read though the system's socket may have none.

        Behind them is nothing: a record of TLS, 16 KiB at most, is read whole.
        """
        return len(self._data) - self._at


class BufferedClient(mqtt.Client):
    """paho's client with a socket that is read in large pieces."""

    def _create_socket(self) -> Any:
        return _Buffered(super()._create_socket())

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what came; the client's own loop calls this."""
        for _ in range(_READ_MOST):
            found = super().loop_read(max_packets)
            sock: Any = self.socket()
            if found or sock is None or not sock.pending():
                break
        return found

    def ack_all(self, numbers: Iterable[int]) -> None:
        """Confirm messages of QoS 1, by their packet identifiers, in one piece."""
        packets = b"".join(b"\x40\x02" + number.to_bytes(2, "big") for number in numbers)
        if packets:
            self._packet_queue(_PUBACK, packets, 0, 1)
