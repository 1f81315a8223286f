import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from collector.one_machine import supervisor as subject
from collector.one_machine.supervisor import Service, ServiceError, Supervisor
from tests.paths import ROOT


@pytest.fixture
def lines():
    return []


@pytest.fixture
def supervisor(tmp_path, lines, monkeypatch):
    """A supervisor whose services run a small program instead of `nongqing`."""
    (tmp_path / "nongqing.py").write_text(
        textwrap.dedent("""
        import os, signal, sys, time
        def main():
            if sys.argv[1] == "stubborn":
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if sys.argv[1] == "fail":
                sys.exit("sensors.toml: line 3: no such thing")
            print("started", os.environ.get("ADDRESS"), flush=True)
            time.sleep(600)
        """)
    )
    environment = {"ADDRESS": "here", "PYTHONPATH": str(tmp_path)}
    supervised = Supervisor(tmp_path / "log", environment, lines.append)
    monkeypatch.chdir(tmp_path)
    yield supervised
    supervised.stop()


def says_started(supervisor, service):
    return "started" in supervisor.log_of(service).read_text()


def service_of(supervisor, *arguments):
    service = Service("one", list(arguments), ready=lambda: says_started(supervisor, service))
    return service


def test_service_runs_with_its_environment_and_stops(supervisor):
    service = service_of(supervisor, "run")
    supervisor.start(service)
    process = service.process
    assert supervisor.log_of(service).read_text() == "started here\n"
    supervisor.stop()
    assert process.returncode == -signal.SIGTERM


def test_service_that_ends_shows_its_last_words(supervisor):
    with pytest.raises(ServiceError, match=r"one: it ended with 1; its log .*line 3: no such"):
        supervisor.start(service_of(supervisor, "fail"))


def test_service_that_is_never_ready_is_an_error(supervisor, monkeypatch):
    monkeypatch.setattr(subject, "READY_SECONDS", 0.3)
    with pytest.raises(ServiceError, match="one: it is not ready after a minute"):
        supervisor.start(Service("one", ["run"], ready=lambda: False))


def test_dead_service_is_started_again_and_said(supervisor, lines, monkeypatch):
    monkeypatch.setattr(subject, "RESTART_SECONDS", 0.0)
    service = service_of(supervisor, "run")
    supervisor.start(service)
    first = service.process.pid
    service.process.kill()
    service.process.wait()
    supervisor.tend()
    assert "one ended with -9; its log is" in lines[0]
    supervisor.tend()
    assert service.process.pid != first
    assert service.process.poll() is None


def test_what_is_to_be_done_every_second_is_done_while_a_service_starts(
    tmp_path, lines, supervisor, monkeypatch
):
    monkeypatch.setattr(subject, "EVERY_SECONDS", 0.05)
    calls = []
    supervisor.every = lambda: calls.append(1)
    service = Service("one", ["run"], ready=lambda: len(calls) >= 2)
    supervisor.start(service)
    supervisor.tend()
    assert len(calls) == 3


def test_services_keep_open_what_they_are_given(tmp_path, lines, supervisor):
    reader, writer = os.pipe()
    supervisor.keep_open = (writer,)
    supervisor.start(service_of(supervisor, "run"))
    os.close(writer)
    os.set_blocking(reader, False)
    with pytest.raises(BlockingIOError):
        os.read(reader, 1)  # somebody could still write
    supervisor.stop()
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_stubborn_service_is_killed(supervisor, monkeypatch):
    monkeypatch.setattr(subject, "STOP_SECONDS", 0.3)
    service = service_of(supervisor, "stubborn")
    supervisor.start(service)
    process = service.process
    supervisor.stop()
    assert process.returncode == -signal.SIGKILL


def test_services_end_when_the_supervisor_is_killed(tmp_path):
    (tmp_path / "nongqing.py").write_text("import time\ndef main(): time.sleep(600)")
    program = textwrap.dedent(f"""
        import sys, time
        sys.path.append({str(ROOT)!r})
        from pathlib import Path
        from collector.one_machine.supervisor import Service, Supervisor
        one = Service("one", [], ready=lambda: True)
        Supervisor(Path("log"), {{"PYTHONPATH": {str(tmp_path)!r}}}, print).start(one)
        print(one.process.pid, flush=True)
        time.sleep(600)
        """)
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    child = psutil.Process(int(parent.stdout.readline()))
    # the child must have reached its program before its parent goes
    while child.status() != psutil.STATUS_SLEEPING:
        time.sleep(0.01)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    child.wait(timeout=10)
    assert not child.is_running()


def test_first_signal_interrupts_and_later_ones_are_ignored():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    try:
        check = subject.interrupt_on_signals()
        check()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            check()  # for the case that Python dropped it
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
