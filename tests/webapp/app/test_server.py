"""The `web` command: a real socket, a taken port, an orderly end."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from collector.store.postgres import db
from webapp.app.server import CannotListen, make_server
from webapp.cli import web


@pytest.fixture
def taken():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def parts(dsn, clock):
    @contextmanager
    def store():
        pool = db.Pool(dsn)
        yield pool
        pool.close()

    return SimpleNamespace(store=store, clock=lambda: clock, settings=lambda: None)


def test_a_taken_port_is_named_with_the_mend(app, seeded_dsn, taken):
    result = CliRunner().invoke(
        web, ["--port", str(taken)], obj=parts(seeded_dsn, app.clock), catch_exceptions=False
    )
    assert result.exit_code == 1
    assert f"127.0.0.1 port {taken} is already taken" in result.output
    assert "(--host H, --port N)" in result.output


def test_an_address_of_another_machine_is_named(app):
    with pytest.raises(CannotListen, match="192.0.2.1 port 8080 is not an address of this machine"):
        make_server(app, "192.0.2.1", 8080)


def test_a_port_that_is_no_port_is_wrong_use():
    assert CliRunner().invoke(web, ["--port", "70000"]).exit_code == 2


def test_help_has_an_example():
    result = CliRunner().invoke(web, ["--help"])
    assert result.exit_code == 0
    assert "nongqing web --host 127.0.0.1 --port 8080" in result.output


def test_pages_come_over_a_socket(address):
    with urllib.request.urlopen(f"{address}/v/qf-liuge", timeout=10) as answer:
        assert "柳格示范村" in answer.read().decode()
        assert "waitress" not in (answer.headers["Server"] or "")


SERVE = """
import sys
from types import SimpleNamespace
from webapp import create_app
from webapp.app.server import make_server, serve
from collector.clock import SystemClock
from collector.store.postgres.db import Pool
server = make_server(create_app(Pool("postgresql://127.0.0.1:1/x"), SystemClock()), "127.0.0.1", 0)
print(server.effective_port, flush=True)
serve(server)
print("closed", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(number):
    child = subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True, cwd=os.getcwd()
    )
    with child:
        port = int(child.stdout.readline())
        with pytest.raises(urllib.error.HTTPError, match="503") as answer:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10)
        answer.value.close()
        child.send_signal(number)
        rest, _ = child.communicate(timeout=20)
    assert rest == "closed\n"
    assert child.returncode == 0
