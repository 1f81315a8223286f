"""A board type, as the front door hands it to the workbench."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class BoardChannel(Protocol):
    """One channel of a board type: what it measures, by which driver, where on which bus."""

    @property
    def number(self) -> int:
        """Channel number."""

    @property
    def quantity(self) -> str:
        """Name of a quantity of the vocabulary."""

    @property
    def driver(self) -> str:
        """Stem of a file in firmware/sensors/."""

    @property
    def bus(self) -> str:
        """The driver's bus."""

    @property
    def address(self) -> int | None:
        """Address or pin, None for the board's usual one."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The driver's settings."""


class Alarm(Protocol):
    """A threshold at which a frame goes at once."""

    @property
    def channel(self) -> int:
        """Channel number."""

    @property
    def below(self) -> float | None:
        """The alarm begins below this, in the quantity's unit."""

    @property
    def above(self) -> float | None:
        """The alarm begins above this, in the quantity's unit."""

    @property
    def back(self) -> float:
        """The alarm ends at this."""


class PowerPolicy(Protocol):
    """What a board does when its battery runs low."""

    @property
    def saving_below(self) -> float:
        """Measures less often below this [V]."""

    @property
    def survival_below(self) -> float:
        """Only says that it lives below this [V]."""

    @property
    def back(self) -> float:
        """So much above a limit its mode is left [V]."""

    @property
    def saving_s(self) -> int:
        """Time between samples while it saves [s]."""

    @property
    def survival_s(self) -> int:
        """Time between signs of life [s]."""

    @property
    def deep_sleep(self) -> bool:
        """Whether it sleeps deeply between samples."""

    @property
    def supply_pin(self) -> int | None:
        """Pin that switches what feeds the sensors on a converter; None: nothing does."""

    @property
    def supply_s(self) -> float:
        """How long they are fed before each sample [s]."""


class Rule(Protocol):
    """By what a board type switches an output alone."""

    @property
    def raw(self) -> Sequence[int]:
        """It as node.json has it."""


class Output(Protocol):
    """What a board type switches."""

    @property
    def raw(self) -> Mapping[str, Any]:
        """It as node.json has it."""

    @property
    def number(self) -> int:
        """Output number."""

    @property
    def kind(self) -> str:
        """What it is: ``valve``, ``pump``, ``vent`` …"""

    @property
    def zh(self) -> str:
        """Name in Chinese."""

    @property
    def en(self) -> str:
        """Name in English."""

    @property
    def driver(self) -> str:
        """Stem of a file in firmware/actuators/."""

    @property
    def pins(self) -> Sequence[int]:
        """Its pins, in the driver's order."""


class Battery(Protocol):
    """The battery that a board type lives on."""

    @property
    def mah(self) -> float:
        """Its charge [mAh]."""

    @property
    def volts(self) -> float:
        """Its usual voltage [V]."""

    @property
    def usable(self) -> float:
        """Share of it that can be used."""


class Solar(Protocol):
    """The solar panel of a board type."""

    @property
    def watts(self) -> float:
        """Its greatest power [W]."""

    @property
    def sun_h(self) -> float:
        """Hours of full sun that a day of the darkest month is worth."""

    @property
    def efficiency(self) -> float:
        """Share that arrives in the battery."""


class Board(Protocol):
    """A board type."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def zh(self) -> str:
        """Name in Chinese."""

    @property
    def en(self) -> str:
        """Name in English."""

    @property
    def alarms(self) -> Sequence[Alarm]:
        """Its alarms."""

    @property
    def power(self) -> PowerPolicy | None:
        """Its power policy; None: it has none."""

    @property
    def link(self) -> Mapping[str, Any]:
        """What carries its messages, as node.json has it."""

    @property
    def battery(self) -> Battery | None:
        """Its battery; None: nobody said."""

    @property
    def solar(self) -> Solar | None:
        """Its solar panel; None: it has none."""

    @property
    def outputs(self) -> Sequence[Output]:
        """What it switches, in ascending number."""

    @property
    def rules(self) -> Sequence[Rule]:
        """By what it switches alone."""

    @property
    def sample_s(self) -> int:
        """Time between samples [s]."""

    @property
    def samples_per_frame(self) -> int:
        """Samples in a frame."""

    @property
    def channels(self) -> Sequence[BoardChannel]:
        """Its channels, in ascending number."""
