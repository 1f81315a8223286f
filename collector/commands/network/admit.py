"""The command `broker admit`: a Mosquitto broker lets in whom the registry has, and nobody else."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Protocol

import click

from collector.commands import parts as common
from collector.ingest import access
from collector.ingest.broker import put_out
from collector.ingest.known_nodes import KnownNodes, read_known_nodes
from collector.keys import load_master_key
from collector.store.network import external_devices
from collector.store.network.registry import KeyRow
from collector.store.network.registry_version import version
from collector.store.postgres.db import DatabaseDown, Pool

LOOK_SECONDS = 1.0
#: How long after the signal the broker has read its files; once more, in case it had not.
PUT_OUT_SECONDS = (0.3, 1.5)


class Parts(common.Parts, Protocol):
    """What the front door hands over to this command."""

    def psk_line(self, key: KeyRow) -> str:
        """Return a node's line of Mosquitto's psk_file."""
        ...


@click.group("broker")
def broker_group() -> None:
    """The MQTT broker beside this installation.

    \b
    Example:
      nongqing broker admit /etc/mosquitto/nongqing --pid-file /run/mosquitto/mosquitto.pid
    """


@broker_group.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--pid-file", type=click.Path(path_type=Path), help="Mosquitto's, to signal it.")
@click.option("--follow", is_flag=True, help="Go on: again whenever the registry changes.")
@click.pass_obj
def admit(parts: Parts, folder: Path, pid_file: Path | None, follow: bool) -> None:
    """Write whom Mosquitto lets in into FOLDER, on the broker's own machine.

    nodes.psk and field.acl, from the registry. With --pid-file the broker reads them again, and
    whoever is not in them any more loses the connection that still stands: that takes
    NONGQING_BROKER, as collectors have it.

    \b
    Example:
      nongqing broker admit /etc/mosquitto/nongqing --pid-file /run/mosquitto/mosquitto.pid --follow
    """
    with common.plain_errors(), parts.store() as pool:
        admission = Admission(parts, pool, folder, pid_file)
        admission.renew()
        while follow:
            time.sleep(LOOK_SECONDS)
            try:
                admission.renew()
            except DatabaseDown as error:
                click.echo(f"{error}; the broker goes on with what it has", err=True)
            except click.ClickException as error:
                click.echo(f"{error.message}; trying again", err=True)


class Admission:
    """The files of a broker, and what it was told of them.

    Parameters
    ----------
    parts : Parts
    pool : Pool
    folder : Path
        Where the files are.
    pid_file : Path or None
        The broker's; without, it is told nothing.
    """

    def __init__(self, parts: Parts, pool: Pool, folder: Path, pid_file: Path | None) -> None:
        self.parts = parts
        self.pool = pool
        self.folder = folder
        self.pid_file = pid_file
        settings = parts.settings()
        self._broker = None if pid_file is None else settings.need_broker()
        self._tls = settings.broker_tls
        self._master = load_master_key(settings.state_dir, settings.master_key)
        self._known: KnownNodes | None = None
        self._devices: set[str] = set()  # of other makers, that speak to the broker
        self._untold = True
        self._standing: set[str] = set()  # who is out, and may have a connection yet

    def renew(self) -> None:
        """Bring the files to the registry as it stands, and the broker to the files.

        Raises
        ------
        DatabaseDown
            When the registry cannot be read.
        click.ClickException
            When a file cannot be written, or the broker not be told; the next time begins there.
        """
        with self.pool.connection() as conn:
            known = self._known
            if known is None or version(conn) != known.version:
                known = read_known_nodes(conn, self._master, known)
            found = external_devices.devices(conn)
        devices = {one.id for one in found if one.network is None and one.retired is None}
        if known is not self._known or devices != self._devices:
            self._write(known, devices)
            self._known, self._devices = known, devices
        if self.pid_file is not None:
            self._tell(self.pid_file)

    def _write(self, known: KnownNodes, devices: set[str]) -> None:
        current = {node.id: node.current for node in known.nodes.values()}
        lines = {id: self.parts.psk_line(key) for id, key in current.items() if key is not None}
        try:
            changes = access.write(self.folder, lines, devices)
        except OSError as error:
            raise click.ClickException(
                f"{error.filename or self.folder}: cannot be written ({error.strerror}); make the "
                "folder, and run this as its owner or as root"
            ) from error
        self._untold |= changes.changed
        self._standing |= changes.gone
        if self._known is None:  # whoever went out while nobody looked
            self._standing |= {n.id for n in known.nodes.values() if n.keys} - lines.keys()
        if changes.changed:
            others = f" and {len(devices)} other devices" if devices else ""
            click.echo(f"{self.folder}: {len(lines)} nodes{others} may come in")

    def _tell(self, pid_file: Path) -> None:
        """Let the broker read its files again; then end the connections of who is out."""
        if self._untold:
            try:
                os.kill(int(pid_file.read_text()), signal.SIGHUP)
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or "no number in it"
                raise click.ClickException(
                    f"{pid_file}: the broker cannot be signalled ({reason}); name its pid_file, "
                    "and run this as its user or as root"
                ) from error
            self._untold = False
        for pause in PUT_OUT_SECONDS if self._standing else ():
            time.sleep(pause)
            try:
                put_out(str(self._broker), self._tls, self._standing)
            except OSError as error:
                raise click.ClickException(
                    "the broker has read its files, but connections that stand cannot be ended "
                    f"({error}): {', '.join(sorted(self._standing))}; correct NONGQING_BROKER"
                ) from error
        if self._standing:
            click.echo(f"put out: {', '.join(sorted(self._standing))}")
            self._standing.clear()
