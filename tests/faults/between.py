"""What stands between two parts and may fail: a proxy, and a client that repeats messages."""

from __future__ import annotations

import hashlib
import random
import socket
import struct
import threading
import time
from collections import deque
from contextlib import suppress

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from collector.one_machine.embedded import free_port

RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: the end is a reset
KEPT = 3000


class Proxy:
    """Hands bytes on to a port of this machine, until it is told to fail.

    Parameters
    ----------
    target : int
        The port behind.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self.delay_s = 0.0
        self.takes = True
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._stranded: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            try:
                if not self.takes:
                    raise OSError
                far = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                near.close()
                continue
            far.settimeout(None)
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs.append((near, far))
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError, ValueError):
            while data := source.recv(65536):
                if source in self._stranded:
                    return  # nobody is told; both ends stay open
                if self.delay_s:
                    time.sleep(self.delay_s)
                sink.sendall(data)
        if source not in self._stranded:
            for one in (source, sink):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Reset every connection, and take no new ones until `mend`."""
        self.takes = False
        self._drop()

    def strand(self, chance: random.Random, most: int | None = None) -> None:
        """Hand nothing on any more on (some of) the connections, and tell neither end."""
        for pair in chance.sample(self._pairs, min(len(self._pairs), most or len(self._pairs))):
            self._stranded.update(pair)
            self._pairs.remove(pair)

    def mend(self) -> None:
        """Take new connections, at once."""
        self.takes, self.delay_s = True, 0.0

    def _drop(self) -> None:
        for pair in self._pairs:
            for one in pair:
                with suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        self._pairs = []

    def close(self) -> None:
        """End."""
        self._server.close()
        self._drop()
        for one in self._stranded:
            one.close()


class Repeater:
    """Hears what nodes send, and sends it again: twice, late, in another order.

    Parameters
    ----------
    port : int
        The broker's.
    """

    def __init__(self, port: int) -> None:
        self.kept: deque[tuple[str, bytes]] = deque(maxlen=KEPT)
        self._listening = False
        self._heard: list[str] = []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda client, *_: client.subscribe("nq/1/+/up", 0)
        self.client.on_message = self._on_message
        self.client.connect_async("127.0.0.1", port, 10)
        self.client.loop_start()

    def _on_message(self, client: object, userdata: object, message: mqtt.MQTTMessage) -> None:
        self.kept.append((message.topic, message.payload))
        if self._listening:
            self._heard.append(hashlib.sha256(message.payload).hexdigest())

    def repeat(self, chance: random.Random, most: int = 150) -> None:
        """Send some of what was heard again, shuffled, and some of it twice."""
        some = chance.sample(list(self.kept), min(most, len(self.kept)))
        for topic, payload in some + some[: len(some) // 3]:
            self.client.publish(topic, payload, 1)

    def listen(self, seconds: float) -> list[str]:
        """Return the SHA-256 of what is heard for a while."""
        self._heard, self._listening = [], True
        time.sleep(seconds)
        self._listening = False
        return self._heard

    def close(self) -> None:
        """Go away."""
        self.client.disconnect()
        self.client.loop_stop()
