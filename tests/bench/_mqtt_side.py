"""The nodes' side of MQTT as plain bytes (3.1.1), so that thousands a second cost little."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence

from collector.ingest.authenticity import Message
from firmware.wire import codec, seal

_CONNECT, _PUBLISH_QOS_1, _SUBSCRIBE, _PUBACK = 0x10, 0x32, 0x82, 0x40


def _packet(kind: int, body: bytes) -> bytes:
    size, length = len(body), bytearray()
    while True:
        size, low = size >> 7, size & 0x7F
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes((kind,)) + bytes(length) + body


def _text(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()


class Side:
    """A connection to the broker that publishes; what comes in is kept with its time.

    Parameters
    ----------
    port : int
    name : str
        Client identifier.
    topic : str, optional
        Subscribed to with QoS 0.
    """

    def __init__(self, port: int, name: str, topic: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard: list[tuple[float, bytes]] = []
        self.confirmed = 0
        self._sent = 0
        self.socket.sendall(_packet(_CONNECT, _text("MQTT") + b"\x04\x02\x00\x00" + _text(name)))
        if topic:
            self.socket.sendall(_packet(_SUBSCRIBE, b"\x00\x01" + _text(topic) + b"\x00"))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def publish(self, messages: Sequence[Message], window: int = 2000) -> None:
        """Publish with QoS 1, at most `window` of them unconfirmed."""
        parts = []
        for message in messages:
            self._sent += 1
            number = (self._sent % 65535 + 1).to_bytes(2, "big")
            parts.append(_packet(_PUBLISH_QOS_1, _text(message.topic) + number + message.payload))
        for at in range(0, len(parts), 100):
            while self._sent - len(parts) + at - self.confirmed > window:
                time.sleep(0.001)
            self.socket.sendall(b"".join(parts[at : at + 100]))

    def settle(self) -> None:
        """Wait until the broker has confirmed everything."""
        while self.confirmed < self._sent:
            time.sleep(0.005)

    def close(self) -> None:
        """End the connection."""
        self.socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self.socket.close()

    def _read(self) -> None:
        data = bytearray()
        while more := self.socket.recv(1 << 16):
            now = time.time()
            data += more
            at = 0
            while True:
                size = shift = 0
                place = at + 1
                while place < len(data):
                    size |= (data[place] & 0x7F) << shift
                    shift += 7
                    place += 1
                    if data[place - 1] < 0x80:
                        break
                else:
                    break
                if place + size > len(data):
                    break
                if data[at] == _PUBACK:
                    self.confirmed += 1
                elif data[at] & 0xF0 == 0x30:
                    self.heard.append((now, bytes(data[place : place + size])))
                at = place + size
            del data[:at]


def acknowledged(heard: Sequence[tuple[float, bytes]]) -> dict[tuple[str, int], float]:
    """When each frame was first acknowledged, by node and number."""
    found: dict[tuple[str, int], float] = {}
    for at, body in heard:
        size = int.from_bytes(body[:2], "big")
        node = body[2 : 2 + size].decode().split("/")[2]
        for _, number in codec.decode_ack(seal.parse(body[2 + size :])[1]).frames:
            found.setdefault((node, number), at)
    return found
