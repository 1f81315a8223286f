"""The sender by HTTP against a real server that behaves as gateways do, well and badly."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from collector.one_machine.embedded import free_port
from collector.senders.address import Address, parse_address
from collector.senders.http import HttpSender
from collector.senders.message import Message, Outcome
from collector.senders.sms import write
from collector.settings import SettingsError

SECRET = b"0123456789abcdef0123456789abcdef"


@dataclass
class Gateway:
    """What was asked of it, and what it answers, one after the other."""

    port: int = 0
    answers: list[Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def sender(self, timeout_s: float = 5.0, **options: Any) -> HttpSender:
        address = Address("127.0.0.1", self.port, False, "/sms?v=1")
        return HttpSender(address, SECRET, timeout_s=timeout_s, **options)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    found = Gateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.asked.append((self.path, dict(self.headers), body))
            found.answers.pop(0)(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    found.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def answer(
    status: int, body: bytes = b"", **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    def give(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return give


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@pytest.fixture
def message() -> Message:
    params = {"minutes": "5", "code": "123456"}
    return write("+8613812341234", "sign_in_code", params, "农情", "zh_CN")


def test_the_gateway_gets_all_it_needs_and_can_prove_it(gateway: Gateway, message: Message) -> None:
    gateway.answers = [answer(200, b'{"reference": "a-1"}')]
    sender = gateway.sender(template_ids={"sign_in_code": "SMS_123"})
    assert sender.send(message) == Outcome("sent", "a-1")
    ((path, headers, body),) = gateway.asked
    assert path == "/sms?v=1"
    assert json.loads(body) == {
        "key": str(message.key),
        "to": "+8613812341234",
        "template": "SMS_123",
        "params": {"code": "123456", "minutes": "5"},
        "ordered": ["123456", "5"],
        "signature": "农情",
        "language": "zh_CN",
        "text": message.text,
    }
    assert headers["Idempotency-Key"] == str(message.key)
    sealed = f"{headers['X-Nongqing-Time']}\n".encode() + body
    seal = hmac.new(SECRET, sealed, hashlib.sha256).hexdigest()
    assert headers["X-Nongqing-Signature"] == f"sha256={seal}"
    assert abs(int(headers["X-Nongqing-Time"]) - time.time()) < 300


@pytest.mark.parametrize(
    "bad", [answer(500), answer(503), answer(429), hang_up], ids=["500", "503", "429", "hang up"]
)
def test_it_tries_once_more_with_the_same_key(
    gateway: Gateway, message: Message, bad: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    gateway.answers = [bad, answer(200)]
    assert gateway.sender().send(message) == Outcome("sent")
    (_, first, body), (_, second, again) = gateway.asked
    assert first["Idempotency-Key"] == second["Idempotency-Key"] == str(message.key)
    assert body == again


def test_it_tries_no_third_time(gateway: Gateway, message: Message) -> None:
    gateway.answers = [answer(500), answer(500), answer(200)]
    found = gateway.sender().send(message)
    assert (found.state, found.error) == ("unknown", "SMS gateway 127.0.0.1 refuses it: HTTP 500")
    assert len(gateway.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 301, 302])
def test_a_refusal_is_final_and_a_redirection_is_one(
    gateway: Gateway, message: Message, status: int
) -> None:
    gateway.answers = [answer(status, Location=f"http://127.0.0.1:{gateway.port}/other")]
    found = gateway.sender().send(message)
    assert (found.state, found.error) == (
        "failed",
        f"SMS gateway 127.0.0.1 refuses it: HTTP {status}",
    )
    assert len(gateway.asked) == 1


def test_a_second_refusal_does_not_undo_a_doubtful_first(
    gateway: Gateway, message: Message
) -> None:
    gateway.answers = [hang_up, answer(400)]
    assert gateway.sender().send(message).state == "unknown"
    gateway.answers = [answer(429), answer(429)]
    assert gateway.sender().send(message).state == "failed"


def test_silence_is_no_answer(gateway: Gateway, message: Message) -> None:
    def keep_silent(handler: BaseHTTPRequestHandler) -> None:
        gateway.over.wait(30)
        handler.close_connection = True

    gateway.answers = [keep_silent, keep_silent]
    found = gateway.sender(timeout_s=0.3).send(message)
    assert found.state == "unknown"
    assert "no answer (timed out)" in str(found.error)


def test_an_answer_that_trickles_is_given_up(gateway: Gateway, message: Message) -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while not gateway.over.wait(0.05):
            try:
                handler.wfile.write(b" ")
            except OSError:
                break
        handler.close_connection = True

    gateway.answers = [trickle, trickle]
    found = gateway.sender(timeout_s=0.5).send(message)
    assert (found.state, "the answer does not end" in str(found.error)) == ("unknown", True)


@pytest.mark.parametrize(
    ("body", "reference"),
    [
        (b"", None),
        (b"<html>", None),
        (b"\xff\xfe", None),
        (b"[" * 60_000, None),
        (b'{"reference": null}', None),
        (b'{"reference": {"a": 1}}', None),
        (b'["reference"]', None),
        (b'{"reference": 17}', "17"),
        (b'{"reference": "a\\nb\\u0000"}', "ab"),
        (b'{"reference": "' + b"x" * 500 + b'"}', "x" * 200),
    ],
)
def test_whatever_a_gateway_answers_is_taken(
    gateway: Gateway, message: Message, body: bytes, reference: str | None
) -> None:
    gateway.answers = [answer(200, body)]
    assert gateway.sender().send(message) == Outcome("sent", reference)


def test_where_nobody_listens_nothing_was_sent(message: Message) -> None:
    address = Address("127.0.0.1", free_port(), False, "/")
    found = HttpSender(address, SECRET, timeout_s=2).send(message)
    assert found.state == "failed"
    assert "127.0.0.1: no answer (" in str(found.error)


def test_a_gateway_that_nobody_vouches_for_gets_nothing(message: Message, tmp_path: Path) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
         "-days", "2", "-subj", "/CN=localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(cert, key)
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                raw, _address = listener.accept()
                try:
                    with trust.wrap_socket(raw, server_side=True) as conn:
                        came.append(conn.recv(1000))
                except OSError:
                    raw.close()

        thread = threading.Thread(target=serve)
        thread.start()
        address = Address("localhost", listener.getsockname()[1], True, "/")
        found = HttpSender(address, SECRET, timeout_s=5).send(message)
        thread.join()
    assert found.state == "failed"
    assert "certificate verify failed" in str(found.error)
    assert [each for each in came if each] == []


def test_the_key_is_new_for_each_message() -> None:
    params = {"minutes": "5", "code": "123456"}
    keys = {write("+8613812341234", "sign_in_code", params, "x", "en").key for _ in range(3)}
    assert len(keys) == 3
    assert all(isinstance(key, uuid.UUID) for key in keys)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://sms.example/send?a=1", Address("sms.example", 443, True, "/send?a=1")),
        ("https://sms.example:8443", Address("sms.example", 8443, True, "/")),
        ("http://127.0.0.1:90/x", Address("127.0.0.1", 90, False, "/x")),
        ("http://[::1]/", Address("::1", 80, False, "/")),
    ],
)
def test_addresses_are_read(url: str, found: Address) -> None:
    assert parse_address(url, "NONGQING_SMS_URL") == found


@pytest.mark.parametrize(
    "url",
    ["", "sms.example", "ftp://sms.example/", "https://", "https://u:geheim@sms.example/",
     "https://sms.example:x/", "https://sms.example:0/", "https://sms.example/a b",
     "https://sms.example/村", "https://[::1/", "https://a\r\nb/"],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SettingsError, match="NONGQING_SMS_URL: cannot read it; write") as caught:
        parse_address(url, "NONGQING_SMS_URL")
    assert "geheim" not in str(caught.value)


def test_codes_do_not_leave_the_machine_unencrypted() -> None:
    with pytest.raises(SettingsError, match=r"would go to sms.example unencrypted; write https"):
        parse_address("http://sms.example/", "NONGQING_SMS_URL")
