"""The front door: mounts the rooms' commands and hands one room's parts to another."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

import collector.commands.advice
import collector.commands.audit
import collector.commands.backtest
import collector.commands.clock
import collector.commands.contacts
import collector.commands.db
import collector.commands.desk
import collector.commands.import_
import collector.commands.interpolate
import collector.commands.ipmd
import collector.commands.items
import collector.commands.ledger
import collector.commands.messages
import collector.commands.parts
import collector.commands.people
import collector.commands.places
import collector.commands.products
import collector.commands.risk
import collector.commands.services
import collector.commands.sites
import collector.one_machine.up
import field_configs.cli
import firmware.workbench.cli
import firmware.workbench.revoke
import models.cli
import webapp.cli
from collector.clock import Clock
from collector.commands.enrolment import StoreRegistry
from collector.settings import Settings
from collector.store.postgres.db import Pool
from field_configs.board import layout_of
from field_configs.load import load
from field_configs.schema import Board
from firmware.wire.codec import Layout
from firmware.workbench import weather


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

    def registry(self) -> StoreRegistry:
        """Return the device registry, for the workbench."""
        return StoreRegistry(self.settings())

    def boards(self) -> Mapping[str, Board]:
        """Return the board types, for the workbench."""
        return load(site=None).boards

    def layout_of(self, board: Board) -> Layout:
        """Return the channel layout that a board type's nodes speak, for the workbench."""
        return layout_of(board)

    def demo_weather(self, folder: Path, csv: Path | None) -> weather.Prepared:
        """Prepare the weather of the demonstration's virtual sensors."""
        return weather.prepare(folder, csv)


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
main.add_command(collector.commands.sites.sites)
main.add_command(collector.commands.db.db)
main.add_command(collector.commands.clock.clock)
main.add_command(collector.commands.audit.audit)
main.add_command(collector.commands.items.items)
main.add_command(collector.commands.people.people)
main.add_command(collector.commands.messages.messages_group)
main.add_command(collector.commands.import_.import_)
main.add_command(collector.commands.places.places_group)
main.add_command(collector.commands.contacts.contacts_group)
main.add_command(collector.commands.desk.desk_group)
main.add_command(collector.commands.advice.advice_group)
main.add_command(collector.commands.products.products_group)
main.add_command(firmware.workbench.cli.node)
firmware.workbench.cli.node.add_command(firmware.workbench.revoke.revoke)
main.add_command(models.cli.risk)
models.cli.risk.add_command(collector.commands.risk.risk_run)
models.cli.risk.add_command(collector.commands.backtest.backtest)
models.cli.risk.add_command(collector.commands.interpolate.interpolate_command)
models.cli.risk.add_command(collector.commands.ipmd.ipmd_group)
models.cli.risk.add_command(collector.commands.ledger.skill)
models.cli.risk.add_command(collector.commands.ledger.rule)
