"""What a board type lives on: its battery and its solar panel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery: its charge [mAh], its usual voltage [V] and the share of it that can be used.

    ``source`` says where the figures were read, or that they are our choice.
    """

    mah: float
    volts: float
    usable: float
    source: str


@dataclass(frozen=True, slots=True)
class Solar:
    """A solar panel: its greatest power [W] and what arrives in the battery.

    ``sun_h`` is how many hours of full sun a day of the darkest month is worth [h], ``efficiency``
    the share that the charger passes on.
    """

    watts: float
    sun_h: float
    efficiency: float
    source: str
