"""What the collector says when the broker does not answer, or not to it."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from collector.ingest import broker
from collector.ingest.broker import MqttLink
from collector.one_machine.embedded import EmbeddedBroker, free_port
from collector.trouble import SAY_AGAIN_SECONDS, Trouble

NOT_AUTHORIZED = b"\x20\x02\x00\x05"
MEND = "start it, or correct NONGQING_BROKER"


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that failed is tried again at once."""
    monkeypatch.setattr(broker, "CONNECT_AGAIN_SECONDS", (0.01, 0.05))


@contextmanager
def linked(url: str) -> Iterator[MqttLink]:
    link = MqttLink(url, lambda message: None)
    link.start()
    try:
        yield link
    finally:
        link.stop()


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[int, list[int]]]:
    """A server that gives every caller one answer and hangs up; lends its port and its calls."""
    calls: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                with caller:
                    caller.recv(4096)
                    caller.sendall(answer)
                calls.append(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], calls
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.name == "nongqing.ingest"]


def test_a_broker_that_is_not_there_is_named(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    with linked(f"mqtt://u:secret@127.0.0.1:{port}"):
        until(lambda: bool(lines(caplog)))
    (line,) = lines(caplog)
    assert line.startswith(f"broker 127.0.0.1:{port}: no answer (")
    assert "refused" in line
    assert line.endswith(MEND)
    assert "secret" not in caplog.text


def test_a_host_that_nobody_knows_is_named(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*arguments: object, **more: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with linked("mqtt://broker.invalid"):
        until(lambda: bool(lines(caplog)))
    (line,) = lines(caplog)
    assert line.startswith("broker broker.invalid:1883: no answer (")
    assert "Name or service not known" in line


# the client leaves the socket of a failed handshake to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_handshake_that_fails_is_named(caplog: pytest.LogCaptureFixture) -> None:
    with answering(b"no TLS here") as (port, _), linked(f"mqtts://127.0.0.1:{port}"):
        until(lambda: bool(lines(caplog)))
    assert f"broker 127.0.0.1:{port}: no secure connection (" in lines(caplog)[0]
    assert "SSL" in lines(caplog)[0]
    assert "name the file of its authority in NONGQING_BROKER_CA" in lines(caplog)[0]


def test_one_that_hangs_up_without_a_word_is_named(caplog: pytest.LogCaptureFixture) -> None:
    with answering(b"") as (port, calls), linked(f"mqtt://127.0.0.1:{port}"):
        until(lambda: len(calls) > 2)
    assert "is it mqtt:// or mqtts://?" in lines(caplog)[0]
    assert "connection lost" not in caplog.text


def test_a_refusal_is_the_only_word_about_a_wrong_password(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        answering(NOT_AUTHORIZED) as (port, calls),
        linked(f"mqtt://u:secret@127.0.0.1:{port}") as link,
    ):
        until(lambda: len(calls) > 3)
    assert link.trouble is not None
    assert link.trouble.kind == "broker_refuses"
    (record,) = [each for each in caplog.records if each.name == "nongqing.ingest"]
    assert record.levelno == logging.ERROR
    assert "refuses this collector (Not authorized); check user and password" in record.message
    assert "secret" not in caplog.text


def test_a_refused_subscription_is_asked_for_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may change the broker's access rules while the connection stands."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(broker, "ASK_AGAIN_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            server.accept()[0].close()  # a broker that knows MQTT 3.1.1 alone
            caller, _ = server.accept()
            with caller:
                caller.recv(4096)
                caller.sendall(b"\x20\x02\x00\x00")
                for granted in (b"\x80\x01", b"\x01\x01"):
                    asked = caller.recv(4096)
                    caller.sendall(b"\x90\x04" + asked[2:4] + granted)
                caller.recv(4096)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with linked(f"mqtt://127.0.0.1:{server.getsockname()[1]}") as link:
            assert link.subscribed.wait(20)
            assert link.trouble is None
        thread.join()
    first, second = lines(caplog)[:2]
    assert "does not let user (none) read nq/1/+/up: nothing comes in" in first
    assert second.endswith(": connected")


def test_a_broker_that_went_away_is_named_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    embedded = EmbeddedBroker()
    with linked(embedded.start()) as link:
        assert link.subscribed.wait(10)
        embedded.stop()
        until(lambda: MEND in caplog.text)
    shown = lines(caplog)
    assert shown[0].endswith(": connected")
    assert "connection lost" in shown[1]
    assert "no answer (" in shown[2]


def test_a_trouble_is_told_again_after_longer_and_longer_pauses(
    caplog: pytest.LogCaptureFixture,
) -> None:
    second = 0.0
    trouble = Trouble(logging.getLogger("x"), lambda: second)
    shown = []
    for second in range(400):
        trouble.say(logging.WARNING, "no answer")
        shown += [second] if caplog.records else []
        caplog.clear()
    assert shown == [0, 5, 20, 80, 380]
    assert sum(SAY_AGAIN_SECONDS) == 380
    trouble.say(logging.WARNING, "another reason")
    trouble.over()
    trouble.say(logging.WARNING, "another reason")
    assert len(caplog.records) == 2, "a new reason, and the same one after it was over, at once"
