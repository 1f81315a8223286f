"""The front door: mounts the rooms' commands and hands one room's parts to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import click

import collector.commands.cold_chain
import collector.commands.db
import collector.commands.evidence
import collector.commands.import_
import collector.commands.judging.advice
import collector.commands.judging.backtest
import collector.commands.judging.desk
import collector.commands.judging.interpolate
import collector.commands.judging.ipmd
import collector.commands.judging.ledger
import collector.commands.judging.products
import collector.commands.judging.risk
import collector.commands.judging.verify
import collector.commands.judging.water
import collector.commands.network.admit
import collector.commands.network.calibrate
import collector.commands.network.clock
import collector.commands.network.control
import collector.commands.network.control_water
import collector.commands.network.devices
import collector.commands.network.handover
import collector.commands.network.items
import collector.commands.network.places
import collector.commands.network.quality
import collector.commands.network.roll_out
import collector.commands.network.sites
import collector.commands.parts
import collector.commands.persons.audit
import collector.commands.persons.contacts
import collector.commands.persons.messages
import collector.commands.persons.people
import collector.commands.repair
import collector.commands.services
import collector.commands.subscriptions
import collector.commands.trace
import collector.commands.weather
import collector.one_machine.up
import field_configs.cli
import firmware.workbench.build
import firmware.workbench.cli
import firmware.workbench.energy_command
import firmware.workbench.flash
import firmware.workbench.image
import firmware.workbench.label
import firmware.workbench.list_command
import firmware.workbench.monitor
import firmware.workbench.ota_cli
import firmware.workbench.psk
import firmware.workbench.revoke
import firmware.workbench.selftest
import firmware.workbench.tell
import firmware.workbench.wiring_command
import models.cli
import webapp.cli
from collector.clock import Clock
from collector.commands.network.enrolment import StoreRegistry
from collector.one_machine.embedded import EmbeddedError, postgres_binaries
from collector.settings import Settings
from collector.store.network.registry import KeyRow
from collector.store.postgres.db import Pool
from field_configs.board import layout_of
from field_configs.board_pins import Pins, read_pins
from field_configs.load import load
from field_configs.parts import Part, load_parts
from field_configs.schema import Board
from firmware.wire.codec import Layout
from firmware.workbench import release, rides, weather
from firmware.workbench.psk import psk_line
from webapp.views.technician import labels, self_test


class Parts:
    """What commands ask for; nothing is opened before it is asked for."""

    def settings(self) -> Settings:
        """Return the settings in the environment."""
        return Settings.from_env()

    def clock(self) -> Clock:
        """Return the clock of this installation."""
        return self.settings().clock()

    def store(self) -> closing[Pool]:
        """Lend a pool of connections to the database; it closes with its block."""
        return closing(Pool(self.settings().need_dsn()))

    def postgres_programs(self) -> Path | None:
        """Return where the embedded server's programs lie; None: it is not installed."""
        with suppress(EmbeddedError):
            return postgres_binaries()
        return None

    def registry(self) -> StoreRegistry:
        """Return the device registry, for the workbench."""
        return StoreRegistry(self.settings())

    def psk_line(self, key: KeyRow) -> str:
        """Return a node's line of Mosquitto's psk_file, as the workbench makes it."""
        return psk_line(key)

    def boards(self) -> Mapping[str, Board]:
        """Return the board types, for the workbench."""
        return load(site=None).boards

    def power_parts(self) -> Mapping[str, Part]:
        """Return what parts take from a battery, for the workbench."""
        return load_parts()

    def pins(self) -> Pins:
        """Return the pins of the node's program, for the workbench."""
        return read_pins()

    def layout_of(self, board: Board) -> Layout:
        """Return the channel layout that a board type's nodes speak, for the workbench."""
        return layout_of(board)

    def read_signed(self, folder: Path, key_file: Path) -> release.Release:
        """Return an update from its folder, whole and signed with the key of this public one."""
        return release.read_signed(folder, release.public_key(key_file))

    def signer(self, key_file: Path) -> str:
        """Return the public key in a file, in hexadecimal."""
        return release.public_key(key_file).hex()

    def self_test(self, node_id: str, since: datetime) -> Sequence[self_test.Printed]:
        """Return a node's self-test in words, as the web judges it, for the workbench."""
        with self.store() as pool, pool.connection() as conn:
            return self_test.printed(conn, node_id, since)

    def draw_labels(self, node_ids: Sequence[str], home: str, kind: str) -> bytes:
        """Return labels of nodes, as the web draws them, for the workbench."""
        with self.store() as pool, pool.connection() as conn:
            return labels.draw(conn, node_ids, home, kind)

    def demo_weather(self, folder: Path, csv: Path | None) -> weather.Prepared:
        """Prepare the weather of the demonstration's virtual sensors."""
        return weather.prepare(folder, csv)

    def demo_ride(self, folder: Path, opens: float) -> float:
        """Write the ride of the demonstration's logger; return when its load left."""
        return rides.write_demo_ride(folder, opens)


class Door(click.Group):
    """The root of all commands: what a person can mend is one line and never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was typed."""
        with collector.commands.parts.plain_errors():
            return super().invoke(ctx)


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"], "obj": Parts()})
@click.version_option(package_name="nongqing")
def main() -> None:
    """农情 Nongqing: field nodes, collector, risk models, village pages.

    \b
    Example:
      nongqing up --demo
    """


main.add_command(collector.one_machine.up.up)
main.add_command(collector.commands.services.ingest)
main.add_command(collector.commands.services.jobs)
main.add_command(webapp.cli.web)
main.add_command(field_configs.cli.check)
main.add_command(collector.commands.network.sites.sites)
main.add_command(collector.commands.network.admit.broker_group)
main.add_command(collector.commands.db.db)
collector.commands.db.db.add_command(collector.commands.evidence.frame)
collector.commands.db.db.add_command(collector.commands.evidence.archive_)
collector.commands.db.db.add_command(collector.commands.repair.repair_)
main.add_command(collector.commands.network.clock.clock)
main.add_command(collector.commands.persons.audit.audit)
main.add_command(collector.commands.network.items.items)
main.add_command(collector.commands.network.quality.quality)
main.add_command(collector.commands.network.control.control)
main.add_command(collector.commands.network.devices.device_group)
main.add_command(collector.commands.persons.people.people)
main.add_command(collector.commands.persons.messages.messages_group)
main.add_command(collector.commands.trace.trace_group)
collector.commands.trace.trace_group.add_command(collector.commands.cold_chain.asset_)
collector.commands.trace.trace_group.add_command(collector.commands.cold_chain.assets_)
collector.commands.trace.trace_group.add_command(collector.commands.cold_chain.attach_)
collector.commands.trace.trace_group.add_command(collector.commands.cold_chain.logger_)
collector.commands.trace.trace_group.add_command(collector.commands.cold_chain.detach_)
collector.commands.trace.trace_group.add_command(collector.commands.subscriptions.subscriptions_)
main.add_command(collector.commands.import_.import_)
main.add_command(collector.commands.network.places.places_group)
main.add_command(collector.commands.weather.weather_group)
main.add_command(collector.commands.persons.contacts.contacts_group)
main.add_command(collector.commands.judging.desk.desk_group)
main.add_command(collector.commands.judging.advice.advice_group)
main.add_command(collector.commands.judging.products.products_group)
main.add_command(collector.commands.judging.water.water_group)
main.add_command(firmware.workbench.cli.node)
firmware.workbench.cli.node.add_command(firmware.workbench.list_command.list_)
firmware.workbench.cli.node.add_command(firmware.workbench.revoke.revoke)
firmware.workbench.cli.node.add_command(firmware.workbench.tell.tell)
firmware.workbench.cli.node.add_command(firmware.workbench.tell.told)
firmware.workbench.cli.node.add_command(collector.commands.network.calibrate.calibrate)
firmware.workbench.cli.node.add_command(collector.commands.network.calibrate.list_calibrations)
firmware.workbench.cli.node.add_command(collector.commands.network.handover.replace)
firmware.workbench.cli.node.add_command(collector.commands.network.handover.retire)
firmware.workbench.cli.node.add_command(firmware.workbench.psk.psk)
firmware.workbench.cli.node.add_command(firmware.workbench.monitor.monitor)
firmware.workbench.cli.node.add_command(firmware.workbench.build.build)
firmware.workbench.cli.node.add_command(firmware.workbench.image.image)
firmware.workbench.cli.node.add_command(firmware.workbench.flash.flash)
firmware.workbench.cli.node.add_command(firmware.workbench.label.label)
firmware.workbench.cli.node.add_command(firmware.workbench.selftest.selftest)
firmware.workbench.cli.node.add_command(firmware.workbench.ota_cli.ota)
firmware.workbench.ota_cli.ota.add_command(collector.commands.network.roll_out.offer)
firmware.workbench.ota_cli.ota.add_command(collector.commands.network.roll_out.status)
firmware.workbench.ota_cli.ota.add_command(collector.commands.network.roll_out.halt)
firmware.workbench.ota_cli.ota.add_command(collector.commands.network.roll_out.resume)
firmware.workbench.cli.node.add_command(firmware.workbench.energy_command.energy_)
firmware.workbench.cli.node.add_command(firmware.workbench.wiring_command.wiring)
main.add_command(models.cli.risk)
models.cli.risk.add_command(collector.commands.judging.risk.risk_run)
models.cli.risk.add_command(collector.commands.judging.verify.verify)
models.cli.risk.add_command(collector.commands.judging.backtest.backtest)
models.cli.risk.add_command(collector.commands.judging.interpolate.interpolate_command)
models.cli.risk.add_command(collector.commands.judging.ipmd.ipmd_group)
models.cli.risk.add_command(collector.commands.judging.ledger.skill)
models.cli.risk.add_command(collector.commands.judging.ledger.rule)
