"""Sending to addresses that others have named: only where it may go, and never for long."""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from collector.senders import webhook
from collector.senders.public import (
    DestinationError,
    is_public,
    parse_destination,
    prove,
    resolve,
)
from tests.collector.receiver import Receiver, receiving, reset, status

HEADERS = {"Content-Type": "application/json", "Connection": "close"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.1.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "fec0::1",
        "ff02::1",
        "no address",
    ],
)
def test_what_is_no_public_address(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "::ffff:1.1.1.1", "2606:4700:4700::1111", "240e::1"]
)
def test_what_is_a_public_address(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/", '"http" is not sent by'),
        ("ftp://example.org/", '"ftp" is not sent by'),
        ("file:///etc/passwd", "cannot be read"),
        ("example.org", "cannot be read"),
        ("https://", "cannot be read"),
        ("https://user:secret@example.org/", "cannot be read"),
        ("https://example.org@127.0.0.1/", "cannot be read"),
        ("https://example.org/#part", "cannot be read"),
        ("https://example.org/a b", "cannot be read"),
        ("https://example.org\\@127.0.0.1/", "cannot be read"),
        ("https://example.org/\r\nX: y", "cannot be read"),
        ("https://example.org:0x1bb/", "cannot be read"),
        ("https://example.org/" + "x" * 2000, "cannot be read"),
        ("https://[fe80::1%25eth0]/", "cannot be read"),
        ("https://127.0.0.1%2f.example.org/", "cannot be read"),
        ("https://example.org:22/", "port 22 is not sent to"),
        ("https://example.org:0/", "port 0 is not sent to"),
        ("https://127.0.0.1/", "no public address"),
        ("https://127.1/", "no public address"),
        ("https://2130706433/", "no public address"),
        ("https://0x7f.1/", "no public address"),
        ("https://0177.0.0.1/", "no public address"),
        ("https://0/", "no public address"),
        ("https://１２７.0.0.1/", "no public address"),
        ("https://10.0.0.1/", "no public address"),
        ("https://169.254.169.254/latest/meta-data/", "no public address"),
        ("https://[::1]/", "no public address"),
        ("https://[::ffff:127.0.0.1]/", "no public address"),
        ("https://[fd00:ec2::254]/", "no public address"),
        ("https://224.0.0.1/", "no public address"),
        ("https://localhost/", "a name of a network of ours"),
        ("https://localhost./", "a name of a network of ours"),
        ("https://LOCALHOST:8443/", "a name of a network of ours"),
        ("https://db.internal/", "a name of a network of ours"),
        ("https://printer.local/", "a name of a network of ours"),
        ("https://router/", "a name of a network of ours"),
    ],
)
def test_what_is_refused_when_it_is_named(url: str, why: str) -> None:
    with pytest.raises(DestinationError, match=why):
        parse_destination(url)


def test_what_may_be_named() -> None:
    address = parse_destination("https://epcis.example.org:8443/hook?of=us")
    assert (address.host, address.port, address.tls) == ("epcis.example.org", 8443, True)
    assert address.target == "/hook?of=us"
    assert parse_destination("https://农情.example/").host == "xn--j7q828a.example"
    assert parse_destination("https://1.1.1.1/").port == 443


def test_here_is_this_machine_and_nothing_else() -> None:
    assert not parse_destination("http://127.0.0.1:8000/", here=True).tls
    with pytest.raises(DestinationError, match=r"1\.1\.1\.1 is not this machine"):
        parse_destination("http://1.1.1.1/", here=True)
    named = parse_destination("http://example.org/", here=True)
    with pytest.raises(DestinationError, match=r"example\.org is not this machine"):
        prove(named, ["93.184.215.14"], here=True)
    with pytest.raises(DestinationError, match="no public address"):
        parse_destination("https://10.0.0.1/", here=True)


def test_names_are_resolved_and_one_address_of_ours_is_enough_to_refuse() -> None:
    address = parse_destination("https://localhost/", here=True)
    assert set(resolve(address, here=True)) <= {"127.0.0.1", "::1"}
    with pytest.raises(DestinationError, match=r"localhost is at (127\.0\.0\.1|::1)"):
        resolve(address)
    public = parse_destination("https://example.org/")
    with pytest.raises(DestinationError, match=r"example\.org is at 10\.0\.0\.1"):
        prove(public, ["93.184.215.14", "10.0.0.1"])
    with pytest.raises(DestinationError, match="there is no host of this name"):
        resolve(parse_destination("https://nobody.invalid/"))


def test_nothing_reaches_this_machine_unless_it_is_allowed(receiver: Receiver) -> None:
    for url in (receiver.url, f"https://127.0.0.1:{receiver.port}/", "https://localhost:8443/"):
        answered = webhook.post(url, b"{}", HEADERS)
        assert answered.status is None
        assert answered.why.startswith("dest: ")
    assert receiver.asked == []


def test_a_body_arrives_signed_and_whole(receiver: Receiver) -> None:
    body = "{“蒜”}".encode() * 100_000
    headers = {**HEADERS, "GS1-Signature": webhook.signature("秘密", body)}
    assert webhook.post(receiver.url, body, headers, here=True) == webhook.Answered(
        200, "answered 200"
    )
    ((path, got, sent),) = receiver.asked
    assert path == "/hook?of=us"
    assert sent == body
    assert got["Host"] == f"127.0.0.1:{receiver.port}"
    seal = hmac.new("秘密".encode(), body, hashlib.sha256).hexdigest()
    assert got["GS1-Signature"] == f"sha256={seal}"


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    with receiving() as other:
        for number in (301, 302, 303, 307, 308):
            receiver.answers = [status(number, Location=other.url)]
            answered = webhook.post(receiver.url, b"{}", HEADERS, here=True)
            assert (answered.status, answered.taken) == (number, False)
        assert other.asked == []
    assert len(receiver.asked) == 5


@pytest.mark.parametrize("number", [400, 401, 404, 410, 413, 500, 503])
def test_what_is_not_taken(receiver: Receiver, number: int) -> None:
    receiver.answers = [status(number, b"secrets of the network")]
    answered = webhook.post(receiver.url, b"{}", HEADERS, here=True)
    assert (answered.taken, answered.why) == (False, f"answered {number}")


def test_a_reset_and_nobody_there(receiver: Receiver) -> None:
    receiver.answers = [reset]
    answered = webhook.post(receiver.url, b"{}", HEADERS, here=True)
    assert answered.status is None
    assert answered.why.startswith("no answer (")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        answered = webhook.post(f"http://127.0.0.1:{port}/", b"{}", HEADERS, here=True)
    assert answered == webhook.Answered(None, "no answer (ConnectionRefusedError)")


def test_what_is_no_answer_of_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            peer, _ = server.accept()
            peer.recv(65536)
            peer.sendall(b"220 mail.example ESMTP\r\n")
            peer.close()

        thread = threading.Thread(target=speak)
        thread.start()
        port = server.getsockname()[1]
        answered = webhook.post(f"http://127.0.0.1:{port}/", b"{}", HEADERS, here=True)
        thread.join()
    assert answered == webhook.Answered(None, "no answer (BadStatusLine)")


def test_who_hangs_is_left_at_the_deadline(receiver: Receiver) -> None:
    receiver.answers = [lambda _: receiver.over.wait(60) and None]
    answered = webhook.post(receiver.url, b"{}", HEADERS, here=True, timeout_s=0.5)
    assert answered == webhook.Answered(None, "no answer within 0.5 s")


def test_who_sends_a_byte_now_and_then_is_left_at_the_deadline(receiver: Receiver) -> None:
    dripped = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        try:
            for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000:
                handler.wfile.write(bytes([byte]))
                if receiver.over.wait(0.1):
                    return
        except OSError:
            dripped.set()

    receiver.answers = [drip]
    answered = webhook.post(receiver.url, b"{}", HEADERS, here=True, timeout_s=1.0)
    assert answered == webhook.Answered(None, "no answer within 1 s")
    assert dripped.wait(20)  # it was cut off, and not read to its end


def test_who_takes_nothing_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        body = b"x" * 50_000_000
        answered = webhook.post(
            f"http://127.0.0.1:{port}/", body, HEADERS, here=True, timeout_s=0.5
        )
    assert answered == webhook.Answered(None, "no answer within 0.5 s")


def test_a_long_answer_is_not_read_to_its_end(receiver: Receiver) -> None:
    ended = threading.Event()

    def talk(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**12))
        handler.end_headers()
        try:
            while not receiver.over.is_set():
                handler.wfile.write(b"x" * 65536)
        except OSError:
            ended.set()

    receiver.answers = [talk]
    assert webhook.post(receiver.url, b"{}", HEADERS, here=True).taken
    assert ended.wait(20)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        + ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def tls(certificate: Path) -> Iterator[tuple[int, list[bytes]]]:
    """A server with a certificate for localhost, and what it was sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = socket.create_server(("127.0.0.1", 0))
    got: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(peer, server_side=True) as spoken:
                    whole = b""
                    while not whole.endswith(b"{}"):
                        whole += spoken.recv(65536)
                    got.append(whole)
                    spoken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                peer.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1], got
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def test_certificates_are_held_against_the_name(
    tls: tuple[int, list[bytes]], certificate: Path
) -> None:
    port, got = tls
    trust = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    named = f"https://localhost:{port}/hook"
    assert webhook.post(named, b"{}", HEADERS, here=True, trust=trust).taken
    assert got[0].startswith(b"POST /hook HTTP/1.1\r\nHost: localhost:")
    wrong = webhook.post(f"https://127.0.0.1:{port}/", b"{}", HEADERS, here=True, trust=trust)
    nobodys = webhook.post(named, b"{}", HEADERS, here=True)
    for answered in (wrong, nobodys):
        assert answered == webhook.Answered(None, "no answer (SSLCertVerificationError)")
    assert len(got) == 1


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to a public address first and to this machine when it is asked again."""
    ask, asked = socket.getaddrinfo, []

    def answer(host: str, port: int, *rest: int, **more: int) -> object:
        if host != "rebound.example.org":
            return ask(host, port, *rest, **more)
        if more.get("flags"):
            raise socket.gaierror
        asked.append(host)
        # Of the net that documents use, which nothing answers at; counted as public for this test.
        found = "203.0.113.7" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr("collector.senders.public.is_public", lambda each: each == "203.0.113.7")
    url = f"https://rebound.example.org:{receiver.port}/"
    answered = webhook.post(url, b"{}", HEADERS, timeout_s=1.0)
    assert answered.status is None
    assert asked == ["rebound.example.org"]  # once: nobody resolves it a second time
    assert receiver.asked == []
    again = webhook.post(url, b"{}", HEADERS, timeout_s=1.0)
    assert "is at 127.0.0.1" in again.why
