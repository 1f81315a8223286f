"""A small MQTT 3.1.1 client over a TCP socket: what a node needs and no more.

Connect with user and password, publish with QoS 1, subscribe, keep alive. Nothing here waits
longer than `TIMEOUT_S`. Source: OASIS, MQTT Version 3.1.1.
"""

import socket
import struct

TIMEOUT_S = 5
MAX_PACKET = 4096
CHUNK = 256  # what arrives is small; a large buffer would need a large hole in the heap
IPPROTO_TCP, TCP_NODELAY = 6, 1

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 0x20, 0x30, 0x40, 0x90, 0xD0


class LinkError(OSError):
    """The connection is gone or the broker broke the protocol."""


def _text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(data)) + data


def _packet(kind, payload):
    length = len(payload)
    head = bytearray((kind,))
    while True:
        length, low = length >> 7, length & 0x7F
        head.append(low | 0x80 if length else low)
        if not length:
            return bytes(head) + payload


class Mqtt:
    """One connection to the broker at `host`:`port` as client `name`."""

    def __init__(self, name, host, port, user=None, password=None, keepalive_s=60):
        self.name = name
        self.address = (host, port)
        self.user = user
        self.password = password
        self.keepalive_s = keepalive_s
        self.socket = None
        self.buffer = b""
        self.packet_id = 0

    def connect(self):
        """Open the connection; OSError if the broker cannot be reached or refuses."""
        self.close()
        host, port = self.address
        where = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][-1]
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(TIMEOUT_S)
            self.socket.connect(where)
            self._send_at_once()
            flags, credentials = 2, b""
            if self.user is not None:
                flags |= 0xC0
                credentials = _text(self.user) + _text(self.password or "")
            header = _text("MQTT") + struct.pack(">BBH", 4, flags, self.keepalive_s)
            self._send(_packet(0x10, header + _text(self.name) + credentials))
            kind, payload = self._wait()
            if kind != CONNACK or len(payload) != 2 or payload[1] != 0:
                raise LinkError("broker %s:%d refused the connection" % (host, port))
        except OSError:
            self.close()
            raise

    def _send_at_once(self):
        # Small packets would otherwise wait for the other side's delayed acknowledgement.
        try:
            self.socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        except (OSError, ValueError):
            pass  # a port without this option is only slower

    def close(self):
        """Close the connection, if there is one."""
        if self.socket:
            self.socket.close()
        self.socket = None
        self.buffer = b""

    def publish(self, topic, payload):
        """Send one QoS 1 message; return its packet id."""
        self._send(_packet(0x32, _text(topic) + self._next_id() + payload))
        return self.packet_id

    def subscribe(self, topic):
        """Ask for `topic` with QoS 1; the broker's answer comes through `receive`."""
        self._send(_packet(0x82, self._next_id() + _text(topic) + b"\x01"))

    def ping(self):
        """Tell the broker that we are alive; its answer comes through `receive`."""
        self._send(b"\xc0\x00")

    def receive(self):
        """Read what has arrived; the socket must be readable.

        Returns
        -------
        list of (kind, topic or packet id, payload)
            PUBLISH with topic and payload (already acknowledged), PUBACK with its packet id,
            and others with None.
        """
        try:
            data = self.socket.recv(CHUNK)
        except OSError as error:
            raise LinkError("connection lost: %s" % error)
        if not data:
            raise LinkError("connection closed by the broker")
        self.buffer += data
        result = []
        while True:
            packet = self._take()
            if packet is None:
                return result
            result.append(self._understand(packet[0], packet[1]))

    def _understand(self, kind, payload):
        if kind & 0xF0 == PUBLISH:
            end = 2 + struct.unpack(">H", payload[:2])[0]
            topic = payload[2:end].decode()
            if kind & 0x06:
                self._send(_packet(PUBACK, payload[end : end + 2]))
                end += 2
            return PUBLISH, topic, payload[end:]
        if kind == PUBACK:
            return PUBACK, struct.unpack(">H", payload[:2])[0], b""
        if kind == SUBACK and payload[-1] & 0x80:
            raise LinkError("broker refused the subscription")
        return kind, None, payload

    def _next_id(self):
        self.packet_id = self.packet_id % 65535 + 1
        return struct.pack(">H", self.packet_id)

    def _send(self, data):
        if self.socket is None:
            raise LinkError("not connected")
        try:
            view = memoryview(data)
            while len(view):
                view = view[self.socket.send(view) :]
        except OSError as error:
            raise LinkError("cannot send: %s" % error)

    def _wait(self):
        while True:
            packet = self._take()
            if packet:
                return packet
            data = self.socket.recv(CHUNK)
            if not data:
                raise LinkError("connection closed by the broker")
            self.buffer += data

    def _take(self):
        length = 0
        for index in range(1, 5):
            if index >= len(self.buffer):
                return None
            byte = self.buffer[index]
            length |= (byte & 0x7F) << (7 * (index - 1))
            if not byte & 0x80:
                break
        if byte & 0x80 or length > MAX_PACKET:
            raise LinkError("packet of more than %d bytes" % MAX_PACKET)
        end = index + 1 + length
        if len(self.buffer) < end:
            return None
        packet = self.buffer[0], self.buffer[index + 1 : end]
        self.buffer = self.buffer[end:]
        return packet
