"""A small MQTT 3.1.1 client over a TCP socket, or TLS on it: what a node needs and no more.

Connect with user and password or a pre-shared key, publish with QoS 1, subscribe, keep alive.
Nothing here waits longer than a few times `_TIMEOUT_S`, and nothing that arrives takes more memory
than `_MAX_PACKET`: what is longer is read past, what is malformed is dropped. Source: OASIS, MQTT
Version 3.1.1.
"""

import socket
import struct

from firmware import const, forget
from firmware.node.packets import PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, LinkError, Refused

_TIMEOUT_S = const(5)
_KEEPALIVE_S = const(1800)  # a ping after half of it: each costs 222 bytes on the link
_MAX_PACKET = const(2048)  # the collector's longest acknowledgement has less than 1300 bytes
_HEAD = const(256)  # what is read of a longer packet: enough for its topic and packet id
_CHUNK = const(256)  # what arrives is small; a large buffer would need a large hole in the heap
_IPPROTO_TCP = const(6)
_TCP_NODELAY = const(1)
_ATTEMPTS = const(8)


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
    """One connection to the broker at `host`:`port` as client `name`.

    With `psk`, ``{"identity": text, "key": hexadecimal}``, all goes through TLS.
    """

    waiting = ()  # what has arrived and is not on the socket any more: nothing, with this link
    parts = 512, 8  # of an update: bytes of one, and how many are asked for together
    told = None  # called with the time of `ntp`, while the uplink knows none
    rest = None  # nobody is told that no more is to come

    def __init__(
        self,
        name,
        host,
        port,
        user=None,
        password=None,
        keepalive_s=_KEEPALIVE_S,
        psk=None,
        ntp=None,
    ):
        self.name = name
        self.address = (host, port)
        self.user = user
        self.password = password
        self.keepalive_s = keepalive_s
        self.psk = psk
        self.ntp = ntp
        self.tries = 0
        self.tcp = None  # what is below TLS
        self.socket = None
        self.buffer = b""
        self.skip = 0
        self.packet_id = 0

    def connect(self):
        """Open the connection; OSError if the broker cannot be reached or refuses."""
        self.close()
        if self.told and self.ntp:
            self._ask_time()
        host, port = self.address
        where = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][-1]
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self.socket.settimeout(_TIMEOUT_S)
            self.socket.connect(where)
            self._send_at_once()
            if self.psk:
                self._begin_tls()
            flags, credentials = 2, b""
            if self.user is not None:
                flags |= 0xC0
                credentials = _text(self.user) + _text(self.password or "")
            header = _text("MQTT") + struct.pack(">BBH", 4, flags, self.keepalive_s)
            self._send(_packet(0x10, header + _text(self.name) + credentials))
            answer = self._read(4)  # CONNACK, and nothing may come before it
            if answer[:2] != b"\x20\x02" or answer[3] != 0:
                raise Refused("connection refused by the broker, code %d" % answer[3])
        except OSError:
            self.close()
            raise

    def _ask_time(self):
        # Attempts come up to a minute apart: a time server is asked once in some.
        if self.tries % _ATTEMPTS == 0:
            from firmware.node import sntp

            sntp.ask(self)
            forget(sntp)
        self.tries += 1

    def _send_at_once(self):
        # Small packets would otherwise wait for the other side's delayed acknowledgement.
        try:
            self.socket.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        except (OSError, ValueError):
            pass  # a port without this option is only slower

    def _begin_tls(self):
        from firmware.node import tls_psk  # without a key nobody needs it

        try:
            wrapped = tls_psk.wrap(self.socket, self.psk)
        except OSError as error:
            raise Refused("the broker speaks no TLS with our key: %s" % error)
        self.tcp, self.socket = self.socket, wrapped

    def close(self):
        """Close the connection, if there is one."""
        if self.socket:
            self.socket.close()
        self.socket = self.tcp = None
        self.buffer = b""
        self.skip = 0

    def publish(self, topic, payload):
        """Send one QoS 1 message; return its packet id."""
        self._send(_packet(0x32, _text(topic) + self._next_id() + payload))
        return self.packet_id

    def subscribe(self, topic):
        """Ask for `topic` with QoS 1; the broker's answer comes through `receive`."""
        self._send(_packet(0x82, self._next_id() + _text(topic) + b"\x01"))

    def ping(self):
        """Show the broker that we are alive; its answer comes through `receive`."""
        self._send(b"\xc0\x00")

    def receive(self):
        """Read what has arrived; the socket must be readable.

        Returns
        -------
        list of (kind, topic or packet id, payload)
            PUBLISH with topic and payload as bytes (already acknowledged), payload None where the
            packet is too long; PUBACK with its packet id; SUBACK with its answer; others with None.
        """
        try:
            data = self._arrived()
        except OSError as error:
            raise LinkError("connection lost: %s" % error)
        if data is None:
            return []
        if not data:
            raise LinkError("connection closed by the broker")
        self.buffer += data
        result = []
        while True:
            packet = self._take()
            if packet is None:
                return result
            result.append(self._understand(*packet))

    def _arrived(self):
        """Return what has arrived, at most _CHUNK bytes; None if TLS waits for the rest of it."""
        if not self.tcp:
            return self.socket.recv(_CHUNK)
        self.tcp.setblocking(False)
        try:
            return self.socket.recv(_CHUNK)
        finally:
            self.tcp.settimeout(_TIMEOUT_S)

    def _take(self):
        """Take (kind, body, whether that is all of it) off the buffer; None if it is not there."""
        if self.skip:
            passed = min(self.skip, len(self.buffer))
            self.skip -= passed
            self.buffer = self.buffer[passed:]
        length = 0
        for start in range(1, 5):
            if start >= len(self.buffer):
                return None
            byte = self.buffer[start]
            length |= (byte & 0x7F) << (7 * (start - 1))
            if not byte & 0x80:
                break
        if byte & 0x80:
            raise LinkError("the broker does not speak MQTT")
        end = start + 1 + (length if length <= _MAX_PACKET else _HEAD)
        if len(self.buffer) < end:
            return None
        kind, body = self.buffer[0], self.buffer[start + 1 : end]
        self.buffer = self.buffer[end:]
        self.skip = length - len(body)
        return kind, body, not self.skip

    def _understand(self, kind, body, whole):
        if kind == PUBACK:
            return PUBACK, int.from_bytes(body[:2], "big"), b""
        if kind == PUBREL:
            self._answer(PUBCOMP, body[:2])
        if kind & 0xF0 != PUBLISH:
            return kind, None, body
        # The topic stays bytes: a stranger's need not be UTF-8, and ours is only compared.
        end = 2 + int.from_bytes(body[:2], "big")
        topic = body[2:end]
        qos = kind >> 1 & 3
        if qos:
            # Unanswered it would take a place in the broker's own window for ever. We never ask
            # for QoS 2; a broker that sends it all the same gets its handshake.
            self._answer(PUBACK if qos == 1 else PUBREC, body[end : end + 2])
            end += 2
        return PUBLISH, topic, body[end:] if whole else None

    def _answer(self, kind, packet_id):
        if len(packet_id) == 2:
            self._send(_packet(kind, packet_id))

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

    def _read(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise LinkError("connection closed by the broker")
            data += part
        return data
