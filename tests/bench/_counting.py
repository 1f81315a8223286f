"""A way to a TCP port that counts what a link would carry.

Counted are the bytes that pass, 40 bytes of TCP/IP headers for each piece of up to 1460 bytes, and
40 for the bare acknowledgement of each run of pieces; seven bare segments open and close a
connection. A piece is what one read of the socket gives. Options of TCP and repeated segments are
not counted; acknowledgements that would ride on an answer are.
"""

from __future__ import annotations

import socket
import threading

HEADERS, SEGMENT = 40, 1460
OPEN_AND_CLOSE = 7


class Counting:
    """Listens on `port` of this machine and passes everything to `target`; `total` is the count."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.total = 0
        self.connections = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self.listener.close()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            with self.lock:
                self.connections += 1
                self.total += OPEN_AND_CLOSE * HEADERS
            for ends in ((client, server), (server, client)):
                ends[0].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                with self.lock:
                    self.total += len(data) + HEADERS * (-(-len(data) // SEGMENT) + 1)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
