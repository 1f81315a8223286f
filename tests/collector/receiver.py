"""Receivers of webhooks: real servers on this machine that behave well and badly."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    """What it was sent, and what it answers, one after the other; 200 when nothing is left."""

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?of=us"

    def documents(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.asked]

    def batches(self) -> list[list[str]]:
        """The eventIDs of each document that came, problems apart."""
        found = []
        for each in self.documents():
            if "epcisBody" not in each:
                continue
            events = each["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
            found.append([event["eventID"] for event in events])
        return found

    def problems(self) -> list[Any]:
        return [each for each in self.documents() if "epcisBody" not in each]

    def events(self) -> list[str]:
        return [name for batch in self.batches() for name in batch]


def status(number: int, body: bytes = b"", **headers: str) -> Answer:
    def give(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(number)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return give


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0"
    )  # closing it is a reset
    handler.close_connection = True


@contextmanager
def receiving() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.asked.append((self.path, dict(self.headers), body))
            answer = found.answers.pop(0) if found.answers else status(200)
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Who hangs up on us is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        found.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
